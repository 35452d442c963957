//! *Cette nuit / Demande*: who, how many, where not, from when; one page. What is typed is read field by field into the types that the
//! API's bodies are read into, so both keep the same bounds; what is wrong is named by the field of the form.

use std::iter;
use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{
    Age, Code, DangerZone, Department, Distance, Gender, Km, Minority, Nights, Offer, Person, Place, RadiusKm, Setting, Stage,
    Urgency, Wish, ZoneLevel,
};
use maud::{Markup, html};

use super::proposals::{self, Shown};
use super::session::Fields;
use super::{Page, Viewer, answer, answer_to_correct, see, words};
use crate::clock::{Instant, civil};
use crate::commands::{Service, requests as commands};
use crate::communes::{Commune, Communes};
use crate::db::{Conn, Reading, Turn, requests};
use crate::domain::ids::RequestId;
use crate::domain::information::{InformationGiven, InformationNotYet, Uninformed};
use crate::domain::{AdHocRequest, Faults, Information, List, Shared};
use crate::limits::{CODES_MAX, HOUSEHOLD_MAX};
use crate::live::Live;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::http::communes::CommuneQuery;
use crate::web::operations::{CreateRequest, ShowAsk, ShowProposals, SuggestCommunes};
use crate::web::problem::Problem;

/// Radii that are offered around a place to avoid, in km.
const RADII_KM: [u32; 5] = [5, 10, 20, 50, 100];
const RADIUS_KM: &str = "20";
const NIGHTS: &str = "30";

/// A form as it is shown: what was typed, and what has to be corrected.
struct Form<'f> {
    fields: Option<&'f Fields>,
    wrong: &'f [(String, String)],
    today: String,
}

impl Form<'_> {
    fn text(&self, name: &str) -> &str {
        self.fields.and_then(|fields| fields.text(name)).unwrap_or_default()
    }

    fn text_or<'t>(&'t self, name: &str, default: &'t str) -> &'t str {
        match self.fields {
            Some(fields) => fields.text(name).unwrap_or_default(),
            None => default,
        }
    }

    fn is_ticked(&self, name: &str, value: &str) -> bool {
        self.fields.is_some_and(|fields| fields.all(name).any(|ticked| ticked == value))
    }

    fn is_wrong(&self, name: &str) -> bool {
        self.wrong.iter().any(|(field, _)| field == name)
    }
}

/// Shows the empty form.
pub async fn show(viewer: Viewer, actor: Actor<ShowAsk>) -> Page {
    let form = Form { fields: None, wrong: &[], today: today(actor.pulse().now) };
    answer(&viewer, words::ASK_TITLE, &whole(&viewer, &form))
}

fn today(now: Instant) -> String {
    civil(now, Department::PARIS).date_naive().to_string()
}

/// Ranks what was typed; nothing of it is stored.
pub async fn rank(viewer: Viewer, actor: Actor<ShowProposals>, service: Data<Service>, fields: Fields) -> Page {
    match read(&fields, Typed::request) {
        Ok(declared) => {
            let shown = Shown::ad_hoc(&service, &actor, declared).await?;
            answer(&viewer, words::PROPOSALS, &proposals::ranked(&viewer, &shown))
        }
        Err(wrong) => to_correct(&viewer, &fields, &wrong, actor.pulse().now),
    }
}

/// Stores what was typed, and goes on to its proposals.
pub async fn store(viewer: Viewer, actor: Actor<CreateRequest>, service: Data<Service>, fields: Fields) -> Page {
    let to_store = |typed: &mut Typed<'_>| {
        let (request, informed) = (typed.request(), typed.checked("information", information(typed.fields)));
        Some(request?.informed(informed?))
    };
    let declared = match read(&fields, to_store) {
        Ok(declared) => declared,
        Err(wrong) => return to_correct(&viewer, &fields, &wrong, actor.pulse().now),
    };
    let (organisation, reach) = (actor.organisation(), actor.reach());
    let order = order(&actor, None, fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, organisation, &declared);
    let find = move |conn: &mut Conn, id| requests::find(conn, reach, RequestId(id));
    let id = service.command(order, run, find, |_: &mut Reading<'_>, stored| Ok(stored.id)).await?;
    Ok(see(&format!("/demandes/{id}")))
}

fn to_correct(viewer: &Viewer, fields: &Fields, wrong: &[(String, String)], now: Instant) -> Page {
    let form = Form { fields: Some(fields), wrong, today: today(now) };
    answer_to_correct(viewer, words::ASK_TITLE, &whole(viewer, &form))
}

/// Reads what was typed, and looks for what contradicts itself in it.
fn read<'f, T: Faults>(fields: &'f Fields, all: impl FnOnce(&mut Typed<'f>) -> Option<T>) -> Result<T, Wrong> {
    let mut typed = Typed { fields, wrong: Vec::new() };
    let value = all(&mut typed).filter(|_| typed.wrong.is_empty()).ok_or(typed.wrong)?;
    // Of what was read field by field, only a household can contradict itself: in someone's age, or as a couple.
    let of_form = |field: String| if field.starts_with("household") { "women".to_owned() } else { field };
    let wrong: Wrong = value.faults().into_iter().map(|(field, _)| (of_form(field), words::WRONG_FIELD.to_owned())).collect();
    if wrong.is_empty() { Ok(value) } else { Err(wrong) }
}

/// Fields of the form, and why each is wrong.
type Wrong = Vec<(String, String)>;

/// A form that is being read: what makes no value is noted as wrong, and reading goes on, so that all that is wrong is named at once.
struct Typed<'f> {
    fields: &'f Fields,
    wrong: Wrong,
}

impl Typed<'_> {
    fn request(&mut self) -> Option<AdHocRequest> {
        let household = self.household();
        let place = self.commune("place").map(|at| Place { lat: at.point.lat, lon: at.point.lon, department: at.department });
        let danger_zones = self.zones();
        let distance = self.distance();
        let first_day = self.value("first_day", "", |text| text.parse().ok());
        let nights = self.value("nights", NIGHTS, |text| Nights::new(text.parse().ok()?).ok());
        let stage = self.value("stage", Stage::Emergency.as_str(), Stage::from_code);
        let urgency = self.value("urgency", Urgency::Immediate.as_str(), Urgency::from_code);
        let (living_with, required, wished) = (self.list("living_with"), self.list("required"), self.list("wished"));
        let wished_languages = self.list("wished_languages");
        Some(AdHocRequest {
            id: None,
            at: None,
            created_at: None,
            keep_apart: List::default(),
            household: household?,
            couple: self.fields.has("couple"),
            stage: stage?,
            urgency: urgency?,
            first_day: first_day?,
            nights: nights?,
            place: place?,
            distance: distance?,
            accepts_removal: self.fields.has("accepts_removal"),
            accepts_crossing: self.fields.has("accepts_crossing"),
            living_with: living_with?,
            danger_zones: List(danger_zones),
            required: required?,
            wished: wished?,
            required_languages: List::default(),
            wished_languages: wished_languages?,
            refused_units: List::default(),
            refused_structures: List::default(),
        })
    }

    fn refuse(&mut self, name: &str, why: &str) {
        self.wrong.push((name.to_owned(), why.to_owned()));
    }

    /// What a field was read as; it is refused if that is nothing.
    fn checked<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(name, words::WRONG_FIELD);
        }
        value
    }

    /// The value of a field, or of the default where nothing was typed.
    fn value<T>(&mut self, name: &str, default: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.checked(name, parse(self.fields.text(name).unwrap_or(default)))
    }

    fn list<T: FromStr>(&mut self, name: &str) -> Option<List<T, 0, CODES_MAX>> {
        self.checked(name, ticked(self.fields, name))
    }

    fn household(&mut self) -> Option<List<Person, 1, HOUSEHOLD_MAX>> {
        let person = |gender, minority, age, with_parent| Person { gender, minority, age, with_parent, turns_18_on: None };
        let mut people = Vec::new();
        for (name, ages, gender) in
            [("women", "women_ages", Gender::Female), ("men", "men_ages", Gender::Male), ("others", "others_ages", Gender::Other)]
        {
            let count: usize = self.value(name, "0", |text| text.parse().ok()).unwrap_or(0);
            let ages = self.ages(ages).into_iter().chain(iter::repeat(None));
            // One too many is enough to be refused.
            people.extend(ages.take(count.min(HOUSEHOLD_MAX + 1)).map(|age| person(gender, Minority::Adult, age, false)));
        }
        for (name, gender) in [("girls", Gender::Female), ("boys", Gender::Male)] {
            people.extend(self.ages(name).into_iter().map(|age| person(gender, Minority::Minor, age, true)));
        }
        for (name, gender) in [("lone_girls", Gender::Female), ("lone_boys", Gender::Male)] {
            for age in self.ages(name) {
                let is_minor = age.is_some_and(|age| age.get() < 18);
                people.push(person(gender, if is_minor { Minority::Minor } else { Minority::PresumedMinor }, age, false));
            }
        }
        let why = if people.is_empty() { words::NOBODY } else { words::WRONG_FIELD };
        let household = List::new(people).ok();
        // Where a count or an age is wrong, so is how many there are: that was said.
        if household.is_none() && self.wrong.is_empty() {
            self.refuse("women", why);
        }
        household
    }

    /// Ages as they are typed: `4, 7`; a question mark is an age nobody knows.
    fn ages(&mut self, name: &str) -> Vec<Option<Age>> {
        let words = self.fields.text(name).unwrap_or_default().split([',', ';', ' ']).filter(|word| !word.is_empty());
        let age = |word: &str| if word == "?" { Some(None) } else { Age::new(word.parse().ok()?).ok().map(Some) };
        let ages = words.map(age).collect::<Option<Vec<_>>>();
        ages.unwrap_or_else(|| {
            self.refuse(name, words::WRONG_AGES);
            Vec::new()
        })
    }

    /// The commune that was typed, if it is one and only one.
    fn commune(&mut self, name: &str) -> Option<&'static Commune> {
        let found = Communes::embedded().search(self.fields.text(name).unwrap_or_default(), 2);
        match found.as_slice() {
            [] => self.refuse(name, words::UNKNOWN_COMMUNE),
            [one, two] if one.name == two.name && one.part_of.is_none() => {
                self.refuse(name, &format!("{} {}, {}", words::WHICH_COMMUNE, spelt(one), spelt(two)));
            }
            [first, ..] => return Some(first),
        }
        None
    }

    fn zones(&mut self) -> Vec<DangerZone> {
        let asked = [
            ("zone", "zone_km", ZoneLevel::Forbidden),
            ("zone2", "zone2_km", ZoneLevel::Forbidden),
            ("avoid", "avoid_km", ZoneLevel::Avoid),
        ];
        asked.into_iter().filter_map(|(name, radius, level)| self.zone(name, radius, level)).collect()
    }

    /// A department, or a circle around a commune, where one was typed.
    fn zone(&mut self, name: &str, radius: &str, level: ZoneLevel) -> Option<DangerZone> {
        let text = self.fields.text(name)?;
        if let Some(department) = department(text) {
            return Some(DangerZone { level, department: Some(department), centre: None, radius_km: None });
        }
        let centre = self.commune(name)?.point;
        let radius = self.value(radius, RADIUS_KM, |km| RadiusKm::new(km.parse().ok()?).ok())?;
        Some(DangerZone { level, department: None, centre: Some(centre), radius_km: Some(radius) })
    }

    /// The wish about distance, with the one limit that goes with it.
    fn distance(&mut self) -> Option<Distance> {
        let wish = self.value("wish", Wish::StayNear.as_str(), Wish::from_code)?;
        let (max_km, min_km) = match wish {
            Wish::StayNear => (self.km("max_km")?, None),
            Wish::MoveAway => (None, self.km("min_km")?),
            Wish::Indifferent => (None, None),
        };
        Some(Distance { wish, max_km, min_km })
    }

    /// A number of km; nothing typed is no limit.
    fn km(&mut self, name: &str) -> Option<Option<Km>> {
        self.value(name, "", |km| if km.is_empty() { Some(None) } else { Km::new(km.parse().ok()?).ok().map(Some) })
    }
}

/// How the person was informed, or why not yet: one choice, right or wrong as a whole.
fn information(fields: &Fields) -> Option<Information> {
    let day = fields.text("today").or(fields.text("first_day"))?.parse().ok()?;
    match fields.text("information")? {
        "given" => Some(Information::Given(InformationGiven {
            day,
            language: fields.text("information_language")?.parse().ok()?,
            interpreter: fields.has("information_interpreter"),
            shared: ticked(fields, "shared")?,
        })),
        "not_yet" => Some(Information::NotYet(InformationNotYet { day, reason: fields.text("uninformed")?.parse().ok()? })),
        _ => None,
    }
}

/// What is ticked of a list, if all of it can be.
fn ticked<T: FromStr>(fields: &Fields, name: &str) -> Option<List<T, 0, CODES_MAX>> {
    let values = fields.all(name).map(|value| value.parse().ok()).collect::<Option<_>>()?;
    List::new(values).ok()
}

/// A commune as it is suggested, and understood when it is sent.
fn spelt(commune: &Commune) -> String {
    format!("{} ({})", commune.name, commune.department)
}

/// A department by its code, or by its name as people write it.
fn department(text: &str) -> Option<Department> {
    let code = text.trim().to_uppercase();
    let folded = code.to_lowercase();
    let (code, _) = words::DEPARTMENTS.iter().find(|(known, name)| *known == code || name.to_lowercase() == folded)?;
    code.parse().ok()
}

fn whole(viewer: &Viewer, form: &Form<'_>) -> Markup {
    html! {
        p { (words::ASK_LEAD) }
        @if !form.wrong.is_empty() {
            div.notice role="alert" {
                p { (words::FIX_FIELDS) }
                ul { @for (field, why) in form.wrong { li { a href=(format!("#{field}")) { (why) } } } }
            }
        }
        form method="post" action="/demande" autocomplete="off" novalidate {
            (viewer.hidden())
            input type="hidden" name="today" value=(form.today);
            (who(form))
            (where_and_when(form))
            div.actions.main { button.strong type="submit" { (words::RANK) } }
            (more(form))
            (to_store(form))
        }
        datalist #communes {}
    }
}

fn field(form: &Form<'_>, name: &str, label: &str, why: Option<&str>, input: &Markup) -> Markup {
    html! {
        div.field.wrong[form.is_wrong(name)] {
            label for=(name) { (label) }
            @if let Some(why) = why { p.hint id=(format!("{name}-why")) { (why) } }
            (input)
        }
    }
}

fn number(form: &Form<'_>, name: &str, label: &str) -> Markup {
    let input = html! {
        input id=(name) name=(name) type="number" inputmode="numeric" min="0" max="20" value=(form.text(name))
            aria-invalid=[form.is_wrong(name).then_some("true")];
    };
    field(form, name, label, None, &input)
}

fn text(form: &Form<'_>, name: &str, label: &str, why: Option<&str>, list: Option<&str>) -> Markup {
    let described = why.map(|_| format!("{name}-why"));
    let input = html! {
        input id=(name) name=(name) type="text" value=(form.text(name)) list=[list] aria-describedby=[described]
            aria-invalid=[form.is_wrong(name).then_some("true")];
    };
    field(form, name, label, why, &input)
}

fn who(form: &Form<'_>) -> Markup {
    html! {
        fieldset.card {
            legend { (words::WHO) }
            div.row { (number(form, "women", words::WOMEN)) (number(form, "men", words::MEN)) }
            p.hint { (words::WITH_PARENT_WHY) }
            div.row { (text(form, "girls", words::GIRLS, None, None)) (text(form, "boys", words::BOYS, None, None)) }
            p.hint { (words::LONE_MINORS_WHY) }
            div.row { (text(form, "lone_girls", words::LONE_GIRLS, None, None)) (text(form, "lone_boys", words::LONE_BOYS, None, None)) }
        }
    }
}

fn radius(form: &Form<'_>, name: &str) -> Markup {
    let chosen = form.text_or(name, RADIUS_KM);
    let input = html! {
        select id=(name) name=(name) {
            @for km in RADII_KM { option value=(km) selected[km.to_string() == chosen] { (km) " " (words::KM) } }
        }
    };
    field(form, name, words::RADIUS, None, &input)
}

fn where_and_when(form: &Form<'_>) -> Markup {
    let day = html! { input #first_day name="first_day" type="date" value=(form.text_or("first_day", &form.today)); };
    html! {
        fieldset.card {
            legend { (words::WHERE_NOW) }
            (text(form, "place", words::COMMUNE, Some(words::WHERE_WHY), Some("communes")))
            (field(form, "first_day", words::FROM_WHEN, None, &day))
        }
        fieldset.card {
            legend { (words::WHERE_NOT) }
            p.hint { (words::WHERE_NOT_WHY) }
            div.row { (text(form, "zone", words::ZONE, None, Some("communes"))) (radius(form, "zone_km")) }
        }
    }
}

fn choice<T: Code>(form: &Form<'_>, name: &str, legend: &str, default: T) -> Markup {
    let chosen = form.text_or(name, default.as_str());
    let input = html! {
        select id=(name) name=(name) {
            @for code in T::ALL { option value=(code.as_str()) selected[code.as_str() == chosen] { (words::label(*code)) } }
        }
    };
    field(form, name, legend, None, &input)
}

fn boxes<T: Code>(form: &Form<'_>, name: &str, legend: &str, why: Option<&str>) -> Markup {
    html! {
        fieldset.boxes {
            legend { (legend) }
            @if let Some(why) = why { p.hint { (why) } }
            @for code in T::ALL {
                label.box { input type="checkbox" name=(name) value=(code.as_str()) checked[form.is_ticked(name, code.as_str())]; " " (words::label(*code)) }
            }
        }
    }
}

fn tick(form: &Form<'_>, name: &str, label: &str, why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why { p.hint { (why) } }
        label.box { input type="checkbox" name=(name) value="true" checked[form.is_ticked(name, "true")]; " " (label) }
    }
}

fn more(form: &Form<'_>) -> Markup {
    html! {
        details.card {
            summary { (words::MORE) }
            div.row { (number(form, "others", words::OTHERS)) (text(form, "women_ages", words::WOMEN_AGES, None, None)) (text(form, "men_ages", words::MEN_AGES, None, None)) }
            (tick(form, "couple", words::COUPLE, None))
            div.row {
                (choice(form, "urgency", words::URGENCY, Urgency::Immediate))
                (choice(form, "stage", words::STAGE, Stage::Emergency))
                (field(form, "nights", words::NIGHTS, None, &html! {
                    input #nights name="nights" type="number" inputmode="numeric" min="1" max="730" value=(form.text_or("nights", NIGHTS));
                }))
            }
            div.row {
                (choice(form, "wish", words::DISTANCE, Wish::StayNear))
                (number_km(form, "max_km", words::MAX_KM))
                (number_km(form, "min_km", words::MIN_KM))
            }
            (tick(form, "accepts_removal", words::ACCEPTS_REMOVAL, Some(words::ACCEPTS_REMOVAL_WHY)))
            (tick(form, "accepts_crossing", words::ACCEPTS_CROSSING, None))
            (boxes::<Setting>(form, "living_with", words::LIVING_WITH, Some(words::LIVING_WITH_WHY)))
            div.row { (text(form, "zone2", words::ZONE2, None, Some("communes"))) (radius(form, "zone2_km")) }
            p.hint { (words::AVOID_WHY) }
            div.row { (text(form, "avoid", words::AVOID, None, Some("communes"))) (radius(form, "avoid_km")) }
            (boxes::<Offer>(form, "required", words::REQUIRED, None))
            (boxes::<Offer>(form, "wished", words::WISHED, None))
            fieldset.boxes {
                legend { (words::SPOKEN) }
                @for (code, name) in words::SPOKEN_LANGUAGES {
                    label.box { input type="checkbox" name="wished_languages" value=(code) checked[form.is_ticked("wished_languages", code)]; " " (name) }
                }
            }
            div.actions { button type="submit" { (words::RANK) } }
        }
    }
}

fn number_km(form: &Form<'_>, name: &str, label: &str) -> Markup {
    let input = html! { input id=(name) name=(name) type="number" inputmode="numeric" min="0" value=(form.text(name)); };
    field(form, name, label, None, &input)
}

fn to_store(form: &Form<'_>) -> Markup {
    html! {
        details.card open[form.is_wrong("information")] {
            summary { (words::INFORMATION_TITLE) }
            p { (words::INFORMATION_LEAD) }
            div #information {
                label.box { input type="radio" name="information" value="given" checked[form.is_ticked("information", "given")]; " " (words::INFORMATION_GIVEN) }
                div.row {
                    (field(form, "information_language", words::LANGUAGE_OF_INFORMATION, None, &html! {
                        select #information_language name="information_language" {
                            @for (code, name) in words::SPOKEN_LANGUAGES { option value=(code) selected[form.text("information_language") == code] { (name) } }
                        }
                    }))
                    label.box { input type="checkbox" name="information_interpreter" value="true" checked[form.is_ticked("information_interpreter", "true")]; " " (words::INFORMATION_INTERPRETER) }
                }
                (boxes::<Shared>(form, "shared", words::INFORMATION_SHARED, None))
                label.box { input type="radio" name="information" value="not_yet" checked[form.is_ticked("information", "not_yet")]; " " (words::INFORMATION_NOT_YET) }
                (choice(form, "uninformed", words::UNINFORMED, Uninformed::NoTime))
            }
            div.actions { button type="submit" formaction="/demande/enregistrer" { (words::STORE) } }
        }
    }
}

/// Suggestions for the script of the page, as they may be sent.
pub async fn suggest(_actor: Actor<SuggestCommunes>, typed: Params<CommuneQuery>) -> Result<HttpResponse, Problem> {
    answers::json(&typed.0.q.communes().into_iter().map(spelt).collect::<Vec<_>>())
}

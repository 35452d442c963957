//! *Cette nuit / Demande*: who, how many, where not, from when; one page. What is typed is read field by field into the types that the
//! API's bodies are read into, so both keep the same bounds; what is wrong is named beside its field, and all that was typed is kept.

use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use matcher::{Code, Day, Distance, Km, Nights, Offer, Place, Policy, Setting, Stage, Urgency, Wish};
use maud::{Markup, html};

use super::proposals::act::Wanted;
use super::proposals::view::View;
use super::proposals::{self, Shown};
use super::recap::Asked;
use super::session::Fields;
use super::zones::{self, Confirms, Notes};
use super::{Page, Viewer, answer, answer_to_correct, answer_with, household, local_time, places_sheet, words};
use crate::clock::Instant;
use crate::commands::{Service, requests as commands};
use crate::communes::Found;
use crate::db::{Conn, Reading, Turn, requests};
use crate::domain::ids::RequestId;
use crate::domain::information::{InformationGiven, InformationNotYet, Uninformed};
use crate::domain::night::tonight;
use crate::domain::{AdHocRequest, Faults, Information, List, Request, Shared, days};
use crate::limits::CODES_MAX;
use crate::live::Live;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::http::communes::CommuneQuery;
use crate::web::operations::{CreateReferral, CreateRequest, Operation, ShowAsk, ShowProposals, SuggestCommunes};
use crate::web::problem::Problem;

/// Radii that are offered around a place to avoid, in km.
pub(super) const RADII_KM: [u32; 8] = [5, 10, 15, 20, 30, 50, 75, 100];
pub(super) const RADIUS_KM: &str = "20";
/// Nights that are meant where nobody says how many: one at least, for a roof tonight; of later stages a month.
const NIGHTS_TONIGHT: &str = "1";
const NIGHTS_LATER: &str = "30";

/// A form as it is shown: what was typed, and what has to be corrected.
pub(super) struct Form<'f> {
    pub(super) fields: Option<&'f Fields>,
    pub(super) wrong: &'f [(String, String)],
    pub(super) today: String,
}

impl Form<'_> {
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.and_then(|fields| fields.text(name)).unwrap_or_default()
    }

    pub(super) fn text_or<'t>(&'t self, name: &str, default: &'t str) -> &'t str {
        match self.fields {
            Some(fields) => fields.text(name).unwrap_or_default(),
            None => default,
        }
    }

    pub(super) fn is_ticked(&self, name: &str, value: &str) -> bool {
        self.fields.is_some_and(|fields| fields.all(name).any(|ticked| ticked == value))
    }

    pub(super) fn is_wrong(&self, name: &str) -> bool {
        self.wrong.iter().any(|(field, _)| field == name)
    }

    /// For `aria-invalid`.
    pub(super) fn invalid(&self, name: &str) -> Option<&'static str> {
        self.is_wrong(name).then_some("true")
    }

    /// For `aria-describedby`: the hint of a field and what is wrong with it.
    pub(super) fn described(&self, name: &str, why: Option<&str>) -> Option<String> {
        let hint = why.map(|_| format!("{name}-why"));
        let error = self.is_wrong(name).then(|| format!("{name}-error"));
        let both: Vec<_> = hint.into_iter().chain(error).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

/// Shows the empty form.
pub async fn show(viewer: Viewer, actor: Actor<ShowAsk>, service: Data<Service>) -> Page {
    let form = Form { fields: None, wrong: &[], today: today(&actor, &service).await? };
    answer(&viewer, words::ASK_TITLE.text(), &whole(&viewer, &form))
}

/// Tonight where the reader is: what the form offers as the first day.
async fn today<P: Operation>(actor: &Actor<P>, service: &Service) -> Result<String, Problem> {
    let here = local_time::here(actor, service).await?;
    Ok(tonight(actor.pulse().now, here, service.live().policy()).to_string())
}

/// Ranks what was typed; nothing of it is stored.
pub async fn rank(viewer: Viewer, actor: Actor<ShowProposals>, service: Data<Service>, fields: Fields) -> Page {
    // One more line, or back to the form: nothing is read yet, and all that was typed is kept.
    if fields.has("add") || fields.has("edit") {
        let form = Form { fields: Some(&fields), wrong: &[], today: today(&actor, &service).await? };
        return answer(&viewer, words::ASK_TITLE.text(), &whole(&viewer, &form));
    }
    let mut notes = Notes::default();
    match read(&fields, Clock::of(&actor, &service), |typed| typed.request(&mut notes, Confirms::Nothing)) {
        Ok(declared) => {
            let shown = Shown::ad_hoc(&service, &actor, declared, (Asked::of(&fields, notes), View::of(&fields)?)).await?;
            if fields.has("fiche") {
                return Ok(places_sheet::not_stored(&viewer, &shown));
            }
            answer(&viewer, words::PROPOSALS.text(), &proposals::ranked(&viewer, &shown))
        }
        Err(wrong) => to_correct(&viewer, &fields, &wrong, today(&actor, &service).await?),
    }
}

/// Stores what was typed, and goes on to its proposals, or to what was wanted of one of them. Where only the person's agreement is missing and
/// the wish comes from the places, that alone is asked.
pub async fn store(
    viewer: Viewer,
    actor: Actor<CreateRequest>,
    asking: Actor<CreateReferral>,
    service: Data<Service>,
    fields: Fields,
) -> Page {
    let to_store = |typed: &mut Typed<'_>| {
        let (request, informed) =
            (typed.request(&mut Notes::default(), Confirms::Circles), typed.checked("information", information(typed.fields)));
        Some(Request { seen_apart: household::seen_apart(typed.fields), ..request?.informed(informed?) })
    };
    let declared = match read(&fields, Clock::of(&actor, &service), to_store) {
        Ok(declared) => declared,
        Err(wrong) => {
            let today = today(&actor, &service).await?;
            let is_on_the_way = fields.has("places") && wrong.iter().all(|(field, _)| field == "information");
            return if is_on_the_way {
                on_the_way(&viewer, &fields, &wrong, today)
            } else {
                to_correct(&viewer, &fields, &wrong, today)
            };
        }
    };
    let (organisation, reach) = (actor.organisation(), actor.reach());
    let order = order(&actor, None, fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, organisation, &declared);
    let find = move |conn: &mut Conn, id| requests::find(conn, reach, RequestId(id));
    let id = service.command(order, run, find, |_: &mut Reading<'_>, stored| Ok(stored.id)).await?;
    proposals::once_stored(&viewer, (&asking, &service), &fields, id).await
}

/// What storing needs, asked in place: all that was typed, and what was wanted, goes with it.
fn on_the_way(viewer: &Viewer, fields: &Fields, wrong: &[(String, String)], today: String) -> Page {
    // Whoever has not been asked yet has done nothing wrong.
    let is_first = !fields.has("information");
    let form = Form { fields: Some(fields), wrong: if is_first { &[] } else { wrong }, today };
    let wants = Wanted::of(fields)?.filter(|wanted| !wanted.vacancies.is_empty());
    let label = match &wants {
        Some(wanted) if wanted.hold => words::proposals::STORE_AND_HOLD.text(),
        Some(_) => words::proposals::STORE_AND_ASK.text(),
        None => words::proposals::STORE_AND_SEE.text(),
    };
    // What is asked here is not carried along as well.
    const ASKED_HERE: [&str; 5] = ["information", "information_language", "information_interpreter", "shared", "uninformed"];
    let content = html! {
        p { (words::proposals::TO_STORE_LEAD) }
        @if let Some(wanted) = &wants { p { strong { (words::proposals::wanted(wanted.vacancies.len())) } } }
        form method="post" action="/demande/enregistrer" autocomplete="off" novalidate {
            (viewer.hidden())
            @for (name, value) in fields.typed().filter(|(name, _)| !ASKED_HERE.contains(name)) { input type="hidden" name=(name) value=(value); }
            section.card { p { (words::INFORMATION_LEAD) } (agreement(&form)) }
            div.actions {
                button.strong type="submit" { (label) }
                button type="submit" formaction="/demande" { (words::proposals::BACK_TO_PLACES) }
            }
        }
    };
    let status = if is_first { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer_with(status, viewer, words::proposals::TO_STORE_TITLE.text(), &content))
}

fn to_correct(viewer: &Viewer, fields: &Fields, wrong: &[(String, String)], today: String) -> Page {
    let form = Form { fields: Some(fields), wrong, today };
    answer_to_correct(viewer, words::ASK_TITLE.text(), &whole(viewer, &form))
}

/// Reads what was typed, and looks for what contradicts itself in it.
pub(super) fn read<'f, T: Faults>(
    fields: &'f Fields,
    clock: Clock,
    all: impl FnOnce(&mut Typed<'f>) -> Option<T>,
) -> Result<T, Wrong> {
    let now = clock.now;
    let mut typed = Typed { fields, clock, wrong: Vec::new() };
    let value = all(&mut typed).filter(|_| typed.wrong.is_empty()).ok_or(typed.wrong)?;
    // What was read field by field may contradict itself as a whole, and a day be none to give.
    let wrong: Wrong = value.faults_at(now).into_iter().map(|(field, _)| of_form(&field)).collect();
    if wrong.is_empty() { Ok(value) } else { Err(wrong) }
}

/// The field of the form for one of a body, and what is wrong with it.
pub(super) fn of_form(field: &str) -> (String, String) {
    let start = field.split(['.', '[']).next().unwrap_or_default();
    let (name, why) = match start {
        "household" => ("p1_who", words::WRONG_FIELD.text()),
        "couple" => ("couple", words::COUPLE_OF_TWO.text()),
        "danger_zones" => ("zone", words::WRONG_FIELD.text()),
        "distance" => (field.strip_prefix("distance.").unwrap_or("wish"), words::WRONG_FIELD.text()),
        other => (other, words::WRONG_FIELD.text()),
    };
    (name.to_owned(), why.to_owned())
}

/// Fields of the form, and why each is wrong.
pub(super) type Wrong = Vec<(String, String)>;

/// A form that is being read: what makes no value is noted as wrong, and reading goes on, so that all that is wrong is named at once.
pub(super) struct Typed<'f> {
    pub(super) fields: &'f Fields,
    clock: Clock,
    pub(super) wrong: Wrong,
}

/// When the form was sent, and until when a night lasts.
pub(super) struct Clock {
    now: Instant,
    policy: Policy,
}

impl Clock {
    pub(super) fn of<P: Operation>(actor: &Actor<P>, service: &Service) -> Self {
        Self { now: actor.pulse().now, policy: service.live().policy().clone() }
    }
}

impl Typed<'_> {
    fn request(&mut self, notes: &mut Notes, confirms: Confirms) -> Option<AdHocRequest> {
        let household = household::read(self);
        let commune = zones::place(self, notes);
        let place = commune.map(|at| Place { lat: at.point.lat, lon: at.point.lon, department: at.department });
        let danger_zones = zones::zones(self, notes, commune.map(|at| at.point), confirms);
        let distance = self.distance();
        let first_day = self.first_day(place);
        let stage = self.value("stage", Stage::Emergency.as_str(), Stage::from_code);
        let usual = if stage == Some(Stage::Emergency) { NIGHTS_TONIGHT } else { NIGHTS_LATER };
        let nights = self.value("nights", usual, |text| Nights::new(text.parse().ok()?).ok());
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
            danger_zones: danger_zones?,
            required: required?,
            wished: wished?,
            required_languages: List::default(),
            wished_languages: wished_languages?,
            refused_units: List::default(),
            refused_structures: List::default(),
        })
    }

    /// The first day. Who leaves it as the form offered it means tonight, and tonight is that of the place: overseas it may be another day.
    pub(super) fn first_day(&mut self, place: Option<Place>) -> Option<Day> {
        let typed: Day = self.value("first_day", "", |text| text.parse().ok())?;
        let tonight = tonight(self.clock.now, place?.department, &self.clock.policy);
        let is_offered = self.fields.text("today") == self.fields.text("first_day");
        let day = if is_offered { Day::new(tonight).ok()? } else { typed };
        let fits = days::long_past(day, tonight).is_none();
        self.checked("first_day", fits.then_some(day))
    }

    pub(super) fn refuse(&mut self, name: &str, why: &str) {
        self.wrong.push((name.to_owned(), why.to_owned()));
    }

    pub(super) fn is_refused(&self, name: &str) -> bool {
        self.wrong.iter().any(|(field, _)| field == name)
    }

    /// What a field was read as; it is refused if that is nothing.
    pub(super) fn checked<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(name, words::WRONG_FIELD.text());
        }
        value
    }

    /// What a field is read as, or why it is wrong.
    pub(super) fn refused<T>(&mut self, name: &str, why: &str, read: impl FnOnce(Option<&str>) -> Option<T>) -> Option<T> {
        let value = read(self.fields.text(name));
        if value.is_none() {
            self.refuse(name, why);
        }
        value
    }

    /// The value of a field, or of the default where nothing was typed.
    pub(super) fn value<T>(&mut self, name: &str, default: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.checked(name, parse(self.fields.text(name).unwrap_or(default)))
    }

    pub(super) fn list<T: FromStr>(&mut self, name: &str) -> Option<List<T, 0, CODES_MAX>> {
        self.checked(name, ticked(self.fields, name))
    }

    /// The wish about distance, with the one limit that goes with it.
    pub(super) fn distance(&mut self) -> Option<Distance> {
        let wish = self.value("wish", Wish::StayNear.as_str(), Wish::from_code)?;
        // A limit that goes with another wish would be typed in vain.
        let idle: &[(&str, &str)] = match wish {
            Wish::StayNear => &[("min_km", words::MIN_KM_GOES_WITH.text())],
            Wish::MoveAway => &[("max_km", words::MAX_KM_GOES_WITH.text())],
            Wish::Indifferent => &[("min_km", words::MIN_KM_GOES_WITH.text()), ("max_km", words::MAX_KM_GOES_WITH.text())],
        };
        for (name, why) in idle.iter().filter(|(name, _)| self.fields.text(name).is_some()) {
            self.refuse(name, why);
        }
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
pub(super) fn information(fields: &Fields) -> Option<Information> {
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
pub(super) fn spelt(found: Found<'_>) -> String {
    format!("{} ({})", found.name(), found.commune.department)
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
            (wanted(form))
            // What Enter in a field presses: the first button of the form.
            button.unseen type="submit" tabindex="-1" aria-hidden="true" { (words::RANK) }
            (household::whole(form))
            (zones::where_now(form))
            (zones::where_not(form, zones::place_typed(form.fields)))
            div.actions.main { button.strong type="submit" { (words::RANK) } }
            (more(form))
            (to_store(form))
        }
        datalist #communes {}
    }
}

/// What was wanted of the places before something had to be corrected: it goes with the form.
fn wanted(form: &Form<'_>) -> Markup {
    const WANTED: [&str; 5] = ["ask", "hold", "vacancy", "first", "places"];
    let carried = form.fields.into_iter().flat_map(|fields| fields.typed()).filter(|(name, _)| WANTED.contains(name));
    html! { @for (name, value) in carried { input type="hidden" name=(name) value=(value); } }
}

/// What is wrong with a field, beside it.
pub(super) fn error(form: &Form<'_>, name: &str) -> Markup {
    let why: Vec<_> = form.wrong.iter().filter(|(field, _)| field == name).map(|(_, why)| why).collect();
    html! { @if !why.is_empty() { div.error id=(format!("{name}-error")) { @for why in why { p { (why) } } } } }
}

/// A field with its label, its hint and what is wrong with it.
pub(super) fn field(form: &Form<'_>, name: &str, label: &str, why: Option<&str>, input: &Markup) -> Markup {
    html! {
        div.field.wrong[form.is_wrong(name)] {
            label for=(name) { (label) }
            @if let Some(why) = why { p.hint id=(format!("{name}-why")) { (why) } }
            (input)
            (error(form, name))
        }
    }
}

/// A field of one line.
pub(super) fn text(form: &Form<'_>, name: &str, label: &str, why: Option<&str>, list: Option<&str>) -> Markup {
    let input = html! {
        input id=(name) name=(name) type="text" value=(form.text(name)) list=[list] aria-describedby=[form.described(name, why)]
            aria-invalid=[form.invalid(name)];
    };
    field(form, name, label, why, &input)
}

pub(super) fn choice<T: Code>(form: &Form<'_>, name: &str, legend: &str, default: T) -> Markup {
    let chosen = form.text_or(name, default.as_str());
    let input = html! {
        select id=(name) name=(name) aria-invalid=[form.invalid(name)] aria-describedby=[form.described(name, None)] {
            @for code in T::ALL { option value=(code.as_str()) selected[code.as_str() == chosen] { (words::label(*code)) } }
        }
    };
    field(form, name, legend, None, &input)
}

pub(super) fn boxes<T: Code>(form: &Form<'_>, name: &str, legend: &str, why: Option<&str>) -> Markup {
    html! {
        fieldset.boxes id=(name) {
            legend { (legend) }
            @if let Some(why) = why { p.hint { (why) } }
            (error(form, name))
            @for code in T::ALL {
                label.box { input type="checkbox" name=(name) value=(code.as_str()) checked[form.is_ticked(name, code.as_str())]; " " (words::label(*code)) }
            }
        }
    }
}

pub(super) fn tick(form: &Form<'_>, name: &str, label: &str, why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why { p.hint { (why) } }
        label.box { input type="checkbox" name=(name) value="true" checked[form.is_ticked(name, "true")]; " " (label) }
    }
}

/// Fields that are folded away as long as nothing is wrong with them.
const MORE: [&str; 13] = [
    "urgency",
    "stage",
    "nights",
    "wish",
    "max_km",
    "min_km",
    "living_with",
    "zone2",
    "zone2_km",
    "avoid",
    "avoid_km",
    "required",
    "wished",
];

fn more(form: &Form<'_>) -> Markup {
    html! {
        details.card open[MORE.iter().any(|name| form.is_wrong(name))] {
            summary { (words::MORE) }
            div.row {
                (choice(form, "urgency", words::URGENCY.text(), Urgency::Immediate))
                (choice(form, "stage", words::STAGE.text(), Stage::Emergency))
                (field(form, "nights", words::NIGHTS.text(), Some(words::proposals::NIGHTS_WHY.text()), &html! {
                    input #nights name="nights" type="number" inputmode="numeric" min="1" max="730" value=(form.text("nights"))
                        aria-invalid=[form.invalid("nights")] aria-describedby=[form.described("nights", Some(words::proposals::NIGHTS_WHY.text()))];
                }))
            }
            div.row {
                (choice(form, "wish", words::DISTANCE.text(), Wish::StayNear))
                (number_km(form, "max_km", words::MAX_KM.text()))
                (number_km(form, "min_km", words::MIN_KM.text()))
            }
            (tick(form, "accepts_removal", words::ACCEPTS_REMOVAL.text(), Some(words::ACCEPTS_REMOVAL_WHY.text())))
            (tick(form, "accepts_crossing", words::ACCEPTS_CROSSING.text(), None))
            (boxes::<Setting>(form, "living_with", words::LIVING_WITH.text(), Some(words::LIVING_WITH_WHY.text())))
            (zones::one(form, "zone2", words::ZONE2.text(), zones::place_typed(form.fields)))
            p.hint { (words::AVOID_WHY) }
            (zones::one(form, "avoid", words::AVOID.text(), zones::place_typed(form.fields)))
            (boxes::<Offer>(form, "required", words::REQUIRED.text(), None))
            (boxes::<Offer>(form, "wished", words::WISHED.text(), None))
            fieldset.boxes #wished_languages {
                legend { (words::SPOKEN) }
                (error(form, "wished_languages"))
                @for (code, name) in words::SPOKEN_LANGUAGES {
                    label.box { input type="checkbox" name="wished_languages" value=(code) checked[form.is_ticked("wished_languages", code)]; " " (name) }
                }
            }
            div.actions { button type="submit" { (words::RANK) } }
        }
    }
}

pub(super) fn number_km(form: &Form<'_>, name: &str, label: &str) -> Markup {
    let input = html! { input id=(name) name=(name) type="number" inputmode="numeric" min="0" value=(form.text(name)) aria-invalid=[form.invalid(name)] aria-describedby=[form.described(name, None)]; };
    field(form, name, label, None, &input)
}

fn to_store(form: &Form<'_>) -> Markup {
    html! {
        details.card open[form.is_wrong("information")] {
            summary { (words::INFORMATION_TITLE) }
            p { (words::INFORMATION_LEAD) }
            (agreement(form))
            div.actions { button type="submit" formaction="/demande/enregistrer" { (words::STORE) } }
        }
    }
}

/// How the person was informed and what she agrees to, or why not yet.
fn agreement(form: &Form<'_>) -> Markup {
    html! {
            div #information {
                (error(form, "information"))
                label.box { input type="radio" name="information" value="given" checked[form.is_ticked("information", "given")]; " " (words::INFORMATION_GIVEN) }
                div.row {
                    (field(form, "information_language", words::LANGUAGE_OF_INFORMATION.text(), None, &html! {
                        select #information_language name="information_language" {
                            @for (code, name) in words::SPOKEN_LANGUAGES { option value=(code) selected[form.text("information_language") == code] { (name) } }
                        }
                    }))
                    label.box { input type="checkbox" name="information_interpreter" value="true" checked[form.is_ticked("information_interpreter", "true")]; " " (words::INFORMATION_INTERPRETER) }
                }
                (boxes::<Shared>(form, "shared", words::INFORMATION_SHARED.text(), None))
                label.box { input type="radio" name="information" value="not_yet" checked[form.is_ticked("information", "not_yet")]; " " (words::INFORMATION_NOT_YET) }
                (choice(form, "uninformed", words::UNINFORMED.text(), Uninformed::NoTime))
            }
    }
}

/// Suggestions for the script of the page, as they may be sent.
pub async fn suggest(_actor: Actor<SuggestCommunes>, typed: Params<CommuneQuery>) -> Result<HttpResponse, Problem> {
    answers::json(&typed.0.q.communes().into_iter().map(spelt).collect::<Vec<_>>())
}

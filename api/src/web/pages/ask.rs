//! *Cette nuit / Demande*: who, how many, where not, from when; one page. What is typed becomes the values the API takes, so both are read
//! by the same types.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Code, Department, Offer, Setting, Stage, Urgency, Wish};
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::proposals::{self, Shown};
use super::session::Fields;
use super::{Page, Viewer, answer, answer_to_correct, see, words};
use crate::clock::{Instant, civil};
use crate::commands::{Service, requests as commands};
use crate::communes::{Commune, Communes};
use crate::db::{Conn, Reading, Turn, requests};
use crate::domain::ids::RequestId;
use crate::domain::request::{Shared, VitalUrgency};
use crate::domain::{AdHocRequest, Faults, Request};
use crate::json;
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
    match read::<AdHocRequest>(body(&fields)) {
        Ok(declared) => {
            let shown = Shown::ad_hoc(&service, &actor, declared).await?;
            answer(&viewer, words::PROPOSALS, &proposals::ranked(&viewer, &shown))
        }
        Err(wrong) => to_correct(&viewer, &fields, &wrong, actor.pulse().now),
    }
}

/// Stores what was typed, and goes on to its proposals.
pub async fn store(viewer: Viewer, actor: Actor<CreateRequest>, service: Data<Service>, fields: Fields) -> Page {
    let typed = body(&fields);
    let declared = match read::<Request>((with_legal_basis(typed.0, &fields), typed.1)) {
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

/// Reads what was typed as the API reads a body; what is wrong is named by the fields of the form.
fn read<T: DeserializeOwned + Faults>((typed, wrong): (Value, Wrong)) -> Result<T, Wrong> {
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let faults = match json::from_value::<T>(typed) {
        Ok(value) => {
            let faults = value.faults();
            if faults.is_empty() {
                return Ok(value);
            }
            faults
        }
        Err(fault) => vec![fault],
    };
    let named = faults.into_iter().map(|(field, _)| {
        let start = field.split(['.', '[']).next().unwrap_or_default();
        (field_of_form(start).to_owned(), words::WRONG_FIELD.to_owned())
    });
    Err(named.collect())
}

/// The field of the form that a field of the body came from.
fn field_of_form(field: &str) -> &str {
    match field {
        "household" => "women",
        "place" => "place",
        "danger_zones" => "zone",
        "legal_basis" => "basis",
        "distance" => "wish",
        other => other,
    }
}

type Wrong = Vec<(String, String)>;

/// The body that the fields of the form make.
fn body(fields: &Fields) -> (Value, Wrong) {
    let mut wrong = Vec::new();
    let household = household(fields, &mut wrong);
    if household.is_empty() && wrong.is_empty() {
        wrong.push(("women".to_owned(), words::NOBODY.to_owned()));
    }
    let mut body = Map::new();
    body.insert("household".to_owned(), household.into());
    if let Some(commune) = commune(fields, "place", &mut wrong) {
        let at = commune.point;
        body.insert("place".to_owned(), json!({"lat": at.lat, "lon": at.lon, "department": commune.department}));
    }
    body.insert("danger_zones".to_owned(), zones(fields, &mut wrong).into());
    body.insert("distance".to_owned(), distance(fields));
    body.insert("first_day".to_owned(), fields.text("first_day").into());
    body.insert("nights".to_owned(), fields.text("nights").unwrap_or(NIGHTS).parse::<u32>().map_or(Value::Null, Value::from));
    for (name, default) in [("stage", Stage::Emergency.as_str()), ("urgency", Urgency::Immediate.as_str())] {
        body.insert(name.to_owned(), fields.text(name).unwrap_or(default).into());
    }
    for name in ["couple", "accepts_removal", "accepts_crossing"] {
        body.insert(name.to_owned(), fields.has(name).into());
    }
    for name in ["living_with", "required", "wished", "wished_languages"] {
        body.insert(name.to_owned(), fields.all(name).collect::<Vec<_>>().into());
    }
    (Value::Object(body), wrong)
}

fn household(fields: &Fields, wrong: &mut Wrong) -> Vec<Value> {
    let mut people = Vec::new();
    for (name, ages, gender) in [("women", "women_ages", "female"), ("men", "men_ages", "male"), ("others", "others_ages", "other")]
    {
        let count = fields.text(name).unwrap_or("0").parse::<usize>();
        let Ok(count) = count else {
            wrong.push((name.to_owned(), words::WRONG_FIELD.to_owned()));
            continue;
        };
        let ages = read_ages(fields, ages, wrong);
        for at in 0..count.min(50) {
            let age = ages.get(at).copied().flatten();
            people.push(json!({"gender": gender, "minority": "adult", "age": age}));
        }
    }
    for (name, gender) in [("girls", "female"), ("boys", "male")] {
        for age in read_ages(fields, name, wrong) {
            people.push(json!({"gender": gender, "minority": "minor", "age": age, "with_parent": true}));
        }
    }
    for (name, gender) in [("lone_girls", "female"), ("lone_boys", "male")] {
        for age in read_ages(fields, name, wrong) {
            let minority = if age.is_some_and(|age| age < 18) { "minor" } else { "presumed_minor" };
            people.push(json!({"gender": gender, "minority": minority, "age": age}));
        }
    }
    people
}

/// Ages as they are typed: `4, 7`; a question mark is an age nobody knows.
fn read_ages(fields: &Fields, name: &str, wrong: &mut Wrong) -> Vec<Option<u8>> {
    let words = fields.text(name).unwrap_or_default().split([',', ';', ' ']).filter(|word| !word.is_empty());
    let ages: Result<Vec<_>, _> = words.map(|word| if word == "?" { Ok(None) } else { word.parse::<u8>().map(Some) }).collect();
    ages.unwrap_or_else(|_error| {
        wrong.push((name.to_owned(), words::WRONG_AGES.to_owned()));
        Vec::new()
    })
}

/// The commune that was typed, if it is one and only one.
fn commune(fields: &Fields, name: &str, wrong: &mut Wrong) -> Option<&'static Commune> {
    let found = Communes::embedded().search(fields.text(name).unwrap_or_default(), 2);
    let mut refuse = |why: &str| wrong.push((name.to_owned(), why.to_owned()));
    match found.as_slice() {
        [] => refuse(words::UNKNOWN_COMMUNE),
        [one, two] if one.name == two.name && one.part_of.is_none() => {
            refuse(&format!("{} {}, {}", words::WHICH_COMMUNE, spelt(one), spelt(two)));
        }
        [first, ..] => return Some(first),
    }
    None
}

/// A commune as it is suggested, and understood when it is sent.
fn spelt(commune: &Commune) -> String {
    format!("{} ({})", commune.name, commune.department)
}

fn zones(fields: &Fields, wrong: &mut Wrong) -> Vec<Value> {
    let mut zones = Vec::new();
    for (name, radius, level) in
        [("zone", "zone_km", "forbidden"), ("zone2", "zone2_km", "forbidden"), ("avoid", "avoid_km", "avoid")]
    {
        let Some(text) = fields.text(name) else { continue };
        if let Some(department) = department(text) {
            zones.push(json!({"level": level, "department": department}));
        } else if let Some(commune) = commune(fields, name, wrong) {
            let km = fields.text(radius).unwrap_or(RADIUS_KM).parse::<f64>().map_or(Value::Null, Value::from);
            let at = commune.point;
            zones.push(json!({"level": level, "centre": {"lat": at.lat, "lon": at.lon}, "radius_km": km}));
        }
    }
    zones
}

/// A department by its code, or by its name as people write it.
fn department(text: &str) -> Option<&'static str> {
    let code = text.trim().to_uppercase();
    let folded = code.to_lowercase();
    words::DEPARTMENTS.iter().find(|(known, name)| *known == code || name.to_lowercase() == folded).map(|(known, _)| *known)
}

fn distance(fields: &Fields) -> Value {
    let wish = fields.text("wish").unwrap_or(Wish::StayNear.as_str());
    let mut distance = json!({"wish": wish});
    let field = match wish {
        "stay_near" => "max_km",
        "move_away" => "min_km",
        _ => return distance,
    };
    if let (Some(km), Some(object)) = (fields.text(field), distance.as_object_mut()) {
        object.insert(field.to_owned(), km.parse::<f64>().map_or_else(|_error| km.into(), Value::from));
    }
    distance
}

fn with_legal_basis(mut body: Value, fields: &Fields) -> Value {
    let day = fields.text("first_day");
    let basis = match fields.text("basis") {
        Some("consent") => json!({"consent": {
            "day": fields.text("today"), "language": fields.text("consent_language"), "interpreter": fields.has("consent_interpreter"),
            "shared": fields.all("shared").collect::<Vec<_>>(),
        }}),
        Some("vital") => json!({"vital_urgency": {"day": fields.text("today").or(day), "reason": fields.text("vital_reason")}}),
        _ => Value::Null,
    };
    if let Some(body) = body.as_object_mut() {
        body.insert("legal_basis".to_owned(), basis);
    }
    body
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
        details.card open[form.is_wrong("basis")] {
            summary { (words::CONSENT_TITLE) }
            p { (words::CONSENT_LEAD) }
            div #basis {
                label.box { input type="radio" name="basis" value="consent" checked[form.is_ticked("basis", "consent")]; " " (words::CONSENT_GIVEN) }
                div.row {
                    (field(form, "consent_language", words::LANGUAGE_OF_CONSENT, None, &html! {
                        select #consent_language name="consent_language" {
                            @for (code, name) in words::SPOKEN_LANGUAGES { option value=(code) selected[form.text("consent_language") == code] { (name) } }
                        }
                    }))
                    label.box { input type="checkbox" name="consent_interpreter" value="true" checked[form.is_ticked("consent_interpreter", "true")]; " " (words::CONSENT_INTERPRETER) }
                }
                (boxes::<Shared>(form, "shared", words::CONSENT_SHARED, None))
                label.box { input type="radio" name="basis" value="vital" checked[form.is_ticked("basis", "vital")]; " " (words::CONSENT_VITAL) }
                (choice(form, "vital_reason", words::VITAL_REASON, VitalUrgency::ImmediateDanger))
            }
            div.actions { button type="submit" formaction="/demande/enregistrer" { (words::STORE) } }
        }
    }
}

/// Suggestions for the script of the page, as they may be sent.
pub async fn suggest(_actor: Actor<SuggestCommunes>, typed: Params<CommuneQuery>) -> Result<HttpResponse, Problem> {
    answers::json(&typed.0.q.communes().into_iter().map(spelt).collect::<Vec<_>>())
}

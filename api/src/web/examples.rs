//! The examples of the document: a whole body for each operation that takes one, and what each operation answers.
//!
//! The bodies stand here and nowhere else, all of one invented day, and tell one story: each can be sent once those before it have been. The document
//! moves their days along with today, so that what is copied from it can be sent. Answers are put together from what the schemas say of each field.
//! `tests/examples.rs` sends every body and holds every example to its schema.

use chrono::{Days, NaiveDate};
use serde_json::{Map, Value, json};

/// The day on which the examples are written.
pub const WRITTEN_ON: NaiveDate = match NaiveDate::from_ymd_opt(2026, 11, 23) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// A body for each schema that operations take, by its name.
pub fn bodies() -> Map<String, Value> {
    let bodies = [
        ("Organisation", json!({"name": "Association fictive Le Phare", "kind": "association", "contact": contact()})),
        (
            "Structure",
            json!({"name": "Structure fictive des Tilleuls", "commune": "69123", "town": "Lyon", "trafficking_contact": contact()}),
        ),
        (
            "DoorContact",
            json!({"label": "SIAO fictif du Rhône", "phone": "01 99 00 12 69", "hours": "Mo-Fr 09:00-18:00", "source": "Le SIAO lui-même, au téléphone"}),
        ),
        ("RegistrationDecision", json!({"right": true})),
        ("Contact", contact()),
        ("Invitation", json!({"email": "camille.fictive@example.org", "label": "Camille Fictive", "roles": ["referent"]})),
        ("AccountRoles", json!({"roles": ["referent", "manager"]})),
        ("NewApiClient", json!({"label": "Logiciel de suivi", "scopes": ["registry", "requests"], "valid_days": 365})),
        ("Renewal", json!({"valid_days": 365})),
        ("Webhook", json!({"url": "https://outil.example.org/havre", "record_kinds": ["referral", "request"]})),
        ("Replay", json!({"after": 4711})),
        ("ContactWanted", json!({"unit_id": "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"})),
        (
            "Unit",
            json!({"kind": "chrs", "stages": ["emergency", "stabilisation"], "genders": ["female"], "adult_ages": {"min": 18, "max": null},
                "max_household": 3, "places": 6, "children": {"max_age": 12}, "doors": ["siao"], "offers": ["legal_support", "staff_at_night"],
                "languages": ["fr", "en"], "steps": ["interview"], "answering_hours": "Mo-Fr 09:00-18:00"}),
        ),
        ("Vacancy", json!({"beds": 2, "from": "2026-11-23", "until": null})),
        ("TakenElsewhere", json!({"beds": 1})),
        ("NewReferral", json!({"vacancy_id": "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213", "hold": true})),
        ("Acknowledgement", json!({"call_back": {"kind": "call_us", "at": null, "phone": "+33199001235"}})),
        ("Undo", json!({"reason": "La mauvaise demande était ouverte."})),
        ("OtherPlace", json!({"vacancy_id": "0192f0c1-2d3e-7a4b-8c5d-6e7f80910214"})),
        ("Acceptance", json!({"interview_on": "2026-11-24", "travel_on": "2026-11-25"})),
        (
            "Declination",
            json!({"refusal": {"party": "structure", "code": "condition_not_met", "unlawful_condition": "regular_stay"}}),
        ),
        ("Confirmation", json!({"expected_arrival": "2026-11-25T18:00:00+01:00"})),
        ("Report", json!({"by_phone": true})),
        ("Stop", json!({"refusal": {"party": "structure", "code": "group_balance"}})),
        ("DeclinationByLink", json!({"refusal": {"party": "structure", "code": "no_staff"}})),
        ("CountByLink", json!({"from": 2, "to": 3})),
        ("TakenByLink", json!({"from": 3})),
        ("Withdrawal", json!({"refusal": {"party": "person", "code": "refuses_shared_room"}})),
        ("EndOfStay", json!({"reason": "rehoused", "request": "closed"})),
        ("Closing", json!({"reason": "found_housing"})),
        ("NewNote", json!({"text": "Rappeler la structure demain matin."})),
        ("Lending", json!({"organisation_id": "0192f0c1-2d3e-7a4b-8c5d-6e7f80910215", "until": "2026-11-24T09:00:00+01:00"})),
        ("Splitting", json!({"parts": [[1]], "bond": "to_reunite"})),
        ("NewPlan", json!({"request_ids": ["0192f0c1-2d3e-7a4b-8c5d-6e7f80910213", "0192f0c1-2d3e-7a4b-8c5d-6e7f80910214"]})),
        ("ChosenLines", json!({"request_ids": ["0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"]})),
        ("AddressProof", json!({"code": "7Q4M-0XKD-2NVA"})),
        ("KeepApartCode", json!({"code": "7Q4M-0XKD-2NVA"})),
        ("Request", stored_request()),
        ("AdHocRequest", request()),
    ];
    bodies.into_iter().map(|(name, body)| (name.to_owned(), body)).collect()
}

fn contact() -> Value {
    json!({
        "numbers": [{"label": "référente traite", "phone": "01 99 00 12 34", "hours": "Mo-Fr 09:00-18:00"}],
        "email": "accueil@example.org",
    })
}

fn stored_request() -> Value {
    let mut example = request();
    if let Some(fields) = example.as_object_mut() {
        let information = json!({"state": "given", "day": "2026-11-23", "language": "en", "interpreter": true, "shared": ["wishes", "languages"]});
        fields.insert("information".to_owned(), information);
    }
    example
}

/// A woman in Lyon, tonight.
fn request() -> Value {
    json!({
        "household": [{"gender": "female", "minority": "adult", "age": 24}],
        "stage": "emergency", "urgency": "immediate", "first_day": "2026-11-23", "nights": 30,
        "place": {"lat": 45.76, "lon": 4.84, "department": "69"}, "distance": {"wish": "stay_near", "max_km": 50},
        "danger_zones": [{"level": "forbidden", "department": "93"}],
        "wished": ["legal_support"], "wished_languages": ["en"],
    })
}

/// Makes values that schemas let through.
pub struct Maker<'s> {
    schemas: &'s Value,
    bodies: Map<String, Value>,
    /// What to put where null may stand.
    optional: Optional,
}

/// What to put where null may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Optional {
    /// Null: the record is new.
    Null,
    /// A value all the same.
    Given,
}

impl<'s> Maker<'s> {
    /// From the schemas of the document.
    pub fn new(schemas: &'s Value, optional: Optional) -> Self {
        Self { schemas, bodies: bodies(), optional }
    }

    /// A value of a schema: its own example, or one that its parts make.
    pub fn make(&self, schema: &Value) -> Value {
        if let Some(own) = schema.get("example").or_else(|| schema.get("examples")?.get(0)) {
            return own.clone();
        }
        if let Some(name) = name_in(schema) {
            return self.of_record(name, self.named(name).map_or(Value::Null, |target| self.make(target)));
        }
        if let Some(forms) = forms(schema) {
            let form = forms.iter().find(|form| (form.get("type") == Some(&json!("null"))) == (self.optional == Optional::Null));
            return form.or_else(|| forms.first()).map_or(Value::Null, |form| self.make(form));
        }
        if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
            return first.clone();
        }
        let number = |default| schema.get("minimum").cloned().unwrap_or(default);
        match self.kind(schema) {
            Some("object") => {
                let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
                fields.map(|(name, field)| (name.clone(), self.make(field))).collect::<Map<_, _>>().into()
            }
            Some("array") => schema.get("items").map_or_else(|| json!([]), |items| json!([self.make(items)])),
            Some("string") if schema.get("format") == Some(&json!("uuid")) => json!("0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"),
            Some("string") => json!("text"),
            Some("integer" | "number") => number(json!(1)),
            Some("boolean") => json!(false),
            _ => Value::Null,
        }
    }

    /// A record shows what was declared of it: the body of its own name.
    fn of_record(&self, name: &str, mut made: Value) -> Value {
        let declared = name.strip_suffix("Record").and_then(|name| self.bodies.get(name)).and_then(Value::as_object);
        if let Some((declared, fields)) = declared.zip(made.as_object_mut()) {
            for (field, value) in fields.iter_mut() {
                if let Some(known) = declared.get(field) {
                    value.clone_from(known);
                }
            }
        }
        made
    }

    /// What a schema is, behind its name and null.
    pub fn resolve<'v>(&self, schema: &'v Value) -> &'v Value
    where
        's: 'v,
    {
        let form = forms(schema).and_then(|forms| forms.iter().find(|form| form.get("type") != Some(&json!("null"))));
        match (name_in(schema).and_then(|name| self.named(name)), form) {
            (Some(target), _) => self.resolve(target),
            (None, Some(form)) => self.resolve(form),
            (None, None) => schema,
        }
    }

    /// A schema by its name.
    pub fn named(&self, name: &str) -> Option<&'s Value> {
        self.schemas.get(name)
    }

    fn kind<'v>(&self, schema: &'v Value) -> Option<&'v str> {
        match schema.get("type")? {
            Value::String(kind) => Some(kind),
            Value::Array(kinds) => {
                let may_be_null = kinds.contains(&json!("null"));
                let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null");
                kind.filter(|_| !may_be_null || self.optional == Optional::Given)
            }
            _ => None,
        }
    }
}

/// The name that a schema refers to.
fn name_in(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

fn forms(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()
}

/// Moves the days of all examples in a document, so that those written on [`WRITTEN_ON`] are of today.
pub fn move_days(document: &mut Value, today: NaiveDate) {
    walk(document, false, &|text| {
        if let Some(later) = moved(text, today) {
            *text = later;
        }
    });
}

/// The same of one body.
pub fn move_days_of(body: &mut Value, today: NaiveDate) {
    walk(body, true, &|text| {
        if let Some(later) = moved(text, today) {
            *text = later;
        }
    });
}

fn walk(value: &mut Value, in_example: bool, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) if in_example => change(text),
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, in_example, change)),
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(value, in_example || matches!(name.as_str(), "example" | "examples"), change);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A day, or an instant that begins with one, as far from today as it is from [`WRITTEN_ON`]; what is earlier than that is no day of the story.
fn moved(text: &str, today: NaiveDate) -> Option<String> {
    let (day, rest) = text.split_at_checked(10)?;
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().filter(|day| *day >= WRITTEN_ON)?;
    let after = u64::try_from(day.signed_duration_since(WRITTEN_ON).num_days()).ok()?;
    (rest.is_empty() || rest.starts_with('T')).then(|| Some(format!("{}{rest}", today.checked_add_days(Days::new(after))?)))?
}

//! A form that makes a body: each of its fields stands where one of the body's does, by its JSON pointer. So what reads bodies reads forms, what it
//! finds wrong is said beside the field, and what was typed is what is shown again.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::session::Fields;
use super::words::{Phrase, form as words};
use super::{Page, Viewer, answer_with, said, week};
use crate::clock::Instant;
use crate::communes::{Area, Communes};
use crate::domain::{Faults, Seen, Tag};
use crate::web::extract::{self, IdempotencyKey};
use crate::web::problem::Problem;

/// A code with its word.
type Choice = (Cow<'static, str>, &'static str);

/// What stands in a field.
pub enum Sort {
    /// A line of text; empty: null.
    Line(usize),
    /// A few lines; empty: null.
    Lines(usize),
    /// A line that is never shown again; empty: left out, and so left as it is.
    Secret(usize),
    /// A whole number; empty: null.
    Number(u32, u32),
    /// A number with a fraction; empty: null.
    Decimal,
    /// Yes or no.
    Tick,
    /// Whether what stands below it is there at all; null where it is not ticked.
    Holds(Vec<Field>),
    /// One of some codes.
    One(Vec<Choice>),
    /// Any of some codes.
    Any(Vec<Choice>),
    /// Hours.
    Hours,
    /// A commune, by name or code.
    Commune,
    /// Rows of fields, the places of which begin at the row's; empty rows are none.
    Rows(fn(usize) -> Vec<Field>),
}

/// A field of a form.
pub struct Field {
    /// Where it stands in the body.
    pub at: Cow<'static, str>,
    /// What it is called.
    pub label: &'static str,
    /// What helps.
    pub hint: Option<&'static str>,
    /// What is said where it is wrong.
    pub wrong: &'static str,
    /// What stands in it.
    pub sort: Sort,
}

impl Field {
    /// A field.
    pub fn new(at: impl Into<Cow<'static, str>>, label: &'static str, wrong: &'static str, sort: Sort) -> Self {
        Self { at: at.into(), label, hint: None, wrong, sort }
    }

    /// The same with what helps.
    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// Fields that belong together.
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// The fields.
    pub fields: Vec<Field>,
}

/// What is wrong with what was typed: places of the body.
#[derive(Default)]
pub struct Wrong(Vec<String>);

impl Wrong {
    /// What a refusal names.
    pub fn of(problem: &Problem) -> Self {
        Self(problem.wrong_fields().map(|(pointer, _)| pointer.to_owned()).collect())
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn touches(&self, at: &str) -> bool {
        self.0.iter().any(|wrong| wrong == at || wrong.strip_prefix(at).is_some_and(|below| below.starts_with('/')))
    }
}

/// A form that makes or corrects a record: what it asks, where it is sent, and the tag of what it shows.
pub struct RecordForm<'v> {
    /// Who looks at it.
    pub viewer: &'v Viewer,
    /// The title of its page.
    pub title: &'static str,
    /// What it asks.
    pub groups: Vec<Group>,
    /// Where it is sent.
    pub sent_to: String,
    /// The tag of what it shows, of a record that is there.
    pub seen: Option<String>,
    /// Where one goes who leaves it, and what stands there.
    pub back: (&'static str, Phrase),
}

impl RecordForm<'_> {
    /// The form with what stands in it.
    pub fn content(&self, body: &Value, wrong: &Wrong) -> Markup {
        let (path, name) = self.back;
        html! {
            form method="post" action=(self.sent_to) {
                (self.viewer.hidden())
                @if let Some(seen) = &self.seen { input type="hidden" name="seen" value=(seen); }
                (shown(&self.groups, body, wrong))
                button.strong type="submit" { (words::SAVE) }
                " " a href=(path) { (name) }
            }
        }
    }

    /// What was refused, with what was typed; where that is about no field, the refusal itself.
    pub fn refused(&self, body: &Value, problem: Problem) -> Page {
        let wrong = Wrong::of(&problem);
        if wrong.is_empty() {
            return Err(problem);
        }
        Ok(answer_with(problem.code().status(), self.viewer, self.title, &self.content(body, &wrong)))
    }

    /// Somebody else was faster: what stands now, to begin again from.
    pub fn stale(&self, body: &Value) -> HttpResponse {
        let form = self.content(body, &Wrong::default());
        let content = html! { div.notice role="alert" { p { (words::OLD_PAGE) } } (form) };
        answer_with(StatusCode::PRECONDITION_FAILED, self.viewer, self.title, &content)
    }
}

/// What a record says, as the body that would say the same.
pub fn body_of(record: &impl Serialize) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// The key of what a form says: sent twice it is done once, and what was typed anew on a page that was gone back to is a command of its own.
pub fn key(fields: &Fields, body: &Value) -> Result<IdempotencyKey, Problem> {
    fields.key_of(Tag::of(body).as_str())
}

/// What an edit says it saw.
pub fn seen(fields: &Fields) -> Seen {
    Seen::Tags(fields.all("seen").map(ToOwned::to_owned).collect())
}

/// How many rows stand empty below those that are filled in.
const EMPTY_ROWS: usize = 1;

/// The body that a form makes.
pub fn body(groups: &[Group], typed: &Fields) -> Value {
    let mut body = Value::Object(Map::new());
    for field in groups.iter().flat_map(|group| &group.fields) {
        field.write(typed, &mut body);
    }
    body
}

/// The body as what it is read for, or what is wrong with it.
pub fn read<T: DeserializeOwned + Faults + ToSchema>(body: &Value, now: Instant) -> Result<T, Problem> {
    extract::parse_body(body.to_string().as_bytes(), Some(now))
}

/// The groups of a form, with what stands in them.
pub fn shown(groups: &[Group], body: &Value, wrong: &Wrong) -> Markup {
    html! {
        @if !wrong.is_empty() { div.notice role="alert" { p { (words::FIX_FIELDS) } } }
        @for group in groups {
            fieldset.card {
                legend { (group.title) }
                @for field in &group.fields { (field.shown(body, wrong)) }
            }
        }
    }
}

/// Puts a value at a place, making what holds it.
fn put(body: &mut Value, at: &str, value: Value) {
    let mut here = body;
    for step in at.split('/').skip(1) {
        here = match (step.parse::<usize>(), &mut *here) {
            (Ok(row), held) => {
                if !held.is_array() {
                    *held = Value::Array(Vec::new());
                }
                let Value::Array(rows) = held else { return };
                while rows.len() <= row {
                    rows.push(Value::Object(Map::new()));
                }
                let Some(row) = rows.get_mut(row) else { return };
                row
            }
            (Err(_), held) => {
                if !held.is_object() {
                    *held = Value::Object(Map::new());
                }
                let Value::Object(fields) = held else { return };
                fields.entry(step).or_insert(Value::Null)
            }
        };
    }
    *here = value;
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

impl Field {
    fn write(&self, typed: &Fields, body: &mut Value) {
        let at = self.at.as_ref();
        let text = typed.text(at);
        // What is no number stays what it is, and is said to be none.
        let number =
            |text: &str| text.replace(',', ".").parse::<serde_json::Number>().map_or_else(|_| Value::from(text), Value::Number);
        let value = match &self.sort {
            Sort::Line(_) => text.map_or(Value::Null, Value::from),
            // No text of a record has lines.
            Sort::Lines(_) => text.map_or(Value::Null, |text| text.split_whitespace().collect::<Vec<_>>().join(" ").into()),
            Sort::Secret(_) if typed.has(&format!("{at}#erase")) => Value::Null,
            Sort::Secret(_) => match text {
                Some(text) => Value::from(text),
                None => return,
            },
            Sort::Number(..) | Sort::Decimal => text.map_or(Value::Null, number),
            Sort::Tick => Value::Bool(typed.has(at)),
            Sort::Holds(below) => {
                put(body, at, Value::Null);
                if typed.has(at) {
                    below.iter().for_each(|field| field.write(typed, body));
                }
                return;
            }
            Sort::One(_) => text.map_or(Value::Null, Value::from),
            Sort::Any(_) => typed.all(at).collect(),
            Sort::Hours => week::typed(at, typed).map_or(Value::Null, Value::from),
            Sort::Commune => commune_typed(typed.text(&format!("{at}#chosen")).or(text)),
            Sort::Rows(row) => {
                put(body, at, Value::Array(Vec::new()));
                let rows: Vec<Value> =
                    (0..ROWS_MAX).map(|number| row_typed(&row(number), typed)).filter(|row| *row != Value::Null).collect();
                put(body, at, Value::Array(rows));
                return;
            }
        };
        put(body, at, value);
    }

    fn shown(&self, body: &Value, wrong: &Wrong) -> Markup {
        let at = self.at.as_ref();
        let held = body.pointer(at);
        let text = text_of(held);
        let is_wrong = wrong.touches(at);
        let id = at.trim_start_matches('/').replace('/', "-");
        let error_id = is_wrong.then(|| format!("{id}-error"));
        let mark = is_wrong.then_some("true");
        let error = html! { @if is_wrong { span.error id=[error_id.as_ref()] { (self.wrong) } } };
        let hint = html! { @if let Some(hint) = self.hint { span.hint { " " (hint) } } };
        let ticked = |code: &str| match held {
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(code)),
            _ => text == code,
        };
        html! {
            @match &self.sort {
                Sort::Line(most) => { label { (self.label) (hint) " " input type="text" name=(at) value=(text) maxlength=(most) aria-invalid=[mark] aria-describedby=[error_id.as_ref()]; (error) } },
                Sort::Lines(most) => { label { (self.label) (hint) " " textarea name=(at) maxlength=(most) rows="3" aria-invalid=[mark] aria-describedby=[error_id.as_ref()] { (text) } (error) } },
                Sort::Secret(most) => {
                    label { (self.label) (hint) " " input type="text" name=(at) maxlength=(most) autocomplete="off" aria-invalid=[mark] aria-describedby=[error_id.as_ref()]; (error) }
                    label.box { input type="checkbox" name=(format!("{at}#erase")); " " (words::ERASE_ADDRESS) }
                },
                Sort::Number(least, most) => { label { (self.label) (hint) " " input type="number" name=(at) value=(text) min=(least) max=(most) inputmode="numeric" aria-invalid=[mark] aria-describedby=[error_id.as_ref()]; (error) } },
                Sort::Decimal => { label { (self.label) (hint) " " input type="text" name=(at) value=(text) inputmode="decimal" aria-invalid=[mark] aria-describedby=[error_id.as_ref()]; (error) } },
                Sort::Tick => { label.box { input type="checkbox" name=(at) value="yes" checked[held == Some(&Value::Bool(true))]; " " (self.label) (hint) } (error) },
                Sort::Holds(below) => {
                    @let is_there = held.is_some_and(|held| !held.is_null());
                    label.box { input type="checkbox" name=(at) value="yes" checked[is_there]; " " (self.label) (hint) }
                    (error)
                    div.below { @for field in below { (field.shown(body, wrong)) } }
                },
                Sort::One(choices) => {
                    label { (self.label) (hint) " " select name=(at) aria-invalid=[mark] { @for (code, name) in choices { option value=(code) selected[text == *code] { (name) } } } (error) }
                },
                Sort::Any(choices) => {
                    fieldset.boxes {
                        legend { (self.label) (hint) }
                        (error)
                        @for (code, name) in choices { label.box { input type="checkbox" name=(at) value=(code) checked[ticked(code)]; " " (name) } }
                    }
                },
                Sort::Hours => { details open[is_wrong] { summary { (self.label) } (error) (hint) (week::fields(at, Some(text.as_str()))) } },
                Sort::Commune => { (commune_field(self, &text, &error, mark)) },
                Sort::Rows(row) => {
                    @let filled = held.and_then(Value::as_array).map_or(0, Vec::len);
                    fieldset.plain {
                        legend { (self.label) (hint) }
                        (error)
                        @for number in 0..(filled + EMPTY_ROWS).min(ROWS_MAX) { div.rows { @for field in row(number) { (field.shown(body, wrong)) } } }
                    }
                },
            }
        }
    }
}

/// How many rows a form has at most.
const ROWS_MAX: usize = 10;

/// One row, or null where nothing was typed in it.
fn row_typed(row: &[Field], typed: &Fields) -> Value {
    let mut one = Value::Object(Map::new());
    for field in row {
        field.write(typed, &mut one);
    }
    // A row's fields stand below its place in the body.
    let mut held = &one;
    loop {
        match held {
            Value::Object(fields) if fields.len() == 1 => match fields.values().next() {
                Some(below) => held = below,
                None => return Value::Null,
            },
            Value::Array(rows) => match rows.last() {
                Some(last) => {
                    let is_empty = last.as_object().is_some_and(|fields| fields.values().all(Value::is_null));
                    return if is_empty { Value::Null } else { last.clone() };
                }
                None => return Value::Null,
            },
            _ => return Value::Null,
        }
    }
}

/// The code of the commune that was typed, where it is one; else what was typed, which is none.
fn commune_typed(text: Option<&str>) -> Value {
    let Some(text) = text else { return Value::Null };
    match Communes::embedded().communes_meant(text).as_slice() {
        [one] => Value::from(one.commune.code),
        _ => Value::from(text),
    }
}

fn commune_field(field: &Field, text: &str, error: &Markup, mark: Option<&str>) -> Markup {
    let communes = Communes::embedded();
    let known = communes.by_code(text).map(said::commune);
    let meant = if known.is_some() { Vec::new() } else { communes.communes_meant(text) };
    html! {
        label { (field.label) @if let Some(hint) = field.hint { span.hint { " " (hint) } } " " input type="text" name=(field.at) value=(known.as_deref().unwrap_or(text)) list="communes" autocomplete="off" aria-invalid=[mark]; (error) }
        datalist #communes {}
        @if meant.len() > 1 {
            fieldset.boxes {
                legend { (words::WHICH_COMMUNE) }
                @for found in meant { label.box { input type="radio" name=(format!("{}#chosen", field.at)) value=(found.commune.code); " " (said::area(&Area::Commune(found))) } }
            }
        }
    }
}

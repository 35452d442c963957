//! All that is wrong with a body, and not only what is found first.
//!
//! Serde stops at the first fault. So what it names is put right, by an example of the document's schema, and the body is read again, until it reads
//! or nothing more can be put right. What reads bodies stays their one judge: schemas only lend what to go on with. A mended body goes nowhere.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::examples::{Maker, Optional, move_days_of};
use super::problem::json_pointer;
use crate::domain::Faults;
use crate::domain::denied::WrongField;
use crate::json::{self, JsonFault};
use crate::limits;

/// What is wrong with a body that did not read: `first`, and whatever else there is. `name` is that of its schema.
pub fn all_wrong<T: DeserializeOwned + Faults>(bytes: &[u8], name: &str, schemas: &Value, first: WrongField) -> Vec<WrongField> {
    let Ok(mut body) = serde_json::from_slice::<Value>(bytes) else { return vec![first] };
    let maker = Maker::new(schemas, Optional::Given);
    let Some(schema) = maker.named(name) else { return vec![first] };
    let (mut seen, mut replaced) = (Vec::new(), Vec::new());
    let mut wrong = vec![first.clone()];
    let mut fault = first;
    while wrong.len() < limits::WRONG_FIELDS_MAX {
        let pointer = json_pointer(&fault.0);
        match mend(&mut body, &pointer, &fault.1, schema, &maker) {
            Mended::Replaced => replaced.push(pointer.clone()),
            Mended::TakenOut => {}
            Mended::Not => break,
        }
        seen.push(pointer);
        fault = match json::parse::<T>(body.to_string().as_bytes()) {
            Ok(read) => {
                wrong.extend(contradictions(&body, &read, &replaced));
                break;
            }
            Err(JsonFault::Field(path, why)) => (path, why),
            Err(JsonFault::Unreadable(_)) => break,
        };
        let pointer = json_pointer(&fault.0);
        // Mended before and wrong again: the schema's example does not help.
        if seen.contains(&pointer) {
            break;
        }
        // What holds a mended field may be wrong for that alone; not for a field that nobody knows.
        if fault.1.starts_with(json::UNKNOWN_FIELD_HERE) || !replaced.iter().any(|known| is_below(known, &pointer)) {
            wrong.push(fault.clone());
        }
    }
    wrong
}

/// What contradicts itself for certain, whatever was meant where something else stands now.
fn contradictions<T: DeserializeOwned + Faults>(body: &Value, read: &T, replaced: &[String]) -> Vec<WrongField> {
    let mut faults = read.faults();
    for year in FAR_YEARS {
        if faults.is_empty() || replaced.is_empty() {
            return faults;
        }
        let mut changed = body.clone();
        for pointer in replaced {
            if let Some(value) = changed.pointer_mut(pointer) {
                change(value, year);
            }
        }
        let Ok(other) = json::parse::<T>(changed.to_string().as_bytes()) else { return Vec::new() };
        let also: Vec<_> = other.faults().into_iter().map(|(path, _)| path).collect();
        faults.retain(|(path, _)| {
            let pointer = json_pointer(path);
            let touches = |known: &String| pointer == *known || is_below(&pointer, known) || is_below(known, &pointer);
            also.contains(path) && !replaced.iter().any(touches)
        });
    }
    faults
}

/// Years beyond any that a body names, before and after.
const FAR_YEARS: [i32; 2] = [1970, 2200];

/// Another value of the same kind, a day of another year; other texts stay.
fn change(value: &mut Value, year: i32) {
    match value {
        Value::Bool(flag) => *flag = !*flag,
        Value::Number(_) => *value = 1.into(),
        Value::String(_) => {
            if let Some(day) = NaiveDate::from_ymd_opt(year, 1, 1) {
                move_days_of(value, day);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| change(value, year)),
        Value::Object(fields) => fields.values_mut().for_each(|value| change(value, year)),
        Value::Null => {}
    }
}

/// Whether a pointer leads to something inside what another leads to.
fn is_below(pointer: &str, other: &str) -> bool {
    pointer.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
}

/// How a fault was put right.
enum Mended {
    /// Another value stands there now.
    Replaced,
    /// What nobody reads is gone.
    TakenOut,
    /// It was not.
    Not,
}

/// Puts right what is wrong where a pointer leads.
fn mend(body: &mut Value, pointer: &str, why: &str, schema: &Value, maker: &Maker<'_>) -> Mended {
    // Reading a text as a value has already left out what was given twice.
    if why == json::GIVEN_TWICE {
        return Mended::TakenOut;
    }
    let taken_out = match schema_at(pointer, schema, maker) {
        None => take_out(body, pointer),
        Some(of_holder) if why.starts_with(json::UNKNOWN_FIELD_HERE) => take_out_unnamed(body, pointer, maker.resolve(of_holder)),
        Some(schema) => return if put(body, pointer, maker.make(schema)) { Mended::Replaced } else { Mended::Not },
    };
    if taken_out { Mended::TakenOut } else { Mended::Not }
}

/// The schema of what a pointer leads to; none where there is no such field.
fn schema_at<'v>(pointer: &str, schema: &'v Value, maker: &Maker<'v>) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(schema, |schema, step| {
        let schema = maker.resolve(schema);
        schema.get("items").or_else(|| schema.get("properties")?.get(step))
    })
}

/// Takes a field out of what holds it.
fn take_out(body: &mut Value, pointer: &str) -> bool {
    let Some((holder, name)) = pointer.rsplit_once('/') else { return false };
    body.pointer_mut(holder).and_then(Value::as_object_mut).is_some_and(|fields| fields.remove(name).is_some())
}

/// Takes out the unknown fields whose names are not repeated; the others are named one by one.
fn take_out_unnamed(body: &mut Value, pointer: &str, schema: &Value) -> bool {
    let known = |name: &str| schema.get("properties").is_some_and(|properties| properties.get(name).is_some());
    let Some(fields) = body.pointer_mut(pointer).and_then(Value::as_object_mut) else { return false };
    let before = fields.len();
    fields.retain(|name, _| known(name) || json::may_be_named(name));
    fields.len() < before
}

/// Puts a value where a pointer leads, whether or not anything is there.
fn put(body: &mut Value, pointer: &str, value: Value) -> bool {
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
        return true;
    }
    let Some((holder, name)) = pointer.rsplit_once('/') else { return false };
    body.pointer_mut(holder).and_then(Value::as_object_mut).map(|fields| fields.insert(name.to_owned(), value)).is_some()
}

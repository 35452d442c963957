//! That every answer of the API is one that the document describes: its status, and its body by its schema. Looked at for each answer that any
//! test gets.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use actix_web::http::Method;
use api::web::openapi;
use api::web::operations::{self, Surface};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Answer;
use super::allowed::fits;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::document().unwrap());

/// The validators made so far, by the schema as it is written.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Where the document has its named schemas.
const NAMED: &str = "#/components/schemas/";

/// The document, with the days it is committed with.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// What a value has that a schema of the document does not let through; nothing when it is right.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(schema);
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn validator(schema: &Value) -> Arc<Validator> {
    let mut known = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let mut named = Map::new();
        reached(schema, &mut named);
        let whole = json!({"components": {"schemas": named}, "allOf": [schema]});
        Arc::new(jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap())
    };
    Arc::clone(known.entry(schema.to_string()).or_insert_with(make))
}

/// Gathers the named schemas that one leads to, itself or through others: with the whole document each validator would take a second to make.
fn reached(schema: &Value, named: &mut Map<String, Value>) {
    match schema {
        Value::Object(fields) => {
            for (field, value) in fields {
                let Some(name) = value.as_str().filter(|_| field == "$ref").and_then(|link| link.strip_prefix(NAMED)) else {
                    reached(value, named);
                    continue;
                };
                if !named.contains_key(name) {
                    let of = &DOCUMENT["components"]["schemas"][name];
                    named.insert(name.to_owned(), of.clone());
                    reached(of, named);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| reached(item, named)),
        _ => {}
    }
}

/// Ends the test where an answer is not as the document says.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap();
    let row = operations::ALL.iter().find(|spec| spec.surface == Surface::Api && spec.method == *method && fits(spec.path, path));
    let Some(row) = row else { return };
    let described = &DOCUMENT["paths"][row.path][method.as_str().to_lowercase()]["responses"];
    let mut described = &described[answer.status.as_str()];
    if let Some(link) = described["$ref"].as_str() {
        described = DOCUMENT.pointer(link.trim_start_matches('#')).unwrap();
    }
    assert!(described.is_object(), "{method} {}: {} is not documented: {}", row.path, answer.status, answer.text);
    let media_type = answer.header("content-type");
    let Some(content) = described["content"].get(&media_type) else {
        panic!("{method} {}: `{media_type}` is not documented for {}", row.path, answer.status);
    };
    // An answer that goes on is text; its messages are held to their schema where they are read.
    if media_type == super::following::MEDIA_TYPE {
        return;
    }
    let faults = faults(&content["schema"], &answer.body);
    assert!(faults.is_empty(), "{method} {} {}: {faults:#?} in {}", row.path, answer.status, answer.text);
}

//! That every refusal is one that the row of its operation allows: looked at for each answer that any test gets.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use actix_web::http::Method;
use api::web::openapi;
use api::web::operations::{self, Spec, Surface, Who};
use api::web::problem::Code;
use serde_json::Value;

use super::Answer;

struct Row {
    spec: &'static Spec,
    codes: BTreeSet<&'static str>,
}

/// Ends the test where an answer says a code that its row does not allow.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let (path, method) = (path.split('?').next().unwrap(), if method == Method::HEAD { &Method::GET } else { method });
    let Some(code) = said(answer) else { return };
    let of_path: Vec<_> = rows().iter().filter(|row| fits(row.spec.path, path)).collect();
    let Some(row) = of_path.iter().find(|row| row.spec.method == method) else {
        // Who has no token is told nothing, not even which methods there are.
        let expected = if of_path.is_empty() { "no_such_path" } else { "method_not_allowed" };
        assert!([expected, "unauthenticated", "rate_limited"].contains(&code.as_str()), "{method} {path}: {}", answer.text);
        return;
    };
    assert!(row.codes.contains(code.as_str()), "{method} {}: its row does not allow `{code}`, only {:?}", row.spec.path, row.codes);
}

/// The code of a refusal; a page shows it too.
fn said(answer: &Answer) -> Option<String> {
    if answer.status.as_u16() < 400 {
        return None;
    }
    let in_page = || Some(answer.text.split("<code>").nth(1)?.split_whitespace().next()?.to_owned());
    answer.body["code"].as_str().map(ToOwned::to_owned).or_else(in_page)
}

/// Whether a path is one of a row's.
pub fn fits(pattern: &str, path: &str) -> bool {
    let (of, parts): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let has_tail = of.last().is_some_and(|last| last.ends_with(":.*}"));
    let is_as_long = if has_tail { parts.len() >= of.len() } else { parts.len() == of.len() };
    is_as_long && of.iter().zip(&parts).all(|(of, part)| of.starts_with('{') || of == part)
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let document = openapi::document().unwrap();
        operations::ALL.iter().map(|spec| Row { spec, codes: codes(spec, &document) }).collect()
    })
}

fn codes(spec: &Spec, document: &Value) -> BTreeSet<&'static str> {
    let method = spec.method.as_str();
    let described = &document["paths"][spec.path][method.to_lowercase()];
    let mut codes = openapi::refusals(spec.path, method, described);
    if spec.surface == Surface::Page && spec.method == Method::POST {
        // A form is of its browser, comes from a page that may have grown old, has a key, and is read into what a body is read into.
        codes.extend([
            Code::FormExpired,
            Code::EtagMismatch,
            Code::UnreadableBody,
            Code::BodyTooLarge,
            Code::BodyTooSlow,
            Code::InvalidBody,
            Code::Contradiction,
        ]);
        if matches!(spec.who, Who::Roles(_)) {
            codes.extend([Code::IdempotencyKeyReused, Code::OutcomeUnknown]);
        }
    }
    codes.into_iter().map(Code::as_str).collect()
}

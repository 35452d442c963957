//! The OpenAPI 3.1 document: the handlers' own annotations, completed by what follows from what an operation takes.
//!
//! An operation that takes a body can be refused for it, one with an id in its path can miss, an edit can be stale: such answers are
//! added here by rule, so that no handler repeats them and none forgets one. `openapi/openapi.json` is this document; a test compares.

#![expect(
    clippy::indexing_slicing,
    reason = "serde_json answers null for what is not there and adds what is assigned; the document is the same in every run, and tests build it"
)]

use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, PathItem};

use super::operations::{self, Who};
use super::problem::{Code, ProblemBody};
use crate::domain::request::Shared;
use crate::paging::{Cursor, PageLimit};
use crate::{limits, schemas};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Havre",
        description = "A registry of sheltered housing places and the matching of them with victims of human trafficking in France.\n\nEvery request but those of `service` carries a bearer token. Errors are RFC 9457 problems with a stable `code`. Commands (POST) take an `Idempotency-Key`, edits (PUT) an `If-Match`. Lists come in pages with a cursor.\n\nRequests are limited by account and by organisation, without a token by address: every answer says in `RateLimit` what is left, and 429 with `Retry-After` when to come back.",
        contact(name = "Havre", url = "https://example.org/havre"),
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "The service that serves this document.")),
    tags(
        (name = "rankings", description = "Which places can take these people, in which order, and why."),
        (name = "requests", description = "Households that need a place."),
        (name = "referrals", description = "Requests put to places: asked, answered, confirmed, arrived; and the beds they hold."),
        (name = "plans", description = "Many requests placed at once, as advice whose lines people confirm."),
        (name = "vacancies", description = "Beds that are free."),
        (name = "units", description = "Groups of places that are alike: what is matched."),
        (name = "structures", description = "Homes, at one site each."),
        (name = "organisations", description = "Who takes part."),
        (name = "communes", description = "Where people are, by the names and codes they know."),
        (name = "logs", description = "What was done, and who read what."),
        (name = "service", description = "The service itself."),
    ),
    // Those that other schemas name by hand; the rest come with the handlers that use them.
    components(schemas(
        ProblemBody, schemas::Age, schemas::BoundingBox, schemas::Cell, Cursor, schemas::Latitude, schemas::Longitude,
        schemas::Minority, PageLimit, schemas::Point, Shared, schemas::Top, schemas::Wish, schemas::ZoneLevel,
    )),
    security(("bearer" = []))
)]
struct Annotations;

/// The document, as it is served and committed.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(with_paths(Annotations::openapi()))?;
    document["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token made by `havre client add`."}
    });
    close_records(&mut document);
    open_bodies(&mut document);
    add_problems(&mut document);
    add_headers(&mut document);
    add_links(&mut document);
    add_examples(&mut document);
    Ok(document)
}

/// The operations of the table, and the schemas their handlers name.
fn with_paths(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let handlers = operations::Handlers::openapi();
    if let (Some(known), Some(more)) = (document.components.as_mut(), handlers.components) {
        known.schemas.extend(more.schemas);
    }
    for spec in operations::ALL {
        let Some(mut operation) = spec.document() else { continue };
        operation.operation_id = Some(spec.id.to_owned());
        let method = match spec.method.as_str() {
            "POST" => HttpMethod::Post,
            "PUT" => HttpMethod::Put,
            _ => HttpMethod::Get,
        };
        let item = PathItem::new(method, operation);
        document.paths.paths.entry(spec.path.to_owned()).or_default().merge_operations(item);
    }
    document
}

/// The document as text, the same bytes each time.
pub fn text() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&document()?)?;
    text.push('\n');
    Ok(text)
}

/// Writes a record's declared fields (`allOf` of a closed schema and its own fields) as one flat object, all of them always there:
/// a closed schema inside `allOf` would refuse the record's other fields. Pages name their records instead of repeating them.
fn close_records(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object().cloned() else { return };
    for (name, schema) in &schemas {
        if let Some(record) = name.strip_prefix("Page_") {
            let items = json!({"$ref": format!("#/components/schemas/{record}")});
            document["components"]["schemas"][name]["properties"]["items"]["items"] = items;
        }
        let Some(parts) = schema["allOf"].as_array() else { continue };
        let mut properties = Map::new();
        for part in parts {
            let target = part["$ref"].as_str().and_then(|link| link.rsplit('/').next()).and_then(|name| schemas.get(name));
            if let Some(more) = target.unwrap_or(part)["properties"].as_object() {
                properties.extend(more.clone());
            }
        }
        properties.retain(|_, property| property["writeOnly"] != true);
        let required: Vec<_> = properties.keys().cloned().collect();
        document["components"]["schemas"][name] = json!({
            "type": "object", "description": schema["description"], "properties": properties, "required": required,
        });
    }
}

/// Writes a body that may be left out as just that: utoipa has it as one that may be `null`, which is no JSON object.
fn open_bodies(document: &mut Value) {
    each_operation(document, |_, _, operation| {
        let Some(body) = operation.get_mut("requestBody") else { return };
        let Some(name) = body_schema(&body["content"]["application/json"]["schema"]).map(ToOwned::to_owned) else { return };
        if body["required"] != true {
            body["required"] = false.into();
            body["content"]["application/json"]["schema"] = json!({"$ref": name});
        }
    });
}

/// Calls `change` with the path, the method and the operation of every operation.
fn each_operation(document: &mut Value, mut change: impl FnMut(&str, &str, &mut Value)) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, methods) in paths {
        let Some(methods) = methods.as_object_mut() else { continue };
        for (method, operation) in methods {
            change(path, method, operation);
        }
    }
}

/// Whether requests to a path are limited.
fn is_limited(path: &str) -> bool {
    !limits::UNLIMITED_PATHS.contains(&path)
}

/// How an operation can be refused or fail: by what it takes, and as its row of the table says.
pub fn refusals(path: &str, method: &str, operation: &Value) -> Vec<Code> {
    let takes = |name: &str| {
        operation["parameters"].as_array().is_some_and(|taken| taken.iter().any(|parameter| parameter["name"] == name))
    };
    let row = operations::ALL.iter().find(|spec| spec.path == path && spec.method.as_str().eq_ignore_ascii_case(method));
    let mut codes = vec![Code::InvalidParameter, Code::MethodNotAllowed, Code::Internal, Code::Unavailable];
    if row.is_some_and(|spec| matches!(spec.who, Who::Roles(_))) {
        codes.extend([Code::Unauthenticated, Code::RoleNotAllowed]);
    }
    if is_limited(path) {
        codes.push(Code::RateLimited);
    }
    if path.contains('{') {
        codes.push(Code::NotFound);
    }
    if operation["requestBody"].is_object() {
        codes.extend([
            Code::UnreadableBody,
            Code::BodyTooLarge,
            Code::UnsupportedMediaType,
            Code::InvalidBody,
            Code::Contradiction,
        ]);
    }
    if takes("Idempotency-Key") {
        codes.extend([Code::IdempotencyKeyMissing, Code::IdempotencyKeyReused, Code::OutcomeUnknown]);
    }
    if takes("If-Match") {
        codes.extend([Code::EtagMismatch, Code::IfMatchMissing]);
    }
    codes.extend(row.into_iter().flat_map(|spec| spec.refusals).copied());
    codes
}

fn add_problems(document: &mut Value) {
    let mut responses = Map::new();
    for code in Code::ALL {
        let status = code.status().as_u16().to_string();
        let known = responses.entry(format!("Problem{status}")).or_insert_with(|| problem_response(*code));
        let described = known["description"].as_str().unwrap_or_default().to_owned();
        known["description"] = format!("{described}\n- `{}`: {}", code.as_str(), code.title()).into();
        known["content"]["application/problem+json"]["examples"][code.as_str()] = json!({"value": problem_example(*code)});
    }
    document["components"]["responses"] = Value::Object(responses);
    each_operation(document, |path, method, operation| {
        for code in refusals(path, method, operation) {
            let status = code.status().as_u16();
            operation["responses"][status.to_string()] = json!({"$ref": format!("#/components/responses/Problem{status}")});
        }
    });
}

fn problem_response(code: Code) -> Value {
    let mut headers = how_limits_stand();
    match code.status().as_u16() {
        401 => drop(headers.insert("WWW-Authenticate".into(), header("How to authenticate.", json!({"type": "string"})))),
        405 => drop(headers.insert("Allow".into(), header("The methods this path answers.", json!({"type": "string"})))),
        429 | 503 => {
            drop(headers.insert("Retry-After".into(), header("Seconds to wait.", json!({"type": "integer", "minimum": 0}))));
        }
        _ => {}
    }
    json!({
        "description": format!("{}. By `code`:", code.status().canonical_reason().unwrap_or_default()),
        "headers": headers,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
    })
}

fn problem_example(code: Code) -> Value {
    json!({
        "type": format!("urn:havre:problem:{}", code.as_str()),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": "What happened this time, and what to do about it.",
        "instance": "urn:uuid:0192f0c1-2d3e-7a4b-8c5d-6e7f80910213",
        "code": code.as_str(),
    })
}

fn header(description: &str, schema: Value) -> Value {
    json!({"description": description, "schema": schema})
}

/// Whether an answer's body is one record with an `ETag`.
fn is_record(response: &Value) -> bool {
    response["content"]["application/json"]["schema"]["$ref"].as_str().is_some_and(|schema| schema.ends_with("Record"))
}

/// Whether an answer's body is a record that may not be ready yet.
fn takes_time(response: &Value) -> bool {
    response["content"]["application/json"]["schema"]["$ref"].as_str().is_some_and(|schema| schema.ends_with("/PlanRecord"))
}

/// What every answer of an operation with limits says of them.
fn how_limits_stand() -> Map<String, Value> {
    ["RateLimit", "RateLimit-Policy"]
        .map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")})))
        .into_iter()
        .collect()
}

/// The fields of the limits, as draft-ietf-httpapi-ratelimit-headers-11 has them.
fn describe_limits(document: &mut Value) {
    let names =
        [&limits::RATE_ACCOUNT, &limits::RATE_ORGANISATION, &limits::RATE_ADDRESS, &limits::RATE_LINK].map(|rate| rate.name);
    let item = format!("\"({})\"", names.join("|"));
    document["components"]["headers"] = json!({
        "RateLimit": {
            "description": "The limit with least left: `r` requests may be sent at once, and `t` is in how many seconds there are more. Not there where limits are off.",
            "schema": {"type": "string", "pattern": format!("^{item};r=[0-9]+;t=[0-9]+$")},
            "example": "\"account\";r=59;t=1",
        },
        "RateLimit-Policy": {
            "description": "The limits that the request counts for, by account and organisation, by address where nobody has signed in, or by mailed link: `q` requests in `w` seconds. Not there where limits are off.",
            "schema": {"type": "string", "pattern": format!("^{item};q=[0-9]+;w=[0-9]+(, {item};q=[0-9]+;w=[0-9]+)*$")},
            "example": "\"account\";q=60;w=3, \"organisation\";q=180;w=3",
        },
    });
}

fn add_headers(document: &mut Value) {
    describe_limits(document);
    let etag =
        header("Tag of the declared fields, for `If-Match`.", json!({"type": "string", "pattern": "^\"[A-Za-z0-9_-]{22}\"$"}));
    let retry_after =
        header("While it is `running`: seconds to wait before it is read again.", json!({"type": "integer", "minimum": 0}));
    let location = header("Path of the new record.", json!({"type": "string", "pattern": "^/api/v1/"}));
    each_operation(document, |path, _, operation| {
        for status in ["200", "201", "202"] {
            let Some(response) = operation["responses"].get_mut(status) else { continue };
            if is_limited(path) {
                response["headers"] = how_limits_stand().into();
            }
            if is_record(response) {
                response["headers"]["ETag"] = etag.clone();
            }
            if status != "200" {
                response["headers"]["Location"] = location.clone();
            }
            if status == "202" || (status == "200" && takes_time(response)) {
                response["headers"]["Retry-After"] = retry_after.clone();
            }
        }
    });
}

/// What can be done next with the record an operation answers with: operation, and the parameter that takes the record's id.
const LINKS: &[(&str, &str, &[&str])] = &[
    ("OrganisationRecord", "organisation_id", &["getOrganisation", "updateOrganisation"]),
    ("StructureRecord", "structure_id", &["getStructure", "updateStructure", "createUnit"]),
    ("UnitRecord", "unit_id", &["getUnit", "updateUnit", "declareVacancy", "listVacancies"]),
    ("VacancyRecord", "vacancy_id", &["getVacancy", "updateVacancy", "confirmVacancy", "withdrawVacancy", "recordTakenElsewhere"]),
    (
        "RequestRecord",
        "request_id",
        &[
            "getRequest",
            "updateRequest",
            "closeRequest",
            "rankForRequest",
            "createReferral",
            "createKeepApartCode",
            "listKeepApartLinks",
        ],
    ),
    ("PlanRecord", "plan_id", &["getPlan", "confirmPlan"]),
    (
        "ReferralRecord",
        "referral_id",
        &[
            "getReferral",
            "acknowledgeReferral",
            "acceptReferral",
            "declineReferral",
            "confirmReferral",
            "recordArrival",
            "recordNoShow",
            "recordTurnedAway",
            "withdrawReferral",
            "endStay",
            "undoReferral",
            "contradictReferral",
            "reviveReferral",
            "moveReferral",
        ],
    ),
];

fn add_links(document: &mut Value) {
    each_operation(document, |_, _, operation| {
        for status in ["200", "201", "202"] {
            let Some(response) = operation["responses"].get_mut(status) else { continue };
            let schema = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default().to_owned();
            for (record, parameter, operations) in LINKS {
                if !schema.ends_with(&format!("/{record}")) {
                    continue;
                }
                for next in *operations {
                    let mut parameters = json!({*parameter: "$response.body#/id"});
                    if next.starts_with("update") {
                        parameters["If-Match"] = json!("$response.header.ETag");
                    }
                    response["links"][*next] = json!({"operationId": next, "parameters": parameters});
                }
            }
        }
    });
}

/// A whole body for each operation that takes one.
fn add_examples(document: &mut Value) {
    let examples = [
        (
            "Organisation",
            json!({"name": "Association fictive Le Phare", "kind": "association", "phone": "+33199001234", "email": "accueil@example.org"}),
        ),
        (
            "Structure",
            json!({"name": "Structure fictive des Tilleuls", "department": "69", "location": {"cell": "861f90257ffffff"},
                "trafficking_contact": {"name": "référente traite", "phone": "+33199001235", "email": "tilleuls@example.org"}}),
        ),
        (
            "Unit",
            json!({"kind": "chrs", "stages": ["emergency", "stabilisation"], "genders": ["female"], "adult_ages": {"min": 18, "max": null},
                "max_household": 3, "children": {"max_age": 12}, "doors": ["siao"], "offers": ["legal_support", "staff_at_night"],
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
        ("Withdrawal", json!({"refusal": {"party": "person", "code": "refuses_shared_room"}})),
        ("EndOfStay", json!({"reason": "rehoused", "request": "closed"})),
        ("NewPlan", json!({"request_ids": ["0192f0c1-2d3e-7a4b-8c5d-6e7f80910213", "0192f0c1-2d3e-7a4b-8c5d-6e7f80910214"]})),
        ("ChosenLines", json!({"request_ids": ["0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"]})),
        ("KeepApartCode", json!({"code": "7Q4M-0XKD-2NVA"})),
        ("Request", stored_request_example()),
        ("AdHocRequest", request_example()),
    ];
    each_operation(document, |_, _, operation| {
        let Some(content) = operation.get_mut("requestBody").and_then(|body| body["content"].get_mut("application/json")) else {
            return;
        };
        let schema = body_schema(&content["schema"]).unwrap_or_default().to_owned();
        if let Some((_, example)) = examples.iter().find(|(name, _)| schema.ends_with(&format!("/{name}"))) {
            content["example"] = example.clone();
        }
    });
}

/// The name of the schema of a body, whether or not it may be left out.
fn body_schema(schema: &Value) -> Option<&str> {
    let forms = schema["oneOf"].as_array().into_iter().flatten();
    schema["$ref"].as_str().or_else(|| forms.filter_map(|form| form["$ref"].as_str()).next())
}

fn stored_request_example() -> Value {
    let mut example = request_example();
    example["legal_basis"] = json!({"consent": {
        "day": "2026-11-23", "language": "en", "interpreter": true, "shared": ["household", "needs", "languages"],
    }});
    example
}

fn request_example() -> Value {
    json!({
        "household": [{"gender": "female", "minority": "adult", "age": 24}],
        "stage": "emergency", "urgency": "immediate", "first_day": "2026-11-23", "nights": 30,
        "place": {"lat": 48.85, "lon": 2.35, "department": "75"}, "distance": {"wish": "stay_near", "max_km": 50},
        "danger_zones": [{"level": "forbidden", "department": "93"}],
        "wished": ["legal_support"], "wished_languages": ["en"],
    })
}

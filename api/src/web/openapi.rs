//! The OpenAPI 3.1 document: the handlers' own annotations, completed by what follows from what an operation takes.
//!
//! An operation that takes a body can be refused for it, one with an id in its path can miss, an edit can be stale: such answers are
//! added here by rule, so that no handler repeats them and none forgets one. `openapi/openapi.json` is this document; a test compares.

#![expect(
    clippy::indexing_slicing,
    reason = "serde_json answers null for what is not there and adds what is assigned; the document is the same in every run, and tests build it"
)]

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, PathItem};

use super::examples::{self, Maker, Optional};
use super::http::logs::Position;
use super::operations::{self, Who};
use super::problem::{Code, ProblemBody};
use crate::domain::Address;
use crate::domain::information::{InformationGiven, InformationNotYet, Shared, Uninformed};
use crate::paging::{Cursor, Order, PageLimit};
use crate::{limits, schemas};

/// What every caller should know, and what it may rely on.
const DESCRIPTION: &str = "A registry of sheltered housing places and the matching of them with victims of human trafficking in France.

Every request but those of `service` carries a bearer token. Errors are RFC 9457 problems with a stable `code`; a body that is wrong is answered with \
all its wrong fields at once. Commands (POST) take an `Idempotency-Key`, edits (PUT) an `If-Match`. Lists come in pages with a cursor, oldest \
first or, with `order=newest`, newest first. A day that is given lies between 2000 and five years from now. `HEAD` is answered wherever `GET` is.

Requests are limited by account and by organisation, without a token by address: every answer says in `RateLimit` what is left, and 429 with \
`Retry-After` when to come back.

How an instance stands (`getMetrics`) is no path of this service: Prometheus reads it at `/metrics` of another address, which whoever runs the service \
chooses and no client reaches.

## What stays and what may come

Under `/api/v1` nothing is taken away, renamed or given another meaning, no field of a body becomes required, and no range or list of values that may be \
sent becomes narrower; what must change otherwise comes under another path, beside this one, and is announced in the changelog.

Without notice there may come: operations; optional parameters, and optional fields of bodies; fields of answers; values of lists of codes (kinds, \
offers, rules, warnings, refusals, states, commands of events, codes of problems); problems of an operation; headers; schemas of this document, and \
names in it other than those that are sent. So a client passes over fields it does not know, keeps a code it does not know as text, decides by the \
status where it does not know the `code` of a problem, and takes cursors, tags and ids as they are. Generators have a setting for unknown values, such \
as `enumUnknownDefaultCase`. Texts for people (`title`, `detail`) and the order of fields are no part of the promise.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Havre",
        description = DESCRIPTION,
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
        (name = "doors", description = "The public numbers of the doors: 115, SIAO, Ac.Sé, CRIP, 119."),
        (name = "accounts", description = "People and tools of an organisation, and who one is."),
        (name = "webhooks", description = "Events, sent to the makers of tools."),
        (name = "communes", description = "Where people are, by the names and codes they know."),
        (name = "logs", description = "What was done, and who read what."),
        (name = "service", description = "The service itself."),
    ),
    // Those that other schemas name by hand; the rest come with the handlers that use them.
    components(schemas(
        ProblemBody, Address, schemas::Age, schemas::BoundingBox, schemas::Cell, Cursor, InformationGiven, InformationNotYet,
        schemas::Latitude, schemas::Longitude, schemas::Minority, Order, PageLimit, schemas::Point, Position, Shared, schemas::Top, Uninformed,
        schemas::Wish, schemas::ZoneLevel,
    )),
    security(("bearer" = []))
)]
struct Annotations;

/// The document as it is committed, with the days that examples are written with.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(with_paths(Annotations::openapi()))?;
    document["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "description": "The secret of a tool, which its organisation made (`createApiClient`), or a token of `havre client add`."}
    });
    close_records(&mut document);
    add_address(&mut document);
    open_bodies(&mut document);
    add_problems(&mut document);
    add_headers(&mut document);
    add_links(&mut document);
    add_examples(&mut document);
    Ok(document)
}

/// The document as it is served: what is copied from its examples can be sent today.
pub fn document_of(today: NaiveDate) -> Result<Value, serde_json::Error> {
    let mut document = document()?;
    examples::move_days(&mut document, today);
    Ok(document)
}

/// The schemas of the document by their names.
pub fn schemas() -> &'static Value {
    static SCHEMAS: LazyLock<Value> =
        LazyLock::new(|| document().map(|mut document| document["components"]["schemas"].take()).unwrap_or_default());
    &SCHEMAS
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

/// What is written and never given back: serde leaves such a field out of what it writes, and utoipa out of its schema.
fn add_address(document: &mut Value) {
    document["components"]["schemas"]["Structure"]["properties"]["address"] = json!({
        "oneOf": [
            {
                "$ref": "#/components/schemas/Address",
                "description": "The exact address: stored, and given back by no operation. Left out of an edit it stays; null removes it.",
            },
            {"type": "null"},
        ],
        "writeOnly": true,
    });
}

/// Writes a body that may be left out as just that. Null says the same, since that is what some generated clients send then; but a schema that
/// let null through would have others send nonsense for a body that is not there.
fn open_bodies(document: &mut Value) {
    each_operation(document, |_, _, operation| {
        let Some(body) = operation.get_mut("requestBody") else { return };
        let Some(name) = body_schema(&body["content"]["application/json"]["schema"]).map(ToOwned::to_owned) else { return };
        if body["required"] != true {
            body["required"] = false.into();
            body["description"] = "Left out or null, it says the same as an empty object.".into();
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
    let mut codes = vec![Code::InvalidParameter, Code::MethodNotAllowed, Code::Internal, Code::Unavailable, Code::KeysUnavailable];
    if row.is_some_and(|spec| matches!(spec.who, Who::Roles(_))) {
        codes.extend([Code::Unauthenticated, Code::RoleNotAllowed, Code::ScopeMissing]);
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
            Code::BodyTooSlow,
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
    ("OrganisationRecord", "organisation_id", &["getOrganisation", "updateOrganisation", "updateOrganisationContact"]),
    ("DoorContactRecord", "door_contact_id", &["getDoorContact", "updateDoorContact"]),
    ("StructureRecord", "structure_id", &["getStructure", "updateStructure", "createUnit", "endStructure"]),
    ("UnitRecord", "unit_id", &["getUnit", "updateUnit", "declareVacancy", "listVacancies", "endUnit"]),
    ("VacancyRecord", "vacancy_id", &["getVacancy", "updateVacancy", "confirmVacancy", "withdrawVacancy", "recordTakenElsewhere"]),
    (
        "RequestRecord",
        "request_id",
        &[
            "getRequest",
            "updateRequest",
            "closeRequest",
            "reopenRequest",
            "copyRequest",
            "splitRequest",
            "changeAlias",
            "addNote",
            "lendRequest",
            "endLending",
            "withdrawAgreement",
            "rankForRequest",
            "showContact",
            "createReferral",
            "createKeepApartCode",
            "listKeepApartLinks",
        ],
    ),
    (
        "WebhookRecord",
        "webhook_id",
        &[
            "getWebhook",
            "updateWebhook",
            "deleteWebhook",
            "rotateWebhookSecret",
            "replayWebhook",
            "enableWebhook",
            "listWebhookDeliveries",
        ],
    ),
    ("PlanRecord", "plan_id", &["getPlan", "confirmPlan"]),
    (
        "ReferralRecord",
        "referral_id",
        &[
            "getReferral",
            "showAddress",
            "affirmReferral",
            "listOtherPlaces",
            "acknowledgeReferral",
            "acceptReferral",
            "declineReferral",
            "confirmReferral",
            "recordArrival",
            "recordNoShow",
            "recordTurnedAway",
            "withdrawReferral",
            "liftRefusal",
            "endStay",
            "undoReferral",
            "contradictReferral",
            "recordCall",
            "noteOutcome",
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

/// A whole body for each operation that takes one, and what each operation answers.
fn add_examples(document: &mut Value) {
    let bodies = examples::bodies();
    let schemas = document["components"]["schemas"].clone();
    let maker = Maker::new(&schemas, Optional::Null);
    each_operation(document, |_, _, operation| {
        if let Some(content) = operation.get_mut("requestBody").and_then(|body| body["content"].get_mut("application/json")) {
            let name = body_schema(&content["schema"]).and_then(|link| link.rsplit('/').next()).unwrap_or_default();
            if let Some(example) = bodies.get(name) {
                content["example"] = example.clone();
            }
        }
        for status in ["200", "201", "202"] {
            let Some(content) =
                operation["responses"].get_mut(status).and_then(|answer| answer["content"].get_mut("application/json"))
            else {
                continue;
            };
            content["example"] = maker.make(&content["schema"]);
        }
    });
}

/// The name of the schema of a body, whether or not it may be left out.
fn body_schema(schema: &Value) -> Option<&str> {
    let forms = schema["oneOf"].as_array().into_iter().flatten();
    schema["$ref"].as_str().or_else(|| forms.filter_map(|form| form["$ref"].as_str()).next())
}

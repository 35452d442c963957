//! Who may do what: every operation of the document × every kind of caller, from one table.

use actix_web::http::Method;
use api::domain::Role;
use matcher::Code as _;
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, organisation, request, structure, unit, vacancy};
use crate::harness::{Side, on_both};

/// For each operation, the roles that may; then what a stranger of a role that may gets on another organisation's record:
/// `sees` when records are for all of the role, `404` when they are their organisation's own, `-` when there is no record in the path.
const TABLE: &[(&str, &[Role], &str)] = {
    use Role::{Administrator, Auditor, Coordinator, Partner, Provider, Referent, Regulator};
    &[
        ("createOrganisation", &[Administrator], "-"),
        ("getOrganisation", &[Referent, Provider, Regulator, Coordinator, Partner, Administrator], "sees"),
        ("updateOrganisation", &[Administrator], "sees"),
        ("listOrganisations", &[Referent, Provider, Regulator, Coordinator, Partner, Administrator], "-"),
        ("createStructure", &[Provider], "-"),
        ("getStructure", &[Referent, Provider, Regulator, Coordinator], "404 for a provider"),
        ("updateStructure", &[Provider], "404"),
        ("listStructures", &[Provider, Coordinator], "-"),
        ("createUnit", &[Provider], "404"),
        ("getUnit", &[Referent, Provider, Regulator, Coordinator, Partner], "404 for a provider"),
        ("updateUnit", &[Provider], "404"),
        ("listUnits", &[Referent, Provider, Regulator, Coordinator, Partner], "-"),
        ("declareVacancy", &[Provider], "404"),
        ("getVacancy", &[Referent, Provider, Regulator, Coordinator], "404 for a provider"),
        ("updateVacancy", &[Provider], "404"),
        ("confirmVacancy", &[Provider], "404"),
        ("withdrawVacancy", &[Provider], "404"),
        ("listVacancies", &[Referent, Provider, Regulator, Coordinator], "404 for a provider"),
        ("createRequest", &[Referent, Partner], "-"),
        ("getRequest", &[Referent, Partner], "404"),
        ("updateRequest", &[Referent, Partner], "404"),
        ("closeRequest", &[Referent, Partner], "404"),
        ("listRequests", &[Referent, Partner], "-"),
        ("rankForRequest", &[Referent, Partner], "404"),
        ("rankAdHoc", &[Referent, Partner], "-"),
        ("recordTakenElsewhere", &[Provider], "404"),
        ("createKeepApartCode", &[Referent, Partner], "404"),
        ("createKeepApartLink", &[Referent, Partner], "404"),
        ("listKeepApartLinks", &[Referent, Partner], "404"),
        ("endKeepApartLink", &[Referent, Partner], "404"),
        ("createReferral", &[Referent, Partner], "404"),
        ("getReferral", &[Referent, Provider, Regulator, Partner], "404"),
        ("listReferrals", &[Referent, Provider, Regulator, Partner], "-"),
        ("acknowledgeReferral", &[Provider, Regulator], "404"),
        ("acceptReferral", &[Referent, Provider, Regulator, Partner], "404"),
        ("declineReferral", &[Referent, Provider, Regulator, Partner], "404"),
        ("confirmReferral", &[Referent, Partner], "404"),
        ("recordArrival", &[Referent, Provider, Regulator, Partner], "404"),
        ("recordNoShow", &[Referent, Provider, Regulator, Partner], "404"),
        ("withdrawReferral", &[Referent, Partner], "404"),
        ("endStay", &[Referent, Provider, Regulator, Partner], "404"),
        ("createPlan", &[Referent, Coordinator, Partner], "-"),
        ("getPlan", &[Referent, Coordinator, Partner], "404"),
        ("confirmPlan", &[Referent, Partner], "404"),
        ("listEvents", Role::ALL, "-"),
        ("searchCommunes", Role::ALL, "-"),
        ("listAccessLog", &[Auditor], "-"),
    ]
};

/// Operations that need no token.
const OPEN: &[&str] = &["getHealth", "getReadiness"];

/// Operations whose path holds what they need: a signed token.
const SIGNED: &[&str] = &["openLink", "confirmVacancyByLink"];

/// Method, path and body of each operation of the document.
fn operations() -> Vec<(String, Method, String, Option<Value>)> {
    let document = api::web::openapi::document().unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let body = schema.map(|schema| match schema.rsplit('/').next().unwrap() {
                "Organisation" => organisation(),
                "Structure" => structure(),
                "Unit" => unit(),
                "Vacancy" => vacancy(),
                "Request" => request(),
                "AdHocRequest" => ad_hoc_request(),
                "TakenElsewhere" | "Acceptance" | "Report" | "Withdrawal" | "NewPlan" | "ChosenLines" => json!({}),
                "NewReferral" => json!({"vacancy_id": "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"}),
                "Declination" => json!({"refusal": {"party": "structure", "code": "full"}}),
                "Confirmation" => json!({"expected_arrival": "2030-01-01T10:00:00Z"}),
                "EndOfStay" => json!({"reason": "left", "request": "open"}),
                "KeepApartCode" => json!({"code": "7Q4M-0XKD-2NVA"}),
                other => panic!("no body for {other}: add one"),
            });
            let id = operation["operationId"].as_str().unwrap().to_owned();
            operations.push((id, method.to_uppercase().parse().unwrap(), path.clone(), body));
        }
    }
    operations
}

#[test]
fn every_operation_stands_in_the_table() {
    let documented: std::collections::BTreeSet<_> = operations().into_iter().map(|(id, ..)| id).collect();
    let listed: std::collections::BTreeSet<_> =
        TABLE.iter().map(|(id, ..)| *id).chain(OPEN.iter().chain(SIGNED).copied()).map(ToOwned::to_owned).collect();
    assert_eq!(documented, listed, "the document on the left, the table of this file on the right");
}

on_both! {
    async fn the_table_holds(app: TestApp) {
        let site = app.site().await;
        let provider = app.own(Role::Provider);
        let vacancy_id = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let request_id = app.own(Role::Referent).post("requests", &request()).await.expect(201).id();
        let asked = json!({"vacancy_id": vacancy_id});
        let referral_id = app.own(Role::Referent).post(&format!("requests/{request_id}/referrals"), &asked).await.expect(201).id();
        app.ignore_mails();
        let plan_id = app.own(Role::Referent).post("plans", &json!({})).await.expect(201).id();
        let organisation_id = app.own(Role::Administrator).get("organisations?limit=1").await.expect(200).body["items"][0]["id"]
            .as_str().unwrap().to_owned();
        for (id, method, path, body) in operations() {
            let has_record = path.contains('{');
            let path = path
                .replace("{organisation_id}", &organisation_id)
                .replace("{structure_id}", &site.structure)
                .replace("{unit_id}", &site.unit)
                .replace("{vacancy_id}", &vacancy_id)
                .replace("{request_id}", &request_id)
                .replace("{referral_id}", &referral_id)
                .replace("{plan_id}", &plan_id)
                .replace("{link_id}", "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213")
                .replace("{token}", "never-signed");
            let path = if id == "searchCommunes" { format!("{path}?q=lyon") } else { path };
            let bytes = body.map(|body| body.to_string().into_bytes());
            if OPEN.contains(&id.as_str()) {
                app.nobody().send(method, &path, &[], bytes).await.expect(200);
                continue;
            }
            if SIGNED.contains(&id.as_str()) {
                app.nobody().send(method, &path, &[], bytes).await.refused(404, "not_found");
                continue;
            }
            app.nobody().send(method.clone(), &path, &[], bytes.clone()).await.refused(401, "unauthenticated");
            let (_, may, stranger) = TABLE.iter().find(|(name, ..)| *name == id).unwrap();
            assert_eq!(has_record, *stranger != "-", "{id}: the table and the path disagree");
            for role in Role::ALL {
                for side in [Side::Other, Side::Own] {
                    // A stale tag and no key: what may be done gets as far as being refused for those, and changes nothing.
                    let headers = [("if-match", "\"stale\"")];
                    let answer = app.caller(*role, side).send(method.clone(), &path, &headers, bytes.clone()).await;
                    let status = answer.status.as_u16();
                    let hidden = match *stranger {
                        "404" => side == Side::Other,
                        "404 for a provider" => side == Side::Other && *role == Role::Provider,
                        _ => false,
                    };
                    // A command is refused for its missing key before its record is looked up.
                    let needs_key = method == Method::POST && !id.starts_with("rank");
                    let expected: &[u16] = match (may.contains(role), hidden, &method) {
                        (false, ..) => &[403],
                        (true, _, &Method::POST) if needs_key => &[400],
                        (true, true, _) => &[404],
                        (true, false, &Method::PUT) => &[412],
                        (true, false, _) => &[200],
                    };
                    assert!(expected.contains(&status), "{id} as {role} ({side:?}): {status}, expected {expected:?}: {}", answer.text);
                }
            }
        }
    }

    async fn with_a_key_a_stranger_gets_the_same_404(app: TestApp) {
        let site = app.site().await;
        let vacancy_id = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let request_id = app.own(Role::Referent).post("requests", &request()).await.expect(201).id();
        let before = app.row_counts();
        for (role, path, body) in [
            (Role::Provider, format!("structures/{}/units", site.structure), Some(unit())),
            (Role::Provider, format!("units/{}/vacancies", site.unit), Some(vacancy())),
            (Role::Provider, format!("vacancies/{vacancy_id}/confirm"), None),
            (Role::Provider, format!("vacancies/{vacancy_id}/withdraw"), None),
            (Role::Referent, format!("requests/{request_id}/close"), None),
        ] {
            let bytes = body.map(|body| body.to_string().into_bytes());
            app.other(role).send(Method::POST, &path, &[("idempotency-key", "k")], bytes).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
    }
}

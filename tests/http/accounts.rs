//! Accounts: which roles an organisation gives, what several roles reach together, and to what scopes bind a tool.

use api::cli::client::sign_in_link;
use api::domain::token::token_hash;
use api::domain::{OrganisationKind, Role, Scope};
use api::web::pages::words;
use chrono::TimeDelta;
use matcher::{Code as _, Door};
use serde_json::json;

use crate::harness::bodies::{ad_hoc_request, organisation, reached_at, request, structure, unit, vacancy, with};
use crate::harness::on_both;
use crate::http::pages::Browser;

#[test]
fn an_organisation_gives_the_roles_of_its_kind() {
    use OrganisationKind::{Association, Coordination, OrientingService, Partner, Regulator, Siao};
    use Role::{Coordinator, Manager, Provider, Referent};
    let table: &[(OrganisationKind, bool, &[Door], &[Role])] = &[
        (Siao, false, &[], &[Referent, Provider, Manager]),
        (OrientingService, false, &[], &[Referent, Provider, Manager]),
        (Association, false, &[], &[Provider, Manager]),
        (Association, true, &[], &[Referent, Provider, Manager]),
        (Regulator, false, &[Door::Acse], &[Role::Regulator, Manager]),
        (Regulator, false, &[Door::ChildProtection], &[Role::Regulator, Manager]),
        (Regulator, false, &[Door::Acse, Door::Samu115], &[Role::Regulator, Referent, Manager]),
        (Coordination, false, &[], &[Coordinator, Manager]),
        (Partner, false, &[], &[Manager]),
    ];
    for (kind, orients, doors, roles) in table {
        let given = kind.gives(*orients, doors);
        for role in Role::ALL {
            assert_eq!(given.of_people().contains(*role), roles.contains(role), "{kind}, orients: {orients}, {doors:?}: {role}");
            let acts = [Role::Referent, Role::Provider, Role::Regulator].contains(role) && roles.contains(role);
            assert_eq!(given.of_tools().contains(*role), acts || *role == Role::Partner, "a tool of {kind} {doors:?}: {role}");
        }
    }
    for kind in OrganisationKind::ALL {
        assert!(table.iter().any(|(of, ..)| of == kind), "{kind} is not in the table");
    }
}

on_both! {
    async fn who_asks_and_answers_sees_both_sides_each_from_its_own(app: TestApp) {
        let own = app.own(Role::Referent).identity().organisation;
        let both = app.in_roles(own, &[Role::Referent, Role::Provider]);
        // Another organisation asks for a place of the own one; the own one asks for a place of the other.
        let here = app.vacancy(3).await;
        let theirs = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
        let theirs = app.other(Role::Referent).post(&format!("requests/{theirs}/referrals"), &json!({"vacancy_id": here})).await.expect(201).id();
        let their_home = app.other(Role::Provider).post("structures", &with(structure(), json!({"finess": null, "siret": null}))).await.expect(201).id();
        let their_unit = app.other(Role::Provider).post(&format!("structures/{their_home}/units"), &unit()).await.expect(201).id();
        let there = app.other(Role::Provider).post(&format!("units/{their_unit}/vacancies"), &vacancy()).await.expect(201).id();
        let mine = both.post("requests", &request()).await.expect(201).id();
        let mine = both.post(&format!("requests/{mine}/referrals"), &json!({"vacancy_id": there})).await.expect(201).id();

        let listed = both.get("referrals").await.expect(200);
        let ids: Vec<_> = listed.body["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [theirs.as_str(), mine.as_str()]);
        // What is asked is seen whole, what is to be answered as any addressee sees it.
        for (id, alone) in [(&mine, app.own(Role::Referent)), (&theirs, app.own(Role::Provider))] {
            let path = format!("referrals/{id}");
            assert_eq!(both.get(&path).await.expect(200).body, alone.get(&path).await.expect(200).body);
        }
        let cell = |answer: &crate::harness::Answer| answer.body["location"].clone();
        assert_eq!(cell(&both.get(&format!("units/{their_unit}")).await.expect(200)), json!(null), "another's home is where it was");
        both.get(&format!("structures/{their_home}")).await.refused(404, "not_found");
        both.put(&format!("structures/{their_home}"), "*", &structure()).await.refused(404, "not_found");

        let seen: Vec<_> = both.get("events?limit=200").await.expect(200).body["items"].as_array().unwrap().iter().map(|event| event["record_id"].clone()).collect();
        assert!(seen.contains(&json!(mine)) && seen.contains(&json!(theirs)), "{seen:?}");

        both.command(&format!("referrals/{mine}/accept")).await.refused(403, "role_not_allowed");
        both.post(&format!("referrals/{theirs}/accept"), &json!({"by_phone": true})).await.refused(409, "contradiction");
        both.command(&format!("referrals/{theirs}/accept")).await.expect(200);
        both.post(&format!("referrals/{mine}/accept"), &json!({"by_phone": true})).await.expect(200);
        app.ignore_mails();
    }

    async fn who_asks_elsewhere_learns_nothing_of_dangers_as_an_addressee(app: TestApp) {
        let own = app.own(Role::Referent).identity().organisation;
        let both = app.in_roles(own, &[Role::Referent, Role::Provider]);
        let (referent, vacancy) = (app.other(Role::Referent), app.vacancy(2).await);
        let theirs = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", theirs.id());
        let referral = referent.post(&format!("{path}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201).id();
        let zone = json!({"danger_zones": [{"level": "forbidden", "department": "69"}]});
        referent.put(&path, "*", &with(request(), zone)).await.expect(200);
        let refused = both.command(&format!("referrals/{referral}/accept")).await.refused(409, "not_eligible");
        assert!(!refused.text.contains("danger"), "{}", refused.text);
        assert!(!both.get(&format!("referrals/{referral}")).await.expect(200).text.contains("danger"));
        app.ignore_mails();
    }

    async fn a_tool_may_what_its_scopes_open(app: TestApp) {
        let own = app.own(Role::Referent).identity().organisation;
        let site = app.site().await;
        let vacancy_path = format!("units/{}/vacancies", site.unit);
        for scope in Scope::ALL {
            let tool = app.tool(own, &[*scope]);
            let is = |wanted: &[Scope]| wanted.contains(scope);
            let answers = [
                (tool.get("units").await, is(&[Scope::Registry, Scope::Vacancies, Scope::Requests])),
                (tool.post(&vacancy_path, &vacancy()).await, is(&[Scope::Vacancies])),
                (tool.post("requests", &request()).await, is(&[Scope::Requests])),
                (tool.post("rank", &ad_hoc_request()).await, is(&[Scope::Requests])),
                (tool.get("referrals").await, is(&[Scope::Referrals])),
                (tool.get("events").await, is(&[Scope::Events])),
                (tool.get("communes?q=lyon").await, true),
                (tool.get("access-log").await, false),
                (tool.put(&format!("organisations/{own}/contact"), "*", &json!({})).await, false),
            ];
            for (nth, (answer, may)) in answers.into_iter().enumerate() {
                if may {
                    assert!(answer.status.is_success(), "{scope} {nth}: {}", answer.text);
                } else {
                    answer.refused(403, "scope_missing");
                }
            }
            // A tool that is bound to scopes has no screen, whoever makes a link for it.
            let account = app.app().service.live().holder(&token_hash(tool.token()), app.clock().now()).unwrap().caller.account;
            let mut browser = Browser::new(&app).await;
            let page = browser.get(&sign_in_link(app.db(), account, "").unwrap()).await.expect(200);
            let refused = browser.press(&page, words::ENTER.text(), &[]).await.expect(422);
            assert!(refused.text.contains(words::LINK_OVER.text()), "{}", refused.text);
        }
    }

    async fn a_tool_reads_of_the_log_what_its_scopes_reach(app: TestApp) {
        let own = app.own(Role::Referent).identity().organisation;
        app.ask(&app.request().await, &app.vacancy(1).await, json!({})).await.expect(201);
        for (scopes, expected) in [
            (vec![Scope::Events], vec![]),
            (vec![Scope::Events, Scope::Registry], vec![]),
            (vec![Scope::Events, Scope::Requests], vec!["request"]),
            (vec![Scope::Events, Scope::Referrals], vec!["referral"]),
            (vec![Scope::Events, Scope::Vacancies], vec!["structure", "unit", "vacancy"]),
        ] {
            let read = app.tool(own, &scopes).get("events?limit=200").await.expect(200);
            let kinds: std::collections::BTreeSet<_> =
                read.body["items"].as_array().unwrap().iter().map(|event| event["record_kind"].as_str().unwrap()).collect();
            assert_eq!(kinds, expected.into_iter().collect(), "{scopes:?}");
        }
        app.ignore_mails();
    }

    async fn a_tool_acts_in_no_role_that_its_organisation_does_not_give(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        let created = administrator.post("organisations", &organisation()).await.expect(201);
        let id = api::domain::ids::OrganisationId(created.id().parse().unwrap());
        let path = format!("organisations/{id}");
        let tool = app.tool(id, Scope::ALL);
        tool.post("requests", &request()).await.refused(403, "role_not_allowed");
        tool.post("structures", &structure()).await.expect(201);
        // What it gives follows at once from what it is.
        let orients = with(organisation(), json!({"orients": true}));
        administrator.put(&path, "*", &orients).await.expect(200);
        tool.post("requests", &request()).await.expect(201);
        let partner = json!({"name": "Éditeur fictif", "kind": "partner", "contact": reached_at("outil@example.org")});
        administrator.put(&path, "*", &partner).await.expect(200);
        tool.post("requests", &request()).await.refused(403, "role_not_allowed");
        tool.post("structures", &structure()).await.refused(403, "role_not_allowed");
        tool.get("units").await.expect(200);
        let wrong = with(partner, json!({"orients": true}));
        let refused = administrator.put(&path, "*", &wrong).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/orients");
    }

    async fn an_account_and_a_secret_end_at_their_hour(app: TestApp) {
        let own = app.own(Role::Referent).identity().organisation;
        let hour = Some(TimeDelta::hours(1));
        for (account, secret) in [(hour, None), (None, hour)] {
            let tool = app.tool_until(own, account, secret);
            tool.get("units").await.expect(200);
            app.clock().advance(TimeDelta::minutes(59));
            tool.get("units").await.expect(200);
            app.clock().advance(TimeDelta::minutes(1));
            tool.get("units").await.refused(401, "unauthenticated");
        }
    }
}

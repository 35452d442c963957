//! People of an organisation: who invites whom to what, who stands in, who leaves; and the tools of an organisation.

use api::domain::ids::{AccountId, OrganisationId};
use api::domain::token::{is_miscopied, new_secret};
use api::domain::{OrganisationKind, Reach, Role, Roles};
use api::work::mail::Mail;
use chrono::TimeDelta;
use matcher::{Code as _, Door};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::bodies::{organisation, request, with};
use crate::harness::people::{Person, is_signed_in};
use crate::harness::{Answer, Caller, TestApp, on_both};
use crate::http::pages::Browser;

fn invitation(email: &str, roles: &[&str]) -> Value {
    json!({"email": email, "label": "Camille Fictive", "roles": roles})
}

/// Where people of the own organisation are.
fn people(app: &TestApp) -> String {
    format!("organisations/{}/accounts", app.own(Role::Manager).identity().organisation)
}

fn tools(app: &TestApp) -> String {
    format!("organisations/{}/api-clients", app.own(Role::Manager).identity().organisation)
}

fn told(mails: &[Mail]) -> Vec<(&str, &str)> {
    mails.iter().map(|mail| (mail.to.as_str(), mail.subject.split_once(" : ").unwrap().1)).collect()
}

fn account(answer: &Answer) -> AccountId {
    AccountId(answer.id().parse().unwrap())
}

/// Somebody who was invited by the manager of the own organisation, has accepted and can sign in.
async fn person(app: &TestApp, email: &str, roles: &[&str]) -> Person {
    let made = app.own(Role::Manager).post(&people(app), &invitation(email, roles)).await.expect(201);
    app.ignore_mails();
    let person = Person { app: app.clone(), account: account(&made), address: email.to_owned() };
    person.set_up()
}

async fn tool(app: &TestApp, manager: &Caller, scopes: &[&str]) -> (String, Caller) {
    let made = manager.post(&tools(app), &json!({"label": "Logiciel fictif", "scopes": scopes})).await.expect(201);
    (made.id(), app.with_token(made.body["secret"].as_str().unwrap()))
}

#[test]
fn who_gives_which_roles() {
    use Role::{Administrator, Auditor, Coordinator, Manager, Provider, Referent, Regulator};
    let (here, there) = (OrganisationId(Uuid::now_v7()), OrganisationId(Uuid::now_v7()));
    let who = |roles: &[Role]| {
        let caller = api::domain::Caller {
            account: AccountId::new(),
            organisation: here,
            roles: roles.iter().copied().collect(),
            scopes: None,
        };
        Reach::of(caller, caller.roles)
    };
    let kinds: [(OrganisationKind, bool, &[Door], &[Role]); 6] = [
        (OrganisationKind::Siao, false, &[], &[Referent, Provider, Manager]),
        (OrganisationKind::Association, false, &[], &[Provider, Manager]),
        (OrganisationKind::Association, true, &[], &[Referent, Provider, Manager]),
        (OrganisationKind::Regulator, false, &[Door::Samu115], &[Regulator, Referent, Manager]),
        (OrganisationKind::Coordination, false, &[], &[Coordinator, Manager]),
        (OrganisationKind::Partner, false, &[], &[Manager]),
    ];
    let set = |roles: &[Role]| roles.iter().copied().collect::<Roles>();
    for (kind, orients, doors, gives) in kinds {
        let given = kind.gives(orients, doors);
        let caseless = [Manager, Administrator, Auditor];
        for (giver, at, expected) in [
            (who(&[Manager]), here, set(gives)),
            (who(&[Manager]), there, set(&[])),
            (who(&[Administrator]), here, set(&caseless)),
            (who(&[Administrator]), there, set(&caseless)),
            (who(&[Administrator, Manager]), here, set(gives).with(set(&caseless))),
            (who(&[Administrator, Manager]), there, set(&caseless)),
            (who(&[Referent, Provider, Regulator, Coordinator, Auditor]), here, set(&[])),
            (Reach::Everything, here, set(&[])),
        ] {
            assert_eq!(giver.may_give(at, given), expected, "{giver:?} in {kind} at {at}");
        }
    }
}

#[test]
fn a_secret_is_told_from_one_that_was_copied_badly() {
    let secret = new_secret().unwrap();
    assert!(secret.starts_with("havre_") && secret.len() == 55 && !is_miscopied(&secret), "{secret}");
    assert_ne!(new_secret().unwrap(), secret);
    let with_letter = |letter: &str| format!("{}{letter}{}", &secret[..20], &secret[21..]);
    let other = with_letter(if &secret[20..21] == "x" { "y" } else { "x" });
    let longer = format!("{secret}a");
    for wrong in [&secret[..54], &secret[..10], "havre_", &longer, &other, &with_letter("é")] {
        assert!(is_miscopied(wrong), "{wrong}");
    }
    assert!(!is_miscopied("hvr_whatever"), "a token of the operator's is another matter");
}

on_both! {
    async fn a_manager_invites_and_whoever_is_invited_signs_in(app: TestApp) {
        let manager = app.own(Role::Manager);
        let made = manager.post(&people(&app), &invitation("camille@example.org", &["referent", "manager", "referent"])).await.expect(201);
        assert_eq!(made.body["roles"], json!(["referent", "manager"]), "a set");
        assert_eq!((&made.body["accepted_at"], &made.body["until"], &made.body["ended_at"]), (&json!(null), &json!(null), &json!(null)));
        assert_eq!(made.body["invited_by"], json!(manager.identity().account));
        let mails = app.mails();
        assert_eq!(told(&mails), [("camille@example.org", "vous êtes invitée ou invité")]);
        let path = mails[0].text.split("https://havre.example.org").nth(1).unwrap().split_whitespace().next().unwrap();
        assert!(path.starts_with("/invitation/"), "{path}");
        assert!(!made.text.contains(path), "the link goes to who is invited, and to nobody else");

        let mut browser = Browser::new(&app).await;
        let shown = browser.get(path).await.expect(200);
        for said in ["Organisation fictive", "Camille Fictive", "référent"] {
            assert!(shown.text.contains(said), "{said}: {}", shown.text);
        }
        browser.get(&format!("{path}/identifiants")).await.expect(200);
        let person = Person { app: app.clone(), account: account(&made), address: "camille@example.org".to_owned() }.set_up();
        let mut browser = person.browser().await;
        browser.get("/demande").await.expect(200);
        browser.get("/comptes").await.expect(200);
        let listed = manager.get(&people(&app)).await.expect(200);
        assert_eq!(listed.body["items"].as_array().unwrap().len(), 1, "people, and no tools");
    }

    async fn nobody_gives_what_is_not_theirs_to_give(app: TestApp) {
        let (manager, administrator) = (app.own(Role::Manager), app.own(Role::Administrator));
        let counts = |app: &TestApp| app.row_counts();
        let before = counts(&app);
        // The own organisation is an association that orients.
        for role in Role::ALL {
            let theirs = [Role::Referent, Role::Provider, Role::Manager].contains(role);
            let by_administrator = [Role::Manager, Role::Administrator, Role::Auditor].contains(role);
            for (who, may, by) in [(&manager, theirs, "m"), (&administrator, by_administrator, "a")] {
                let asked = invitation(&format!("{by}-{role}@example.org"), &[role.as_str()]);
                let answer = who.post(&people(&app), &asked).await;
                if may {
                    answer.expect(201);
                } else {
                    let refused = answer.refused(409, "role_not_given");
                    assert_eq!(refused.body["errors"][0]["pointer"], "/roles");
                    let both = invitation(&format!("{by}-{role}@example.org"), &["manager", role.as_str()]);
                    who.post(&people(&app), &both).await.refused(409, "role_not_given");
                }
            }
        }
        let made = counts(&app).into_iter().zip(before).find(|((table, _), _)| *table == "accounts").map(|((_, after), (_, before))| after - before);
        assert_eq!(made, Some(6));
        app.other(Role::Manager).post(&people(&app), &invitation("z@example.org", &["referent"])).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn roles_of_every_kind_of_organisation(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        for (kind, gives) in [
            ("siao", vec!["referent", "provider", "manager"]),
            ("orienting_service", vec!["referent", "provider", "manager"]),
            ("association", vec!["provider", "manager"]),
            ("regulator", vec!["regulator", "manager"]),
            ("coordination", vec!["coordinator", "manager"]),
            ("partner", vec!["manager"]),
        ] {
            let declared = with(organisation(), json!({"name": format!("Organisme fictif {kind}"), "kind": kind}));
            let id = OrganisationId(administrator.post("organisations", &declared).await.expect(201).id().parse().unwrap());
            let manager = app.in_roles(id, &[Role::Manager]);
            for role in Role::ALL {
                let asked = invitation(&format!("{kind}-{role}@example.org"), &[role.as_str()]);
                let answer = manager.post(&format!("organisations/{id}/accounts"), &asked).await;
                if gives.contains(&role.as_str()) { answer.expect(201) } else { answer.refused(409, "role_not_given") };
            }
        }
        app.ignore_mails();
    }

    async fn an_administrator_gives_no_role_that_reads_cases(app: TestApp) {
        let (administrator, manager) = (app.own(Role::Administrator), app.own(Role::Manager));
        let made = manager.post(&people(&app), &invitation("p@example.org", &["provider"])).await.expect(201);
        let path = format!("accounts/{}", made.id());
        let roles = |roles: &[&str]| json!({"roles": roles});
        let put = async |who: &Caller, said: Value| {
            let etag = who.get(&path).await.expect(200).etag();
            who.put(&format!("{path}/roles"), &etag, &said).await
        };
        put(&administrator, roles(&["provider", "referent"])).await.refused(409, "role_not_given");
        put(&administrator, roles(&["manager"])).await.refused(409, "role_not_given");
        put(&administrator, roles(&["provider", "auditor"])).await.expect(200);
        // It counts with a second person's word: here the database of the test has given it.
        assert_eq!(manager.get(&path).await.expect(200).body["roles"], json!(["provider", "auditor"]));
        // Nor does the organisation take away what it does not give.
        put(&manager, roles(&["provider"])).await.refused(409, "role_not_given");
        put(&manager, roles(&["referent", "auditor"])).await.expect(200);
        manager.put(&format!("{path}/roles"), "\"stale\"", &roles(&["provider", "auditor"])).await.refused(412, "etag_mismatch");
        app.other(Role::Manager).put(&format!("{path}/roles"), "*", &roles(&["provider"])).await.refused(404, "not_found");
        administrator.post(&tools(&app), &json!({"label": "x", "scopes": ["requests"]})).await.refused(403, "role_not_allowed");
        app.ignore_mails();
    }

    async fn all_administrators_and_auditors_are_told_of_a_new_one(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        for (email, role) in [("a1@example.org", "administrator"), ("a2@example.org", "auditor"), ("m@example.org", "manager")] {
            administrator.post(&people(&app), &invitation(email, &[role])).await.expect(201);
            app.ignore_mails();
        }
        let elsewhere = format!("organisations/{}/accounts", app.other(Role::Manager).identity().organisation);
        let made = administrator.post(&elsewhere, &invitation("new@example.org", &["auditor"])).await.expect(201);
        let mails = app.mails();
        let mut told = told(&mails);
        told.sort_unstable();
        let news = "pouvoirs d’un compte changés";
        let waits = "un changement attend un second regard";
        assert_eq!(told, [("a1@example.org", news), ("a1@example.org", waits), ("a2@example.org", news), ("new@example.org", news), ("new@example.org", "vous êtes invitée ou invité")]);
        // A manager hears what an administrator does in the organisation, and of nobody else's.
        administrator.post(&people(&app), &invitation("m2@example.org", &["manager"])).await.expect(201);
        assert!(app.mails().iter().any(|mail| mail.to == "m@example.org" && mail.subject.contains("l’administration a changé un compte")));
        let event = app.own(Role::Auditor).get(&format!("events?record_id={}", made.id())).await.expect(200).body["items"].clone();
        assert_eq!((&event[0]["command"], &event[0]["detail"]["roles"]), (&json!("inviteAccount"), &json!([])));
        assert_eq!(event[0]["by_account_id"], json!(administrator.identity().account));
        assert_eq!((&event[1]["command"], &event[1]["detail"]["roles"]), (&json!("countChange"), &json!(["auditor"])));
        assert!(!event.to_string().contains("example.org"), "an event names nobody: {event}");
    }

    async fn one_address_has_one_account(app: TestApp) {
        let manager = app.own(Role::Manager);
        let first = manager.post(&people(&app), &invitation("Camille@example.org", &["referent"])).await.expect(201);
        let refused = manager.post(&people(&app), &invitation("camille@EXAMPLE.org", &["provider"])).await.refused(409, "email_taken");
        assert_eq!(refused.body["errors"][0]["pointer"], "/email");
        manager.command(&format!("accounts/{}/end", first.id())).await.expect(200);
        manager.post(&people(&app), &invitation("camille@example.org", &["provider"])).await.expect(201);
        manager.post(&people(&app), &invitation("camille@localhost", &["provider"])).await.refused(409, "contradiction");
        app.ignore_mails();
    }

    async fn who_leaves_is_out_at_once(app: TestApp) {
        let manager = app.own(Role::Manager);
        let gone = person(&app, "gone@example.org", &["referent", "manager"]).await;
        let mut browser = gone.browser().await;
        assert!(is_signed_in(&mut browser).await);
        gone.link(api::domain::LinkPurpose::Password, TimeDelta::hours(1));
        let ended = manager.command(&format!("accounts/{}/end", gone.account)).await.expect(200);
        assert!(ended.body["ended_at"].is_string(), "{}", ended.text);
        assert!(!is_signed_in(&mut browser).await, "the next request of its session");
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions"), 0);
        let mut browser = Browser::new(&app).await;
        assert_eq!(app.count("SELECT count(*) AS n FROM links WHERE ended_at IS NULL"), 0, "and its links");
        gone.sign_in(&mut browser).await.expect(422);
        manager.command(&format!("accounts/{}/end", gone.account)).await.refused(409, "account_ended");
        manager.put(&format!("accounts/{}/roles", gone.account), "*", &json!({"roles": ["referent"]})).await.refused(409, "account_ended");
        let listed = manager.get(&people(&app)).await.expect(200);
        assert_eq!(listed.body["items"], json!([]));
        manager.get(&format!("accounts/{}", gone.account)).await.expect(200);
        app.ignore_mails();
    }

    async fn tools_go_on_when_who_made_them_leaves(app: TestApp) {
        let maker = person(&app, "maker@example.org", &["manager"]).await;
        let stays = person(&app, "stays@example.org", &["manager"]).await;
        let mut browser = maker.browser().await;
        let page = browser.get("/comptes").await.expect(200);
        let own = app.own(Role::Manager).identity().organisation;
        let made = browser.post(&format!("/comptes/{own}/outils"), &page, &[("label", "Logiciel fictif"), ("scopes", "registry")]).await.expect(200);
        let secret = made.text.split("havre_").nth(1).unwrap().split('<').next().unwrap();
        let tool = app.with_token(&format!("havre_{secret}"));
        tool.get("units").await.expect(200);
        let manager = app.own(Role::Manager);
        manager.command(&format!("accounts/{}/end", maker.account)).await.expect(200);
        tool.get("units").await.expect(200);
        assert_eq!(told(&app.mails()), [(stays.address.as_str(), "des outils à renouveler")]);
        let marked = |answer: &Answer| {
            let tools = answer.body["items"].as_array().unwrap().clone();
            let one = tools.iter().find(|tool| tool["label"] == "Logiciel fictif").unwrap().clone();
            (one["id"].as_str().unwrap().to_owned(), one["secrets"].clone())
        };
        let (id, secrets) = marked(&manager.get(&tools(&app)).await.expect(200));
        assert_eq!(secrets[0]["must_be_renewed"], true, "{secrets}");
        let heard = manager.get(&format!("events?record_id={id}")).await.expect(200).body;
        let commands: Vec<_> = heard["items"].as_array().unwrap().iter().map(|event| event["command"].clone()).collect();
        assert_eq!(commands, ["createApiClient", "askForNewSecret"]);
        let renewed = manager.post(&format!("api-clients/{id}/rotate"), &json!({})).await.expect(200);
        let old = secrets[0]["id"].as_str().unwrap();
        manager.command(&format!("api-clients/{id}/secrets/{old}/end")).await.expect(200);
        tool.get("units").await.refused(401, "unauthenticated");
        app.with_token(renewed.body["secret"].as_str().unwrap()).get("units").await.expect(200);
        let (_, secrets) = marked(&manager.get(&tools(&app)).await.expect(200));
        assert_eq!(secrets[0]["must_be_renewed"], false, "{secrets}");
    }

    async fn a_replacement_is_there_for_a_day_and_no_higher(app: TestApp) {
        let manager = person(&app, "m@example.org", &["manager"]).await;
        let referent = app.own(Role::Referent);
        for role in Role::ALL.iter().filter(|role| **role != Role::Referent) {
            referent.post("replacements", &invitation("r@example.org", &["referent", role.as_str()])).await.refused(409, "role_not_given");
        }
        for role in [Role::Manager, Role::Administrator, Role::Auditor, Role::Partner] {
            app.own(role).post("replacements", &invitation("r@example.org", &["referent"])).await.refused(403, "role_not_allowed");
        }
        let made = referent.post("replacements", &invitation("r@example.org", &["referent"])).await.expect(201);
        let mails = app.mails();
        let mut heard = told(&mails);
        heard.sort_unstable();
        assert_eq!(heard, [(manager.address.as_str(), "un remplacement"), ("r@example.org", "vous êtes invitée ou invité")]);
        let person = Person { app: app.clone(), account: account(&made), address: "r@example.org".to_owned() }.set_up();
        app.clock().advance(TimeDelta::minutes(23 * 60 + 50));
        let mut browser = person.browser().await;
        browser.get("/demande").await.expect(200);
        // Whoever stands in is replaced until the end of their own day, and no later.
        let page = browser.get("/remplacement").await.expect(200);
        browser.post("/remplacement", &page, &[("email", "s@example.org"), ("label", "Autre Fictive"), ("roles", "referent")]).await.expect(200);
        let listed = app.own(Role::Manager).get(&people(&app)).await.expect(200);
        let untils: Vec<_> = listed.body["items"].as_array().unwrap().iter().map(|one| one["until"].clone()).collect();
        assert_eq!(untils, [json!(null), made.body["until"].clone(), made.body["until"].clone()]);
        app.clock().advance(TimeDelta::minutes(10));
        assert!(!is_signed_in(&mut browser).await, "the day is over");
        // The same person stands in another night.
        let again = referent.post("replacements", &invitation("r@example.org", &["referent"])).await.expect(201);
        assert_ne!(again.id(), made.id());
        app.ignore_mails();
    }

    async fn a_secret_is_shown_once(app: TestApp) {
        let manager = app.own(Role::Manager);
        let key = Uuid::now_v7().to_string();
        let body = json!({"label": "Logiciel fictif", "scopes": ["registry"], "valid_days": 30});
        let first = manager.post_under(&tools(&app), &body, &key).await.expect(201);
        let again = manager.post_under(&tools(&app), &body, &key).await.expect(201);
        let secret = first.body["secret"].as_str().unwrap().to_owned();
        assert_eq!(again.body, with(first.body.clone(), json!({"secret": null})));
        let path = format!("api-clients/{}", first.id());
        for answer in [manager.get(&path).await, manager.get(&tools(&app)).await, app.own(Role::Auditor).get("events?limit=200").await] {
            assert!(!answer.expect(200).text.contains(&secret), "nobody is shown it again");
        }
        let tool = app.with_token(&secret);
        let me = tool.get("me").await.expect(200);
        assert_eq!((&me.body["kind"], &me.body["scopes"], &me.body["organisation"]), (&json!("tool"), &json!(["registry"]), &json!("Organisation fictive")));
        let miscopied = app.with_token(&secret[..50]).get("me").await.refused(401, "unauthenticated");
        assert!(miscopied.body["detail"].as_str().unwrap().contains("copy it again"), "{}", miscopied.text);

        let rotation = Uuid::now_v7().to_string();
        let rotated = manager.post_under(&format!("{path}/rotate"), &json!({"valid_days": 60}), &rotation).await.expect(200);
        let replayed = manager.post_under(&format!("{path}/rotate"), &json!({"valid_days": 60}), &rotation).await.expect(200);
        assert_eq!((replayed.body["secret"].clone(), replayed.body["secrets"].as_array().unwrap().len()), (json!(null), 2));
        let newer = app.with_token(rotated.body["secret"].as_str().unwrap());
        newer.get("units").await.expect(200);
        tool.get("units").await.expect(200);
        manager.post(&format!("{path}/rotate"), &json!({})).await.refused(409, "too_many_secrets");
        // One that has run out is in nobody's way.
        app.clock().advance(TimeDelta::days(31));
        tool.get("units").await.refused(401, "unauthenticated");
        newer.get("units").await.expect(200);
        let third = manager.post(&format!("{path}/rotate"), &json!({})).await.expect(200);
        manager.command(&format!("{path}/revoke")).await.expect(200);
        for secret in [&rotated, &third] {
            app.with_token(secret.body["secret"].as_str().unwrap()).get("units").await.refused(401, "unauthenticated");
        }
        manager.post(&format!("{path}/rotate"), &json!({})).await.refused(409, "account_ended");
        for days in [0, 731, -1] {
            manager.post(&tools(&app), &with(body.clone(), json!({"valid_days": days}))).await.refused(422, "invalid_body");
        }
    }

    async fn what_the_operator_made_no_manager_renews(app: TestApp) {
        let manager = app.own(Role::Manager);
        let administrator = app.own(Role::Administrator).identity().account;
        manager.post(&format!("api-clients/{administrator}/rotate"), &json!({})).await.refused(409, "made_by_operator");
        app.other(Role::Manager).post(&format!("api-clients/{administrator}/rotate"), &json!({})).await.refused(404, "not_found");
        // A tool is no person, and a person no tool.
        manager.command(&format!("accounts/{administrator}/end")).await.refused(404, "not_found");
        let made = manager.post(&people(&app), &invitation("p@example.org", &["provider"])).await.expect(201);
        manager.post(&format!("api-clients/{}/rotate", made.id()), &json!({})).await.refused(404, "not_found");
        manager.command(&format!("api-clients/{}/revoke", made.id())).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn the_last_use_of_a_secret_is_written_now_and_then(app: TestApp) {
        let manager = app.own(Role::Manager);
        let (id, tool) = tool(&app, &manager, &["registry"]).await;
        let last = async || manager.get(&format!("api-clients/{id}")).await.expect(200).body["secrets"][0]["last_used_at"].clone();
        let becomes = async |other_than: &Value| {
            for _ in 0..200 {
                let now = last().await;
                if now != *other_than {
                    return now;
                }
                actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            panic!("it stays {other_than}");
        };
        assert_eq!(last().await, json!(null));
        let position = app.own(Role::Auditor).get("events?limit=200").await.expect(200).body["items"].as_array().unwrap().len();
        tool.get("units").await.expect(200);
        let first = becomes(&json!(null)).await;
        app.clock().advance(TimeDelta::minutes(4));
        tool.get("units").await.expect(200);
        assert_eq!(last().await, first);
        app.clock().advance(TimeDelta::minutes(2));
        tool.get("units").await.expect(200);
        becomes(&first).await;
        let after = app.own(Role::Auditor).get("events?limit=200").await.expect(200).body["items"].as_array().unwrap().len();
        assert_eq!(after, position, "it is no event");
    }

    async fn bodies_take_nothing_that_is_not_theirs_to_say(app: TestApp) {
        let manager = app.own(Role::Manager);
        let person = invitation("p@example.org", &["provider"]);
        let other = app.other(Role::Manager).identity().organisation;
        for field in [json!({"organisation_id": other}), json!({"kind": "tool"}), json!({"scopes": ["requests"]}), json!({"until": null}), json!({"accepted_at": "2026-01-01T00:00:00Z"}), json!({"id": other})] {
            manager.post(&people(&app), &with(person.clone(), field.clone())).await.refused(422, "invalid_body");
            let tool = json!({"label": "x", "scopes": ["registry"]});
            if field.get("scopes").is_none() {
                manager.post(&tools(&app), &with(tool, field)).await.refused(422, "invalid_body");
            }
        }
        manager.post(&tools(&app), &json!({"label": "x", "scopes": ["registry"], "roles": ["administrator"]})).await.refused(422, "invalid_body");
        let one = app.own(Role::Referent).post("requests", &with(request(), json!({"organisation_id": other}))).await;
        one.refused(422, "invalid_body");
        app.own(Role::Administrator).post("organisations", &with(organisation(), json!({"roles": ["auditor"]}))).await.refused(422, "invalid_body");
        let made = manager.post(&people(&app), &person).await.expect(201);
        manager.put(&format!("accounts/{}/roles", made.id()), "*", &json!({"roles": ["provider"], "email": "other@example.org"})).await.refused(422, "invalid_body");
        manager.put(&format!("accounts/{}/roles", made.id()), "*", &json!({"roles": []})).await.refused(422, "invalid_body");
        app.ignore_mails();
    }

    async fn an_invitation_is_mailed_again_and_the_earlier_link_ends(app: TestApp) {
        let manager = app.own(Role::Manager);
        let made = manager.post(&people(&app), &invitation("p@example.org", &["provider"])).await.expect(201);
        let link = |mails: Vec<Mail>| mails[0].text.split("https://havre.example.org").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let first = link(app.mails());
        manager.command(&format!("accounts/{}/invite-again", made.id())).await.expect(200);
        let second = link(app.mails());
        let mut browser = Browser::new(&app).await;
        browser.get(&first).await.expect(422);
        browser.get(&second).await.expect(200);
        app.db().write(api::db::Author::service("setUpAccount"), |turn| api::db::accounts::accept(turn, account(&made))).unwrap();
        manager.command(&format!("accounts/{}/invite-again", made.id())).await.refused(409, "invitation_accepted");
    }

    async fn sessions_of_somebody_are_ended_for_them(app: TestApp) {
        let person = person(&app, "p@example.org", &["provider"]).await;
        let mut browser = person.browser().await;
        app.own(Role::Manager).command(&format!("accounts/{}/end-sessions", person.account)).await.expect(200);
        assert!(!is_signed_in(&mut browser).await);
        let mut browser = person.browser().await;
        assert!(is_signed_in(&mut browser).await);
    }

    async fn roles_count_from_the_next_request_on(app: TestApp) {
        let person = person(&app, "p@example.org", &["referent"]).await;
        let mut browser = person.browser().await;
        browser.get("/demande").await.expect(200);
        app.own(Role::Manager).put(&format!("accounts/{}/roles", person.account), "*", &json!({"roles": ["provider"]})).await.expect(200);
        browser.get("/demande").await.expect(403);
        browser.get("/places").await.expect(200);
    }
}

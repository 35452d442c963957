//! Where cases go is guarded like cases (design §5): what an organisation is and answers for, where it is written to, and who administers and
//! audits count with a second person's word only.

use api::cli::admin;
use api::domain::Role;
use api::domain::ids::{AccountId, PendingChangeId};
use api::web::pages::words::CHANGE_ROLES;
use api::web::pages::words::four_eyes as words;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::pages::{Browser, maud_escaped};
use crate::harness::bodies::{organisation, with};
use crate::harness::people::Person;
use crate::harness::{Caller, TestApp, on_both};

/// The other organisation as it stands.
async fn other(app: &TestApp) -> Value {
    let id = app.other(Role::Provider).identity().organisation;
    app.own(Role::Administrator).get(&format!("organisations/{id}")).await.expect(200).body
}

/// An edit of the other organisation by the own administrator.
async fn edit(app: &TestApp, changes: Value) -> Value {
    let id = app.other(Role::Provider).identity().organisation;
    let stands = json!({"name": "Autre organisation fictive", "kind": "association", "orients": true, "contact": {"email": "other@example.org"}});
    app.own(Role::Administrator).put(&format!("organisations/{id}"), "*", &with(stands, changes)).await.expect(200).body
}

/// The changes that wait.
async fn waiting(app: &TestApp) -> Vec<Value> {
    app.own(Role::Administrator).get("pending-changes?limit=200").await.expect(200).body["items"].as_array().unwrap().clone()
}

async fn only(app: &TestApp) -> (String, Value) {
    let waits = waiting(app).await;
    assert_eq!(waits.len(), 1, "{waits:?}");
    (waits[0]["id"].as_str().unwrap().to_owned(), waits[0].clone())
}

async fn approve(by: &Caller, change: &str) -> crate::harness::Answer {
    by.command(&format!("pending-changes/{change}/approve")).await
}

/// The code that a mail brings.
fn code_of(text: &str) -> String {
    text.lines().find(|line| line.len() == 14 && line.matches('-').count() == 2).unwrap_or_else(|| panic!("{text}")).to_owned()
}

on_both! {
    async fn kind_doors_and_departments_count_with_a_second_administrator_s_word(app: TestApp) {
        let app = app.two_people();
        let asks = Person::of(&app, &app.own(Role::Administrator));
        let keeps = json!({"kind": "regulator", "orients": false, "doors": ["asylum"], "departments": ["69"]});
        let answered = edit(&app, keeps.clone()).await;
        assert_eq!((&answered["kind"], &answered["doors"], &answered["departments"]), (&json!("association"), &json!([]), &json!([])));
        let (change, waits) = only(&app).await;
        assert_eq!((&waits["change"], &waits["kind"], &waits["doors"], &waits["departments"]), (&json!("rights"), &json!("regulator"), &json!(["asylum"]), &json!(["69"])));
        approve(&app.own(Role::Administrator), &change).await.refused(409, "own_change");
        assert_eq!(other(&app).await["kind"], "association");
        approve(&app.other(Role::Administrator), &change).await.expect(200);
        let counts = other(&app).await;
        assert_eq!((&counts["kind"], &counts["doors"], &counts["departments"]), (&json!("regulator"), &json!(["asylum"]), &json!(["69"])));
        assert_eq!(waiting(&app).await, Vec::<Value>::new());
        approve(&app.other(Role::Administrator), &change).await.refused(409, "change_decided");
        let mails = app.mails();
        assert!(mails.iter().any(|mail| mail.to == asks.address && mail.subject.contains("confirmé")), "who asked is told: {mails:?}");

        // One door or department more waits; what takes away counts at once.
        edit(&app, with(keeps.clone(), json!({"doors": ["asylum", "115"], "departments": ["69", "42"]}))).await;
        assert_eq!(waiting(&app).await.len(), 1);
        assert_eq!((&other(&app).await["doors"], &other(&app).await["departments"]), (&json!(["asylum"]), &json!(["69"])));
        edit(&app, with(keeps, json!({"doors": []}))).await;
        assert_eq!(other(&app).await["doors"], json!([]), "taken away at once");
        app.ignore_mails();
    }

    async fn the_last_department_is_not_taken_away_alone_for_none_is_all_of_france(app: TestApp) {
        let app = app.two_people();
        let keeps = json!({"kind": "regulator", "orients": false, "doors": ["115"], "departments": ["69"]});
        edit(&app, keeps.clone()).await;
        approve(&app.other(Role::Administrator), &only(&app).await.0).await.expect(200);
        edit(&app, with(keeps, json!({"departments": []}))).await;
        assert_eq!(other(&app).await["departments"], json!(["69"]));
        only(&app).await;
    }

    async fn a_new_organisation_is_a_partner_until_then_and_one_with_doors_waits_a_day_more(app: TestApp) {
        let app = app.two_people();
        let (administrator, second) = (app.own(Role::Administrator), app.other(Role::Administrator));
        let made = administrator.post("organisations", &with(organisation(), json!({"kind": "siao", "departments": ["69"], "contact": {}}))).await.expect(201);
        assert_eq!((&made.body["kind"], &made.body["departments"]), (&json!("partner"), &json!([])));
        let path = format!("organisations/{}", made.id());
        approve(&second, &only(&app).await.0).await.expect(200);
        let counts = administrator.get(&path).await.expect(200).body;
        assert_eq!((&counts["kind"], &counts["departments"]), (&json!("siao"), &json!(["69"])));

        let keeper = json!({"name": "115 fictif", "kind": "regulator", "doors": ["115"], "departments": ["69"]});
        let path = format!("organisations/{}", administrator.post("organisations", &keeper).await.expect(201).id());
        let approved = approve(&second, &only(&app).await.0).await.expect(200).body;
        assert_ne!(approved["due_at"], Value::Null);
        app.clock().advance(TimeDelta::hours(24) - TimeDelta::minutes(1));
        assert_eq!(administrator.get(&path).await.expect(200).body["kind"], "partner");
        app.clock().advance(TimeDelta::minutes(1));
        // At its instant, whoever comes by first: no job has run.
        assert_eq!(administrator.get(&path).await.expect(200).body["doors"], json!(["115"]));
        app.ignore_mails();
    }

    async fn of_a_new_organisation_nothing_counts_until_then_but_its_name_and_its_numbers(app: TestApp) {
        let app = app.two_people();
        let administrator = app.own(Role::Administrator);
        let contact = json!({"email": "nouvelle@example.org", "numbers": [{"phone": "01 99 00 66 55"}]});
        let nothing = [("kind", json!("partner")), ("orients", json!(false)), ("doors", json!([])), ("departments", json!([]))];
        for (name, wanted) in [
            ("Régulation fictive", json!({"kind": "regulator", "doors": ["asylum", "115"], "departments": ["69"]})),
            ("Association fictive nouvelle", json!({"kind": "association", "orients": true})),
        ] {
            let body = with(json!({"name": name, "contact": contact}), wanted);
            let made = administrator.post("organisations", &body).await.expect(201);
            let stands = administrator.get(&format!("organisations/{}", made.id())).await.expect(200).body;
            for answered in [&made.body, &stands] {
                for (field, expected) in &nothing {
                    assert_eq!(&answered[field], expected, "{field} of {answered}");
                }
                assert_eq!(answered["contact"]["email"], Value::Null, "nothing is sent there");
                assert_eq!((&answered["name"], answered["contact"]["numbers"].as_array().unwrap().len()), (&json!(name), 1));
            }
        }
        app.ignore_mails();
    }

    async fn each_door_and_each_department_more_waits_by_itself(app: TestApp) {
        let app = app.two_people();
        let second = app.other(Role::Administrator);
        let keeps = json!({"kind": "regulator", "orients": false, "doors": ["asylum"], "departments": ["69"]});
        edit(&app, keeps.clone()).await;
        approve(&second, &only(&app).await.0).await.expect(200);
        for (field, more) in [("doors", json!(["asylum", "acse"])), ("departments", json!(["69", "42"]))] {
            let before = other(&app).await;
            assert_eq!(edit(&app, with(keeps.clone(), json!({field: more}))).await[field], before[field]);
            let (change, waits) = only(&app).await;
            assert_eq!((&waits["change"], &waits[field]), (&json!("rights"), &more));
            assert_eq!(other(&app).await[field], before[field]);
            second.command(&format!("pending-changes/{change}/reject")).await.expect(200);
        }
        app.ignore_mails();
    }

    async fn a_second_word_is_given_once_and_none_on_what_was_decided(app: TestApp) {
        let app = app.two_people();
        let (administrator, second) = (app.own(Role::Administrator), app.other(Role::Administrator));
        // One with doors counts a day later: to give the word again puts that off no further.
        let keeper = json!({"name": "115 fictif", "kind": "regulator", "doors": ["115"], "departments": ["69"]});
        let path = format!("organisations/{}", administrator.post("organisations", &keeper).await.expect(201).id());
        let (change, _) = only(&app).await;
        let due = approve(&second, &change).await.expect(200).body["due_at"].clone();
        app.clock().advance(TimeDelta::hours(12));
        approve(&second, &change).await.refused(409, "change_decided");
        assert_eq!(only(&app).await.1["due_at"], due);
        app.clock().advance(TimeDelta::hours(12));
        assert_eq!(administrator.get(&path).await.expect(200).body["kind"], "regulator");

        // What was rejected before anybody gave a word on it is not taken up again.
        edit(&app, json!({"contact": {"email": "nouvelle@example.org"}})).await;
        let (change, _) = only(&app).await;
        let code = code_of(&app.mails().iter().find(|mail| mail.to == "nouvelle@example.org").unwrap().text);
        second.command(&format!("pending-changes/{change}/reject")).await.expect(200);
        approve(&second, &change).await.refused(409, "change_decided");
        administrator.post(&format!("pending-changes/{change}/prove"), &json!({"code": code})).await.refused(409, "change_decided");
        second.command(&format!("pending-changes/{change}/reject")).await.refused(409, "change_decided");
        app.clock().advance(TimeDelta::hours(48));
        assert_eq!(other(&app).await["contact"]["email"], "other@example.org");
        app.ignore_mails();
    }

    async fn another_address_is_told_to_the_old_one_proved_by_the_new_one_and_counts_a_day_later(app: TestApp) {
        let app = app.two_people();
        let second = app.other(Role::Administrator);
        edit(&app, json!({"contact": {"email": "nouvelle@example.org"}})).await;
        let (change, waits) = only(&app).await;
        assert_eq!((&waits["change"], &waits["email"]), (&json!("address"), &json!("nouvelle@example.org")));
        let mails = app.mails();
        let to = |address: &str| mails.iter().find(|mail| mail.to == address).unwrap_or_else(|| panic!("{mails:?}"));
        assert!(to("other@example.org").text.contains("24 heures"), "the old one is told");
        let code = code_of(&to("nouvelle@example.org").text);

        // The second word alone is not enough, nor is another code.
        assert_eq!(approve(&second, &change).await.expect(200).body["due_at"], Value::Null);
        let prove = async |code: &str| app.own(Role::Administrator).post(&format!("pending-changes/{change}/prove"), &json!({"code": code})).await;
        prove("0000-0000-0000").await.refused(409, "code_not_valid");
        assert_ne!(prove(&code).await.expect(200).body["due_at"], Value::Null);
        assert_eq!(other(&app).await["contact"]["email"], "other@example.org");
        app.clock().advance(TimeDelta::hours(24) - TimeDelta::minutes(1));
        assert_eq!(other(&app).await["contact"]["email"], "other@example.org");
        app.clock().advance(TimeDelta::minutes(1));
        assert_eq!(other(&app).await["contact"]["email"], "nouvelle@example.org");

        // Proved and not approved it does not count either; taken away it counts at once.
        edit(&app, json!({"contact": {"email": "autre@example.org"}})).await;
        let (change, _) = only(&app).await;
        let code = code_of(&app.mails().iter().find(|mail| mail.to == "autre@example.org").unwrap().text);
        app.own(Role::Administrator).post(&format!("pending-changes/{change}/prove"), &json!({"code": code})).await.expect(200);
        app.clock().advance(TimeDelta::hours(48));
        assert_eq!(other(&app).await["contact"]["email"], "nouvelle@example.org");
        edit(&app, json!({"contact": {}})).await;
        assert_eq!(other(&app).await["contact"]["email"], Value::Null);
        app.ignore_mails();
    }

    async fn whoever_keeps_their_own_contact_right_changes_no_address_alone(app: TestApp) {
        let app = app.two_people();
        let id = app.other(Role::Provider).identity().organisation;
        let contact = json!({"email": "detournee@example.org", "numbers": [{"phone": "01 99 00 66 55"}]});
        let answered = app.other(Role::Provider).put(&format!("organisations/{id}/contact"), "*", &contact).await.expect(200).body;
        assert_eq!((&answered["contact"]["email"], answered["contact"]["numbers"].as_array().unwrap().len()), (&json!("other@example.org"), 1));
        let (change, _) = only(&app).await;
        // A refusal holds also while it waits for its time.
        approve(&app.own(Role::Administrator), &change).await.expect(200);
        app.own(Role::Administrator).command(&format!("pending-changes/{change}/reject")).await.expect(200);
        app.clock().advance(TimeDelta::hours(48));
        assert_eq!(other(&app).await["contact"]["email"], "other@example.org");
        app.ignore_mails();
    }

    async fn nobody_makes_an_administrator_or_an_auditor_alone(app: TestApp) {
        let app = app.two_people();
        let (administrator, second) = (app.own(Role::Administrator), app.other(Role::Administrator));
        // A new service, in which nobody works yet: its first manager needs no second word.
        let own = administrator.post("organisations", &json!({"name": "Service fictif nouveau", "kind": "partner"})).await.expect(201).id();
        let body = json!({"email": "seconde@example.org", "label": "Camille Fictive", "roles": ["auditor", "manager"]});
        let invited = administrator.post(&format!("organisations/{own}/accounts"), &body).await.expect(201);
        assert_eq!(invited.body["roles"], json!(["manager"]));
        let (change, waits) = only(&app).await;
        assert_eq!((&waits["roles"], &waits["account"]), (&json!(["auditor"]), &json!("Camille Fictive")));
        approve(&administrator, &change).await.refused(409, "own_change");
        approve(&second, &change).await.expect(200);
        let account = administrator.get(&format!("accounts/{}", invited.id())).await.expect(200);
        assert_eq!(account.body["roles"], json!(["auditor", "manager"]));
        let roles = json!({"roles": ["administrator", "manager"]});
        let changed = administrator.put(&format!("accounts/{}/roles", invited.id()), &account.etag(), &roles).await.expect(200);
        assert_eq!(changed.body["roles"], json!(["manager"]), "what is taken is taken at once, what is given waits");
        second.command(&format!("pending-changes/{}/reject", only(&app).await.0)).await.expect(200);
        assert_eq!(administrator.get(&format!("accounts/{}", invited.id())).await.expect(200).body["roles"], json!(["manager"]));
        app.ignore_mails();
    }

    async fn whoever_would_be_given_a_role_gives_no_word_on_it(app: TestApp) {
        let app = app.two_people();
        let (administrator, second) = (app.own(Role::Administrator), app.other(Role::Administrator));
        let path = format!("accounts/{}", Person::of(&app, &second).account);
        let seen = administrator.get(&path).await.expect(200).etag();
        let both = json!({"roles": ["administrator", "auditor"]});
        administrator.put(&format!("{path}/roles"), &seen, &both).await.expect(200);
        let (change, waits) = only(&app).await;
        assert_eq!(waits["roles"], json!(["auditor"]));
        // Neither who asked nor who would have it; somebody else does.
        for by in [&administrator, &second] {
            approve(by, &change).await.refused(409, "own_change");
        }
        let roles = async || administrator.get(&path).await.expect(200).body["roles"].clone();
        assert_eq!(roles().await, json!(["administrator"]));
        admin::approve(app.db(), &matcher::Policy::embedded(), PendingChangeId(change.parse().unwrap())).unwrap();
        assert_eq!(roles().await, json!(["auditor", "administrator"]));
        app.ignore_mails();
    }

    async fn an_administrator_makes_no_manager_where_people_work_alone(app: TestApp) {
        let app = app.two_people();
        let of = app.other(Role::Manager).identity().organisation;
        let there = Person::of(&app, &app.other(Role::Manager));
        let (administrator, second) = (app.own(Role::Administrator), app.other(Role::Administrator));
        let invited = async |email: &str| {
            let body = json!({"email": email, "label": "Camille Fictive", "roles": ["manager"]});
            administrator.post(&format!("organisations/{of}/accounts"), &body).await.expect(201).id()
        };
        let roles = async |account: &str| administrator.get(&format!("accounts/{account}")).await.expect(200).body["roles"].clone();
        let told = |mails: &[api::work::mail::Mail]| mails.iter().filter(|mail| mail.to == there.address && mail.subject.contains("gérerait votre organisme")).count();
        let account = invited("gestion@example.org").await;
        assert_eq!(roles(&account).await, json!([]));
        let (change, waits) = only(&app).await;
        assert_eq!((&waits["roles"], &waits["account_id"]), (&json!(["manager"]), &json!(account)));
        assert_eq!(told(&app.mails()), 1, "whoever manages them already is told");
        approve(&administrator, &change).await.refused(409, "own_change");
        // With the second word it counts a day later, and whoever manages them is told again.
        assert_ne!(approve(&second, &change).await.expect(200).body["due_at"], Value::Null);
        assert_eq!(told(&app.mails()), 1);
        app.clock().advance(TimeDelta::hours(24) - TimeDelta::minutes(1));
        assert_eq!(roles(&account).await, json!([]));
        app.clock().advance(TimeDelta::minutes(1));
        assert_eq!(roles(&account).await, json!(["manager"]));

        // They have their word too: who has left by then is given nothing.
        let account = invited("autre@example.org").await;
        let (change, _) = only(&app).await;
        approve(&second, &change).await.expect(200);
        app.other(Role::Manager).command(&format!("accounts/{account}/end")).await.expect(200);
        app.clock().advance(TimeDelta::hours(25));
        assert_eq!(roles(&account).await, json!([]));
        // Nor does it help to send away who manages them, or to give the role to an account that is there.
        app.other(Role::Manager).post(&format!("organisations/{of}/accounts"), &json!({"email": "p@example.org", "label": "P", "roles": ["provider"]})).await.expect(201);
        let provider = administrator.get(&format!("organisations/{of}/accounts?limit=200")).await.expect(200).body["items"].as_array().unwrap().iter().find(|one| one["email"] == "p@example.org").unwrap()["id"].as_str().unwrap().to_owned();
        administrator.command(&format!("accounts/{}/end", there.account)).await.expect(200);
        let path = format!("accounts/{provider}");
        let etag = administrator.get(&path).await.expect(200).etag();
        let changed = administrator.put(&format!("{path}/roles"), &etag, &json!({"roles": ["provider", "manager"]})).await.expect(200);
        assert_eq!(changed.body["roles"], json!(["provider"]));
        assert_eq!(only(&app).await.1["roles"], json!(["manager"]));
        app.ignore_mails();
    }

    async fn the_first_manager_of_a_new_organisation_needs_no_second_word(app: TestApp) {
        let app = app.two_people();
        let administrator = app.own(Role::Administrator);
        let of = administrator.post("organisations", &json!({"name": "Service fictif nouveau", "kind": "partner"})).await.expect(201).id();
        let people = format!("organisations/{of}/accounts");
        let invited = async |email: &str, roles: Value| administrator.post(&people, &json!({"email": email, "label": "Camille Fictive", "roles": roles})).await.expect(201);
        // Whoever watches over it alone does not work there.
        assert_eq!(invited("audit@example.org", json!(["auditor"])).await.body["roles"], json!([]));
        let first = invited("premiere@example.org", json!(["manager"])).await;
        assert_eq!(first.body["roles"], json!(["manager"]));
        assert_eq!(invited("seconde@example.org", json!(["manager"])).await.body["roles"], json!([]));
        // An invitation that nobody took up is taken back, and another may be the first.
        for account in administrator.get(&people).await.expect(200).body["items"].as_array().unwrap() {
            administrator.command(&format!("accounts/{}/end", account["id"].as_str().unwrap())).await.expect(200);
        }
        let first = invited("troisieme@example.org", json!(["manager"])).await;
        assert_eq!(first.body["roles"], json!(["manager"]));
        // Once somebody has made theirs an account, they worked there for ever.
        let account = api::domain::ids::AccountId(first.id().parse().unwrap());
        app.db().write(api::db::Author::service("setUpAccount"), |turn| api::db::accounts::accept(turn, account)).unwrap();
        // Neither to take all roles from them nor to send them away makes it new again.
        let path = format!("accounts/{account}");
        let etag = administrator.get(&path).await.expect(200).etag();
        let deprived = administrator.put(&format!("{path}/roles"), &etag, &json!({"roles": ["auditor"]})).await.expect(200);
        assert_eq!(deprived.body["roles"], json!([]));
        assert_eq!(invited("quatrieme@example.org", json!(["manager"])).await.body["roles"], json!([]));
        for account in administrator.get(&people).await.expect(200).body["items"].as_array().unwrap() {
            administrator.command(&format!("accounts/{}/end", account["id"].as_str().unwrap())).await.expect(200);
        }
        assert_eq!(invited("cinquieme@example.org", json!(["manager"])).await.body["roles"], json!([]));
        app.ignore_mails();
    }

    async fn that_an_association_orients_waits_like_a_door(app: TestApp) {
        let app = app.two_people();
        edit(&app, json!({"orients": false})).await;
        assert_eq!(other(&app).await["orients"], false, "taken away at once");
        edit(&app, json!({"orients": true})).await;
        assert_eq!(other(&app).await["orients"], false);
        let (change, waits) = only(&app).await;
        assert_eq!((&waits["change"], &waits["orients"]), (&json!("rights"), &json!(true)));
        let mut second = Browser::signed_in(&app, &app.other(Role::Administrator)).await;
        assert!(second.get("/comptes").await.expect(200).text.contains(words::ORIENTS.text()));
        approve(&app.other(Role::Administrator), &change).await.expect(200);
        assert_eq!(other(&app).await["orients"], true);
        app.ignore_mails();
    }

    async fn what_was_taken_away_is_not_brought_back_by_what_was_asked_for_before(app: TestApp) {
        let app = app.two_people();
        let second = app.other(Role::Administrator);
        let keeps = json!({"kind": "regulator", "orients": false, "doors": ["115", "asylum"], "departments": ["69"]});
        edit(&app, keeps.clone()).await;
        approve(&second, &only(&app).await.0).await.expect(200);
        let more = json!({"departments": ["69", "42"]});
        edit(&app, with(keeps.clone(), more.clone())).await;
        let (change, _) = only(&app).await;
        // Another name takes nothing away: the department waits on.
        edit(&app, with(keeps.clone(), json!({"name": "Organisation renommée"}))).await;
        assert_eq!(only(&app).await.0, change);
        // A door does: what was asked for while it was there would open it again.
        let fewer = with(keeps, json!({"doors": ["asylum"]}));
        edit(&app, fewer.clone()).await;
        assert_eq!(waiting(&app).await, Vec::<Value>::new());
        approve(&second, &change).await.refused(409, "change_decided");
        assert_eq!((&other(&app).await["doors"], &other(&app).await["departments"]), (&json!(["asylum"]), &json!(["69"])));
        // Asked for anew the department comes, and the door stays shut.
        edit(&app, with(fewer, more)).await;
        approve(&second, &only(&app).await.0).await.expect(200);
        assert_eq!((&other(&app).await["doors"], &other(&app).await["departments"]), (&json!(["asylum"]), &json!(["69", "42"])));
        app.ignore_mails();
    }

    async fn a_second_person_s_word_takes_no_role_away(app: TestApp) {
        let app = app.two_people();
        let (administrator, second) = (app.own(Role::Administrator), app.other(Role::Administrator));
        let of = app.other(Role::Provider).identity().organisation;
        let body = json!({"email": "p@example.org", "label": "Camille Fictive", "roles": ["referent", "provider"]});
        let path = format!("accounts/{}", app.other(Role::Manager).post(&format!("organisations/{of}/accounts"), &body).await.expect(201).id());
        let roles = async || administrator.get(&path).await.expect(200).body["roles"].clone();
        let ask = async |roles: Value| {
            let seen = administrator.get(&path).await.expect(200).etag();
            administrator.put(&format!("{path}/roles"), &seen, &json!({"roles": roles})).await.expect(200);
        };
        ask(json!(["referent", "provider", "auditor"])).await;
        let (auditor, _) = only(&app).await;
        // For a week their organisation orients nobody, so that nobody of it is a referent.
        edit(&app, json!({"orients": false})).await;
        assert_eq!(roles().await, json!(["provider"]));
        approve(&second, &auditor).await.expect(200);
        assert_eq!(roles().await, json!(["provider", "auditor"]));
        // Nor does whoever asks for another role take away what is not theirs to give.
        ask(json!(["provider", "auditor", "administrator"])).await;
        second.command(&format!("pending-changes/{}/reject", only(&app).await.0)).await.expect(200);
        edit(&app, json!({"orients": true})).await;
        approve(&second, &only(&app).await.0).await.expect(200);
        assert_eq!(roles().await, json!(["referent", "provider", "auditor"]));
        app.ignore_mails();
    }

    async fn nobody_makes_themselves_a_manager(app: TestApp) {
        let app = app.two_people();
        let (administrator, second) = (app.own(Role::Administrator), app.other(Role::Administrator));
        let of = administrator.post("organisations", &json!({"name": "Service fictif nouveau", "kind": "partner"})).await.expect(201).id();
        let invited = async |email: &str, role: &str| {
            let body = json!({"email": email, "label": "Camille Fictive", "roles": [role]});
            administrator.post(&format!("organisations/{of}/accounts"), &body).await.expect(201)
        };
        let own = invited("seule@example.org", "administrator").await.id();
        approve(&second, &only(&app).await.0).await.expect(200);
        let roles = async || administrator.get(&format!("accounts/{own}")).await.expect(200).body["roles"].clone();
        assert_eq!(roles().await, json!(["administrator"]));
        // Nobody works there yet: its first manager would need no second word. Whoever would be it themselves does.
        let mut browser = Browser::signed_in_as(&app, AccountId(own.parse().unwrap())).await;
        let page = browser.get(&format!("/comptes/{of}")).await.expect(200);
        let both = [("roles", "administrator"), ("roles", "manager")];
        browser.press(&page, CHANGE_ROLES.text(), &both).await.expect(303);
        assert_eq!(roles().await, json!(["administrator"]));
        let (change, waits) = only(&app).await;
        assert_eq!((&waits["account_id"], &waits["roles"]), (&json!(own), &json!(["manager"])));
        // Nor do they give that word themselves.
        let page = browser.get("/comptes").await.expect(200);
        browser.post(&format!("/comptes/changements/{change}/confirmer"), &page, &[]).await.expect(409);
        assert_eq!(roles().await, json!(["administrator"]));
        assert_eq!(invited("premiere@example.org", "manager").await.body["roles"], json!(["manager"]), "somebody else does not");
        app.ignore_mails();
    }

    async fn the_operator_s_shell_is_the_second_person_where_there_is_one_administrator(app: TestApp) {
        let app = app.two_people();
        edit(&app, json!({"kind": "siao", "orients": false, "departments": ["69"]})).await;
        let (change, _) = only(&app).await;
        assert!(admin::pending(app.db()).unwrap().contains(&change));
        let said = admin::approve(app.db(), &matcher::Policy::embedded(), PendingChangeId(change.parse().unwrap())).unwrap();
        assert!(said.contains("counts from now on"), "{said}");
        assert_eq!(other(&app).await["kind"], "siao");
        assert!(admin::approve(app.db(), &matcher::Policy::embedded(), PendingChangeId(change.parse().unwrap())).is_err(), "once");
        app.ignore_mails();
    }

    async fn nothing_is_sent_to_the_contact_of_a_home_before_it_is_proved(app: TestApp) {
        let app = app.two_people();
        let vacancy = app.vacancy(2).await;
        let provider = app.own(Role::Provider);
        let home = provider.get("structures").await.expect(200).body["items"][0].clone();
        assert_eq!(home["contact_proved"], false);
        let path = format!("structures/{}", home["id"].as_str().unwrap());
        let code = code_of(&app.mails().iter().find(|mail| mail.to == "tilleuls@example.org").unwrap().text);
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let asked: Vec<_> = app.mails().into_iter().map(|mail| mail.to).collect();
        assert_eq!(asked, ["own@example.org"], "the organisation is written to");
        provider.post(&format!("{path}/prove-contact"), &json!({"code": "0000-0000-0000"})).await.refused(409, "code_not_valid");
        assert_eq!(provider.post(&format!("{path}/prove-contact"), &json!({"code": code})).await.expect(200).body["contact_proved"], true);
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let asked: Vec<_> = app.mails().into_iter().map(|mail| mail.to).collect();
        assert_eq!(asked, ["tilleuls@example.org"]);
        // Another address is another contact.
        let seen = provider.get(&path).await.expect(200).etag();
        let moved = with(crate::harness::bodies::structure(), json!({"trafficking_contact": {"email": "ailleurs@example.org"}}));
        assert_eq!(provider.put(&path, &seen, &moved).await.expect(200).body["contact_proved"], false);
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let mails = app.mails();
        let mut page = Browser::signed_in(&app, &provider).await;
        assert!(mails.iter().all(|mail| mail.to != "ailleurs@example.org" || mail.subject.contains("code")), "{mails:?}");
        let code = code_of(&mails.iter().find(|mail| mail.to == "ailleurs@example.org").unwrap().text);
        let shown = page.get(&format!("/{path}")).await.expect(200);
        page.press(&shown, words::PROVE.text(), &[("code", &code)]).await.expect(303);
        assert_eq!(provider.get(&path).await.expect(200).body["contact_proved"], true);
        app.ignore_mails();
    }

    async fn comptes_shows_what_waits_and_takes_the_second_word_in_one_tap(app: TestApp) {
        let app = app.two_people();
        edit(&app, json!({"kind": "siao", "orients": false, "departments": ["69"]})).await;
        let mut asks = Browser::signed_in(&app, &app.own(Role::Administrator)).await;
        let page = asks.get("/comptes").await.expect(200).text;
        assert!(page.contains(&*maud_escaped(words::OWN.text())) && !page.contains(&format!(">{}</button>", words::APPROVE.text())), "{page}");
        let mut second = Browser::signed_in(&app, &app.other(Role::Administrator)).await;
        let page = second.get("/comptes").await.expect(200);
        for said in [words::TITLE.text(), words::RIGHTS.text(), "Autre organisation fictive", "administrator"] {
            assert!(page.text.contains(&*maud_escaped(said)), "{said}: {}", page.text);
        }
        assert_eq!(second.press(&page, words::APPROVE.text(), &[]).await.expect(303).header("location"), "/comptes#second-regard");
        assert_eq!(other(&app).await["kind"], "siao");
        app.ignore_mails();
    }
}

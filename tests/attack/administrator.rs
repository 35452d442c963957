//! What somebody reads who administers alone: every operation that the role may call is tried, by itself and as a step to an account that reads
//! cases, with accomplices outside who take up each invitation.

use std::collections::BTreeSet;

use actix_web::http::Method;
use api::db::{Author, accounts};
use api::domain::Role;
use api::domain::ids::AccountId;
use api::web::operations::{self, Who};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::came;
use crate::harness::bodies::{organisation, request, with};
use crate::harness::people::Person;
use crate::harness::{Answer, Caller, TestApp, on_both};
use crate::http::pages::Browser;

/// What somebody does to their own account and nothing else, whatever their role.
const OWN_ACCOUNT: &[&str] = &[
    "changePassword",
    "changeSecondFactor",
    "endOtherSessions",
    "endSession",
    "forgetOwnPhone",
    "ownAccount",
    "resumeForm",
    "secondFactor",
];

/// Somebody who administers, and what came to them and to their accomplices.
struct Insider {
    app: TestApp,
    by: Caller,
    /// The organisation whose cases are wanted.
    victim: String,
    tried: BTreeSet<&'static str>,
    heard: String,
    /// Those whom the administrator invited, with their addresses.
    accomplices: Vec<(AccountId, String)>,
}

impl Insider {
    /// Notes that an operation was tried, and hears what it answers.
    fn hear(&mut self, operation: &'static str, answer: Answer) -> Answer {
        assert!(administrators_operations().contains(operation), "{operation} is none of an administrator's");
        self.tried.insert(operation);
        self.heard.push_str(&answer.text);
        answer
    }

    async fn get(&mut self, operation: &'static str, path: &str) -> Answer {
        let answer = self.by.get(path).await;
        self.hear(operation, answer)
    }

    async fn post(&mut self, operation: &'static str, path: &str, body: &Value) -> Answer {
        let answer = self.by.post(path, body).await;
        self.hear(operation, answer)
    }

    async fn command(&mut self, operation: &'static str, path: &str) -> Answer {
        let answer = self.by.command(path).await;
        self.hear(operation, answer)
    }

    async fn put(&mut self, operation: &'static str, path: &str, body: &Value) -> Answer {
        let answer = self.by.put(path, "*", body).await;
        self.hear(operation, answer)
    }

    /// Invites an accomplice, who makes the account theirs.
    async fn invite(&mut self, to: &str, role: &str) -> Option<AccountId> {
        let address = format!("complice-{}@example.org", self.accomplices.len());
        let body = json!({"email": address, "label": "Personne fictive", "roles": [role]});
        let made = self.post("inviteAccount", &format!("organisations/{to}/accounts"), &body).await;
        if made.status != 201 {
            return None;
        }
        let account = AccountId(made.id().parse().unwrap());
        self.command("inviteAgain", &format!("accounts/{account}/invite-again")).await;
        self.app.db().write(Author::service("setUpAccount"), |turn| accounts::accept(turn, account)).unwrap();
        drop(Person { app: self.app.clone(), account, address: address.clone() }.set_up());
        self.accomplices.push((account, address));
        Some(account)
    }

    async fn give(&mut self, account: AccountId, roles: &[&str]) {
        let etag = self.by.get(&format!("accounts/{account}")).await.expect(200).etag();
        let answer = self.by.put(&format!("accounts/{account}/roles"), &etag, &json!({"roles": roles})).await;
        self.hear("changeAccountRoles", answer);
    }

    /// Gives the second word on all that waits, as far as the one who asked may.
    async fn approve_all(&mut self) {
        let waits = self.get("listPendingChanges", "pending-changes?limit=200").await.expect(200);
        let codes: Vec<_> = self.app.mails().into_iter().filter(|mail| mail.to.starts_with("vole")).collect();
        for change in waits.body["items"].as_array().unwrap() {
            let path = format!("pending-changes/{}", change["id"].as_str().unwrap());
            self.command("approveChange", &format!("{path}/approve")).await.refused(409, "own_change");
            for mail in &codes {
                if let Some(code) = mail.text.lines().find(|line| line.len() == 14 && line.matches('-').count() == 2) {
                    self.post("proveAddress", &format!("{path}/prove"), &json!({"code": code})).await;
                }
            }
        }
    }

    /// Each accomplice looks for cases, and, where they keep accounts, makes one that reads them.
    async fn accomplices_read(&mut self, case: &str) {
        for (account, address) in self.accomplices.clone() {
            let person = Person { app: self.app.clone(), account, address };
            let mut browser = Browser::new(&self.app).await;
            if person.sign_in(&mut browser).await.status != 303 {
                continue;
            }
            let own = person_s_organisation(&self.app, account);
            let page = browser.get("/comptes").await;
            let mole = format!("taupe-{account}@example.org");
            let typed = [("email", mole.as_str()), ("label", "Personne fictive"), ("roles", "referent")];
            if page.status == 200 && browser.post(&format!("/comptes/{own}/inviter"), &page, &typed).await.status == 303 {
                let made = self.app.db().read(|conn| accounts::of_email(conn, &mole)).unwrap().unwrap();
                browser = Person { app: self.app.clone(), account: made, address: mole }.set_up().browser().await;
            }
            for path in ["/demandes".to_owned(), format!("/demandes/{case}"), "/orientations".to_owned(), "/releve".to_owned()] {
                // A page that is refused still names itself, in the link to the other language.
                let said = browser.get(&path).await.text;
                self.heard.push_str(&if path.ends_with(case) { said.replace(case, "") } else { said });
            }
        }
    }
}

/// All that an administrator may call.
fn administrators_operations() -> BTreeSet<&'static str> {
    let may = |who: &Who| matches!(who, Who::Roles(roles) if roles.contains(&Role::Administrator));
    operations::ALL.iter().filter(|row| may(&row.who)).map(|row| row.id).collect()
}

fn person_s_organisation(app: &TestApp, account: AccountId) -> String {
    app.db().read(|conn| accounts::stored(conn, account)).unwrap().caller.organisation.to_string()
}

/// What can be read.
async fn reads(insider: &mut Insider) {
    let own = insider.by.identity().account;
    let (victim, door) =
        (insider.victim.clone(), insider.by.get("door-contacts?limit=1").await.expect(200).body["items"][0]["id"].clone());
    let tool =
        insider.by.get(&format!("organisations/{victim}/api-clients?limit=200")).await.expect(200).body["items"][0]["id"].clone();
    let (door, tool) = (door.as_str().unwrap().to_owned(), tool.as_str().unwrap().to_owned());
    for (operation, path) in [
        ("countUnits", "units/counts".to_owned()),
        ("listOrganisations", "organisations?limit=200".to_owned()),
        ("getOrganisation", format!("organisations/{victim}")),
        ("getMe", "me".to_owned()),
        ("listAccounts", format!("organisations/{victim}/accounts?limit=200")),
        ("getAccount", format!("accounts/{own}")),
        ("listApiClients", format!("organisations/{victim}/api-clients?limit=200")),
        ("getApiClient", format!("api-clients/{tool}")),
        ("listDoorContacts", "door-contacts?limit=200".to_owned()),
        ("getDoorContact", format!("door-contacts/{door}")),
        ("searchCommunes", "communes?q=lyon".to_owned()),
        ("listEvents", "events?limit=200".to_owned()),
        ("streamEvents", "events/stream".to_owned()),
    ] {
        insider.get(operation, &path).await;
    }
    let contact = json!({"label": "CRIP fictive", "phone": "01 99 00 12 70", "source": "Lu ce jour"});
    insider.put("updateDoorContact", &format!("door-contacts/{door}"), &contact).await;
    let mut browser = Browser::signed_in(&insider.app, &insider.by).await;
    for (page, path) in [
        ("comptes", "/comptes".to_owned()),
        ("comptesDe", format!("/comptes/{victim}")),
        ("newOrganisation", "/nouvel-organisme".to_owned()),
        ("organisation", format!("/organismes/{victim}")),
        ("portes", "/portes".to_owned()),
        ("porte", format!("/portes/{door}")),
    ] {
        let answer = browser.get(&path).await.expect(200);
        insider.hear(page, answer);
    }
}

/// What can be sent away of the victim's, so that somebody else may come.
async fn sends_away(insider: &mut Insider, manager: AccountId) {
    let victim = insider.victim.clone();
    insider.command("endAccountSessions", &format!("accounts/{manager}/end-sessions")).await;
    let page = Browser::signed_in_as(&insider.app, manager).await;
    let session = api::db::sessions::of_account;
    let sessions = insider.app.db().read(|conn| session(conn, insider.app.clock().now(), manager)).unwrap();
    let mut browser = Browser::signed_in(&insider.app, &insider.by).await;
    let shown = browser.get(&format!("/comptes/{victim}")).await.expect(200);
    let path = format!("/comptes/personnes/{manager}/sessions/{}/fin", sessions[0].id);
    let answer = browser.post(&path, &shown, &[]).await;
    insider.hear("endAccountSession", answer);
    drop(page);
    let phone = uuid::Uuid::now_v7();
    let answer = browser.post(&format!("/comptes/telephones/{phone}/fin"), &shown, &[]).await;
    insider.hear("endRememberedPhone", answer);
    insider.command("endAccount", &format!("accounts/{manager}/end")).await.expect(200);
    let tools = insider.by.get(&format!("organisations/{victim}/api-clients?limit=200")).await.expect(200).body["items"].clone();
    let by_role = |role: &str| tools.as_array().unwrap().iter().find(|tool| tool["label"] == role).unwrap().clone();
    let auditor = by_role("auditor");
    let secret = auditor["secrets"][0]["id"].as_str().unwrap_or_default().to_owned();
    let tool = auditor["id"].as_str().unwrap().to_owned();
    insider.command("endApiClientSecret", &format!("api-clients/{tool}/secrets/{secret}/end")).await;
    insider.command("revokeApiClient", &format!("api-clients/{tool}/revoke")).await.expect(200);
}

/// What an organisation is, and where it is written to.
async fn makes_organisations_over(insider: &mut Insider) {
    let victim = insider.victim.clone();
    let stands = insider.get("getOrganisation", &format!("organisations/{victim}")).await.expect(200).body;
    let declared = json!({"name": stands["name"], "kind": stands["kind"], "orients": stands["orients"],
        "contact": {"email": "voleur@example.org"}});
    insider.put("updateOrganisation", &format!("organisations/{victim}"), &declared).await.expect(200);
    // A service of the insider's own, to which cases may be lent, and that keeps a door.
    for (name, more) in [
        ("Service fictif de plus", json!({"kind": "siao", "departments": ["69"]})),
        ("115 fictif de plus", json!({"kind": "regulator", "doors": ["115", "siao"], "departments": ["69"]})),
        ("Association fictive de plus", json!({"kind": "association", "orients": true})),
    ] {
        let body = with(with(organisation(), json!({"name": name, "contact": {"email": "voleuse@example.org"}})), more);
        let made = insider.post("createOrganisation", "organisations", &body).await.expect(201).id();
        insider.invite(&made, "manager").await;
    }
}

on_both! {
    async fn an_administrator_reads_no_case_by_any_detour(app: TestApp) {
        let app = app.two_people();
        let (by, referent) = (app.own(Role::Administrator), app.other(Role::Referent));
        let own = by.identity();
        drop(Person::of(&app, &by));
        // Whoever works for the victim: a referent with a case, and somebody who manages them.
        let manager = Person::of(&app, &app.other(Role::Manager));
        let message = "sa sœur la rejoint demain";
        let case = referent.post("requests", &with(request(), json!({"message": message}))).await.expect(201);
        let (id, alias) = (case.id(), case.body["alias"].as_str().unwrap().to_owned());
        let victim = referent.identity().organisation.to_string();
        let mut insider = Insider { app: app.clone(), by, victim: victim.clone(), tried: BTreeSet::new(), heard: String::new(), accomplices: Vec::new() };

        reads(&mut insider).await;
        assert_eq!(insider.invite(&victim, "referent").await, None);
        for role in ["manager", "auditor"] {
            let account = insider.invite(&victim, role).await.unwrap();
            insider.give(account, &["manager", "referent"]).await;
            insider.give(account, &["manager"]).await;
            insider.give(own.account, &["administrator", "manager"]).await;
        }
        // Their own organisation is nobody else's business; but cases may come to it.
        insider.invite(&own.organisation.to_string(), "manager").await.unwrap();
        makes_organisations_over(&mut insider).await;
        insider.approve_all().await;
        sends_away(&mut insider, manager.account).await;
        insider.invite(&victim, "manager").await.unwrap();
        insider.approve_all().await;
        app.clock().advance(TimeDelta::hours(49));

        // A day goes by in which somebody asks a place of the victim's.
        let home = app.other(Role::Provider);
        let site = home.post("structures", &crate::harness::bodies::structure()).await.expect(201).id();
        let unit = home.post(&format!("structures/{site}/units"), &crate::harness::bodies::unit()).await.expect(201).id();
        let vacancy = home.post(&format!("units/{unit}/vacancies"), &crate::harness::bodies::vacancy()).await.expect(201).id();
        referent.post(&format!("requests/{id}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201);
        let stolen = app.mails().into_iter().filter(|mail| mail.to.starts_with("vole") && mail.text.contains("/lien/")).count();
        insider.accomplices_read(&id).await;
        let lent = referent.get("organisations?limit=200").await.expect(200).body["items"].clone();
        let may_be_lent = |one: &&Value| one["name"].as_str().is_some_and(|name| name.ends_with("de plus")) && one["kind"] != "partner";
        let made_over = lent.as_array().unwrap().iter().filter(may_be_lent).count();
        insider.by.send(Method::POST, &format!("requests/{id}/lend"), &[("idempotency-key", "k")], Some(app.lending_for(9).to_string().into_bytes())).await.refused(403, "role_not_allowed");
        let tried = &insider.tried;
        let untried: Vec<_> = administrators_operations().into_iter().filter(|id| !tried.contains(id) && !OWN_ACCOUNT.contains(id) && *id != "rejectChange").collect();
        assert_eq!(untried, [""; 0], "operations of an administrator that nobody has tried as a detour");
        let read = [id.as_str(), alias.as_str(), message].iter().filter(|word| insider.heard.contains(**word)).count();
        let tries = tried.len() + insider.accomplices.len();
        came("cases read by any detour", "administrator", tries, read, 0);
        came("links of questions that came to another address", "administrator", tries, stolen, 0);
        came("organisations made over that may be lent a case", "administrator", tries, made_over, 0);
        app.ignore_mails();
    }
}

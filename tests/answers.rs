//! Answers in a real browser: two taps from the mail; what others do appears by itself, and nothing that is typed is lost; nothing for axe-core to
//! say on any state of *Orientations* and of the link of a mail.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use api::cli::client;
use api::domain::Role;
use api::work::do_what_is_due;
use serde_json::{Value, json};

use crate::harness::bodies::{request, structure, unit, vacancy, with};
use crate::harness::browser::{DESK, PHONE, Screen, Site, View};
use crate::harness::take_mails;
use crate::screens::look;

const SIAO: &str = "SIAO fictif du Rhône et de ses voisins";
const ASSOCIATION: &str = "Association fictive Les Amarres";

/// How long a machine that is busy with other things may take for what is there within five seconds else.
const PATIENCE: Duration = Duration::from_secs(90);

/// Both sides, by their tools.
struct Sides<'s> {
    site: &'s Site,
    referent: String,
    provider: String,
    unit: String,
}

impl<'s> Sides<'s> {
    async fn of(site: &'s Site) -> Self {
        let token = |organisation, role| client::make(site.app.db(), organisation, role).unwrap().0;
        let (referent, provider) = (token(SIAO, Role::Referent), token(ASSOCIATION, Role::Provider));
        let mut sides = Self { site, referent, provider, unit: String::new() };
        let home = sides.provides("structures", &structure()).await["id"].as_str().unwrap().to_owned();
        let group = sides.provides(&format!("structures/{home}/units"), &with(unit(), json!({"places": 9}))).await;
        sides.unit = group["id"].as_str().unwrap().to_owned();
        sides
    }

    async fn send(&self, token: &str, path: &str, body: &Value) -> Value {
        let (address, body) = (self.site.base.trim_start_matches("http://").to_owned(), body.to_string());
        let key = uuid::Uuid::now_v7();
        let call = format!(
            "POST /api/v1/{path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let said = actix_web::rt::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(call.as_bytes()).unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            said
        });
        let said = said.await.unwrap();
        assert!(said.starts_with("HTTP/1.1 20"), "{path}: {said}");
        serde_json::from_str(said.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    async fn asks(&self, path: &str, body: &Value) -> Value {
        self.send(&self.referent, path, body).await
    }

    async fn provides(&self, path: &str, body: &Value) -> Value {
        self.send(&self.provider, path, body).await
    }

    /// A question to a place of the association: its id, and by what people speak of it.
    async fn ask(&self) -> (String, String) {
        let place = self.provides(&format!("units/{}/vacancies", self.unit), &with(vacancy(), json!({"beds": 1}))).await;
        let asked = self.asks("requests", &request()).await;
        let path = format!("requests/{}/referrals", asked["id"].as_str().unwrap());
        let referral = self.asks(&path, &json!({"vacancy_id": place["id"]})).await;
        (referral["id"].as_str().unwrap().to_owned(), asked["alias"].as_str().unwrap().to_owned())
    }

    async fn expected(&self) -> String {
        let (referral, _) = self.ask().await;
        self.provides(&format!("referrals/{referral}/accept"), &json!({"meeting_point": "Devant la gare"})).await;
        let at = self.site.app.db().clock().now().plus(chrono::TimeDelta::hours(2)).to_string();
        self.asks(&format!("referrals/{referral}/confirm"), &json!({"expected_arrival": at})).await;
        referral
    }

    async fn housed(&self) -> String {
        let referral = self.expected().await;
        self.provides(&format!("referrals/{referral}/arrival"), &json!({})).await;
        referral
    }

    /// The link of the last mail to who answers.
    fn link(&self) -> String {
        do_what_is_due(&self.site.app.desk()).unwrap();
        let mails = take_mails(&self.site.app);
        let mail = mails.iter().rev().find(|mail| mail.text.contains("/lien/")).unwrap();
        assert!(mail.subject.starts_with("Une demande pour ce soir ("), "{}", mail.subject);
        format!("/lien/{}", mail.text.split("/lien/").nth(1).unwrap().split_whitespace().next().unwrap())
    }
}

/// Waits until what stands there says so, without anybody doing anything.
async fn comes(screen: &Screen, what: &str, script: &str) {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if screen.client.execute(&format!("return Boolean({script})"), Vec::new()).await.unwrap() == Value::Bool(true) {
            return;
        }
        actix_web::rt::task::yield_now().await;
    }
    panic!("{what} does not come: {}", screen.client.source().await.unwrap());
}

#[actix_web::test]
async fn an_answer_takes_two_taps_from_the_mail() {
    for view in [PHONE, View { scripts: false, ..PHONE }] {
        let site = Site::start();
        let Some(phone) = site.open(view).await else { return };
        let sides = Sides::of(&site).await;
        let (_, alias) = sides.ask().await;
        // The first tap is on the link.
        phone.go(&sides.link()).await;
        let said = phone.text("main").await.replace('\u{a0}', " ");
        for told in ["Structure fictive des Tilleuls", alias.as_str(), SIAO, "heure de Paris", "1 femme (18–25)"] {
            assert!(said.contains(told), "{told}: {said}");
        }
        // The second is the answer.
        phone.submit("form[action$='/oui'] button").await;
        assert!(phone.text("main").await.contains("Vous avez répondu"), "{}", phone.text("main").await);
        phone.submit("form[action$='/annuler'] button").await;
        assert!(phone.has(".notice").await);
        phone.close().await;
    }
}

#[actix_web::test]
async fn what_others_do_appears_and_what_one_types_stays() {
    let site = Site::start();
    let Some(home) = site.open(DESK).await else { return };
    let (colleague, desk) = (site.open(PHONE).await.unwrap(), site.open(DESK).await.unwrap());
    let sides = Sides::of(&site).await;
    let ((kept, _), (answered, _)) = (sides.ask().await, sides.ask().await);
    for screen in [&home, &colleague] {
        screen.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
        screen.go("/orientations").await;
    }
    desk.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    desk.go("/orientations").await;
    assert_eq!(home.client.title().await.unwrap(), "(2) Orientations · Havre");
    home.click(&format!("#non-{kept} > summary")).await;
    home.fill(&format!("#non-{kept}-text"), "une chambre").await;
    let root = home.find("html").await.element_id();

    colleague.submit(&format!("#oui-{answered} button")).await;
    comes(&home, "the answer of a colleague", &format!("!document.querySelector('#oui-{answered}')")).await;
    comes(&desk, "the answer to who asked", &format!("document.querySelector('#r-confirmer-{answered}')")).await;
    // It has not been loaded anew; what was typed, folded out and looked at is as it was.
    assert_eq!(home.find("html").await.element_id(), root);
    assert_eq!(home.client.title().await.unwrap(), "(1) Orientations · Havre");
    let typed = format!("document.activeElement.id === 'non-{kept}-text' && document.activeElement.value === 'une chambre'");
    assert_eq!(home.client.execute(&format!("return {typed}"), Vec::new()).await.unwrap(), Value::Bool(true));
    assert!(home.has(&format!("#non-{kept}[open]")).await);
    assert!(home.text("#resume").await.replace('\u{a0}', " ").starts_with("1 question"), "{}", home.text("#resume").await);
    home.client.active_element().await.unwrap().send_keys(" est en travaux").await.unwrap();
    // What is answered elsewhere while somebody writes stays before them, and says that it is old.
    sides.asks(&format!("referrals/{kept}/withdraw"), &json!({})).await;
    comes(&home, "what became of it", &format!("document.querySelector('#o-{kept} [data-was]')")).await;
    assert_eq!(
        home.client.execute(&format!("return document.querySelector('#non-{kept}-text').value"), Vec::new()).await.unwrap(),
        "une chambre est en travaux"
    );

    // The link of a mail keeps up, too.
    let (newest, _) = sides.ask().await;
    colleague.go(&sides.link()).await;
    assert!(colleague.has("form[action$='/oui'] button").await);
    let page = colleague.find("html").await.element_id();
    comes(&home, "the new question", &format!("document.querySelector('#oui-{newest} button')")).await;
    home.submit(&format!("#oui-{newest} button")).await;
    comes(&colleague, "that it is answered", "document.querySelector('form[action$=\"/annuler\"]')").await;
    assert_eq!(colleague.find("html").await.element_id(), page);
    for screen in [home, colleague, desk] {
        screen.close().await;
    }
}

#[actix_web::test]
async fn axe_finds_nothing_on_any_state_of_an_answer() {
    let mut found = Vec::new();
    for (width, dark) in [(320, true), (320, false), (1280, false), (1280, true)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(home) = site.open(view).await else { return };
        let sides = Sides::of(&site).await;
        sides.housed().await;
        sides.expected().await;
        let (called, _) = sides.ask().await;
        sides
            .provides(
                &format!("referrals/{called}/acknowledge"),
                &json!({"call_back": {"kind": "call_us", "phone": "01 99 00 02 17"}}),
            )
            .await;
        let (refused, _) = sides.ask().await;
        sides.provides(&format!("referrals/{refused}/decline"), &json!({"refusal": {"party": "structure", "code": "full"}})).await;
        let (accepted, _) = sides.ask().await;
        sides.provides(&format!("referrals/{accepted}/accept"), &json!({})).await;
        let (asked, _) = sides.ask().await;
        let link = sides.link();

        home.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
        home.go("/orientations").await;
        look(&home, view, "reponses-association", &mut found).await;
        for fold in ["non", "vue", "oui-plus"] {
            home.click(&format!("#{fold}-{asked} > summary")).await;
        }
        look(&home, view, "reponses-association-ouverte", &mut found).await;
        home.submit(&format!("#non-{asked} button[value=other]")).await;
        look(&home, view, "reponses-association-a-corriger", &mut found).await;

        home.go(&link).await;
        look(&home, view, "reponses-lien", &mut found).await;
        home.submit("form[action$='/oui'] button").await;
        look(&home, view, "reponses-lien-repondu", &mut found).await;
        home.close().await;

        let desk = site.open(view).await.unwrap();
        desk.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        desk.go("/orientations").await;
        look(&desk, view, "reponses-referent", &mut found).await;
        desk.click(&format!("#r-retirer-{accepted} > summary")).await;
        look(&desk, view, "reponses-referent-ouverte", &mut found).await;
        desk.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

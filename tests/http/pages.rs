//! The pages as what they send: nothing to keep, to frame or to steal; forms that only their own page can send.

use std::collections::BTreeSet;

use actix_web::http::Method;
use api::cli::client;
use api::domain::Role;
use api::domain::ids::AccountId;
use api::domain::token::token_hash;
use api::web::pages::words;
use chrono::TimeDelta;
use matcher::Code;
use serde_json::json;

use crate::harness::bodies::{day, public_structure, structure, unit, vacancy, with};
use crate::harness::people::{PASSWORD, Person, next_code};
use crate::harness::{Answer, Caller, TestApp, on_both};

/// A browser: the cookie it holds.
#[derive(Clone)]
pub struct Browser {
    nobody: Caller,
    pub cookie: String,
}

impl Browser {
    /// One that has seen the sign-in page.
    pub async fn new(app: &TestApp) -> Self {
        let mut browser = Self { nobody: app.nobody(), cookie: String::new() };
        browser.get("/connexion").await.expect(200);
        browser
    }

    /// One that is signed in.
    pub async fn signed_in(app: &TestApp, caller: &Caller) -> Self {
        let now = app.app().service.pulse().await.unwrap().now;
        let holder = app.app().service.live().holder(&token_hash(caller.token()), now).unwrap();
        Self::signed_in_as(app, holder.caller.account).await
    }

    /// The same, by a link of the operator's.
    pub async fn signed_in_as(app: &TestApp, account: AccountId) -> Self {
        let mut browser = Self::new(app).await;
        let link = client::sign_in_link(app.db(), account, "").unwrap();
        let page = browser.get(&link).await.expect(200);
        assert_eq!(browser.press(&page, words::ENTER.text(), &[]).await.expect(303).header("location"), "/");
        browser
    }

    /// One with this cookie.
    pub fn with_cookie(app: &TestApp, cookie: &str) -> Self {
        Self { nobody: app.nobody(), cookie: cookie.to_owned() }
    }

    /// The same from this address.
    pub fn at(self, peer: &str) -> Self {
        Self { nobody: self.nobody.at(peer), ..self }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let answer = self.nobody.send(Method::GET, path, &[("cookie", &self.cookie)], None).await;
        self.keep_cookie(answer)
    }

    /// Sends a form of a page that was seen.
    pub async fn post(&mut self, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let all = [("form", hidden(page, "form")), ("key", hidden(page, "key"))];
        let all = all.iter().map(|(name, value)| (*name, value.as_str())).chain(fields.iter().copied());
        self.post_alone(path, &all.collect::<Vec<_>>()).await
    }

    /// Presses the first button of a page that says this: its form goes where it says, with what stands in it and what is typed.
    pub async fn press(&mut self, page: &Answer, button: &str, typed: &[(&str, &str)]) -> Answer {
        let (path, fields) = form(page, button);
        let kept = fields.iter().filter(|(name, _)| !typed.iter().any(|(typed, _)| typed == name));
        let all: Vec<_> = kept.map(|(name, value)| (name.as_str(), value.as_str())).chain(typed.iter().copied()).collect();
        self.post_alone(&path, &all).await
    }

    pub async fn post_alone(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let answer = self.nobody.send(Method::POST, path, &headers, Some(body.into_bytes())).await;
        self.keep_cookie(answer)
    }

    fn keep_cookie(&mut self, answer: Answer) -> Answer {
        for kept in answer.headers.get_all("set-cookie") {
            let pair = kept.to_str().unwrap().split(';').next().unwrap();
            let name = pair.split_once('=').unwrap().0;
            let others = self.cookie.split("; ").filter(|known| !known.is_empty() && known.split_once('=').unwrap().0 != name);
            self.cookie = others.map(ToOwned::to_owned).chain([pair.to_owned()]).collect::<Vec<_>>().join("; ");
        }
        answer
    }
}

/// Ends the heading of a place in the Rhône that is proposed.
pub const PROPOSED: &str = "(69)</h3>";

/// Where a link leads that signs in someone of the own organisation, as the command line makes it.
fn sign_in_link(app: &TestApp) -> String {
    client::sign_in_link(app.db(), app.own(Role::Provider).identity().account, "").unwrap()
}

pub fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    page.text.split(&start).nth(1).unwrap_or_else(|| panic!("no {name} in {}", page.text)).split('"').next().unwrap().to_owned()
}

/// The form of the first button that says this: where it goes, and the fields it sends.
fn form(page: &Answer, button: &str) -> (String, Vec<(String, String)>) {
    let attribute = |tag: &str, name: &str| {
        let tag = tag.split('>').next().unwrap();
        tag.split(&format!(" {name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    let at = page.text.find(&format!(">{}</button>", maud_escaped(button)));
    let at = at.unwrap_or_else(|| panic!("no button {button} in {}", page.text));
    let pressed = &page.text[page.text[..at].rfind("<button").unwrap()..];
    // A button may be of a form that it does not stand in.
    let from = match attribute(pressed, "form") {
        Some(id) => page.text.find(&format!("<form id=\"{id}\"")).unwrap_or_else(|| panic!("no form {id}")),
        None => page.text[..at].rfind("<form").unwrap(),
    };
    let form = page.text[from..].split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for input in form.split("<input").skip(1) {
        if let (Some(name), Some(value)) = (attribute(input, "name"), attribute(input, "value")) {
            fields.push((name, value));
        }
    }
    for select in form.split("<select").skip(1) {
        let first = select.split("<option").nth(1).unwrap();
        fields.push((attribute(select, "name").unwrap(), attribute(first, "value").unwrap()));
    }
    if let (Some(name), Some(value)) = (attribute(pressed, "name"), attribute(pressed, "value")) {
        fields.push((name, value));
    }
    (attribute(pressed, "formaction").or_else(|| attribute(form, "action")).unwrap(), fields)
}

/// What is asked tonight: the first day as the form offered it, whenever that was.
pub const ASKED: [(&str, &str); 6] = [
    ("p1_who", "female_adult"),
    ("p1_age", "24"),
    ("place", "Lyon"),
    ("zone", "93"),
    ("first_day", "2026-01-01"),
    ("today", "2026-01-01"),
];

on_both! {
    async fn every_page_is_kept_by_nobody_and_runs_nothing_of_others(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        for path in ["/connexion", "/connexion/x", "/demande", "/orientations"] {
            let page = browser.get(path).await.expect(200);
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert_eq!(page.header("referrer-policy"), "no-referrer");
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            assert!(!page.text.contains("<style") && !page.text.contains(" style=") && !page.text.contains(" onclick"), "{path}");
        }
        let cookie = Browser { nobody: app.nobody(), cookie: String::new() }.get("/connexion").await.header("set-cookie");
        assert!(cookie.starts_with("__Host-havre=") && cookie.contains("Secure") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert!(cookie.contains("Path=/") && !cookie.contains("Domain"), "{cookie}");
    }

    async fn who_is_not_signed_in_is_asked_to(app: TestApp) {
        let mut browser = Browser::new(&app).await;
        for path in ["/", "/demande", "/places", "/orientations", "/communes?q=lyon"] {
            assert_eq!(browser.get(path).await.expect(303).header("location"), "/connexion", "{path}");
        }
        // A tool's token is nobody's sign-in.
        let page = browser.get("/connexion").await;
        let token = app.own(Role::Referent).token().to_owned();
        for fields in [vec![("token", token.as_str())], vec![("address", "x"), ("password", token.as_str()), ("code", token.as_str())]] {
            let wrong = browser.post("/connexion", &page, &fields).await.expect(422);
            assert!(wrong.text.contains(words::NOT_BELIEVED.text()), "{}", wrong.text);
        }
    }

    async fn each_role_has_its_first_screen_and_no_other_s(app: TestApp) {
        for (role, home, closed) in [
            (Role::Referent, "/demande", "/places"),
            (Role::Provider, "/places", "/demande"),
            (Role::Regulator, "/orientations", "/places"),
            (Role::Auditor, "/journaux", "/demande"),
            (Role::Manager, "/comptes", "/demande"),
            (Role::Administrator, "/comptes", "/demande"),
            (Role::Coordinator, "/registre", "/demande"),
        ] {
            let mut browser = Browser::signed_in(&app, &app.own(role)).await;
            assert_eq!(browser.get("/").await.expect(303).header("location"), home);
            browser.get(home).await.expect(200);
            let refused = browser.get(closed).await.expect(403);
            assert!(refused.text.contains(words::FORBIDDEN_TEXT.text()), "{}", refused.text);
        }
    }

    async fn a_form_of_another_page_is_refused(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get("/demande").await;
        let stranger = Browser::signed_in(&app, &app.other(Role::Referent)).await;
        let before = app.row_counts();
        let foreign = hidden(&Browser { nobody: app.nobody(), cookie: stranger.cookie }.get("/demande").await, "form");
        for form in ["", "x", foreign.as_str()] {
            let fields: Vec<_> = ASKED.into_iter().chain([("form", form), ("key", "k")]).collect();
            assert!(browser.post_alone("/demande", &fields).await.expect(403).text.contains(words::FORM_EXPIRED_TEXT.text()));
        }
        browser.post_alone("/deconnexion", &[]).await.expect(403);
        assert_eq!(app.row_counts(), before);
        browser.post("/demande", &page, &ASKED).await.expect(200);
    }

    async fn what_was_asked_is_neither_stored_nor_in_an_address_or_a_title(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get("/demande").await;
        let before = app.row_counts();
        let shown = browser.post("/demande", &page, &ASKED).await.expect(200);
        assert!(shown.text.contains("<title>Places possibles · Havre</title>"), "{}", shown.text);
        assert!(shown.text.contains(PROPOSED) && shown.text.contains(&vacancy), "it can be asked: {}", shown.text);
        assert!(!shown.text.contains("Structure fictive") && !shown.text.contains("+33199001234"), "what is not stored names no home");
        assert!(shown.text.contains("href=\"tel:115\""), "nobody is left without a human to call: {}", shown.text);
        assert_eq!(app.row_counts(), before);
        assert_eq!(app.count("SELECT count(*) AS n FROM access_log WHERE operation = 'propositionsAdHoc'"), 0, "nothing that is noted is shown");
    }

    async fn where_nothing_fits_the_page_says_what_is_left_to_do(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let empty = browser.get("/demande").await;
        let nothing = browser.post("/demande", &empty, &ASKED).await.expect(200);
        assert!(nothing.text.contains(&maud_escaped(words::PROPOSALS_NONE.text())), "{}", nothing.text);
        for word in [words::LOOK_AT_TO_VERIFY.text(), words::LOOK_AT_WOULD_OPEN.text()] {
            assert!(!nothing.text.contains(&maud_escaped(word)), "there is nothing of the kind: {}", nothing.text);
        }
        // Only across the sea, and therefore farther than one wished to go: all that was wished, and nothing else, is named.
        let site = app.site_with(&public_structure("2A004", 41.92, 8.73), &unit()).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let shown = browser.post("/demande", &empty, &ASKED).await.expect(200);
        assert!(shown.text.contains(&maud_escaped(words::LOOK_AT_WOULD_OPEN.text())), "{}", shown.text);
        assert!(shown.text.contains("<details class=\"card\" open"), "{}", shown.text);
        let line = shown.text.split("tout à la fois\u{a0}: ").nth(1).unwrap_or_else(|| panic!("{}", shown.text)).split(", voir lesquelles").next().unwrap();
        assert_eq!(line, "accepter un éloignement géographique, accepter de traverser la mer\u{a0}: 1 groupe de places de plus");
    }

    async fn a_form_that_is_wrong_comes_back_as_it_was(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        for (fields, why) in [
            (vec![("p1_who", "female_adult"), ("place", "Nullepartville")], words::UNKNOWN_COMMUNE.text()),
            (vec![("place", "Lyon")], words::NOBODY.text()),
            (vec![("p1_age", "17"), ("place", "Lyon")], words::WHO_IS_IT.text()),
            (vec![("p1_who", "female_minor"), ("p1_age", "quatre"), ("place", "Lyon")], words::WRONG_AGE.text()),
            (vec![("p1_who", "female_adult"), ("place", "Lyon"), ("nights", "0")], words::WRONG_FIELD.text()),
            (vec![("p1_who", "female_adult"), ("place", "Lyon"), ("information", "")], words::WRONG_FIELD.text()),
        ] {
            let page = browser.get("/demande").await;
            let fields: Vec<_> = fields.into_iter().chain([("first_day", "2026-01-01"), ("today", "2026-01-01")]).collect();
            let path = if fields.iter().any(|(name, _)| *name == "information") { "/demande/enregistrer" } else { "/demande" };
            let again = browser.post(path, &page, &fields).await.expect(422);
            assert!(again.text.contains(&maud_escaped(why)), "{fields:?}: {}", again.text);
            for (name, value) in &fields {
                let kept = again.text.contains(&format!("value=\"{value}\"")) || *name == "information" || *name == "nights";
                assert!(kept, "{name} {value} was lost");
            }
        }
    }

    async fn all_that_is_wrong_in_a_form_is_named_at_once(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get("/demande").await;
        let fields = [
            ("p1_who", "x"), ("p2_who", "male_adult"), ("p2_age", "151"), ("place", "Lyon"), ("zone", "Lyon"), ("zone_km", "0"), ("first_day", "2026-02-30"),
            ("wish", "move_away"), ("min_km", "far"), ("max_km", "far"), ("wished", "gold"), ("stage", "none"), ("information", "not_yet"),
        ];
        let again = browser.post("/demande/enregistrer", &page, &fields).await.expect(422);
        let named: Vec<_> = again.text.split("<li><a href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(named, ["p1_who", "p2_age", "zone_km", "max_km", "min_km", "first_day", "stage", "wished", "information"], "{}", again.text);
        let against_itself = [("p1_who", "female_adult"), ("couple", "true"), ("seen_apart", "yes"), ("place", "Lyon"), ("first_day", "2026-01-01"), ("today", "2026-01-01")];
        let again = browser.post("/demande", &page, &against_itself).await.expect(422);
        assert!(again.text.contains("href=\"#couple\"") && again.text.contains("id=\"couple-error\""), "{}", again.text);
    }

    async fn a_form_stores_what_the_same_body_would(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut browser = Browser::signed_in(&app, &referent).await;
        let page = browser.get("/demande").await;
        let tomorrow = day(1);
        let fields = [
            ("p1_who", "female_adult"), ("p1_age", "24"), ("p2_who", "female_adult"), ("p3_who", "other_adult"),
            ("p4_who", "male_minor"), ("p4_age", "4 ans"), ("p4_parent", "yes"), ("p5_who", "male_minor"), ("p5_age", "?"), ("p5_parent", "yes"),
            ("p7_who", "female_minor"), ("p7_age", "17"), ("p7_parent", "no"), ("p8_who", "female_presumed"), ("p8_age", "19"), ("p8_parent", "no"),
            ("couple", "true"), ("seen_apart", "yes"),
            ("place", "Dijon"), ("first_day", tomorrow.as_str()), ("zone", "seine-saint-denis"), ("avoid", "Dijon"), ("avoid_km", "5"),
            ("urgency", "urgent"), ("nights", "7"), ("wish", "stay_near"), ("max_km", "50.5"), ("min_km", ""), ("accepts_removal", "true"),
            ("living_with", "women"), ("living_with", "alone"), ("required", "cot"), ("wished", "animals"), ("wished_languages", "ro"),
            ("today", "2026-01-01"), ("information", "given"), ("information_language", "en"), ("shared", "wishes"),
        ];
        let stored = browser.post("/demande/enregistrer", &page, &fields).await.expect(303).header("location");
        let stored = referent.get(&stored.replace("/demandes/", "requests/").replace("/places", "")).await.expect(200).body;
        let at = json!({"lat": stored["place"]["lat"], "lon": stored["place"]["lon"]});
        assert!((at["lat"].as_f64().unwrap() - 47.32).abs() < 0.1, "{at}");
        let person = |gender: &str, minority: &str, age: Option<u8>, with_parent: bool| {
            json!({"gender": gender, "minority": minority, "age": age, "with_parent": with_parent, "turns_18_on": null})
        };
        let expected = json!({
            "household": [
                person("female", "adult", Some(24), false), person("female", "adult", None, false), person("other", "adult", None, false),
                person("male", "minor", Some(4), true), person("male", "minor", None, true),
                person("female", "minor", Some(17), false), person("female", "presumed_minor", Some(19), false),
            ],
            "couple": true, "stage": "emergency", "urgency": "urgent", "first_day": tomorrow, "nights": 7,
            "place": with(at.clone(), json!({"department": "21"})), "distance": {"wish": "stay_near", "max_km": 50.5},
            "accepts_removal": true, "accepts_crossing": false, "living_with": ["women", "alone"],
            "danger_zones": [{"level": "forbidden", "department": "93"}, {"level": "avoid", "centre": at, "radius_km": 5.0}],
            "required": ["cot"], "wished": ["animals"], "required_languages": [], "wished_languages": ["ro"],
            "refused_units": [], "refused_structures": [], "lone_minors": [], "seen_apart": true,
            "information": {"state": "given", "day": "2026-01-01", "language": "en", "interpreter": false, "shared": ["wishes"]},
        });
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&stored[field], value, "{field}");
        }
    }

    async fn a_link_signs_in_once(app: TestApp) {
        let path = sign_in_link(&app);
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        browser.get(&path).await.expect(200);
        assert_eq!(browser.post(&path, &page, &[]).await.expect(303).header("location"), "/");
        assert_eq!(browser.get("/").await.header("location"), "/places");
        let mut other = Browser::new(&app).await;
        let page = other.get(&path).await;
        assert!(other.post(&path, &page, &[]).await.expect(422).text.contains(&maud_escaped(words::LINK_OVER.text())));
    }

    async fn signing_out_or_revoking_ends_a_session(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let page = browser.get("/places").await.expect(200);
        let signed_in = browser.cookie.clone();
        browser.post("/deconnexion", &page, &[]).await.expect(303);
        let mut stale = Browser { nobody: app.nobody(), cookie: signed_in };
        assert_eq!(stale.get("/places").await.expect(303).header("location"), "/connexion");
        let mut revoked = Browser::signed_in(&app, &app.other(Role::Provider)).await;
        let client = app.other(Role::Provider).identity().account;
        api::cli::client::revoke(app.db(), client).unwrap();
        assert_eq!(revoked.get("/places").await.expect(303).header("location"), "/connexion");
    }

    async fn a_mail_s_link_opens_a_page_without_an_account(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let mail = app.mails().remove(0);
        let path = format!("/lien/{}", mail.text.split("/lien/").nth(1).unwrap().split_whitespace().next().unwrap());
        app.clock().advance(TimeDelta::minutes(5));
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        assert!(page.text.contains("1\u{a0}femme (18–25)"), "{}", page.text);
        let before = app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.body["confirmed_at"].clone();
        assert_eq!(browser.press(&page, words::STILL_TRUE.text(), &[]).await.expect(303).header("location"), path);
        assert_ne!(app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.body["confirmed_at"], before);
        // Which home, who asks and at which number, until when.
        for told in ["Structure fictive des Tilleuls", "Organisation fictive", words::BEFORE.text()] {
            assert!(page.text.contains(&maud_escaped(told)), "{told}: {}", page.text);
        }
        // One bed more; the same button of the same page again says that the page is old.
        assert_eq!(browser.press(&page, "+", &[]).await.expect(303).header("location"), path);
        assert!(browser.press(&page, "+", &[]).await.expect(412).text.contains(&maud_escaped(words::OLD_PAGE_TEXT.text())));
        assert_eq!(app.beds(&vacancy).await, (2, 0));
        browser.press(&page, words::YES.text(), &[]).await.expect(303);
        assert!(browser.press(&page, words::YES.text(), &[]).await.expect(409).text.contains(&maud_escaped(words::STATE_CHANGED_TEXT.text())));
        let answered = browser.get(&path).await.expect(200);
        assert!(answered.text.contains(&maud_escaped(words::UNDO_UNTIL.text())) && !answered.text.contains("/oui"), "{}", answered.text);
        assert!(browser.press(&answered, words::UNDO_ANSWER.text(), &[]).await.expect(200).text.contains(&maud_escaped(words::LINK_UNDONE.text())));
        assert!(browser.get(&path).await.expect(410).text.contains(&maud_escaped(words::MAIL_LINK_OVER.text())));
        app.ignore_mails();
        assert!(browser.get("/lien/x").await.expect(404).text.contains(words::NOT_FOUND_TITLE.text()));
    }

    async fn one_less_on_a_mail_s_page_says_that_the_last_bed_is_held(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
        let mail = app.mails().remove(0);
        let path = format!("/lien/{}", mail.text.split("/lien/").nth(1).unwrap().split_whitespace().next().unwrap());
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        let refused = browser.post(&format!("{path}/nombre"), &page, &[("from", "1"), ("tap", "less")]).await.expect(409);
        assert!(refused.text.contains(&maud_escaped(words::places::BEDS_HELD.text())) && refused.text.contains("beds_held"), "{}", refused.text);
        assert_eq!(app.beds(&vacancy).await, (1, 1));
    }

    async fn the_same_form_sent_twice_is_done_once(app: TestApp) {
        let vacancy = app.vacancy(3).await;
        let request = app.request().await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&format!("/demandes/{request}/places")).await.expect(200);
        for _ in 0..2 {
            let fields = [("vacancy", vacancy.as_str()), ("action", "hold")];
            browser.post(&format!("/demandes/{request}/orientations"), &page, &fields).await.expect(303);
        }
        assert_eq!(app.beds(&vacancy).await, (3, 1));
        app.ignore_mails();
    }

    async fn signing_in_takes_another_cookie(app: TestApp) {
        let person = Person::of(&app, &app.own(Role::Provider));
        for by_link in [false, true] {
            let path = if by_link { sign_in_link(&app) } else { "/connexion".to_owned() };
            // Whoever planted the cookie knows it.
            let mut browser = Browser::new(&app).await;
            let mut planted = Browser { nobody: app.nobody(), cookie: browser.cookie.clone() };
            let page = browser.get(&path).await.expect(200);
            assert_eq!(browser.cookie, planted.cookie);
            let code = next_code(&app);
            browser.post(&path, &page, &[("address", &person.address), ("password", PASSWORD), ("code", &code)]).await.expect(303);
            assert_ne!(browser.cookie, planted.cookie, "by link: {by_link}");
            assert_eq!(browser.get("/places").await.status, 200, "by link: {by_link}");
            assert_eq!(planted.get("/places").await.expect(303).header("location"), "/connexion", "by link: {by_link}");
        }
    }

    async fn who_signs_in_where_another_was_signed_in_does_not_take_over_its_cookie(app: TestApp) {
        let mut first = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let mut before = Browser { nobody: app.nobody(), cookie: first.cookie.clone() };
        let person = Person::of(&app, &app.other(Role::Provider));
        person.sign_in(&mut first).await.expect(303);
        assert_ne!(first.cookie, before.cookie);
        assert_eq!(first.get("/").await.expect(303).header("location"), "/places", "it is the second who is signed in now");
        for path in ["/places", "/demande", "/"] {
            assert_eq!(before.get(path).await.expect(303).header("location"), "/connexion", "{path}: the session of the first is over");
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions"), 1);
    }

    async fn signing_out_takes_another_cookie(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let signed_in = browser.cookie.clone();
        let page = browser.get("/places").await.expect(200);
        browser.press(&page, words::SIGN_OUT.text(), &[]).await.expect(303);
        assert_ne!(browser.cookie, signed_in);
        assert_eq!(browser.get("/places").await.expect(303).header("location"), "/connexion");
    }

    async fn nobody_is_signed_in_by_a_form_of_another_site(app: TestApp) {
        let mut browser = Browser::new(&app).await;
        let before = app.count("SELECT count(*) AS n FROM sessions");
        let person = Person::of(&app, &app.own(Role::Provider));
        for form in ["", "x"] {
            let code = next_code(&app);
            let fields = [("address", person.address.as_str()), ("password", PASSWORD), ("code", code.as_str()), ("form", form)];
            browser.post_alone("/connexion", &fields).await.expect(403);
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions"), before);
    }

    async fn a_link_that_signs_in_runs_out(app: TestApp) {
        let path = sign_in_link(&app);
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        app.clock().advance(api::limits::SIGN_IN_LINK_VALID);
        assert!(browser.post(&path, &page, &[]).await.expect(422).text.contains(&maud_escaped(words::LINK_OVER.text())));
        assert_eq!(browser.get("/places").await.expect(303).header("location"), "/connexion");
    }

    async fn a_form_is_no_larger_than_forms_are(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get("/demande").await;
        browser.post("/demande", &page, &[("place", &"x".repeat(api::limits::FORM_BYTES_MAX))]).await.expect(413);
    }

    async fn whom_orientations_show_is_noted(app: TestApp) {
        let site = app.site().await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let (asked, bare) = (app.request().await, app.request().await);
        let theirs = app.other(Role::Referent).post("requests", &crate::harness::bodies::request()).await.expect(201).id();
        app.ask(&asked, &vacancy, json!({})).await.expect(201);
        let mut expected = BTreeSet::new();
        for (caller, shown) in [
            // Who asks is shown whose home it is.
            (app.own(Role::Referent), vec![&asked, &bare, &site.structure]),
            // Who answers is shown which of its homes is asked.
            (app.own(Role::Provider), vec![&asked, &site.structure]),
            (app.other(Role::Referent), vec![&theirs]),
            (app.other(Role::Provider), vec![]),
            (app.own(Role::Regulator), vec![&asked]),
            (app.other(Role::Regulator), vec![]),
        ] {
            Browser::signed_in(&app, &caller).await.get("/orientations").await.expect(200);
            expected.extend(caller.read(shown));
            assert_eq!(app.noted("orientations").await, expected);
        }
        app.ignore_mails();
    }

    async fn whose_name_is_shown_for_a_stored_request_is_noted(app: TestApp) {
        let site = app.site().await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let request = app.request().await;
        let page = Browser::signed_in(&app, &app.own(Role::Referent)).await.get(&format!("/demandes/{request}/places")).await.expect(200);
        assert!(page.text.contains("Structure fictive des Tilleuls"), "{}", page.text);
        assert_eq!(app.noted("propositions").await, app.own(Role::Referent).read([&request, &site.structure]));
    }

    async fn only_its_own_see_the_proposals_of_a_request_and_only_while_it_is_not_closed(app: TestApp) {
        app.vacancy(1).await;
        let request = app.request().await;
        let path = format!("/demandes/{request}/places");
        let (mut own, mut other) = (Browser::signed_in(&app, &app.own(Role::Referent)).await, Browser::signed_in(&app, &app.other(Role::Referent)).await);
        own.get(&path).await.expect(200);
        assert!(other.get(&path).await.expect(404).text.contains(words::NOT_FOUND_TITLE.text()));
        app.own(Role::Referent).post(&format!("requests/{request}/close"), &json!({"reason": "other"})).await.expect(200);
        assert!(own.get(&path).await.expect(409).text.contains("request_closed"));
    }

    async fn a_place_that_is_asked_already_is_not_offered_again(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let request = app.request().await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let path = format!("/demandes/{request}/places");
        let page = browser.get(&path).await.expect(200);
        assert!(!page.text.contains(words::proposals::ASKED_STATE.text()));
        let stayed = browser.press(&page, words::ASK_PLACE.text(), &[]).await.expect(303).header("location");
        assert_eq!(stayed, path, "one stays where one was");
        assert_eq!(app.beds(&vacancy).await, (2, 0), "to ask holds nothing");
        let page = browser.get(&path).await.expect(200);
        assert!(page.text.contains(words::proposals::ASKED_STATE.text()) && !page.text.contains(words::hold_place(matcher::Urgency::Immediate)), "{}", page.text);
        // Until when is said by the hour; the day only where it is not today, and then in a word.
        let until = page.text.split("<p class=\"state\">").nth(1).unwrap().split("<time ").nth(1).unwrap().split("</time>").next().unwrap();
        let until = until.split('>').nth(1).unwrap();
        assert!(until.contains("\u{a0}h") && !until.contains('/'), "{until}");
        app.ignore_mails();
    }

    async fn an_addressee_answers_with_taps(app: TestApp) {
        use api::domain::ReferralState::{Arrived, Asked, Confirmed};
        let (vacancy, provider) = (app.vacancy(9).await, app.own(Role::Provider));
        let mut browser = Browser::signed_in(&app, &provider).await;
        let full = words::label(api::domain::RefusalCode::Full);
        for (from, button, to) in [
            (Asked, words::CALL_ME.text(), "acknowledged"),
            (Asked, words::YES.text(), "accepted"),
            (Asked, full, "declined"),
            (Confirmed, words::ARRIVED.text(), "arrived"),
            (Confirmed, words::NOT_COME.text(), "no_show"),
            (Arrived, words::END_STAY.text(), "ended"),
        ] {
            let referral = app.referral_in(&vacancy, from).await;
            let page = browser.get("/orientations").await.expect(200);
            let before = app.count("SELECT count(*) AS n FROM events");
            assert_eq!(browser.press(&page, button, &[]).await.expect(303).header("location"), "/orientations");
            let record = provider.get(&format!("referrals/{referral}")).await.expect(200).body;
            assert_eq!((&record["state"], &record["by_phone"]), (&json!(to), &json!(false)), "{button}");
            // Sent again it is what it was: the form has a key.
            let after = app.count("SELECT count(*) AS n FROM events");
            assert!(before < after);
            browser.press(&page, button, &[]).await.expect(303);
            assert_eq!(app.count("SELECT count(*) AS n FROM events"), after, "{button}");
            let request = record["request_id"].as_str().unwrap();
            app.own(Role::Referent).post(&format!("requests/{request}/close"), &json!({"reason": "other"})).await;
            if to == "arrived" {
                provider.post(&format!("referrals/{referral}/end"), &json!({"reason": "left", "request": "closed"})).await.expect(200);
            }
        }
        app.ignore_mails();
    }

    async fn what_a_referent_taps_for_the_addressee_came_by_phone(app: TestApp) {
        let (vacancy, referent) = (app.vacancy(9).await, app.own(Role::Referent));
        let mut browser = Browser::signed_in(&app, &referent).await;
        let full = words::label(api::domain::RefusalCode::Full);
        for (button, state) in [(words::YES.text(), "accepted"), (full, "declined")] {
            let path = format!("referrals/{}", app.referral_in(&vacancy, api::domain::ReferralState::Asked).await);
            let page = browser.get("/orientations").await.expect(200);
            browser.press(&page, button, &[]).await.expect(303);
            let record = referent.get(&path).await.expect(200).body;
            assert_eq!((&record["state"], &record["by_phone"]), (&json!(state), &json!(true)));
        }
        let page = browser.get("/orientations").await.expect(200);
        browser.press(&page, words::CONFIRM.text(), &[]).await.expect(303);
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals WHERE state = 'confirmed'"), 1);
        let page = browser.get("/orientations").await.expect(200);
        browser.press(&page, words::WITHDRAW.text(), &[]).await.expect(303);
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals WHERE state = 'withdrawn'"), 1);
        app.ignore_mails();
    }

    async fn a_place_that_a_regulator_answers_for_has_no_buttons(app: TestApp) {
        let (provider, regulator) = (app.own(Role::Provider), app.other(Role::Regulator));
        let organisation = format!("organisations/{}", regulator.identity().organisation);
        let body = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": [], "contact": {"email": "regulateur@example.org"}});
        app.own(Role::Administrator).put(&organisation, "*", &body).await.expect(200);
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["115"]}))).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        let (mut place, mut door) = (Browser::signed_in(&app, &provider).await, Browser::signed_in(&app, &regulator).await);
        assert!(place.get("/orientations").await.expect(200).text.contains(&maud_escaped(words::REFERRALS_NONE.text())), "who only asks is the regulator's to see");
        let page = door.get("/orientations").await.expect(200);
        door.press(&page, words::YES.text(), &[]).await.expect(303);
        app.own(Role::Referent).post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        let (seen, answered) = (place.get("/orientations").await.expect(200), door.get("/orientations").await.expect(200));
        let button = format!(">{}</button>", words::ARRIVED.text());
        assert!(seen.text.contains("1\u{a0}femme (24 ans)") && !seen.text.contains(&button), "{}", seen.text);
        assert!(answered.text.contains(&button), "{}", answered.text);
        app.ignore_mails();
    }

    async fn a_tap_on_a_place_is_done_once(app: TestApp) {
        let site = app.site().await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let page = browser.get("/places").await.expect(200);
        for _ in 0..2 {
            browser.press(&page, words::DECLARE.text(), &[("beds", "3")]).await.expect(303);
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM vacancies"), 1);
        let list = app.own(Role::Provider).get(&format!("units/{}/vacancies", site.unit)).await.expect(200).body;
        let vacancy = list["items"][0]["id"].as_str().unwrap();
        let page = browser.get("/places").await.expect(200);
        for _ in 0..2 {
            browser.press(&page, words::TAKEN_ELSEWHERE.text(), &[]).await.expect(303);
        }
        assert_eq!(app.beds(vacancy).await, (2, 0));
        app.clock().advance(TimeDelta::minutes(20));
        let before = app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.body["confirmed_at"].clone();
        let page = browser.get("/places").await.expect(200);
        browser.press(&page, words::STILL_TRUE.text(), &[]).await.expect(303);
        assert_ne!(app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.body["confirmed_at"], before);
    }

    async fn an_old_page_changes_by_one_and_confirms_nothing(app: TestApp) {
        let (provider, vacancy) = (app.own(Role::Provider), app.vacancy(3).await);
        let record = format!("vacancies/{vacancy}");
        let mut browser = Browser::signed_in(&app, &provider).await;
        let old = browser.get("/places").await.expect(200);
        let etag = provider.get(&record).await.expect(200).etag();
        let moved = json!({"beds": 7, "from": day(-3), "until": day(9)});
        provider.put(&record, &etag, &moved).await.expect(200);
        app.clock().advance(TimeDelta::minutes(20));
        // Neither its number nor its days come back.
        for (button, beds) in [("+", 8), ("−", 7)] {
            browser.press(&old, button, &[]).await.expect(303);
            let now = provider.get(&record).await.expect(200).body;
            assert_eq!((&now["beds"], &now["from"], &now["until"]), (&json!(beds), &moved["from"], &moved["until"]), "{button}");
        }
        app.clock().advance(TimeDelta::minutes(20));
        let before = provider.get(&record).await.expect(200).body;
        let refused = browser.press(&old, words::STILL_TRUE.text(), &[]).await.expect(412);
        assert!(refused.text.contains(&maud_escaped(words::OLD_PAGE_TEXT.text())), "{}", refused.text);
        assert_eq!(provider.get(&record).await.expect(200).body, before);
        let fresh = browser.get("/places").await.expect(200);
        // A hold makes no page old: what the association said stands as it was.
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
        browser.press(&fresh, words::STILL_TRUE.text(), &[]).await.expect(303);
        assert_ne!(provider.get(&record).await.expect(200).body["confirmed_at"], before["confirmed_at"]);
        app.ignore_mails();
    }

    async fn a_tap_beyond_the_places_of_the_group_says_so(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 2}))).await;
        let mut browser = Browser::signed_in(&app, &provider).await;
        let page = browser.get("/places").await.expect(200);
        browser.press(&page, words::DECLARE.text(), &[("beds", "2")]).await.expect(303);
        let page = browser.get("/places").await.expect(200);
        for (button, typed) in [("+", vec![]), (words::DECLARE.text(), vec![("beds", "1")])] {
            let refused = browser.press(&page, button, &typed).await.expect(409);
            assert!(refused.text.contains(words::BEYOND_PLACES_TEXT.text()), "{}", refused.text);
        }
        let refused = browser.press(&page, words::DECLARE.text(), &[("from", &day(-9)), ("until", &day(-2))]).await.expect(409);
        assert!(refused.text.contains(words::DATES_TEXT.text()), "{}", refused.text);
        assert_eq!(app.walk(&provider, &format!("units/{}/vacancies", site.unit), 2).await.len(), 1);
    }

    async fn no_page_ends_with_the_oldest_of_something(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site().await;
        let (mut requests, mut groups) = (Vec::new(), vec![site.unit.clone()]);
        for _ in 0..203 {
            requests.push(app.request().await);
            groups.push(provider.post(&format!("structures/{}/units", site.structure), &unit()).await.expect(201).id());
        }
        let mut asking = Browser::signed_in(&app, &referent).await;
        let mut running = Browser::signed_in(&app, &provider).await;
        for (browser, path, list, link, all) in
            [(&mut asking, "/orientations", "demandes", "/demandes/", &requests), (&mut running, "/places", "avant", "/groupes/", &groups)]
        {
            let first = browser.get(path).await.expect(200);
            let on = |page: &Answer, id: &String| page.text.contains(&format!("{link}{id}"));
            assert!(all.iter().rev().take(200).all(|id| on(&first, id)), "{path} begins with the newest");
            assert!(!on(&first, &all[0]), "{path}");
            let more = first.text.split(&format!("href=\"{path}?{list}=")).nth(1).unwrap_or_else(|| panic!("{path} leads nowhere")).split('"').next().unwrap();
            let second = browser.get(&format!("{path}?{list}={more}")).await.expect(200);
            assert!(all.iter().take(all.len() - 200).all(|id| on(&second, id)), "{path}: {}", second.text);
            let elsewhere = second.text.replace(&format!("href=\"{path}?{list}={more}"), "");
            assert!(!elsewhere.contains(&format!("href=\"{path}?{list}=")), "{path} ends there");
        }
    }

    async fn no_form_changes_anything_of_another_organisation(app: TestApp) {
        let vacancy = app.vacancy(3).await;
        let request = app.request().await;
        app.ask(&request, &vacancy, json!({})).await.expect(201);
        app.ignore_mails();
        let proposals = format!("/demandes/{}/places", app.request().await);
        for (role, path, button) in [
            (Role::Provider, "/places", words::STILL_TRUE.text()),
            (Role::Provider, "/places", words::TAKEN_ELSEWHERE.text()),
            (Role::Provider, "/places", words::DECLARE.text()),
            (Role::Provider, "/orientations", words::CALL_ME.text()),
            (Role::Provider, "/orientations", words::YES.text()),
            (Role::Referent, proposals.as_str(), words::hold_place(matcher::Urgency::Immediate)),
            (Role::Referent, "/orientations", words::CONFIRM.text()),
            (Role::Referent, "/orientations", words::CLOSE_REQUEST.text()),
        ] {
            let mut owner = Browser::signed_in(&app, &app.own(role)).await;
            let mut stranger = Browser::signed_in(&app, &app.other(role)).await;
            let page = owner.get(path).await.expect(200);
            let (goes_to, fields) = form(&page, button);
            let theirs = hidden(&stranger.get("/connexion").await, "form");
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), if name == "form" { theirs.as_str() } else { value.as_str() })).collect();
            let before = app.row_counts();
            let refused = stranger.post_alone(&goes_to, &fields).await;
            assert_eq!(refused.status, 404, "{button}: {}", refused.text);
            assert_eq!(app.row_counts(), before, "{button}");
            assert!(!stranger.get(if path == proposals { "/orientations" } else { path }).await.expect(200).text.contains(&goes_to), "{button}");
            // Nothing but who sends it was wrong.
            owner.press(&page, button, &[]).await.expect(303);
            assert_ne!(app.row_counts(), before, "{button}");
        }
        app.ignore_mails();
    }

    async fn every_form_asks_for_the_token_of_its_browser(app: TestApp) {
        let vacancy = app.vacancy(3).await;
        let request = app.request().await;
        app.ask(&request, &vacancy, json!({})).await.expect(201);
        let in_mail = app.mails()[0].text.split("/lien/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let proposals = format!("/demandes/{}/places", app.request().await);
        let (link, sign_in) = (format!("/lien/{in_mail}"), sign_in_link(&app));
        for (role, path, button, answer) in [
            (Role::Provider, "/places", words::TAKEN_ELSEWHERE.text(), 303),
            (Role::Provider, "/places", words::DECLARE.text(), 303),
            (Role::Provider, link.as_str(), words::STILL_TRUE.text(), 303),
            (Role::Provider, "/orientations", words::YES.text(), 303),
            (Role::Referent, proposals.as_str(), words::hold_place(matcher::Urgency::Immediate), 303),
            (Role::Referent, "/orientations", words::CLOSE_REQUEST.text(), 303),
            (Role::Provider, sign_in.as_str(), words::ENTER.text(), 303),
            (Role::Provider, "/orientations", words::SIGN_OUT.text(), 303),
        ] {
            let mut browser = Browser::signed_in(&app, &app.own(role)).await;
            let looked = app.row_counts();
            let page = browser.get(path).await.expect(200);
            assert_eq!(app.row_counts(), looked, "to look changes nothing");
            let sessions = app.count("SELECT count(*) AS n FROM sessions");
            for token in ["", "x", &hidden(&Browser::new(&app).await.get("/connexion").await, "form")] {
                let refused = browser.press(&page, button, &[("form", token)]).await;
                assert_eq!(refused.status, 403, "{button}: {}", refused.text);
                assert!(refused.text.contains(words::FORM_EXPIRED_TEXT.text()), "{button}");
            }
            assert_eq!((app.row_counts(), app.count("SELECT count(*) AS n FROM sessions")), (looked, sessions), "{button}");
            // Nothing but the token was wrong.
            assert_eq!(browser.press(&page, button, &[]).await.status, answer, "{button}");
        }
        app.ignore_mails();
    }

    async fn every_page_says_who_is_signed_in_and_for_whom(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut browser = Browser::signed_in(&app, &referent).await;
        let path = format!("organisations/{}", referent.identity().organisation);
        let named = app.own(Role::Administrator).get(&path).await.expect(200);
        let who = |name: &str| format!("class=\"who\">referent · {name}</p>");
        for page in ["/demande", "/orientations", "/compte"] {
            assert!(browser.get(page).await.expect(200).text.contains(&who(named.body["name"].as_str().unwrap())), "{page}");
        }
        let anew = with(crate::harness::bodies::organisation(), json!({"name": "Relais fictif", "orients": true}));
        app.own(Role::Administrator).put(&path, &named.etag(), &anew).await.expect(200);
        assert!(browser.get("/demande").await.expect(200).text.contains(&who("Relais fictif")), "as it is called now");
        assert!(!Browser::new(&app).await.get("/connexion").await.expect(200).text.contains("class=\"who\""));
    }

    async fn the_navigation_says_where_one_is(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let request = format!("/demandes/{}", app.request().await);
        for (path, link, current) in [
            ("/demande", "/demande", "page"),
            ("/demandes", "/demandes", "page"),
            (request.as_str(), "/demandes", "true"),
            ("/compte", "/compte", "page"),
        ] {
            let page = browser.get(path).await.expect(200);
            let navigation = page.text.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap();
            assert_eq!(navigation.matches("aria-current").count(), 1, "{path}: {navigation}");
            assert!(navigation.contains(&format!("href=\"{link}\" aria-current=\"{current}\"")), "{path}: {navigation}");
        }
    }

    async fn sessions_that_are_over_are_forgotten(app: TestApp) {
        Browser::signed_in(&app, &app.own(Role::Provider)).await;
        app.clock().advance(api::limits::SESSION_IDLE);
        Browser::signed_in(&app, &app.own(Role::Referent)).await;
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions"), 1);
    }
}

/// Text as it stands in a page.
pub fn maud_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn labelled<T: Code>(lists: &mut BTreeSet<(&str, &str)>) {
    for code in T::ALL {
        lists.insert((T::NAME, code.as_str()));
    }
}

#[test]
fn every_code_that_a_page_shows_has_its_french() {
    use api::domain::information::{Shared, Uninformed};
    use api::domain::referral::{AfterStay, ReferralWarning, StayEnd};
    use api::domain::request::{AgeBand, ChildView, ClosingReason, MinorityGround, MinorsAuthority};
    use api::domain::{RecordKind, ReferralState, RefusalCode};
    use matcher::{
        Condition, Criterion, DistanceBand, Door, Gender, Kind, Minority, Offer, Rule, Setting, Stage, Step, UnlawfulCondition,
        Urgency, Warning, Wish,
    };
    let mut lists = BTreeSet::new();
    labelled::<Kind>(&mut lists);
    labelled::<Gender>(&mut lists);
    labelled::<Minority>(&mut lists);
    labelled::<Stage>(&mut lists);
    labelled::<Urgency>(&mut lists);
    labelled::<Wish>(&mut lists);
    labelled::<Setting>(&mut lists);
    labelled::<matcher::RelaxedWish>(&mut lists);
    labelled::<Door>(&mut lists);
    labelled::<Offer>(&mut lists);
    labelled::<Condition>(&mut lists);
    labelled::<UnlawfulCondition>(&mut lists);
    labelled::<Step>(&mut lists);
    labelled::<Rule>(&mut lists);
    labelled::<Criterion>(&mut lists);
    labelled::<Warning>(&mut lists);
    labelled::<ReferralWarning>(&mut lists);
    labelled::<DistanceBand>(&mut lists);
    labelled::<ReferralState>(&mut lists);
    labelled::<RefusalCode>(&mut lists);
    labelled::<StayEnd>(&mut lists);
    labelled::<AfterStay>(&mut lists);
    labelled::<Shared>(&mut lists);
    labelled::<Uninformed>(&mut lists);
    labelled::<AgeBand>(&mut lists);
    labelled::<ClosingReason>(&mut lists);
    labelled::<api::domain::separation::Bond>(&mut lists);
    labelled::<api::domain::OrganisationKind>(&mut lists);
    labelled::<api::domain::Role>(&mut lists);
    labelled::<api::domain::doors::DoorService>(&mut lists);
    labelled::<api::domain::Scope>(&mut lists);
    labelled::<RecordKind>(&mut lists);
    labelled::<MinorsAuthority>(&mut lists);
    labelled::<MinorityGround>(&mut lists);
    labelled::<ChildView>(&mut lists);
    let known: BTreeSet<_> = words::LABELS.iter().map(|(list, code, _)| (*list, *code)).collect();
    assert_eq!(known, lists, "the words on the left, the codes on the right");
    assert_eq!(words::DEPARTMENTS.len(), matcher::Department::ALL.len());
}

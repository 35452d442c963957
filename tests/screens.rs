//! The pages in a real browser: the whole loop, by keyboard and without scripts, on a phone and a desk; and nothing for axe-core to say.

mod clicks;
mod day;
mod english;
mod homes;
mod lone_minor;
mod looked_at;
mod many_places;
mod request;
mod sheets;

use std::time::Duration;

use api::cli::client;
use api::domain::second_factor::TotpSecret;
use api::domain::{LinkPurpose, Role};
use chrono::TimeDelta;
use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::Value;

use crate::harness::browser::{DESK, PHONE, Screen, Site, View};
use crate::harness::{people, take_mails};

pub const SIAO: &str = "SIAO fictif de Paris";
const ASSOCIATION: &str = "Association fictive Les Amarres";

/// Moves on with Tab until the focus is where it should be: what cannot be reached so cannot be used without a mouse.
async fn tab_to(screen: &Screen, css: &str) {
    for _ in 0..300 {
        let there = screen.client.execute("return document.activeElement.matches(arguments[0])", vec![css.into()]).await.unwrap();
        if there == Value::Bool(true) {
            return;
        }
        press(screen, Key::Tab).await;
    }
    panic!("{css} is not reached by Tab on {}", screen.path().await);
}

async fn press(screen: &Screen, key: Key) {
    screen.client.active_element().await.unwrap().send_keys(&key.to_string()).await.unwrap();
}

/// Enter on what leads to another page.
async fn enter(screen: &Screen) {
    let left = screen.find("html").await.element_id();
    press(screen, Key::Enter).await;
    screen.left(left).await;
}

async fn type_text(screen: &Screen, text: &str) {
    screen.client.active_element().await.unwrap().send_keys(text).await.unwrap();
}

/// Fills in the least that ranks: a woman in Paris who must not be in Seine-Saint-Denis. Three fields.
pub async fn fill_in(screen: &Screen) {
    screen.find("#p1_who").await.select_by_value("female_adult").await.unwrap();
    screen.fill("#place", "Paris").await;
    screen.fill("#zone", "93").await;
}

/// Opens what is folded, with or without scripts.
pub async fn unfold(screen: &Screen, css: &str) {
    screen.click(&format!("{css} > summary")).await;
}

/// Stores the request of the form: the person was informed.
async fn store(screen: &Screen) {
    unfold(screen, "details:has(#information)").await;
    screen.click("input[name=information][value=given]").await;
    screen.click("input[name=shared][value=wishes]").await;
    screen.submit("button[formaction='/demande/enregistrer']").await;
    assert!(screen.path().await.starts_with("/demandes/"));
}

/// Holds a vacancy that is proposed on the page.
async fn hold_place(screen: &Screen, vacancy: &str) {
    screen.submit(&format!("button[name=hold][value='{vacancy}']")).await;
    assert!(screen.path().await.ends_with("/places"), "one stays with the places");
}

/// The page of the link that the association is mailed, about a question for which beds are held.
pub async fn a_link(referent: &Screen, site: &Site) -> String {
    referent.go("/demande").await;
    fill_in(referent).await;
    store(referent).await;
    let vacancy = own_vacancy(referent, site).await;
    hold_place(referent, &vacancy).await;
    // Whether or not the server of the site was there first.
    let app = site.app.clone();
    let mails = actix_web::web::block(move || {
        api::work::do_what_is_due(&app.desk()).unwrap();
        take_mails(&app)
    });
    let mails = mails.await.unwrap();
    let found = mails.iter().rev().find_map(|mail| mail.text.split("/lien/").nth(1)?.split_whitespace().next());
    format!("/lien/{}", found.unwrap_or_else(|| panic!("no link: {mails:#?}")))
}

/// A vacancy of the association among the proposals on the page.
async fn own_vacancy(screen: &Screen, site: &Site) -> String {
    let own: Vec<String> = vacancies_of(site, ASSOCIATION);
    for id in own {
        if screen.has(&format!("input[name=vacancy][value='{id}']")).await {
            return id;
        }
    }
    panic!("no proposal of {ASSOCIATION}: {}", screen.client.source().await.unwrap());
}

fn vacancies_of(site: &Site, organisation: &str) -> Vec<String> {
    use api::db::units::UnitFilter;
    use api::db::{DbError, organisations, units, vacancies};
    use api::domain::Reach;
    use api::paging::PageLimit;
    site.app
        .db()
        .read(|conn| -> Result<_, DbError> {
            let id = organisations::id_by_name(conn, &organisation.to_owned().try_into().unwrap())?.unwrap();
            let mut found = Vec::new();
            for unit in units::list(conn, Reach::running(id), UnitFilter::default(), None, PageLimit::most())? {
                found.extend(
                    vacancies::standing(conn, unit.id, Some(chrono::Utc::now().date_naive()))?
                        .iter()
                        .map(|vacancy| vacancy.id.to_string()),
                );
            }
            Ok(found)
        })
        .unwrap()
}

async fn whole_loop(view: View, name: &str) {
    let site = Site::start();
    let Some(referent) = site.open(view).await else { return };
    let provider = site.open(view).await.unwrap();
    referent.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    assert_eq!(referent.path().await, "/demande");
    fill_in(&referent).await;
    store(&referent).await;
    let vacancy = own_vacancy(&referent, &site).await;
    hold_place(&referent, &vacancy).await;

    provider.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
    assert_eq!(provider.path().await, "/places");
    provider.go("/orientations").await;
    provider.keep(&format!("{name}-a-repondre")).await.unwrap();
    provider.submit("form[action$='/oui'] button").await;

    referent.go("/orientations").await;
    referent.submit("form[action$='/confirmer'] button.strong").await;
    provider.go("/orientations").await;
    provider.submit("form[action$='/arrivee'] button").await;
    assert!(provider.has("form[action$='/fin'] button").await, "the stay has begun");
    referent.go("/orientations").await;
    referent.keep(&format!("{name}-referent")).await.unwrap();
    assert!(!referent.has("form[action$='/confirmer'] button.strong").await);
    referent.close().await;
    provider.close().await;
}

#[actix_web::test]
async fn the_whole_loop_at_a_desk() {
    whole_loop(DESK, "boucle-bureau").await;
}

#[actix_web::test]
async fn the_whole_loop_on_a_phone_without_scripts() {
    whole_loop(View { scripts: false, ..PHONE }, "boucle-telephone").await;
}

#[actix_web::test]
async fn the_whole_loop_by_keyboard_alone() {
    let site = Site::start();
    let Some(screen) = site.open(DESK).await else { return };
    screen.go(&site.sign_in_link(SIAO, Role::Referent)).await;
    tab_to(&screen, "main form button").await;
    enter(&screen).await;
    for (field, text) in [("#p1_who", "femme"), ("#place", "Paris"), ("#zone", "93")] {
        tab_to(&screen, field).await;
        type_text(&screen, text).await;
    }
    tab_to(&screen, "details:has(#information) > summary").await;
    press(&screen, Key::Enter).await;
    tab_to(&screen, "input[name=information][value=given]").await;
    type_text(&screen, " ").await;
    tab_to(&screen, "button[formaction='/demande/enregistrer']").await;
    enter(&screen).await;
    let vacancy = own_vacancy(&screen, &site).await;
    tab_to(&screen, &format!("button[name=hold][value='{vacancy}']")).await;
    enter(&screen).await;
    assert!(screen.path().await.ends_with("/places"));
    screen.go("/orientations").await;

    let provider = site.open(DESK).await.unwrap();
    provider.go(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
    tab_to(&provider, "main form button").await;
    enter(&provider).await;
    tab_to(&provider, "form[action$='/exact'] button.strong").await;
    enter(&provider).await;
    assert_eq!(provider.path().await, "/places");
    tab_to(&provider, "nav a[href='/orientations']").await;
    enter(&provider).await;
    tab_to(&provider, "form[action$='/oui'] button").await;
    enter(&provider).await;
    screen.client.refresh().await.unwrap();
    tab_to(&screen, "form[action$='/confirmer'] button.strong").await;
    enter(&screen).await;
    provider.client.refresh().await.unwrap();
    tab_to(&provider, "form[action$='/arrivee'] button").await;
    enter(&provider).await;
    assert!(provider.has("form[action$='/fin'] button").await);
    screen.close().await;
    provider.close().await;
}

#[actix_web::test]
async fn few_fields_and_few_taps() {
    let site = Site::start();
    let Some(referent) = site.open(PHONE).await else { return };
    referent.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    fill_in(&referent).await;
    referent.submit(".actions.main button").await;
    assert!(referent.count(".proposals > li").await > 0, "three fields and one click to a first proposal");
    assert_eq!(referent.path().await, "/demande", "what was asked is not in the address");

    let provider = site.open(PHONE).await.unwrap();
    provider.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
    let before: u32 = provider.text(".vacancy .count").await.parse().unwrap();
    provider.submit(".vacancy button[value=more]").await;
    assert_eq!(provider.text(".vacancy .count").await.parse::<u32>().unwrap(), before + 1, "changed in one tap");
    let stale = provider.count(".vacancy.stale").await;
    assert!(stale > 0);
    provider.submit(".vacancy.stale button.strong").await;
    assert_eq!(provider.count(".vacancy.stale").await, stale - 1, "confirmed in one tap");

    referent.go("/demande").await;
    fill_in(&referent).await;
    store(&referent).await;
    let vacancy = own_vacancy(&referent, &site).await;
    hold_place(&referent, &vacancy).await;
    provider.go("/orientations").await;
    provider.click("details[id^=non-] > summary").await;
    provider.submit("button[value=group_balance]").await;
    assert!(!provider.has("form[action$='/oui'] button").await, "refused in two taps");
    referent.close().await;
    provider.close().await;
}

#[actix_web::test]
async fn who_quits_leaves_nothing_to_go_back_to() {
    let site = Site::start();
    for view in [DESK, View { scripts: false, ..DESK }] {
        let Some(screen) = site.open(view).await else { return };
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        screen.go("/orientations").await;
        screen.client.find(Locator::Css("button.quit")).await.unwrap().click().await.unwrap();
        // Where it leads is another site, which a machine without a network does not reach.
        for _ in 0..100 {
            if !screen.path().await.ends_with("/orientations") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        screen.go("/orientations").await;
        assert_eq!(screen.path().await, "/connexion", "the session is over, with scripts: {}", view.scripts);
        screen.client.back().await.unwrap();
        assert!(!screen.has("main section").await, "no page of before is shown again");
        screen.close().await;
    }
}

/// Makes an account theirs by the link of an invitation; gives the address and what the telephone has. What is left is to press the button.
async fn set_up(screen: &Screen, site: &Site) -> (String, TotpSecret, String) {
    let (_token, caller) = client::make(site.app.db(), SIAO, Role::Referent).unwrap();
    let address = people::give_address(site.app.db(), caller.account);
    let code = people::link(site.app.db(), caller.account, LinkPurpose::Invitation, TimeDelta::days(7));
    screen.go(&format!("/invitation/{code}/identifiants")).await;
    let secret = screen.find("input[name=secret]").await.attr("value").await.unwrap().unwrap();
    assert_eq!(screen.text(".secret").await.replace(' ', ""), secret, "what is shown is what is sent");
    let telephone = TotpSecret::from_base32(&secret).unwrap();
    screen.fill("#new_password", people::PASSWORD).await;
    let shown = telephone.code(site.app.db().clock().now()).unwrap();
    screen.fill("#code", &shown).await;
    (address, telephone, shown)
}

/// Types an address, a password and a code.
async fn sign_in(screen: &Screen, address: &str, code: &str) {
    screen.go("/connexion").await;
    screen.fill("#address", address).await;
    screen.fill("#password", people::PASSWORD).await;
    screen.fill("#code", code).await;
    screen.submit("form[action='/connexion'] button").await;
}

#[actix_web::test]
async fn a_local_account_from_the_invitation_to_a_lost_telephone() {
    let site = Site::start();
    for view in [PHONE, View { scripts: false, ..DESK }] {
        let Some(screen) = site.open(view).await else { return };
        let (address, telephone, shown) = set_up(&screen, &site).await;
        screen.submit("main form button.strong").await;
        assert_eq!(screen.count(".paper li").await, 10);
        let paper = screen.text(".paper li").await;
        screen.keep("codes-de-secours").await.unwrap();
        screen.submit("main a.button").await;
        assert_eq!(screen.path().await, "/demande", "they are in");

        screen.submit("form.out button").await;
        assert_eq!(screen.path().await, "/connexion");
        let clock = site.app.db().clock();
        sign_in(&screen, &address, &shown).await;
        assert!(screen.has(".notice").await, "the code that opened the account is used up");
        clock.advance(TimeDelta::seconds(60));
        sign_in(&screen, &address, &telephone.code(clock.now()).unwrap()).await;
        assert_eq!(screen.path().await, "/demande");

        screen.submit("form.out button").await;
        sign_in(&screen, &address, &paper).await;
        assert_eq!(screen.path().await, "/demande", "without the telephone");
        screen.go("/compte").await;
        assert!(screen.has("form[action='/compte/mot-de-passe']").await);
        screen.close().await;
    }
}

#[actix_web::test]
async fn axe_finds_nothing_on_any_page_of_an_account() {
    let mut found = Vec::new();
    for (width, dark) in [(320, false), (1280, true)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(screen) = site.open(view).await else { return };
        screen.go("/mot-de-passe-oublie").await;
        look(&screen, view, "mot-de-passe-oublie", &mut found).await;
        screen.go("/mot-de-passe/x").await;
        look(&screen, view, "mot-de-passe", &mut found).await;
        sign_in(&screen, "personne@example.org", "000000").await;
        look(&screen, view, "connexion-refusee", &mut found).await;
        set_up(&screen, &site).await;
        look(&screen, view, "invitation", &mut found).await;
        screen.submit("main form button.strong").await;
        look(&screen, view, "codes-de-secours", &mut found).await;
        screen.go("/compte").await;
        look(&screen, view, "compte", &mut found).await;
        screen.go("/compte/second-facteur").await;
        look(&screen, view, "second-facteur", &mut found).await;
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Looks at one page in a view.
pub async fn look(screen: &Screen, view: View, name: &str, found: &mut Vec<String>) {
    let scheme = if view.dark { "sombre" } else { "clair" };
    let name = format!("{name}-{}-{scheme}", view.width);
    // What sticks out, from the outermost in.
    let overflow = "const width = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= width) return ''; \
                    return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > width + 1) \
                    .map((one) => one.outerHTML.slice(0, 200)).slice(-3).join(' | ') || 'something'";
    if let Some(out) = screen.client.execute(overflow, Vec::new()).await.unwrap().as_str().filter(|out| !out.is_empty()) {
        found.push(format!("{name}: wider than the screen: {out}"));
    }
    found.extend(screen.axe().await.into_iter().map(|violation| format!("{name}: {violation}")));
    screen.keep(&name).await.unwrap();
}

#[actix_web::test]
async fn axe_finds_nothing_on_any_page() {
    let mut found = Vec::new();
    for (width, dark) in [(320, false), (360, true), (1280, false), (1280, true)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(screen) = site.open(view).await else { return };
        screen.go("/connexion").await;
        let is_dark = screen.client.execute("return matchMedia('(prefers-color-scheme: dark)').matches", Vec::new()).await.unwrap();
        assert_eq!(is_dark, Value::Bool(dark));
        look(&screen, view, "connexion", &mut found).await;
        screen.go("/demandes/nulle-part").await;
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        look(&screen, view, "demande", &mut found).await;
        for details in ["details:not(:has(#information))", "details:has(#information)"] {
            unfold(&screen, details).await;
        }
        look(&screen, view, "demande-ouverte", &mut found).await;
        screen.submit(".actions.main button").await;
        look(&screen, view, "demande-a-corriger", &mut found).await;
        screen.go("/demande").await;
        fill_in(&screen).await;
        screen.submit(".actions.main button").await;
        look(&screen, view, "propositions", &mut found).await;
        screen.go("/demande").await;
        fill_in(&screen).await;
        store(&screen).await;
        let vacancy = own_vacancy(&screen, &site).await;
        look(&screen, view, "propositions-enregistrees", &mut found).await;
        hold_place(&screen, &vacancy).await;
        look(&screen, view, "orientations-referent", &mut found).await;
        screen.go("/demandes/0192f0c1-2d3e-7a4b-8c5d-6e7f80910213").await;
        look(&screen, view, "introuvable", &mut found).await;
        screen.close().await;

        let screen = site.open(view).await.unwrap();
        screen.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
        look(&screen, view, "places", &mut found).await;
        screen.go("/orientations").await;
        look(&screen, view, "orientations-association", &mut found).await;
        unfold(&screen, "details[id^=non-]").await;
        look(&screen, view, "orientations-refus", &mut found).await;
        screen.submit("form[action$='/oui'] button").await;
        look(&screen, view, "orientations-acceptee", &mut found).await;
        screen.close().await;

        let screen = site.open(view).await.unwrap();
        screen.sign_in(&site.sign_in_link("Coordination nationale fictive", Role::Auditor)).await;
        look(&screen, view, "journaux", &mut found).await;
        screen.go("/journaux?journal=actes").await;
        look(&screen, view, "journaux-actes", &mut found).await;
        screen.go("/journaux/verification").await;
        look(&screen, view, "journaux-verification", &mut found).await;
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

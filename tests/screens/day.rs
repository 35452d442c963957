//! A day of three people, whole: forty open requests of one service, twelve homes of one association, one regulator. Each tells every request and
//! every home from its neighbours, mistakes are put right where they were made, and at 18:00, 22:00 and 8:00 the work goes on in other hands.

mod country;
mod evening;
mod morning;
mod night;

use std::collections::BTreeSet;

use fantoccini::Locator;
use uuid::Uuid;

use country::Country;
pub use country::{forty_requests, twelve_homes};

use crate::harness::browser::{DESK, Screen};

/// The texts of all that matches, as they are read: a space is a space.
async fn texts(screen: &Screen, css: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)";
    let found = screen.client.execute(script, vec![css.into()]).await.unwrap();
    found.as_array().unwrap().iter().map(|text| as_read(text.as_str().unwrap())).collect()
}

/// A text without what only tells a printer where not to break it.
fn as_read(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of one thing on a page.
async fn text(screen: &Screen, css: &str) -> String {
    as_read(&screen.text(css).await)
}

/// All that matches, where each can be told from its neighbours without opening anything, and the page names nothing by an id.
async fn told_apart(screen: &Screen, css: &str) -> Vec<String> {
    let lines = texts(screen, css).await;
    let different: BTreeSet<&String> = lines.iter().collect();
    assert!(!lines.is_empty() && different.len() == lines.len(), "{css}: {lines:#?}");
    let page = text(screen, "main").await;
    let mut words = page.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-');
    assert!(!words.any(|word| word.len() == 36 && Uuid::try_parse(word).is_ok()), "an id is no name: {page}");
    lines
}

/// The repère with which a line begins.
fn repere(line: &str) -> String {
    line.split(" · ").next().unwrap().split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// The card of *Orientations* that speaks of a repère: by what stands on it, as its reader finds it.
async fn card(screen: &Screen, repere: &str) -> String {
    let script = "const one = [...document.querySelectorAll('article.card')].find((card) => \
                  [...card.querySelectorAll('strong')].some((said) => said.innerText.replace(/\\s/g, ' ') === arguments[0])); \
                  return one ? one.id : ''";
    let id = screen.client.execute(script, vec![repere.into()]).await.unwrap();
    let id = id.as_str().unwrap();
    assert!(!id.is_empty(), "{repere} stands on no card: {}", screen.text("main").await);
    format!("#{id}")
}

/// Opens a request by the repère that somebody has read or heard.
async fn open(screen: &Screen, repere: &str) {
    screen.go("/demandes").await;
    let left = screen.find("html").await.element_id();
    screen.client.find(Locator::LinkText(repere)).await.unwrap().click().await.unwrap();
    screen.left(left).await;
    assert!(text(screen, ".oneline").await.starts_with(repere));
}

#[actix_web::test]
async fn a_day_of_a_service_an_association_and_a_regulator() {
    let country = Country::at_nine().await;
    let Some(referent) = country.site.open(DESK).await else { return };
    let home = country.site.open(DESK).await.unwrap();
    let mut of_the_day = morning::goes_by(&country, &referent, &home).await;
    country.site.goes_on_until(17);
    country.in_the_afternoon(&mut of_the_day).await;
    country.site.goes_on_until(18);
    evening::takes_over(&country, &referent, &of_the_day).await;
    country.site.goes_on_until(22);
    night::goes_by(&country, &referent, &home, &of_the_day).await;
    referent.close().await;
    home.close().await;
}

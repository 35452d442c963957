//! Ten at night: two requests go to the 115 for the night, and come back in the morning: one is given back, the hour of the other has come. What was
//! done meanwhile, and by whom, stands in the history.

use api::domain::Role;

use super::super::{SIAO, unfold};
use super::country::{ASSOCIATION, Country, NIGHT, OfTheDay};
use super::{card, open, repere, text, texts, told_apart};
use crate::harness::browser::{DESK, Screen};

pub async fn goes_by(country: &Country, referent: &Screen, home: &Screen, of_the_day: &OfTheDay) {
    let (housed_by_night, kept) = (&of_the_day.with_nobody[0], &of_the_day.with_nobody[1]);
    referent.sign_in(&country.site.link_of(country.site.person(SIAO, Role::Referent, "K. T."))).await;
    lent_for_the_night(referent, housed_by_night).await;
    lent_until_eight(country, referent, kept).await;

    let night = country.site.open(DESK).await.unwrap();
    night.sign_in(&country.site.link_of(country.site.person(NIGHT, Role::Referent, "N. S."))).await;
    night.go("/demandes").await;
    let lines = told_apart(&night, "ul.lines > li").await;
    let mut lent: Vec<_> = lines.iter().map(|line| repere(line)).collect();
    lent.sort_unstable();
    let mut meant = of_the_day.with_nobody.clone();
    meant.sort_unstable();
    assert_eq!(lent, meant, "what was lent, and nothing else");
    a_bed_is_found(country, &night, home, housed_by_night).await;
    open(&night, kept).await;
    night.keep("jour-la-demande-115").await.unwrap();
    night.fill("#note", "Rien trouvé cette nuit, reste à l’accueil de jour.").await;
    night.submit("form[action$='/note'] button").await;

    country.site.goes_on_until(8);
    night.sign_in(&country.site.link_of(country.site.person(NIGHT, Role::Referent, "N. S."))).await;
    given_back(&night, housed_by_night).await;
    all_is_back(country, referent, of_the_day).await;
    night.close().await;
}

/// One tap: to the 115 of the place until nine.
async fn lent_for_the_night(referent: &Screen, repere: &str) {
    open(referent, repere).await;
    referent.submit(".actions.main form[action$='/preter'] button").await;
    let lent = text(referent, ".lent").await;
    assert!(lent.contains(&NIGHT.replace('\'', "’")) || lent.contains(NIGHT), "{lent}");
    assert!(lent.contains("9 h"), "{lent}");
}

/// To whom and until when are chosen: until eight.
async fn lent_until_eight(country: &Country, referent: &Screen, repere: &str) {
    open(referent, repere).await;
    unfold(referent, "#autrement").await;
    let script =
        "return [...document.querySelectorAll('#organisation_id option')].find((one) => one.innerText === arguments[0]).value";
    let to = referent.client.execute(script, vec![NIGHT.into()]).await.unwrap();
    referent.find("#organisation_id").await.select_by_value(to.as_str().unwrap()).await.unwrap();
    let here = api::clock::civil(country.site.app.db().clock().now(), matcher::Department::PARIS).date_naive();
    let until = format!("{}T08:00", here.succ_opt().unwrap());
    let script = "document.querySelector('#until').value = arguments[0]";
    referent.client.execute(script, vec![until.into()]).await.unwrap();
    referent.submit("#autrement form[action$='/preter'] button").await;
    assert!(text(referent, ".lent").await.contains("8 h"));
}

/// What a service does by day: a bed is held, the home says yes, they are expected.
async fn a_bed_is_found(country: &Country, night: &Screen, home: &Screen, repere: &str) {
    open(night, repere).await;
    assert!(text(night, ".lent").await.contains(SIAO), "whose it is is said");
    let page = night.path().await;
    night.go(&format!("{page}/places")).await;
    let mut held = None;
    for known in &country.homes {
        if held.is_none() && night.has(&format!("button[name=hold][value='{}']", known.vacancy)).await {
            held = Some(known);
        }
    }
    let held = held.unwrap();
    night.submit(&format!("button[name=hold][value='{}']", held.vacancy)).await;
    home.sign_in(&country.site.link_of(country.site.person(ASSOCIATION, Role::Provider, "P. D."))).await;
    home.go("/orientations").await;
    let id = card(home, repere).await;
    // Who is called back at this hour is who has it now.
    assert!(text(home, &id).await.contains(NIGHT), "{}", text(home, &id).await);
    home.submit(&format!("{id} form[action$='/oui'] button")).await;
    night.go(&page).await;
    night.submit(".todo form[action$='/confirmer'] button.strong").await;
    night.go(&page).await;
    assert!(text(night, "ul.put > li").await.contains(held.name));
}

/// The one whose hour has come is gone by itself; the other is given back with a tap.
async fn given_back(night: &Screen, repere: &str) {
    night.go("/demandes").await;
    let lines = texts(night, "ul.lines > li").await;
    assert!(lines.len() == 1 && lines[0].starts_with(repere), "{lines:#?}");
    open(night, repere).await;
    let page = night.path().await;
    night.submit("form[action$='/reprendre'] button").await;
    assert_eq!(night.path().await, "/demandes");
    assert!(texts(night, "ul.lines > li").await.is_empty());
    night.go(&page).await;
    assert!(!night.has(".oneline").await, "what is given back is not there any more");
}

/// All is in the service's own hands, and the history says who did what, also who had it for the night.
async fn all_is_back(country: &Country, referent: &Screen, of_the_day: &OfTheDay) {
    referent.sign_in(&country.site.link_of(country.site.person(SIAO, Role::Referent, "C. M."))).await;
    let (housed_by_night, kept) = (&of_the_day.with_nobody[0], &of_the_day.with_nobody[1]);
    for repere in [housed_by_night, kept] {
        open(referent, repere).await;
        assert!(!referent.has(".lent").await && referent.has(".actions.main form[action$='/preter'] button").await);
    }
    assert!(text(referent, ".notes li").await.contains("Rien trouvé cette nuit"), "what was written at night is read");
    assert!(text(referent, ".notes li").await.contains(NIGHT));
    open(referent, housed_by_night).await;
    unfold(referent, "#histoire").await;
    referent.keep("jour-histoire").await.unwrap();
    let told = texts(referent, ".history li").await;
    for (who, what) in [
        ("K. T.", "demande prêtée"),
        (NIGHT, "place demandée"),
        ("la structure", "oui"),
        (NIGHT, "arrivée confirmée"),
        (NIGHT, "fin du prêt"),
    ] {
        let is_told = |line: &&String| line.to_lowercase().contains(&who.to_lowercase()) && line.contains(what);
        assert!(told.iter().any(|line| is_told(&line)), "{who}, {what}: {told:#?}");
    }
}

//! The morning: a request is typed with mistakes, the wrong home is asked, the wrong people are said to have come; and all is put right on the screens.

use api::domain::Role;

use super::super::{SIAO, fill_in, store};
use super::country::{ASSOCIATION, Country, NIGHT, OfTheDay};
use super::{card, repere, text, texts, told_apart};
use crate::harness::browser::{DESK, Screen};

pub async fn goes_by(country: &Country, referent: &Screen, home: &Screen) -> OfTheDay {
    referent.sign_in(&country.site.link_of(country.site.person(SIAO, Role::Referent, "C. M."))).await;
    every_request_is_told_apart(referent).await;
    let page = typed_with_mistakes(referent).await;
    put_right(referent, &page).await;
    let housed = repere(&text(referent, ".oneline").await);
    home.sign_in(&country.site.link_of(country.site.person(ASSOCIATION, Role::Provider, "P. D."))).await;
    the_wrong_home_is_asked(country, referent, home, (&page, &housed)).await;
    every_home_is_told_apart(country, home).await;
    home.go("/orientations").await;
    home.submit(&format!("{} form[action$='/oui'] button", card(home, &housed).await)).await;
    they_are_expected(referent, (&page, &housed)).await;
    the_wrong_people_have_come(country, home, &housed).await;
    the_regulator_answers(country).await;
    referent.go(&page).await;
    assert!(text(referent, ".oneline").await.contains("hébergée"));
    OfTheDay { housed, ..OfTheDay::default() }
}

/// Forty lines, each by a repère, and no two alike for who does not read that.
async fn every_request_is_told_apart(referent: &Screen) {
    referent.go("/demandes").await;
    let lines = told_apart(referent, "ul.lines > li").await;
    referent.keep("jour-demandes").await.unwrap();
    assert_eq!(lines.len(), 40, "{lines:#?}");
    let mut said: Vec<_> = lines.iter().map(|line| line.split_once(" · ").unwrap().1).collect();
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), lines.len(), "{lines:#?}");
    referent.go("/orientations").await;
    assert_eq!(told_apart(referent, "article.card > p.needful").await.len(), 40);
    // Whom each was put to, and at which number they are reached.
    let asked = texts(referent, "article.card .referral > p:first-child").await;
    assert!(asked.len() >= 12 && asked.iter().all(|line| line.contains("☎") || line.contains("01 99")), "{asked:#?}");
}

/// Everything that can be typed wrongly is; gives the page of the request.
async fn typed_with_mistakes(referent: &Screen) -> String {
    referent.go("/demande").await;
    fill_in(referent).await;
    for (field, wrong) in [("#p1_age", "42"), ("#place", "Lyon"), ("#zone", "94")] {
        referent.find(field).await.clear().await.unwrap();
        referent.fill(field, wrong).await;
    }
    store(referent).await;
    referent.path().await.replace("/places", "")
}

/// Age, commune, zone: each is put right where it stands, and what that changes is said.
async fn put_right(referent: &Screen, page: &str) {
    for (part, field, right, said) in [
        ("qui", "#p1_age", "24", "femme 24 ans"),
        ("ou", "#place", "Paris", "à Paris (75)"),
        ("dangers", "#zone", "93", "exclus : 93"),
    ] {
        referent.go(&format!("{page}?modifier={part}")).await;
        // What is excluded stays so until somebody unticks it: no zone is lost by typing another.
        if part == "dangers" {
            referent.click("input[name=keep]").await;
        }
        referent.find(field).await.clear().await.unwrap();
        referent.fill(field, right).await;
        referent.submit(".part form button.strong").await;
        assert!(!text(referent, ".effect").await.is_empty(), "what it changes is said: {part}");
        let line = text(referent, ".oneline").await;
        assert!(line.contains(said), "{said}: {line}");
    }
}

/// A home is asked that was not meant: the question is withdrawn, and nobody there reads it. Then another, with a bed held.
async fn the_wrong_home_is_asked(country: &Country, referent: &Screen, home: &Screen, (page, housed): (&str, &str)) {
    referent.go(&format!("{page}/places")).await;
    told_apart(referent, "ol.proposals > li").await;
    referent.keep("jour-places-possibles").await.unwrap();
    let mut shown = Vec::new();
    for known in &country.homes {
        if referent.has(&format!("button[name=hold][value='{}']", known.vacancy)).await {
            shown.push(known);
        }
    }
    let (wrong, right) = (shown[0], shown[1]);
    referent.submit(&format!("button[name=ask][value='{}']", wrong.vacancy)).await;
    referent.go(page).await;
    let asked = text(referent, "ul.put > li").await;
    assert!(asked.contains(wrong.name) && asked.contains(&wrong.phone), "{asked}");
    referent.submit("ul.put > li form[action$='/retirer'] button").await;
    assert!(text(referent, "ul.put.over > li").await.contains(wrong.name), "it stands among what is over");
    home.go("/orientations").await;
    assert!(!text(home, "#questions").await.contains(housed), "what is withdrawn asks nobody");
    referent.go(&format!("{page}/places")).await;
    referent.submit(&format!("button[name=hold][value='{}']", right.vacancy)).await;
    assert!(text(referent, ".asked li").await.contains(right.name));
    referent.go(page).await;
    let asked = told_apart(referent, "ul.put > li h3").await;
    assert!(asked[0].contains(right.name), "{asked:?}");
}

/// Each card says for whom and by whom, under the home and the group of places that is meant.
async fn every_home_is_told_apart(country: &Country, home: &Screen) {
    home.go("/orientations").await;
    let cards = told_apart(home, "#questions article.card").await;
    assert_eq!(cards.len(), 12, "eleven and the one of today: {cards:#?}");
    assert!(cards.iter().all(|card| card.contains(SIAO) && card.contains("répondre avant")), "{cards:#?}");
    home.keep("jour-orientations-association").await.unwrap();
    let groups = told_apart(home, "#questions h3.group").await;
    let asked = country.homes.iter().skip(1).take(11);
    for known in asked {
        assert!(groups.iter().any(|group| group.contains(known.name)), "{}: {groups:#?}", known.name);
    }
    for asked in country.asked.iter().take(11) {
        assert!(cards.iter().any(|card| card.starts_with(&asked.repere)), "{}: {cards:#?}", asked.repere);
    }
    home.go("/places").await;
    assert_eq!(told_apart(home, "section.card[id^='groupe-']").await.len(), country.homes.len());
}

async fn they_are_expected(referent: &Screen, (page, housed): (&str, &str)) {
    referent.go(page).await;
    referent.submit(".todo form[action$='/confirmer'] button.strong").await;
    referent.go("/orientations").await;
    assert!(text(referent, "#attendues").await.contains(housed));
}

/// Who was not there is said to have come: taken back in one tap, and they are expected as before.
async fn the_wrong_people_have_come(country: &Country, home: &Screen, housed: &str) {
    let expected = &country.asked[0];
    country.confirm(expected, 9).await;
    home.go("/orientations").await;
    assert!(text(home, "#arrivees").await.contains(&expected.repere));
    home.submit(&format!("{} form[action$='/arrivee'] button", card(home, &expected.repere).await)).await;
    assert!(text(home, "#hebergees").await.contains(&expected.repere));
    home.submit(&format!("{} form[action$='/annuler'] button", card(home, &expected.repere).await)).await;
    assert!(!home.has("#hebergees").await && text(home, "#arrivees").await.contains(&expected.repere), "as before");
    home.submit(&format!("{} form[action$='/arrivee'] button", card(home, housed).await)).await;
    let there = text(home, "#hebergees").await;
    assert!(there.contains(housed) && !there.contains(&expected.repere), "{there}");
}

/// The 115 keeps the door of one home: it reads which, and by whom it is asked, and says yes.
async fn the_regulator_answers(country: &Country) {
    let (asked, behind) = (country.asked.last().unwrap(), country.homes.last().unwrap());
    let regulator = country.site.open(DESK).await.unwrap();
    regulator.sign_in(&country.site.link_of(country.site.person(NIGHT, Role::Regulator, "R. B."))).await;
    regulator.go("/orientations").await;
    let cards = told_apart(&regulator, "#questions article.card").await;
    assert!(cards.iter().any(|card| card.starts_with(&asked.repere) && card.contains(SIAO)), "{cards:#?}");
    regulator.keep("jour-orientations-regulateur").await.unwrap();
    let groups = texts(&regulator, "#questions h3.group").await;
    assert!(groups.iter().any(|group| group.contains(behind.name) && group.contains("115")), "{groups:#?}");
    regulator.submit(&format!("{} form[action$='/oui'] button", card(&regulator, &asked.repere).await)).await;
    assert!(text(&regulator, "#acceptees").await.contains(&asked.repere));
    country.confirm_at_door(asked, 10).await;
    regulator.close().await;
}

//! Six in the evening: a colleague who was not there takes over. What she knows is on the sheet of the shift, and nothing else.

use api::domain::Role;

use super::super::SIAO;
use super::country::{Country, OfTheDay};
use super::{open, repere, text, texts};
use crate::harness::browser::Screen;

pub async fn takes_over(country: &Country, colleague: &Screen, of_the_day: &OfTheDay) {
    colleague.sign_in(&country.site.link_of(country.site.person(SIAO, Role::Referent, "K. T."))).await;
    colleague.go("/releve").await;
    colleague.keep("jour-releve").await.unwrap();
    let sheet = text(colleague, "main").await;
    let entries = texts(colleague, ".dense ul.plain > li").await;
    every_repere_of_it_is_found(country, colleague, &sheet).await;

    // What is to be done, for whom, and whom to call for it: read off the paper.
    let said_yes = on_sheet(&entries, "confirmer avant");
    assert_eq!(repere(said_yes), of_the_day.said_yes);
    assert!(said_yes.contains(country.homes[4].name) && said_yes.contains(&country.homes[4].phone), "{said_yes}");
    let to_call = on_sheet(&entries, "demande à être rappelée");
    assert_eq!(repere(to_call), of_the_day.to_call.0);
    assert!(to_call.contains(of_the_day.to_call.1), "{to_call}");
    assert!(sheet.contains(&of_the_day.housed), "who is housed is on it as well");

    // And done, by the repère alone.
    open(colleague, &repere(said_yes)).await;
    colleague.submit(".todo form[action$='/confirmer'] button.strong").await;
    open(colleague, &repere(said_yes)).await;
    assert!(!colleague.has(".todo form[action$='/confirmer']").await);
    open(colleague, &repere(to_call)).await;
    colleague.submit(".todo form[action$='/appel'] button").await;
    assert!(!colleague.has(".todo form[action$='/appel']").await, "the call is made");
    colleague.submit("form[action$='/suivi'] button").await;
    assert!(text(colleague, ".oneline").await.contains("suivi : K. T."), "she has it from now on");
    colleague.keep("jour-la-demande").await.unwrap();

    colleague.go("/releve").await;
    let after = texts(colleague, ".dense ul.plain > li").await;
    assert!(!after.iter().any(|entry| entry.contains("confirmer avant")), "{after:#?}");
    let now = after.iter().find(|entry| entry.starts_with(&repere(said_yes))).unwrap();
    assert!(now.contains("arrivée attendue"), "{now}");
}

/// The one entry that says this.
fn on_sheet<'e>(entries: &'e [String], said: &str) -> &'e str {
    let found: Vec<_> = entries.iter().filter(|entry| entry.contains(said)).collect();
    assert_eq!(found.len(), 1, "{said}: {entries:#?}");
    found[0]
}

/// Whoever has the sheet finds each of the day's requests in the list, by the words on the paper.
async fn every_repere_of_it_is_found(country: &Country, colleague: &Screen, sheet: &str) {
    for asked in &country.asked {
        assert!(sheet.contains(&asked.repere), "{}: {sheet}", asked.repere);
    }
    colleague.go("/demandes").await;
    let listed = texts(colleague, "ul.lines > li a").await;
    let missing: Vec<_> = listed.iter().filter(|repere| !sheet.contains(*repere)).collect();
    assert!(missing.is_empty() && listed.len() >= 40, "these stand in the list and not on the sheet: {missing:?}");
    colleague.go("/releve").await;
}

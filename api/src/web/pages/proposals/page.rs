//! The page itself, from the line on top to the numbers of the doors.

use std::collections::{BTreeMap, BTreeSet};

use matcher::{Department, Tier};
use maud::{Markup, html};

use super::act::wave;
use super::group::{entries, firsts};
use super::view::Choices;
use super::{Of, Opened, Shown, asked, card, wish};
use crate::clock::civil;
use crate::domain::ids::UnitId;
use crate::limits::{PROPOSALS_SHOWN, TO_VERIFY_SHOWN};
use crate::web::pages::line::asked as asked_line;
use crate::web::pages::map::{map, way_to};
use crate::web::pages::{Viewer, recap, words};

/// All of it.
pub(super) fn whole(viewer: &Viewer, shown: &Shown) -> Markup {
    html! {
        (form(viewer, shown))
        (line(&shown.of, &shown.request))
        (understood(viewer, shown))
        (notices(shown))
        p.summary { (words::proposals::found(shown.ranking.eligible, shown.ranking.to_verify, shown.ranking.evaluated)) }
        (filters(shown))
        @if let Of::Stored(stored) = &shown.of { (asked::asked(shown, stored)) }
        (opened(viewer, shown))
        (way_to(words::MAP_TITLE.text()))
        div.columns {
            div {
                (can_take(viewer, shown))
                (to_verify(viewer, shown))
                (apart(shown))
                (several(shown))
                (would_open(shown))
                (if_nothing_suits(shown))
                (why_not(shown))
            }
            aside { (map((words::MAP_TITLE.text(), words::proposals::MAP_LEAD.text()), &counts(shown), &shown.request.danger_zones)) (to_paper(shown)) }
        }
    }
}

/// On top, in one line, what was understood: each part a way back to where it was typed.
fn line(of: &Of, request: &matcher::Request) -> Markup {
    html! {
        ul.line aria-label=(words::UNDERSTOOD) {
            @for part in &asked_line::parts(request) {
                li {
                    @match of {
                        Of::Form(_) => {
                            button.plain type="submit" form="demande" name="edit" value="true" formaction={ "/demande#" (part.field) } {
                                (part.text) (edit())
                            }
                        },
                        Of::Stored(stored) => {
                            a href={ "/demandes/" (stored.id) "?modifier=" (part.of_request) } { (part.text) (edit()) }
                        },
                    }
                }
            }
        }
    }
}

fn edit() -> Markup {
    html! { " " span aria-hidden="true" { "✎" } span.unseen { " (" (words::proposals::CHANGE) ")" } }
}

/// The list on paper, with every telephone that the ladder shows.
fn to_paper(shown: &Shown) -> Markup {
    html! {
        @match &shown.of {
            Of::Stored(stored) => { p { a href=(shown.view.address(&format!("/demandes/{}/places/fiche", stored.id), None)) { (words::sheets::PLACES_PRINT) } } },
            Of::Form(_) => { button.plain type="submit" form="demande" name="fiche" value="true" { (words::sheets::PLACES_PRINT) } },
        }
    }
}

/// The form that the buttons of the page send: what was typed goes with each, or which request it is.
fn form(viewer: &Viewer, shown: &Shown) -> Markup {
    let first = html! { @for proposal in firsts(shown) { input type="hidden" name="first" value=(proposal.vacancy_id); } };
    html! {
        @match &shown.of {
            Of::Form(asked) => {
                form #demande method="post" action="/demande" autocomplete="off" {
                    (viewer.hidden())
                    input type="hidden" name="places" value="true";
                    (recap::typed(asked, ""))
                    (first)
                }
            },
            Of::Stored(stored) => {
                form #ensemble method="post" action={ "/demandes/" (stored.id) "/orientations" } {
                    (viewer.hidden())
                    (super::kept(&shown.view))
                    (first)
                }
                form #filtre method="get" action={ "/demandes/" (stored.id) "/places" } {}
            },
        }
    }
}

/// What was understood, whole; open where something of it is to be looked at.
fn understood(viewer: &Viewer, shown: &Shown) -> Markup {
    let asked = if let Of::Form(asked) = &shown.of { Some(asked) } else { None };
    let to_look_at = asked.is_some_and(recap::Asked::is_to_be_looked_at);
    html! {
        details open[to_look_at] {
            summary { (words::proposals::ALL_UNDERSTOOD) }
            (recap::whole(viewer, &shown.request, asked))
        }
        @if let Of::Stored(stored) = &shown.of {
            p.hint { (stored.alias.as_str()) " · " a href={ "/demandes/" (stored.id) } { (words::request::TITLE) } " · " a href={ "/demandes/" (stored.id) "/fiche" } { (words::proposals::SHEET) } }
        } @else {
            div.notice {
                p { (words::NOT_STORED) }
                div.actions { button type="submit" form="demande" formaction="/demande/enregistrer" { (words::proposals::STORE_AND_SEE) } }
                p.hint { (words::proposals::STORE_AND_SEE_WHY) }
            }
        }
    }
}

fn notices(shown: &Shown) -> Markup {
    let outcome = &shown.outcome;
    let called = |vacancy| {
        let listed = shown.ranking.proposals.iter().find(|proposal| proposal.vacancy_id == vacancy);
        let place = listed.and_then(|proposal| shown.places.get(&proposal.unit_id)).map(|place| (place.kind, place.department));
        let gone = shown.gone.iter().find(|(known, ..)| known.0 == vacancy).map(|(_, kind, department)| (*kind, *department));
        place.or(gone).map(|(kind, department)| words::proposals::place(kind, department)).unwrap_or_default()
    };
    html! {
        @if let Some(notice) = shown.notice { div.notice role="alert" { p { (notice) } } }
        @if !outcome.refused.is_empty() || !outcome.left.is_empty() {
            div.notice role="alert" {
                p { (words::proposals::outcome(outcome.asked, outcome.refused.len())) }
                @if !outcome.refused.is_empty() {
                    ul {
                        @for refused in &outcome.refused {
                            li {
                                strong { (called(refused.vacancy)) } (words::COLON) (refused.because)
                                @if !refused.rules.is_empty() { ul { @for rule in &refused.rules { li { (words::label(*rule)) } } } }
                            }
                        }
                    }
                }
                @if !outcome.left.is_empty() { p { (words::proposals::STILL_TICKED) } }
            }
        }
        @if shown.kept_back > 0 { div.notice { p { (words::quotas::CONTACTS_KEPT_BACK) } } }
        @for warning in shown.shared.iter().filter(|warning| card::matters(**warning, &shown.request)) {
            p.warning { (words::proposals::OF_ALL) " " (words::label(*warning)) }
        }
    }
}

/// The list narrowed: by fields that tell nothing of people, and by a tick that never leaves the browser.
fn filters(shown: &Shown) -> Markup {
    let mut choices = Choices::default();
    for proposal in &shown.ranking.proposals {
        if let Some(place) = shown.places.get(&proposal.unit_id) {
            choices.add(proposal, place);
        }
    }
    let form = if matches!(shown.of, Of::Form(_)) { "demande" } else { "filtre" };
    let (eligible, to_verify) = shown.listed();
    let unlawful = eligible.iter().chain(&to_verify).filter(|proposal| !proposal.unlawful_conditions.is_empty()).count();
    html! {
        @if shown.ranking.proposals.len() > 1 || shown.view.narrows() {
            details.filters open[shown.view.narrows()] {
                summary { (words::proposals::FILTERS) }
                div.row {
                    (choices.fields(&shown.view, form))
                    div.actions {
                        button type="submit" form=(form) { (words::proposals::FILTER) }
                        @if let (Of::Stored(stored), true) = (&shown.of, shown.view.narrows()) {
                            a.button href={ "/demandes/" (stored.id) "/places" } { (words::proposals::NO_FILTER) }
                        }
                    }
                }
            }
        }
        @if unlawful > 0 {
            p.lawful-only {
                label.box { input #sans-non-opposables type="checkbox" autocomplete="off"; " " (words::proposals::UNLAWFUL_TICK) }
                span.set-aside { (words::proposals::set_aside(unlawful)) }
                span.hint { (words::proposals::UNLAWFUL_WHY) }
            }
        }
    }
}

fn can_take(viewer: &Viewer, shown: &Shown) -> Markup {
    let (eligible, all) = (shown.listed().0, shown.fitting(Tier::Eligible).len());
    let (from, to) = (shown.view.de + 1, shown.view.de + eligible.len());
    html! {
        h2 { (words::CAN_TAKE) }
        @if shown.ranking.eligible == 0 {
            div.notice {
                p { strong { (words::PROPOSALS_NONE) } }
                @if shown.ranking.to_verify > 0 { p { (words::LOOK_AT_TO_VERIFY) } }
                @if !shown.ranking.relaxations.is_empty() { p { (words::LOOK_AT_WOULD_OPEN) } }
                p { (words::LOOK_AT_WHY_NOT) }
            }
        } @else if eligible.is_empty() {
            div.notice { p { (words::proposals::NONE_IN_FILTER) } }
        }
        @if all > eligible.len() && !eligible.is_empty() { p.hint { (words::proposals::shown(from, to, all)) } }
        ol.proposals { @for entry in &entries(shown, &eligible, from) { (card::card(viewer, shown, entry)) } }
        (onwards(shown, "de", (shown.view.de, to, all), PROPOSALS_SHOWN))
    }
}

fn to_verify(viewer: &Viewer, shown: &Shown) -> Markup {
    let (listed, all) = (shown.listed().1, shown.fitting(Tier::ToVerify).len());
    let (from, to) = (shown.view.verifier + 1, shown.view.verifier + listed.len());
    html! {
        @if all > 0 {
            section.verify {
                h2 { (words::TO_VERIFY) }
                p { (words::TO_VERIFY_LEAD) }
                @if all > listed.len() { p.hint { (words::proposals::shown(from, to, all)) } }
                ol.proposals { @for entry in &entries(shown, &listed, from) { (card::card(viewer, shown, entry)) } }
                (onwards(shown, "verifier", (shown.view.verifier, to, all), TO_VERIFY_SHOWN))
            }
        }
    }
}

/// The way to the places that follow, and back to the first.
fn onwards(shown: &Shown, field: &'static str, (from, to, all): (usize, usize, usize), step: usize) -> Markup {
    let (next, left) = (to.to_string(), all.saturating_sub(to).min(step));
    html! {
        @if left > 0 || from > 0 {
            div.actions {
                @match &shown.of {
                    Of::Form(_) => {
                        @if left > 0 { button type="submit" form="demande" name=(field) value=(next) { (words::proposals::more(left)) } }
                        @if from > 0 { button.plain type="submit" form="demande" name=(field) value="0" { (words::proposals::BACK_TO_FIRST) } }
                    },
                    Of::Stored(stored) => {
                        @let path = format!("/demandes/{}/places", stored.id);
                        @if left > 0 { a.button href=(shown.view.address(&path, Some((field, &next)))) { (words::proposals::more(left)) } }
                        @if from > 0 { a href=(shown.view.address(&path, None)) { (words::proposals::BACK_TO_FIRST) } }
                    },
                }
            }
        }
    }
}

/// Homes for which nobody has vouched yet, after all others: the SIAO is called, which can vouch for them. No home is named, and none asked.
fn apart(shown: &Shown) -> Markup {
    html! {
        @if !shown.apart.is_empty() {
            section.apart aria-labelledby="apart" {
                h2 #apart { (words::vouching::APART) }
                p { (words::vouching::APART_LEAD) }
                ul {
                    @for (proposal, place) in &shown.apart {
                        li {
                            (words::proposals::place(place.kind, place.department)) " · " (words::label(proposal.distance_band)) " · "
                            (words::label(place.setting)) " · " (words::proposals::adults(place.adult_ages))
                        }
                    }
                }
            }
        }
    }
}

/// Several at once: those that are ticked, or the first of the page.
fn several(shown: &Shown) -> Markup {
    let may_be_ticked = shown.listed().0.into_iter().any(|proposal| shown.asked(UnitId(proposal.unit_id)).is_none());
    let first = firsts(shown).len();
    let is_form = matches!(shown.of, Of::Form(_));
    let (form, target) = if is_form { ("demande", Some("/demande/enregistrer")) } else { ("ensemble", None) };
    let name = if is_form { "ask" } else { "action" };
    html! {
        @if may_be_ticked {
            section.card.several {
                div.actions {
                    button.strong type="submit" form=(form) formaction=[target] name=(name) value="ticked" { (words::proposals::ASK_TICKED) }
                    @if first > 0 { button type="submit" form=(form) formaction=[target] name=(name) value="first" { (words::proposals::ask_first(first)) } }
                }
                p.hint { (words::proposals::how_many_at_once(wave(shown.request.urgency))) }
            }
        }
    }
}

/// What a wish would open: each is a button that shows which places.
fn would_open(shown: &Shown) -> Markup {
    let relaxations = &shown.ranking.relaxations;
    html! {
        @if !relaxations.is_empty() {
            section.card {
                h2 { (words::proposals::OPENS_TITLE) }
                p.hint { (words::proposals::OPENS_LEAD) }
                ul.plain {
                    @for relaxation in relaxations {
                        @let (label, key) = (words::relaxation(relaxation, &shown.wishes), wish::key(relaxation));
                        li {
                            @match &shown.of {
                                Of::Form(_) => { button type="submit" form="demande" name="voir" value=(key) { (label) ", " (words::proposals::SEE_WHICH) } },
                                Of::Stored(stored) => {
                                    a.button href=(shown.view.address(&format!("/demandes/{}/places", stored.id), Some(("voir", &key)))) {
                                        (label) ", " (words::proposals::SEE_WHICH)
                                    }
                                },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The places that one wish less opens, shown as such; a button takes the change over.
fn opened(viewer: &Viewer, shown: &Shown) -> Markup {
    let Some(opened) = &shown.opened else { return html! {} };
    let Opened { relaxation, proposals } = opened;
    html! {
        section.card.opened aria-labelledby="avec" {
            h2 #avec { (words::proposals::WITH_CHANGE) " " (words::relaxation(relaxation, &shown.wishes)) }
            p.hint { (words::proposals::WITH_CHANGE_LEAD) }
            ul {
                @for (proposal, place) in proposals.iter().take(PROPOSALS_SHOWN) {
                    li {
                        (words::proposals::place(place.kind, place.department)) " · " (words::label(proposal.distance_band)) " · "
                        (words::label(place.setting)) " · "
                        (words::proposals::said_at(crate::clock::Instant::of_seconds(place.confirmed_at_s), shown.now, place.department))
                    }
                }
            }
            @if proposals.len() > PROPOSALS_SHOWN { p.hint { (words::proposals::shown(1, PROPOSALS_SHOWN, proposals.len())) } }
            div.actions {
                @match &shown.of {
                    Of::Form(asked) => {
                        form method="post" action="/demande" {
                            (viewer.hidden())
                            @for (name, value) in wish::typed(asked.fields(), &shown.request, relaxation) { input type="hidden" name=(name) value=(value); }
                            button.strong type="submit" { (words::proposals::TAKE_OVER) }
                        }
                        button type="submit" form="demande" { (words::proposals::DO_NOT_TAKE_OVER) }
                    },
                    Of::Stored(stored) => {
                        form method="post" action={ "/demandes/" (stored.id) "/places/souhait" } {
                            (viewer.hidden())
                            (super::kept(&shown.view))
                            input type="hidden" name="voir" value=(wish::key(relaxation));
                            input type="hidden" name="tag" value=(stored.tag.as_str());
                            button.strong type="submit" { (words::proposals::TAKE_OVER) }
                        }
                        a.button href=(shown.view.address(&format!("/demandes/{}/places", stored.id), None)) { (words::proposals::DO_NOT_TAKE_OVER) }
                    },
                }
            }
        }
    }
}

/// How many places stand in each department, all of them counted.
fn counts(shown: &Shown) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for proposal in &shown.ranking.proposals {
        if let Some(place) = shown.places.get(&proposal.unit_id) {
            *counts.entry(place.department.as_str()).or_default() += 1;
        }
    }
    counts
}

/// The public numbers of the doors: nobody is left without a human to call.
fn if_nothing_suits(shown: &Shown) -> Markup {
    let (eligible, to_verify) = shown.listed();
    let of_page = eligible.iter().chain(&to_verify).filter_map(|proposal| shown.places.get(&proposal.unit_id));
    let of_page = of_page.chain(shown.apart.iter().map(|(_, place)| place));
    let others: BTreeSet<Department> =
        of_page.map(|place| place.department).filter(|other| *other != shown.request.place.department).collect();
    let departments: Vec<_> = std::iter::once(shown.request.place.department).chain(others).collect();
    let today = civil(shown.now, shown.here).date_naive();
    html! {
        section.card {
            h2 { (words::IF_NOTHING_SUITS) }
            @for door in shown.doors.of(&departments) {
                @let is_old = door.is_old(today);
                p.old[is_old] {
                    a.button href=(format!("tel:{}", door.phone.as_str())) { (words::CALL) " " (door.phone.as_read()) }
                    " " (card::answering(door.door, door.label_beside_number()))
                    @if let Some(department) = door.department { " (" (department) ")" }
                    @if let Some(hours) = &door.hours { " " span.hint { (words::hours(hours.as_str())) } }
                    " " span.hint { (words::proposals::verified(door.verified.on)) " " span lang="fr" { (door.verified.by) } @if is_old { " " strong { (words::proposals::OLD_NUMBER) } } }
                }
            }
        }
    }
}

fn why_not(shown: &Shown) -> Markup {
    let counted: Vec<_> = shown.ranking.failed.iter().collect();
    html! {
        @if !counted.is_empty() {
            details.card open[shown.ranking.proposals.is_empty()] {
                summary { (words::WHY_NOT) }
                table.why {
                    thead { tr { th scope="col" { (words::WHY_NOT_RULE) } th scope="col" { (words::WHY_NOT_UNITS) } th scope="col" { (words::WHY_NOT_ALONE) } } }
                    tbody {
                        @for (rule, units) in counted {
                            tr { th scope="row" { (words::label(rule)) } td.number { (words::number(units)) } td.number { (words::number(shown.ranking.failed_alone.get(rule))) } }
                        }
                    }
                }
            }
        }
    }
}

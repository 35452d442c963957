//! The sections of *La demande*: what there is to do, the parts of what is known, notes, whom these people must not meet, and what is done with the
//! request as a whole.

use matcher::{Code as _, ZoneLevel};
use maud::{Markup, html};

use super::asked::{call_back, is_under_way};
use super::parts::{Part, lone_minors};
use super::read::Shown;
use super::{Editing, Open, form, forms, tag};
use crate::domain::information::Information;
use crate::domain::referral::CallBackKind;
use crate::domain::request::{ClosingReason, LoneMinor};
use crate::domain::separation::Bond;
use crate::domain::{ReferralState, RequestState, Role};
use crate::web::http::referrals::ReferralRecord;
use crate::web::pages::{Viewer, local_time, recap, said, words};

/// Who is in charge, in whose hands it is, and what is done with one tap.
pub(super) fn in_charge(viewer: &Viewer, shown: &Shown) -> Markup {
    let label = shown.declared.in_charge.as_ref().map(|label| label.as_str());
    let own = viewer.name.as_ref().map(|name| name.label.as_str());
    let is_closed = shown.state == RequestState::Closed;
    html! {
        div.actions.main {
            @if !is_closed {
                a.button.strong href={ "/demandes/" (shown.id) "/places" } { (if shown.referrals.is_empty() { words::SEE_PROPOSALS.text() } else { words::request::SEARCH_ON.text() }) }
                @if own.is_some() && own != label {
                    form method="post" action={ "/demandes/" (shown.id) "/suivi" } {
                        (viewer.hidden())
                        button type="submit" name="in_charge" value=[own] { (words::request::TAKE_CHARGE) }
                    }
                }
                (hand_over(viewer, shown, label))
                (lending(viewer, shown))
            }
            @if viewer.caller.is_some_and(|caller| caller.is(Role::Referent)) { a.button href={ "/demandes/" (shown.id) "/dossier" } { (words::DOSSIER_TITLE) } }
        }
    }
}

/// To a colleague, by a button each.
fn hand_over(viewer: &Viewer, shown: &Shown, label: Option<&str>) -> Markup {
    let others: Vec<_> = shown.names.colleagues.iter().filter(|colleague| Some(colleague.as_str()) != label).collect();
    html! {
        @if !others.is_empty() {
            details.small {
                summary.button { (words::request::HAND_OVER) }
                form.reasons method="post" action={ "/demandes/" (shown.id) "/suivi" } {
                    (viewer.hidden())
                    @for colleague in others { button type="submit" name="in_charge" value=(colleague) { (colleague) } }
                }
            }
        }
    }
}

fn lending(viewer: &Viewer, shown: &Shown) -> Markup {
    if let Some((to, until)) = shown.lent {
        return html! {
            p.lent {
                @if shown.is_own() { (words::request::LENT_TO) " " (shown.organisation_name(to)) } @else { (words::request::LENT_BY) " " (shown.organisation_name(shown.organisation)) }
                " " (words::request::UNTIL) " " (shown.hour(until))
            }
            form method="post" action={ "/demandes/" (shown.id) "/reprendre" } {
                (viewer.hidden())
                button type="submit" { (if shown.is_own() { words::request::TAKE_BACK.text() } else { words::request::GIVE_BACK.text() }) }
            }
        };
    }
    html! {
        @if let Some(night) = shown.lending.night {
            form method="post" action={ "/demandes/" (shown.id) "/preter" } {
                (viewer.hidden())
                input type="hidden" name="organisation_id" value=(night);
                button type="submit" { (words::request::lend_to(shown.organisation_name(night))) }
            }
        }
    }
}

/// How many things there are to do now.
pub(super) fn waits(shown: &Shown) -> usize {
    let of_referrals = shown.referrals.iter().filter(|referral| is_under_way(referral) && is_to_do(referral)).count();
    of_referrals + of_request(shown).len()
}

fn is_to_do(referral: &ReferralRecord) -> bool {
    referral.state == ReferralState::Accepted || wants_call(referral) || why(referral).is_some()
}

/// Whether the place wishes to be called, and nobody has.
fn wants_call(referral: &ReferralRecord) -> bool {
    let wishes = referral.call_back.as_ref().is_some_and(|call| call.kind == CallBackKind::CallUs);
    wishes && referral.called_at.is_none() && referral.state.is_open()
}

/// What is to be looked at, where nothing else is to be done.
fn why(referral: &ReferralRecord) -> Option<&'static str> {
    match referral {
        referral if referral.overdue_since.is_some() => Some(words::LATE.text()),
        referral if referral.contradicted_at.is_some() => Some(words::request::CONTRADICTED.text()),
        referral if !referral.fails_since.is_empty() => Some(words::request::NO_LONGER_FITS.text()),
        _ => None,
    }
}

/// What there is to do now, the next act first.
pub(super) fn to_do(viewer: &Viewer, shown: &Shown) -> Markup {
    let under_way = shown.referrals.iter().filter(|referral| is_under_way(referral));
    let of_referrals =
        under_way.filter_map(|referral| Some((format!("faire-{}", referral.id), of_referral(viewer, shown, referral)?)));
    let of_request = of_request(shown).into_iter().enumerate().map(|(at, item)| (format!("faire-{at}"), item));
    let items: Vec<(String, Markup)> = of_referrals.chain(of_request).collect();
    html! {
        section.card.todo aria-labelledby="a-faire" {
            h2 #a-faire { (words::request::TO_DO) }
            @if items.is_empty() { p { (if shown.state == RequestState::Open { words::request::TO_DO_WAIT.text() } else { words::request::TO_DO_NOTHING.text() }) } }
            ul.plain { @for (id, item) in &items { li id=(id) { (item) } } }
        }
    }
}

fn of_referral(viewer: &Viewer, shown: &Shown, referral: &ReferralRecord) -> Option<Markup> {
    let name = shown.name_of(referral);
    if referral.state == ReferralState::Accepted {
        return Some(html! {
            p {
                strong { (name) } " " (words::request::SAID_YES) @if let Some(at) = referral.accepted_at { " " (shown.at_time(referral, at)) }
                @if let Some(at) = referral.deadline { (words::COLON) (words::request::CONFIRM_BEFORE) " " strong { (shown.time(referral, at)) } " " span.left data-until=(at) {} }
            }
            (confirmation(viewer, shown, referral))
        });
    }
    if wants_call(referral) {
        return Some(to_call(viewer, shown, referral));
    }
    let why = why(referral)?;
    Some(
        html! { p { strong { (name) } (words::COLON) (why) " " a href={ "#" (referral.id) } { (words::request::SEE) span.unseen { " " (name) } } } },
    )
}

/// A call that the place wishes for, until somebody says that it is made.
fn to_call(viewer: &Viewer, shown: &Shown, referral: &ReferralRecord) -> Markup {
    html! {
        p { strong { (shown.name_of(referral)) } }
        (call_back(shown, referral))
        form.actions method="post" action={ "/orientations/" (referral.id) "/appel" } {
            (viewer.hidden())
            input type="hidden" name="retour" value=(shown.id);
            button type="submit" { (words::request::CALL_DONE) }
        }
    }
}

/// They are coming: when. The time is that of the place.
fn confirmation(viewer: &Viewer, shown: &Shown, referral: &ReferralRecord) -> Markup {
    let place = shown.department_of(referral);
    let clock = local_time::clock_of(shown.now, place, shown.here);
    let id = format!("arrivee-{}", referral.id);
    html! {
        form.actions method="post" action={ "/orientations/" (referral.id) "/confirmer" } {
            (viewer.hidden())
            input type="hidden" name="retour" value=(shown.id);
            label for=(id) { (words::request::COMING_AT) @if let Some(clock) = clock { " (" (clock) ")" } }
            input id=(id) type="datetime-local" name="expected" value=(local_time::as_typed(shown.now, place)) required;
            button.strong type="submit" { (words::CONFIRM) }
        }
    }
}

/// What is due for the people, whatever the places say.
fn of_request(shown: &Shown) -> Vec<Markup> {
    if shown.state == RequestState::Closed {
        return Vec::new();
    }
    let edit = |part: Part, what: &str| html! { p { (what) " " a href={ "/demandes/" (shown.id) "?modifier=" (part.as_str()) "#" (part.as_str()) } { (words::request::DO_IT) span.unseen { " " (part.title()) } } } };
    let due = |at| words::orientations::when(at, shown.here, shown.now);
    let mut items = Vec::new();
    let told = |at: usize| shown.declared.lone_minors.0.iter().any(|known| usize::from(known.person) == at && known.told.is_some());
    if lone_minors(&shown.declared).any(|(at, _)| !told(at)) {
        items.push(edit(Part::Minors, words::request::TELL_PROTECTION.text()));
    }
    if let Some(duty) = shown.duties.assessment {
        items.push(edit(Part::Minors, &words::request::assess_before(&due(duty.due_at))));
    }
    if let Some(duty) = shown.duties.information {
        items.push(edit(Part::Informed, &words::request::inform_before(&due(duty.due_at))));
    }
    for warning in &shown.warnings {
        items.push(html! { p.warning { (words::label(*warning)) } });
    }
    if shown.state == RequestState::Open && !shown.referrals.iter().any(is_under_way) {
        items.push(html! { p { (words::request::NOTHING_ASKED) " " a href={ "/demandes/" (shown.id) "/places" } { (words::SEE_PROPOSALS) } } });
    }
    items
}

/// A part of what is known, to be edited in place.
pub(super) fn part(viewer: &Viewer, shown: &Shown, open: &Open<'_>, part: Part) -> Markup {
    if part == Part::Minors && lone_minors(&shown.declared).next().is_none() {
        return html! {};
    }
    let is_open = open.editing == Some(Editing::Part(part));
    let id = part.as_str();
    html! {
        section.card.part aria-labelledby=(id) {
            div.heading {
                h2 id=(id) { (part.title()) }
                @if !is_open && shown.state != RequestState::Closed {
                    a.edit href={ "/demandes/" (shown.id) "?modifier=" (id) "#" (id) } { "✎ " (words::request::EDIT) span.unseen { " " (part.title()) } }
                }
            }
            @if is_open { (edited(viewer, shown, open, part)) } @else { (as_it_stands(shown, part)) }
        }
    }
}

/// The form of a part. Enter in a field stores it.
fn edited(viewer: &Viewer, shown: &Shown, open: &Open<'_>, part: Part) -> Markup {
    let begun = part.begun_with(&shown.declared, &shown.tonight, shown.now);
    let form = form(open, &begun, &shown.tonight);
    html! {
        form method="post" action={ "/demandes/" (shown.id) } autocomplete="off" novalidate {
            (viewer.hidden())
            input type="hidden" name="part" value=(part.as_str());
            input type="hidden" name="seen" value=(tag(&shown.declared));
            input type="hidden" name="parts" value=(Part::tags(&shown.declared));
            button.unseen type="submit" tabindex="-1" aria-hidden="true" { (words::request::SAVE) }
            (forms::of(shown, &form, part))
            div.actions {
                button.strong type="submit" { (words::request::SAVE) }
                a.button href={ "/demandes/" (shown.id) "#" (part.as_str()) } { (words::request::CANCEL) }
            }
        }
        datalist #communes {}
    }
}

fn as_it_stands(shown: &Shown, part: Part) -> Markup {
    let (declared, request) = (&shown.declared, &shown.as_matched);
    match part {
        Part::Who => html! {
            ul.plain { @for person in &request.household { li { (said::person(person)) } } }
            @if declared.couple { p { (words::COUPLE_SAID) } }
            @match declared.seen_apart { Some(true) => p { (words::SEEN_APART_SAID) }, Some(false) => p.warning { (words::SEEN_APART_WARNING) }, None => {} }
        },
        Part::Where => html! {
            p { (super::parts::place_offered(&declared.place)) }
            p { (said::when(request)) }
            p { (said::distance(request)) }
        },
        Part::Dangers => dangers(request),
        Part::Needs => html! {
            @let wishes = said::wishes(request);
            @if wishes.is_empty() { p { (words::request::NEEDS_NONE) } }
            dl.facts { @for (label, what) in wishes { dt { (label) } dd { (what) } } }
        },
        Part::Message => html! {
            @if let Some(message) = &declared.message { p { q { (message.as_str()) } } } @else { p { (words::request::MESSAGE_NONE) } }
            @if let Some(said) = &declared.safety_instructions { p { (words::request::INSTRUCTIONS) (words::COLON) q { (said.as_str()) } } }
            @if let Some(reference) = &declared.reference { p.hint { (words::DOSSIER_REFERENCE) " " (reference.as_str()) } }
        },
        Part::Informed => html! { p { (informed(&declared.information)) } },
        Part::Minors => html! {
            @for (at, person) in lone_minors(declared) {
                (minor(shown, person, declared.lone_minors.0.iter().find(|known| usize::from(known.person) == at)))
            }
        },
    }
}

fn dangers(request: &matcher::Request) -> Markup {
    let zones = |level| request.danger_zones.iter().filter(move |zone| zone.level == level).collect::<Vec<_>>();
    let (forbidden, avoided) = (zones(ZoneLevel::Forbidden), zones(ZoneLevel::Avoid));
    html! {
        p.hint { (words::EXCLUDED) }
        @if forbidden.is_empty() { p { (words::NOTHING_EXCLUDED) } } @else { ul.plain { @for zone in &forbidden { li { (recap::one_zone(zone)) } } } }
        @if !avoided.is_empty() { p.hint { (words::AVOIDED) } ul.plain { @for zone in &avoided { li { (recap::one_zone(zone)) } } } }
    }
}

/// How the person was informed, in a sentence.
fn informed(information: &Information) -> String {
    match information {
        Information::Given(given) => {
            let shared: Vec<_> = given.shared.0.iter().map(|shared| words::label(*shared)).collect();
            words::request::informed(given.day, words::spoken(given.language.as_str()), given.interpreter, &shared)
        }
        Information::NotYet(not_yet) => words::request::not_informed(not_yet.day, words::label(not_yet.reason)),
    }
}

/// What is known of a minor without a parent.
fn minor(shown: &Shown, person: &matcher::Person, known: Option<&LoneMinor>) -> Markup {
    let told = known.and_then(|known| known.told.as_ref());
    html! {
        p { strong { (said::person(person)) } }
        dl.facts {
            dt { (words::request::MAJORITY) } dd { @if let Some(day) = person.turns_18_on { (words::day(day)) } @else { (words::request::UNKNOWN) } }
            dt { (words::request::GROUND) } dd { (known.and_then(|known| known.minority_ground).map_or(words::request::UNKNOWN.text(), words::label)) }
            dt { (words::request::TOLD) }
            dd {
                @if let Some(told) = told {
                    (if told.reached { words::request::REACHED.text() } else { words::request::TRIED.text() }) " " (words::label(told.authority)) ", " (told.whom.as_str()) ", " (words::moment(told.at.into(), shown.place))
                } @else { strong { (words::request::NOBODY_TOLD) } }
            }
            dt { (words::request::ASSESSMENT) }
            dd {
                @match known.and_then(|known| known.assessment_recorded_at.zip(known.assessment_decided_by.as_ref())) {
                    Some((at, by)) => { (words::moment(at.into(), shown.place)) ", " (by.as_str()) },
                    None => { (words::request::NOT_YET) },
                }
                @if let Some(view) = known.and_then(|known| known.child_view) { ", " (words::request::CHILD_VIEW) (words::COLON) (words::label(view)) }
            }
            dt { (words::request::GUARDIAN) } dd { (if known.is_some_and(|known| known.guardian_appointed) { words::request::APPOINTED.text() } else { words::request::NOT_APPOINTED.text() }) }
        }
    }
}

/// That a request was changed by somebody else while it was being edited: in which parts, and how each stands now.
pub(super) fn changed_since(shown: &Shown, seen: &str) -> Markup {
    let parts = Part::changed_since(seen, &shown.declared);
    let last = shown.history.iter().find(|event| event.command == "updateRequest");
    let who = last.and_then(|event| event.account).and_then(|account| shown.names.people.get(&account));
    html! {
        div.notice role="alert" {
            p { strong { (words::request::CHANGED_SINCE) } " " @if let Some(event) = last { (shown.hour(event.at)) @if let Some(who) = who { ", " (who) } } }
            @if parts.is_empty() { p { (words::request::CHANGED_ELSEWHERE) } }
            @for part in parts { p { strong { (part.title()) } " " (words::request::STANDS_NOW) } (as_it_stands(shown, part)) }
            p { (words::request::READ_AND_SAVE) }
        }
    }
}

/// Notes, newest last, each with its hour and who wrote it.
pub(super) fn notes(viewer: &Viewer, shown: &Shown, open: &Open<'_>) -> Markup {
    let is_back = open.editing == Some(Editing::Note);
    let typed = open.typed.filter(|_| is_back).and_then(|fields| fields.text("note")).unwrap_or_default();
    let who = |note: &crate::domain::request::Note| {
        let person =
            note.account_id.filter(|_| note.organisation_id == shown.own).and_then(|account| shown.names.people.get(&account));
        person.cloned().unwrap_or_else(|| shown.organisation_name(note.organisation_id).to_owned())
    };
    html! {
        section.card aria-labelledby="notes" {
            h2 #notes { (words::request::NOTES) }
            ul.plain.notes { @for note in &shown.notes { li { (shown.hour(note.at)) " " (who(note)) (words::COLON) (note.text.as_str()) } } }
            form method="post" action={ "/demandes/" (shown.id) "/note" } {
                (viewer.hidden())
                label for="note" { (words::request::NEW_NOTE) }
                p.hint #note-why { (words::request::NOTE_WHY) }
                @if is_back { div.error #note-error { @for (_, why) in &open.wrong { p { (why) } } } }
                textarea #note name="note" rows="2" maxlength="2000" required aria-describedby=(if is_back { "note-why note-error" } else { "note-why" }) aria-invalid=[is_back.then_some("true")] { (typed) }
                div.actions { button type="submit" { (words::request::ADD_NOTE) } }
            }
        }
    }
}

/// Whom these people must not meet, and those they were separated from.
pub(super) fn apart(viewer: &Viewer, shown: &Shown, open: &Open<'_>) -> Markup {
    let is_back = open.editing == Some(Editing::Code);
    let base = format!("/demandes/{}", shown.id);
    html! {
        details.card #eloigner open[is_back] {
            summary { (words::request::APART) @if !shown.links.is_empty() { " (" (shown.links.len()) ")" } }
            p.hint { (words::request::APART_WHY) }
            @for (line, bond) in &shown.separated { p { (match bond { Bond::KeptApart => words::request::KEPT_APART_FROM.text(), Bond::ToReunite => words::request::TO_REUNITE_WITH.text() }) " " (line.link()) } }
            ul.plain {
                @for link in &shown.links {
                    li {
                        (words::request::LINK_SINCE) " " (shown.hour(link.created_at))
                        @if link.agreed_at.is_some() { " · " (words::request::END_AGREED) } @else if shown.is_own() {
                            form.inline method="post" action={ (base) "/liens/" (link.id) "/fin" } { (viewer.hidden()) button type="submit" { (words::request::AGREE_TO_END) } }
                        }
                        @if link.other_agreed_at.is_some() { " · " (words::request::OTHER_AGREED) }
                    }
                }
            }
            @if shown.state != RequestState::Closed {
                form method="post" action={ (base) "/codes" } { (viewer.hidden()) button type="submit" { (words::request::MAKE_CODE) } }
                form method="post" action={ (base) "/eloigner" } {
                    (viewer.hidden())
                    label for="code" { (words::request::ENTER_CODE) }
                    @if is_back { div.error #code-error { @for (_, why) in &open.wrong { p { (why) } } } }
                    input #code name="code" type="text" autocomplete="off" required aria-invalid=[is_back.then_some("true")] aria-describedby=[is_back.then_some("code-error")]
                        value=[open.typed.filter(|_| is_back).and_then(|fields| fields.text("code"))];
                    div.actions { button type="submit" { (words::request::USE_CODE) } }
                }
            }
        }
    }
}

/// What is done with the request as a whole, and seldom.
pub(super) fn rest(viewer: &Viewer, shown: &Shown, open: &Open<'_>) -> Markup {
    let base = format!("/demandes/{}", shown.id);
    let button = |act: &str, name: &str| html! { form method="post" action={ (base) "/" (act) } { (viewer.hidden()) button type="submit" { (name) } } };
    html! {
        @if shown.state == RequestState::Closed {
            section.card { h2 { (words::request::CLOSED) } div.actions { (button("rouvrir", words::request::REOPEN.text())) (button("copier", words::request::COPY.text())) } }
        } @else {
            details.card #clore {
                summary { (words::request::CLOSE) }
                form method="post" action={ (base) "/clore" } {
                    (viewer.hidden())
                    input type="hidden" name="retour" value=(shown.id);
                    p.hint { (words::request::CLOSE_WHY) }
                    div.field { label for="reason" { (words::WHY_CLOSE) } select #reason name="reason" { @for reason in ClosingReason::ALL { option value=(reason.as_str()) { (words::label(*reason)) } } } }
                    div.actions { button type="submit" { (words::CLOSE_REQUEST) } }
                }
            }
            details.card #autrement open[open.editing == Some(Editing::Lending)] {
                summary { (words::request::ELSE) }
                div.actions { (button("repere", words::request::NEW_ALIAS.text())) (button("copier", words::request::COPY.text())) }
                (forms::lending(viewer, shown, open))
            }
            @if shown.declared.household.0.len() > 1 { (forms::splitting(viewer, shown, open)) }
        }
        details.card #retrait {
            summary { (words::request::WITHDRAW_AGREEMENT) }
            form method="post" action={ (base) "/retrait" } {
                (viewer.hidden())
                p { (words::request::WITHDRAW_AGREEMENT_WHY) }
                label.box { input type="checkbox" name="sure" value="true" required; " " (words::request::WITHDRAW_SURE) }
                div.actions { button type="submit" { (words::request::WITHDRAW_NOW) } }
            }
        }
        button.plain type="button" data-print="" hidden { (words::PRINT) }
    }
}

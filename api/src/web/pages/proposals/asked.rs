//! The places that a request was put to, with where each stands: they stay in sight, also when their last bed is the one that is held.

use matcher::Department;
use maud::{Markup, html};

use super::{Shown, Stored, card};
use crate::clock::Instant;
use crate::domain::ReferralState;
use crate::web::http::referrals::ReferralRecord;
use crate::web::pages::keeping_up::{self, AsOf};
use crate::web::pages::line::needful::Clocks;
use crate::web::pages::line::place_asked;
use crate::web::pages::words;

/// The places asked in the page of a ranking.
pub(super) fn asked(shown: &Shown, stored: &Stored) -> Markup {
    match &stored.as_of {
        Some(as_of) => region(stored, (shown.now, shown.here), as_of, stored.tag.as_str()),
        None => html! {},
    }
}

/// What keeps up: the places asked, the open ones first, and that the request is another than was ranked.
pub(super) fn region(stored: &Stored, (now, here): (Instant, Department), as_of: &AsOf, seen: &str) -> Markup {
    let (open, over): (Vec<_>, Vec<_>) = stored.referrals.iter().partition(|referral| referral.state.is_open());
    let answered = stored.referrals.iter().filter(|referral| referral.state == ReferralState::Accepted).count();
    let places = format!("/demandes/{}/places", stored.id);
    let clocks = |referral: &ReferralRecord| Clocks { now, place: stored.department_of(referral.unit_id).unwrap_or(here), here };
    let content = html! {
        @if stored.tag.as_str() != seen { div.notice { p { (words::proposals::REQUEST_CHANGED) " " a href=(places) { (words::proposals::RANK_AGAIN) } } } }
        @if !stored.referrals.is_empty() {
            section.asked aria-labelledby="demande-a" {
                h2 #demande-a { (words::proposals::ASKED_TITLE) }
                ul.plain { @for referral in open.iter().chain(&over) { li.card id=(format!("q-{}", referral.id)) { (one(stored, clocks(referral), referral)) } } }
            }
        }
    };
    let summary = words::proposals::asked_so_far(open.len(), answered);
    keeping_up::region(&as_of.tag(), &format!("{places}/demandees?vu={seen}"), answered, &summary, &content)
}

fn one(stored: &Stored, clocks: Clocks, referral: &ReferralRecord) -> Markup {
    html! {
        p { strong { (place_asked::text(referral, &stored.kinds)) } }
        p.state { (how_it_stands(referral, clocks)) }
        @if referral.state.is_open() { @if let Some(other) = &referral.other_side { (card::numbers(&other.numbers)) } }
    }
}

/// Where a question stands, with the hours that matter.
pub(super) fn state(shown: &Shown, referral: &ReferralRecord) -> Markup {
    how_it_stands(referral, Clocks { now: shown.now, place: shown.department_of(referral.unit_id), here: shown.here })
}

fn how_it_stands(referral: &ReferralRecord, clocks: Clocks) -> Markup {
    let before = match referral.state {
        ReferralState::Asked | ReferralState::Acknowledged => words::proposals::ANSWER_BEFORE.text(),
        _ => words::proposals::CONFIRM_BEFORE.text(),
    };
    let reason = referral.refusal.as_ref().map(|refusal| words::label(refusal.code));
    html! {
        strong { (words::label(referral.state)) }
        @if let Some(reason) = reason { " (" (reason) ")" }
        @if referral.held {
            " · "
            @match referral.hold_until.or(referral.deadline) {
                Some(until) => { (words::proposals::HELD_UNTIL) " " (clocks.when(until)) },
                None => (words::proposals::HELD),
            }
        }
        @if let (Some(deadline), true) = (referral.deadline, referral.state.is_open()) {
            " · " (before) " " (clocks.until(deadline))
        }
    }
}

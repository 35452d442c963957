//! What was asked of whom: the home, its telephone and hours, where it stands, until when it is held, and until when somebody has to answer.

use matcher::Department;
use maud::{Markup, html};

use super::read::Shown;
use crate::clock::Instant;
use crate::domain::ReferralState;
use crate::domain::referral::CallBackKind;
use crate::web::http::referrals::ReferralRecord;
use crate::web::pages::proposals::numbers;
use crate::web::pages::{Viewer, local_time, words};

impl Shown {
    /// A time as people there read it; the script keeps what is left of it fresh.
    pub(super) fn time(&self, referral: &ReferralRecord, at: Instant) -> Markup {
        self.said_there(referral, at, words::orientations::when)
    }

    /// The same of when something was done.
    pub(super) fn at_time(&self, referral: &ReferralRecord, at: Instant) -> Markup {
        self.said_there(referral, at, words::orientations::at)
    }

    fn said_there(&self, referral: &ReferralRecord, at: Instant, say: fn(Instant, Department, Instant) -> String) -> Markup {
        let place = self.department_of(referral);
        let clock = local_time::clock_of(at, place, self.here);
        html! { time datetime=(at) { (say(at, place, self.now)) @if let Some(clock) = clock { " (" (clock) ")" } } }
    }

    /// The same of what has nothing to do with a place.
    pub(super) fn hour(&self, at: Instant) -> Markup {
        html! { time datetime=(at) { (words::orientations::when(at, self.here, self.now)) } }
    }
}

/// All of it.
pub(super) fn all(viewer: &Viewer, shown: &Shown) -> Markup {
    let (open, over): (Vec<_>, Vec<_>) = shown.referrals.iter().partition(|referral| is_under_way(referral));
    html! {
        section.card aria-labelledby="demande" {
            h2 #demande { (words::request::ASKED) }
            @if shown.referrals.is_empty() { p { (words::request::ASKED_NONE) } } @else { p.hint { (words::request::RING_BACK) } }
            ul.plain.put { @for referral in &open { li id=(format!("place-{}", referral.id)) { (one(viewer, shown, referral)) } } }
            @if !over.is_empty() {
                ul.plain.put.over { @for referral in &over { li id=(format!("place-{}", referral.id)) { (ended(shown, referral)) } } }
            }
        }
    }
}

/// Open, or housed.
pub(super) fn is_under_way(referral: &ReferralRecord) -> bool {
    referral.state.is_open() || referral.state == ReferralState::Arrived
}

fn one(viewer: &Viewer, shown: &Shown, referral: &ReferralRecord) -> Markup {
    html! {
        h3 id=(referral.id) { (shown.name_of(referral)) " · " (words::label(referral.state)) }
        p.facts { (steps(shown, referral)) }
        p.facts {
            (held(shown, referral))
            @if let Some(at) = referral.deadline {
                " · " (if referral.state == ReferralState::Accepted { words::request::CONFIRM_BEFORE.text() } else { words::request::ANSWER_BEFORE.text() }) " "
                strong { (shown.time(referral, at)) } " " span.left data-until=(at) {}
            }
        }
        @if let Some(at) = referral.expected_arrival { p.facts { (words::request::EXPECTED) " " strong { (shown.time(referral, at)) } } }
        @if let Some(arrival) = &referral.arrival {
            p.facts {
                (words::MEETING_POINT) (words::COLON) @if let Some(point) = &arrival.meeting_point { (point.as_str()) } @else { (words::MEETING_POINT_NONE) }
                @if let Some(code) = &arrival.code { " · " (words::ARRIVAL_CODE) (words::COLON) strong { (code.as_str()) } }
            }
            p.facts {
                a href=(format!("/orientations/{}/fiche", referral.id)) { (words::orientations::SHEET) } " · "
                a href=(format!("/orientations/{}/papier", referral.id)) { (words::orientations::PAPER) }
            }
        }
        (call_back(shown, referral))
        @for warning in &referral.warnings { p.warning { (words::label(*warning)) } }
        @if !referral.fails_since.is_empty() { p.warning { (referral.fails_since.iter().map(|rule| words::label(*rule)).collect::<Vec<_>>().join(", ")) } }
        @if let Some(other) = &referral.other_side { (numbers(&other.numbers)) }
        (acts(viewer, referral))
    }
}

/// What happened when.
fn steps(shown: &Shown, referral: &ReferralRecord) -> Markup {
    let steps = [
        (words::request::AT_ASKED.text(), Some(referral.created_at)),
        (words::request::AT_SEEN.text(), referral.acknowledged_at),
        (words::request::AT_YES.text(), referral.accepted_at),
        (words::request::AT_CONFIRMED.text(), referral.confirmed_at),
        (words::request::AT_ARRIVED.text(), referral.arrived_at),
    ];
    let known: Vec<_> = steps.into_iter().filter_map(|(what, at)| Some((what, at?))).collect();
    html! {
        @for (number, (what, at)) in known.iter().enumerate() { @if number > 0 { " · " } (what) " " (shown.time(referral, *at)) }
        @if referral.by_phone { " · " (words::request::BY_PHONE) }
    }
}

fn held(shown: &Shown, referral: &ReferralRecord) -> Markup {
    html! {
        @match (referral.held, referral.hold_until.or(referral.deadline)) {
            (true, Some(until)) => { (words::request::HELD_UNTIL) " " (shown.time(referral, until)) },
            (true, None) => { (words::request::HELD) },
            (false, _) if referral.state == ReferralState::Arrived => { (words::request::HOUSED) },
            (false, _) => { (words::request::NOT_HELD) },
        }
    }
}

/// A call that the place wishes for or announces.
pub(super) fn call_back(shown: &Shown, referral: &ReferralRecord) -> Markup {
    let Some(call) = referral.call_back.as_ref().filter(|_| referral.state.is_open()) else { return html! {} };
    let what = match call.kind {
        CallBackKind::CallUs => words::request::CALL_US.text(),
        CallBackKind::WeCall => words::request::WE_CALL.text(),
    };
    html! {
        p.question {
            (what)
            @if let Some(at) = call.at { " " (shown.time(referral, at.into())) }
            @if let Some(phone) = &call.phone { " · " a href=(format!("tel:{}", phone.as_str())) { (phone.as_read()) } }
        }
    }
}

/// What can be done from here with one tap; all the rest is on Orientations.
fn acts(viewer: &Viewer, referral: &ReferralRecord) -> Markup {
    let withdraws = referral.state.is_open();
    let calls = withdraws && referral.call_back.is_some() && referral.called_at.is_none();
    html! {
        div.actions {
            @if calls {
                form method="post" action={ "/orientations/" (referral.id) "/appel" } {
                    (viewer.hidden())
                    button type="submit" { (words::orientations::CALL_DONE) }
                }
            }
            @if withdraws {
                form method="post" action={ "/orientations/" (referral.id) "/retirer" } {
                    (viewer.hidden())
                    input type="hidden" name="retour" value=(referral.request_id);
                    button type="submit" { (words::WITHDRAW) }
                }
            }
            a href={ "/orientations#demande-" (referral.request_id) } { (words::request::MORE_ACTS) span.unseen { " " (referral.alias.as_str()) } }
        }
    }
}

/// One that came to its end: how, and when.
fn ended(shown: &Shown, referral: &ReferralRecord) -> Markup {
    html! {
        (shown.name_of(referral)) " · " (words::label(referral.state))
        @if let Some(at) = referral.ended_at { " " (shown.time(referral, at)) }
        @if let Some(refusal) = &referral.refusal { (words::COLON) (words::label(refusal.code)) }
        @if let Some(reason) = referral.end_reason { (words::COLON) (words::label(reason)) }
    }
}

//! *Orientations* for who answers: which of its homes is asked and by whom, yes, no and why, call me back; who is expected, who is housed, and
//! what was said a moment ago.

use std::collections::BTreeMap;

use matcher::Code as _;
use maud::{Markup, html};

use super::super::line::needful::{self, Clocks, phone};
use super::super::{Viewer, words};
use super::forms::{self, Form, Refused};
use super::{PATH, Part, Shown, Undoable};
use crate::domain::ids::UnitId;
use crate::domain::referral::{AfterStay, CallBackKind, StayEnd};
use crate::domain::{ReferralState, SafetyCall};
use crate::web::http::referrals::ReferralRecord;
use crate::web::views::places::OtherSide;
use crate::web::views::vacancies::VacancyRecord;

/// All that is addressed to the reader, home by home.
pub(super) fn all(viewer: &Viewer, shown: &Shown, refused: Option<&Refused<'_>>) -> Part {
    use ReferralState::{Accepted, Acknowledged, Arrived, Asked, Confirmed, Declined, Ended, NoShow};
    let side = Side { viewer, shown, refused };
    let of = |states: &[ReferralState]| {
        let found = shown.referrals.iter().filter(|referral| referral.sides().addressed && states.contains(&referral.state));
        found.collect::<Vec<_>>()
    };
    let (questions, accepted, coming, housed) = (of(&[Asked, Acknowledged]), of(&[Accepted]), of(&[Confirmed]), of(&[Arrived]));
    let ended = of(&[Declined, NoShow, Ended]);
    let acts = |referral: &&&ReferralRecord| shown.undoable.contains_key(&referral.id) || shown.may_contradict(referral);
    let ended: Vec<&ReferralRecord> = ended.iter().filter(acts).copied().collect();
    let is_now =
        |referral: &&&ReferralRecord| shown.undoable.get(&referral.id).is_some_and(|undoable| shown.now < undoable.freely_until);
    let (now, before): (Vec<_>, Vec<_>) = ended.iter().partition(|referral| is_now(referral));
    let is_quiet = questions.is_empty() && coming.is_empty();
    let content = html! {
        @if is_quiet && accepted.is_empty() && housed.is_empty() {
            div.notice { p { (words::REFERRALS_NONE) " " (words::orientations::ALL_QUIET) } @if shown.reach.provides().is_some() { p { a.button href="/places" { (words::orientations::TO_PLACES) } } } }
        }
        (side.section(("questions", words::orientations::QUESTIONS.text()), &questions, |referral| side.question(referral)))
        (side.section(("instant", words::orientations::A_MOMENT_AGO.text()), &now, |referral| side.done(referral)))
        (side.section(("arrivees", words::orientations::ARRIVALS.text()), &coming, |referral| side.arrival(referral)))
        (side.section(("acceptees", words::WAITING_CONFIRMATION.text()), &accepted, |referral| side.accepted(referral)))
        (side.section(("hebergees", words::orientations::HOUSED.text()), &housed, |referral| side.stay(referral)))
        (side.section(("derniers-jours", words::orientations::LAST_DAYS.text()), &before, |referral| side.done(referral)))
    };
    Part { content, count: questions.len(), summary: words::orientations::summary_of_addressee(questions.len(), coming.len()) }
}

/// One side of the page, as it is drawn.
struct Side<'s> {
    viewer: &'s Viewer,
    shown: &'s Shown,
    refused: Option<&'s Refused<'s>>,
}

impl Side<'_> {
    /// Cards under the homes that they lead to, those first that lapse first.
    fn section(&self, (id, title): (&str, &str), found: &[&ReferralRecord], card: impl Fn(&ReferralRecord) -> Markup) -> Markup {
        let mut by_group: BTreeMap<(String, UnitId), Vec<&ReferralRecord>> = BTreeMap::new();
        for referral in found {
            by_group.entry((self.group(referral), referral.unit_id)).or_default().push(referral);
        }
        for referrals in by_group.values_mut() {
            referrals.sort_by_key(|referral| (referral.deadline, referral.expected_arrival, referral.id));
        }
        html! {
            @if !found.is_empty() {
                section #(id) {
                    h2 { (title) }
                    @for ((group, _), referrals) in &by_group {
                        @if !group.is_empty() { h3.group { (group) } }
                        @for referral in referrals { article.card #(format!("o-{}", referral.id)) { (card(referral)) } }
                    }
                }
            }
        }
    }

    /// Which beds are meant: those of one's own home, or behind which door.
    fn group(&self, referral: &ReferralRecord) -> String {
        let Some(group) = self.shown.groups.get(&referral.unit_id) else { return String::new() };
        let named =
            words::orientations::group(group.home.as_str(), words::label(group.kind), words::label(group.setting), group.places);
        if group.is_own {
            named
        } else {
            format!("{} {} · {named}", words::orientations::BEHIND_DOOR.text(), words::label(referral.door))
        }
    }

    fn form<'f>(&'f self, referral: &ReferralRecord, act: &'static str) -> Form<'f> {
        Form::new(self.viewer, referral, act, self.refused)
    }

    /// Who, for whom, since when and until when.
    fn head(&self, referral: &ReferralRecord) -> Markup {
        let clocks = self.shown.clocks(referral);
        html! {
            p.needful { (needful::line(referral, &self.shown.policy, clocks)) }
            p {
                (asker(referral))
                " · " (words::orientations::ASKED_AT) " " (clocks.when(referral.created_at))
                (held(referral, clocks))
            }
            @if let Some(message) = &referral.asks_for.message { blockquote { p { "«\u{a0}" (message.as_str()) "\u{a0}»" } } }
            @if let Some(instructions) = &referral.asks_for.safety_instructions { p.warning { (instructions.as_str()) } }
            @for warning in &referral.warnings { p.warning { (words::label(*warning)) } }
            @if let Some(undone) = &referral.undone {
                p.hint { (words::orientations::UNDONE) " " (clocks.when(undone.at)) @if let Some(reason) = &undone.reason { (words::COLON) (reason.as_str()) } }
            }
        }
    }

    fn question(&self, referral: &ReferralRecord) -> Markup {
        let clocks = self.shown.clocks(referral);
        html! {
            (self.head(referral))
            @if let Some(at) = referral.deadline { p.deadline { (words::orientations::ANSWER_BEFORE) " " (clocks.until(at)) } }
            @if let Some(vacancy) = referral.vacancy { p.hint { (words::orientations::FREE_THERE) " " (words::orientations::free(vacancy.beds, vacancy.held)) } }
            (self.call(referral, clocks))
            @if let Some(call) = &referral.safety_call { (safety(call)) }
            @if self.shown.answers_for(referral) {
                div.answers {
                    @if referral.safety_call.is_none() { (self.yes(referral)) }
                    (self.form(referral, "non").folded(words::orientations::NO.text(), &forms::refusal_fields(&self.form(referral, "non"), referral)))
                    @if referral.state == ReferralState::Asked {
                        (self.form(referral, "vue").folded(words::orientations::CALL_ME.text(), &forms::call_fields(&self.form(referral, "vue"), true)))
                    }
                    @if referral.safety_call.is_none() { (self.yes_with(referral)) }
                }
            } @else { p.hint { (words::orientations::REGULATOR_ANSWERS) } }
            (self.taking_back(referral))
        }
    }

    /// Yes with one tap; with what is to be added, and for who keeps a door with the choice of the place.
    fn yes(&self, referral: &ReferralRecord) -> Markup {
        let plain = self.form(referral, "oui");
        let may_choose = self.shown.groups.get(&referral.unit_id).is_some_and(|group| !group.is_own);
        html! {
            form.tap id=(plain.id()) method="post" action=(plain.action()) {
                (plain.head()) (override_field(&plain))
                button.strong type="submit" { (words::YES) }
            }
            @if may_choose { a.button href=(format!("{PATH}/{}/place", referral.id)) { (words::orientations::YES_WHERE) } }
        }
    }

    /// Yes, and what is to be added to it.
    fn yes_with(&self, referral: &ReferralRecord) -> Markup {
        let more = Form::about(self.viewer, referral.id.0, "oui-plus", "oui", self.refused);
        let fields = html! {
            (more.field(("interview_on", words::orientations::INTERVIEW_ON.text()), "date", "", false))
            (more.field(("travel_on", words::orientations::TRAVEL_ON.text()), "date", "", false))
            (more.field(("meeting_point", words::orientations::MEETING_POINT.text()), "text", "", false))
            (override_field(&more))
            button.strong type="submit" { (words::YES) }
        };
        more.folded(words::orientations::YES_WITH.text(), &fields)
    }

    /// A call that is wished for or announced, and what there is to do about it.
    fn call(&self, referral: &ReferralRecord, clocks: Clocks) -> Markup {
        let Some(call) = &referral.call_back else { return html! {} };
        let at = call.at.map(crate::clock::Instant::from);
        html! {
            p.call {
                @match call.kind {
                    CallBackKind::CallUs => { (words::orientations::YOU_ASKED_FOR_CALL) @if let Some(number) = &call.phone { " " (phone(number)) } @if let Some(at) = at { " " (words::orientations::FROM) " " (clocks.when(at)) } }
                    CallBackKind::WeCall => { (words::orientations::YOU_WILL_CALL) @if let Some(at) = at { " " (words::orientations::AT) " " (clocks.when(at)) } @if let Some(number) = &call.phone { " (" (phone(number)) ")" } }
                }
                @if let Some(at) = referral.called_at { " · " (words::orientations::CALLED_AT) " " (clocks.when(at)) }
            }
            @if referral.called_at.is_none() && self.shown.answers_for(referral) { (self.form(referral, "appel").tap(words::orientations::CALL_DONE.text(), false)) }
        }
    }

    fn accepted(&self, referral: &ReferralRecord) -> Markup {
        let clocks = self.shown.clocks(referral);
        html! {
            (self.head(referral))
            @if let Some(at) = referral.deadline { p.deadline { (words::CONFIRM_BEFORE) " " (clocks.until(at)) } }
            (self.call(referral, clocks))
            (self.written_down(referral))
            @if self.shown.answers_for(referral) { (self.no_after_all(referral)) }
            (self.taking_back(referral))
        }
    }

    /// A no to people who count on the place says first what will follow.
    fn no_after_all(&self, referral: &ReferralRecord) -> Markup {
        let form = self.form(referral, "non");
        let body = html! { p.hint { (words::orientations::NO_AFTER_ALL_LEAD) } (forms::refusal_fields(&form, referral)) };
        form.folded(words::orientations::NO_AFTER_ALL.text(), &body)
    }

    fn arrival(&self, referral: &ReferralRecord) -> Markup {
        html! {
            (self.head(referral))
            (late(referral)) (arrival(referral, self.shown.clocks(referral)))
            (self.written_down(referral))
            @if self.shown.answers_for(referral) {
                div.answers {
                    (self.form(referral, "arrivee").tap(words::ARRIVED.text(), true))
                    (self.form(referral, "absence").tap(words::NOT_COME.text(), false))
                    (self.no_after_all(referral))
                }
            }
            (self.taking_back(referral))
        }
    }

    fn stay(&self, referral: &ReferralRecord) -> Markup {
        let clocks = self.shown.clocks(referral);
        html! {
            (self.head(referral))
            @if let Some(at) = referral.arrived_at { p { (words::orientations::SINCE) " " (words::orientations::day_of(at, clocks.place, clocks.now)) } }
            (self.written_down(referral))
            @if self.shown.answers_for(referral) { (end_of_stay(&self.form(referral, "fin"))) }
            (self.taking_back(referral))
        }
    }

    /// What one has said, to be taken back; and what follows from it for the places.
    fn done(&self, referral: &ReferralRecord) -> Markup {
        let said = match referral.state {
            ReferralState::Declined => words::orientations::SAID_NO.text(),
            ReferralState::NoShow => words::orientations::SAID_NOT_COME.text(),
            _ => words::orientations::SAID_ENDED.text(),
        };
        html! {
            p {
                (words::orientations::YOU_SAID) " " (said) " " strong.alias { (referral.alias.as_str()) }
                @if let Some(refusal) = &referral.refusal { " (" (words::label(refusal.code)) ")" }
                @if let Some(end) = referral.end_reason { " (" (words::label(end)) ")" } "."
            }
            (self.written_down(referral))
            (self.taking_back(referral))
            @if let Some(vacancy) = self.shown.free.get(&referral.id) { (self.put_right(vacancy)) }
            (self.offered(referral))
        }
    }

    /// Nothing is free after all: so many fewer as the page shows, whatever was declared since.
    fn put_right(&self, vacancy: &VacancyRecord) -> Markup {
        let form = Form::about(self.viewer, vacancy.id.0, "complet", "complet", self.refused);
        let free = vacancy.beds.saturating_sub(vacancy.held);
        html! {
            form.tap id=(form.id()) method="post" action=(format!("/places/{}/complet", vacancy.id)) {
                (form.head())
                p { (words::orientations::FREE_THERE) " " (words::orientations::free(vacancy.beds, vacancy.held)) }
                input type="hidden" name="free" value=(free);
                @if free > 0 { button type="submit" { (words::orientations::NONE_FREE) } }
            }
        }
    }

    /// The end of a stay frees nothing: it offers a declaration, filled in.
    fn offered(&self, referral: &ReferralRecord) -> Markup {
        let Some(offer) = &referral.offered_declaration else { return html! {} };
        let until = offer.vacancy.until.map(|day| day.to_string()).unwrap_or_default();
        html! {
            details id=(format!("offre-{}", referral.id)) open {
                summary { (words::orientations::OFFER_DECLARATION) }
                form method="post" action=(format!("/groupes/{}/places", offer.unit_id)) {
                    (self.viewer.hidden())
                    div.row {
                        label { (words::BEDS) " " input type="number" name="beds" min="1" max="200" value=(offer.vacancy.beds.get()) inputmode="numeric" required; }
                        label { (words::FROM_DAY) " " input type="date" name="from" value=(offer.vacancy.from) required; }
                        label { (words::UNTIL_DAY) " " input type="date" name="until" value=(until); }
                    }
                    button type="submit" { (words::DECLARE) }
                }
            }
        }
    }

    /// What was written down in one's name is said so: it is contradicted in one tap, and said to be so after one has read what that opens.
    fn written_down(&self, referral: &ReferralRecord) -> Markup {
        let waits = referral.by_phone && self.shown.answers_for(referral);
        let may_affirm = waits && referral.state.is_open();
        html! {
            @if waits {
                p.warning { (words::WRITTEN_DOWN) " " strong { (words::label(referral.state)) } }
                @if may_affirm {
                    (self.form(referral, "exact").folded(words::orientations::IT_IS_SO.text(), &html! { p.hint { (words::orientations::IT_IS_SO_LEAD) } button type="submit" { (words::IT_IS_SO) } }))
                }
                @if referral.contradicted_at.is_none() { (self.form(referral, "inexact").tap(words::NOT_SO.text(), false)) }
            }
        }
    }

    fn taking_back(&self, referral: &ReferralRecord) -> Markup {
        let undoable = self.shown.undoable.get(&referral.id);
        html! { @if let Some(undoable) = undoable { (undo(&self.form(referral, "annuler"), *undoable, self.shown.clocks(referral))) } }
    }
}

/// Takes the last command back: at once in one tap, later with a reason that both sides read.
pub(super) fn undo(form: &Form<'_>, undoable: Undoable, clocks: Clocks) -> Markup {
    let left = undoable.freely_until.utc().signed_duration_since(clocks.now.utc()).num_minutes();
    if clocks.now < undoable.freely_until && !form.is_back() {
        let until = undoable.freely_until;
        return html! {
            form.tap id=(form.id()) method="post" action=(form.action()) {
                (form.head())
                button type="submit" { (words::UNDO) }
                " " span.hint data-left=(until) { (words::orientations::minutes_left(left)) }
            }
        };
    }
    let body = html! {
        p.hint { (words::UNDO_UNTIL) " " (clocks.when(undoable.until)) }
        (form.field(("reason", words::UNDO_WHY.text()), "text", "", true))
        button type="submit" { (words::UNDO) }
    };
    form.folded(words::orientations::UNDO_LATER.text(), &body)
}

/// The end of a stay, and what becomes of the request.
pub(super) fn end_of_stay(form: &Form<'_>) -> Markup {
    let ends: Vec<_> = StayEnd::ALL.iter().map(|end| (end.as_str(), words::label(*end))).collect();
    let after: Vec<_> = AfterStay::ALL.iter().map(|after| (after.as_str(), words::label(*after))).collect();
    let body = html! {
        p.hint { (words::orientations::END_STAY_LEAD) }
        (form.choice(("reason", words::END_STAY.text()), &ends))
        (form.choice(("request", words::AFTER_STAY.text()), &after))
        button type="submit" { (words::END_STAY) }
    };
    form.folded(words::orientations::END_STAY.text(), &body)
}

/// Where rules stand in the way that a call settles: who answered, and what.
pub(super) fn override_field(form: &Form<'_>) -> Markup {
    html! { @if !form.rules().is_empty() { (form.field(("override_reason", words::orientations::OVERRIDE.text()), "text", "", false)) } }
}

/// Who asks, and at which number.
fn asker(referral: &ReferralRecord) -> Markup {
    html! {
        @if let Some(other) = &referral.other_side {
            (other.organisation.as_str())
            @if let Some(in_charge) = &referral.asks_for.in_charge { ", " (in_charge.as_str()) }
            (numbers(other))
        }
    }
}

/// The numbers of the other side, those first that are answered now.
pub(super) fn numbers(other: &OtherSide) -> Markup {
    let mut numbers: Vec<_> = other.numbers.iter().collect();
    numbers.sort_by_key(|number| !number.answers_now);
    html! {
        @for number in numbers {
            " " (phone(&number.phone))
            @if let Some(label) = &number.label { " " (label.as_str()) }
            @if !number.answers_now {
                " " span.hint { "(" (words::CLOSED_NOW) @if let Some(hours) = &number.hours { ", " (words::hours(hours.as_str())) } ")" }
            }
        }
    }
}

/// Whether beds are kept, and until when.
pub(super) fn held(referral: &ReferralRecord, clocks: Clocks) -> Markup {
    html! {
        @match (referral.held, referral.hold_until) {
            (true, Some(until)) => { " · " (words::orientations::HELD_UNTIL) " " (clocks.when(until)) }
            (true, None) => { " · " (words::orientations::HELD) }
            (false, _) => { @if matches!(referral.state, ReferralState::Asked | ReferralState::Acknowledged) { " · " (words::orientations::NOT_HELD) } }
        }
    }
}

/// When and where people arrive, and what they say at the door.
pub(super) fn arrival(referral: &ReferralRecord, clocks: Clocks) -> Markup {
    html! {
        @if let Some(at) = referral.expected_arrival { p { (words::orientations::EXPECTED_AT) " " strong { (clocks.when(at)) } } }
        @if let Some(arrival) = &referral.arrival {
            p { (words::MEETING_POINT) (words::COLON) @if let Some(point) = &arrival.meeting_point { (point.as_str()) } @else { (words::MEETING_POINT_NONE) } }
            @if let Some(code) = &arrival.code { p { (words::ARRIVAL_CODE) (words::COLON) strong { (code.as_str()) } } }
        } @else { p.hint { (words::ARRIVAL_WAITS) } }
    }
}

/// That those who are expected are late.
pub(super) fn late(referral: &ReferralRecord) -> Markup {
    html! { @if referral.overdue_since.is_some() { p.warning { (words::LATE) } } }
}

/// Somebody is near whom these people must not meet: the coordination is called before anything is answered.
pub fn safety(call: &SafetyCall) -> Markup {
    html! { p.warning { strong { (words::SAFETY_CALL) } " " (call.name.as_str()) @for number in &call.numbers { " " (phone(&number.phone)) } } }
}

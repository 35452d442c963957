//! *Orientations* for who asks, request by request: what there is to do now, what is late or about to lapse, what is waited for, who is expected,
//! who is housed, what has ended. Nothing leaves the top before somebody has noted that they know.

use matcher::Code as _;
use maud::{Markup, html};

use super::super::line::needful::phone;
use super::super::line::place_asked;
use super::super::words::Phrase;
use super::super::{Viewer, local_time, words};
use super::addressee::{arrival, end_of_stay, held, late, numbers, override_field, undo};
use super::forms::{self, Form, Refused};
use super::{PATH, Part, RECENT, RequestShown, Shown, Whose, lapses_soon_at};
use crate::clock::Instant;
use crate::domain::referral::CallBackKind;
use crate::domain::request::ClosingReason;
use crate::domain::{ReferralState, RefusalParty, RequestState};
use crate::web::http::referrals::ReferralRecord;

/// What a request waits for, the most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stands {
    /// An answer to confirm, a call to make, an end to note, nothing asked yet.
    ToDo,
    /// Who is expected has not arrived.
    Overdue,
    /// A question lapses soon.
    LapsesSoon,
    /// A question waits for its answer.
    Waiting,
    /// People are expected.
    Confirmed,
    /// They are housed.
    Housed,
    /// All is over.
    Ended,
}

impl Stands {
    pub(super) const ALL: [(Self, &'static str, Phrase); 7] = [
        (Self::ToDo, "a-faire", words::orientations::TO_DO),
        (Self::Overdue, "en-retard", words::orientations::OVERDUE),
        (Self::LapsesSoon, "bientot-echu", words::orientations::LAPSES_SOON),
        (Self::Waiting, "en-attente", words::orientations::WAITING),
        (Self::Confirmed, "attendues", words::orientations::CONFIRMED),
        (Self::Housed, "prises-en-charge", words::orientations::HOUSED),
        (Self::Ended, "terminees", words::orientations::ENDED),
    ];
}

/// A request with what was asked for it.
pub(super) struct Case<'s> {
    pub(super) request: &'s RequestShown,
    pub(super) referrals: Vec<&'s ReferralRecord>,
    pub(super) stands: Stands,
}

/// All that the reader's service asks for.
pub(super) fn all(viewer: &Viewer, shown: &Shown, refused: Option<&Refused<'_>>) -> Part {
    let own = viewer.name.as_ref().map(|name| name.label.as_str());
    let is_meant = |request: &RequestShown| shown.query.qui == Whose::Service || request.in_charge.as_deref() == own;
    let mut cases = cases(shown);
    cases.retain(|case| is_meant(case.request));
    let side = Side { viewer, shown, refused };
    let count = |which: &[Stands]| cases.iter().filter(|case| which.contains(&case.stands)).count();
    let (to_do, waiting) = (count(&[Stands::ToDo, Stands::Overdue]), count(&[Stands::LapsesSoon, Stands::Waiting]));
    let content = html! {
        (whose(shown))
        @if !cases.is_empty() { p { a href="/releve" { (words::sheets::HAND_OVER_PRINT) } } }
        @if cases.is_empty() {
            div.notice { p { @if shown.query.qui == Whose::Moi { (words::orientations::NONE_OF_MINE) } @else { (words::REQUESTS_NONE) } } p { a.button href="/demande" { (words::ASK) } } }
        }
        @for (stands, id, title) in Stands::ALL {
            @let found: Vec<_> = cases.iter().filter(|case| case.stands == stands).collect();
            @if !found.is_empty() { section #(id) { h2 { (title) } @for case in found { (side.case(case)) } } }
        }
    };
    Part { content, count: to_do, summary: words::orientations::summary_of_referent(to_do, waiting) }
}

/// All requests with what was asked for them, in the order in which they are looked at.
pub(super) fn cases(shown: &Shown) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = shown.requests.iter().filter_map(|request| Case::of(shown, request)).collect();
    // What somebody waits for comes before what nobody was asked yet.
    cases.sort_by_key(|case| (case.deadline().is_none(), case.deadline(), case.request.created_at, case.request.line.id));
    cases
}

/// Mine, or those of the whole service.
fn whose(shown: &Shown) -> Markup {
    let is = |whose| (shown.query.qui == whose).then_some("page");
    html! {
        nav aria-label=(words::orientations::WHICH) {
            ul.tabs {
                li { a href=(PATH) aria-current=[is(Whose::Service)] { (words::orientations::ALL_OF_SERVICE) } }
                li { a href=(format!("{PATH}?qui=moi")) aria-current=[is(Whose::Moi)] { (words::orientations::MINE) } }
            }
        }
    }
}

impl<'s> Case<'s> {
    /// None where all that there was of a closed request is long over.
    fn of(shown: &'s Shown, request: &'s RequestShown) -> Option<Self> {
        let mut referrals: Vec<_> =
            shown.referrals.iter().filter(|referral| referral.sides().asking && referral.request_id == request.line.id).collect();
        let state = request.line.state;
        referrals.sort_by_key(|referral| (of_one(shown, referral, state), referral.deadline, referral.id));
        let pressing = referrals.iter().map(|referral| of_one(shown, referral, state)).min();
        let stands = match pressing {
            None | Some(Stands::Ended) if state == RequestState::Open => Stands::ToDo,
            None => return None,
            Some(stands) => stands,
        };
        let since = shown.now.plus(RECENT);
        let is_old = referrals.iter().all(|referral| referral.updated_at < since);
        if state == RequestState::Closed && stands == Stands::Ended && is_old {
            None
        } else {
            Some(Self { request, referrals, stands })
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.referrals.iter().filter_map(|referral| referral.deadline).min()
    }

    fn has_open(&self) -> bool {
        self.referrals.iter().any(|referral| referral.state.is_open() || referral.state == ReferralState::Arrived)
    }
}

/// What one referral of a request waits for.
fn of_one(shown: &Shown, referral: &ReferralRecord, request: RequestState) -> Stands {
    let is_called = |kind| referral.called_at.is_none() && referral.call_back.as_ref().is_some_and(|call| call.kind == kind);
    match referral.state {
        ReferralState::Accepted => Stands::ToDo,
        ReferralState::Asked | ReferralState::Acknowledged if is_called(CallBackKind::CallUs) => Stands::ToDo,
        ReferralState::Asked | ReferralState::Acknowledged => match lapses_soon_at(referral) {
            Some(at) if at <= shown.now => Stands::LapsesSoon,
            _ => Stands::Waiting,
        },
        ReferralState::Confirmed if referral.overdue_since.is_some() => Stands::Overdue,
        ReferralState::Confirmed => Stands::Confirmed,
        ReferralState::Arrived => Stands::Housed,
        // Whoever closed the request knows; but that a stay is over was said by another.
        state if referral.awaits_notice && (request != RequestState::Closed || state == ReferralState::Ended) => Stands::ToDo,
        _ => Stands::Ended,
    }
}

/// The page as it is drawn for who asks.
struct Side<'s> {
    viewer: &'s Viewer,
    shown: &'s Shown,
    refused: Option<&'s Refused<'s>>,
}

impl Side<'_> {
    fn case(&self, case: &Case<'_>) -> Markup {
        let id = case.request.line.id;
        html! {
            article.card #(format!("d-{id}")) {
                p.needful { (case.request.line.link()) }
                @if case.referrals.is_empty() { p { (words::orientations::NOTHING_ASKED) } }
                @for referral in &case.referrals { div.referral #(format!("r-{}", referral.id)) { (self.referral(referral)) } }
                @if case.request.line.state == RequestState::Open {
                    div.actions {
                        a.button.strong[!case.has_open()] href=(format!("/demandes/{id}/places")) { (words::SEE_PROPOSALS) }
                        (self.closing(case))
                    }
                }
            }
        }
    }

    fn closing(&self, case: &Case<'_>) -> Markup {
        let form = Form::about(self.viewer, case.request.line.id.0, "clore", "clore", self.refused);
        let reasons: Vec<_> = ClosingReason::ALL.iter().map(|reason| (reason.as_str(), words::label(*reason))).collect();
        html! {
            details id=(form.id()) open[form.is_back()] {
                summary { (words::orientations::CLOSE) }
                form method="post" action=(format!("/demandes/{}/clore", case.request.line.id)) {
                    (form.head())
                    p.hint { (words::orientations::CLOSE_LEAD) }
                    (form.choice(("reason", words::WHY_CLOSE.text()), &reasons))
                    button type="submit" { (words::CLOSE_REQUEST) }
                }
            }
        }
    }

    fn form<'f>(&'f self, referral: &ReferralRecord, act: &'static str) -> Form<'f> {
        Form::asking(self.viewer, referral, act, self.refused)
    }

    /// Where it was put, how it stands, what can be done.
    fn referral(&self, referral: &ReferralRecord) -> Markup {
        let clocks = self.shown.clocks(referral);
        html! {
            p {
                strong { (place_asked::text(referral, &self.shown.kinds)) }
                " · " (words::label(referral.state))
                @if let Some(other) = &referral.other_side { (numbers(other)) }
            }
            @if let Some(at) = referral.deadline {
                p.deadline {
                    @if referral.state == ReferralState::Accepted { (words::orientations::CONFIRM_BEFORE) } @else { (words::orientations::ANSWER_BEFORE) }
                    " " (clocks.until(at))
                }
            }
            p.hint {
                (words::orientations::ASKED_AT) " " (clocks.when(referral.created_at)) (held(referral, clocks))
                @if let Some(at) = referral.acknowledged_at { " · " (words::label(ReferralState::Acknowledged)) " " (clocks.when(at)) }
                @if let Some(at) = referral.accepted_at { " · " (words::orientations::YES_CAME) " " (clocks.when(at)) }
                @if let Some(day) = referral.interview_on { " · " (words::orientations::INTERVIEW_ON) " " (words::day(day)) }
                @if let Some(day) = referral.travel_on { " · " (words::orientations::TRAVEL_ON) " " (words::day(day)) }
            }
            @for warning in &referral.warnings { p.warning { (words::label(*warning)) } }
            @if referral.contradicted_at.is_some() { p.warning { (words::orientations::CONTRADICTED) } }
            @if let Some(undone) = &referral.undone {
                p.hint { (words::orientations::UNDONE) " " (clocks.when(undone.at)) @if let Some(reason) = &undone.reason { (words::COLON) (reason.as_str()) } }
            }
            @match referral.state {
                ReferralState::Asked | ReferralState::Acknowledged => { (self.call(referral)) (self.waiting(referral)) }
                ReferralState::Accepted => { (self.call(referral)) (self.accepted(referral)) }
                ReferralState::Confirmed => { (self.confirmed(referral)) }
                ReferralState::Arrived => { (end_of_stay(&self.form(referral, "fin").told_by_phone())) }
                _ => { (self.over(referral)) }
            }
            @if let Some(undoable) = self.shown.undoable.get(&referral.id) { (undo(&self.form(referral, "annuler"), *undoable, clocks)) }
        }
    }

    /// A call that the place wishes for or announces: the first is to be made.
    fn call(&self, referral: &ReferralRecord) -> Markup {
        let (clocks, Some(call)) = (self.shown.clocks(referral), &referral.call_back) else { return html! {} };
        let at = call.at.map(Instant::from);
        html! {
            p.call {
                (words::orientations::THE_PLACE) " "
                @match call.kind {
                    CallBackKind::CallUs => { (words::orientations::ASKS_FOR_CALL) @if let Some(at) = at { " " (words::orientations::FROM) " " (clocks.when(at)) } }
                    CallBackKind::WeCall => { (words::orientations::WILL_CALL) @if let Some(at) = at { " " (words::orientations::AT) " " (clocks.when(at)) } }
                }
                @if let Some(number) = &call.phone { " " (phone(number)) }
                @if let Some(deadline) = referral.deadline { " " (words::orientations::BEFORE) " " (clocks.when(deadline)) }
                @if let Some(at) = referral.called_at { " · " (words::orientations::CALLED_AT) " " (clocks.when(at)) }
            }
            @if referral.called_at.is_none() { (self.form(referral, "appel").tap(words::orientations::CALL_DONE.text(), true)) }
        }
    }

    fn waiting(&self, referral: &ReferralRecord) -> Markup {
        let (yes, no) = (self.form(referral, "oui").told_by_phone(), self.form(referral, "non").told_by_phone());
        html! {
            div.answers {
                details id=(format!("r-tel-{}", referral.id)) open[yes.is_back() || no.is_back()] {
                    summary.button { (words::orientations::BY_PHONE) }
                    form.tap id=(yes.id()) method="post" action=(yes.action()) {
                        (yes.head()) (override_field(&yes))
                        button.strong type="submit" { (words::YES) }
                    }
                    (no.folded(words::orientations::NO.text(), &forms::refusal_fields(&no, referral)))
                }
                (self.withdrawing(referral))
            }
        }
    }

    /// One's own question, taken back: because of what the person says, or because it is not needed any more.
    fn withdrawing(&self, referral: &ReferralRecord) -> Markup {
        let form = self.form(referral, "retirer");
        let body = html! {
            p.hint { (words::orientations::WITHDRAW_LEAD) }
            button type="submit" { (words::WITHDRAW) }
            (form.error("text")) (forms::person_reasons())
            (form.field(("text", words::orientations::IN_WORDS.text()), "text", "", false))
        };
        let summary = if referral.state == ReferralState::Accepted {
            words::orientations::REFUSE_FOR_HER.text()
        } else {
            words::orientations::WITHDRAW.text()
        };
        form.folded(summary, &body)
    }

    /// The time of an arrival is that of the place, which is said where the reader's clock shows another.
    fn accepted(&self, referral: &ReferralRecord) -> Markup {
        let (clocks, form) = (self.shown.clocks(referral), self.form(referral, "confirmer"));
        let clock = local_time::clock_of(clocks.now, clocks.place, clocks.here);
        let label = match clock {
            Some(clock) => format!("{} ({clock})", words::ARRIVAL_AT.text()),
            None => words::ARRIVAL_AT.text().to_owned(),
        };
        html! {
            form.confirm id=(form.id()) method="post" action=(form.action()) {
                (form.head())
                div.row {
                    (form.field(("expected", &label), "datetime-local", &local_time::as_typed(clocks.now, clocks.place), true))
                    (form.field(("meeting_point", words::orientations::MEETING_POINT.text()), "text", "", false))
                }
                (override_field(&form))
                button.strong type="submit" { (words::CONFIRM) }
            }
            div.answers { (self.withdrawing(referral)) }
        }
    }

    fn confirmed(&self, referral: &ReferralRecord) -> Markup {
        let away = self.form(referral, "refoulee");
        let (arrived, not_come) = (self.form(referral, "arrivee").told_by_phone(), self.form(referral, "absence").told_by_phone());
        html! {
            (late(referral)) (arrival(referral, self.shown.clocks(referral)))
            @if referral.arrival.is_some() {
                p {
                    (words::orientations::TO_PRINT) " "
                    a href=(format!("{PATH}/{}/fiche", referral.id)) { (words::orientations::SHEET) } " · "
                    a href=(format!("{PATH}/{}/papier", referral.id)) { (words::orientations::PAPER) }
                }
            }
            div.answers {
                @if referral.arrival.as_ref().is_some_and(|arrival| arrival.gives_address) {
                    details id=(format!("r-adresse-pli-{}", referral.id)) {
                        summary.button { (words::orientations::ADDRESS_LEAD) }
                        p.hint { (words::ADDRESS_ONCE) }
                        (self.form(referral, "adresse").tap(words::SEE_ADDRESS.text(), false))
                    }
                }
                details id=(format!("r-tel-{}", referral.id)) {
                    summary.button { (words::orientations::BY_PHONE) }
                    (arrived.tap(words::ARRIVED.text(), true)) (not_come.tap(words::NOT_COME.text(), false))
                }
                (away.folded(words::orientations::TURNED_AWAY.text(), &html! { p.hint { (words::orientations::TURNED_AWAY_LEAD) } button type="submit" { (words::TURNED_AWAY) } }))
                (self.withdrawing(referral))
            }
        }
    }

    /// How it ended, by whose word; noted once it is known, and what there is to do about it.
    fn over(&self, referral: &ReferralRecord) -> Markup {
        let is_hers = referral.refusal.as_ref().is_some_and(|refusal| refusal.party == RefusalParty::Person);
        html! {
            p {
                @match referral.state {
                    ReferralState::Declined => { (words::orientations::THE_PLACE) " " (words::orientations::NO_CAME) " " }
                    ReferralState::Expired => { (words::orientations::THE_PLACE) " " (words::orientations::NO_ANSWER) " " }
                    ReferralState::NoShow => { (words::orientations::THE_PLACE) " " (words::orientations::NOBODY_CAME) " " }
                    ReferralState::Ended => { (words::orientations::THE_PLACE) " " (words::orientations::STAY_OVER) " " }
                    _ => {}
                }
                @if let Some(refusal) = &referral.refusal {
                    @if referral.state != ReferralState::Expired { (words::label(refusal.code)) }
                    @if let Some(text) = &refusal.text { " («\u{a0}" (text.as_str()) "\u{a0}»)" }
                    @if let Some(unlawful) = refusal.unlawful_condition { span.unlawful { (words::UNLAWFUL) (words::COLON) (words::label(unlawful)) } }
                    @if let Some(condition) = refusal.condition { " (" (words::label(condition)) ")" }
                }
                @if let Some(end) = referral.end_reason { (words::label(end)) }
            }
            div.answers {
                @if referral.awaits_notice { (self.form(referral, "su").tap(words::orientations::NOTED.text(), true)) }
                @if is_hers && !self.shown.undoable.contains_key(&referral.id) { (self.form(referral, "lever").tap(words::orientations::LIFT.text(), false)) }
                @if referral.state == ReferralState::Superseded { (self.form(referral, "reprendre").tap(words::orientations::REVIVE.text(), false)) }
            }
        }
    }
}

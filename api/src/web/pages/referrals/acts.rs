//! What is sent from *Orientations*: the commands of the API, each by a form. What is refused is said on the page, beside the form and its field,
//! with what was typed.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use matcher::{Beds, Department};
use maud::html;
use uuid::Uuid;

use super::super::session::Fields;
use super::super::{Page, Viewer, answer, local_time, see, words};
use super::forms::{self, Refused, Wrong, of_refusal, stays_on_page, words_of};
use super::{PATH, again};
use crate::commands::{
    Service, referrals as commands, requests as request_commands, taking_note, undo as taking_back, vacancies as places,
};
use crate::db::referrals::{self, ReferralView};
use crate::db::{Conn, Failure, Reading, Turn, requests, vacancies};
use crate::domain::ids::{ReferralId, RequestId, VacancyId};
use crate::domain::referral::{
    Acceptance, Acknowledgement, AfterStay, CallBack, CallBackKind, Confirmation, Declination, EndOfStay, Report, StayEnd, Undo,
    Withdrawal,
};
use crate::domain::request::{Closing, ClosingReason};
use crate::domain::{Phone, Reach, Refusal, RefusalParty};
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::http::referrals::address_shown;
use crate::web::operations::{
    AcceptReferral, AcknowledgeReferral, AffirmReferral, CloseRequest, ConfirmReferral, ContradictReferral, DeclineReferral,
    EndStay, LiftRefusal, NoteOutcome, Operation, RecordArrival, RecordCall, RecordNoShow, RecordTakenElsewhere, RecordTurnedAway,
    ReviveReferral, ShowAddress, ShowReferrals, UndoReferral, WithdrawReferral,
};
use crate::web::problem::{Code, Problem};
use crate::web::views;

/// A form that was sent from the page, by whom, and the page to come back to.
pub struct Sent {
    viewer: Viewer,
    page: Actor<ShowReferrals>,
    service: Data<Service>,
    id: Id,
    fields: Fields,
}

impl FromRequest for Sent {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let parts = <(Viewer, Actor<ShowReferrals>, Data<Service>, Id, Fields)>::from_request(request, payload);
        Box::pin(async move {
            let (viewer, page, service, id, fields) = parts.await?;
            Ok(Self { viewer, page, service, id, fields })
        })
    }
}

impl Sent {
    /// Which of the forms it was.
    fn form(&self, act: &'static str) -> &'static str {
        if act == "oui" && self.fields.text("form_of") == Some("oui-plus") { "oui-plus" } else { act }
    }

    /// One tap on a referral: the command that the form stands for, then the page again; what is refused is said there.
    async fn give<P: Operation>(
        &self,
        actor: &Actor<P>,
        (act, known): (&'static str, &[(&str, Wrong)]),
        run: impl Fn(&mut Turn<'_>, &Live, Reach, ReferralId) -> Result<ReferralView, Failure> + Send + 'static,
    ) -> Page {
        let (reach, now, about) = (actor.reach(), actor.pulse().now, ReferralId(self.id.0));
        let order = order(actor, Some(self.id.0), self.fields.said(), self.fields.key()?);
        let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live, reach, about);
        let find = move |conn: &mut Conn, id| referrals::view(conn, reach, now, ReferralId(id));
        let done = self.service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await;
        self.answered(done.map_err(Problem::from), self.id.0, self.form(act), known).await
    }

    /// The page again, or with the form that did not go through.
    async fn answered(&self, done: Result<(), Problem>, about: Uuid, form: &'static str, known: &[(&str, Wrong)]) -> Page {
        match done {
            Ok(()) => Ok(see(&back(&self.fields))),
            Err(problem) if stays_on_page(&problem) => {
                let refused = Refused::by(&problem, about, form, &self.fields, known);
                again(&self.viewer, &self.page, &self.service, &refused, problem.code().status()).await
            }
            Err(problem) => Err(problem),
        }
    }

    /// The page with a form of which some fields are wrong.
    async fn wrong(&self, act: &'static str, wrong: Vec<Wrong>) -> Page {
        let refused = Refused::new(self.id.0, self.form(act), &self.fields, wrong);
        again(&self.viewer, &self.page, &self.service, &refused, StatusCode::UNPROCESSABLE_ENTITY).await
    }

    /// Whether it came by phone what is tapped in the addressee's stead: whatever somebody taps who only asks, and else what the form says.
    fn by_phone<P: Operation>(&self, actor: &Actor<P>) -> bool {
        let reach = actor.reach();
        reach.provides().or(reach.keeps()).is_none() || self.fields.text("by_phone").is_some()
    }

    /// Where a referral leads: times that are typed for it are of that place.
    async fn place<P: Operation>(&self, actor: &Actor<P>) -> Result<Department, Problem> {
        let (reach, id) = (actor.reach(), ReferralId(self.id.0));
        let find = move |reading: &mut Reading<'_>| {
            let referral = referrals::find(reading.conn, reach, id)?;
            let found = views::places::departments_of(reading.conn, &[referral.unit])?;
            Ok(found.get(&referral.unit).copied().unwrap_or(Department::PARIS))
        };
        Ok(self.service.read(actor.access(), actor.pulse(), find).await?)
    }

    /// A code that was chosen.
    fn chosen<T: matcher::Code>(&self, name: &'static str) -> Result<T, Wrong> {
        self.fields.chosen(name).ok_or((name, words::WRONG_FIELD.text()))
    }

    /// A day that may be left out.
    fn day(&self, name: &'static str) -> Result<Option<matcher::Day>, Wrong> {
        self.fields.text(name).map(|typed| typed.parse().map_err(|_why| (name, words::WRONG_DAY.text()))).transpose()
    }
}

const NO_FIELDS: &[(&str, Wrong)] = &[];

/// It was seen, and a call is wished for or announced.
pub async fn acknowledge(actor: Actor<AcknowledgeReferral>, sent: Sent) -> Page {
    let place = sent.place(&actor).await?;
    let call = match call(&sent.fields, place) {
        Ok(call) => call,
        Err(wrong) => return sent.wrong("vue", wrong).await,
    };
    let said = Acknowledgement { call_back: Some(call) };
    let known = [
        ("/call_back/at", ("at", words::orientations::CALL_NEEDS_HOUR.text())),
        ("/call_back/phone", ("phone", words::orientations::WRONG_PHONE.text())),
    ];
    sent.give(&actor, ("vue", &known), move |turn, _, reach, id| commands::acknowledge(turn, reach, id, &said)).await
}

/// The call that a form asks for or announces, by the clock of the place.
pub fn call(fields: &Fields, place: Department) -> Result<CallBack, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let kind = match fields.text("kind") {
        Some(kind) if kind == matcher::Code::as_str(CallBackKind::WeCall) => CallBackKind::WeCall,
        _ => CallBackKind::CallUs,
    };
    let typed = fields.text("phone").map(|typed| Phone::try_from(typed.to_owned()));
    let phone = match typed {
        Some(Ok(phone)) if phone.checks() => Some(phone),
        None => None,
        Some(_) => {
            wrong.push(("phone", words::orientations::WRONG_PHONE.text()));
            None
        }
    };
    let at = match fields.text("at").map(|typed| local_time::typed(typed, place)) {
        Some(Ok(at)) => Some(at),
        Some(Err(_)) => {
            wrong.push(("at", words::WRONG_TIME.text()));
            None
        }
        None if kind == CallBackKind::WeCall => {
            wrong.push(("at", words::orientations::CALL_NEEDS_HOUR.text()));
            None
        }
        None => None,
    };
    if wrong.is_empty() { Ok(CallBack { kind, at, phone }) } else { Err(wrong) }
}

/// Yes, with what is to be added.
pub async fn accept(actor: Actor<AcceptReferral>, sent: Sent) -> Page {
    let said = match acceptance(&sent, sent.by_phone(&actor)) {
        Ok(said) => said,
        Err(wrong) => return sent.wrong("oui", wrong).await,
    };
    let known = [
        ("/interview_on", ("interview_on", words::DATES_TEXT.text())),
        ("/travel_on", ("travel_on", words::DATES_TEXT.text())),
        ("/override_reason", ("override_reason", words::WRONG_FIELD.text())),
    ];
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| commands::accept(turn, live.policy(), reach, id, &said);
    sent.give(&actor, ("oui", &known), run).await
}

fn acceptance(sent: &Sent, by_phone: bool) -> Result<Acceptance, Vec<Wrong>> {
    let days = (sent.day("interview_on"), sent.day("travel_on"));
    let wrong: Vec<Wrong> = [&days.0, &days.1].into_iter().filter_map(|day| day.as_ref().err().copied()).collect();
    let (Ok(interview_on), Ok(travel_on)) = days else { return Err(wrong) };
    let meeting_point = words_of(&sent.fields, "meeting_point")?;
    let override_reason = words_of(&sent.fields, "override_reason")?;
    Ok(Acceptance { by_phone, interview_on, travel_on, meeting_point, override_reason })
}

/// What was written down after a phone call is so.
pub async fn affirm(actor: Actor<AffirmReferral>, sent: Sent) -> Page {
    sent.give(&actor, ("exact", NO_FIELDS), |turn, _, reach, id| commands::affirm(turn, reach, id)).await
}

/// The call was made.
pub async fn record_call(actor: Actor<RecordCall>, sent: Sent) -> Page {
    sent.give(&actor, ("appel", NO_FIELDS), |turn, _, reach, id| taking_note::record_call(turn, reach, id)).await
}

/// Those who asked know how it ended.
pub async fn note_outcome(actor: Actor<NoteOutcome>, sent: Sent) -> Page {
    sent.give(&actor, ("su", NO_FIELDS), |turn, _, reach, id| taking_note::note_outcome(turn, reach, id)).await
}

/// She has changed her mind.
pub async fn lift_refusal(actor: Actor<LiftRefusal>, sent: Sent) -> Page {
    sent.give(&actor, ("lever", NO_FIELDS), |turn, _, reach, id| commands::lift_refusal(turn, reach, id)).await
}

/// Put again after another was chosen.
pub async fn revive(actor: Actor<ReviveReferral>, sent: Sent) -> Page {
    sent.give(&actor, ("reprendre", NO_FIELDS), |turn, live, reach, id| commands::revive(turn, live.policy(), reach, id)).await
}

/// The exact address, once: on a page of its own, which nothing keeps.
pub async fn address(viewer: Viewer, actor: Actor<ShowAddress>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let shown = address_shown(&actor, &service, id, (fields.said(), fields.key()?)).await?;
    let content = html! {
        section.card {
            @if let Some(address) = shown.address() { p { strong { (address) } } p.hint { (words::ADDRESS_DESTROY) } }
            @else { p { (words::ADDRESS_WAS_SHOWN) } }
        }
        p { a.button href=(PATH) { (words::REFERRALS_TITLE) } }
    };
    answer(&viewer, words::SEE_ADDRESS.text(), &content)
}

/// No, with who says it and why.
pub async fn decline(actor: Actor<DeclineReferral>, sent: Sent) -> Page {
    let refusal = match forms::refusal(&sent.fields) {
        Ok(refusal) => refusal,
        Err(wrong) => return sent.wrong("non", wrong).await,
    };
    let said = Declination { by_phone: sent.by_phone(&actor), refusal };
    sent.give(&actor, ("non", &of_refusal()), move |turn, _, reach, id| commands::decline(turn, reach, id, &said)).await
}

/// They are coming.
pub async fn confirm(actor: Actor<ConfirmReferral>, sent: Sent) -> Page {
    let place = sent.place(&actor).await?;
    let said = match confirmation(&sent, place) {
        Ok(said) => said,
        Err(wrong) => return sent.wrong("confirmer", wrong).await,
    };
    let known = [
        ("/expected_arrival", ("expected", words::ARRIVAL_AHEAD.text())),
        ("/override_reason", ("override_reason", words::WRONG_FIELD.text())),
    ];
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| commands::confirm(turn, live.policy(), reach, id, &said);
    sent.give(&actor, ("confirmer", &known), run).await
}

fn confirmation(sent: &Sent, place: Department) -> Result<Confirmation, Vec<Wrong>> {
    let typed = sent.fields.text("expected").unwrap_or_default();
    let expected_arrival = local_time::typed(typed, place).map_err(|_why| vec![("expected", words::WRONG_TIME.text())])?;
    let meeting_point = words_of(&sent.fields, "meeting_point")?;
    let override_reason = words_of(&sent.fields, "override_reason")?;
    Ok(Confirmation { expected_arrival, meeting_point, override_reason })
}

/// The people stood at the door and were not let in.
pub async fn record_turned_away(actor: Actor<RecordTurnedAway>, sent: Sent) -> Page {
    sent.give(&actor, ("refoulee", NO_FIELDS), |turn, _, reach, id| commands::record_turned_away(turn, reach, id)).await
}

/// Takes the last command back.
pub async fn undo(actor: Actor<UndoReferral>, sent: Sent) -> Page {
    let reason = match words_of(&sent.fields, "reason") {
        Ok(reason) => reason,
        Err(wrong) => return sent.wrong("annuler", wrong).await,
    };
    let said = Undo { reason };
    let known = [("/reason", ("reason", words::orientations::SAY_WHY.text()))];
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| taking_back::undo(turn, live.policy(), reach, id, &said);
    sent.give(&actor, ("annuler", &known), run).await
}

/// What was written down in the addressee's name is not so.
pub async fn contradict(actor: Actor<ContradictReferral>, sent: Sent) -> Page {
    let run = |turn: &mut Turn<'_>, live: &Live, reach, id| taking_back::contradict(turn, live.policy(), reach, id);
    sent.give(&actor, ("inexact", NO_FIELDS), run).await
}

/// They are there.
pub async fn record_arrival(actor: Actor<RecordArrival>, sent: Sent) -> Page {
    let said = Report { by_phone: sent.by_phone(&actor) };
    sent.give(&actor, ("arrivee", NO_FIELDS), move |turn, _, reach, id| commands::record_arrival(turn, reach, id, &said)).await
}

/// Nobody came.
pub async fn record_no_show(actor: Actor<RecordNoShow>, sent: Sent) -> Page {
    let said = Report { by_phone: sent.by_phone(&actor) };
    sent.give(&actor, ("absence", NO_FIELDS), move |turn, _, reach, id| commands::record_no_show(turn, reach, id, &said)).await
}

/// Those who asked take it back; with her reason where it is hers.
pub async fn withdraw(actor: Actor<WithdrawReferral>, sent: Sent) -> Page {
    let refusal: Option<Refusal> = match sent.fields.text("person").map(|_| forms::refusal(&sent.fields)).transpose() {
        Ok(refusal) => refusal.filter(|refusal| refusal.party == RefusalParty::Person),
        Err(wrong) => return sent.wrong("retirer", wrong).await,
    };
    let said = Withdrawal { refusal };
    sent.give(&actor, ("retirer", &of_refusal()), move |turn, _, reach, id| commands::withdraw(turn, reach, id, &said)).await
}

/// They have left.
pub async fn end_stay(actor: Actor<EndStay>, sent: Sent) -> Page {
    let chosen = (sent.chosen::<StayEnd>("reason"), sent.chosen::<AfterStay>("request"));
    let (Ok(reason), Ok(request)) = chosen else {
        let wrong = chosen.0.err().into_iter().chain(chosen.1.err()).collect();
        return sent.wrong("fin", wrong).await;
    };
    let said = EndOfStay { by_phone: sent.by_phone(&actor), reason, request };
    sent.give(&actor, ("fin", NO_FIELDS), move |turn, _, reach, id| commands::end_stay(turn, reach, id, &said)).await
}

/// Nothing is free after all: as many beds fewer as the page showed to be free.
pub async fn none_free(actor: Actor<RecordTakenElsewhere>, sent: Sent) -> Page {
    let (reach, vacancy) = (actor.reach(), VacancyId(sent.id.0));
    let Some(beds) = sent.fields.text("free").and_then(|free| Beds::new(free.parse().ok()?).ok()) else {
        return Err(Problem::new(Code::InvalidBody, "The form does not say what its page showed."));
    };
    let order = order(&actor, Some(sent.id.0), sent.fields.said(), sent.fields.key()?);
    let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
    let run = move |turn: &mut Turn<'_>, _: &Live| places::record_taken_elsewhere(turn, reach, vacancy, Some(beds));
    let done = sent.service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await;
    sent.answered(done.map_err(Problem::from), sent.id.0, "complet", NO_FIELDS).await
}

/// Where one goes on: to the page of the request that the form stood on, and else to the list.
fn back(fields: &Fields) -> String {
    let request = fields.text("retour").and_then(|id| Uuid::try_parse(id).ok());
    request.map_or_else(|| PATH.to_owned(), |request| format!("/demandes/{request}"))
}

/// Closes a request.
pub async fn close_request(actor: Actor<CloseRequest>, sent: Sent) -> Page {
    let (reach, request) = (actor.reach(), RequestId(sent.id.0));
    let reason = match sent.chosen::<ClosingReason>("reason") {
        Ok(reason) => reason,
        Err(wrong) => return sent.wrong("clore", vec![wrong]).await,
    };
    let said = Closing { reason };
    let order = order(&actor, Some(sent.id.0), sent.fields.said(), sent.fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| request_commands::close(turn, reach, request, &said);
    let find = move |conn: &mut Conn, id| requests::find(conn, reach, RequestId(id));
    let done = sent.service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await;
    sent.answered(done.map_err(Problem::from), sent.id.0, "clore", NO_FIELDS).await
}

//! Referrals: the commands of their life, and as they are read by those who ask and by the addressee, each with what is theirs to see.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Day, Door, Gender, Language, Minority, Moment, Nights, Offer, Person, Rule, Stage, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::matching::tells_nothing_of_dangers;
use crate::commands::{Said, Service, referrals as commands, undo as taking_back};
use crate::db::referrals::{self, Offered, ReferralFilter, ReferralView};
use crate::db::{Conn, DbError, Failure, Private, Reading, Turn};
use crate::domain::ids::{OrganisationId, ReferralId, RequestId, UnitId, VacancyId};
use crate::domain::referral::{
    Acceptance, Acknowledgement, CallBack, Confirmation, Declination, EndOfStay, NewReferral, OtherPlace, Override,
    ReferralWarning, Report, StayEnd, Undo, Undone, Withdrawal,
};
use crate::domain::request::{AgeBand, RequestWarning};
use crate::domain::text::{ContactName, Instructions, Reason};
use crate::domain::{
    About, Address, Alias, Noted, Reach, Referral, ReferralState, Refusal, Request, SafetyCall, Shared, Side, Sides, Text, Vacancy,
};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalBody, Params};
use crate::web::operations::{
    AcceptReferral, AcknowledgeReferral, AffirmReferral, ConfirmReferral, ContradictReferral, CreateReferral, DeclineReferral,
    EndStay, GetReferral, LiftRefusal, ListReferrals, MoveReferral, Operation, RecordArrival, RecordNoShow, RecordTurnedAway,
    ReviveReferral, ShowAddress, UndoReferral, WithdrawReferral,
};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::places::{AddressShown, Arrival, Met, OtherSide, VacancyAsked};

type Done = Result<HttpResponse, Problem>;

/// A referral: a request put to a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferralRecord {
    /// On which sides of it its reader stands.
    #[serde(skip)]
    #[schema(ignore)]
    sides: Sides,
    /// Its id (UUIDv7).
    pub id: ReferralId,
    /// The request.
    pub request_id: RequestId,
    /// The word and number by which people speak of the request on the phone.
    pub alias: Alias,
    /// The organisation that asks.
    pub organisation_id: OrganisationId,
    /// The organisation that answers: that of the structure, or the regulator registered for the door.
    pub addressee_id: OrganisationId,
    /// The unit.
    pub unit_id: UnitId,
    /// The vacancy.
    pub vacancy_id: VacancyId,
    /// The door it goes through.
    #[schema(value_type = schemas::Door)]
    pub door: Door,
    /// Where it stands.
    pub state: ReferralState,
    /// How many beds it needs.
    #[schema(minimum = 1)]
    pub beds: u32,
    /// Whether they are held now.
    pub held: bool,
    /// Until when they are held without an answer, where that ends before the question does; null otherwise.
    #[schema(required)]
    pub hold_until: Option<Instant>,
    /// Whether a yes confirms, for `expected_arrival`.
    pub confirms_on_acceptance: bool,
    /// Whether the last answer came by phone and was written down by those who asked.
    pub by_phone: bool,
    /// When the addressee said that what came by phone is not so, and it was not taken back; null where it did not.
    #[schema(required)]
    pub contradicted_at: Option<Instant>,
    /// A call that the addressee wishes for or announces.
    #[schema(required)]
    pub call_back: Option<CallBack>,
    /// When either side noted that this call was made; null while nobody has.
    #[schema(required)]
    pub called_at: Option<Instant>,
    /// Whether it ended by another's doing, or by time, and those who asked have not noted that they know (`noteOutcome`); false for the addressee.
    pub awaits_notice: bool,
    /// When it expires unless who must act does; null once it cannot: `confirmed` never does.
    #[schema(required)]
    pub deadline: Option<Instant>,
    /// Since when those who are expected are late; null while they are not. The beds stay held.
    #[schema(required)]
    pub overdue_since: Option<Instant>,
    /// The day of an interview before admission.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub interview_on: Option<Day>,
    /// The day of the journey.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub travel_on: Option<Day>,
    /// When the people are expected.
    #[schema(required)]
    pub expected_arrival: Option<Instant>,
    /// What the addressee needs to answer, as far as it may be shown.
    pub asks_for: AsksFor,
    /// Who is on the other side: until 30 days after the end, from then and after the end without contacts. Null in the answer of a command:
    /// read the referral.
    #[schema(required)]
    pub other_side: Option<OtherSide>,
    /// The exact beds of the vacancy, while it is open or the stay lasts. Null in the answer of a command: read the referral.
    #[schema(required)]
    pub vacancy: Option<VacancyAsked>,
    /// How the people arrive, from the confirmation on; null before, while a yes that came by phone waits for the word of the addressee, and in
    /// the answer of a command: read the referral.
    #[schema(required)]
    pub arrival: Option<Arrival>,
    /// Rules that were let pass, and why; null for the addressee, and once the request is erased.
    #[schema(required)]
    pub overrides: Option<Vec<Override>>,
    /// Why it came to nothing; null while it has not, and for the addressee when it was withdrawn.
    #[schema(required)]
    pub refusal: Option<Refusal>,
    /// For the addressee, where `refusal` is `safety`: what those who asked read in its stead. Null for everybody else.
    #[schema(required)]
    pub refusal_told: Option<Refusal>,
    /// For the addressee: whom to call before anything is answered, because somebody whom these people must not meet is housed or held there
    /// or near. It cannot accept them, and declines with a reason that those who asked will read. Null for everybody else.
    #[schema(required)]
    pub safety_call: Option<SafetyCall>,
    /// Why the stay ended; null while it has not.
    #[schema(required)]
    pub end_reason: Option<StayEnd>,
    /// For the place, once the stay is over: the vacancy it may declare now, ready to be sent. Nothing is free until it is.
    #[schema(required)]
    pub offered_declaration: Option<OfferedDeclaration>,
    /// The rules that the place fails since the request, the unit or the structure was edited, though it did not when it was asked; for the
    /// addressee those that tell nothing of dangers and wishes. The warning `no_longer_fits` says that there are some.
    #[schema(value_type = Vec<schemas::Rule>)]
    pub fails_since: Vec<Rule>,
    /// The last command on it that was taken back; null while none was.
    #[schema(required)]
    pub undone: Option<Undone>,
    /// What to know about it.
    pub warnings: Vec<ReferralWarning>,
    /// When it was created.
    pub created_at: Instant,
    /// When the addressee had seen it.
    #[schema(required)]
    pub acknowledged_at: Option<Instant>,
    /// When the addressee agreed.
    #[schema(required)]
    pub accepted_at: Option<Instant>,
    /// When those who asked confirmed.
    #[schema(required)]
    pub confirmed_at: Option<Instant>,
    /// When the people arrived.
    #[schema(required)]
    pub arrived_at: Option<Instant>,
    /// When it came to its end, whichever.
    #[schema(required)]
    pub ended_at: Option<Instant>,
    /// When it last changed.
    pub updated_at: Instant,
}

/// What a household asks for: to those who asked all of it, to the addressee the needful while it concerns it, and what the person agreed to
/// beyond that. A hotel and people who take others in at home learn people, genders, nights and needs alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct AsksFor {
    /// How many people.
    #[schema(minimum = 1)]
    pub people: u32,
    /// Whether two adults of the household are a couple.
    #[schema(required)]
    pub couple: Option<bool>,
    /// The stage looked for.
    #[schema(required, value_type = Option<schemas::Stage>)]
    pub stage: Option<Stage>,
    /// How soon.
    #[schema(required, value_type = Option<schemas::Urgency>)]
    pub urgency: Option<Urgency>,
    /// The first day a bed is needed.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub first_day: Option<Day>,
    /// How many nights are wished for.
    #[schema(required, value_type = Option<schemas::Nights>)]
    pub nights: Option<Nights>,
    /// Who they are; null where it is not shown, or no more.
    #[schema(required)]
    pub household: Option<Vec<PersonAsked>>,
    /// What the place must offer.
    #[schema(required, value_type = Option<Vec<schemas::Offer>>)]
    pub required: Option<Vec<Offer>>,
    /// The languages that must be spoken there.
    #[schema(required, value_type = Option<Vec<schemas::Language>>)]
    pub required_languages: Option<Vec<Language>>,
    /// What the place had better offer; null where the person has not agreed that it is shown.
    #[schema(required, value_type = Option<Vec<schemas::Offer>>)]
    pub wished: Option<Vec<Offer>>,
    /// The languages that had better be spoken there; null where the person has not agreed that it is shown.
    #[schema(required, value_type = Option<Vec<schemas::Language>>)]
    pub wished_languages: Option<Vec<Language>>,
    /// A few words of those who asked.
    #[schema(required, value_type = Option<Reason>)]
    pub message: Option<Text<500>>,
    /// Who is in charge at the organisation that asks, by a label.
    #[schema(required, value_type = Option<ContactName>)]
    pub in_charge: Option<Text<100>>,
    /// What the accepting structure has to know for their safety; for an addressee null until the people are coming.
    #[schema(required, value_type = Option<Instructions>)]
    pub safety_instructions: Option<Text<1000>>,
}

/// One person, as far as an addressee needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonAsked {
    /// As the person says it.
    #[schema(value_type = schemas::Gender)]
    pub gender: Gender,
    /// Whether of age; null where that is not shown.
    #[schema(required, value_type = Option<schemas::Minority>)]
    pub minority: Option<Minority>,
    /// The ages among which theirs is; null when unknown or not shown.
    #[schema(required)]
    pub age_band: Option<AgeBand>,
    /// In completed years; null when unknown, and for an addressee until beds are held or a yes is given.
    #[schema(required, minimum = 0, maximum = 150)]
    pub age: Option<u8>,
    /// A parent is in the household and the link is established; null where that is not shown.
    #[schema(required)]
    pub with_parent: Option<bool>,
}

/// A vacancy that may be declared.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferedDeclaration {
    /// The unit to declare it for.
    pub unit_id: UnitId,
    /// The body of `declareVacancy`.
    pub vacancy: Vacancy,
}

impl OfferedDeclaration {
    /// From tonight on, as the night is counted where the unit stands, until the day the beds were to be empty if that is to come.
    fn of(reading: &Reading<'_>, unit_id: UnitId, offered: Offered) -> Result<Self, DbError> {
        let from = Day::new(reading.tonight(offered.department)).map_err(DbError::damaged)?;
        let until = offered.until.filter(|until| from < *until);
        Ok(Self { unit_id, vacancy: Vacancy { beds: offered.beds, from, until } })
    }
}

/// What someone is shown of the people of a referral.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// How many there are: they are not expected any more, or took back what they had agreed to.
    Number,
    /// People, genders, nights and needs.
    Little,
    /// The needful, with ages in bands.
    Needful,
    /// The same with exact ages.
    Promised,
    /// Everything, to those who asked.
    All,
}

impl Shown {
    fn of(referral: &Referral, is_erased: bool, side: Side) -> Self {
        match side {
            _ if is_erased => Self::Number,
            Side::Asking => Self::All,
            Side::Addressed if !referral.concerns_its_addressee() => Self::Number,
            Side::Addressed if referral.tells_little() => Self::Little,
            Side::Addressed if referral.is_promised() => Self::Promised,
            Side::Addressed => Self::Needful,
        }
    }

    fn person(self, person: &Person) -> PersonAsked {
        let age = person.age.map(matcher::Age::get);
        PersonAsked {
            gender: person.gender,
            minority: (self != Self::Little).then_some(person.minority),
            age_band: person.counted_age().filter(|_| self != Self::Little).map(AgeBand::of),
            age: age.filter(|_| matches!(self, Self::Promised | Self::All)),
            with_parent: (self != Self::Little).then_some(person.with_parent),
        }
    }
}

impl AsksFor {
    fn new(request: &Request, referral: &Referral, shown: Shown, today: Day) -> Self {
        // Nothing but the number; people, genders, nights and needs; and what is more than that.
        let (some, more) = (shown != Shown::Number, !matches!(shown, Shown::Number | Shown::Little));
        let beyond = |what| shown == Shown::All || (more && request.information.shares(what));
        let is_coming = matches!(referral.state, ReferralState::Confirmed | ReferralState::Arrived);
        let household = || request.people_on(today).iter().map(|person| shown.person(person)).collect();
        Self {
            people: if some { request.people() } else { referral.beds },
            couple: more.then_some(request.couple),
            stage: more.then_some(request.stage),
            urgency: more.then_some(request.urgency),
            first_day: some.then_some(request.first_day),
            nights: some.then_some(request.nights),
            household: some.then(household),
            required: some.then(|| request.required.0.clone()),
            required_languages: some.then(|| request.required_languages.0.clone()),
            wished: beyond(Shared::Wishes).then(|| request.wished.0.clone()),
            wished_languages: beyond(Shared::Languages).then(|| request.wished_languages.0.clone()),
            message: request.message.clone().filter(|_| more),
            in_charge: request.in_charge.clone().filter(|_| more),
            safety_instructions: request.safety_instructions.clone().filter(|_| shown == Shown::All || (more && is_coming)),
        }
    }
}

impl ReferralRecord {
    /// The referral as who reaches it sees it, from the side on which they stand, the reading of its request noted.
    pub fn show(reading: &mut Reading<'_>, view: ReferralView, reach: Reach) -> Result<Self, DbError> {
        let sides = view.sides(reach);
        let side = sides.seen_from();
        let shown = Shown::of(&view.referral, view.request.erased_at.is_some(), side);
        Ok(Self { sides, ..Self::showing(reading, view, side, shown)? })
    }

    /// On which sides of it its reader stands.
    pub fn sides(&self) -> Sides {
        self.sides
    }

    /// The same as the link of a mail shows it, which anybody may hold: the needful in bands and nothing beyond it.
    pub fn show_by_link(reading: &mut Reading<'_>, view: ReferralView) -> Result<Self, DbError> {
        let shown = match Shown::of(&view.referral, view.request.erased_at.is_some(), Side::Addressed) {
            Shown::Promised => Shown::Needful,
            other => other,
        };
        let mut record = Self::showing(reading, view, Side::Addressed, shown)?;
        let asks = &mut record.asks_for;
        (asks.wished, asks.wished_languages, asks.message, asks.safety_instructions) = (None, None, None, None);
        Ok(record)
    }

    /// The same with what the ladder opens of the place and of the other side, the reading of a home noted.
    pub fn show_opened(reading: &mut Reading<'_>, met: &mut Met, view: ReferralView, reach: Reach) -> Result<Self, DbError> {
        let side = view.sides(reach).seen_from();
        let in_hands_of = view.request.lent.map_or(view.referral.organisation, |(borrower, _)| borrower);
        let opened = views::places::of_referral(reading, met, reach, &view.referral, (in_hands_of, side))?;
        let record = Self::show(reading, view, reach)?;
        Ok(Self { other_side: opened.other_side, vacancy: opened.vacancy, arrival: opened.arrival, ..record })
    }

    fn showing(reading: &mut Reading<'_>, view: ReferralView, side: Side, shown: Shown) -> Result<Self, DbError> {
        let today = view.request.today(reading.now)?;
        let ReferralView { referral, request, refusal, told: refusal_told, safety_call, offered } = view;
        let offered_declaration = offered.map(|offered| OfferedDeclaration::of(reading, referral.unit, offered)).transpose()?;
        let (alias, is_erased) = (request.alias, request.erased_at.is_some());
        let request = request.declared.show(reading);
        let fails_since = referral.course.fails_since.iter().copied();
        let awaits_notice = side == Side::Asking && referral.awaits_notice();
        let told = fails_since.filter(|rule| side == Side::Asking || tells_nothing_of_dangers(*rule)).collect();
        let sides = Sides { asking: side == Side::Asking, addressed: side == Side::Addressed };
        Ok(Self {
            sides,
            id: referral.id,
            request_id: referral.request,
            alias,
            organisation_id: referral.organisation,
            addressee_id: referral.addressee,
            unit_id: referral.unit,
            vacancy_id: referral.vacancy,
            door: referral.door,
            state: referral.state,
            beds: referral.beds,
            held: referral.held,
            hold_until: referral.course.hold_until.filter(|_| referral.held),
            confirms_on_acceptance: referral.course.confirms_on_acceptance,
            by_phone: referral.by_phone,
            contradicted_at: referral.course.contradicted_at,
            overdue_since: referral.course.overdue_since,
            deadline: referral.deadline,
            interview_on: referral.course.interview_on,
            travel_on: referral.course.travel_on,
            expected_arrival: referral.expected_arrival,
            asks_for: AsksFor::new(&request, &referral, shown, today),
            other_side: None,
            vacancy: None,
            arrival: None,
            fails_since: told,
            warnings: if is_erased { Vec::new() } else { warnings(&request, &referral, shown, today) },
            call_back: referral.course.call_back,
            called_at: referral.course.called_at,
            awaits_notice,
            undone: referral.course.undone,
            overrides: (side == Side::Asking && !is_erased).then_some(referral.course.overrides),
            refusal,
            refusal_told,
            safety_call,
            end_reason: referral.course.end_reason,
            offered_declaration,
            created_at: referral.created_at,
            acknowledged_at: referral.course.acknowledged_at,
            accepted_at: referral.course.accepted_at,
            confirmed_at: referral.course.confirmed_at,
            arrived_at: referral.course.arrived_at,
            ended_at: referral.course.ended_at,
            updated_at: referral.updated_at,
        })
    }
}

/// What to know about it; of the people as far as they are shown.
fn warnings(request: &Request, referral: &Referral, shown: Shown, today: Day) -> Vec<ReferralWarning> {
    let of_people = request.warnings(today).into_iter().filter(|_| !matches!(shown, Shown::Number | Shown::Little));
    let of_people = of_people.map(|warning| match warning {
        RequestWarning::GuardianMissing => ReferralWarning::GuardianMissing,
        RequestWarning::NotSeenApart => ReferralWarning::NotSeenApart,
        RequestWarning::Turned18 => ReferralWarning::Turned18,
    });
    let course = &referral.course;
    let of_place =
        [(course.over_occupied, ReferralWarning::OverOccupied), (!course.fails_since.is_empty(), ReferralWarning::NoLongerFits)];
    let mail = course.mail.filter(|_| referral.state.is_open());
    of_people.chain(of_place.into_iter().filter_map(|(holds, warning)| holds.then_some(warning))).chain(mail).collect()
}

/// Gives a command on a referral, and answers with the referral as it stands now.
pub(super) async fn give<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    (said, key): (Said, IdempotencyKey),
    run: impl Fn(&mut Turn<'_>, &Live, Reach, ReferralId) -> Result<ReferralView, Failure> + Send + 'static,
) -> Result<ReferralRecord, Problem> {
    let (reach, about) = (actor.reach(), ReferralId(id.0));
    let order = order(actor, Some(id.0), said, key);
    let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live, reach, about);
    Ok(service.command(order, run, found_by(reach, actor.pulse().now), shown_to(reach)).await?)
}

fn found_by(reach: Reach, now: Instant) -> impl Fn(&mut Conn, Uuid) -> Result<ReferralView, DbError> + Send + 'static {
    move |conn, id| referrals::view(conn, reach, now, ReferralId(id))
}

fn shown_to(reach: Reach) -> impl Fn(&mut Reading<'_>, ReferralView) -> Result<ReferralRecord, Failure> + Send + 'static {
    move |reading, view| Ok(ReferralRecord::show(reading, view, reach)?)
}

pub(super) fn answer(record: &ReferralRecord) -> Done {
    answers::record(record, record)
}

/// Ask for a place
///
/// Puts an open request to a vacancy. The rules are asked again: a place that cannot take these people is refused with the rules that it
/// fails. With `hold` the beds are held from now, for three days where nobody answers; a request has at most 15 open referrals, one a
/// vacancy, and holds at most one place before an answer, two when it is `immediate`. With `confirms_on_acceptance` a yes confirms.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = NewReferral,
    responses((status = 201, description = "The place is asked for.", body = ReferralRecord)))]
pub async fn create(
    actor: Actor<CreateReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<NewReferral>,
) -> Done {
    let (request, reach) = (RequestId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::create(turn, live.policy(), reach, request, &body.value);
    let record = service.command(order, run, found_by(reach, actor.pulse().now), shown_to(reach)).await?;
    answers::created(&record, &record, &format!("/api/v1/referrals/{}", record.id))
}

/// Acknowledge a referral
///
/// The addressee has seen it, and may ask to be called or say when it will call, and at which number. No deadline moves.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    request_body = Option<Acknowledgement>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn acknowledge(
    actor: Actor<AcknowledgeReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Acknowledgement>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, _: &Live, reach, id| commands::acknowledge(turn, reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Show the address of the place
///
/// Once for each account of those who asked, where the structure has chosen that its address is given (`gives_address`), from the confirmation
/// until 12 hours after the people are expected or until they are there. A yes that came by phone opens nothing before the addressee has said it
/// itself. What is shown is in the log of reads; a repeat under the same key does not show it again.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The address, once.", body = AddressShown)))]
pub async fn show_address(actor: Actor<ShowAddress>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let shown = address_shown(&actor, &service, id, (Said::default(), key)).await?;
    Ok(answers::secret(answers::json(&shown)?))
}

/// Shows the address, once.
pub async fn address_shown(
    actor: &Actor<ShowAddress>,
    service: &Service,
    id: Id,
    (said, key): (Said, IdempotencyKey),
) -> Result<AddressShown, Problem> {
    let (reach, account, referral, now) = (actor.reach(), actor.caller().account, ReferralId(id.0), actor.pulse().now);
    let order = order(actor, Some(id.0), said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| {
        let (referral, address, until) = commands::show_address(turn, reach, account, referral)?;
        Ok(Addressed { referral, address: Some(address), until })
    };
    // In a repeat: without the address.
    let find = move |conn: &mut Conn, id| {
        let referral = referrals::find(conn, reach, ReferralId(id))?;
        let until = commands::address_until(&referral).unwrap_or(now);
        Ok(Addressed { referral, address: None, until })
    };
    let show = |reading: &mut Reading<'_>, addressed: Addressed| {
        let Addressed { referral, address, until } = addressed;
        Ok(match address {
            Some(address) => AddressShown::once(reading, referral.id, address, until),
            None => AddressShown::again(referral.id, until),
        })
    };
    Ok(service.command(order, run, find, show).await?)
}

/// A referral with the address of its place, on its way to the one view that shows it.
struct Addressed {
    referral: Referral,
    address: Option<Private<Address>>,
    until: Instant,
}

impl Noted for Addressed {
    fn about(&self) -> About {
        self.referral.about()
    }
}

/// Say that what came by phone is so
///
/// The addressee says itself what those who asked have written down for it after a phone call. From then on the arrival is open to them. Once
/// said it is not taken back; `declineReferral` is.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn affirm(actor: Actor<AffirmReferral>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let run = |turn: &mut Turn<'_>, _: &Live, reach, id| commands::affirm(turn, reach, id);
    answer(&give(&actor, &service, id, (Said::default(), key), run).await?)
}

/// Accept a referral
///
/// Agreement in principle. The beds are held from now if they were not; the rules are asked again. An addressee accepts nobody whom somebody
/// there or near must not meet (`safety_call`). The referent has until the new
/// deadline to confirm, which is some days after the last day of an interview or the journey where there is one. Where a yes was to
/// confirm, the referral is `confirmed`, or `accepted` where a confirmation would be refused. Those who asked may write down an agreement
/// they got by phone.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Acceptance>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn accept(
    actor: Actor<AcceptReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Acceptance>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| commands::accept(turn, live.policy(), reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Decline a referral
///
/// A no, with who says it and why, also once the people are expected; beds that were held are free again. It never costs the request its
/// seniority. Where the record has a `safety_call` an addressee gives no reason that the next ranking would belie (`full`, `filled_elsewhere`,
/// `unit_closed`): the record says `safety`, and those who asked read what is given.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Declination,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn decline(
    actor: Actor<DeclineReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Declination>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, _: &Live, reach, id| commands::decline(turn, reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Confirm a referral
///
/// The people are coming. The rules are asked again; the request's other open referrals end (`reviveReferral` puts one again), and the beds
/// they hold are free. A lone minor needs somebody in child protection or the prosecutor's office who was told on the request, or tried, and
/// unless it is `immediate` a first best-interest assessment; a missing guardian is a warning. From now on nothing expires: people who are
/// late (`overdue_since`) keep their beds, and both sides are asked.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Confirmation,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn confirm(
    actor: Actor<ConfirmReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Confirmation>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| commands::confirm(turn, live.policy(), reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Record an arrival
///
/// The people are there: the stay begins, the beds that were held are free no more, and the request is placed.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Report>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn record_arrival(
    actor: Actor<RecordArrival>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Report>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, _: &Live, reach, id| commands::record_arrival(turn, reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Record that nobody came
///
/// The beds that were held are free again.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Report>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn record_no_show(
    actor: Actor<RecordNoShow>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Report>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, _: &Live, reach, id| commands::record_no_show(turn, reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Record that the people were turned away
///
/// They stood at the door and were not let in. The beds that were held are free again, the request looks on, and the SIAO of the unit's
/// department is told, without people.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn record_turned_away(actor: Actor<RecordTurnedAway>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let run = |turn: &mut Turn<'_>, _: &Live, reach, id| commands::record_turned_away(turn, reach, id);
    answer(&give(&actor, &service, id, (Said::default(), key), run).await?)
}

/// Withdraw a referral
///
/// Those who asked take it back, with the reason if the people said no. Beds that were held are free again.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Withdrawal>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn withdraw(
    actor: Actor<WithdrawReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Withdrawal>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, _: &Live, reach, id| commands::withdraw(turn, reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Lift a refusal
///
/// The person has changed her mind: the place that she refused is proposed to her again. Only what the person refused is lifted.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral, whose refusal excludes nothing any more.", body = ReferralRecord)))]
pub async fn lift_refusal(actor: Actor<LiftRefusal>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let run = |turn: &mut Turn<'_>, _: &Live, reach, id| commands::lift_refusal(turn, reach, id);
    answer(&give(&actor, &service, id, (Said::default(), key), run).await?)
}

/// End a stay
///
/// The people have left. Nothing becomes free by itself: the addressee's record offers the vacancy it may declare. The request looks
/// for a place again, with the seniority it has, or is closed.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = EndOfStay,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn end_stay(actor: Actor<EndStay>, service: Data<Service>, id: Id, key: IdempotencyKey, body: Body<EndOfStay>) -> Done {
    let run = move |turn: &mut Turn<'_>, _: &Live, reach, id| commands::end_stay(turn, reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Take the last command back
///
/// The organisation that gave the last command on the referral takes it back, once: within 15 minutes, and with a reason until the end of the
/// next day. The referral stands as it stood before, with its beds; what was superseded by it comes back where its beds are free. A question is
/// withdrawn instead; an expiry is not taken back, nor is something taken back, nor a command on which a later one has built.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Undo>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn undo(
    actor: Actor<UndoReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Undo>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| taking_back::undo(turn, live.policy(), reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// Say that what came by phone is not so
///
/// The addressee contradicts what those who asked have written down for it: it is taken back, with the beds as before, where nothing was built
/// on it. Else it stays, marked with `contradicted_at`, and the coordination is told.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn contradict(actor: Actor<ContradictReferral>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let run = |turn: &mut Turn<'_>, live: &Live, reach, id| taking_back::contradict(turn, live.policy(), reach, id);
    answer(&give(&actor, &service, id, (Said::default(), key), run).await?)
}

/// Put a referral again that was superseded
///
/// One that ended because another place was chosen is put again, as it stood, while its beds last; the rules are asked again, and who must act
/// has time anew. One that was confirmed is to be confirmed again.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn revive(actor: Actor<ReviveReferral>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let run = |turn: &mut Turn<'_>, live: &Live, reach, id| commands::revive(turn, live.policy(), reach, id);
    answer(&give(&actor, &service, id, (Said::default(), key), run).await?)
}

/// Move a referral behind its door
///
/// The regulator of a door puts an open referral to a vacancy of another unit behind that door. The rules are asked again; beds that were held
/// are held there. State and deadlines stay.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = OtherPlace,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn move_along(
    actor: Actor<MoveReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<OtherPlace>,
) -> Done {
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| commands::move_along(turn, live.policy(), reach, id, &body.value);
    answer(&give(&actor, &service, id, (body.said, key), run).await?)
}

/// What a list of referrals is narrowed by; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReferralQuery {
    /// Only in this state.
    #[param(required = false, nullable = false)]
    state: Option<ReferralState>,
    /// `true`: only those that can still lead to a stay; `false`: only the others.
    #[param(required = false, nullable = false)]
    open: Option<bool>,
    /// Only of this request.
    #[param(required = false, nullable = false)]
    request_id: Option<Uuid>,
    /// Only to this unit.
    #[param(required = false, nullable = false)]
    unit_id: Option<Uuid>,
    /// Only those whose `updated_at` is this instant or later.
    #[param(value_type = Option<schemas::Moment>, required = false, nullable = false)]
    updated_since: Option<Moment>,
    /// In which order.
    #[serde(default)]
    #[param(value_type = Option<Order>, required = false, nullable = false)]
    order: Order,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Read a referral
///
/// As it stands now; one past its deadline is expired. The read is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "referrals", params(("referral_id" = Uuid, Path, description = "Id of the referral.")),
    responses((status = 200, description = "The referral.", body = ReferralRecord)))]
pub async fn get(actor: Actor<GetReferral>, service: Data<Service>, id: Id) -> Done {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let view = referrals::view(reading.conn, reach, reading.now, ReferralId(id.0))?;
        Ok(ReferralRecord::show_opened(reading, &mut Met::default(), view, reach)?)
    };
    answer(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// List referrals
///
/// Those of the caller's requests, or those addressed to it, and for a place whoever comes to it through a regulator's door, that all the
/// given filters let through, oldest or newest first, a page at a time. The read of each is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "referrals", params(ReferralQuery),
    responses((status = 200, description = "A page of referrals.", body = Page<ReferralRecord>)))]
pub async fn list(actor: Actor<ListReferrals>, service: Data<Service>, params: Params<ReferralQuery>) -> Done {
    let ReferralQuery { state, open, request_id, unit_id, updated_since, order, cursor, limit } = params.0;
    let (reach, updated_since) = (actor.reach(), updated_since.map(Instant::from));
    let filter =
        ReferralFilter { state, open, request: request_id.map(RequestId), unit: unit_id.map(UnitId), updated_since, order };
    let page = move |reading: &mut Reading<'_>| page(reading, reach, filter, cursor, limit);
    answers::json(&service.read(actor.access(), actor.pulse(), page).await?)
}

/// A page of the referrals that a reach gives, the reading of their requests noted.
pub fn page(
    reading: &mut Reading<'_>,
    reach: Reach,
    filter: ReferralFilter,
    cursor: Option<Cursor>,
    limit: PageLimit,
) -> Result<Page<ReferralRecord>, Failure> {
    let found = referrals::list(reading.conn, reach, filter, cursor, limit)?;
    let page = Page::cut(found, limit, |referral: &Referral| referral.id.0);
    let next_cursor = page.next_cursor;
    let (mut items, mut met) = (Vec::new(), Met::default());
    for referral in page.items {
        let view = referrals::view(reading.conn, reach, reading.now, referral.id)?;
        items.push(ReferralRecord::show_opened(reading, &mut met, view, reach)?);
    }
    Ok(Page { items, next_cursor })
}

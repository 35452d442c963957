//! Referrals: a request put to a place, the states it goes through, and what is said with each command. Pure: no SQL, no clock.

use matcher::{Day, Department, Door, Kind, Moment, Rule};
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::ids::{OrganisationId, Record, ReferralId, RequestId, UnitId, VacancyId};
use super::text::{MeetingPoint, Reason};
use super::{About, By, Denied, Faults, Noted, Phone, RecordKind, Refusal, RequestState, Text};
use crate::clock::Instant;
use crate::schemas;

matcher::codes! {
    /// Where a referral stands (design §4).
    pub enum ReferralState: "state of a referral" {
        /// The addressee has not answered.
        Asked = "asked",
        /// The addressee has seen it.
        Acknowledged = "acknowledged",
        /// The addressee agrees in principle; the beds are held.
        Accepted = "accepted",
        /// The people are coming.
        Confirmed = "confirmed",
        /// The people are there: a stay.
        Arrived = "arrived",
        /// The stay is over.
        Ended = "ended",
        /// The addressee said no.
        Declined = "declined",
        /// The people go elsewhere.
        Superseded = "superseded",
        /// The people did not come.
        NoShow = "no_show",
        /// The people stood at the door and were not let in.
        TurnedAway = "turned_away",
        /// The referent took it back.
        Withdrawn = "withdrawn",
        /// Nobody acted before the deadline.
        Expired = "expired",
    }
}

impl ReferralState {
    /// The states in which it can still lead to a stay.
    pub const OPEN: [Self; 4] = [Self::Asked, Self::Acknowledged, Self::Accepted, Self::Confirmed];

    /// Whether it can still lead to a stay.
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }
}

matcher::codes! {
    /// A command on a referral that exists, by its operationId; of what the service does itself, by its verb.
    pub enum Move: "step of a referral" {
        /// The addressee has seen it.
        Acknowledge = "acknowledgeReferral",
        /// The addressee agrees in principle.
        Accept = "acceptReferral",
        /// The addressee, or through it the person, says no.
        Decline = "declineReferral",
        /// The referent says that the people come.
        Confirm = "confirmReferral",
        /// The people are there.
        RecordArrival = "recordArrival",
        /// The people did not come.
        RecordNoShow = "recordNoShow",
        /// The people stood at the door and were not let in.
        RecordTurnedAway = "recordTurnedAway",
        /// The referent takes it back.
        Withdraw = "withdrawReferral",
        /// The stay is over.
        EndStay = "endStay",
        /// The regulator puts it to another unit behind its door.
        MoveAlong = "moveReferral",
        /// The referent puts one that was superseded again.
        Revive = "reviveReferral",
        /// The people go elsewhere.
        Supersede = "supersedeReferral",
        /// Nobody acted in time.
        Expire = "expireReferral",
    }
}

impl Move {
    /// The table of design §4: the states a command starts from, and the one it leads to; none where it changes none.
    pub fn states(self) -> (&'static [ReferralState], Option<ReferralState>) {
        use ReferralState::{
            Accepted, Acknowledged, Arrived, Asked, Confirmed, Declined, Ended, Expired, NoShow, Superseded, TurnedAway, Withdrawn,
        };
        let (from, to): (&[ReferralState], _) = match self {
            Self::Acknowledge => (&[Asked], Acknowledged),
            Self::Accept => (&[Asked, Acknowledged], Accepted),
            Self::Decline => (&[Asked, Acknowledged, Accepted, Confirmed], Declined),
            Self::Confirm => (&[Accepted], Confirmed),
            Self::RecordArrival => (&[Confirmed], Arrived),
            Self::RecordNoShow => (&[Confirmed], NoShow),
            Self::RecordTurnedAway => (&[Confirmed], TurnedAway),
            Self::Withdraw => (&[Asked, Acknowledged, Accepted, Confirmed], Withdrawn),
            Self::EndStay => (&[Arrived], Ended),
            Self::MoveAlong => return (&[Asked, Acknowledged, Accepted, Confirmed], None),
            // It leads back to where it stood.
            Self::Revive => return (&[Superseded], None),
            Self::Supersede => (&[Asked, Acknowledged, Accepted, Confirmed], Superseded),
            // No clock frees a bed in which somebody may sleep: `confirmed` never expires.
            Self::Expire => (&[Asked, Acknowledged, Accepted], Expired),
        };
        (from, Some(to))
    }

    /// Whether it may be taken back: what time does, and what follows from another command, is not.
    pub fn may_be_undone(self) -> bool {
        match self {
            Self::Acknowledge
            | Self::Accept
            | Self::Decline
            | Self::Confirm
            | Self::RecordArrival
            | Self::RecordNoShow
            | Self::RecordTurnedAway
            | Self::Withdraw
            | Self::EndStay
            | Self::MoveAlong => true,
            // What was revived is withdrawn.
            Self::Revive | Self::Supersede | Self::Expire => false,
        }
    }
}

matcher::codes! {
    /// Why a stay ended (design §4).
    pub enum StayEnd: "end of a stay" {
        /// To housing of their own.
        Rehoused = "rehoused",
        /// To another place.
        MovedOn = "moved_on",
        /// Of their own accord.
        Left = "left",
        /// Nobody knows where they are.
        Missing = "missing",
        /// Back to those who exploit them.
        BackToExploitation = "back_to_exploitation",
        /// Sent away.
        Excluded = "excluded",
        /// Nobody pays any more.
        FundingEnded = "funding_ended",
        /// To their country.
        ReturnedHome = "returned_home",
        /// They died.
        Deceased = "deceased",
        /// Another reason.
        Other = "other",
    }

    /// What becomes of a request when its stay ends.
    pub enum AfterStay: "state of a request after a stay" {
        /// It looks for a place again, with the seniority it has.
        Open = "open",
        /// It looks no more.
        Closed = "closed",
    }

    /// Something to know about a referral that stops nothing.
    pub enum ReferralWarning: "warning" {
        /// A lone minor has no guardian: have one appointed (ad hoc administrator).
        GuardianMissing = "guardian_missing",
        /// The address of the home takes no mail: its organisation was written to.
        MailReachedOrganisation = "mail_reached_organisation",
        /// No address of the addressee takes mail, or there is none: call.
        MailNotDelivered = "mail_not_delivered",
        /// A couple, or a minor with an adult, and nobody has seen each of them apart.
        NotSeenApart = "not_seen_apart",
        /// A minor has come of age, and is matched as an adult of 18.
        Turned18 = "turned_18",
        /// The household has grown, and there are fewer beds than people.
        OverOccupied = "over_occupied",
        /// The place no longer passes the rules for these people, since one or the other was edited.
        NoLongerFits = "no_longer_fits",
    }
}

/// A rule that was known to fail, let pass with a reason.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Waiver)] // `Override` is a word of Java and of others, in which clients are generated
pub struct Override {
    /// The rules.
    #[schema(value_type = Vec<schemas::Rule>)]
    pub rules: Vec<Rule>,
    /// Why they were let pass; null once the people are forgotten.
    #[schema(required, value_type = Option<Reason>)]
    pub reason: Option<Text<500>>,
}

matcher::codes! {
    /// Who calls whom.
    pub enum CallBackKind: "kind of call back" {
        /// The addressee asks to be called.
        CallUs = "call_us",
        /// The addressee will call.
        WeCall = "we_call",
    }
}

/// A call that is wished for, or announced. It moves no deadline.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    /// Who calls whom.
    pub kind: CallBackKind,
    /// With `we_call`: when. With `call_us`: from when on; null: at once.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Moment>)]
    pub at: Option<Moment>,
    /// The number to call, or that will call; null: that of the contact.
    #[serde(default)]
    pub phone: Option<Phone>,
}

/// What those who come say at the door, so that no stranger is let in for them: six digits, drawn by chance at each confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArrivalCode(String);

impl ArrivalCode {
    /// One that chance gives.
    pub fn draw() -> Self {
        let digits = rand::rng().random_range(0..1_000_000_u32);
        Self(format!("{:03} {:03}", digits / 1000, digits % 1000))
    }

    /// As it is said.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A command that was taken back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Undone {
    /// Which.
    pub command: Move,
    /// When it was taken back.
    pub at: Instant,
    /// Why; null where nothing was said.
    #[schema(required, value_type = Option<Reason>)]
    pub reason: Option<Text<500>>,
}

/// What happened when, and what was said on the way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Course {
    /// When the addressee saw it.
    pub acknowledged_at: Option<Instant>,
    /// A call that the addressee wishes for or announces.
    pub call_back: Option<CallBack>,
    /// When either side noted that this call was made.
    #[serde(default)]
    pub called_at: Option<Instant>,
    /// When the addressee agreed.
    pub accepted_at: Option<Instant>,
    /// Whether that was written down after a phone call, and the addressee has not said so itself since.
    #[serde(default)]
    pub accepted_by_phone: bool,
    /// Whether a yes of the addressee confirms.
    pub confirms_on_acceptance: bool,
    /// When the referent confirmed.
    pub confirmed_at: Option<Instant>,
    /// When the people arrived.
    pub arrived_at: Option<Instant>,
    /// When it came to its end, whichever.
    pub ended_at: Option<Instant>,
    /// Until when the beds are held without an answer; none once it is there, and where none are held.
    pub hold_until: Option<Instant>,
    /// While people are expected: when they are late.
    pub overdue_at: Option<Instant>,
    /// And when the coordination is told of that.
    pub overdue_told_at: Option<Instant>,
    /// Since when they are late.
    pub overdue_since: Option<Instant>,
    /// When those who asked noted that they know how it ended.
    #[serde(default)]
    pub outcome_noted_at: Option<Instant>,
    /// When the addressee said that what was written down for it is not so.
    pub contradicted_at: Option<Instant>,
    /// The last command that was taken back.
    pub undone: Option<Undone>,
    /// The day of an interview.
    pub interview_on: Option<Day>,
    /// The day of the journey.
    pub travel_on: Option<Day>,
    /// Where the people are met, where a yes or a confirmation said it; else the place's own.
    #[serde(default)]
    pub meeting_point: Option<Text<300>>,
    /// While people come: what they say at the door.
    #[serde(default)]
    pub arrival_code: Option<ArrivalCode>,
    /// Rules that were let pass.
    pub overrides: Vec<Override>,
    /// Why the stay ended.
    pub end_reason: Option<StayEnd>,
    /// What became of the last mail to the addressee; none where it left as it should.
    #[serde(default)]
    pub mail: Option<ReferralWarning>,
    /// What kind of place was asked: some learn less of the people than others.
    #[serde(default)]
    pub unit_kind: Option<Kind>,
    /// For how many people it was asked: who was born since costs them nothing.
    #[serde(default)]
    pub people_asked: Option<u32>,
    /// Whether there are fewer beds than people, since the household has grown.
    #[serde(default)]
    pub over_occupied: bool,
    /// The rules that it fails since the request, the unit or the structure was edited.
    #[serde(default)]
    pub fails_since: Vec<Rule>,
    /// How many steps it has taken, whoever took them, back ones too: a link in a mail is good for the one it was sent at.
    #[serde(default)]
    pub steps: u32,
}

/// What was said in words on the way: stored apart, sealed, and gone when the people are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseWords {
    /// Why rules were let pass, one by one.
    pub overrides: Vec<Text<500>>,
    /// Why a command was taken back.
    pub undone: Option<Text<500>>,
    /// The number of a call.
    pub phone: Option<Phone>,
    /// Where these people are met: it leads to a home.
    #[serde(default)]
    pub meeting_point: Option<Text<300>>,
}

impl Course {
    /// Takes what was said in words out of it.
    pub fn take_words(&mut self) -> CourseWords {
        let overrides = self.overrides.iter_mut().filter_map(|known| known.reason.take()).collect();
        let undone = self.undone.as_mut().and_then(|undone| undone.reason.take());
        let phone = self.call_back.as_mut().and_then(|call| call.phone.take());
        CourseWords { overrides, undone, phone, meeting_point: self.meeting_point.take() }
    }

    /// Puts it back.
    pub fn put_words(&mut self, words: CourseWords) {
        for (known, reason) in self.overrides.iter_mut().zip(words.overrides) {
            known.reason = Some(reason);
        }
        if let Some(undone) = &mut self.undone {
            undone.reason = words.undone;
        }
        if let Some(call) = &mut self.call_back {
            call.phone = words.phone;
        }
        self.meeting_point = words.meeting_point;
    }
}

impl Course {
    fn erase_texts(&mut self) -> bool {
        let undone = self.undone.as_mut().and_then(|undone| undone.reason.take()).is_some();
        let reasons = self.overrides.iter_mut().filter_map(|known| known.reason.take()).count();
        undone || reasons > 0
    }
}

/// What of a referral a command may change, as it stood before one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Before {
    /// The unit.
    pub unit: UnitId,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The organisation that runs the place.
    pub place: OrganisationId,
    /// Where it stood.
    pub state: ReferralState,
    /// Whether its beds were held.
    pub held: bool,
    /// Whether the last answer had come by phone.
    pub by_phone: bool,
    /// When it would lapse.
    pub deadline: Option<Instant>,
    /// When who must act would be reminded.
    pub remind_at: Option<Instant>,
    /// When the people were expected.
    pub expected_arrival: Option<Instant>,
    /// What had happened when.
    pub course: Course,
}

/// The last command on a referral, and what taking it back needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastStep {
    /// Which.
    pub step: Move,
    /// The organisation that gave it.
    pub by: Option<OrganisationId>,
    /// Whether it wrote down what the addressee said on the phone.
    pub by_phone: bool,
    /// When.
    pub at: Instant,
    /// The last position of the log before it: what stands behind it, at another instant, came later.
    pub position: i64,
    /// Where its request stood before it, and since.
    pub request: (RequestState, RequestState),
    /// For one that was superseded: by which.
    pub because_of: Option<ReferralId>,
    /// How the referral stood before.
    pub before: Before,
}

impl LastStep {
    /// Whether it was given by who answers, and not by those who asked or in its stead after a phone call: one organisation may be both.
    pub fn is_of_addressee(&self) -> bool {
        match self.step {
            Move::Acknowledge
            | Move::Accept
            | Move::Decline
            | Move::RecordArrival
            | Move::RecordNoShow
            | Move::EndStay
            | Move::MoveAlong => !self.by_phone,
            Move::Confirm | Move::RecordTurnedAway | Move::Withdraw | Move::Revive | Move::Supersede | Move::Expire => false,
        }
    }
}

/// A referral as it stands.
#[derive(Clone, Debug)]
pub struct Referral {
    /// Its id.
    pub id: ReferralId,
    /// The request.
    pub request: RequestId,
    /// The organisation that asks.
    pub organisation: OrganisationId,
    /// The unit.
    pub unit: UnitId,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The organisation that answers.
    pub addressee: OrganisationId,
    /// The organisation that runs the place: the same, but behind a regulator's door.
    pub place: OrganisationId,
    /// The door it goes through.
    pub door: Door,
    /// Where it stands.
    pub state: ReferralState,
    /// How many beds it needs.
    pub beds: u32,
    /// Whether they are held now.
    pub held: bool,
    /// For whom they were held last; none where they never were.
    pub held_by: Option<By>,
    /// Whether the referent asked for them to be held before any answer.
    pub held_when_asked: bool,
    /// Whether the last answer came by phone and was written down by the referent.
    pub by_phone: bool,
    /// When it lapses; none once it cannot.
    pub deadline: Option<Instant>,
    /// When who must act is reminded; none when that is done or not needed.
    pub remind_at: Option<Instant>,
    /// When the people are expected.
    pub expected_arrival: Option<Instant>,
    /// What happened when.
    pub course: Course,
    /// The last command on it; none where there is none to take back.
    pub last: Option<LastStep>,
    /// When it was created.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// What time does to a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Beds that were held with the question are free again; the question stands on.
    HoldEnds,
    /// It lapses.
    Lapses,
    /// Those who are expected are late.
    IsOverdue,
    /// They have been late so long that the coordination is told.
    IsLongOverdue,
}

impl Referral {
    /// Goes to the state that a command leads to, or says from which state it does not.
    pub fn advance(&mut self, step: Move, now: Instant) -> Result<(), Denied> {
        let (from, to) = step.states();
        if !from.contains(&self.state) {
            return Err(Denied::InState(self.state));
        }
        self.updated_at = now;
        // Who has seen it, or will call, has not answered yet: that is the same step.
        if step != Move::Acknowledge {
            self.course.steps = self.course.steps.saturating_add(1);
        }
        let Some(to) = to else { return Ok(()) };
        self.state = to;
        let course = &mut self.course;
        // Each clock runs in some states only.
        if !matches!(to, ReferralState::Asked | ReferralState::Acknowledged) {
            course.hold_until = None;
        }
        if !matches!(to, ReferralState::Asked | ReferralState::Acknowledged | ReferralState::Accepted) {
            (self.deadline, self.remind_at) = (None, None);
        }
        if to != ReferralState::Confirmed {
            (course.overdue_at, course.overdue_told_at, course.overdue_since) = (None, None, None);
        }
        match step {
            Move::Acknowledge => course.acknowledged_at = Some(now),
            Move::Accept => course.accepted_at = Some(now),
            Move::Confirm => course.confirmed_at = Some(now),
            Move::RecordArrival => course.arrived_at = Some(now),
            Move::MoveAlong | Move::Revive => {}
            Move::Decline
            | Move::RecordNoShow
            | Move::RecordTurnedAway
            | Move::Withdraw
            | Move::EndStay
            | Move::Supersede
            | Move::Expire => {
                course.ended_at = Some(now);
            }
        }
        Ok(())
    }

    /// Whether its place learns no more than people, genders, nights and needs: who works there or lives there is no professional.
    pub fn tells_little(&self) -> bool {
        matches!(self.course.unit_kind, Some(Kind::Hotel | Kind::CitizenHost))
    }

    /// Whether beds are held for the people, or somebody has said yes.
    pub fn is_promised(&self) -> bool {
        self.held || matches!(self.state, ReferralState::Accepted | ReferralState::Confirmed | ReferralState::Arrived)
    }

    /// Whether the people are housed or held there.
    pub fn are_there(&self) -> bool {
        self.held || self.state == ReferralState::Arrived
    }

    /// Whether a call is wished for or announced that nobody has noted as made.
    pub fn awaits_call(&self) -> bool {
        self.state.is_open() && self.course.call_back.is_some() && self.course.called_at.is_none()
    }

    /// Whether it ended by another's doing, or by time, and those who asked have not noted that they know. What they wrote down themselves after
    /// a phone call they know.
    pub fn awaits_notice(&self) -> bool {
        let by_others = match self.state {
            ReferralState::Expired => true,
            ReferralState::Declined | ReferralState::NoShow | ReferralState::Ended => !self.by_phone,
            ReferralState::Asked
            | ReferralState::Acknowledged
            | ReferralState::Accepted
            | ReferralState::Confirmed
            | ReferralState::Arrived
            | ReferralState::Superseded
            | ReferralState::TurnedAway
            | ReferralState::Withdrawn => false,
        };
        by_others && self.course.outcome_noted_at.is_none()
    }

    /// Whether the people may come, or are there.
    pub fn concerns_its_addressee(&self) -> bool {
        self.state.is_open() || self.state == ReferralState::Arrived
    }

    /// What of it a command may change, as it stands.
    pub fn before(&self) -> Before {
        Before {
            unit: self.unit,
            vacancy: self.vacancy,
            place: self.place,
            state: self.state,
            held: self.held,
            by_phone: self.by_phone,
            deadline: self.deadline,
            remind_at: self.remind_at,
            expected_arrival: self.expected_arrival,
            course: self.course.clone(),
        }
    }

    /// Stands as it stood before. A clock that comes back does not run out before `soonest`.
    pub fn restore(&mut self, before: Before, now: Instant, soonest: Instant) {
        let later = |at: Option<Instant>| at.map(|at| at.max(soonest));
        let has_moved = self.unit != before.unit;
        self.unit = before.unit;
        self.vacancy = before.vacancy;
        self.place = before.place;
        self.state = before.state;
        self.held = before.held;
        self.by_phone = before.by_phone;
        self.deadline = later(before.deadline);
        // A reminder that has passed meanwhile goes out on the way to a deadline that is set anew.
        self.remind_at = before.remind_at.map(|at| match self.deadline {
            Some(deadline) if at <= now => now.plus(deadline.utc().signed_duration_since(now.utc()) * 2 / 3),
            _ => at,
        });
        self.expected_arrival = before.expected_arrival;
        let since = std::mem::replace(&mut self.course, before.course);
        // What became of a mail, and what edits have changed, is as it is now.
        (self.course.mail, self.course.over_occupied) = (since.mail, since.over_occupied);
        self.course.steps = since.steps.saturating_add(1);
        if !has_moved {
            self.course.fails_since = since.fails_since;
        }
        self.course.hold_until = later(self.course.hold_until);
        self.course.overdue_at = later(self.course.overdue_at);
        self.course.overdue_told_at = later(self.course.overdue_told_at);
        self.last = None;
        self.updated_at = now;
    }

    /// When time next does something to it.
    pub fn due_at(&self) -> Option<Instant> {
        let course = &self.course;
        [self.deadline, course.hold_until, course.overdue_at, course.overdue_told_at].into_iter().flatten().min()
    }

    /// What time does to it next, if that is due by now.
    pub fn due_by(&self, now: Instant) -> Option<Due> {
        let at = self.due_at().filter(|at| *at <= now)?;
        Some(if self.deadline == Some(at) {
            Due::Lapses
        } else if self.course.hold_until == Some(at) {
            Due::HoldEnds
        } else if self.course.overdue_at == Some(at) {
            Due::IsOverdue
        } else {
            Due::IsLongOverdue
        })
    }

    /// Leaves out what somebody wrote in words, also of how it stood before, and says whether there was any.
    pub fn erase_texts(&mut self) -> bool {
        let before = self.last.as_mut().map(|last| &mut last.before.course);
        let mut erased = false;
        for course in std::iter::once(&mut self.course).chain(before) {
            erased |= course.erase_texts();
        }
        erased
    }

    /// Whether the rule was let pass before.
    pub fn overrides(&self, rule: Rule) -> bool {
        self.course.overrides.iter().any(|known| known.rules.contains(&rule))
    }
}

impl Noted for Referral {
    fn about(&self) -> About {
        let standing = json!({
            "request_id": self.request, "unit_id": self.unit, "vacancy_id": self.vacancy, "state": self.state, "beds": self.beds,
            "held": self.held, "by_phone": self.by_phone, "overdue": self.course.overdue_since.is_some(),
        });
        let about = About::of(self.id, self.organisation).addressed_to(self.addressee).standing(standing);
        // Behind a regulator's door the place learns of people once they come to it, and from then on of all that becomes of it.
        let comes = self.course.confirmed_at.is_some() && self.place != self.addressee;
        if comes { about.coming_to(self.place) } else { about }
    }
}

/// What a SIAO or the coordination is told of a referral: where, and what happened, without people.
#[derive(Clone, Copy, Debug)]
pub struct Notice {
    /// The referral.
    pub referral: ReferralId,
    /// The unit.
    pub unit: UnitId,
    /// Where it stands.
    pub department: Department,
    /// Where the referral stands.
    pub state: ReferralState,
    /// The organisation that is told beside the coordination.
    pub to: Option<OrganisationId>,
}

impl Noted for Notice {
    fn about(&self) -> About {
        About {
            record: Record { kind: RecordKind::Notice, id: self.referral.0 },
            organisation: None,
            addressee: self.to,
            place: None,
            encounter: None,
            detail: json!({"unit_id": self.unit, "department": self.department, "state": self.state}),
        }
    }
}

/// A request put to a vacancy.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReferral {
    /// The vacancy, as a proposal names it.
    pub vacancy_id: VacancyId,
    /// The door to knock at, one of the unit's; left out or null, its first.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Door>)]
    pub door: Option<Door>,
    /// Whether the beds are held from now: until an answer, or for three days.
    #[serde(default)]
    pub hold: bool,
    /// Whether a yes confirms: the people come at `expected_arrival`. Where the confirmation would be refused the referral is accepted.
    #[serde(default)]
    pub confirms_on_acceptance: bool,
    /// With `confirms_on_acceptance`: when the people are expected.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Moment>)]
    pub expected_arrival: Option<Moment>,
    /// Why the place is asked for although rules fail that a phone call can settle, or `distance`.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub override_reason: Option<Text<500>>,
}

impl NewReferral {
    /// A question and no more.
    pub fn of(vacancy_id: VacancyId) -> Self {
        Self { vacancy_id, door: None, hold: false, confirms_on_acceptance: false, expected_arrival: None, override_reason: None }
    }
}

/// It was seen.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// A call that is wished for or announced; left out or null: none.
    #[serde(default)]
    pub call_back: Option<CallBack>,
}

/// An agreement in principle.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The referent writes down what the addressee said on the phone.
    #[serde(default)]
    pub by_phone: bool,
    /// The day of an interview before admission.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Day>)]
    pub interview_on: Option<Day>,
    /// The day of the journey.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Day>)]
    pub travel_on: Option<Day>,
    /// Where the people are to be met; left out or null: where the structure always meets them.
    #[serde(default)]
    #[schema(value_type = Option<MeetingPoint>)]
    pub meeting_point: Option<Text<300>>,
    /// Why the people are taken although rules fail that a phone call can settle, or `distance`.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub override_reason: Option<Text<500>>,
}

/// A no, and why.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declination {
    /// The referent writes down what the addressee said on the phone.
    #[serde(default)]
    pub by_phone: bool,
    /// Who said no and why.
    pub refusal: Refusal,
}

/// A referral that the coordination stops.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// What those who asked read as the reason of the place: of the party `structure`, and none that the next ranking would belie (`full`,
    /// `filled_elsewhere`, `unit_closed`).
    pub refusal: Refusal,
}

/// A no that is given by a link in a mail.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclinationByLink {
    /// Who said no and why.
    pub refusal: Refusal,
}

/// The people are coming.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// When they are expected.
    #[schema(value_type = schemas::Moment)]
    pub expected_arrival: Moment,
    /// Where the people are met, as it was settled with the place; left out or null: as it was said before.
    #[serde(default)]
    #[schema(value_type = Option<MeetingPoint>)]
    pub meeting_point: Option<Text<300>>,
    /// Why the place is taken although rules fail that a phone call can settle, or `distance`.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub override_reason: Option<Text<500>>,
}

/// Something the addressee reports.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The referent writes down what the addressee said on the phone.
    #[serde(default)]
    pub by_phone: bool,
}

/// A referral taken back.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Who no longer wants the place, and why; left out or null when there is nothing to keep in mind.
    #[serde(default)]
    #[schema(value_type = Option<Refusal>)]
    pub refusal: Option<Refusal>,
}

/// The end of a stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndOfStay {
    /// The referent writes down what the addressee said on the phone.
    #[serde(default)]
    pub by_phone: bool,
    /// Why it ended.
    pub reason: StayEnd,
    /// What becomes of the request.
    pub request: AfterStay,
}

/// The last command on a referral is taken back.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Why; needed once the first minutes have passed. Both sides read it.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub reason: Option<Text<500>>,
}

/// Another unit behind the same door.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherPlace {
    /// The vacancy that the referral is put to instead.
    pub vacancy_id: VacancyId,
    /// Why the place is taken although rules fail that a phone call can settle, or `distance`.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub override_reason: Option<Text<500>>,
}

impl Faults for Undo {}
impl Faults for OtherPlace {}

impl Faults for NewReferral {
    fn faults(&self) -> Vec<(String, String)> {
        let why = match (self.confirms_on_acceptance, self.expected_arrival) {
            (true, None) => "is needed with `confirms_on_acceptance`",
            (false, Some(_)) => "goes with `confirms_on_acceptance` only",
            (true, Some(_)) | (false, None) => return Vec::new(),
        };
        vec![("expected_arrival".to_owned(), why.to_owned())]
    }
}

impl Faults for Acknowledgement {
    fn faults(&self) -> Vec<(String, String)> {
        match &self.call_back {
            Some(CallBack { kind: CallBackKind::WeCall, at: None, .. }) => {
                vec![("call_back.at".to_owned(), "is needed with `we_call`: say when you will call".to_owned())]
            }
            _ => Vec::new(),
        }
    }
}

impl Acceptance {
    /// The days that it sets, each with its field.
    pub fn given_days(&self) -> Vec<(String, Day)> {
        let days = [("interview_on", self.interview_on), ("travel_on", self.travel_on)];
        days.into_iter().filter_map(|(field, day)| Some((field.to_owned(), day?))).collect()
    }
}

impl Faults for Acceptance {
    fn days(&self) -> Vec<(String, Day)> {
        self.given_days()
    }
}

impl Faults for Confirmation {}
impl Faults for Report {}
impl Faults for EndOfStay {}

impl Faults for Declination {
    fn faults(&self) -> Vec<(String, String)> {
        self.refusal.faults_below("refusal")
    }

    fn days(&self) -> Vec<(String, Day)> {
        until_of(Some(&self.refusal))
    }
}

impl Faults for DeclinationByLink {
    fn faults(&self) -> Vec<(String, String)> {
        self.refusal.faults_below("refusal")
    }

    fn days(&self) -> Vec<(String, Day)> {
        until_of(Some(&self.refusal))
    }
}

impl Faults for Stop {
    fn faults(&self) -> Vec<(String, String)> {
        self.refusal.faults_below("refusal")
    }

    fn days(&self) -> Vec<(String, Day)> {
        until_of(Some(&self.refusal))
    }
}

impl Faults for Withdrawal {
    fn faults(&self) -> Vec<(String, String)> {
        self.refusal.as_ref().map(|refusal| refusal.faults_below("refusal")).unwrap_or_default()
    }

    fn days(&self) -> Vec<(String, Day)> {
        until_of(self.refusal.as_ref())
    }
}

/// The day until which a refusal that is given has its effect.
fn until_of(refusal: Option<&Refusal>) -> Vec<(String, Day)> {
    refusal.and_then(|refusal| refusal.until).map(|until| ("refusal.until".to_owned(), until)).into_iter().collect()
}

crate::schemas::own! {
    ArrivalCode as "ArrivalCode" => schemas::text("^[0-9]{3} [0-9]{3}$", 7, "417 093", "What those who come say at the door.");
    ReferralState as "ReferralState" => schemas::codes::<ReferralState>("Where a referral stands.");
    Move as "ReferralStep" => schemas::codes::<Move>("A command on a referral.");
    CallBackKind as "CallBackKind" => schemas::codes::<CallBackKind>("`call_us`: the addressee asks to be called. `we_call`: it will call.");
    StayEnd as "StayEnd" => schemas::codes::<StayEnd>("Why a stay ended.");
    AfterStay as "AfterStay" => schemas::codes::<AfterStay>("What becomes of a request when its stay ends: `open` again, with its seniority, or `closed`.");
    ReferralWarning as "ReferralWarning" => schemas::codes::<ReferralWarning>("Something to know about a referral that stops nothing. `guardian_missing`: a lone minor has no guardian. `mail_reached_organisation`: the address of the home takes no mail, its organisation was written to. `mail_not_delivered`: no address of the addressee takes mail: call. `not_seen_apart`: a couple or a minor with an adult, and nobody has seen each apart. `turned_18`: a minor has come of age and is matched as an adult of 18. `over_occupied`: the household has grown beyond the beds. `no_longer_fits`: since an edit the place fails rules.");
}

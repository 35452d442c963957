//! Referrals: a request put to a place, the states it goes through, and what is said with each command. Pure: no SQL, no clock.

use matcher::{Day, Door, Kind, Moment, Rule};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::ids::{OrganisationId, ReferralId, RequestId, UnitId, VacancyId};
use super::text::Reason;
use super::{About, Denied, Faults, Noted, Refusal, Text};
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
        /// The referent took it back.
        Withdrawn = "withdrawn",
        /// Nobody acted before the deadline.
        Expired = "expired",
    }
}

impl ReferralState {
    /// Whether it can still lead to a stay, and so lapses when nobody acts.
    pub fn is_open(self) -> bool {
        match self {
            Self::Asked | Self::Acknowledged | Self::Accepted | Self::Confirmed => true,
            Self::Arrived | Self::Ended | Self::Declined | Self::Superseded | Self::NoShow | Self::Withdrawn | Self::Expired => {
                false
            }
        }
    }
}

/// A command on a referral that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The addressee has seen it.
    Acknowledge,
    /// The addressee agrees in principle.
    Accept,
    /// The addressee, or through it the person, says no.
    Decline,
    /// The referent says that the people come.
    Confirm,
    /// The people are there.
    RecordArrival,
    /// The people did not come.
    RecordNoShow,
    /// The referent takes it back.
    Withdraw,
    /// The stay is over.
    EndStay,
    /// The people go elsewhere.
    Supersede,
    /// Nobody acted in time.
    Expire,
}

impl Move {
    /// The table of design §4: the states a command starts from, and the one it leads to.
    pub fn states(self) -> (&'static [ReferralState], ReferralState) {
        use ReferralState::{
            Accepted, Acknowledged, Arrived, Asked, Confirmed, Declined, Ended, Expired, NoShow, Superseded, Withdrawn,
        };
        match self {
            Self::Acknowledge => (&[Asked], Acknowledged),
            Self::Accept => (&[Asked, Acknowledged], Accepted),
            Self::Decline => (&[Asked, Acknowledged, Accepted], Declined),
            Self::Confirm => (&[Accepted], Confirmed),
            Self::RecordArrival => (&[Confirmed], Arrived),
            Self::RecordNoShow => (&[Confirmed], NoShow),
            Self::Withdraw => (&[Asked, Acknowledged, Accepted, Confirmed], Withdrawn),
            Self::EndStay => (&[Arrived], Ended),
            Self::Supersede => (&[Asked, Acknowledged, Accepted, Confirmed], Superseded),
            Self::Expire => (&[Asked, Acknowledged, Accepted, Confirmed], Expired),
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
    /// Why they were let pass.
    #[schema(value_type = Reason)]
    pub reason: Text<500>,
}

/// What happened when, and what was said on the way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Course {
    /// When the addressee saw it.
    pub acknowledged_at: Option<Instant>,
    /// When the addressee agreed.
    pub accepted_at: Option<Instant>,
    /// When the referent confirmed.
    pub confirmed_at: Option<Instant>,
    /// When the people arrived.
    pub arrived_at: Option<Instant>,
    /// When it came to its end, whichever.
    pub ended_at: Option<Instant>,
    /// The day of an interview.
    pub interview_on: Option<Day>,
    /// The day of the journey.
    pub travel_on: Option<Day>,
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
    /// When it was created.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

impl Referral {
    /// Goes to the state that a command leads to, or says from which state it does not.
    pub fn advance(&mut self, step: Move, now: Instant) -> Result<(), Denied> {
        let (from, to) = step.states();
        if !from.contains(&self.state) {
            return Err(Denied::InState(self.state));
        }
        self.state = to;
        self.updated_at = now;
        if !to.is_open() {
            (self.deadline, self.remind_at) = (None, None);
        }
        let course = &mut self.course;
        match step {
            Move::Acknowledge => course.acknowledged_at = Some(now),
            Move::Accept => course.accepted_at = Some(now),
            Move::Confirm => course.confirmed_at = Some(now),
            Move::RecordArrival => course.arrived_at = Some(now),
            Move::Decline | Move::RecordNoShow | Move::Withdraw | Move::EndStay | Move::Supersede | Move::Expire => {
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

    /// Whether the people may come, or are there.
    pub fn concerns_its_addressee(&self) -> bool {
        self.state.is_open() || self.state == ReferralState::Arrived
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
            "held": self.held,
        });
        let about = About::of(self.id, self.organisation).addressed_to(self.addressee).standing(standing);
        // Behind a regulator's door the place learns of people once they come to it, and from then on of all that becomes of it.
        let comes = self.course.confirmed_at.is_some() && self.place != self.addressee;
        if comes { about.coming_to(self.place) } else { about }
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
    /// Whether the beds are held from now until an answer.
    #[serde(default)]
    pub hold: bool,
    /// Why the place is asked for although rules fail that a phone call can settle, or `distance`.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub override_reason: Option<Text<500>>,
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

/// The people are coming.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// When they are expected.
    #[schema(value_type = schemas::Moment)]
    pub expected_arrival: Moment,
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

impl Faults for NewReferral {}

impl Faults for Acceptance {
    fn days(&self) -> Vec<(String, Day)> {
        let days = [("interview_on", self.interview_on), ("travel_on", self.travel_on)];
        days.into_iter().filter_map(|(field, day)| Some((field.to_owned(), day?))).collect()
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
    ReferralState as "ReferralState" => schemas::codes::<ReferralState>("Where a referral stands.");
    StayEnd as "StayEnd" => schemas::codes::<StayEnd>("Why a stay ended.");
    AfterStay as "AfterStay" => schemas::codes::<AfterStay>("What becomes of a request when its stay ends: `open` again, with its seniority, or `closed`.");
    ReferralWarning as "ReferralWarning" => schemas::codes::<ReferralWarning>("Something to know about a referral that stops nothing. `guardian_missing`: a lone minor has no guardian. `mail_reached_organisation`: the address of the home takes no mail, its organisation was written to. `mail_not_delivered`: no address of the addressee takes mail: call. `not_seen_apart`: a couple or a minor with an adult, and nobody has seen each apart. `turned_18`: a minor has come of age and is matched as an adult of 18. `over_occupied`: the household has grown beyond the beds. `no_longer_fits`: since an edit the place fails rules.");
}

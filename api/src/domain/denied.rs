//! Why something is not done: a closed list that knows nothing of HTTP. `web` alone turns one into an answer, and a test of the whole list
//! keeps that every one of them has its code.

use matcher::Rule;
use serde::{Deserialize, Serialize};

use super::ids::ReferralId;
use super::quota::Exceeded;
use super::{ReferralState, Role};
use crate::outward::NotAllowed;

/// A field and what is wrong with it: a path such as `household[0].age`, and the reason.
pub type WrongField = (String, String);

/// Why a command or a reading is refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "denied", content = "of", rename_all = "snake_case")]
pub enum Denied {
    /// There is no such record among those the caller reaches.
    NotFound(What),
    /// Values of the right form contradict each other.
    Contradiction(Vec<WrongField>),
    /// An edit does not say what its author last saw.
    NothingSeen,
    /// The record has changed since its author last saw it.
    ChangedSince,
    /// The key was used for another command.
    KeyReused,
    /// Another structure of the organisation has this FINESS or SIRET.
    NumberTaken,
    /// Nobody else gives its FINESS or SIRET, or that was decided.
    NotContested,
    /// Nothing of the unit waits for whoever vouches.
    NothingToVouchFor,
    /// Whoever asked for a change, or is given a role by it, gives no second word.
    OwnChange,
    /// The change was decided, or has what it is offered.
    ChangeDecided,
    /// Nobody has ever vouched for the unit: no bed of it is held.
    NotVouchedFor,
    /// Another organisation has this name.
    NameTaken,
    /// These roles are not the caller's to give or take there, or the organisation does not give them.
    RolesNotGiven(Vec<Role>),
    /// Another account has this mail address.
    EmailTaken,
    /// The account has ended.
    AccountEnded,
    /// Whoever was invited has made the account theirs.
    InvitationAccepted,
    /// The tool has as many secrets as may be good at once.
    TooManySecrets,
    /// The secret has ended.
    SecretEnded,
    /// The operator made the tool.
    MadeByOperator,
    /// A webhook cannot be made, changed or used so.
    Webhook(WebhookDenied),
    /// More beds are held than would be left.
    FewerThanHeld,
    /// Beds of the vacancy are held.
    BedsHeld,
    /// Of the vacancy's beds only so many are not held.
    FewerFree(u32),
    /// The vacancy has been withdrawn.
    VacancyWithdrawn,
    /// The unit has ended.
    UnitEnded,
    /// The structure has ended.
    StructureEnded,
    /// People are coming there or live there.
    PeopleThere,
    /// The unit has as many vacancies as it may.
    TooManyVacancies,
    /// The request is closed.
    RequestClosed,
    /// The people of the request have a place.
    RequestPlaced,
    /// The place cannot take these people; rules that may not be told are left out.
    NotEligible(Vec<Rule>),
    /// As many beds are no longer free.
    NoBedLeft,
    /// The request has as many open referrals as it may.
    TooManyReferrals,
    /// The request holds so many places before an answer, which is as many as it may.
    TooManyHolds(u32),
    /// The request is put to this vacancy already.
    AlreadyAsked,
    /// The place keeps no bed before it has answered.
    NoHoldBeforeAnswer,
    /// The last command is not taken back any more, or there is none.
    UndoTooLate(WhyTooLate),
    /// Another organisation gave the last command.
    NotTheirCommand,
    /// Nothing was written down for the addressee that it has not contradicted before.
    NothingToContradict,
    /// No call is wished for or announced, or nothing has ended, that was not noted before.
    NothingToNote,
    /// The structure does not give its address, or the people are not expected by its own word.
    AddressNotGiven,
    /// The account was shown the address before.
    AddressShown,
    /// A lone minor needs a first best-interest assessment.
    AssessmentMissing,
    /// Nobody in child protection or the prosecutor's office was told of a lone minor, nor did anybody try.
    AuthorityNotTold,
    /// The request is not closed.
    RequestNotClosed,
    /// The request is in nobody else's hands.
    NotLent,
    /// Only the organisation whose request it is lends it, or agrees that a link ends.
    NotTheirRequest,
    /// The request has as many notes as it may.
    TooManyNotes,
    /// The person refused nothing here, or has changed her mind already.
    NothingToLift,
    /// A command does not start from the state the referral is in.
    InState(ReferralState),
    /// The regulator of its door answers this referral.
    RegulatorAnswers,
    /// The addressee answers, and nothing was said of a telephone.
    AddresseeAnswers,
    /// Only the organisation that runs the place says what is free there.
    NotTheirPlace,
    /// There is no such code, or it is no longer good.
    CodeNotValid,
    /// The request is kept apart from as many as it may be.
    TooManyLinks,
    /// The link was ended.
    LinkEnded,
    /// Somebody whom these people must not meet is housed or held there or near; said to who answers for the place alone.
    KeptApart,
    /// The link in a mail was good until a moment that has passed.
    MailedLinkExpired,
    /// More than the holder of a link in a mail may do: on a telephone that the addressee does not remember, or no more.
    SessionNeeded,
    /// A plan, or a line of one.
    Plan(PlanDenied),
    /// A quota of the account or of its organisation is used up.
    QuotaExceeded(Exceeded),
}

/// What may stand in the way of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookDenied {
    /// Nothing is sent to its address.
    UrlNotAllowed(NotAllowed),
    /// The tool has no scope that lets it follow events.
    NothingToFollow,
    /// The organisation has as many as it may.
    TooMany,
    /// It was ended.
    Ended,
    /// It is disabled.
    Disabled,
    /// It is not disabled.
    NotDisabled,
}

impl From<WebhookDenied> for Denied {
    fn from(denied: WebhookDenied) -> Self {
        Self::Webhook(denied)
    }
}

/// Why a command is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyTooLate {
    /// The last thing that happened is no command that is taken back: a question, an end of time, something taken back.
    NothingThere,
    /// Its time is over.
    Over,
    /// The time in which it needs no reason is over.
    ReasonNeeded,
    /// Others built on it since.
    Followed,
}

/// What may stand in the way of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanDenied {
    /// These entries of a list of requests cannot be planned, all for one reason.
    CannotPlan(WhyNotPlanned, Vec<usize>),
    /// There are more requests, or lines, than one command takes.
    TooLarge(PlanPart),
    /// It is not there yet.
    Running,
    /// It came to nothing.
    Failed,
    /// These entries of a list of requests are no lines of it.
    NoSuchLine(Vec<usize>),
    /// The line became this referral before.
    LineConfirmed(ReferralId),
    /// Something of the line cannot be read: our fault, and of this line alone.
    LineUnreadable,
}

impl From<PlanDenied> for Denied {
    fn from(denied: PlanDenied) -> Self {
        Self::Plan(denied)
    }
}

/// What was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A record.
    Record,
    /// A vacancy that a body names.
    Vacancy,
    /// A link in a mail.
    Link,
}

/// Why a request cannot be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNotPlanned {
    /// There is none, or it is not the caller's to plan.
    NotThere,
    /// It is closed.
    Closed,
    /// It has a place.
    Placed,
    /// A bed is held for it.
    Held,
}

/// What of a plan is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanPart {
    /// Its requests.
    Requests,
    /// The lines that would be confirmed.
    Lines,
}

impl Denied {
    /// One field contradicts another.
    pub fn contradiction(field: &str, why: impl Into<String>) -> Self {
        Self::Contradiction(vec![(field.to_owned(), why.into())])
    }
}

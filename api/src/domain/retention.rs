//! How long a request is kept (design §8): 24 months after the last act for its people. Then nothing is left of it but what statistics count.

use serde::{Deserialize, Serialize};

use super::request::Request;

/// The commands that are an act for the people of a request, when somebody gives them: on the request or on one of its referrals. What reads,
/// ranks, audits or reminds is none, nor is what time does, nor what follows from an edit of a home.
pub const ACTS: &[&str] = &[
    "createRequest",
    "updateRequest",
    "addNote",
    "lendRequest",
    "endLending",
    "changeAlias",
    "closeRequest",
    "reopenRequest",
    "copyRequest",
    "splitRequest",
    "createReferral",
    "acknowledgeReferral",
    "acknowledgeReferralByLink",
    "recordCall",
    "acceptReferral",
    "acceptReferralByLink",
    "acceptByRememberedPhone",
    "affirmReferral",
    "affirmByRememberedPhone",
    "declineReferral",
    "declineReferralByLink",
    "declineByRememberedPhone",
    "stopReferral",
    "confirmReferral",
    "recordArrival",
    "recordArrivalByRememberedPhone",
    "recordNoShow",
    "recordNoShowByRememberedPhone",
    "recordTurnedAway",
    "withdrawReferral",
    "liftRefusal",
    "endStay",
    "endStayByRememberedPhone",
    "undoReferral",
    "undoReferralByLink",
    "contradictReferral",
    "contradictReferralByLink",
    "reviveReferral",
    "moveReferral",
    "confirmPlan",
];

matcher::codes! {
    /// Of which genders a household is.
    pub enum GenderBand: "gender band" {
        /// Women and girls alone.
        Female = "female",
        /// Men and boys alone.
        Male = "male",
        /// Both.
        Mixed = "mixed",
        /// Somebody says another gender.
        Other = "other",
    }

    /// Whether minors are in a household.
    pub enum MinorsBand: "minors of a household" {
        /// None.
        None = "none",
        /// With a parent.
        WithParent = "with_parent",
        /// At least one without.
        Alone = "alone",
    }
}

/// What is kept of a request once nothing else is: what statistics count, and nothing that tells one person from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remains {
    /// How many people it was for.
    pub people: u32,
    /// Their genders.
    pub gender: GenderBand,
    /// Whether minors were among them.
    pub minors: MinorsBand,
    /// What became of it: the reason for closing, or the state it stood in.
    pub outcome: String,
}

impl Remains {
    /// What is kept of a request that came to this.
    pub fn of(declared: &Request, outcome: &str) -> Self {
        let people = &declared.household.0;
        let any = |gender| people.iter().any(|person| person.gender == gender);
        let gender = match (any(matcher::Gender::Female), any(matcher::Gender::Male), any(matcher::Gender::Other)) {
            (_, _, true) => GenderBand::Other,
            (true, true, false) => GenderBand::Mixed,
            (false, true, false) => GenderBand::Male,
            (_, false, false) => GenderBand::Female,
        };
        let is_minor = |person: &matcher::Person| person.minority != matcher::Minority::Adult;
        let minors = if people.iter().any(matcher::Person::is_lone_minor) {
            MinorsBand::Alone
        } else if people.iter().any(is_minor) {
            MinorsBand::WithParent
        } else {
            MinorsBand::None
        };
        Self { people: declared.people(), gender, minors, outcome: outcome.to_owned() }
    }
}

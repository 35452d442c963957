//! Refusals: who says no to a place, why, and what follows from it for later rankings.

use matcher::{Condition, Day, Door, UnlawfulCondition};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Reason;
use super::{Denied, Faults, Text};
use crate::schemas;
use matcher::Code;

matcher::codes! {
    /// Who said no (design §4).
    pub enum RefusalParty: "refusing party" {
        /// The place. HUD 4.20.D: 3, provider rejected.
        Structure = "structure",
        /// The people. HUD 4.20.D: 2, client rejected.
        Person = "person",
        /// Nobody: time, or another place.
        System = "system",
    }

    /// Why (design §4).
    pub enum RefusalCode: "reason of a refusal" {
        /// No bed after all.
        Full = "full",
        /// Someone else has the bed.
        FilledElsewhere = "filled_elsewhere",
        /// The place is for others.
        ProfileMismatch = "profile_mismatch",
        /// Those they flee are near.
        TooCloseToDanger = "too_close_to_danger",
        /// Someone of the network is there.
        NetworkPresent = "network_present",
        /// The place cannot protect them.
        NotSecureEnough = "not_secure_enough",
        /// No minors.
        MinorsNotTaken = "minors_not_taken",
        /// Not this household.
        HouseholdComposition = "household_composition",
        /// It would not go well with those who live there.
        GroupBalance = "group_balance",
        /// A condition of admission is not met; which one must be named.
        ConditionNotMet = "condition_not_met",
        /// Nobody to talk with.
        NoInterpreter = "no_interpreter",
        /// Care the place cannot give; which must be said in words.
        CareNotAvailable = "care_not_available",
        /// Consumption the place does not tolerate.
        Consumption = "consumption",
        /// An animal.
        Animal = "animal",
        /// No danger where they are.
        NoLocalDanger = "no_local_danger",
        /// The facts do not show.
        FactsNotEstablished = "facts_not_established",
        /// No staff.
        NoStaff = "no_staff",
        /// Nobody pays.
        NoFunding = "no_funding",
        /// No way to get there.
        Transport = "transport",
        /// The place is closed.
        UnitClosed = "unit_closed",
        /// The interview settled nothing.
        InterviewInconclusive = "interview_inconclusive",
        /// They do not leave their region.
        RefusesRemoval = "refuses_removal",
        /// Too far, or too near.
        RefusesDistance = "refuses_distance",
        /// Not with those who live there.
        RefusesSetting = "refuses_setting",
        /// Not with someone in the room.
        RefusesSharedRoom = "refuses_shared_room",
        /// Afraid.
        Afraid = "afraid",
        /// Not yet.
        WantsTime = "wants_time",
        /// Nobody reaches them.
        Unreachable = "unreachable",
        /// They have another place.
        FoundElsewhere = "found_elsewhere",
        /// Back with those who exploit them.
        ReturnedToExploiter = "returned_to_exploiter",
        /// They changed their mind.
        ChangedMind = "changed_mind",
        /// Another reason, in words.
        Other = "other",
        /// Nobody acted in time.
        Expired = "expired",
        /// They go elsewhere.
        Superseded = "superseded",
        /// The same request twice.
        Duplicate = "duplicate",
        /// Somebody whom they must not meet is near.
        Safety = "safety",
    }

    /// What a refusal does to later rankings (design §4).
    pub enum RefusalEffect: "effect of a refusal" {
        /// The unit is not proposed to this request.
        ExcludeUnit = "exclude_unit",
        /// No unit of the structure is.
        ExcludeStructure = "exclude_structure",
        /// Nothing.
        None = "none",
    }
}

impl RefusalParty {
    /// The reasons this party gives.
    pub fn codes(self) -> &'static [RefusalCode] {
        use RefusalCode as Code;
        match self {
            Self::Structure => &[
                Code::Full,
                Code::FilledElsewhere,
                Code::ProfileMismatch,
                Code::TooCloseToDanger,
                Code::NetworkPresent,
                Code::NotSecureEnough,
                Code::MinorsNotTaken,
                Code::HouseholdComposition,
                Code::GroupBalance,
                Code::ConditionNotMet,
                Code::NoInterpreter,
                Code::CareNotAvailable,
                Code::Consumption,
                Code::Animal,
                Code::NoLocalDanger,
                Code::FactsNotEstablished,
                Code::NoStaff,
                Code::NoFunding,
                Code::Transport,
                Code::UnitClosed,
                Code::InterviewInconclusive,
                Code::Other,
            ],
            Self::Person => &[
                Code::RefusesRemoval,
                Code::RefusesDistance,
                Code::RefusesSetting,
                Code::RefusesSharedRoom,
                Code::Afraid,
                Code::WantsTime,
                Code::Unreachable,
                Code::FoundElsewhere,
                Code::ReturnedToExploiter,
                Code::ChangedMind,
                Code::Other,
            ],
            Self::System => &[Code::Expired, Code::Superseded, Code::Duplicate, Code::Safety],
        }
    }
}

impl RefusalCode {
    /// Whether what the reason excludes ends with the next news of the place: it had no bed then.
    pub fn ends_with_news(self) -> bool {
        matches!(self, Self::Full | Self::FilledElsewhere)
    }

    /// What the reason of a place does to later rankings unless something else is said: a danger closes the structure, what will not change
    /// closes the unit, and so does a place that was full, until there is news of it; what passes closes nothing.
    pub fn usual_effect(self) -> RefusalEffect {
        match self {
            Self::TooCloseToDanger | Self::NetworkPresent => RefusalEffect::ExcludeStructure,
            Self::ProfileMismatch
            | Self::NotSecureEnough
            | Self::MinorsNotTaken
            | Self::HouseholdComposition
            | Self::GroupBalance
            | Self::ConditionNotMet
            | Self::NoInterpreter
            | Self::CareNotAvailable
            | Self::Full
            | Self::FilledElsewhere
            | Self::Consumption
            | Self::Animal
            | Self::NoLocalDanger
            | Self::FactsNotEstablished
            | Self::InterviewInconclusive
            | Self::RefusesRemoval
            | Self::RefusesDistance
            | Self::RefusesSetting
            | Self::RefusesSharedRoom
            | Self::Afraid => RefusalEffect::ExcludeUnit,
            Self::NoStaff
            | Self::NoFunding
            | Self::Transport
            | Self::UnitClosed
            | Self::WantsTime
            | Self::Unreachable
            | Self::FoundElsewhere
            | Self::ReturnedToExploiter
            | Self::ChangedMind
            | Self::Other
            | Self::Expired
            | Self::Superseded
            | Self::Duplicate
            | Self::Safety => RefusalEffect::None,
        }
    }
}

/// A no: of the place or of the people. It never costs the request its seniority.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Who says no.
    pub party: RefusalParty,
    /// Why; one of the party's reasons.
    pub code: RefusalCode,
    /// In words; needed for `other` and `care_not_available`. No name, nothing that tells who or where someone is.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub text: Option<Text<500>>,
    /// With `condition_not_met`: the lawful condition.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Condition>)]
    pub condition: Option<Condition>,
    /// With `condition_not_met`: the condition that no law allows. It is counted and can be contested.
    #[serde(default)]
    #[schema(value_type = Option<schemas::UnlawfulCondition>)]
    pub unlawful_condition: Option<UnlawfulCondition>,
    /// What it does to later rankings; left out or null, what the reason usually does: what the person refuses closes the unit until she
    /// changes her mind; of a place a danger closes the structure, what will not change closes the unit, `full` and `filled_elsewhere` close
    /// it until one of its vacancies is declared or confirmed anew, what passes closes nothing.
    #[serde(default)]
    pub effect: Option<RefusalEffect>,
    /// The first day on which the effect is over; null: it stays.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Day>)]
    pub until: Option<Day>,
}

impl Refusal {
    /// The refusal by which the system ends a referral.
    pub fn by_system(code: RefusalCode) -> Self {
        Self {
            party: RefusalParty::System,
            code,
            text: None,
            condition: None,
            unlawful_condition: None,
            effect: Some(RefusalEffect::None),
            until: None,
        }
    }

    /// One of the structure, in no more words than its code.
    pub fn by_structure(code: RefusalCode) -> Self {
        Self { party: RefusalParty::Structure, effect: None, ..Self::by_system(code) }
    }

    /// What it does to later rankings.
    pub fn effect(&self) -> RefusalEffect {
        // What she refused is not proposed to her again until she says otherwise.
        let usual = match self.party {
            RefusalParty::Person => RefusalEffect::ExcludeUnit,
            RefusalParty::Structure | RefusalParty::System => self.code.usual_effect(),
        };
        self.effect.unwrap_or(usual)
    }

    /// Refuses a reason that only behind another door is one.
    pub fn fits_door(&self, door: Door) -> Result<(), Denied> {
        if door == Door::Acse || !matches!(self.code, RefusalCode::NoLocalDanger | RefusalCode::FactsNotEstablished) {
            return Ok(());
        }
        Err(Denied::contradiction("refusal.code", "is a reason behind the door `acse` only: no other place may ask for it"))
    }

    /// Refuses a reason that the next ranking would belie: in its stead those who asked read of people whom somebody near must not meet.
    pub fn hides_safety(&self) -> Result<(), Denied> {
        if !matches!(self.code, RefusalCode::Full | RefusalCode::FilledElsewhere | RefusalCode::UnitClosed) {
            return Ok(());
        }
        let why = "is no reason to give where somebody whom these people must not meet is near: those who asked would see that it is not so";
        Err(Denied::contradiction("refusal.code", why))
    }

    /// The same with its effect written out, as it is stored.
    pub fn in_force(&self) -> Self {
        Self { effect: Some(self.effect()), ..self.clone() }
    }

    /// Its faults, as those of a field of something else.
    pub fn faults_below(&self, field: &str) -> Vec<(String, String)> {
        self.faults().into_iter().map(|(name, why)| (format!("{field}.{name}"), why)).collect()
    }
}

impl Faults for Refusal {
    fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, why: &str| faults.push((field.to_owned(), why.to_owned()));
        if !self.party.codes().contains(&self.code) {
            let codes: Vec<_> = self.party.codes().iter().map(|code| matcher::Code::as_str(*code)).collect();
            fault("code", &format!("is no reason of `{}`; those are: {}", self.party, codes.join(", ")));
        }
        if matches!(self.code, RefusalCode::Other | RefusalCode::CareNotAvailable) && self.text.is_none() {
            fault("text", "is needed for `other` and `care_not_available`: say why in a few words");
        }
        let named = usize::from(self.condition.is_some()) + usize::from(self.unlawful_condition.is_some());
        match self.code {
            RefusalCode::ConditionNotMet if named != 1 => {
                fault("condition", "`condition_not_met` names one condition: a lawful one here, or one in `unlawful_condition`");
            }
            RefusalCode::ConditionNotMet => {}
            _ if named > 0 => fault("condition", "goes with `condition_not_met` only"),
            _ => {}
        }
        if self.until.is_some() && self.effect() == RefusalEffect::None {
            fault("until", "goes with an effect only");
        }
        faults
    }
}

crate::schemas::own! {
    RefusalParty as "RefusalParty" => schemas::codes::<RefusalParty>("Who said no. In HUD 4.20.D (coordinated entry, result of a referral) `person` is 2, client rejected; `structure` is 3, provider rejected; an acceptance is 1.");
    RefusalCode as "RefusalCode" => schemas::codes::<RefusalCode>(&refusal_codes());
    RefusalEffect as "RefusalEffect" => schemas::codes::<RefusalEffect>("What a refusal does to later rankings of its request.");
}

/// The reasons of a refusal, by party, with what each is in HUD 4.20.D.
fn refusal_codes() -> String {
    let listed = <RefusalParty as Code>::ALL.iter().map(|party| {
        let result = match party {
            RefusalParty::Structure => "HUD 4.20.D: 3, unsuccessful, provider rejected",
            RefusalParty::Person => "HUD 4.20.D: 2, unsuccessful, client rejected",
            RefusalParty::System => {
                "HUD 4.20.D: `expired` 3 while the addressee had to answer and 2 afterwards, `superseded` and `duplicate` 2, `safety` 3"
            }
        };
        let codes: Vec<_> = party.codes().iter().map(|code| format!("`{code}`")).collect();
        format!("Of `{party}` ({result}): {}.", codes.join(" "))
    });
    std::iter::once("Why someone said no.".to_owned()).chain(listed).collect::<Vec<_>>().join(" ")
}

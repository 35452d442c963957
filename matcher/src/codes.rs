//! The words of the field as closed lists: one enum each, the same code in JSON, in SQL and here.
//!
//! This file owns the words and their order, which is that of the contract. No other file spells a code.

use std::fmt::Debug;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A closed list of codes.
pub trait Code: Copy + Eq + Ord + Debug + Send + Sync + 'static {
    /// What an entry of the list is called in messages.
    const NAME: &'static str;
    /// All entries, in the order of the contract.
    const ALL: &'static [Self];
    /// The code of the entry.
    fn as_str(self) -> &'static str;
    /// The index of the code in the list.
    fn index(self) -> u32;
    /// The entry of a code, if there is one.
    ///
    /// ```
    /// use matcher::{Code as _, Stage};
    ///
    /// assert_eq!(Stage::from_code("emergency"), Some(Stage::Emergency));
    /// assert_eq!(Stage::from_code("Emergency"), None);
    /// ```
    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|entry| entry.as_str() == code)
    }
}

/// Says why a text is no code, and which codes there are.
///
/// ```
/// assert_eq!(matcher::unknown_code::<matcher::ZoneLevel>("red"), "`red` is no level of a danger zone; known: forbidden, avoid");
/// ```
pub fn unknown_code<T: Code>(code: &str) -> String {
    let known: Vec<_> = T::ALL.iter().map(|entry| entry.as_str()).collect();
    let code: String = code.chars().take(40).collect();
    format!("`{code}` is no {}; known: {}", T::NAME, known.join(", "))
}

/// Declares enums that are closed lists of codes: `Display`, `FromStr` and both ways of serde included.
///
/// ```
/// matcher::codes! {
///     /// A side of the street.
///     pub enum Side: "side" {
///         /// With even numbers.
///         Even = "even",
///         /// With odd numbers.
///         Odd = "odd",
///     }
/// }
/// assert_eq!("odd".parse(), Ok(Side::Odd));
/// ```
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* pub enum $enum:ident: $name:literal { $($(#[$entry_doc:meta])* $entry:ident = $code:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$entry_doc])* $entry,)* }

        impl $crate::Code for $enum {
            const NAME: &'static str = $name;
            const ALL: &'static [Self] = &[$(Self::$entry,)*];
            fn as_str(self) -> &'static str {
                match self { $(Self::$entry => $code,)* }
            }
            #[expect(clippy::as_conversions, reason = "the index of a variant in its enum has no other way to a number")]
            fn index(self) -> u32 {
                self as u32
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::Code::as_str(*self))
            }
        }

        impl std::str::FromStr for $enum {
            type Err = String;
            fn from_str(code: &str) -> Result<Self, String> {
                <Self as $crate::Code>::from_code(code).ok_or_else(|| $crate::unknown_code::<Self>(code))
            }
        }

        impl $crate::serde::Serialize for $enum {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::Code::as_str(*self))
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $enum {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = <std::borrow::Cow<'de, str> as $crate::serde::Deserialize>::deserialize(deserializer)?;
                code.parse().map_err($crate::serde::de::Error::custom)
            }
        }
    )*};
}

codes! {
    /// What sort of housing a unit is (design §2).
    pub enum Kind: "kind of unit" {
        /// Housing of the national Ac.Sé scheme: always removal, adults only.
        Acse = "acse",
        /// Centre d'hébergement et de réinsertion sociale.
        Chrs = "chrs",
        /// CHU.
        EmergencyCentre = "emergency_centre",
        /// Centre de stabilisation.
        StabilisationCentre = "stabilisation_centre",
        /// Foyer spécialisé.
        SpecialisedHome = "specialised_home",
        /// Appartement spécialisé.
        SpecialisedFlat = "specialised_flat",
        /// Hébergement en diffus.
        DiffuseHousing = "diffuse_housing",
        /// Nuitées hôtelières. A danger for minors: never offered to a lone minor (law of 7 February 2022).
        Hotel = "hotel",
        /// Assistant familial.
        FosterFamily = "foster_family",
        /// Hébergement citoyen.
        CitizenHost = "citizen_host",
        /// MECS, foyer de l'enfance.
        MinorsHome = "minors_home",
        /// Centre d'accueil sécurisant.
        SecureMinorsCentre = "secure_minors_centre",
        /// Centre maternel.
        MotherChildCentre = "mother_child_centre",
        /// Places DNA spécialisées.
        AsylumCentre = "asylum_centre",
        /// Logement accompagné.
        TransitionalHousing = "transitional_housing",
        /// Anything else.
        Other = "other",
    }

    /// Gender as the person says it: a trans woman is `female`.
    pub enum Gender: "gender" {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Neither, or not said.
        Other = "other",
    }

    /// Whether a person is of age. Age in doubt is presumed minority (Warsaw convention art. 10, directive 2011/36/EU art. 13).
    pub enum Minority: "minority" {
        /// 18 or more.
        Adult = "adult",
        /// Under 18.
        Minor = "minor",
        /// Treated as a minor by every rule.
        PresumedMinor = "presumed_minor",
    }

    /// How far on the way out a unit stands.
    pub enum Stage: "stage" {
        /// Mise à l'abri.
        Emergency = "emergency",
        /// Stabilisation.
        Stabilisation = "stabilisation",
        /// Insertion.
        Integration = "integration",
    }

    /// How soon a bed is needed.
    pub enum Urgency: "urgency" {
        /// Today.
        Immediate = "immediate",
        /// Within 72 hours.
        Urgent = "urgent",
        /// Later.
        Planned = "planned",
    }

    /// The wish about distance.
    pub enum Wish: "wish" {
        /// To stay near the place of the request.
        StayNear = "stay_near",
        /// To move away from the place of the request, which accepts removal.
        MoveAway = "move_away",
        /// No wish.
        Indifferent = "indifferent",
    }

    /// Who lives in a unit.
    pub enum Setting: "setting" {
        /// Women.
        Women = "women",
        /// Men.
        Men = "men",
        /// Women and men.
        Mixed = "mixed",
        /// Nobody else: self-contained.
        Alone = "alone",
    }

    /// Who can open a unit.
    pub enum Door: "door" {
        /// The department's SIAO.
        Siao = "siao",
        /// The 115.
        Samu115 = "115",
        /// The structure itself.
        Direct = "direct",
        /// The Ac.Sé coordination.
        Acse = "acse",
        /// Child protection (ASE, PJJ).
        ChildProtection = "child_protection",
        /// The asylum office.
        Asylum = "asylum",
        /// A health service.
        Health = "health",
    }

    /// What a unit offers. Needs are asked as features of the unit, never as diagnoses.
    pub enum Offer: "offer" {
        /// Psychological care.
        PsychologicalCare = "psychological_care",
        /// Medical care.
        MedicalCare = "medical_care",
        /// Legal support.
        LegalSupport = "legal_support",
        /// Interpreting: every required language is spoken.
        Interpreting = "interpreting",
        /// French lessons.
        FrenchLessons = "french_lessons",
        /// Childcare.
        Childcare = "childcare",
        /// Schooling.
        Schooling = "schooling",
        /// Help to find work.
        JobSupport = "job_support",
        /// A postal address.
        Domiciliation = "domiciliation",
        /// Addiction care.
        AddictionCare = "addiction_care",
        /// Family mediation.
        FamilyMediation = "family_mediation",
        /// No step on the way in.
        StepFree = "step_free",
        /// A room of one's own.
        PrivateRoom = "private_room",
        /// Few people.
        SmallSetting = "small_setting",
        /// Someone awake at night.
        StaffAtNight = "staff_at_night",
        /// An address nobody gives.
        SecretAddress = "secret_address",
        /// A door that is watched.
        ControlledAccess = "controlled_access",
        /// A cot.
        Cot = "cot",
        /// A maternity ward near by.
        NearMaternity = "near_maternity",
        /// Consumption is tolerated.
        ConsumptionTolerated = "consumption_tolerated",
        /// A refrigerator for medicine.
        ColdStorage = "cold_storage",
        /// Animals are taken.
        Animals = "animals",
        /// French sign language.
        SignLanguage = "sign_language",
    }

    /// A lawful condition of admission.
    pub enum Condition: "condition" {
        /// A share of the income.
        IncomeShare = "income_share",
        /// Abstinence.
        Abstinence = "abstinence",
        /// An asylum application.
        AsylumApplication = "asylum_application",
        /// Danger where the person is now.
        LocalDanger = "local_danger",
        /// Court proceedings.
        CourtProceedings = "court_proceedings",
        /// The official pathway out of prostitution.
        ExitPathway = "exit_pathway",
    }

    /// A condition that no law allows: shown as such and counted, without effect on any rank (circular of 25 November 2025).
    pub enum UnlawfulCondition: "unlawful condition" {
        /// A regular stay.
        RegularStay = "regular_stay",
        /// Identity documents.
        IdentityDocuments = "identity_documents",
        /// A complaint.
        ComplaintFiled = "complaint_filed",
        /// Cooperation with the authorities.
        Cooperation = "cooperation",
        /// Having left the network.
        LeftNetwork = "left_network",
        /// A tie to the area.
        LocalConnection = "local_connection",
    }

    /// A step before admission.
    pub enum Step: "step" {
        /// An interview.
        Interview = "interview",
        /// An interview by video.
        VideoInterview = "video_interview",
        /// A visit of the unit.
        Visit = "visit",
        /// A medical visit.
        MedicalVisit = "medical_visit",
    }

    /// How strictly a zone is to be kept out of.
    pub enum ZoneLevel: "level of a danger zone" {
        /// Never there.
        Forbidden = "forbidden",
        /// Rather not there.
        Avoid = "avoid",
    }

    /// A rule that a unit passes or fails for a request (design §3.2), in the order of the contract.
    pub enum Rule: "rule" {
        /// No vacancy fits.
        Capacity = "capacity",
        /// A gender is not taken.
        Gender = "gender",
        /// An adult's age is not taken.
        Age = "age",
        /// A lone minor is not taken.
        UnaccompaniedMinor = "unaccompanied_minor",
        /// A child is not taken.
        Children = "children",
        /// The household is too large, or a couple is not taken.
        Household = "household",
        /// The people cannot live with those who live there.
        Setting = "setting",
        /// The stage is not served.
        Stage = "stage",
        /// Going there would be removal, to which the people do not agree.
        RemovalConsent = "removal_consent",
        /// The unit lies across the sea, which the people do not accept to cross.
        Crossing = "crossing",
        /// The unit lies in a forbidden zone for certain.
        DangerZone = "danger_zone",
        /// The cell of the unit reaches into a forbidden zone: only a call can tell.
        DangerZoneUnsure = "danger_zone_unsure",
        /// The unit is farther, or nearer, than wished.
        Distance = "distance",
        /// A required offer is missing.
        RequiredOffer = "required_offer",
        /// A required language is missing.
        RequiredLanguage = "required_language",
        /// Someone to be kept apart from is housed there.
        KeepApart = "keep_apart",
        /// The unit, or its structure, was refused before.
        AlreadyRefused = "already_refused",
    }

    /// A criterion of the score (design §3.3), in the order of the contract.
    pub enum Criterion: "criterion" {
        /// How well the distance suits the wish.
        Distance = "distance",
        /// Whether the unit is made for victims of trafficking.
        Specialisation = "specialisation",
        /// The share of the wished offers that the unit has.
        Offers = "offers",
        /// The share of the wished languages spoken.
        Languages = "languages",
        /// How soon the unit can take people.
        Readiness = "readiness",
        /// How much of the wished nights the vacancy covers.
        Cover = "cover",
        /// How recently the vacancy was confirmed.
        Freshness = "freshness",
        /// How few conditions the unit sets.
        Conditions = "conditions",
        /// Whether the unit lies outside zones to avoid.
        Avoidance = "avoidance",
        /// Whether rarer beds stay free for those who need them.
        Fit = "fit",
        /// Whether people can stay for the next stage, or past 18.
        Continuity = "continuity",
    }

    /// Something to know about a proposal (design §3.4), in the order of the contract.
    pub enum Warning: "warning" {
        /// The vacancy was last confirmed more than 72 hours ago.
        StaleVacancy = "stale_vacancy",
        /// A stay in an emergency unit that ends before the wished nights do.
        ShortCover = "short_cover",
        /// Someone's age is unknown.
        AgeUnknown = "age_unknown",
        /// Someone turns 18 during the stay.
        Turns18DuringStay = "turns_18_during_stay",
        /// A lone minor of 17 may turn 18 during the stay.
        MayTurn18 = "may_turn_18",
        /// An adult and a lone minor are together: the adult may be the exploiter.
        UnverifiedLink = "unverified_link",
        /// The unit is far to travel to today.
        FarForToday = "far_for_today",
    }

    /// Whether a proposal stands or wants a call first.
    pub enum Tier: "tier" {
        /// No rule fails.
        Eligible = "eligible",
        /// Only rules fail that a phone call can settle.
        ToVerify = "to_verify",
    }

    /// A distance, told as a band so that no number of answers locates a home (design §3.6); km, lower bound included.
    pub enum DistanceBand: "distance band" {
        /// Under 10 km.
        Under10 = "<10",
        /// From 10 to under 30 km.
        From10 = "10-30",
        /// From 30 to under 75 km.
        From30 = "30-75",
        /// From 75 to under 150 km.
        From75 = "75-150",
        /// From 150 to under 300 km.
        From150 = "150-300",
        /// 300 km and more.
        From300 = ">300",
    }
}

/// A set of codes in the order in which they were given, since answers give codes back; a repeated code counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes<T>(Vec<T>);

impl<T: Copy + Eq> Codes<T> {
    /// The codes, each once, in the order given.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The codes one by one.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().copied()
    }

    /// Whether the code is in the set.
    pub fn contains(&self, code: T) -> bool {
        self.0.contains(&code)
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many codes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + Eq> FromIterator<T> for Codes<T> {
    fn from_iter<I: IntoIterator<Item = T>>(codes: I) -> Self {
        let mut once = Vec::new();
        for code in codes {
            if !once.contains(&code) {
                once.push(code);
            }
        }
        Self(once)
    }
}

impl<T: Serialize> Serialize for Codes<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Copy + Eq> Deserialize<'de> for Codes<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

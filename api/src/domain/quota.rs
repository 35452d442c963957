//! Quotas (design §5): what one account, and all accounts of one organisation, may do at most in 24 hours; what is decided of a use more, and who
//! is told when. The numbers are policy; how uses are counted stands in `db/quotas.rs`.

use std::collections::HashSet;

use chrono::TimeDelta;
use matcher::{QuotaNumbers, Quotas, Unusual};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ids::{AccountId, AlertId, OrganisationId, QuotaUseId, StructureId};
use super::text::Name;
use super::{About, Noted, Phone, Text};
use crate::clock::Instant;
use crate::schemas;

/// For how long a use counts.
pub const WINDOW: TimeDelta = TimeDelta::hours(24);

/// By what rankings that ask nearly the same are known.
pub type Likeness = [u8; 16];

/// Uses that an instance counts in memory and writes down together. Their ids have the first 96 bits in common: so whoever reads them knows which
/// batches it has read, and no row and no column says it besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Batch(pub u128);

impl Batch {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "each call gives another: there is no default batch")]
    pub fn new() -> Self {
        Self::of(QuotaUseId::new())
    }

    /// The one that a use belongs to.
    pub fn of(id: QuotaUseId) -> Self {
        Self(id.0.as_u128() >> 32)
    }

    /// The id of one of its uses.
    pub fn id(self, number: u32) -> QuotaUseId {
        QuotaUseId(Uuid::from_u128((self.0 << 32) | u128::from(number)))
    }
}

matcher::codes! {
    /// What is counted of an account and of its organisation. The last three have no quota: from a number on they are unusual.
    pub enum Watched: "what is counted" {
        /// Beds held at once on no word but the asker's own.
        BedsHeld = "beds_held",
        /// Requests stored.
        RequestsStored = "requests_stored",
        /// Places asked.
        ReferralsAsked = "referrals_asked",
        /// Rankings of stored requests.
        RankingsStored = "rankings_stored",
        /// Rankings of households that are not stored.
        RankingsOther = "rankings_other",
        /// Different homes whose contact was shown.
        ContactsShown = "contacts_shown",
        /// Links that keep requests apart, made or ended.
        Links = "links",
        /// Exports.
        Exports = "exports",
        /// Plans.
        Plans = "plans",
        /// Different requests read by night.
        RequestsAtNight = "requests_at_night",
        /// Rankings that ask nearly the same.
        RankingsAlike = "rankings_alike",
        /// Referrals that bring people near those they are kept apart from.
        Encounters = "encounters",
    }

    /// Whose quota it is.
    pub enum Whose: "whose quota" {
        /// That of the account alone.
        Account = "account",
        /// That of all accounts of its organisation.
        Organisation = "organisation",
    }

    /// Why somebody is told.
    pub enum AlertLevel: "level of an alert" {
        /// Four fifths of a quota are used.
        FourFifths = "four_fifths",
        /// All of it is.
        All = "all",
        /// Somebody needs a bed now: it went on beyond the account's quota.
        WentOn = "went_on",
        /// Nothing is used up, and the reading is unusual.
        Unusual = "unusual",
    }
}

impl Watched {
    /// Its quota; none of what is only unusual.
    pub fn quota(self, quotas: &Quotas) -> Option<QuotaNumbers> {
        Some(match self {
            Self::BedsHeld => quotas.beds_held,
            Self::RequestsStored => quotas.requests_stored,
            Self::ReferralsAsked => quotas.referrals_asked,
            Self::RankingsStored => quotas.rankings_stored,
            Self::RankingsOther => quotas.rankings_other,
            Self::ContactsShown => quotas.contacts_shown,
            Self::Links => quotas.links,
            Self::Exports => quotas.exports,
            Self::Plans => quotas.plans,
            Self::RequestsAtNight | Self::RankingsAlike | Self::Encounters => return None,
        })
    }

    /// From which number on it is unusual of one account; none of what is only limited.
    pub fn unusual_from(self, unusual: &Unusual) -> Option<u32> {
        Some(match self {
            Self::ContactsShown => unusual.contacts_shown,
            Self::RequestsAtNight => unusual.requests_at_night,
            Self::RankingsAlike => unusual.rankings_alike,
            Self::Encounters => unusual.encounters,
            _ => return None,
        })
    }

    /// Whether the organisation whose account it is may be told. Of encounters it is not: it would learn that somebody is near (design §4, a link
    /// speaks to two).
    pub fn may_be_told_to_organisation(self) -> bool {
        self != Self::Encounters
    }
}

/// How much was used in the last 24 hours, or is held now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// By the account.
    pub account: u32,
    /// By all accounts of its organisation, that one too.
    pub organisation: u32,
}

impl Used {
    /// The same with so many more.
    pub fn and(self, more: u32) -> Self {
        Self { account: self.account.saturating_add(more), organisation: self.organisation.saturating_add(more) }
    }

    /// Both together.
    pub fn with(self, other: Self) -> Self {
        Self {
            account: self.account.saturating_add(other.account),
            organisation: self.organisation.saturating_add(other.organisation),
        }
    }

    /// How much one of both has used.
    pub fn of(self, whose: Whose) -> u32 {
        match whose {
            Whose::Account => self.account,
            Whose::Organisation => self.organisation,
        }
    }
}

/// What is most of one of both.
pub fn most(numbers: QuotaNumbers, whose: Whose) -> u32 {
    match whose {
        Whose::Account => numbers.account,
        Whose::Organisation => numbers.organisation,
    }
}

/// Whose quota so many more would go beyond; of both the organisation's, for which nobody makes an exception.
pub fn beyond(used: Used, more: u32, numbers: QuotaNumbers) -> Option<Whose> {
    let then = used.and(more);
    [Whose::Organisation, Whose::Account].into_iter().find(|whose| then.of(*whose) > most(numbers, *whose))
}

/// What is reached of a quota by going from one number to another, if anything is told of it.
pub fn reached(before: u32, after: u32, most: u32) -> Option<AlertLevel> {
    let is_near = |used: u32| u64::from(used) * 5 >= u64::from(most) * 4;
    if before < most && most <= after {
        Some(AlertLevel::All)
    } else if !is_near(before) && is_near(after) {
        Some(AlertLevel::FourFifths)
    } else {
        None
    }
}

/// Somebody who is called where nothing is refused that cannot wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToCall {
    /// Who answers.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// The number.
    pub phone: Phone,
}

/// A quota that is used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Exceeded {
    /// Which.
    pub name: Watched,
    /// Whose.
    pub of: Whose,
    /// When there is room again, at the earliest.
    pub until: Instant,
    /// For people who need a bed now: whom to call.
    pub call: Vec<ToCall>,
    /// Whole seconds until then.
    #[serde(skip_serializing, default)]
    #[schema(ignore)]
    pub wait_s: u32,
}

/// What somebody is told of. Of one account, or of all of an organisation together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What was counted.
    pub about: Watched,
    /// Why it is told.
    pub level: AlertLevel,
    /// The account; none: all of the organisation together.
    pub account: Option<AccountId>,
    /// The organisation.
    pub organisation: OrganisationId,
    /// How much was used.
    pub used: u32,
    /// Of how much, or from what on it is unusual.
    pub most: u32,
}

impl Alert {
    /// What there is to tell of a quota that so many more were used of: of the account, of the organisation.
    pub fn of_quota(
        about: Watched,
        account: Option<AccountId>,
        organisation: OrganisationId,
        used: (Used, Used),
        numbers: QuotaNumbers,
    ) -> Vec<Self> {
        let (before, after) = used;
        let told = |whose: Whose| {
            let (used, most) = (after.of(whose), most(numbers, whose));
            let level = reached(before.of(whose), used, most)?;
            let account = match whose {
                Whose::Account => Some(account?),
                Whose::Organisation => None,
            };
            Some(Self { about, level, account, organisation, used, most })
        };
        [Whose::Account, Whose::Organisation].into_iter().filter_map(told).collect()
    }

    /// The same of what is unusual of an account from a number on.
    pub fn of_unusual(
        about: Watched,
        account: AccountId,
        organisation: OrganisationId,
        used: (u32, u32),
        from: u32,
    ) -> Option<Self> {
        let (before, after) = used;
        let alert = Self { about, level: AlertLevel::Unusual, account: Some(account), organisation, used: after, most: from };
        (before < from && from <= after).then_some(alert)
    }

    /// Whether the coordination is told.
    pub fn is_for_coordination(&self) -> bool {
        matches!(self.level, AlertLevel::All | AlertLevel::WentOn) || !self.about.may_be_told_to_organisation()
    }
}

/// An alert as it is noted: its organisation reads the event where it may, and the coordination that is told.
#[derive(Clone, Copy, Debug)]
pub struct Raised {
    /// Its id.
    pub id: AlertId,
    /// What it tells.
    pub alert: Alert,
    /// The coordination that reads it; none: it is none of its business, or there is none.
    pub coordination: Option<OrganisationId>,
}

impl Noted for Raised {
    fn about(&self) -> About {
        let Alert { about, level, account, organisation, used, most } = self.alert;
        let told = About::of(self.id, organisation)
            .standing(json!({"about": about, "level": level, "account_id": account, "of_organisation_id": organisation, "used": used, "most": most}));
        About { organisation: about.may_be_told_to_organisation().then_some(organisation), addressee: self.coordination, ..told }
    }
}

/// Which homes' contacts may still be shown to an account: those that it or its organisation was shown count once.
#[derive(Clone, Debug)]
pub struct ContactsLeft {
    numbers: QuotaNumbers,
    account: HashSet<StructureId>,
    organisation: HashSet<StructureId>,
    /// How many were kept back.
    pub kept_back: u32,
}

impl ContactsLeft {
    /// What is left after these were shown to the account, and these to its organisation.
    pub fn new(numbers: QuotaNumbers, account: HashSet<StructureId>, organisation: HashSet<StructureId>) -> Self {
        Self { numbers, account, organisation, kept_back: 0 }
    }

    /// How many were shown.
    pub fn used(&self) -> Used {
        let count = |of: &HashSet<StructureId>| u32::try_from(of.len()).unwrap_or(u32::MAX);
        Used { account: count(&self.account), organisation: count(&self.organisation) }
    }

    /// Whether one more may be shown; it counts from now on.
    pub fn take(&mut self, structure: StructureId) -> bool {
        let (mut account, mut organisation) = (self.used().account, self.used().organisation);
        account = account.saturating_add(u32::from(!self.account.contains(&structure)));
        organisation = organisation.saturating_add(u32::from(!self.organisation.contains(&structure)));
        let known = self.account.contains(&structure) && self.organisation.contains(&structure);
        let fits = account <= self.numbers.account && organisation <= self.numbers.organisation;
        if !known && !fits {
            self.kept_back = self.kept_back.saturating_add(1);
            return false;
        }
        self.account.insert(structure);
        self.organisation.insert(structure);
        true
    }
}

crate::schemas::own! {
    Watched as "Quota" => schemas::codes::<Watched>("What is counted of an account and of its organisation.");
    Whose as "QuotaOf" => schemas::codes::<Whose>("Whose quota it is.");
}

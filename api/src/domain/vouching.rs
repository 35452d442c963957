//! Vouching (design §5, "A home is what it says it is"): somebody who is not its organisation has made sure that a unit is what it says. What
//! of it is matched meanwhile, and which edits wait, is decided here. Pure.

use chrono::TimeDelta;
use matcher::{AgeRange, Children, Kind, UnaccompaniedMinors};
use serde::Serialize;

use super::Unit;
use super::ids::OrganisationId;
use crate::clock::Instant;
use crate::limits;

matcher::codes! {
    /// Whether somebody vouches for a unit.
    pub enum VouchingState: "vouching" {
        /// Nobody has ever vouched for it: it is ranked apart.
        Never = "never",
        /// What stands was vouched for: it is matched.
        Vouched = "vouched",
        /// Its site or its kind has changed since: it is not matched until somebody vouches again.
        Again = "again",
    }
}

matcher::codes! {
    /// What of a unit waits for whoever vouches.
    pub enum Waiting: "what waits" {
        /// The unit is new.
        New = "new",
        /// Its kind has changed.
        Kind = "kind",
        /// Its site has changed.
        Site = "site",
        /// An edit of its profile waits as a whole.
        Edit = "edit",
        /// Another organisation gives the FINESS or SIRET of its structure.
        Number = "number",
    }
}

matcher::codes! {
    /// What of a profile an edit must not widen before somebody has vouched for it.
    pub enum Widened: "part of a profile" {
        /// Whom it takes by gender.
        Genders = "genders",
        /// The children it takes with a parent.
        Children = "children",
        /// The minors it takes without one.
        UnaccompaniedMinors = "unaccompanied_minors",
        /// The adults it takes by age.
        AdultAges = "adult_ages",
        /// Who lives there.
        Setting = "setting",
        /// Who can open it.
        Doors = "doors",
        /// The most people a household may have.
        MaxHousehold = "max_household",
        /// More than twice the places that were vouched for.
        Places = "places",
    }
}

/// How somebody vouches for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// When somebody first did.
    pub first_at: Instant,
    /// When somebody last did for what stands; none where its site or kind has changed since.
    pub at: Option<Instant>,
    /// Who did last; none where its organisation is not known any more.
    pub by: Option<OrganisationId>,
    /// The kind that was looked at.
    pub kind: Kind,
    /// The places that were looked at: by them more than twice as many wait.
    pub places: u32,
}

impl Vouched {
    /// A unit for which somebody vouches now; `before` is how it stood.
    pub fn now(at: Instant, by: Option<OrganisationId>, unit: &Unit, before: Option<Self>) -> Self {
        let first_at = before.map_or(at, |before| before.first_at);
        Self { first_at, at: Some(at), by, kind: unit.kind, places: unit.places.get() }
    }

    /// Whether what stands was vouched for.
    pub fn state(vouched: Option<Self>) -> VouchingState {
        match vouched {
            None => VouchingState::Never,
            Some(Self { at: Some(_), .. }) => VouchingState::Vouched,
            Some(Self { at: None, .. }) => VouchingState::Again,
        }
    }

    /// Until when a home is marked as new.
    pub fn is_new_until(self) -> Instant {
        self.first_at.plus(TimeDelta::days(limits::NEW_HOME_DAYS))
    }
}

/// What becomes of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It counts at once.
    Counts,
    /// It counts, and the unit is not matched until somebody has vouched for it again.
    Leaves,
    /// It waits as a whole, and what was vouched for is matched.
    Waits,
}

impl Edit {
    /// What becomes of an edit of a unit that is vouched for so.
    pub fn of(vouched: Option<Vouched>, before: &Unit, after: &Unit) -> Self {
        // What is not matched has nothing to keep: it is looked at as it stands by then.
        let Some(vouched) = vouched.filter(|vouched| vouched.at.is_some()) else { return Self::Counts };
        if after.kind != vouched.kind {
            Self::Leaves
        } else if widened(vouched.places, before, after).is_empty() {
            Self::Counts
        } else {
            Self::Waits
        }
    }
}

/// What an edit opens that stood closed: an edit of these that only takes away opens nothing.
pub fn widened(vouched_places: u32, before: &Unit, after: &Unit) -> Vec<Widened> {
    let parts = [
        (Widened::Genders, !is_within(&before.genders.0, &after.genders.0)),
        (Widened::Children, !children_within(before.children, after.children)),
        (Widened::UnaccompaniedMinors, !minors_within(before.unaccompanied_minors.as_ref(), after.unaccompanied_minors.as_ref())),
        (Widened::AdultAges, !ages_within(before.adult_ages, after.adult_ages)),
        (Widened::Setting, before.setting != after.setting),
        (Widened::Doors, !is_within(&before.doors.0, &after.doors.0)),
        (Widened::MaxHousehold, after.max_household > before.max_household),
        (Widened::Places, after.places.get() > vouched_places.saturating_mul(2)),
    ];
    parts.into_iter().filter(|(_, is_widened)| *is_widened).map(|(part, _)| part).collect()
}

fn is_within<T: PartialEq>(before: &[T], after: &[T]) -> bool {
    after.iter().all(|code| before.contains(code))
}

fn ages_within(before: Option<AgeRange>, after: Option<AgeRange>) -> bool {
    match (before, after) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(before), Some(after)) => {
            let ends_no_later = before.max.is_none_or(|most| after.max.is_some_and(|max| max <= most));
            before.min <= after.min && ends_no_later
        }
    }
}

fn children_within(before: Option<Children>, after: Option<Children>) -> bool {
    match (before, after) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(before), Some(after)) => {
            let boys = |children: Children| children.boys_max_age.unwrap_or(children.max_age);
            after.max_age <= before.max_age && boys(after) <= boys(before)
        }
    }
}

/// The accreditation is part of what was looked at: another one is no less.
fn minors_within(before: Option<&UnaccompaniedMinors>, after: Option<&UnaccompaniedMinors>) -> bool {
    match (before, after) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(before), Some(after)) => {
            let takes_no_other = after.genders.iter().all(|gender| before.genders.contains(gender));
            before.min_age <= after.min_age
                && after.max_age <= before.max_age
                && takes_no_other
                && before.accreditation == after.accreditation
        }
    }
}

/// What of a unit its own association last read, for an edit: what stands and what waits.
pub fn own_revision<'u>(declared: &'u Unit, pending: Option<&'u Unit>) -> impl Serialize + use<'u> {
    (declared, pending)
}

crate::schemas::own! {
    VouchingState as "VouchingState" => crate::schemas::codes::<VouchingState>("Whether somebody other than its organisation vouches for a unit. `never`: ranked apart, for adults only; `vouched`: matched; `again`: its site or kind has changed, and it is not matched until somebody vouches for it.");
    Waiting as "WaitingPart" => crate::schemas::codes::<Waiting>("What of a unit waits for whoever vouches.");
    Widened as "WidenedPart" => crate::schemas::codes::<Widened>("What of a profile an edit opens.");
}

//! What an event says of a record: whose it is and how it stands since, without personal data. Each resource makes its own.

use serde_json::{Value, json};

use super::Encounter;
use super::ids::{OrganisationId, Record};

/// Whose a record is, and how it stands.
#[derive(Clone, Debug)]
pub struct About {
    /// Which record.
    pub record: Record,
    /// The organisation whose record it is, which reads the event.
    pub organisation: Option<OrganisationId>,
    /// Another organisation that reads it: who answers a referral, or the other side of a link.
    pub addressee: Option<OrganisationId>,
    /// The organisation that runs the place, where people come to it through the door of another.
    pub place: Option<OrganisationId>,
    /// Whom the change brings together who are kept apart: told to the coordination alone.
    pub encounter: Option<Encounter>,
    /// How it stands since, as far as beds and states go.
    pub detail: Value,
}

impl About {
    /// A record of an organisation, of whose standing there is nothing to tell.
    pub fn of(record: impl Into<Record>, organisation: OrganisationId) -> Self {
        Self {
            record: record.into(),
            organisation: Some(organisation),
            addressee: None,
            place: None,
            encounter: None,
            detail: json!({}),
        }
    }

    /// A record of no organisation: it is read by those whose office it is.
    pub fn of_nobody(record: impl Into<Record>) -> Self {
        Self { record: record.into(), organisation: None, addressee: None, place: None, encounter: None, detail: json!({}) }
    }

    /// The same with how it stands.
    pub fn standing(self, detail: Value) -> Self {
        Self { detail, ..self }
    }

    /// The same, for another organisation to read too.
    pub fn addressed_to(self, addressee: OrganisationId) -> Self {
        Self { addressee: Some(addressee), ..self }
    }

    /// The same, for who runs the place that people come to.
    pub fn coming_to(self, place: OrganisationId) -> Self {
        Self { place: Some(place), ..self }
    }
}

/// A record that events are about.
pub trait Noted {
    /// What an event says of it as it stands now.
    fn about(&self) -> About;
}

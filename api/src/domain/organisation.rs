//! What is declared of an organisation.

use matcher::{Department, Door};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::denied::WrongField;
use super::text::Name;
use super::{Contact, OrganisationKind, Text};
use super::{Faults, List};
use crate::clock::Instant;
use crate::limits::CODES_MAX;
use crate::schemas;

/// A SIAO, an association, another orienting service, a regulator, the coordination or a partner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name, which no other organisation has.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// What it is.
    pub kind: OrganisationKind,
    /// For a regulator: the doors it answers for.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Door>, max_items = 200)]
    pub doors: List<Door, 0, CODES_MAX>,
    /// For a SIAO or a regulator: the departments it answers for; none means all of France.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Department>, max_items = 200)]
    pub departments: List<Department, 0, CODES_MAX>,
    /// How to reach it.
    #[serde(default)]
    pub contact: Contact,
}

impl Organisation {
    /// Whether people of it may ask for places, and so be lent a request: a SIAO, an association, another orienting service, and a 115.
    pub fn may_ask_for_places(&self) -> bool {
        match self.kind {
            OrganisationKind::Siao | OrganisationKind::Association | OrganisationKind::OrientingService => true,
            OrganisationKind::Regulator => self.doors.0.contains(&Door::Samu115),
            OrganisationKind::Coordination | OrganisationKind::Partner => false,
        }
    }
}

impl Faults for Organisation {
    fn faults(&self) -> Vec<WrongField> {
        let mut faults = Vec::new();
        if !self.doors.0.is_empty() && self.kind != OrganisationKind::Regulator {
            let why = "only a regulator answers for doors: leave them out, or set `kind` to `regulator`";
            faults.push(("doors".to_owned(), why.to_owned()));
        }
        faults.extend(self.contact.faults_below("contact"));
        faults
    }

    fn faults_at(&self, now: Instant) -> Vec<WrongField> {
        let mut faults = self.faults();
        faults.extend(self.contact.hours_faults_below("contact", now));
        faults
    }
}

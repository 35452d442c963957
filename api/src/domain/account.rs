//! Accounts as they are asked for: who is invited to which roles, and what a tool may.

use serde::Deserialize;
use utoipa::ToSchema;

use super::denied::WrongField;
use super::text::{PersonName, ToolName};
use super::{Email, Faults, List, Role, Roles, Scope, Text};
use crate::limits::{CODES_MAX, SECRET_DAYS_DEFAULT, SECRET_DAYS_MAX};
use crate::schemas;

/// Somebody who is invited to an account: the invitation is mailed to them and to nobody else.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Where the invitation goes, and by which the person signs in. One address has one account.
    pub email: Email,
    /// The person's name as the organisation writes it.
    #[schema(value_type = PersonName)]
    pub label: Text<100>,
    /// What they may do: of the roles that the organisation gives.
    #[schema(value_type = Vec<Role>, min_items = 1, max_items = 200)]
    pub roles: List<Role, 1, CODES_MAX>,
}

impl Invitation {
    /// The roles, each once.
    pub fn roles(&self) -> Roles {
        self.roles.0.iter().copied().collect()
    }
}

impl Faults for Invitation {
    fn faults(&self) -> Vec<WrongField> {
        let why = "is an address that no mail server takes";
        if self.email.checks() { Vec::new() } else { vec![("email".to_owned(), why.to_owned())] }
    }
}

/// The roles of a person, all of them.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRoles {
    /// What they may do from now on.
    #[schema(value_type = Vec<Role>, min_items = 1, max_items = 200)]
    pub roles: List<Role, 1, CODES_MAX>,
}

impl AccountRoles {
    /// The roles, each once.
    pub fn roles(&self) -> Roles {
        self.roles.0.iter().copied().collect()
    }
}

impl Faults for AccountRoles {}

/// A tool that is to act for an organisation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiClient {
    /// What the organisation calls it.
    #[schema(value_type = ToolName)]
    pub label: Text<100>,
    /// To what it is bound; beyond that it may what its organisation may.
    #[schema(value_type = Vec<Scope>, min_items = 1, max_items = 200)]
    pub scopes: List<Scope, 1, CODES_MAX>,
    /// For how many days its secret is good.
    #[serde(default)]
    #[schema(value_type = SecretDays)]
    pub valid_days: SecretDays,
}

impl Faults for NewApiClient {}

/// How long the new secret of a tool is good.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// For how many days it is good.
    #[serde(default)]
    #[schema(value_type = SecretDays)]
    pub valid_days: SecretDays,
}

impl Faults for Renewal {}

/// For how many days a secret is good.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub struct SecretDays(i64);

impl SecretDays {
    /// As a span of time.
    pub fn span(self) -> chrono::TimeDelta {
        chrono::TimeDelta::days(self.0)
    }
}

impl Default for SecretDays {
    fn default() -> Self {
        Self(SECRET_DAYS_DEFAULT)
    }
}

/// A whole number as JSON writes it, which is also `30.0`.
impl TryFrom<f64> for SecretDays {
    type Error = String;

    fn try_from(written: f64) -> Result<Self, String> {
        let is_it = |days: i64| i32::try_from(days).is_ok_and(|days| f64::from(days).total_cmp(&written).is_eq());
        let days = (1..=SECRET_DAYS_MAX).find(|days| is_it(*days));
        days.map(Self).ok_or_else(|| format!("must be a whole number from 1 to {SECRET_DAYS_MAX}"))
    }
}

crate::schemas::own! {
    SecretDays as "SecretDays" => schemas::whole(1, SECRET_DAYS_MAX, SECRET_DAYS_DEFAULT, "For how many days a secret is good; a year where nothing is said.");
}

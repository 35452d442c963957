//! The ids of records, a type each: two of one type in a row can be mistaken for each other, two of these cannot.
//!
//! Every id is a UUIDv7 that this program makes, so ids sort by creation. Nothing here knows how an id is stored.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::RecordKind;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, later in order than those made before.
            #[expect(clippy::new_without_default, reason = "each call gives another: there is no default id")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let uuid = SchemaFormat::KnownFormat(KnownFormat::Uuid);
                Schema::from(ObjectBuilder::new().schema_type(Type::String).format(Some(uuid)).build()).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed("Uuid")
            }
        }
    )*};
}

ids! {
    /// Of an organisation.
    OrganisationId,
    /// Of an account: a person of an organisation, or a tool of it.
    AccountId,
    /// Of a secret of a tool.
    SecretId,
    /// Of a session of the pages.
    SessionId,
    /// Of a structure.
    StructureId,
    /// Of a unit.
    UnitId,
    /// Of a vacancy.
    VacancyId,
    /// Of a request.
    RequestId,
    /// Of a referral.
    ReferralId,
    /// Of a one-time code that keeps two requests apart.
    KeepApartCodeId,
    /// Of a link that keeps two requests apart.
    KeepApartLinkId,
    /// Of a plan.
    PlanId,
    /// Of a confirmation of lines of a plan.
    PlanConfirmationId,
    /// Of a telephone that an organisation remembers.
    RememberedPhoneId,
    /// Of a change that waits for a second person's word.
    PendingChangeId,
    /// Of a public number of a door.
    DoorContactId,
    /// Of a job.
    JobId,
    /// Of an alert.
    AlertId,
    /// Of a use of what a quota counts.
    QuotaUseId,
    /// Of a webhook.
    WebhookId,
}

/// Which record: what kind it is of, and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// What kind.
    pub kind: RecordKind,
    /// Which of them.
    pub id: Uuid,
}

macro_rules! records {
    ($($id:ident => $kind:ident,)*) => {$(
        impl From<$id> for Record {
            fn from(id: $id) -> Self {
                Self { kind: RecordKind::$kind, id: id.0 }
            }
        }
    )*};
}

records! {
    OrganisationId => Organisation,
    AccountId => Account,
    SessionId => Session,
    StructureId => Structure,
    UnitId => Unit,
    VacancyId => Vacancy,
    RequestId => Request,
    ReferralId => Referral,
    KeepApartCodeId => KeepApart,
    KeepApartLinkId => KeepApart,
    PlanId => Plan,
    PlanConfirmationId => PlanConfirmation,
    RememberedPhoneId => RememberedPhone,
    AlertId => Alert,
    PendingChangeId => PendingChange,
    DoorContactId => DoorContact,
    WebhookId => Webhook,
}

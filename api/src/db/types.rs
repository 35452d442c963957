//! Column types: one Rust type, two column types.
//!
//! PostgreSQL keeps `uuid`, `timestamptz` and `jsonb`; SQLite keeps `BLOB`, `TEXT` and `TEXT` in STRICT tables.
//! Diesel knows none of these through `MultiConnection`, so each carries its own `ToSql`/`FromSql`.

use std::io::Write as _;

use chrono::{DateTime, TimeZone as _, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow, Queryable};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, HasSqlType, Nullable, SingleValue, Text};
use diesel::sqlite::Sqlite;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::MultiBackend;
use crate::clock::Instant;
use crate::domain::ids::{
    AccountId, AlertId, DoorContactId, JobId, KeepApartCodeId, KeepApartLinkId, OrganisationId, PendingChangeId,
    PlanConfirmationId, PlanId, QuotaUseId, ReferralId, RememberedPhoneId, RequestId, SecretId, SessionId, StructureId, UnitId,
    VacancyId, WebhookId,
};

/// The SQL types this module adds.
pub mod sql {
    /// `uuid` on PostgreSQL, a 16-byte `BLOB` on SQLite.
    #[derive(Clone, Copy, Debug, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "uuid"), sqlite_type(name = "Binary"))]
    pub struct Guid;

    /// `timestamptz` on PostgreSQL, fixed-width RFC 3339 text on SQLite, so that text order is time order.
    #[derive(Clone, Copy, Debug, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "timestamptz"), sqlite_type(name = "Text"))]
    pub struct Instant;

    /// `jsonb` on PostgreSQL, `TEXT` on SQLite.
    #[derive(Clone, Copy, Debug, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "jsonb"), sqlite_type(name = "Text"))]
    pub struct Document;
}

/// Carries a column type through `MultiBackend`: the value goes to whichever backend the connection has.
macro_rules! through_multi_backend {
    ($sql:ty, [$($generics:tt)*] $rust:ty) => {
        impl<$($generics)*> ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }

        impl<$($generics)*> FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: <MultiBackend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql>()
            }
        }
    };
}

pub(super) use through_multi_backend;

macro_rules! known_to_multi_backend {
    ($($sql:ty),*) => {$(
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }
    )*};
}

known_to_multi_backend!(sql::Guid, sql::Instant, sql::Document);

/// Lets a type of another room, which knows no database, stand for a column: diesel's own derives would have to stand beside the type.
macro_rules! column {
    ($sql:ty, $($rust:ty),*) => {$(
        impl AsExpression<$sql> for $rust {
            type Expression = Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl AsExpression<Nullable<$sql>> for $rust {
            type Expression = Bound<Nullable<$sql>, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'e> AsExpression<$sql> for &'e $rust {
            type Expression = Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'e> AsExpression<Nullable<$sql>> for &'e $rust {
            type Expression = Bound<Nullable<$sql>, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<DB: Backend> ToSql<Nullable<$sql>, DB> for $rust
        where
            Self: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<$sql, DB>::to_sql(self, out)
            }
        }

        impl<DB: Backend, ST: SingleValue> Queryable<ST, DB> for $rust
        where
            Self: FromSql<ST, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    )*};
}

/// The id of a record, whatever its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Guid)]
pub struct Guid(pub Uuid);

impl ToSql<sql::Guid, Pg> for Guid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Guid, Pg> for Guid {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<sql::Guid, Sqlite> for Guid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Guid, Sqlite> for Guid {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

through_multi_backend!(sql::Guid, [] Guid);

/// Stores the typed ids as [`Guid`] is stored.
macro_rules! stored_ids {
    ($($id:ident),*) => {
        column!(sql::Guid, $($id),*);
        $(
            impl ToSql<sql::Guid, Pg> for $id {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    out.write_all(self.0.as_bytes())?;
                    Ok(IsNull::No)
                }
            }

            impl ToSql<sql::Guid, Sqlite> for $id {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                    out.set_value(self.0.as_bytes().as_slice());
                    Ok(IsNull::No)
                }
            }

            impl FromSql<sql::Guid, Pg> for $id {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    <Guid as FromSql<sql::Guid, Pg>>::from_sql(value).map(|id| Self(id.0))
                }
            }

            impl FromSql<sql::Guid, Sqlite> for $id {
                fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                    <Guid as FromSql<sql::Guid, Sqlite>>::from_sql(value).map(|id| Self(id.0))
                }
            }

            through_multi_backend!(sql::Guid, [] $id);
        )*
    };
}

stored_ids!(
    OrganisationId,
    AccountId,
    AlertId,
    QuotaUseId,
    SecretId,
    SessionId,
    RememberedPhoneId,
    DoorContactId,
    StructureId,
    UnitId,
    VacancyId,
    RequestId,
    ReferralId,
    KeepApartCodeId,
    KeepApartLinkId,
    PlanId,
    PlanConfirmationId,
    PendingChangeId,
    WebhookId,
    JobId
);

column!(sql::Instant, Instant);

/// Microseconds between 1970 and 2000, where PostgreSQL begins to count.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

impl ToSql<sql::Instant, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let since_2000 = self.utc().timestamp_micros().saturating_sub(POSTGRES_EPOCH_US);
        out.write_all(&since_2000.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Instant, Pg> for Instant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let since_2000 = i64::from_be_bytes(value.as_bytes().try_into()?);
        let at = Utc.timestamp_micros(since_2000.saturating_add(POSTGRES_EPOCH_US)).single();
        Ok(Self::new(at.ok_or("an instant outside the calendar")?))
    }
}

impl ToSql<sql::Instant, Sqlite> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.text());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Instant, Sqlite> for Instant {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self::new(DateTime::parse_from_rfc3339(&text)?.to_utc()))
    }
}

through_multi_backend!(sql::Instant, [] Instant);

/// A value stored whole as a JSON document.
#[derive(Clone, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Document)]
pub struct Document<T: std::fmt::Debug + 'static>(pub T);

/// The version byte that starts a binary `jsonb` value.
const JSONB_VERSION: u8 = 1;

impl<T: std::fmt::Debug + Serialize> ToSql<sql::Document, Pg> for Document<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB_VERSION])?;
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}

impl<T: std::fmt::Debug + DeserializeOwned> FromSql<sql::Document, Pg> for Document<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let (version, json) = value.as_bytes().split_first().ok_or("an empty jsonb value")?;
        if *version != JSONB_VERSION {
            return Err("a jsonb version this program does not know".into());
        }
        Ok(Self(serde_json::from_slice(json)?))
    }
}

impl<T: std::fmt::Debug + Serialize> ToSql<sql::Document, Sqlite> for Document<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}

impl<T: std::fmt::Debug + DeserializeOwned> FromSql<sql::Document, Sqlite> for Document<T> {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

through_multi_backend!(sql::Document, [T: std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static] Document<T>);

/// A value stored as its code, such as `chrs` or `referent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Coded<T: matcher::Code>(pub T);

/// A set of codes stored as text with a space around each, so that `LIKE '% code %'` finds one.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct CodedSet<T: matcher::Code>(pub Vec<T>);

impl<T: matcher::Code> CodedSet<T> {
    /// The `LIKE` pattern that finds a set holding `code`. Codes hold no wildcard but `_`, which here stands for itself or is harmless:
    /// no two codes of one set differ in that place alone.
    pub fn holding(code: T) -> String {
        format!("% {} %", code.as_str())
    }

    fn text(&self) -> String {
        let mut text = String::from(" ");
        for code in &self.0 {
            text.push_str(code.as_str());
            text.push(' ');
        }
        text
    }

    fn parse(text: &str) -> deserialize::Result<Self> {
        text.split_ascii_whitespace().map(parse_code).collect::<Result<_, _>>().map(Self)
    }
}

fn parse_code<T: matcher::Code>(text: &str) -> deserialize::Result<T> {
    T::ALL.iter().copied().find(|code| code.as_str() == text).ok_or_else(|| format!("`{text}` is no {}", T::NAME).into())
}

impl<T: matcher::Code> ToSql<Text, Pg> for Coded<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_str().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T: matcher::Code> ToSql<Text, Sqlite> for Coded<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_str());
        Ok(IsNull::No)
    }
}

impl<T: matcher::Code> FromSql<Text, Pg> for Coded<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        parse_code(std::str::from_utf8(value.as_bytes())?).map(Self)
    }
}

impl<T: matcher::Code> FromSql<Text, Sqlite> for Coded<T> {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        parse_code(&<String as FromSql<Text, Sqlite>>::from_sql(value)?).map(Self)
    }
}

through_multi_backend!(Text, [T: matcher::Code + Send + Sync] Coded<T>);

impl<T: matcher::Code> ToSql<Text, Pg> for CodedSet<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.text().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T: matcher::Code> ToSql<Text, Sqlite> for CodedSet<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.text());
        Ok(IsNull::No)
    }
}

impl<T: matcher::Code> FromSql<Text, Pg> for CodedSet<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Self::parse(std::str::from_utf8(value.as_bytes())?)
    }
}

impl<T: matcher::Code> FromSql<Text, Sqlite> for CodedSet<T> {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Self::parse(&<String as FromSql<Text, Sqlite>>::from_sql(value)?)
    }
}

through_multi_backend!(Text, [T: matcher::Code + Send + Sync] CodedSet<T>);

//! Column types: one Rust type, two column types.
//!
//! PostgreSQL keeps `uuid`, `timestamptz` and `jsonb`; SQLite keeps `BLOB`, `TEXT` and `TEXT` in STRICT tables.
//! Diesel knows none of these through `MultiConnection`, so each carries its own `ToSql`/`FromSql`.

use std::io::Write as _;

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeZone as _, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::deserialize::{self, FromSql};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, HasSqlType, Text};
use diesel::sqlite::Sqlite;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::MultiBackend;

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

/// A record's id: a UUIDv7 made by the application, so ids sort by creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Guid)]
#[serde(transparent)]
pub struct Guid(pub Uuid);

impl Guid {
    /// A new id, later in order than those made before it.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Default for Guid {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Display for Guid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

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

/// An instant, in whole microseconds: what both databases keep, so a value written is the value read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Instant)]
pub struct Instant(DateTime<Utc>);

/// Microseconds between 1970 and 2000, where PostgreSQL begins to count.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

impl Instant {
    /// The instant, cut to microseconds.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(6))
    }

    /// As a chrono value in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// This instant moved by a span that may be negative; at the ends of time it stays where it is.
    pub fn plus(self, span: chrono::TimeDelta) -> Self {
        Self(self.0.checked_add_signed(span).unwrap_or(self.0))
    }

    fn text(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::new)
    }
}

impl ToSql<sql::Instant, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let since_2000 = self.0.timestamp_micros().saturating_sub(POSTGRES_EPOCH_US);
        out.write_all(&since_2000.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Instant, Pg> for Instant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let since_2000 = i64::from_be_bytes(value.as_bytes().try_into()?);
        let at = Utc.timestamp_micros(since_2000.saturating_add(POSTGRES_EPOCH_US)).single();
        Ok(Self(at.ok_or("an instant outside the calendar")?))
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
        Ok(Self(DateTime::parse_from_rfc3339(&text)?.to_utc()))
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

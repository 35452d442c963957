//! What is stored sealed (design §8): authenticated encryption with XChaCha20-Poly1305, one document a column.
//!
//! A sealed value names the table, the column and the row that it belongs to: put elsewhere it does not open. It opens only with its key, which
//! is not in this database ([`super::keys`]). Its length is rounded up, so that it tells little of what it holds.

use std::io::Write as _;
use std::marker::PhantomData;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Binary;
use diesel::sqlite::Sqlite;
use rand::TryRngCore as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::keys::{self, Key};
use super::types::through_multi_backend;
use super::{DbError, MultiBackend};
use crate::domain::ids::RequestId;

/// How a sealed value is written: this byte, the generation of its key, a nonce, and what was sealed with its tag.
const VERSION: u8 = 1;
const NONCE: usize = 24;
/// Lengths are rounded up to a multiple of this.
const ROUNDED_TO: usize = 256;

/// Where a sealed value belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The table.
    pub(super) table: &'static str,
    /// The column.
    pub(super) column: &'static str,
    /// The id of the row.
    pub(super) row: Uuid,
}

impl Place {
    fn named(self) -> Vec<u8> {
        [self.table.as_bytes(), b"\0", self.column.as_bytes(), b"\0", self.row.as_bytes()].concat()
    }
}

/// Seals bytes with a key: only with the same key and the same name do they open.
pub(super) fn seal(key: &Key, generation: i32, name: &[u8], plain: &[u8]) -> Result<Vec<u8>, DbError> {
    let mut nonce = [0_u8; NONCE];
    rand::rngs::OsRng.try_fill_bytes(&mut nonce).map_err(DbError::unavailable)?;
    let head = head(generation)?;
    let named = [head.as_slice(), name].concat();
    let sealed = XChaCha20Poly1305::new(key.expose().into())
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: &named })
        .map_err(|_opaque| DbError::damaged("a value cannot be sealed"))?;
    Ok([head.as_slice(), &nonce, &sealed].concat())
}

/// Opens what was sealed so.
pub(super) fn open(key: &Key, name: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DbError> {
    let wrong = || DbError::damaged("a sealed value does not open: it was changed, or stood elsewhere, or its key is another");
    let (head, rest) = sealed.split_at_checked(3).ok_or_else(wrong)?;
    let (nonce, rest) = rest.split_at_checked(NONCE).ok_or_else(wrong)?;
    let named = [head, name].concat();
    let plain = XChaCha20Poly1305::new(key.expose().into()).decrypt(XNonce::from_slice(nonce), Payload { msg: rest, aad: &named });
    plain.map(Zeroizing::new).map_err(|_opaque| wrong())
}

fn head(generation: i32) -> Result<[u8; 3], DbError> {
    let [high, low] = u16::try_from(generation).map_err(DbError::damaged)?.to_be_bytes();
    Ok([VERSION, high, low])
}

/// The generation of the key that sealed these bytes.
pub(super) fn generation(sealed: &[u8]) -> Result<i32, DbError> {
    match sealed {
        [VERSION, high, low, ..] => Ok(i32::from(u16::from_be_bytes([*high, *low]))),
        _ => Err(DbError::damaged("a sealed value of a form that this program does not know")),
    }
}

/// A document that is stored sealed.
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Sealed<T: 'static> {
    bytes: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.bytes.len())
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self::of_bytes(self.bytes.clone())
    }
}

impl<T> Sealed<T> {
    fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, of: PhantomData }
    }

    /// The generation of the key that it was sealed with.
    pub(super) fn generation(&self) -> Result<i32, DbError> {
        generation(&self.bytes)
    }
}

impl<T: Serialize + DeserializeOwned> Sealed<T> {
    /// Seals a document of a request with the request's key; none where that key is gone: then nothing is kept of it.
    pub(super) fn with_key_of(request: RequestId, place: Place, document: &T) -> Result<Option<Self>, DbError> {
        let Some(key) = keys::current()?.of_request(request)? else { return Ok(None) };
        Ok(Some(Self::of_bytes(seal(&key, 1, &place.named(), &written(document)?)?)))
    }

    /// Opens a document of a request; none where its key is gone: it is erased.
    pub(super) fn opened_of(&self, request: RequestId, place: Place) -> Result<Option<T>, DbError> {
        let Some(key) = keys::current()?.of_request(request)? else { return Ok(None) };
        read(&open(&key, &place.named(), &self.bytes)?).map(Some)
    }

    /// Seals a document with the deployment's key.
    pub(super) fn with_deployment_key(place: Place, document: &T) -> Result<Self, DbError> {
        let (generation, key) = keys::current()?.newest_of_deployment()?;
        Ok(Self::of_bytes(seal(&key, generation, &place.named(), &written(document)?)?))
    }

    /// Opens a document with the deployment's key.
    pub(super) fn opened(&self, place: Place) -> Result<T, DbError> {
        let key = keys::current()?.of_deployment(self.generation()?)?;
        read(&open(&key, &place.named(), &self.bytes)?)
    }
}

impl<T: Serialize + DeserializeOwned> Sealed<T> {
    /// The same, sealed with the newest key of the deployment, if its own is of an older generation than this.
    pub(super) fn sealed_again(&self, place: Place, generation: i32) -> Result<Option<Self>, DbError> {
        if self.generation()? >= generation {
            return Ok(None);
        }
        Self::with_deployment_key(place, &self.opened(place)?).map(Some)
    }
}

/// JSON, with blanks behind it.
fn written(document: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, DbError> {
    let mut plain = Zeroizing::new(serde_json::to_vec(document).map_err(DbError::damaged)?);
    let rounded = plain.len().next_multiple_of(ROUNDED_TO);
    plain.resize(rounded, b' ');
    Ok(plain)
}

fn read<T: DeserializeOwned>(plain: &[u8]) -> Result<T, DbError> {
    // What the reader would say of it may hold what it reads.
    serde_json::from_slice(plain).map_err(|_not_repeated| DbError::damaged("a sealed document is not what this program writes"))
}

impl<T> ToSql<Binary, Pg> for Sealed<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.bytes)?;
        Ok(IsNull::No)
    }
}

impl<T> ToSql<Binary, Sqlite> for Sealed<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.bytes.as_slice());
        Ok(IsNull::No)
    }
}

impl<T> FromSql<Binary, Pg> for Sealed<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::of_bytes(value.as_bytes().to_vec()))
    }
}

impl<T> FromSql<Binary, Sqlite> for Sealed<T> {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::of_bytes(<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?))
    }
}

through_multi_backend!(Binary, [T: 'static] Sealed<T>);

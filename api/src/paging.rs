//! Pages of a list: in the order of ids (which is the order of creation) or against it, each page naming where the next begins.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::limits;
use crate::schemas;

/// Trailing bits are let through: 22 characters hold two bits more than an id, and any of them finds its place.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

matcher::codes! {
    /// In which order a list is read.
    #[derive(Default)]
    pub enum Order: "order of a list" {
        /// The oldest first.
        #[default]
        Oldest = "oldest",
        /// The newest first.
        Newest = "newest",
    }
}

/// Where a page begins: behind the record of this id. Opaque to callers.
#[derive(Clone, Copy, Debug)]
pub struct Cursor(pub Uuid);

impl Cursor {
    /// As it stands in an answer.
    pub fn text(self) -> String {
        BASE64.encode(self.0.as_bytes())
    }

    /// The cursor of such a text, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64.decode(text).ok().and_then(|bytes| Uuid::from_slice(&bytes).ok()).map(Self)
    }

    /// The place in a log behind which the page begins: logs are read by position, written as an id.
    pub fn position(self) -> i64 {
        i64::try_from(self.0.as_u128()).unwrap_or(i64::MAX)
    }
}

/// A place in a log, as [`Page::cut`] wants it.
pub fn position_as_id(position: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(position).unwrap_or(0))
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("must be a `next_cursor` of an earlier page"))
    }
}

/// How many records a page has.
#[derive(Clone, Copy, Debug)]
pub struct PageLimit(i64);

impl Default for PageLimit {
    fn default() -> Self {
        Self(limits::PAGE_DEFAULT)
    }
}

impl PageLimit {
    /// As many as a page may have.
    pub fn most() -> Self {
        Self(limits::PAGE_MAX)
    }

    /// One more than the page has: whether it comes tells if there is a next page.
    pub fn one_more(self) -> i64 {
        self.0.saturating_add(1)
    }
}

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = || serde::de::Error::custom(format!("must be a whole number from 1 to {}", limits::PAGE_MAX));
        let limit = String::deserialize(deserializer)?.parse().map_err(|_error| wanted())?;
        if (1..=limits::PAGE_MAX).contains(&limit) { Ok(Self(limit)) } else { Err(wanted()) }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The records, oldest first unless asked otherwise.
    pub items: Vec<T>,
    /// Pass it as `cursor` for the next page, with the other parameters as they were; null on the last.
    #[schema(required, pattern = "^[A-Za-z0-9_-]{22}$")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts the one record too many that was asked for, and says where the next page begins.
    pub fn cut(mut items: Vec<T>, limit: PageLimit, id: impl Fn(&T) -> Uuid) -> Self {
        let length = usize::try_from(limit.0).unwrap_or(usize::MAX);
        let more = items.len() > length;
        items.truncate(length);
        let next_cursor = if more { items.last().map(|last| Cursor(id(last)).text()) } else { None };
        Self { items, next_cursor }
    }

    /// The same page of something else, record by record.
    pub fn map<U>(self, one: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(one).collect(), next_cursor: self.next_cursor }
    }
}

/// Narrows a boxed query to what lies behind a cursor, in an order: one place for all lists, since their ids are of different types.
macro_rules! behind {
    ($query:expr, $id:expr, $wrap:path, $after:expr, $order:expr) => {{
        let query = match $order {
            $crate::paging::Order::Oldest => $query.order($id.asc()),
            $crate::paging::Order::Newest => $query.order($id.desc()),
        };
        match ($after, $order) {
            (None, _) => query,
            (Some($crate::paging::Cursor(after)), $crate::paging::Order::Oldest) => query.filter($id.gt($wrap(after))),
            (Some($crate::paging::Cursor(after)), $crate::paging::Order::Newest) => query.filter($id.lt($wrap(after))),
        }
    }};
}
pub(crate) use behind;

crate::schemas::own! {
    Order as "Order" => schemas::codes::<Order>("In which order a list is read: `oldest` first, or `newest` first.");
    Cursor as "Cursor" => schemas::text("^[A-Za-z0-9_-]{22}$", 22, "AZLwwQAAcACAAAAAAAAAAQ", "Where a page begins.");
    PageLimit as "PageLimit" => schemas::whole(1, limits::PAGE_MAX, limits::PAGE_DEFAULT, "How many records a page has.");
}

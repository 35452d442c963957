//! The exact address of a structure: written, stored, and shown by one operation, where the structure has chosen it.

use serde::Deserialize;

use super::Text;
use super::text::TEXT_PATTERN;
use crate::schemas;

/// An exact address. It has no `Serialize`, and `Debug` hides it: it cannot reach an answer or a log by accident.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Address(Text<500>);

impl Address {
    /// The address itself, for the one column that stores it and the one view that may show it.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Text::try_from(text).map(Self)
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(hidden)")
    }
}

crate::schemas::own! {
    Address as "Address" => schemas::text(TEXT_PATTERN, 500, "1 rue Inventée, 69000 Ville", "An exact address.");
}

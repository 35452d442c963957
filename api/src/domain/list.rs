//! Lists with bounds, and what a declaration says of its own contradictions.

use serde::{Deserialize, Serialize};

use super::denied::WrongField;

/// Something declared that can contradict itself although each of its fields is right.
pub trait Faults {
    /// Fields that contradict each other: path and reason. Most types have none that can.
    fn faults(&self) -> Vec<WrongField> {
        Vec::new()
    }
}

/// A list of `MIN` to `MAX` entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MIN: usize, const MAX: usize>(pub Vec<T>);

impl<T, const MIN: usize, const MAX: usize> Default for List<T, MIN, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// A list of these entries, if they are neither too few nor too many.
    pub fn new(entries: Vec<T>) -> Result<Self, String> {
        if (MIN..=MAX).contains(&entries.len()) {
            Ok(Self(entries))
        } else if MAX == 0 {
            Err("must be empty here".to_owned())
        } else {
            Err(format!("must have {MIN} to {MAX} entries, has {}", entries.len()))
        }
    }
}

impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de> for List<T, MIN, MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

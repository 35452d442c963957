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

impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de> for List<T, MIN, MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<T>::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&entries.len()) {
            Ok(Self(entries))
        } else if MAX == 0 {
            Err(serde::de::Error::custom("must be empty here"))
        } else {
            Err(serde::de::Error::custom(format!("must have {MIN} to {MAX} entries, has {}", entries.len())))
        }
    }
}

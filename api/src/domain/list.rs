//! Lists with bounds, and what a declaration says of its own contradictions.

use serde::{Deserialize, Serialize};

use matcher::Day;

use super::days;
use super::denied::WrongField;
use crate::clock::Instant;

/// Something declared that can contradict itself although each of its fields is right.
pub trait Faults {
    /// Fields that contradict each other: path and reason. Most types have none that can.
    fn faults(&self) -> Vec<WrongField> {
        Vec::new()
    }

    /// The days it gives, each with the path of its field.
    fn days(&self) -> Vec<(String, Day)> {
        Vec::new()
    }

    /// What is wrong with it when it is given now.
    fn faults_at(&self, now: Instant) -> Vec<WrongField> {
        let mut faults = self.faults();
        faults.extend(days::faults(self.days(), now));
        faults
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

//! The engine through its public face.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets what it does not expect has to stop there")]

mod generated;
mod golden;
mod index;
mod parsing;
mod plan;
mod properties;
mod purity;
mod relaxations;
mod rooms;
mod worked_example;

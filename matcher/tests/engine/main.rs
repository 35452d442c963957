//! The engine through its public face.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has to stop there"
)]

mod golden;
mod purity;
mod worked_example;

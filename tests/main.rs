//! The service, black-box: over HTTP in process, on SQLite and PostgreSQL; and the binary, as its users run it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test that meets what it does not expect has to stop there"
)]

mod bad_input;
mod harness;
mod http;
mod manners;

//! The service, black-box: over HTTP in process, on SQLite and PostgreSQL; and the binary, as its users run it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test that meets what it does not expect has to stop there; and nobody calls into a test binary"
)]

mod access;
mod account_screens;
mod alerts;
mod answers;
mod attack;
mod backup;
mod bad_input;
mod beds;
mod chaos;
mod cli;
mod clocks;
mod communes;
mod config;
mod contract;
mod crash;
mod deadlines;
mod evidence;
mod examples;
mod harness;
mod headers;
mod http;
mod insider;
mod keys;
mod limits;
mod lists;
mod mails;
mod manners;
mod oidc;
mod quotas;
mod retention;
mod rooms;
mod screens;
mod screens_places;
mod seeds;
mod statements;
mod states;
mod stream;
mod tidy;
mod watching;
mod webhooks;
mod work;

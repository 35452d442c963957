//! Everything HTTP: the table of operations, who calls, what is read from a request, how it is answered.
//!
//! Handlers extract, run a command or a query, and answer. They decide nothing, open no transaction, and know neither SQL nor jobs.

pub mod answers;
pub mod arrival;
pub mod auth;
pub mod denied;
pub mod etag;
pub mod examples;
pub mod extract;
pub mod going_on;
pub mod http;
pub mod mend;
pub mod metrics;
pub mod oidc;
pub mod openapi;
pub mod operations;
pub mod pages;
pub mod problem;
pub mod throttle;
pub mod views;

//! Havre, the service: a registry of sheltered housing and the matching of requests with it, behind a REST API.
//!
//! Rooms, each seeing only those below it: [`program`], [`app`] and [`server`] build and run; [`cli`]; [`web`] (HTTP) and [`work`] (jobs, mails, plans);
//! [`commands`] (what can be done); [`live`] (what is kept in memory); [`db`]; [`domain`] (words and decisions). A test keeps the arrows.
//! In reading order: [`web::operations`] (what there is), one of [`commands`], one of [`db`].

pub mod app;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod communes;
pub mod config;
pub mod db;
pub mod domain;
pub mod json;
pub mod language;
pub mod limits;
pub mod live;
pub mod metrics;
pub mod outward;
pub mod paging;
pub mod program;
pub mod schemas;
pub mod seed;
pub mod server;
pub mod telemetry;
#[cfg(feature = "traces")]
pub mod traces;
pub mod web;
pub mod work;

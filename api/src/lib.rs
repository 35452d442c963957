//! Havre, the service: a registry of sheltered housing and the matching of requests with it, behind a REST API.
//!
//! In reading order: [`routes`] (what there is), [`http`] (one file a resource), [`db`] (one file a resource), [`engine`] (the snapshot
//! the matcher ranks by), and what they share.

pub mod app;
pub mod auth;
pub mod clock;
pub mod commands;
pub mod communes;
pub mod config;
pub mod db;
pub mod domain;
pub mod engine;
pub mod error;
pub mod etag;
pub mod extract;
pub mod flow;
pub mod http;
pub mod jobs;
pub mod json;
pub mod limits;
pub mod links;
pub mod mail;
pub mod matching;
pub mod openapi;
pub mod pages;
pub mod paging;
pub mod planning;
pub mod routes;
pub mod schemas;
pub mod seed;
pub mod telemetry;

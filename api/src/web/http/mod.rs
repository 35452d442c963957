//! The JSON API: one file a resource, each with its records, filters and handlers.

pub mod accounts;
pub mod api_clients;
pub mod communes;
pub mod door_contacts;
pub mod dossiers;
pub mod health;
pub mod keep_apart;
pub mod logs;
pub mod mailed_links;
pub mod organisations;
pub mod pending_changes;
pub mod plans;
pub mod rankings;
pub mod referrals;
pub mod requests;
pub mod stream;
pub mod structures;
pub mod taking_note;
pub mod units;
pub mod vacancies;
pub mod vouching;
pub mod webhooks;

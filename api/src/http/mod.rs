//! The JSON API: one file a resource, each with its records, filters and handlers.

pub mod answers;
pub mod communes;
pub mod events;
pub mod health;
pub mod keep_apart;
pub mod links;
pub mod organisations;
pub mod plan_confirmations;
pub mod plans;
pub mod rankings;
pub mod referral_commands;
pub mod referrals;
pub mod requests;
pub mod structures;
pub mod units;
pub mod vacancies;

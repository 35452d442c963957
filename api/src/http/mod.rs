//! The JSON API: one file a resource, each with its records, filters and handlers.

pub mod answers;
pub mod health;
pub mod organisations;
pub mod rankings;
pub mod requests;
pub mod structures;
pub mod units;
pub mod vacancies;

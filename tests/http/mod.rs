//! One file a resource, as in the URL tree.

mod organisations;
mod rankings;
mod requests;
mod structures;
mod units;
mod vacancies;

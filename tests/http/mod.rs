//! One file a resource, as in the URL tree.

mod accounts;
mod ask;
mod audit;
mod communes;
mod contacts;
mod dossiers;
mod ends;
mod forms;
mod guards;
pub mod keep_apart;
mod ladder;
mod logs;
mod organisations;
pub mod pages;
mod people;
mod plans;
mod rankings;
mod referral_life;
mod referrals;
mod registrations;
mod requests;
mod sign_in;
mod structures;
mod undo_walk;
mod units;
mod vacancies;

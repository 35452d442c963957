//! One file a resource, as in the URL tree.

mod accounts;
mod ask;
mod audit;
mod communes;
mod contacts;
mod ends;
mod forms;
mod keep_apart;
mod logs;
mod organisations;
pub mod pages;
mod people;
mod plans;
mod rankings;
mod referral_life;
mod referrals;
mod requests;
mod sign_in;
mod structures;
mod units;
mod vacancies;

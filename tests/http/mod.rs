//! One file a resource, as in the URL tree.

mod keep_apart;
mod logs;
mod organisations;
mod rankings;
mod referrals;
mod requests;
mod structures;
mod units;
mod vacancies;

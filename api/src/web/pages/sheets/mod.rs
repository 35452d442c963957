//! What goes to paper: a sheet has no menu and names the service nowhere, since paper is left lying about and found.

mod arrival;
mod for_the_person;

pub use arrival::show as arrival;
pub use for_the_person::show as for_the_person;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use matcher::Department;
use maud::{DOCTYPE, Markup, html};
use uuid::Uuid;

use super::{assets, html_response, switch, words};
use crate::commands::matching;
use crate::db::{Failure, Reading, organisations, referrals, requests};
use crate::domain::Reach;
use crate::domain::ids::{OrganisationId, ReferralId};
use crate::language::Language;
use crate::web::http::referrals::ReferralRecord;
use crate::web::views;
use crate::web::views::places::{CardNumber, Met};

/// In which words and which way a sheet is written.
#[derive(Clone, Copy)]
pub(super) struct Tongue {
    code: &'static str,
    dir: &'static str,
}

impl Tongue {
    /// That of the screens.
    pub(super) fn of_screens() -> Self {
        Self { code: Language::current().code(), dir: "ltr" }
    }
}

/// Where one goes from the sheets of an arrival.
fn back() -> Markup {
    way_back("/orientations", words::sheets::BACK.text())
}

/// The way from a sheet back to a page that has an address.
pub(super) fn way_back(path: &str, name: &str) -> Markup {
    html! { a href=(path) { (name) } }
}

/// A sheet: what is only for the screen with the way back, and what is printed.
pub(super) fn sheet(tongue: Tongue, title: &str, (on_screen, back): (&Markup, &Markup), printed: &Markup) -> HttpResponse {
    let whole = html! {
        (DOCTYPE)
        html lang=(Language::current().code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (title) }
                link rel="stylesheet" href=(assets::STYLE.path());
                link rel="icon" href="data:,";
                script src=(assets::SCRIPT.path()) defer {}
            }
            body.sheet {
                aside.screen {
                    (on_screen)
                    p { (switch::link()) }
                    div.actions { (back) button type="button" data-print="" hidden { (words::sheets::PRINT) } }
                }
                main lang=(tongue.code) dir=(tongue.dir) { (printed) }
            }
        }
    };
    html_response(StatusCode::OK, whole)
}

/// What the sheets of an arrival are made of.
struct Coming {
    referral: ReferralRecord,
    /// What is to be kept away from on the way.
    request: matcher::Request,
    /// Where the place is, by whose clock people are met.
    place: Department,
    /// By whose clock the reader lives.
    here: Department,
    /// The numbers of those who ask.
    ours: Vec<CardNumber>,
}

impl Coming {
    /// Reads it for those who asked; what it shows is noted.
    fn read(reading: &mut Reading<'_>, reach: Reach, own: OrganisationId, id: ReferralId) -> Result<Self, Failure> {
        let view = referrals::view(reading.conn, reach, reading.now, id)?;
        let referral = ReferralRecord::show_opened(reading, &mut Met::default(), view, reach)?;
        let stored = requests::find(reading.conn, reach, referral.request_id)?;
        let declared = stored.declared.show(reading);
        let at = matching::moment(reading.now, declared.department())?;
        let request = declared.as_matched(Uuid::nil(), at, at);
        let here = organisations::department(reading.conn, own)?;
        let places = views::places::departments_of(reading.conn, &[referral.unit_id])?;
        let place = places.get(&referral.unit_id).copied().unwrap_or(here);
        let ours = CardNumber::all(&organisations::find(reading.conn, own)?.declared.contact, here, reading.now);
        Ok(Self { referral, request, place, here, ours })
    }
}

/// Numbers to be read from paper.
pub(super) fn on_paper(numbers: &[CardNumber]) -> Markup {
    html! {
        ul.plain {
            @for number in numbers {
                li {
                    a href=(format!("tel:{}", number.phone.as_str())) { bdi dir="ltr" { (number.phone.as_read()) } }
                    @if let Some(label) = &number.label { " · " (label.as_str()) }
                    @if let Some(hours) = &number.hours { " · " (words::hours(hours.as_str())) }
                }
            }
        }
    }
}

//! Times on the pages: those of the place they speak of, named where the reader's clock shows another.

use matcher::{Department, Moment};

use super::words;
use crate::clock::{Instant, civil, zone};
use crate::commands::Service;
use crate::db::{Reading, organisations};
use crate::web::auth::Actor;
use crate::web::operations::Operation;
use crate::web::problem::{Code, Problem};

/// The department by whose clock the reader lives.
pub async fn here<P: Operation>(actor: &Actor<P>, service: &Service) -> Result<Department, Problem> {
    let own = actor.organisation();
    let find = move |reading: &mut Reading<'_>| Ok(organisations::department(reading.conn, own)?);
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

/// An instant as the clock on the wall of a place shows it, with the name of that clock where the reader's shows another time.
pub fn moment(at: Instant, place: Department, here: Department) -> String {
    let shown = words::moment(at, place);
    match clock_of(at, place, here) {
        Some(name) => format!("{shown} ({name})"),
        None => shown,
    }
}

/// The name of the clock of a place, where it shows another time than the reader's.
pub fn clock_of(at: Instant, place: Department, here: Department) -> Option<String> {
    (civil(at, place).offset() != civil(at, here).offset()).then(|| words::clock_of(place))
}

/// An instant as a field of a form has it: by the clock of a place.
pub fn as_typed(at: Instant, place: Department) -> String {
    civil(at, place).format(TYPED).to_string()
}

/// What was typed into such a field, read by the clock of the place. Where the clock is put back, the first of the two.
pub fn typed(text: &str, place: Department) -> Result<Moment, Problem> {
    use chrono::{NaiveDateTime, TimeZone as _};
    let wrong = || Problem::new(Code::InvalidBody, "is no time");
    let wall = NaiveDateTime::parse_from_str(text, TYPED).map_err(|_error| wrong())?;
    let at = zone(place).from_local_datetime(&wall).earliest().ok_or_else(wrong)?;
    Moment::new(at.fixed_offset()).map_err(|_error| wrong())
}

/// How browsers write a local time.
const TYPED: &str = "%Y-%m-%dT%H:%M";

//! The history of a request and its referrals in words, newest first: what was done, when and by whom. Of an answer of the place it says that the
//! place gave it, whoever did: a referral that the coordination has stopped reads as the place's refusal (design §4).

use maud::{Markup, html};

use super::read::Shown;
use crate::db::events::StoredEvent;
use crate::domain::RecordKind;
use crate::web::pages::words;

/// What the coordination does by its own word: whoever asked reads the refusal of the place, also where all are of one organisation.
const STOPPED: &str = "stopReferral";

/// One line of it.
struct Told {
    event_at: crate::clock::Instant,
    who: String,
    what: String,
}

/// All of it, behind a fold.
pub(super) fn all(shown: &Shown) -> Markup {
    let told: Vec<Told> = shown.history.iter().filter_map(|event| told(shown, event)).collect();
    html! {
        details.card #histoire {
            summary { (words::request::HISTORY) }
            ol.plain.history {
                @for told in &told { li { (shown.hour(told.event_at)) " · " @if !told.who.is_empty() { (told.who) (words::COLON) } (told.what) } }
            }
        }
    }
}

/// An event as a sentence; none where another of the same command says it already.
fn told(shown: &Shown, event: &StoredEvent) -> Option<Told> {
    let (what, about) = match event.record.kind {
        RecordKind::Request => (words::request::of_request(&event.command)?, String::new()),
        _ => {
            let referral = shown.referrals.iter().find(|referral| referral.id.0 == event.record.id)?;
            (words::request::of_referral(&event.command)?, format!("{}, ", shown.name_of(referral)))
        }
    };
    Some(Told { event_at: event.at, who: who(shown, event), what: format!("{about}{what}") })
}

/// Who did it: a colleague by label, another organisation that has or had the request by name, and else the place that answers. What time does is
/// done by nobody. Who had it for a night is named in the morning as well: the loan is over by then, and what was done in it stands.
fn who(shown: &Shown, event: &StoredEvent) -> String {
    let Some(by) = event.by else { return String::new() };
    if event.command == STOPPED {
        return words::request::THE_PLACE.text().to_owned();
    }
    if by == shown.own {
        let label = event.account.and_then(|account| shown.names.people.get(&account)).cloned();
        return label.unwrap_or_else(|| shown.organisation_name(by).to_owned());
    }
    let answers =
        event.record.kind == RecordKind::Referral && by != shown.organisation && words::request::is_answer(&event.command);
    if answers {
        return words::request::THE_PLACE.text().to_owned();
    }
    let has_it = by == shown.organisation || shown.lent.is_some_and(|(borrower, _)| borrower == by);
    let had_it = event.record.kind == RecordKind::Request || words::request::is_of_who_asks(&event.command);
    if has_it || had_it { shown.organisation_name(by).to_owned() } else { String::new() }
}

//! Quotas on the pages: which one is used up and until when, and the alerts that a manager reads on *Comptes*.

use matcher::Department;
use maud::{Markup, html};

use super::words::{self, quotas as said};
use crate::db::accounts::SignedInAs;
use crate::db::alerts::StoredAlert;
use crate::domain::ids::AccountId;
use crate::domain::quota::Exceeded;

/// Which quota is used up, until when, and whom to call for whoever cannot wait.
pub(super) fn exceeded(quota: &Exceeded) -> Markup {
    // Whose page this is may not be known here: the clock is said.
    let place = Department::PARIS;
    html! {
        p { (said::used_up(quota.name, quota.of)) }
        p { (said::UNTIL) " " time datetime=(quota.until) { (words::moment(quota.until, place)) } " (" (words::clock_of(place)) ")." }
        @if !quota.call.is_empty() {
            p { (said::CALL_NOW) }
            @for call in &quota.call {
                p { a.button href={ "tel:" (call.phone.as_str()) } { (words::CALL) " " (call.phone.as_read()) } " " (call.name.as_str()) }
            }
        }
    }
}

/// What the managers of an organisation are told of its accounts.
pub(super) fn alerts(told: &[StoredAlert], names: &[(AccountId, SignedInAs)], here: Department) -> Markup {
    let name = |account: AccountId| {
        names.iter().find(|(id, _)| *id == account).map_or(said::FORMER.text(), |(_, name)| name.label.as_str())
    };
    html! {
        @if !told.is_empty() {
            h2 #alertes { (said::ALERTS) }
            p.hint { (said::ALERTS_LEAD) }
            ul.alerts {
                @for StoredAlert { alert, at, .. } in told {
                    li {
                        time datetime=(at) { (words::moment(*at, here)) }
                        " · " strong { (alert.account.map_or(said::WHOLE_ORGANISATION.text(), name)) }
                        " · " (said::told(alert.level, alert.about, alert.used, alert.most))
                    }
                }
            }
        }
    }
}

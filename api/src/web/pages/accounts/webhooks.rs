//! Where the events of tools are sent, for the managers of their organisation: how each fares, and a button by which one goes on that was disabled.

use maud::{Markup, html};

use super::View;
use crate::db::webhooks::StoredWebhook;
use crate::domain::webhook::DisabledBecause;
use crate::web::pages::words::webhooks as said;

impl View<'_> {
    /// Nothing where there is none.
    pub(super) fn webhooks(&self) -> Markup {
        html! {
            @if !self.loaded.webhooks.is_empty() {
                h2 { (said::WEBHOOKS) }
                p.hint { (said::LEAD) }
                ul.plain { @for one in &self.loaded.webhooks { li.card { (self.webhook(one)) } } }
            }
        }
    }

    fn webhook(&self, one: &StoredWebhook) -> Markup {
        let of = self.loaded.tools.iter().find(|tool| tool.caller.account == one.account);
        let label = of.map(|tool| tool.label.as_str()).unwrap_or_default();
        html! {
            h3 { (label) }
            // Behind the path there may be a secret of the receiver's.
            p { (one.declared.url.as_str().split('?').next().unwrap_or_default()) }
            p.hint {
                @match one.last_delivered_at { Some(last) => { (said::LAST_DELIVERED) " " (self.at(last)) }, None => (said::NEVER_DELIVERED) }
                @if let Some(since) = one.failing_since { " · " (said::FAILING_SINCE) " " (self.at(since)) }
            }
            @if let Some((at, because)) = one.disabled {
                p.warning {
                    (said::DISABLED) " " (self.at(at)) " · "
                    @match because { DisabledBecause::Failing => (said::BECAUSE_FAILING), DisabledBecause::Gone => (said::BECAUSE_GONE) }
                }
                div.actions { (self.button(&format!("/comptes/webhooks/{}/reprendre", one.id), said::ENABLE.text(), label)) }
            }
        }
    }
}

//! What a call brought before a place is asked that only a call makes fit: in the words of whoever made it. Nothing is written for them.

use uuid::Uuid;

use crate::domain::Text;
use crate::web::pages::session::Fields;

/// Who answered the phone.
pub(super) const ANSWERED_BY: &str = "answered_by";

/// What was said of a rule, by the field's name.
pub(super) const SAID_OF: &str = "said_of_";

/// What was typed of a call that is no reason yet: it stays in its fields.
#[derive(Default)]
pub(super) struct Call {
    /// Of which place.
    pub(super) vacancy: Option<Uuid>,
    /// By field; those that were left empty are to be filled in.
    pub(super) typed: Vec<(String, String)>,
    /// Why all that was typed cannot be written down as it is.
    pub(super) too_long: bool,
}

impl Call {
    /// As it was typed for a place.
    pub(super) fn of(vacancy: Uuid, fields: &Fields, too_long: bool) -> Self {
        let typed = said(fields).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { vacancy: Some(vacancy), typed, too_long }
    }

    /// What was typed in a field of this place's form.
    pub(super) fn typed(&self, vacancy: Uuid, field: &str) -> Option<&str> {
        let typed = self.typed.iter().filter(|_| self.vacancy == Some(vacancy));
        typed.into_iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

/// The fields in which someone writes what a call brought.
fn said(fields: &Fields) -> impl Iterator<Item = (&str, &str)> {
    fields.each().filter(|(name, _)| *name == ANSWERED_BY || name.starts_with(SAID_OF))
}

/// Why what was typed of a call is no reason yet.
pub(super) enum NotVerified {
    /// A field is empty.
    Missing,
    /// It is longer than a reason is.
    TooLong,
}

/// What a call brought: who answered, and what was said of each rule.
pub(super) fn verified(fields: &Fields) -> Result<Option<Text<500>>, NotVerified> {
    let said: Vec<(&str, &str)> = said(fields).map(|(name, value)| (name, value.trim())).collect();
    if said.is_empty() {
        return Ok(None);
    }
    if said.iter().any(|(_, value)| value.is_empty()) {
        return Err(NotVerified::Missing);
    }
    let who = said.iter().filter(|(name, _)| *name == ANSWERED_BY).map(|(_, value)| (*value).to_owned());
    let what = said.iter().filter(|(name, _)| *name != ANSWERED_BY).map(|(_, value)| (*value).to_owned());
    let reason = who.chain(what).collect::<Vec<_>>().join(" ; ");
    Text::try_from(reason).map(Some).map_err(|_why| NotVerified::TooLong)
}

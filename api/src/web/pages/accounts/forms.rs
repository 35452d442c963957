//! The forms of *Comptes*: their fields, what was typed into one that was refused, and what they say.

use matcher::Code as _;
use maud::{Markup, html};

use super::super::session::Fields;
use super::super::words;
use super::super::words::organisations as said;
use crate::domain::account::SecretDays;
use crate::domain::{Denied, Email, Faults as _, Invitation, List, NewApiClient, Roles, Text};
use crate::limits::{SECRET_DAYS_DEFAULT, SECRET_DAYS_MAX};
use crate::web::problem::{Code, Problem};

/// What was typed into a form that was refused, and why: nothing of the others.
#[derive(Clone, Copy, Default)]
pub(super) struct Typed<'t> {
    /// The invitation.
    pub(super) invitation: Refused<'t>,
    /// The new tool.
    pub(super) tool: Refused<'t>,
}

/// A form that was refused, if it was.
#[derive(Clone, Copy, Default)]
pub(super) struct Refused<'t>(pub(super) Option<(&'t Fields, &'t Problem)>);

impl<'t> Refused<'t> {
    pub(super) fn text(self, name: &str) -> Option<&'t str> {
        self.0.and_then(|(fields, _)| fields.text(name))
    }

    /// Whether a code was ticked; none where nothing was sent.
    pub(super) fn ticked(self, name: &str, code: &str) -> Option<bool> {
        self.0.map(|(fields, _)| fields.all(name).any(|ticked| ticked == code))
    }

    /// What is said beside a field that is wrong; an address that is another's is wrong in another way.
    pub(super) fn why(self, pointer: &str, wrong: &'static str) -> Option<&'static str> {
        let (_, problem) = self.0?;
        let is_wrong = problem.wrong_fields().any(|(at, _)| at == pointer || at.starts_with(&format!("{pointer}/")));
        is_wrong.then_some(if problem.code() == Code::EmailTaken { said::ADDRESS_TAKEN.text() } else { wrong })
    }
}

/// A box for each role that may be given or taken; those beside them go along as they are.
pub(super) fn role_boxes(may_give: Roles, has: Roles, typed: Refused<'_>) -> Markup {
    html! {
        fieldset.boxes {
            legend { (words::ROLES) }
            (why(typed.why("/roles", said::NO_ROLE.text()), "roles-why"))
            @for role in may_give.iter() {
                @let is_ticked = typed.ticked("roles", role.as_str()).unwrap_or_else(|| has.contains(role));
                label.box { input type="checkbox" name="roles" value=(role.as_str()) checked[is_ticked]; (words::label(role)) }
            }
            @for role in has.iter().filter(|role| !may_give.contains(*role)) { input type="hidden" name="roles" value=(role.as_str()); }
        }
    }
}

/// What is said beside a field that is wrong.
pub(super) fn why(wrong: Option<&str>, id: &str) -> Markup {
    html! { @if let Some(wrong) = wrong { span.error id=(id) { (wrong) } } }
}

/// A line to type, with what was typed, and what is wrong with it.
pub(super) fn line(id: &str, name: &str, label: &str, sort: &str, (typed, wrong): (Refused<'_>, &'static str)) -> Markup {
    let (is_wrong, why_id) = (typed.why(&format!("/{name}"), wrong), format!("{id}-why"));
    let most = (sort == "text").then_some("100");
    html! {
        div.field {
            label for=(id) { (label) }
            input id=(id) name=(name) type=(sort) value=(typed.text(name).unwrap_or_default()) autocomplete="off" maxlength=[most] required aria-invalid=[is_wrong.map(|_| "true")] aria-describedby=[is_wrong.map(|_| why_id.as_str())];
            (why(is_wrong, &why_id))
        }
    }
}

/// Who is invited, where, and to what.
pub(super) fn invitation_fields(may_give: Roles, has: Roles, typed: Refused<'_>) -> Markup {
    html! {
        (line("email", "email", words::ADDRESS.text(), "email", (typed, said::NO_SUCH_ADDRESS.text())))
        (line("label", "label", words::PERSON_NAME.text(), "text", (typed, said::NO_NAME.text())))
        (role_boxes(may_give, has, typed))
    }
}

/// For how many days.
pub(super) fn days_field(id: &str, typed: Refused<'_>) -> Markup {
    let (most, usual) = (SECRET_DAYS_MAX, SECRET_DAYS_DEFAULT);
    let (wrong, why_id) = (typed.why("/valid_days", said::NO_DAYS.text()), format!("{id}-why"));
    let value = typed.text("valid_days").map_or_else(|| usual.to_string(), ToOwned::to_owned);
    html! {
        div.field {
            label for=(id) { (words::SECRET_DAYS) }
            input id=(id) name="valid_days" type="number" min="1" max=(most) value=(value) aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| why_id.as_str())];
            (why(wrong, &why_id))
        }
    }
}

/// The codes of all boxes of a name that are ticked.
pub(super) fn ticked<C: matcher::Code, const MAX: usize>(fields: &Fields, name: &str) -> Result<List<C, 1, MAX>, Problem> {
    let read = |text: &str| C::ALL.iter().copied().find(|code| code.as_str() == text).ok_or_else(|| format!("`{text}` is none"));
    let codes: Result<Vec<C>, String> = fields.all(name).map(read).collect();
    codes.and_then(List::new).map_err(|why| Problem::field(Code::InvalidBody, name, why))
}

/// A line that was typed.
pub(super) fn text(fields: &Fields, name: &str) -> Result<Text<100>, Problem> {
    let typed = fields.text(name).unwrap_or_default().to_owned();
    Text::try_from(typed).map_err(|why| Problem::field(Code::InvalidBody, name, why))
}

/// What the form of an invitation says.
pub(super) fn invitation(fields: &Fields) -> Result<Invitation, Problem> {
    let typed = fields.text("email").unwrap_or_default().to_owned();
    let email = Email::try_from(typed).map_err(|why| Problem::field(Code::InvalidBody, "email", why))?;
    let said = Invitation { email, label: text(fields, "label")?, roles: ticked(fields, "roles")? };
    let faults = said.faults();
    if faults.is_empty() { Ok(said) } else { Err(Denied::Contradiction(faults).into()) }
}

/// For how many days a secret is to be good.
pub(super) fn days(fields: &Fields) -> Result<SecretDays, Problem> {
    let Some(typed) = fields.text("valid_days") else { return Ok(SecretDays::default()) };
    let days = typed.parse::<f64>().map_err(|_error| "must be a whole number".to_owned());
    days.and_then(SecretDays::try_from).map_err(|why| Problem::field(Code::InvalidBody, "valid_days", why))
}

/// What the form of a new tool says.
pub(super) fn new_tool(fields: &Fields) -> Result<NewApiClient, Problem> {
    Ok(NewApiClient { label: text(fields, "label")?, scopes: ticked(fields, "scopes")?, valid_days: days(fields)? })
}

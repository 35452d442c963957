//! The forms of *Orientations*, as they are sent and as they come back: each with what was typed, and what is wrong beside its field.

use actix_web::http::StatusCode;
use matcher::{Code as _, Condition, Door, Rule, UnlawfulCondition};
use maud::{Markup, html};
use uuid::Uuid;

use super::super::session::Fields;
use super::super::{Viewer, explained, words};
use super::PATH;
use crate::domain::referral::CallBackKind;
use crate::domain::{Faults as _, Refusal, RefusalCode, RefusalParty, Text};
use crate::web::http::referrals::ReferralRecord;
use crate::web::problem::{Code, Problem};

/// A field and what is wrong with it; the form as a whole where there is no name.
pub type Wrong = (&'static str, &'static str);

/// A form that did not go through.
pub struct Refused<'f> {
    /// The record it is about.
    about: Uuid,
    /// Which of its forms.
    form: &'static str,
    /// Whether it is one of those that who asks is shown: one organisation may stand on both sides.
    is_asking: bool,
    fields: &'f Fields,
    wrong: Vec<Wrong>,
    rules: Vec<Rule>,
}

/// The field that tells the forms of who asks from those of who answers.
const SIDE: &str = "side";

impl<'f> Refused<'f> {
    /// One with these fields wrong.
    pub fn new(about: Uuid, form: &'static str, fields: &'f Fields, wrong: Vec<Wrong>) -> Self {
        Self { about, form, is_asking: fields.has(SIDE), fields, wrong, rules: Vec::new() }
    }

    /// One that a command refused; of the fields that it names what is wrong with each, as `known` has it.
    pub fn by(problem: &Problem, about: Uuid, form: &'static str, fields: &'f Fields, known: &[(&str, Wrong)]) -> Self {
        let named = known.iter().filter(|(pointer, _)| problem.wrong_fields().any(|(wrong, _)| wrong == *pointer));
        let mut wrong: Vec<Wrong> = named.map(|(_, wrong)| *wrong).collect();
        if wrong.is_empty() {
            wrong.push(("", explained(problem).1));
        }
        Self { about, form, is_asking: fields.has(SIDE), fields, wrong, rules: problem.rules().to_vec() }
    }

    /// Where on the page it is.
    pub fn anchor(&self) -> String {
        anchor(self.is_asking, self.form, self.about)
    }

    /// What is wrong first of all.
    pub fn first(&self) -> &'static str {
        self.wrong.first().map_or(words::WRONG_FIELD.text(), |(_, why)| *why)
    }
}

fn anchor(is_asking: bool, form: &str, about: Uuid) -> String {
    if is_asking { format!("r-{form}-{about}") } else { format!("{form}-{about}") }
}

/// Whether a refusal is said on the page itself, beside the form; a record that is not there and a page of another session are not.
pub fn stays_on_page(problem: &Problem) -> bool {
    let status = problem.code().status();
    let is_of_form = [StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED, StatusCode::UNPROCESSABLE_ENTITY].contains(&status);
    is_of_form && problem.code() != Code::IdempotencyKeyReused
}

/// A form of a record: what it carries, and how it came back if it did.
pub struct Form<'a> {
    viewer: &'a Viewer,
    about: Uuid,
    form: &'static str,
    act: &'static str,
    refused: Option<&'a Refused<'a>>,
    is_asking: bool,
    by_phone: bool,
    /// The path of the record.
    base: String,
}

impl<'a> Form<'a> {
    /// The form of an act on a referral.
    pub fn new(viewer: &'a Viewer, referral: &ReferralRecord, act: &'static str, refused: Option<&'a Refused<'a>>) -> Self {
        Self::about(viewer, referral.id.0, act, act, refused)
    }

    /// One of several forms of an act.
    pub fn about(viewer: &'a Viewer, about: Uuid, form: &'static str, act: &'static str, refused: Option<&'a Refused<'a>>) -> Self {
        let refused = refused.filter(|refused| refused.about == about && refused.form == form && !refused.is_asking);
        Self { viewer, about, form, act, refused, is_asking: false, by_phone: false, base: format!("{PATH}/{about}") }
    }

    /// The form of an act on a referral, of who asks.
    pub fn asking(viewer: &'a Viewer, referral: &ReferralRecord, act: &'static str, refused: Option<&'a Refused<'a>>) -> Self {
        let form = Self::new(viewer, referral, act, None);
        let refused = refused.filter(|refused| refused.about == referral.id.0 && refused.form == act && refused.is_asking);
        Self { refused, is_asking: true, ..form }
    }

    /// The same below another path.
    pub fn below(self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self }
    }

    /// The same of who asks, that writes down what came by phone.
    pub fn told_by_phone(self) -> Self {
        Self { by_phone: true, ..self }
    }

    /// Where on the page it is.
    pub fn id(&self) -> String {
        anchor(self.is_asking, self.form, self.about)
    }

    /// Where it is sent.
    pub fn action(&self) -> String {
        format!("{}/{}", self.base, self.act)
    }

    /// Whether it came back.
    pub fn is_back(&self) -> bool {
        self.refused.is_some()
    }

    /// The rules that stand in its way, if some do.
    pub fn rules(&self) -> &[Rule] {
        self.refused.map(|refused| refused.rules.as_slice()).unwrap_or_default()
    }

    /// What it carries, and what is wrong with it as a whole.
    pub fn head(&self) -> Markup {
        let whole = self.refused.into_iter().flat_map(|refused| refused.wrong.iter().filter(|(name, _)| name.is_empty()));
        html! {
            (self.viewer.hidden())
            @if self.form != self.act { input type="hidden" name="form_of" value=(self.form); }
            @if self.is_asking { input type="hidden" name=(SIDE) value="asking"; }
            @if self.by_phone { input type="hidden" name="by_phone" value="yes"; }
            @for (_, why) in whole { p.error { (why) } }
            @if !self.rules().is_empty() { ul { @for rule in self.rules() { li { (words::label(*rule)) } } } }
        }
    }

    /// What stands in a field.
    pub fn typed(&self, name: &str, offered: &str) -> String {
        self.refused.map_or_else(|| offered.to_owned(), |refused| refused.fields.text(name).unwrap_or_default().to_owned())
    }

    fn wrong(&self, name: &str) -> Vec<&'static str> {
        let all = self.refused.into_iter().flat_map(|refused| refused.wrong.iter());
        all.filter(|(field, _)| *field == name).map(|(_, why)| *why).collect()
    }

    /// A labelled field with what was typed, and what is wrong with it.
    pub fn field(&self, (name, label): (&str, &str), kind: &str, offered: &str, is_required: bool) -> Markup {
        let (id, wrong) = (format!("{}-{name}", self.id()), self.wrong(name));
        let described = (!wrong.is_empty()).then(|| format!("{id}-erreur"));
        html! {
            div.field {
                label for=(id) { (label) }
                input id=(id) type=(kind) name=(name) value=(self.typed(name, offered)) required[is_required] aria-invalid=[described.as_ref().map(|_| "true")] aria-describedby=[described.as_ref()];
                (self.error(name))
            }
        }
    }

    /// The same where one of several is chosen: `(value, label)`.
    pub fn choice(&self, (name, label): (&str, &str), choices: &[(&str, &str)]) -> Markup {
        let (id, chosen) = (format!("{}-{name}", self.id()), self.typed(name, ""));
        html! {
            div.field {
                label for=(id) { (label) }
                select id=(id) name=(name) { @for (value, label) in choices { option value=(value) selected[*value == chosen] { (label) } } }
                (self.error(name))
            }
        }
    }

    /// What is wrong with a field.
    pub fn error(&self, name: &str) -> Markup {
        let wrong = self.wrong(name);
        html! { @if !wrong.is_empty() { p.error id=(format!("{}-{name}-erreur", self.id())) { @for why in wrong { (why) " " } } } }
    }

    /// The form behind a fold that is open when it came back.
    pub fn folded(&self, summary: &str, body: &Markup) -> Markup {
        html! {
            details id=(self.id()) open[self.is_back()] {
                summary.button { (summary) }
                form method="post" action=(self.action()) { (self.head()) (body) }
            }
        }
    }

    /// The form as one button.
    pub fn tap(&self, name: &str, is_strong: bool) -> Markup {
        html! { form.tap id=(self.id()) method="post" action=(self.action()) { (self.head()) button.strong[is_strong] type="submit" { (name) } } }
    }
}

/// The reasons of a place, as its door and safety allow: where somebody is near whom these people must not meet, none that the next ranking
/// would belie.
pub fn reasons(referral: &ReferralRecord) -> Vec<RefusalCode> {
    let behind_acse = [RefusalCode::NoLocalDanger, RefusalCode::FactsNotEstablished];
    let reasons = RefusalParty::Structure.codes().iter().copied();
    let reasons = reasons.filter(|code| referral.door == Door::Acse || !behind_acse.contains(code));
    let hides = |code: &RefusalCode| Refusal::by_structure(*code).hides_safety().is_ok();
    reasons.filter(|code| referral.safety_call.is_none() || hides(code)).collect()
}

/// No, with every reason there is: those that need no more are one tap each, beside the others stands what they need.
pub fn refusal_fields(form: &Form<'_>, referral: &ReferralRecord) -> Markup {
    let needs_more = [RefusalCode::ConditionNotMet, RefusalCode::CareNotAvailable, RefusalCode::Other];
    let (more, plain): (Vec<_>, Vec<_>) = reasons(referral).into_iter().partition(|code| needs_more.contains(code));
    let lawful: Vec<_> = Condition::ALL.iter().map(|code| (format!("l.{}", code.as_str()), words::label(*code))).collect();
    let unlawful: Vec<_> =
        UnlawfulCondition::ALL.iter().map(|code| (format!("u.{}", code.as_str()), words::label(*code))).collect();
    let (id, chosen) = (format!("{}-condition", form.id()), form.typed("condition", ""));
    let option = |(value, label): &(String, &str)| html! { option value=(value) selected[*value == chosen] { (label) } };
    html! {
        p { (words::WHY_NO) } (form.error("code"))
        div.reasons { @for code in plain { button type="submit" name="code" value=(code.as_str()) { (words::label(code)) } } }
        (form.field(("text", words::orientations::IN_WORDS.text()), "text", "", false))
        div.field {
            label for=(id) { (words::orientations::WHICH_CONDITION) }
            select id=(id) name="condition" {
                option value="" { "—" }
                optgroup label=(words::orientations::LAWFUL) { @for one in &lawful { (option(one)) } }
                optgroup label=(words::orientations::UNLAWFUL) { @for one in &unlawful { (option(one)) } }
            }
            (form.error("condition"))
        }
        div.reasons { @for code in more { button type="submit" name="code" value=(code.as_str()) { (words::label(code)) } } }
        (person_reasons())
    }
}

/// The reasons of the people.
pub fn person_reasons() -> Markup {
    html! {
        p { (words::orientations::OF_PERSON) (words::COLON) }
        div.reasons { @for code in RefusalParty::Person.codes() { button type="submit" name="person" value=(code.as_str()) { (words::label(*code)) } } }
    }
}

/// The refusal that was chosen, or what is wrong with it.
pub fn refusal(fields: &Fields) -> Result<Refusal, Vec<Wrong>> {
    let known = |name: &str| {
        let given = fields.text(name)?;
        RefusalCode::ALL.iter().copied().find(|code| code.as_str() == given)
    };
    let (party, code) = match (known("person"), known("code")) {
        (Some(code), _) => (RefusalParty::Person, code),
        (None, Some(code)) => (RefusalParty::Structure, code),
        (None, None) => return Err(vec![("code", words::orientations::CHOOSE_REASON.text())]),
    };
    let text = words_of(fields, "text")?;
    let (mut condition, mut unlawful_condition) = (None, None);
    if code == RefusalCode::ConditionNotMet {
        let chosen = fields.text("condition").unwrap_or_default();
        condition = chosen.strip_prefix("l.").and_then(|code| Condition::ALL.iter().copied().find(|known| known.as_str() == code));
        let unlawful = chosen.strip_prefix("u.");
        unlawful_condition = unlawful.and_then(|code| UnlawfulCondition::ALL.iter().copied().find(|known| known.as_str() == code));
    }
    let refusal = Refusal { party, code, text, condition, unlawful_condition, effect: None, until: None };
    let wrong: Vec<Wrong> = refusal.faults().iter().map(|(field, _)| beside(field)).collect();
    if wrong.is_empty() { Ok(refusal) } else { Err(wrong) }
}

/// What a few words say, if there are any.
pub fn words_of<const MAX: usize>(fields: &Fields, name: &'static str) -> Result<Option<Text<MAX>>, Vec<Wrong>> {
    let typed = fields.text(name).map(|typed| Text::try_from(typed.to_owned())).transpose();
    typed.map_err(|_why| vec![(name, words::orientations::TOO_LONG.text())])
}

fn beside(field: &str) -> Wrong {
    match field {
        "text" => ("text", words::orientations::SAY_IN_WORDS.text()),
        "condition" => ("condition", words::orientations::CHOOSE_CONDITION.text()),
        _ => ("code", words::orientations::CHOOSE_REASON.text()),
    }
}

/// The fields of a refusal that a command may name.
pub fn of_refusal() -> [(&'static str, Wrong); 3] {
    [
        ("/refusal/code", ("code", words::orientations::REASON_BELIED.text())),
        ("/refusal/text", ("text", words::orientations::SAY_IN_WORDS.text())),
        ("/refusal/condition", ("condition", words::orientations::CHOOSE_CONDITION.text())),
    ]
}

/// Who calls whom, at which number, when.
pub fn call_fields(form: &Form<'_>, may_announce: bool) -> Markup {
    let kinds = [
        (CallBackKind::CallUs.as_str(), words::orientations::CALL_US.text()),
        (CallBackKind::WeCall.as_str(), words::orientations::WE_CALL.text()),
    ];
    html! {
        @if may_announce {
            (form.choice(("kind", words::orientations::WHO_CALLS.text()), &kinds))
            (form.field(("at", words::orientations::CALL_AT.text()), "datetime-local", "", false))
        }
        (form.field(("phone", words::orientations::AT_NUMBER.text()), "tel", "", false))
        button type="submit" { (words::CALL_ME) }
    }
}

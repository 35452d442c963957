//! The one place where the domain's refusals meet HTTP: each with its code and with what to do about it.

use std::borrow::Cow;

use super::problem::{Code, Problem};
use crate::domain::ReferralState;
use crate::domain::denied::{Denied, PlanDenied, PlanPart, WebhookDenied, What, WhyNotPlanned, WhyTooLate};
use crate::domain::quota::Whose;
use crate::limits;

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let code = code(&denied);
        match denied {
            Denied::Contradiction(fields) => Self::fields(code, fields),
            Denied::NameTaken => Self::field(code, "name", advice(&denied)),
            Denied::RolesNotGiven(_) => Self::field(code, "roles", advice(&denied)),
            Denied::EmailTaken => Self::field(code, "email", advice(&denied)),
            Denied::FewerThanHeld => Self::field(code, "beds", advice(&denied)),
            Denied::CodeNotValid => Self::field(code, "code", advice(&denied)),
            Denied::Webhook(WebhookDenied::UrlNotAllowed(_)) => Self::field(code, "url", advice(&denied)),
            Denied::UndoTooLate(WhyTooLate::ReasonNeeded) => Self::field(code, "reason", advice(&denied)),
            Denied::Plan(PlanDenied::CannotPlan(_, ref entries) | PlanDenied::NoSuchLine(ref entries)) => {
                let named = entries.iter().take(limits::WRONG_ENTRIES_NAMED);
                Self::fields(code, named.map(|at| (format!("request_ids[{at}]"), advice(&denied).into_owned())))
            }
            Denied::QuotaExceeded(ref quota) => Self::new(code, advice(&denied)).with_quota(quota.clone()),
            Denied::NotEligible(ref rules) => Self::new(code, advice(&denied)).with_rules(rules.clone()),
            _ => Self::new(code, advice(&denied)),
        }
    }
}

/// The code each is answered with.
fn code(denied: &Denied) -> Code {
    match denied {
        Denied::NotFound(_) => Code::NotFound,
        Denied::Contradiction(_) => Code::Contradiction,
        Denied::NothingSeen => Code::IfMatchMissing,
        Denied::ChangedSince => Code::EtagMismatch,
        Denied::KeyReused => Code::IdempotencyKeyReused,
        Denied::NameTaken => Code::NameTaken,
        Denied::RolesNotGiven(_) => Code::RoleNotGiven,
        Denied::EmailTaken => Code::EmailTaken,
        Denied::AccountEnded => Code::AccountEnded,
        Denied::InvitationAccepted => Code::InvitationAccepted,
        Denied::TooManySecrets => Code::TooManySecrets,
        Denied::SecretEnded => Code::SecretEnded,
        Denied::MadeByOperator => Code::MadeByOperator,
        Denied::NumberTaken => Code::NumberTaken,
        Denied::NotContested => Code::NotContested,
        Denied::NothingToVouchFor | Denied::NotVouchedFor | Denied::OwnChange | Denied::ChangeDecided => {
            code_of_words_of_others(denied)
        }
        Denied::FewerThanHeld | Denied::BedsHeld | Denied::FewerFree(_) => Code::BedsHeld,
        Denied::VacancyWithdrawn => Code::VacancyWithdrawn,
        Denied::UnitEnded => Code::UnitEnded,
        Denied::StructureEnded => Code::StructureEnded,
        Denied::PeopleThere => Code::PeopleThere,
        Denied::TooManyVacancies => Code::TooManyVacancies,
        Denied::RequestClosed => Code::RequestClosed,
        Denied::RequestPlaced => Code::RequestPlaced,
        Denied::NotEligible(_) => Code::NotEligible,
        Denied::NoBedLeft => Code::NoBedLeft,
        Denied::TooManyReferrals => Code::TooManyReferrals,
        Denied::TooManyHolds(_) => Code::TooManyHolds,
        Denied::AlreadyAsked => Code::AlreadyAsked,
        Denied::NoHoldBeforeAnswer => Code::NoHoldBeforeAnswer,
        Denied::UndoTooLate(_) => Code::UndoTooLate,
        Denied::NothingToContradict => Code::NothingToContradict,
        Denied::NothingToNote => Code::NothingToNote,
        Denied::AddressNotGiven => Code::AddressNotGiven,
        Denied::AddressShown => Code::AddressShown,
        Denied::AssessmentMissing => Code::AssessmentMissing,
        Denied::AuthorityNotTold => Code::AuthorityNotTold,
        Denied::RequestNotClosed => Code::RequestNotClosed,
        Denied::NotLent => Code::NotLent,
        Denied::TooManyNotes => Code::TooManyNotes,
        Denied::NothingToLift => Code::NothingToLift,
        Denied::InState(state) => in_state(*state),
        Denied::RegulatorAnswers
        | Denied::AddresseeAnswers
        | Denied::NotTheirPlace
        | Denied::NotTheirRequest
        | Denied::NotTheirCommand => Code::RoleNotAllowed,
        Denied::CodeNotValid => Code::CodeNotValid,
        Denied::TooManyLinks => Code::TooManyLinks,
        Denied::LinkEnded => Code::LinkEnded,
        Denied::KeptApart => Code::KeptApart,
        Denied::MailedLinkExpired => Code::LinkExpired,
        Denied::SessionNeeded => Code::Unauthenticated,
        Denied::QuotaExceeded(_) => Code::QuotaExceeded,
        Denied::Plan(denied) => of_plan(denied),
        Denied::Webhook(denied) => of_webhook(*denied),
    }
}

/// The same of what is said about webhooks.
fn of_webhook(denied: WebhookDenied) -> Code {
    match denied {
        WebhookDenied::UrlNotAllowed(_) => Code::UrlNotAllowed,
        WebhookDenied::NothingToFollow => Code::NothingToFollow,
        WebhookDenied::TooMany => Code::TooManyWebhooks,
        WebhookDenied::Ended => Code::WebhookEnded,
        WebhookDenied::Disabled => Code::WebhookDisabled,
        WebhookDenied::NotDisabled => Code::WebhookNotDisabled,
    }
}

/// The same of what is said about plans.
fn of_plan(denied: &PlanDenied) -> Code {
    match denied {
        PlanDenied::CannotPlan(WhyNotPlanned::NotThere, _) => Code::NoSuchRequest,
        PlanDenied::CannotPlan(WhyNotPlanned::Closed, _) => Code::RequestClosed,
        PlanDenied::CannotPlan(WhyNotPlanned::Placed, _) => Code::RequestPlaced,
        PlanDenied::CannotPlan(WhyNotPlanned::Held, _) => Code::RequestHeld,
        PlanDenied::TooLarge(_) => Code::PlanTooLarge,
        PlanDenied::Running => Code::PlanRunning,
        PlanDenied::Failed => Code::PlanFailed,
        PlanDenied::NoSuchLine(_) => Code::NoSuchLine,
        PlanDenied::LineConfirmed(_) => Code::LineConfirmed,
        PlanDenied::LineUnreadable => Code::Internal,
    }
}

/// The same where somebody else's word is lacking, or is there already.
fn code_of_words_of_others(denied: &Denied) -> Code {
    match denied {
        Denied::NothingToVouchFor => Code::NothingToVouchFor,
        Denied::OwnChange => Code::OwnChange,
        Denied::ChangeDecided => Code::ChangeDecided,
        _ => Code::NotVouchedFor,
    }
}

/// What to do about an edit that does not say of what, or a key that says two things.
fn advice_on_edits(denied: &Denied) -> &'static str {
    match denied {
        Denied::NothingSeen => "Read the record and send its ETag in `If-Match`.",
        Denied::ChangedSince => "Someone edited the record in between. Read it again and repeat the edit on what it says now.",
        _ => "You used this Idempotency-Key in the last 24 hours for another command. Send a new key with a new command.",
    }
}

/// What to do about each; where fields are named, what is wrong with each.
fn advice(denied: &Denied) -> Cow<'static, str> {
    let said: &'static str = match denied {
        Denied::NotFound(what) => return not_found(*what).into(),
        Denied::Contradiction(_) => "See the fields that are named.",
        Denied::NothingSeen | Denied::ChangedSince | Denied::KeyReused => advice_on_edits(denied),
        Denied::NameTaken => "another organisation has this name, or one that reads the same; choose one that tells them apart",
        Denied::EmailTaken => "another account has this address; end that one first, or invite to another address",
        Denied::AccountEnded => "Who comes back is invited anew.",
        Denied::InvitationAccepted => "They sign in, or choose a new password.",
        Denied::SecretEnded => "Make a new one.",
        Denied::MadeByOperator => "It acts in a role and not by scopes: who runs the service renews it. You may revoke it.",
        Denied::NumberTaken => "Another structure of your organisation has this FINESS or SIRET: a number names one structure.",
        Denied::NotContested => "No other organisation gives its FINESS or SIRET, or somebody has decided already.",
        Denied::FewerThanHeld => "fewer than the beds held now; free them first",
        Denied::BedsHeld => "Beds of this vacancy are held; free them first.",
        Denied::VacancyWithdrawn => "Its association took it back. Rank again, or declare a new one.",
        Denied::UnitEnded | Denied::StructureEnded => "Its association ended it. Add a new one.",
        Denied::PeopleThere => "Wait until nobody is expected or lives there, or write down that they have left.",
        Denied::RequestClosed => "It was closed. Reopen it: it has its seniority.",
        Denied::RequestPlaced => "End the stay first, or write a new request.",
        Denied::NotEligible(rules) if rules.is_empty() => "Ask those who wrote the request for the reason.",
        Denied::NoBedLeft => "Others hold them or have them. Rank again: the next proposal may still be free.",
        Denied::AlreadyAsked => "An open referral of this request asks for this vacancy; read it, or withdraw it first.",
        Denied::NoHoldBeforeAnswer => "Ask without `hold`: this place keeps a bed once it has answered.",
        Denied::UndoTooLate(why) => advice_on_undo(*why),
        Denied::NotTheirCommand => "The organisation that gave the last command takes it back.",
        Denied::NothingToContradict => "Only what was written down after a phone call is contradicted, and once.",
        Denied::NothingToNote => "A call is noted as made once, and that one knows how a referral ended once. Read the referral.",
        Denied::AddressNotGiven => {
            "Go to the meeting point, or call: it is shown where the structure chose so and said yes itself."
        }
        Denied::AddressShown => "Each account sees it once: look where you wrote it down, or call.",
        Denied::AssessmentMissing => "Record in `lone_minors` of the request who decided, when, and what the child thinks of it.",
        Denied::AuthorityNotTold => {
            "Tell child protection (119) or the prosecutor's office, or try, and record in `told` of `lone_minors` whom and when."
        }
        Denied::RequestNotClosed => "It looks for a place, or has one.",
        Denied::NotLent => "It is in the hands of its own organisation.",
        Denied::NotTheirRequest => {
            "It was lent to you: the organisation whose request it is lends it to another, and agrees to the end of a link."
        }
        Denied::NothingToLift => "Only what the person refused is lifted, once.",
        Denied::InState(_) => "This command does not start from there; read the referral to see what does.",
        Denied::CodeNotValid => "no such code, or it was used, has run out, or is of this very request",
        Denied::KeptApart => "Call the coordination (`safety_call`), then decline with a reason that those who asked may read.",
        Denied::LinkEnded => "It no longer keeps anyone apart.",
        Denied::MailedLinkExpired => "Sign in to open the referral; a later mail brings a new link.",
        Denied::NothingToVouchFor
        | Denied::OwnChange
        | Denied::ChangeDecided
        | Denied::NotVouchedFor
        | Denied::RegulatorAnswers
        | Denied::AddresseeAnswers
        | Denied::NotTheirPlace => advice_on_words_of_others(denied),
        Denied::SessionNeeded => "Sign in, or have this telephone remembered.",
        Denied::RolesNotGiven(_)
        | Denied::TooManySecrets
        | Denied::FewerFree(_)
        | Denied::TooManyVacancies
        | Denied::NotEligible(_)
        | Denied::TooManyReferrals
        | Denied::TooManyHolds(_)
        | Denied::TooManyNotes
        | Denied::QuotaExceeded(_)
        | Denied::TooManyLinks => return with_figures(denied).unwrap_or_default().into(),
        Denied::Plan(denied) => return advice_on_plan(denied),
        Denied::Webhook(denied) => return advice_on_webhook(*denied),
    };
    said.into()
}

/// What is not there, or not to be seen.
fn not_found(what: What) -> String {
    let what = match what {
        What::Record => "record",
        What::Vacancy => "vacancy",
        What::Link => "link",
    };
    Problem::not_found(what).detail().to_owned()
}

/// What to do where it takes somebody else's word, or that is there already.
fn advice_on_words_of_others(denied: &Denied) -> &'static str {
    match denied {
        Denied::RegulatorAnswers => "The regulator of its door answers this one; tell it.",
        Denied::AddresseeAnswers => "The addressee answers. What it said on the phone is written down with `by_phone`: true.",
        Denied::NotTheirPlace => "Only the organisation that runs the place says what is free there.",
        Denied::NothingToVouchFor => "What stands was vouched for, and no edit waits. Read what waits again.",
        Denied::OwnChange => {
            "Another administrator gives the second word; where there is none, who runs the service does (`havre admin approve`)."
        }
        Denied::ChangeDecided => "It was decided, approved or proved before. Read what waits again.",
        _ => "Ask without `hold`, or call the SIAO of the department: once it has vouched for the home a bed can be held.",
    }
}

/// What is said with a number or with names; none of the others.
fn with_figures(denied: &Denied) -> Option<String> {
    Some(match denied {
        Denied::RolesNotGiven(roles) => {
            let names: Vec<_> = roles.iter().map(|role| matcher::Code::as_str(*role)).collect();
            format!("not yours to give or take there: {}", names.join(", "))
        }
        Denied::NotEligible(rules) => {
            let names: Vec<_> = rules.iter().map(|rule| matcher::Code::as_str(*rule)).collect();
            format!("It fails: {}.", names.join(", "))
        }
        Denied::TooManySecrets => format!("At most {} are good at once: end one that is no longer used.", limits::SECRETS_AT_ONCE),
        Denied::FewerFree(free) => format!("{free} of its beds are not held."),
        Denied::TooManyVacancies => format!("A unit has at most {}; withdraw some.", limits::VACANCIES_PER_UNIT_MAX),
        Denied::TooManyReferrals => format!("At most {} are open at once; withdraw one.", limits::OPEN_REFERRALS_MAX),
        Denied::TooManyHolds(most) => format!("At most {most} at this urgency; ask without `hold`, or withdraw one."),
        Denied::TooManyNotes => format!("A request has at most {}.", limits::NOTES_MAX),
        Denied::QuotaExceeded(quota) => {
            let whose = match quota.of {
                Whose::Account => "this account",
                Whose::Organisation => "all accounts of its organisation together",
            };
            let call: Vec<_> = quota.call.iter().map(|call| format!("{} {}", call.name.as_str(), call.phone.as_str())).collect();
            let call =
                if call.is_empty() { String::new() } else { format!(" Nobody has to wait outside: call {}.", call.join(", ")) };
            let name = matcher::Code::as_str(quota.name);
            format!("The quota `{name}` of {whose} is used up until {}. Nothing was done.{call}", quota.until)
        }
        Denied::TooManyLinks => format!("At most {}; end some.", limits::KEEP_APART_LINKS_MAX),
        _ => return None,
    })
}

/// Why a command is not taken back.
fn advice_on_undo(why: WhyTooLate) -> &'static str {
    match why {
        WhyTooLate::NothingThere => {
            "There is no command to take back: a question is withdrawn, and neither an expiry nor something taken back comes back."
        }
        WhyTooLate::Over => "The day after it is over.",
        WhyTooLate::ReasonNeeded => "the first minutes have passed: say why it is taken back",
        WhyTooLate::Followed => "A later command has changed the request's state or another of its referrals.",
    }
}

/// The same for webhooks.
fn advice_on_webhook(denied: WebhookDenied) -> Cow<'static, str> {
    match denied {
        WebhookDenied::UrlNotAllowed(why) => why.to_string().into(),
        WebhookDenied::NothingToFollow => {
            "A webhook sends what a tool may follow: give it another tool, with the scope `events` and those it is to read.".into()
        }
        WebhookDenied::TooMany => {
            format!("An organisation has at most {}: delete one that is no longer used.", limits::WEBHOOKS_MAX).into()
        }
        WebhookDenied::Ended => "Make another; it sends what comes from then on.".into(),
        WebhookDenied::Disabled => "Enable it first: it goes on where it stopped.".into(),
        WebhookDenied::NotDisabled => "It goes on by itself.".into(),
    }
}

/// The same for plans.
fn advice_on_plan(denied: &PlanDenied) -> Cow<'static, str> {
    let said = match denied {
        PlanDenied::CannotPlan(WhyNotPlanned::NotThere, _) => "no request has this id, or it is not yours to plan",
        PlanDenied::CannotPlan(WhyNotPlanned::Closed, _) => "is closed",
        PlanDenied::CannotPlan(WhyNotPlanned::Placed, _) => "has a place",
        PlanDenied::CannotPlan(WhyNotPlanned::Held, _) => "has a bed held for it",
        PlanDenied::TooLarge(PlanPart::Requests) => {
            let most = limits::PLAN_REQUESTS_MAX;
            return format!("More than {most} are open, which is as many as a plan takes; name those to plan.").into();
        }
        PlanDenied::TooLarge(PlanPart::Lines) => {
            return format!("At most {} lines are confirmed at once; name those to confirm.", limits::PLAN_LINES_MAX).into();
        }
        PlanDenied::Running => "Read it until it is `done`, then confirm.",
        PlanDenied::Failed => "There is nothing to confirm. Ask for a new plan.",
        PlanDenied::NoSuchLine(_) => "the plan places no such request of yours",
        PlanDenied::LineUnreadable => {
            "Nothing of this line was done. Call the place, and report the line to whoever runs this service."
        }
        PlanDenied::LineConfirmed(referral) => return format!("It became the referral {referral}.").into(),
    };
    said.into()
}

/// The code that names a state a command does not start from.
fn in_state(state: ReferralState) -> Code {
    match state {
        ReferralState::Asked => Code::ReferralAsked,
        ReferralState::Acknowledged => Code::ReferralAcknowledged,
        ReferralState::Accepted => Code::ReferralAccepted,
        ReferralState::Confirmed => Code::ReferralConfirmed,
        ReferralState::Arrived => Code::ReferralArrived,
        ReferralState::Ended => Code::ReferralEnded,
        ReferralState::Declined => Code::ReferralDeclined,
        ReferralState::Superseded => Code::ReferralSuperseded,
        ReferralState::NoShow => Code::ReferralNoShow,
        ReferralState::TurnedAway => Code::ReferralTurnedAway,
        ReferralState::Withdrawn => Code::ReferralWithdrawn,
        ReferralState::Expired => Code::ReferralExpired,
    }
}

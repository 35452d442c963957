//! Work beside requests, one set of tasks an instance: what time does, mails, plans. Any number of instances may run it at once.
//!
//! Nothing depends on it for being right: what is overdue is expired for every command and every reading before it comes by.

pub mod anchors;
pub mod lanes;
pub mod mail;
pub mod planning;
pub mod tallies;
pub mod upkeep;
pub mod webhooks;

use std::sync::Arc;

use crate::clock::Instant;
use crate::commands::quotas::{RAISE_ALERT, raise};
use crate::commands::{Service, mailed_links, reevaluation, referrals as commands, time};
use crate::db::accounts::StoredAccount;
use crate::db::jobs::{AccountMail, Job, MailAbout, Reader, TakenJob};
use crate::db::{
    Author, Conn, DbError, Failure, accounts, alerts, idempotency, identities, keep_apart, links, organisations, pending_changes,
    quotas, referrals, remembered_phones, requests, structures, tries, units, webhooks as stored_webhooks,
};
use crate::domain::OrganisationKind;
use crate::domain::four_eyes::Change;
use crate::domain::ids::{AccountId, PendingChangeId, ReferralId, RequestId, StructureId};
use crate::domain::quota::AlertLevel;
use crate::domain::referral::ReferralWarning;
use crate::domain::token::{new_token, token_hash};
use crate::domain::{LinkPurpose, Reach, Referral, ReferralState, RequestState};
use crate::limits;
use crate::metrics::MailOutcome;
use crate::outward::Outward;
use mail::{
    Mail, Mailer, Question, Unsent, compose, compose_address_changes, compose_address_code, compose_alert, compose_contact_code,
    compose_encounter, compose_of_account, compose_reminder_of_request,
};

/// What the work is done with. Cloning it shares it.
#[derive(Clone)]
pub struct Desk {
    /// Commands, and the database.
    pub service: Service,
    /// How mails leave.
    pub mailer: Mailer,
    /// Where the service is reached, for the links in mails; without a slash at the end.
    pub public_url: Arc<str>,
    /// What is sent to where somebody else says.
    pub outward: Outward,
}

impl Desk {
    /// Sends a mail, and counts what became of it.
    fn send(&self, mail: Mail) -> Result<(), Unsent> {
        let sent = self.mailer.send(mail);
        self.service.live().metrics().mailed(match &sent {
            Ok(()) => MailOutcome::Sent,
            Err(Unsent::Later(_)) => MailOutcome::Failed,
            Err(Unsent::Refused(_)) => MailOutcome::Refused,
        });
        sent
    }
}

/// Ends what is overdue, reminds, forgets what is old, and does the jobs that are due, all on this thread.
pub fn do_what_is_due(desk: &Desk) -> Result<(), Failure> {
    time::keep(&desk.service)?;
    forget_old(desk)?;
    lanes::do_jobs(desk)
}

/// Forgets what is old.
fn forget_old(desk: &Desk) -> Result<(), Failure> {
    let db = desk.service.db();
    let now = db.read(|conn| db.pulse(conn))?.now;
    let old = now.plus(-limits::LINK_KEPT);
    db.write_beside(|conn| -> Result<(), DbError> {
        idempotency::forget_old(conn, now)?;
        links::forget_old(conn, old)?;
        remembered_phones::forget_old(conn, now)?;
        identities::forget_old(conn, now)?;
        quotas::forget_old(conn, now)?;
        alerts::forget_old(conn, now, limits::ALERTS_KEPT)?;
        stored_webhooks::forget_old(conn, now.plus(-limits::WEBHOOK_LOG_KEPT))?;
        tries::forget_old(conn, now)
    })?;
    Ok(())
}

fn perform(desk: &Desk, now: Instant, job: &TakenJob) -> Result<(), String> {
    let task = job.task.ok_or_else(|| "a newer program wrote it, and does it".to_owned())?;
    let (referral, about) = match task {
        Job::Mail { referral, about } => (referral, about),
        Job::RemindOfRequest { request } => return remind_of_request(desk, job, request),
        Job::ForgetKey { request } => return desk.service.db().keys().forget(&[request]).map_err(|error| error.to_string()),
        Job::Encounter { referral } => return tell_of_encounter(desk, now, job, referral),
        Job::TellAccount { account, about } => return tell_account(desk, now, job, account, about),
        Job::RaiseAlert { alert } => {
            let raised = desk.service.write(Author::service(RAISE_ALERT), |turn| raise(turn, &alert));
            return raised.map_err(|failure| format!("{failure:?}"));
        }
        Job::AlertCoordination { level } => return alert_coordination(desk, job, level),
        Job::ProveAddress { change } => return about_address(desk, job, change, true),
        Job::ProveContact { structure } => return prove_contact(desk, job, structure),
        Job::TellOldAddress { change } => return about_address(desk, job, change, false),
        Job::Reevaluate { unit, after } => {
            let policy = desk.service.live().policy();
            let author = Author::service(reevaluation::REEVALUATE);
            let judged = desk.service.write(author, |turn| reevaluation::go_on(turn, policy, unit, after));
            return judged.map_err(|failure| format!("{failure:?}"));
        }
    };
    let Some(letter) = letter(desk, now, referral, about).map_err(|error| error.to_string())? else {
        tracing::debug!(%referral, ?about, "nothing is left to say");
        return Ok(());
    };
    // One address after the other, until one takes it.
    let mut refused = 0_usize;
    for to in &letter.to {
        let mail = letter.mail(desk, now, job, to).map_err(|error| error.to_string())?;
        match desk.send(mail) {
            Ok(()) => break,
            Err(Unsent::Later(why)) => return Err(why),
            Err(Unsent::Refused(why)) => {
                tracing::warn!(job = %job.id, %referral, why, "an address takes no mail");
                refused += 1;
            }
        }
    }
    if !letter.to_addressee {
        return Ok(());
    }
    let became = match refused {
        _ if refused == letter.to.len() => Some(ReferralWarning::MailNotDelivered),
        0 => None,
        _ => Some(ReferralWarning::MailReachedOrganisation),
    };
    mark(desk, referral, became).map_err(|failure| format!("{failure:?}"))
}

/// A job that is given up: a mail to the addressee that never left is a mail that was not delivered.
fn given_up(desk: &Desk, job: &TakenJob) -> Result<(), Failure> {
    let Some(Job::Mail { referral, about }) = job.task else { return Ok(()) };
    let db = desk.service.db();
    let stored = db.read(|conn| referrals::find(conn, Reach::Everything, referral))?;
    match to_addressee(&stored, about) {
        Some(true) => mark(desk, referral, Some(ReferralWarning::MailNotDelivered)),
        _ => Ok(()),
    }
}

/// Says on the referral what became of the mail to its addressee, where that is not what stands there.
fn mark(desk: &Desk, referral: ReferralId, became: Option<ReferralWarning>) -> Result<(), Failure> {
    let db = desk.service.db();
    if db.read(|conn| referrals::find(conn, Reach::Everything, referral))?.course.mail == became {
        return Ok(());
    }
    desk.service.write(Author::service("markMail"), |turn| {
        let stored = referrals::find(turn.conn, Reach::Everything, referral)?;
        commands::mark_mail(turn, stored, became)
    })
}

/// What is to be written, and to whom.
struct Letter {
    /// The addresses, in the order in which they are tried.
    to: Vec<String>,
    to_addressee: bool,
    about: MailAbout,
    referral: Referral,
    /// What the addressee is asked, where it is.
    question: Option<Question>,
}

impl Letter {
    /// As it is sent to one of them. Only the addressee gets a link, each address one of its own, made when the mail is sent: no job holds a code.
    /// One that is tried again gets another, which does no harm.
    fn mail(&self, desk: &Desk, now: Instant, job: &TakenJob, to: &str) -> Result<Mail, DbError> {
        let code = if self.to_addressee {
            Some(desk.service.db().write_beside(|conn| mailed_links::make(conn, now, &self.referral, to))?)
        } else {
            None
        };
        let link = code.map(|code| format!("{}/lien/{}", desk.public_url, code.as_str()));
        let (subject, text) = compose(self.about, self.referral.id, self.question.as_ref(), link.as_deref());
        Ok(Mail { id: job.id, to: to.to_owned(), subject, text })
    }
}

/// Tells the coordination, and out of its hours the 115 of the department, that people are near each other who are kept apart.
fn tell_of_encounter(desk: &Desk, now: Instant, job: &TakenJob, referral: ReferralId) -> Result<(), String> {
    let told = desk.service.db().read(|conn| -> Result<_, DbError> {
        let referral = referrals::find(conn, Reach::Everything, referral)?;
        let near = keep_apart::near(conn, referral.request, referral.unit)?;
        let on_call = keep_apart::on_call(conn, now, &referral, &near)?;
        let told = on_call.stand_in.into_iter().chain(on_call.coordination);
        Ok(told.filter_map(|organisation| organisation.declared.contact.email).collect::<Vec<_>>())
    });
    let (subject, text) = compose_encounter(referral);
    let mut later = None;
    for to in told.map_err(|error| error.to_string())? {
        let mail = Mail { id: job.id, to: to.as_str().to_owned(), subject: subject.into(), text: text.clone() };
        match desk.send(mail) {
            Ok(()) => {}
            Err(Unsent::Later(why)) => later = Some(why),
            Err(Unsent::Refused(why)) => tracing::error!(job = %job.id, %referral, why, "an address takes no mail of an encounter"),
        }
    }
    later.map_or(Ok(()), Err)
}

/// Tells the coordination that a quota is used up, or that somebody went on beyond it.
fn alert_coordination(desk: &Desk, job: &TakenJob, level: AlertLevel) -> Result<(), String> {
    let found = desk.service.db().read(|conn| organisations::of_kind(conn, OrganisationKind::Coordination));
    let (subject, text) = compose_alert(level);
    let mut later = None;
    for to in found.map_err(|error| error.to_string())?.into_iter().filter_map(|found| found.declared.contact.email) {
        let mail = Mail { id: job.id, to: to.as_str().to_owned(), subject: subject.into(), text: text.clone() };
        match desk.send(mail) {
            Ok(()) => {}
            Err(Unsent::Later(why)) => later = Some(why),
            Err(Unsent::Refused(why)) => tracing::warn!(job = %job.id, why, "an address takes no mail of an alert"),
        }
    }
    later.map_or(Ok(()), Err)
}

/// Reminds those in whose hands a request is, as things stand now.
fn remind_of_request(desk: &Desk, job: &TakenJob, request: RequestId) -> Result<(), String> {
    let Some((to, subject, text)) = reminder_of_request(desk, request).map_err(|error| error.to_string())? else {
        tracing::debug!(%request, "nobody to write to, or nothing left to say");
        return Ok(());
    };
    match desk.send(Mail { id: job.id, to, subject: subject.into(), text }) {
        Ok(()) => Ok(()),
        Err(Unsent::Later(why)) => Err(why),
        Err(Unsent::Refused(why)) => {
            tracing::warn!(job = %job.id, %request, why, "an address takes no mail");
            Ok(())
        }
    }
}

/// Tells the owner of an account something about it. A link is made when it is written, so that no job holds one.
fn tell_account(desk: &Desk, now: Instant, job: &TakenJob, account: Option<AccountId>, about: AccountMail) -> Result<(), String> {
    let Some(account) = account else { return Ok(()) };
    let db = desk.service.db();
    let found = db.read(|conn| -> Result<_, DbError> {
        let Some(to) = accounts::email(conn, account)? else { return Ok(None) };
        Ok(Some((to, accounts::stored(conn, account)?)))
    });
    let Some((to, stored)) = found.map_err(|error| error.to_string())? else { return Ok(()) };
    let link = match about {
        AccountMail::PasswordLink => {
            let until = now.plus(limits::PASSWORD_LINK_VALID);
            Some(one_time_link(desk, now, &stored, LinkPurpose::Password, "mot-de-passe", until)?)
        }
        AccountMail::Invitation => {
            let until = now.plus(limits::INVITATION_VALID);
            let until = stored.until.map_or(until, |end| end.min(until));
            Some(one_time_link(desk, now, &stored, LinkPurpose::Invitation, "invitation", until)?)
        }
        AccountMail::ToolsLeft
        | AccountMail::ByAdministrator
        | AccountMail::ReplacementInvited
        | AccountMail::PowersChanged
        | AccountMail::Alert(_)
        | AccountMail::ChangeWaits
        | AccountMail::ManagerWaits
        | AccountMail::ChangeApproved
        | AccountMail::ChangeRejected
        | AccountMail::WebhookDisabled
        | AccountMail::OperatorToolRevoked => Some(format!("{}/comptes", desk.public_url)),
        AccountMail::UnusualReading => Some(format!("{}/journaux?journal=actes&sorte=alert", desk.public_url)),
        AccountMail::PasswordChanged | AccountMail::SecondFactorChanged | AccountMail::RecoveryCodeUsed | AccountMail::Anchors => {
            None
        }
    };
    let (subject, mut text) = compose_of_account(about, link.as_deref());
    if about == AccountMail::Anchors {
        text.push_str(&format!("\n{}\n", anchors::lines(db).map_err(|error| error.to_string())?));
    }
    match desk.send(Mail { id: job.id, to, subject: subject.into(), text }) {
        Ok(()) => Ok(()),
        Err(Unsent::Later(why)) => Err(why),
        Err(Unsent::Refused(why)) => {
            tracing::warn!(job = %job.id, %account, why, "an address takes no mail");
            Ok(())
        }
    }
}

/// Sends a code to the address that an organisation would have, or tells the one it has; nothing where the change waits no more. A code is made when
/// the mail is written, so that no job holds one: one that is tried again brings another, and the last one counts.
fn about_address(desk: &Desk, job: &TakenJob, change: PendingChangeId, is_new: bool) -> Result<(), String> {
    let db = desk.service.db();
    let found = db.read(|conn| -> Result<_, DbError> {
        let change = pending_changes::find(conn, change)?;
        let old = organisations::find(conn, change.organisation)?.declared.contact.email;
        Ok((change, old))
    });
    let (waits, old) = found.map_err(|error| error.to_string())?;
    let Change::Address { email } = &waits.change else { return Ok(()) };
    let to = if is_new { Some(email) } else { old.as_ref() };
    let Some(to) = to.filter(|_| waits.ended_at.is_none()) else { return Ok(()) };
    let (subject, text) = if is_new {
        let code = db.write_beside(|conn| pending_changes::make_code(conn, change)).map_err(|error: DbError| error.to_string())?;
        compose_address_code(&code.spelt())
    } else {
        compose_address_changes(desk.service.live().policy().notice_hours())
    };
    match desk.send(Mail { id: job.id, to: to.as_str().to_owned(), subject: subject.into(), text }) {
        Ok(()) => Ok(()),
        Err(Unsent::Later(why)) => Err(why),
        Err(Unsent::Refused(why)) => {
            tracing::warn!(job = %job.id, %change, why, "an address takes no mail");
            Ok(())
        }
    }
}

/// Sends a code to the contact address of a home; nothing where it was proved, or is gone.
fn prove_contact(desk: &Desk, job: &TakenJob, structure: StructureId) -> Result<(), String> {
    let db = desk.service.db();
    let to = db.read(|conn| mailed_links::contact_to_prove(conn, structure)).map_err(|error| error.to_string())?;
    let Some(to) = to else { return Ok(()) };
    let code =
        db.write_beside(|conn| structures::make_contact_code(conn, structure)).map_err(|error: DbError| error.to_string())?;
    let (subject, text) = compose_contact_code(&code.spelt());
    match desk.send(Mail { id: job.id, to, subject: subject.into(), text }) {
        Ok(()) => Ok(()),
        Err(Unsent::Later(why)) => Err(why),
        Err(Unsent::Refused(why)) => {
            tracing::warn!(job = %job.id, %structure, why, "an address takes no mail");
            Ok(())
        }
    }
}

/// Makes a link for one use: its address.
fn one_time_link(
    desk: &Desk,
    now: Instant,
    of: &StoredAccount,
    purpose: LinkPurpose,
    path: &str,
    until: Instant,
) -> Result<String, String> {
    let code = new_token().map_err(|error| error.to_string())?;
    let (organisation, account, hash) = (of.caller.organisation, of.caller.account, token_hash(&code));
    let keep = |conn: &mut Conn| links::insert_beside(conn, now, purpose, organisation, account, &hash, until);
    desk.service.db().write_beside(keep).map_err(|error: DbError| error.to_string())?;
    Ok(format!("{}/{path}/{code}", desk.public_url))
}

/// The address, subject and text of that reminder; none where there is nobody to write to, or nothing left to say.
fn reminder_of_request(desk: &Desk, request: RequestId) -> Result<Option<(String, &'static str, String)>, DbError> {
    desk.service.db().read(|conn| {
        let request = match requests::find(conn, Reach::Everything, request) {
            Ok(request) if request.state != RequestState::Closed => request,
            // It was erased, or closed.
            Ok(_) | Err(DbError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some((subject, text)) = compose_reminder_of_request(&request.alias, &request.duties) else { return Ok(None) };
        let to = mailed_links::address_of(conn, request.lent.map_or(request.organisation, |(borrower, _)| borrower))?;
        Ok(to.map(|to| (to, subject, text)))
    })
}

/// The mail there is to send, as things stand now; none when it has become pointless.
fn letter(desk: &Desk, now: Instant, referral: ReferralId, about: MailAbout) -> Result<Option<Letter>, DbError> {
    desk.service.db().read(|conn| -> Result<_, DbError> {
        let referral = referrals::find(conn, Reach::Everything, referral)?;
        let Some(to_addressee) = to_addressee(&referral, about) else { return Ok(None) };
        let to = match about {
            MailAbout::ComingElsewhere(left) => mailed_links::addresses_of_home(conn, left)?,
            _ if to_addressee => mailed_links::addresses(conn, &referral)?,
            _ => address_of_asker(conn, &referral)?.into_iter().collect(),
        };
        let is_question = to_addressee && matches!(about, MailAbout::Asked | MailAbout::Reminder);
        let question = if is_question { Some(question(conn, now, &referral)?) } else { None };
        Ok(Some(Letter { to, to_addressee, about, referral, question }))
    })
}

/// What the addressee of a referral is asked, as far as a mail may say.
fn question(conn: &mut Conn, now: Instant, referral: &Referral) -> Result<Question, DbError> {
    let requests::InTheClear { alias, urgency, first_day } = requests::in_the_clear(conn, referral.request)?;
    let place = units::find(conn, Reach::Everything, referral.unit)?.structure.department;
    Ok(Question { alias, urgency, first_day, deadline: referral.deadline, place, now })
}

/// Whether the addressee is written to, or who asked; none when there is nothing left to say.
fn to_addressee(referral: &Referral, about: MailAbout) -> Option<bool> {
    // What was amiss may have been mended since, or nobody comes any more.
    let is_amiss = referral.concerns_its_addressee() && (!referral.course.fails_since.is_empty() || referral.course.over_occupied);
    let state = referral.state;
    let (to_addressee, is_news) = match about {
        // Answered by phone before the mail was sent, or nothing to answer any more.
        MailAbout::Asked => (true, state.is_open() && referral.course.accepted_at.is_none()),
        MailAbout::Reminder => (time::addressee_acts(state), state.is_open()),
        MailAbout::Answered | MailAbout::Expired | MailAbout::Contradicted => (false, true),
        MailAbout::CallBack => (false, state == ReferralState::Acknowledged),
        MailAbout::NotConfirmed => (false, state == ReferralState::Accepted),
        MailAbout::Moved => (false, state.is_open()),
        MailAbout::ComingElsewhere(left) => (false, referral.unit != left),
        MailAbout::Coming => (true, state == ReferralState::Confirmed),
        MailAbout::NotComing => (true, state != ReferralState::Confirmed),
        MailAbout::WrittenDown => (true, referral.by_phone),
        MailAbout::HoldEnded(reader) => (reader == Reader::Addressee, state.is_open() && !referral.held),
        MailAbout::Overdue(reader) => (reader == Reader::Addressee, referral.course.overdue_since.is_some()),
        MailAbout::NoLongerFits => (true, is_amiss),
        MailAbout::NoLongerFitsForAsker => (false, is_amiss),
        MailAbout::Undone(reader) => (reader == Reader::Addressee, true),
    };
    is_news.then_some(to_addressee)
}

/// Those in whose hands the request is now: for the night, most often a 115.
fn address_of_asker(conn: &mut Conn, referral: &Referral) -> Result<Option<String>, DbError> {
    let lent_to = requests::lent_to(conn, referral.request)?;
    mailed_links::address_of(conn, lent_to.unwrap_or(referral.organisation))
}

//! Work beside requests, one set of tasks an instance: what time does, mails, plans. Any number of instances may run it at once.
//!
//! Nothing depends on it for being right: what is overdue is expired for every command and every reading before it comes by.

pub mod mail;
pub mod planning;

use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::clock::Instant;
use crate::commands::{Service, time};
use crate::db::jobs::{self, Job, MailAbout, Reader, TakenJob};
use crate::db::{Conn, DbError, Failure, idempotency, mailed_link_keys, organisations, referrals, units};
use crate::domain::ids::{JobId, OrganisationId, ReferralId};
use crate::domain::mailed_link::Opens;
use crate::domain::{Reach, Referral, ReferralState};
use crate::limits;
use mail::{Mail, Mailer, compose};

/// What the work is done with. Cloning it shares it.
#[derive(Clone)]
pub struct Desk {
    /// Commands, and the database.
    pub service: Service,
    /// How mails leave.
    pub mailer: Mailer,
    /// Where the service is reached, for the links in mails; without a slash at the end.
    pub public_url: Arc<str>,
}

/// Looks after everything that is due, again and again, until it is dropped.
pub async fn run(desk: Desk) {
    loop {
        let desk = desk.clone();
        match spawn_blocking(move || do_what_is_due(&desk)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(?error, "what is due waits for the next time"),
            Err(error) => tracing::error!(%error, "the background task stumbled"),
        }
        tokio::time::sleep(limits::TICK).await;
    }
}

/// Ends what is overdue, reminds, forgets old keys, and does the jobs that are due.
pub fn do_what_is_due(desk: &Desk) -> Result<(), Failure> {
    time::keep(&desk.service)?;
    let db = desk.service.db();
    let now = db.read(|conn| db.pulse(conn))?.now;
    db.write_beside(|conn| idempotency::forget_old(conn, now))?;
    // Looked for before anything is locked: most often there is nothing.
    while db.read(|conn| jobs::any_due(conn, now))? {
        let taken = db.write_beside(|conn| jobs::take(conn, now))?;
        let mut ended = Vec::new();
        for job in &taken {
            match perform(desk, now, job) {
                Ok(()) => ended.push(job.id),
                Err(why) if job.tries < limits::JOB_TRIES_MAX => {
                    tracing::warn!(job = %job.id, tries = job.tries, %why, "a job is tried again later");
                    db.write_beside(|conn| jobs::put_back(conn, now, job))?;
                }
                Err(why) => {
                    tracing::error!(job = %job.id, task = ?job.task.0, %why, "a job is given up");
                    ended.push(job.id);
                }
            }
        }
        db.write_beside(|conn| jobs::finish(conn, &ended))?;
    }
    Ok(())
}

fn perform(desk: &Desk, now: Instant, job: &TakenJob) -> Result<(), String> {
    let Job::Mail { referral, about } = job.task.0;
    let mail = mail(desk, now, job.id, referral, about).map_err(|error| error.to_string())?;
    match mail {
        Some(mail) => desk.mailer.send(mail),
        None => {
            tracing::debug!(%referral, ?about, "nobody to write to, or nothing left to say");
            Ok(())
        }
    }
}

/// The mail there is to send, as things stand now; none when it has become pointless or nobody has an address.
fn mail(desk: &Desk, now: Instant, id: JobId, referral: ReferralId, about: MailAbout) -> Result<Option<Mail>, DbError> {
    let db = desk.service.db();
    let found = db.read(|conn| -> Result<_, DbError> {
        let referral = referrals::find(conn, Reach::Everything, referral)?;
        let Some(to_addressee) = to_addressee(&referral, about) else { return Ok(None) };
        let to = if to_addressee { address_of_addressee(conn, &referral)? } else { address(conn, referral.organisation)? };
        Ok(to.map(|to| (referral, to_addressee, to)))
    })?;
    let Some((referral, to_addressee, to)) = found else { return Ok(None) };
    let link = if to_addressee { Some(link(desk, now, &referral)?) } else { None };
    let (subject, text) = compose(about, referral.id, link.as_deref());
    Ok(Some(Mail { id, to, subject, text }))
}

/// Whether the addressee is written to, or who asked; none when there is nothing left to say.
fn to_addressee(referral: &Referral, about: MailAbout) -> Option<bool> {
    let state = referral.state;
    let (to_addressee, is_news) = match about {
        // Answered by phone before the mail was sent, or nothing to answer any more.
        MailAbout::Asked => (true, state.is_open() && referral.course.accepted_at.is_none()),
        MailAbout::Reminder => (time::addressee_acts(state), state.is_open()),
        MailAbout::Answered | MailAbout::Expired | MailAbout::Contradicted => (false, true),
        MailAbout::CallBack => (false, state == ReferralState::Acknowledged),
        MailAbout::NotConfirmed => (false, state == ReferralState::Accepted),
        MailAbout::Moved => (false, state.is_open()),
        MailAbout::Coming => (true, state == ReferralState::Confirmed),
        MailAbout::NotComing => (true, state != ReferralState::Confirmed),
        MailAbout::WrittenDown => (true, referral.by_phone),
        MailAbout::HoldEnded(reader) => (reader == Reader::Addressee, state.is_open() && !referral.held),
        MailAbout::Overdue(reader) => (reader == Reader::Addressee, referral.course.overdue_since.is_some()),
        MailAbout::Undone(reader) => (reader == Reader::Addressee, true),
    };
    is_news.then_some(to_addressee)
}

fn link(desk: &Desk, now: Instant, referral: &Referral) -> Result<String, DbError> {
    let key = desk.service.db().write_beside(|conn| mailed_link_keys::find_or_make(conn, now))?;
    let at_least = now.plus(limits::LINK_VALID_MIN);
    let expires_at = referral.deadline.map_or(at_least, |deadline| deadline.max(at_least));
    let token = Opens { referral: referral.id, expires_at }.sign(&key).ok_or_else(|| DbError::damaged("the key of the links"))?;
    Ok(format!("{}/lien/{token}", desk.public_url))
}

fn address(conn: &mut Conn, organisation: OrganisationId) -> Result<Option<String>, DbError> {
    Ok(organisations::find(conn, organisation)?.declared.email.map(|email| email.as_str().to_owned()))
}

/// The trafficking contact of the structure, where its own organisation answers; else the organisation that does.
fn address_of_addressee(conn: &mut Conn, referral: &Referral) -> Result<Option<String>, DbError> {
    let structure = units::find(conn, Reach::Everything, referral.unit)?.structure;
    let own = structure.organisation == referral.addressee;
    match structure.contact.unshown().email.as_ref().filter(|_| own) {
        Some(email) => Ok(Some(email.as_str().to_owned())),
        None => address(conn, referral.addressee),
    }
}

//! The background task, one an instance: expiries, reminders, mails. Any number of instances may run it at once.
//!
//! Nothing depends on it for being right: what is overdue is expired for every command and every reading before it comes by.

use crate::app::App;
use crate::auth::Sight;
use crate::db::jobs::{self, Job, MailAbout, TakenJob};
use crate::db::types::Guid;
use crate::db::{Conn, DbError, Tx, link_keys, organisations, referrals, units};
use crate::domain::Referral;
use crate::links::Opens;
use crate::mail::{Mail, compose};
use crate::{flow, limits};

/// Looks after everything that is due, again and again, until it is dropped.
pub async fn run(app: App) {
    loop {
        let app = app.clone();
        match actix_web::web::block(move || do_what_is_due(&app)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what is due waits for the next time"),
            Err(error) => tracing::error!(%error, "the background task stumbled"),
        }
        actix_web::rt::time::sleep(limits::TICK).await;
    }
}

/// Ends what is overdue, reminds, and does the jobs that are due.
pub fn do_what_is_due(app: &App) -> Result<(), DbError> {
    flow::keep_time(app.db())?;
    loop {
        let due = app.db().read(|conn| {
            let now = app.db().now(conn)?;
            jobs::any_due(conn, now)
        })?;
        if !due {
            return Ok(());
        }
        for job in app.db().write(jobs::take)? {
            finish(app, &job, perform(app, &job))?;
        }
    }
}

fn finish(app: &App, job: &TakenJob, done: Result<(), String>) -> Result<(), DbError> {
    match done {
        Ok(()) => app.db().write(|tx| jobs::finish(tx, job.id)),
        Err(why) if job.tries < limits::JOB_TRIES_MAX => {
            tracing::warn!(job = %job.id, tries = job.tries, %why, "a job is tried again later");
            app.db().write(|tx| jobs::put_back(tx, job))
        }
        Err(why) => {
            tracing::error!(job = %job.id, task = ?job.task.0, %why, "a job is given up");
            app.db().write(|tx| jobs::finish(tx, job.id))
        }
    }
}

fn perform(app: &App, job: &TakenJob) -> Result<(), String> {
    let Job::Mail { referral, about } = job.task.0;
    let mail =
        app.db().write(|tx| mail(tx, app.public_url(), job.id, referral, about)).map_err(|error: DbError| error.to_string())?;
    match mail {
        Some(mail) => app.mailer().send(mail),
        None => {
            tracing::debug!(%referral, ?about, "nobody to write to, or nothing left to say");
            Ok(())
        }
    }
}

/// The mail there is to send, as things stand now; none when it has become pointless or nobody has an address.
fn mail(tx: &mut Tx<'_>, public_url: &str, id: Guid, referral: Guid, about: MailAbout) -> Result<Option<Mail>, DbError> {
    let referral = referrals::find_any(tx.conn, referral)?;
    let to_addressee = match about {
        MailAbout::Asked | MailAbout::Reminder if !referral.state.is_open() => return Ok(None),
        // Answered by phone before the mail was sent.
        MailAbout::Asked if referral.course.accepted_at.is_some() => return Ok(None),
        MailAbout::Asked => true,
        MailAbout::Reminder => flow::addressee_acts(referral.state),
        MailAbout::Answered | MailAbout::Expired => false,
    };
    let to = if to_addressee { address_of_addressee(tx.conn, &referral)? } else { address(tx.conn, referral.organisation)? };
    let Some(to) = to else { return Ok(None) };
    let link = if to_addressee { Some(link(tx, public_url, &referral)?) } else { None };
    let (subject, text) = compose(about, referral.id, link.as_deref());
    Ok(Some(Mail { id, to, subject, text }))
}

fn link(tx: &mut Tx<'_>, public_url: &str, referral: &Referral) -> Result<String, DbError> {
    let key = link_keys::find_or_make(tx)?;
    let at_least = tx.now.plus(limits::LINK_VALID_MIN);
    let expires_at = referral.deadline.map_or(at_least, |deadline| deadline.max(at_least));
    let token = Opens { referral: referral.id, expires_at }.sign(&key).ok_or_else(|| DbError::damaged("the key of the links"))?;
    Ok(format!("{public_url}/lien/{token}"))
}

fn address(conn: &mut Conn, organisation: Guid) -> Result<Option<String>, DbError> {
    Ok(organisations::find(conn, organisation)?.declared.email.map(|email| email.as_str().to_owned()))
}

/// The trafficking contact of the structure, where its own organisation answers; else the organisation that does.
fn address_of_addressee(conn: &mut Conn, referral: &Referral) -> Result<Option<String>, DbError> {
    let structure = units::find(conn, Sight::Departments, referral.unit)?.structure;
    let own = structure.organisation == referral.addressee;
    let contact = structure.declared.trafficking_contact.email.filter(|_| own);
    match contact {
        Some(email) => Ok(Some(email.as_str().to_owned())),
        None => address(conn, referral.addressee),
    }
}

//! What the holder of a link in a mail may do without an account: open the referral it was sent about, confirm its vacancy, take back what
//! its addressee did, and contradict what was written down for it.

use matcher::Policy;

use crate::clock::Instant;
use crate::db::referrals::{self, ReferralView};
use crate::db::vacancies::StoredVacancy;
use crate::db::{Conn, DbError, Failure, Turn, mailed_link_keys, units};
use crate::domain::denied::What;
use crate::domain::mailed_link::Opens;
use crate::domain::referral::Undo;
use crate::domain::{Denied, Reach, Referral};

/// What a link opens.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Until when it is good.
    pub expires_at: Instant,
    /// The referral.
    pub referral: ReferralView,
    /// The vacancy that is asked for.
    pub vacancy: StoredVacancy,
    /// Whether it was sent to those who run the place, and not to a regulator.
    pub may_confirm: bool,
}

/// The referral a token opens, and until when. One that was never signed is not there; one that was good once says so.
pub fn referral_of(conn: &mut Conn, now: Instant, token: &str) -> Result<(Referral, Instant), Failure> {
    let key = mailed_link_keys::find(conn)?;
    let opens = key.and_then(|key| Opens::verify(&key, token)).ok_or(Denied::NotFound(What::Link))?;
    if opens.expires_at <= now {
        return Err(Denied::MailedLinkExpired.into());
    }
    Ok((referrals::find(conn, Reach::Everything, opens.referral)?, opens.expires_at))
}

/// What a link opens, as the addressee of its referral sees it.
pub fn open(conn: &mut Conn, now: Instant, token: &str) -> Result<Opened, Failure> {
    let (referral, expires_at) = referral_of(conn, now, token)?;
    let (_, vacancy) = units::of_vacancy(conn, referral.vacancy)?;
    let may_confirm = runs_the_place(conn, &referral)?;
    let referral = referrals::view(conn, Reach::running(referral.addressee), now, referral.id)?;
    Ok(Opened { expires_at, referral, vacancy, may_confirm })
}

/// Says that the vacancy a link was sent about is still as declared.
pub fn confirm_vacancy(turn: &mut Turn<'_>, token: &str) -> Result<StoredVacancy, Failure> {
    let (referral, _) = referral_of(turn.conn, turn.now, token)?;
    if !runs_the_place(turn.conn, &referral)? {
        return Err(Denied::NotTheirPlace.into());
    }
    super::vacancies::confirm(turn, Reach::running(referral.addressee), referral.vacancy)
}

/// Takes back the last command that the addressee of a link's referral has given on it.
pub fn undo(turn: &mut Turn<'_>, policy: &Policy, token: &str, said: &Undo) -> Result<ReferralView, Failure> {
    let (referral, _) = referral_of(turn.conn, turn.now, token)?;
    super::undo::undo(turn, policy, Reach::running(referral.addressee), referral.id, said)
}

/// Says that what was written down for the addressee of a link's referral is not so.
pub fn contradict(turn: &mut Turn<'_>, policy: &Policy, token: &str) -> Result<ReferralView, Failure> {
    let (referral, _) = referral_of(turn.conn, turn.now, token)?;
    super::undo::contradict(turn, policy, Reach::running(referral.addressee), referral.id)
}

fn runs_the_place(conn: &mut Conn, referral: &Referral) -> Result<bool, DbError> {
    Ok(units::find(conn, Reach::Everything, referral.unit)?.structure.organisation == referral.addressee)
}

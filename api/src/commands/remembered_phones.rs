//! Telephones that an addressee remembers for thirty days (design §8): a signed-in account reads a code out to one, and with a link in a mail to
//! its organisation that telephone shows exact ages and takes what else the referral of that link asks for. Without a link it opens nothing.

use std::net::IpAddr;

use matcher::Policy;
use tokio::task::spawn_blocking;

use super::mailed_links::{self, Found};
use super::sign_in::NotBelieved;
use super::{Service, referrals as commands};
use crate::clock::Instant;
use crate::db::accounts::StoredAccount;
use crate::db::referrals::ReferralView;
use crate::db::remembered_phones::{self, RememberedPhone, Which};
use crate::db::tries::{self, Tried};
use crate::db::{Author, Conn, DbError, Failure, Turn, accounts, links};
use crate::domain::denied::What;
use crate::domain::ids::{OrganisationId, RememberedPhoneId};
use crate::domain::mailed_link::{LinkCode, Standing};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::referral::{Acceptance, Declination, DeclinationByLink, EndOfStay, Report};
use crate::domain::{By, Caller, Denied, LinkPurpose, Reach, Referral, Role, Text};
use crate::limits;

/// Makes a code that somebody who is signed in reads out to a telephone, once and soon. The one they made before is good no more.
pub fn give_code(turn: &mut Turn<'_>, caller: Caller) -> Result<OneTimeCode, Failure> {
    let code = OneTimeCode::new().map_err(DbError::unavailable)?;
    let until = turn.from_now(limits::PHONE_CODE_VALID);
    links::end_of(turn, LinkPurpose::Telephone, caller.account)?;
    links::insert_for_account(
        turn,
        LinkPurpose::Telephone,
        caller.organisation,
        caller.account,
        &remembered_phones::code_hash(&code)?,
        until,
    )?;
    turn.note(&caller);
    Ok(code)
}

/// A telephone that asks to be remembered.
#[derive(Clone)]
pub struct Newcomer {
    /// The link that it has open.
    pub link: LinkCode,
    /// The code as it was typed; none where it cannot be one.
    pub code: Option<OneTimeCode>,
    /// The hash of the secret it is to have.
    pub secret_hash: [u8; 32],
    /// What it is to be called.
    pub label: Text<100>,
    /// Where it comes from.
    pub from: IpAddr,
}

/// Remembers a telephone that has the code of an account of the very organisation that its link was sent to. Whether a code never was, has run
/// out, was used or is another organisation's, nobody learns.
pub async fn remember(
    service: &Service,
    command: &'static str,
    newcomer: Newcomer,
) -> Result<Result<RememberedPhone, NotBelieved>, Failure> {
    let now = service.pulse().await?.now;
    let service = service.clone();
    let work = move || {
        let db = service.db();
        let policy = service.live().policy();
        let sent_to =
            db.read(|conn| Ok::<_, Failure>(mailed_links::find(conn, policy, now, &newcomer.link)?.referral.addressee))?;
        let link = Tried::of("phone", &newcomer.link.hash());
        let from = Tried::of("address", newcomer.from.to_string().as_bytes());
        let counted = [(link, &limits::TRIES_LINK), (from, &limits::TRIES_ADDRESS)];
        if let Some(until) = db.write_beside(|conn| tries::take(conn, now, &counted))? {
            return Ok(Err(NotBelieved::TooMany(until)));
        }
        let author = Author { by: Some(By { account: None, organisation: sent_to }), command };
        service.write(author, |turn| {
            let Found { referral, .. } = mailed_links::find(turn.conn, policy, turn.now, &newcomer.link)?;
            let Some(phone) = made(turn, referral.addressee, &newcomer)? else { return Ok(Err(NotBelieved::Wrong)) };
            tries::give_back(turn.conn, &[link, from])?;
            turn.note(&phone);
            Ok(Ok(phone))
        })
    };
    spawn_blocking(work).await.map_err(DbError::unavailable)?
}

/// The telephone, where its code is good; the code is used up.
fn made(turn: &mut Turn<'_>, organisation: OrganisationId, newcomer: &Newcomer) -> Result<Option<RememberedPhone>, Failure> {
    let Some(code) = &newcomer.code else { return Ok(None) };
    let hash = remembered_phones::code_hash(code)?;
    let Some(account) = links::holder(turn.conn, turn.now, LinkPurpose::Telephone, &hash)? else { return Ok(None) };
    let giver = accounts::stored(turn.conn, account)?;
    if !answers_for(&giver, organisation) {
        return Ok(None);
    }
    links::use_up(turn, LinkPurpose::Telephone, &hash)?;
    let by = (account, giver.until);
    Ok(Some(remembered_phones::insert(turn, organisation, by, &newcomer.secret_hash, newcomer.label.as_str())?))
}

/// Whether an account may answer what is asked of an organisation: what a telephone does it could do itself.
fn answers_for(giver: &StoredAccount, organisation: OrganisationId) -> bool {
    let may_answer = [Role::Provider, Role::Regulator].iter().any(|role| giver.caller.is(*role));
    giver.ended_at.is_none() && may_answer && giver.caller.organisation == organisation
}

/// The telephone of a secret, where the addressee of a referral remembers it and who gave it its code could still answer.
pub fn known(
    conn: &mut Conn,
    now: Instant,
    secret_hash: &[u8; 32],
    referral: &Referral,
) -> Result<Option<RememberedPhone>, DbError> {
    let Some((phone, _)) = remembered_phones::standing(conn, now, Which::Secret(secret_hash))?.into_iter().next() else {
        return Ok(None);
    };
    let may = answers_for(&accounts::stored(conn, phone.account)?, referral.addressee);
    Ok(Some(phone).filter(|_| may))
}

/// Writes down that a telephone is used, where its last use is old. Nobody waits for it.
pub fn note_use(service: &Service, phone: &RememberedPhone, now: Instant) {
    if now < phone.last_used_at.plus(limits::PHONE_USE_UNWRITTEN) {
        return;
    }
    let (db, id) = (service.db().clone(), phone.id);
    drop(spawn_blocking(move || {
        let written: Result<(), DbError> = db.write_beside(|conn| remembered_phones::used(conn, now, id));
        if let Err(error) = written {
            tracing::debug!(%error, "the use of a telephone was not written");
        }
    }));
}

/// What a remembered telephone does with the referral of a link.
#[derive(Clone, Debug)]
pub enum Act {
    /// Yes, with the days and the meeting point.
    Accept(Acceptance),
    /// No, in its own words.
    Decline(DeclinationByLink),
    /// What was written down after a phone call is so.
    Affirm,
    /// They have arrived.
    RecordArrival,
    /// They did not come.
    RecordNoShow,
    /// They have left.
    EndStay(EndOfStay),
}

/// Does it, in the addressee's stead: as long as the link is good, and the telephone is remembered by whom it was sent to.
pub fn act(
    turn: &mut Turn<'_>,
    policy: &Policy,
    link: &LinkCode,
    secret_hash: &[u8; 32],
    act: &Act,
) -> Result<ReferralView, Failure> {
    let Found { referral, standing, .. } = mailed_links::find(turn.conn, policy, turn.now, link)?;
    let phone = known(turn.conn, turn.now, secret_hash, &referral)?.ok_or(Denied::SessionNeeded)?;
    if standing != Standing::Good {
        return Err(Denied::InState(referral.state).into());
    }
    // Which telephone it was stands in the log of reads, beside what its answer shows.
    turn.reading(policy).shows(phone.id);
    let (reach, id) = (mailed_links::reach_of(referral.addressee), referral.id);
    match act {
        Act::Accept(said) => commands::accept(turn, policy, reach, id, said),
        Act::Decline(said) => {
            let said = Declination { by_phone: false, refusal: said.refusal.clone() };
            commands::decline(turn, reach, id, &said)
        }
        Act::Affirm => commands::affirm(turn, reach, id),
        Act::RecordArrival => commands::record_arrival(turn, reach, id, &Report::default()),
        Act::RecordNoShow => commands::record_no_show(turn, reach, id, &Report::default()),
        Act::EndStay(said) => commands::end_stay(turn, reach, id, said),
    }
}

/// Ends a telephone that somebody gave its code to.
pub fn forget_own(turn: &mut Turn<'_>, caller: Caller, id: RememberedPhoneId) -> Result<RememberedPhone, Failure> {
    end(turn, id, |phone| phone.account == caller.account)
}

/// Ends a telephone of an organisation whose accounts the caller keeps.
pub fn forget(turn: &mut Turn<'_>, reach: Reach, id: RememberedPhoneId) -> Result<RememberedPhone, Failure> {
    end(turn, id, |phone| reach.keeps_accounts_of(phone.organisation))
}

fn end(
    turn: &mut Turn<'_>,
    id: RememberedPhoneId,
    is_theirs: impl Fn(&RememberedPhone) -> bool,
) -> Result<RememberedPhone, Failure> {
    let found = remembered_phones::standing(turn.conn, turn.now, Which::Id(id))?;
    let found = found.into_iter().map(|(phone, _)| phone).find(|phone| is_theirs(phone));
    let phone = found.ok_or(Denied::NotFound(What::Record))?;
    remembered_phones::end(turn, id)?;
    turn.note(&phone);
    Ok(phone)
}

/// Who leaves takes along the telephones that they gave a code to.
pub(super) fn forget_all_of(turn: &mut Turn<'_>, leaving: Caller) -> Result<(), Failure> {
    for (phone, _) in remembered_phones::standing(turn.conn, turn.now, Which::GivenBy(leaving.account))? {
        remembered_phones::end(turn, phone.id)?;
        turn.note_as("endRememberedPhone", &phone);
    }
    Ok(())
}

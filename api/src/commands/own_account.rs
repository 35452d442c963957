//! What people do with their own account: look at where they are signed in, end that, change the password or the telephone.

use tokio::task::spawn_blocking;

use super::Service;
use super::sign_in::{self, NotBelieved};
use crate::db::credentials;
use crate::db::jobs::{AccountMail, Job};
use crate::db::remembered_phones::{self, RememberedPhone, Which as Whose};
use crate::db::sessions::{self, OwnSession, Which};
use crate::db::{Author, DbError, Failure, Reading, Turn, accounts};
use crate::domain::ids::SessionId;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::password::Password;
use crate::domain::second_factor::{SecondFactor, TotpSecret};
use crate::domain::{By, Caller, Denied, denied::What};

/// What somebody sees of their account.
#[derive(Clone, Debug)]
pub struct OwnAccount {
    /// Its mail address, if it has one.
    pub address: Option<String>,
    /// Where they are signed in, the last used first.
    pub sessions: Vec<OwnSession>,
    /// How many codes on paper are left; none where it is no local account.
    pub recovery_codes: Option<i64>,
    /// The telephones that they gave a code to, with their own name.
    pub phones: Vec<(RememberedPhone, String)>,
}

/// Somebody's own account.
pub fn show(reading: &mut Reading<'_>, caller: Caller) -> Result<OwnAccount, Failure> {
    let (account, now) = (caller.account, reading.now);
    let is_local = credentials::find(reading.conn, account)?.is_some();
    let recovery_codes = if is_local { Some(credentials::recovery_codes_left(reading.conn, account)?) } else { None };
    Ok(OwnAccount {
        address: accounts::email(reading.conn, account)?,
        sessions: sessions::of_account(reading.conn, now, account)?,
        recovery_codes,
        phones: remembered_phones::standing(reading.conn, now, Whose::GivenBy(account))?,
    })
}

/// Ends one of somebody's own sessions.
pub fn end_session(turn: &mut Turn<'_>, caller: Caller, id: SessionId) -> Result<(), Failure> {
    let ended = sessions::end(turn, Which::Own(caller.account, id))?;
    if ended.is_empty() {
        return Err(Denied::NotFound(What::Record).into());
    }
    ended.iter().for_each(|session| turn.note(session));
    Ok(())
}

/// Ends all of somebody's sessions but the one they are in.
pub fn end_other_sessions(turn: &mut Turn<'_>, caller: Caller, own: SessionId) -> Result<(), Failure> {
    let ended = sessions::end(turn, Which::Others(caller.account, own))?;
    ended.iter().for_each(|session| turn.note(session));
    Ok(())
}

/// Both factors as somebody who is signed in types them again.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The password.
    pub password: Password,
    /// The second factor.
    pub code: SecondFactor,
}

/// Runs what asks for both factors again.
async fn proved<T: Send + 'static>(
    service: &Service,
    author: Author,
    caller: Caller,
    proof: Proof,
    work: impl Fn(&mut Turn<'_>) -> Result<T, Failure> + Send + 'static,
) -> Result<Result<T, NotBelieved>, Failure> {
    let now = service.pulse().await?.now;
    let of = service.clone();
    let looked_up = spawn_blocking(move || sign_in::look_up_own(&of, now, caller.account)).await;
    let found = match looked_up.map_err(DbError::unavailable)?? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let (hash, Proof { password, code }) = (found.hash(), proof);
    let fits = service.hashing(move || password.fits(hash.as_deref())).await?;
    let service = service.clone();
    let command = move || {
        service.write(author, |turn| {
            if !sign_in::prove(turn, &found, fits, &code)? {
                return Ok(Err(NotBelieved::Wrong));
            }
            work(turn).map(Ok)
        })
    };
    spawn_blocking(command).await.map_err(DbError::unavailable)?
}

/// Who changes what is their own, and in which session, which goes on.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// Who.
    pub caller: Caller,
    /// In which session.
    pub session: SessionId,
    /// The operation's name.
    pub command: &'static str,
}

impl Owner {
    fn author(&self) -> Author {
        Author { by: Some(By::from(self.caller)), command: self.command }
    }
}

/// Changes the password. All other sessions end.
pub async fn change_password(
    service: &Service,
    owner: Owner,
    proof: Proof,
    chosen: Password,
    address: &str,
) -> Result<Result<(), NotBelieved>, Failure> {
    if let Err(why) = chosen.check(&[address]) {
        return Ok(Err(NotBelieved::Weak(why)));
    }
    let hash = service.hashing(move || chosen.hash()).await?.map_err(DbError::unavailable)?;
    let account = owner.caller.account;
    let work = move |turn: &mut Turn<'_>| sign_in::put_password(turn, account, &hash, Which::Others(account, owner.session));
    proved(service, owner.author(), owner.caller, proof, work).await
}

/// Changes the telephone, and with it the codes on paper, which are shown this once. `shown` is the code of the new one. All other sessions
/// end.
pub async fn change_second_factor(
    service: &Service,
    owner: Owner,
    proof: Proof,
    totp: TotpSecret,
    shown: &str,
) -> Result<Result<Vec<OneTimeCode>, NotBelieved>, Failure> {
    let now = service.pulse().await?.now;
    let Some(step) = totp.step_of(shown, now, 0) else { return Ok(Err(NotBelieved::Wrong)) };
    let (account, made) = (owner.caller.account, sign_in::recovery_codes()?);
    let work = move |turn: &mut Turn<'_>| {
        credentials::set_totp(turn, account, &totp, step)?;
        credentials::set_recovery_codes(turn, account, &made)?;
        for ended in sessions::end(turn, Which::Others(account, owner.session))? {
            turn.note_as("endSession", &ended);
        }
        turn.note(&owner.caller);
        turn.enqueue(Job::TellAccount { account: Some(account), about: AccountMail::SecondFactorChanged });
        Ok(made.clone())
    };
    proved(service, owner.author(), owner.caller, proof, work).await
}

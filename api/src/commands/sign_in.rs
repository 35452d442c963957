//! How people sign in: with a password and a second factor, as whom a provider says they are, or with a link of the operator's.
//!
//! Whoever asks from outside learns only whether all was right. A wrong address, a wrong password and a wrong code take the same way, with the
//! same statements, so that neither what is answered nor how long it takes tells one from another.

use std::net::IpAddr;

use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::Service;
use crate::clock::Instant;
use crate::db::credentials::{self, Credential};
use crate::db::identities;
use crate::db::jobs::{AccountMail, Job};
use crate::db::sessions::{self, NewSession, Session, Which};
use crate::db::tries::{self, Tried};
use crate::db::{Author, DbError, Failure, Turn, accounts, links};
use crate::domain::ids::AccountId;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::password::{Password, WeakPassword};
use crate::domain::second_factor::{SecondFactor, TotpSecret};
use crate::domain::{Email, LinkPurpose};
use crate::limits::{self, Tries};

/// Nobody: whom things are looked up for where there is no account, so that as much is looked up.
const NOBODY: AccountId = AccountId(Uuid::nil());

/// The browser somebody signs in with.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The hash of the secret it had until now: a session that was begun under it ends.
    pub before: [u8; 32],
    /// The session it is to have.
    pub session: NewSession,
}

/// Who tries, and what they type.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The mail address, as it was typed.
    pub address: String,
    /// The password.
    pub password: Password,
    /// The second factor.
    pub code: SecondFactor,
    /// Where it comes from.
    pub from: IpAddr,
    /// The hash of what the browser has from an earlier sign-in.
    pub known_by: Option<[u8; 32]>,
    /// The hash of what it is to have from this one.
    pub known_since: [u8; 32],
}

/// Who is signed in since.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Whether the browser is to keep what it is known by from now on.
    pub is_new_here: bool,
}

/// Why somebody was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBelieved {
    /// Something was wrong; which is not told.
    Wrong,
    /// There were too many tries until then.
    TooMany(Instant),
    /// The link was used, has run out, or never was.
    LinkOver,
    /// The password may not be chosen.
    Weak(WeakPassword),
}

/// A mail address as it is compared.
pub fn address_key(typed: &str) -> String {
    let typed = typed.trim();
    // What is no address is nobody's, and counts as what it is.
    Email::try_from(typed.to_owned()).map_or_else(|_why| typed.to_owned(), |address| address.key())
}

/// Begins a session; nobody's where the account has ended.
pub(super) fn begin(turn: &mut Turn<'_>, account: AccountId, arrival: &Arrival) -> Result<Option<Session>, Failure> {
    let caller = match accounts::find(turn.conn, account) {
        Ok(caller) if caller.scopes.is_none() => caller,
        // A tool that is bound to scopes has no screen.
        Ok(_) | Err(DbError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    for ended in sessions::end(turn, Which::Secret(&arrival.before))? {
        turn.note_as("signOut", &ended);
    }
    let session = sessions::begin(turn, caller, &arrival.session)?;
    turn.note(&session);
    Ok(Some(session))
}

/// Signs in whom a link was made for, by the hash of its code; nobody where it was used, has run out, or never was.
pub fn by_link(turn: &mut Turn<'_>, code_hash: &[u8; 32], arrival: &Arrival) -> Result<Option<Session>, Failure> {
    match links::use_up(turn, LinkPurpose::SignIn, code_hash)? {
        Some(account) => begin(turn, account, arrival),
        None => Ok(None),
    }
}

/// Who somebody is, as a provider says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who it is there.
    pub subject: String,
    /// The mail address, which the provider has verified.
    pub address: String,
}

/// Signs in the account that was bound to somebody of a provider, or that of their address, which is bound now; nobody where there is none,
/// or where it is somebody else's there.
pub fn by_identity(turn: &mut Turn<'_>, identity: &Identity, arrival: &Arrival) -> Result<Option<Session>, Failure> {
    let Identity { issuer, subject, address } = identity;
    if let Some(account) = identities::find(turn.conn, issuer, subject)? {
        if let Some(session) = begin(turn, account, arrival)? {
            return Ok(Some(session));
        }
        // That account has ended. Whoever left and was invited anew has another.
        identities::unbind(turn, issuer, subject)?;
    }
    let Some(account) = accounts::of_email(turn.conn, &address_key(address))? else { return Ok(None) };
    if identities::is_bound(turn.conn, issuer, account)? {
        return Ok(None);
    }
    let Some(session) = begin(turn, account, arrival)? else { return Ok(None) };
    identities::bind(turn, issuer, subject, account)?;
    accounts::accept(turn, account)?;
    links::end_of(turn, LinkPurpose::Invitation, account)?;
    turn.note_as("bindIdentity", &session.caller);
    Ok(Some(session))
}

/// Ends the session of a secret.
pub fn out(turn: &mut Turn<'_>, secret_hash: &[u8; 32]) -> Result<(), Failure> {
    for session in sessions::end(turn, Which::Secret(secret_hash))? {
        turn.note(&session);
    }
    Ok(())
}

/// What is known of an account before its password is compared.
pub(super) struct LookedUp {
    /// Its credential, if there is one.
    pub(super) credential: Option<Credential>,
    /// Whom the try counts for.
    counted: Vec<Tried>,
    /// Whether the browser is known.
    is_known_here: bool,
}

impl LookedUp {
    /// The hash that the password is compared with.
    pub(super) fn hash(&self) -> Option<String> {
        self.credential.as_ref().map(|credential| credential.password_hash.clone())
    }
}

/// Takes a try and looks up whose address it is.
fn look_up(service: &Service, now: Instant, attempt: &Attempt) -> Result<Result<LookedUp, NotBelieved>, Failure> {
    let typed = address_key(&attempt.address);
    service.db().write_beside(|conn| {
        let account = accounts::of_email(conn, &typed)?.unwrap_or(NOBODY);
        let credential = credentials::find(conn, account)?;
        let hash = attempt.known_by.unwrap_or_default();
        let is_known_here = tries::knows_browser(conn, now, &hash, account)?;
        let whose = if is_known_here { Tried::of("browser", &hash) } else { Tried::of("account", typed.as_bytes()) };
        let from = Tried::of("address", attempt.from.to_string().as_bytes());
        let again = tries::take(conn, now, &[(whose, &limits::TRIES_ACCOUNT), (from, &limits::TRIES_ADDRESS)])?;
        Ok(match again {
            Some(until) => Err(NotBelieved::TooMany(until)),
            None => Ok(LookedUp { credential, counted: vec![whose, from], is_known_here }),
        })
    })
}

/// Takes a try of somebody who is known already, to do what asks for both factors again.
pub(super) fn look_up_own(service: &Service, now: Instant, account: AccountId) -> Result<Result<LookedUp, NotBelieved>, Failure> {
    let whose = Tried::of("own", account.0.as_bytes());
    service.db().write_beside(|conn| {
        let credential = credentials::find(conn, account)?;
        Ok(match tries::take(conn, now, &[(whose, &limits::TRIES_ACCOUNT)])? {
            Some(until) => Err(NotBelieved::TooMany(until)),
            None => Ok(LookedUp { credential, counted: vec![whose], is_known_here: false }),
        })
    })
}

/// Whether both factors are right: `fits` says so of the password, by the hash that was looked up. A second factor that is right is used up.
pub(super) fn prove(turn: &mut Turn<'_>, found: &LookedUp, fits: bool, code: &SecondFactor) -> Result<bool, Failure> {
    let account = found.credential.as_ref().map_or(NOBODY, |credential| credential.account);
    let stored = credentials::find(turn.conn, account)?;
    // It may have been changed since it was compared.
    let same = stored.as_ref().map(|stored| &stored.password_hash) == found.credential.as_ref().map(|known| &known.password_hash);
    let fits = fits && same && stored.is_some();
    let proved = second_factor(turn, if fits { account } else { NOBODY }, stored.filter(|_| fits), code)?;
    if proved {
        tries::give_back(turn.conn, &found.counted)?;
    }
    Ok(fits && proved)
}

/// Whether a code is one of the account's, and uses it up.
fn second_factor(
    turn: &mut Turn<'_>,
    account: AccountId,
    stored: Option<Credential>,
    code: &SecondFactor,
) -> Result<bool, Failure> {
    match code {
        SecondFactor::Telephone(code) => {
            let (totp, last) = stored.map_or((TotpSecret::STAND_IN, i64::MAX), |stored| (stored.totp, stored.totp_step));
            match totp.step_of(code, turn.now, last) {
                Some(step) => Ok(credentials::take_step(turn, account, step)?),
                None => Ok(false),
            }
        }
        SecondFactor::Paper(code) => {
            let used = credentials::use_recovery_code(turn, account, code)?;
            if used {
                turn.enqueue(Job::TellAccount { account: Some(account), about: AccountMail::RecoveryCodeUsed });
            }
            Ok(used)
        }
    }
}

/// Signs in with a password and a second factor.
pub async fn with_password(
    service: &Service,
    attempt: Attempt,
    arrival: Arrival,
) -> Result<Result<SignedIn, NotBelieved>, Failure> {
    let now = service.pulse().await?.now;
    let (of, asked) = (service.clone(), attempt.clone());
    let looked_up = spawn_blocking(move || look_up(&of, now, &asked)).await.map_err(DbError::unavailable)??;
    let found = match looked_up {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let (hash, password) = (found.hash(), attempt.password);
    let fits = service.hashing(move || password.fits(hash.as_deref())).await?;
    let service = service.clone();
    let (code, known_since) = (attempt.code, attempt.known_since);
    let signed_in = move || {
        service.write(Author::service("signIn"), |turn| {
            let account = match &found.credential {
                Some(credential) if prove(turn, &found, fits, &code)? => credential.account,
                Some(credential) => {
                    tracing::info!(account = %credential.account, "a sign-in was refused");
                    return Ok(Err(NotBelieved::Wrong));
                }
                None => {
                    prove(turn, &found, fits, &code)?;
                    return Ok(Err(NotBelieved::Wrong));
                }
            };
            let Some(session) = begin(turn, account, &arrival)? else { return Ok(Err(NotBelieved::Wrong)) };
            if !found.is_known_here {
                tries::know_browser(turn.conn, turn.now, &known_since, account)?;
            }
            Ok(Ok(SignedIn { session, is_new_here: !found.is_known_here }))
        })
    };
    spawn_blocking(signed_in).await.map_err(DbError::unavailable)?
}

/// Has a link mailed to whoever has a local account of this address. Nobody learns whether there is one: for nobody as much is done.
pub async fn forget_password(service: &Service, typed: String, from: IpAddr) -> Result<Result<(), NotBelieved>, Failure> {
    let now = service.pulse().await?.now;
    let service = service.clone();
    let forget = move || {
        let typed = address_key(&typed);
        let whose = Tried::of("forgotten", typed.as_bytes());
        let from = Tried::of("address", from.to_string().as_bytes());
        let counted: [(Tried, &Tries); 2] = [(whose, &limits::TRIES_FORGOTTEN), (from, &limits::TRIES_ADDRESS)];
        if let Some(until) = service.db().write_beside(|conn| tries::take(conn, now, &counted))? {
            return Ok(Err(NotBelieved::TooMany(until)));
        }
        service.write(Author::service("forgetPassword"), |turn| {
            let account = accounts::of_email(turn.conn, &typed)?.unwrap_or(NOBODY);
            let account = credentials::find(turn.conn, account)?.map(|credential| credential.account);
            turn.enqueue(Job::TellAccount { account, about: AccountMail::PasswordLink });
            Ok(Ok(()))
        })
    };
    spawn_blocking(forget).await.map_err(DbError::unavailable)?
}

/// Whose link this is, and their mail address, while it is good. It is not used up.
pub async fn holder(service: &Service, purpose: LinkPurpose, code_hash: [u8; 32]) -> Result<Option<(AccountId, String)>, Failure> {
    let now = service.pulse().await?.now;
    let service = service.clone();
    let look = move || {
        service.db().read(|conn| {
            let Some(account) = links::holder(conn, now, purpose, &code_hash)? else { return Ok(None) };
            Ok(accounts::email(conn, account)?.map(|address| (account, address)))
        })
    };
    spawn_blocking(look).await.map_err(DbError::unavailable)?
}

/// Takes a try with a link, whose code of 256 bits needs no guard of its own: of what is typed beside it.
async fn take_try(service: &Service, code_hash: [u8; 32]) -> Result<Option<NotBelieved>, Failure> {
    let now = service.pulse().await?.now;
    let service = service.clone();
    let whose = Tried::of("link", &code_hash);
    let take = move || service.db().write_beside(|conn| tries::take(conn, now, &[(whose, &limits::TRIES_LINK)]));
    let again = spawn_blocking(take).await.map_err(DbError::unavailable)??;
    Ok(again.map(NotBelieved::TooMany))
}

/// Chooses a new password with a mailed link and the second factor. All sessions end.
pub async fn choose_password(
    service: &Service,
    code_hash: [u8; 32],
    password: Password,
    code: SecondFactor,
) -> Result<Result<(), NotBelieved>, Failure> {
    let Some((_, address)) = holder(service, LinkPurpose::Password, code_hash).await? else {
        return Ok(Err(NotBelieved::LinkOver));
    };
    if let Err(why) = password.check(&[&address]) {
        return Ok(Err(NotBelieved::Weak(why)));
    }
    if let Some(why) = take_try(service, code_hash).await? {
        return Ok(Err(why));
    }
    let hash = service.hashing(move || password.hash()).await?.map_err(DbError::unavailable)?;
    let service = service.clone();
    let choose = move || {
        service.write(Author::service("choosePassword"), |turn| {
            let Some(account) = links::holder(turn.conn, turn.now, LinkPurpose::Password, &code_hash)? else {
                return Ok(Err(NotBelieved::LinkOver));
            };
            let stored = credentials::find(turn.conn, account)?;
            if stored.is_none() || !second_factor(turn, account, stored, &code)? {
                return Ok(Err(NotBelieved::Wrong));
            }
            links::use_up(turn, LinkPurpose::Password, &code_hash)?;
            put_password(turn, account, &hash, Which::Accounts(&[account]))?;
            Ok(Ok(()))
        })
    };
    spawn_blocking(choose).await.map_err(DbError::unavailable)?
}

/// Puts a password in place, ends these sessions and all that was begun with the old one, and tells the owner.
pub(super) fn put_password(turn: &mut Turn<'_>, account: AccountId, hash: &str, over: Which<'_>) -> Result<(), Failure> {
    credentials::set_password(turn, account, hash)?;
    tries::forget_browsers(turn.conn, account)?;
    links::end_of(turn, LinkPurpose::Password, account)?;
    for ended in sessions::end(turn, over)? {
        turn.note_as("endSession", &ended);
    }
    let caller = accounts::find(turn.conn, account)?;
    turn.note(&caller);
    turn.enqueue(Job::TellAccount { account: Some(account), about: AccountMail::PasswordChanged });
    Ok(())
}

/// What somebody who was invited chooses.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// A password.
    pub password: Password,
    /// What their telephone has taken.
    pub totp: TotpSecret,
    /// The code it shows, which proves that it has.
    pub code: String,
}

/// Gives an account its credential, with the link of its invitation, and signs in. The codes on paper are shown this once.
pub async fn set_up(
    service: &Service,
    code_hash: [u8; 32],
    chosen: SetUp,
    arrival: Arrival,
) -> Result<Result<(Session, Vec<OneTimeCode>), NotBelieved>, Failure> {
    let Some((_, address)) = holder(service, LinkPurpose::Invitation, code_hash).await? else {
        return Ok(Err(NotBelieved::LinkOver));
    };
    if let Err(why) = chosen.password.check(&[&address]) {
        return Ok(Err(NotBelieved::Weak(why)));
    }
    let now = service.pulse().await?.now;
    let Some(step) = chosen.totp.step_of(&chosen.code, now, 0) else { return Ok(Err(NotBelieved::Wrong)) };
    let password = chosen.password;
    let hash = service.hashing(move || password.hash()).await?.map_err(DbError::unavailable)?;
    let (service, totp, made) = (service.clone(), chosen.totp, recovery_codes()?);
    let set_up = move || {
        service.write(Author::service("setUpAccount"), |turn| {
            let Some(account) = links::use_up(turn, LinkPurpose::Invitation, &code_hash)? else {
                return Ok(Err(NotBelieved::LinkOver));
            };
            if credentials::find(turn.conn, account)?.is_some() {
                return Ok(Err(NotBelieved::LinkOver));
            }
            let credential = Credential { account, password_hash: hash.clone(), totp: totp.clone(), totp_step: step };
            credentials::insert(turn, &credential)?;
            accounts::accept(turn, account)?;
            credentials::set_recovery_codes(turn, account, &made)?;
            let Some(session) = begin(turn, account, &arrival)? else { return Ok(Err(NotBelieved::LinkOver)) };
            turn.note(&session.caller);
            Ok(Ok((session, made.clone())))
        })
    };
    spawn_blocking(set_up).await.map_err(DbError::unavailable)?
}

/// New codes on paper.
pub(super) fn recovery_codes() -> Result<Vec<OneTimeCode>, DbError> {
    (0..limits::RECOVERY_CODES).map(|_| OneTimeCode::new()).collect::<Result<_, _>>().map_err(DbError::unavailable)
}

//! What the holder of a link in a mail may do without an account: open the referral it was sent about, answer it in its addressee's stead, take
//! that back, contradict what was written down for it, and say what is free at the place.

use chrono::TimeDelta;
use matcher::{Beds, Policy};

use super::{referrals as commands, vacancies as places};
use crate::clock::Instant;
use crate::db::organisations::StoredOrganisation;
use crate::db::referrals::{self, ReferralView};
use crate::db::structures::StoredStructure;
use crate::db::units::StoredUnit;
use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{Conn, DbError, Failure, Turn, links, organisations, requests, structures, units};
use crate::domain::deadline::minutes;
use crate::domain::denied::What;
use crate::domain::ids::{OrganisationId, StructureId, UnitId, VacancyId};
use crate::domain::mailed_link::{Bound, CountByLink, LinkCode, Standing, TakenByLink};
use crate::domain::referral::{Acceptance, Acknowledgement, Declination, DeclinationByLink, Undo};
use crate::domain::{Denied, Reach, Referral};
use crate::limits;

/// What a link opens.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Until when it is good.
    pub expires_at: Instant,
    /// Whether it answers, or only takes the answer back.
    pub standing: Standing,
    /// The referral.
    pub referral: ReferralView,
    /// The unit that is asked, with its structure.
    pub unit: StoredUnit,
    /// The vacancy that is asked for.
    pub vacancy: StoredVacancy,
    /// Who asks: in whose hands the request is now.
    pub asker: StoredOrganisation,
    /// Whether it was sent to those who run the place, and not to a regulator.
    pub may_confirm: bool,
}

/// Makes a link that is sent to an address of a referral's addressee, for the step at which the referral stands.
pub fn make(conn: &mut Conn, now: Instant, referral: &Referral, address: &str) -> Result<LinkCode, DbError> {
    let code = LinkCode::new().map_err(DbError::unavailable)?;
    let at_least = now.plus(limits::LINK_VALID_MIN);
    let bound = Bound {
        organisation: referral.addressee,
        referral: referral.id,
        step: referral.course.steps,
        address: code.of_address(address),
        expires_at: referral.deadline.map_or(at_least, |deadline| deadline.max(at_least)),
    };
    links::insert_for_referral(conn, now, &code.hash(), &bound)?;
    Ok(code)
}

/// The addresses at which the addressee of a referral is written to, in the order in which they are tried: the trafficking contact of the
/// structure, where its own organisation answers; then the organisation that does.
pub fn addresses(conn: &mut Conn, referral: &Referral) -> Result<Vec<String>, DbError> {
    let structure = units::find(conn, Reach::Everything, referral.unit)?.structure;
    let own = structure.organisation == referral.addressee;
    let home = proved_contact(&structure).filter(|_| own);
    let organisation = address_of(conn, referral.addressee)?.filter(|address| home.as_ref() != Some(address));
    Ok(home.into_iter().chain(organisation).collect())
}

/// The trafficking contact of the structure of a unit; then the organisation that runs it.
pub fn addresses_of_home(conn: &mut Conn, unit: UnitId) -> Result<Vec<String>, DbError> {
    let structure = units::find(conn, Reach::Everything, unit)?.structure;
    let home = proved_contact(&structure);
    let organisation = address_of(conn, structure.organisation)?.filter(|address| home.as_ref() != Some(address));
    Ok(home.into_iter().chain(organisation).collect())
}

/// The contact address of a home, where somebody who reads it has proved it: nothing is sent to it before.
fn proved_contact(structure: &StoredStructure) -> Option<String> {
    let email = structure.home.unshown().contact.email.as_ref().filter(|_| structure.contact_proved);
    email.map(|email| email.as_str().to_owned())
}

/// The contact address of a home that is to be proved; none where it is, or there is none.
pub fn contact_to_prove(conn: &mut Conn, structure: StructureId) -> Result<Option<String>, DbError> {
    let found = structures::of_id(conn, structure)?.filter(|structure| !structure.contact_proved && structure.ended_at.is_none());
    Ok(found.and_then(|structure| structure.home.unshown().contact.email.as_ref().map(|email| email.as_str().to_owned())))
}

/// The address of an organisation, if it has one.
pub fn address_of(conn: &mut Conn, organisation: OrganisationId) -> Result<Option<String>, DbError> {
    Ok(organisations::find(conn, organisation)?.declared.contact.email.map(|email| email.as_str().to_owned()))
}

/// A link that was found, and its referral.
#[derive(Clone, Debug)]
pub struct Found {
    /// The referral.
    pub referral: Referral,
    /// Until when it is good.
    pub expires_at: Instant,
    /// How it stands.
    pub standing: Standing,
}

/// What a code opens. One that never was is not there; one that was good once, before a later step or a change of the address it was sent to,
/// says so.
pub fn find(conn: &mut Conn, policy: &Policy, now: Instant, code: &LinkCode) -> Result<Found, Failure> {
    let bound = links::of_referral(conn, &code.hash())?.ok_or(Denied::NotFound(What::Link))?;
    let referral = referrals::find(conn, Reach::Everything, bound.referral)?;
    let undo: TimeDelta = minutes(policy.undo_minutes());
    let standing = bound.standing(&referral, now, undo);
    let is_current = addresses(conn, &referral)?.iter().any(|address| code.of_address(address) == bound.address);
    if standing == Standing::Over || !is_current {
        return Err(Denied::MailedLinkExpired.into());
    }
    let until = referral.last.as_ref().map_or(bound.expires_at, |last| last.at.plus(undo));
    let expires_at = if standing == Standing::Good { bound.expires_at } else { until };
    Ok(Found { referral, expires_at, standing })
}

/// What a link opens, as the addressee of its referral sees it.
pub fn open(conn: &mut Conn, policy: &Policy, now: Instant, code: &LinkCode) -> Result<Opened, Failure> {
    let Found { referral, expires_at, standing } = find(conn, policy, now, code)?;
    let (unit, vacancy) = units::of_vacancy(conn, referral.vacancy)?;
    let may_confirm = unit.structure.organisation == referral.addressee;
    let lent_to = requests::lent_to(conn, referral.request)?;
    let asker = organisations::find(conn, lent_to.unwrap_or(referral.organisation))?;
    let referral = referrals::view(conn, reach(&referral), now, referral.id)?;
    Ok(Opened { expires_at, standing, referral, unit, vacancy, asker, may_confirm })
}

/// A link acts as the addressee it was sent to, and as nobody else.
pub fn reach_of(addressee: OrganisationId) -> Reach {
    Reach::running(addressee)
}

fn reach(referral: &Referral) -> Reach {
    reach_of(referral.addressee)
}

/// The referral of a link that answers.
fn to_answer(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode) -> Result<Referral, Failure> {
    let found = find(turn.conn, policy, turn.now, code)?;
    match found.standing {
        Standing::Good => Ok(found.referral),
        Standing::Answered | Standing::Over => Err(Denied::InState(found.referral.state).into()),
    }
}

/// Yes.
pub fn accept(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode) -> Result<ReferralView, Failure> {
    let referral = to_answer(turn, policy, code)?;
    commands::accept(turn, policy, reach(&referral), referral.id, &Acceptance::default())
}

/// No, and why.
pub fn decline(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode, said: &DeclinationByLink) -> Result<ReferralView, Failure> {
    let referral = to_answer(turn, policy, code)?;
    let said = Declination { by_phone: false, refusal: said.refusal.clone() };
    commands::decline(turn, reach(&referral), referral.id, &said)
}

/// It was seen, and a call is wished for or announced.
pub fn acknowledge(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode, said: &Acknowledgement) -> Result<ReferralView, Failure> {
    let referral = to_answer(turn, policy, code)?;
    commands::acknowledge(turn, reach(&referral), referral.id, said)
}

/// Takes back the last command that the addressee of a link's referral has given on it; by a link, for some minutes only.
pub fn undo(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode, said: &Undo) -> Result<ReferralView, Failure> {
    let referral = find(turn.conn, policy, turn.now, code)?.referral;
    if referral.last.as_ref().is_some_and(|last| !last.is_of_addressee()) {
        return Err(Denied::NotTheirCommand.into());
    }
    super::undo::undo(turn, policy, reach(&referral), referral.id, said)
}

/// Says that what was written down for the addressee of a link's referral is not so.
pub fn contradict(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode) -> Result<ReferralView, Failure> {
    let referral = to_answer(turn, policy, code)?;
    super::undo::contradict(turn, policy, reach(&referral), referral.id)
}

/// The vacancy of a link that was sent to those who run the place.
fn of_place(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode) -> Result<(Reach, StoredVacancy), Failure> {
    let referral = find(turn.conn, policy, turn.now, code)?.referral;
    let (unit, vacancy) = units::of_vacancy(turn.conn, referral.vacancy)?;
    if unit.structure.organisation != referral.addressee {
        return Err(Denied::NotTheirPlace.into());
    }
    Ok((reach(&referral), vacancy))
}

/// What the holder of a link says of the vacancy that it was sent about.
#[derive(Clone, Copy, Debug)]
pub enum Saying {
    /// It is still as declared, with as many beds as were seen, if some were.
    Confirm(Option<u32>),
    /// How many beds there are, where there still were as many as were seen.
    Count(CountByLink),
    /// Somebody who did not come through Havre has one of the beds that were seen.
    Taken(TakenByLink),
}

/// Says what is free at the place that a link was sent about.
pub fn say(turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode, saying: Saying) -> Result<StoredVacancy, Failure> {
    let (reach, vacancy) = of_place(turn, policy, code)?;
    match saying {
        Saying::Confirm(seen) => {
            must_be_as_seen(&vacancy, seen.unwrap_or(vacancy.beds))?;
            places::confirm(turn, reach, vacancy.id)
        }
        Saying::Count(said) => {
            must_be_as_seen(&vacancy, said.from)?;
            let more = i64::from(said.to).saturating_sub(i64::from(said.from));
            let more = i32::try_from(more).map_err(|_why| Denied::contradiction("to", "is more than there can be"))?;
            places::count(turn, policy, reach, vacancy.id, more)
        }
        Saying::Taken(said) => {
            must_be_as_seen(&vacancy, said.from)?;
            places::record_taken_elsewhere(turn, reach, vacancy.id, Beds::new(1).ok())
        }
    }
}

/// An old page, or a second tap on one button, changes nothing.
fn must_be_as_seen(vacancy: &StoredVacancy, beds: u32) -> Result<(), Denied> {
    if vacancy.beds == beds { Ok(()) } else { Err(Denied::ChangedSince) }
}

/// A vacancy as it stands, for who holds a link about it.
pub fn find_vacancy(conn: &mut Conn, organisation: OrganisationId, id: VacancyId) -> Result<StoredVacancy, DbError> {
    vacancies::find(conn, reach_of(organisation), id)
}

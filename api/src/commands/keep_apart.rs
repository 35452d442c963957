//! Requests kept apart: two referents, each at a request of their own, exchange a one-time code by phone. Neither learns more of the other's
//! request than that it is there, and nothing they do is answered otherwise because of it (design §4).
//!
//! A link speaks to two. Who answers for a place where the other people are or near sees that, and accepts nobody there. The coordination, and
//! out of its hours the 115, is told of every encounter: in the very event that the command notes anyhow, so that nobody counts one more.

use crate::db::jobs::Job;
use crate::db::keep_apart::{self, Concerns, StoredCode, StoredLink};
use crate::db::requests::StoredRequest;
use crate::db::{Conn, DbError, Failure, Turn, referrals, requests, units};
use crate::domain::denied::What;
use crate::domain::ids::{KeepApartCodeId, KeepApartLinkId, ReferralId, RequestId, StructureId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::quota::Watched;
use crate::domain::referral::Stop;
use crate::domain::separation::Bond;
use crate::domain::{About, Brought, Denied, Encounter, Near, Noted, Reach, Referral};
use crate::limits;

use super::quotas;
use super::referrals::stop_for_safety;
use super::requests::not_closed;

/// A code that was made; the code itself is shown once.
#[derive(Clone, Debug)]
pub struct MadeCode {
    /// What is kept of it.
    pub stored: StoredCode,
    concerns: Concerns<KeepApartCodeId>,
}

impl Noted for MadeCode {
    fn about(&self) -> About {
        self.concerns.about()
    }
}

/// Keeps the hash of a code by which another referent links their request to this one.
pub fn create_code(
    turn: &mut Turn<'_>,
    reach: Reach,
    request: RequestId,
    id: KeepApartCodeId,
    code: &OneTimeCode,
) -> Result<MadeCode, Failure> {
    let request = not_closed(requests::find(turn.conn, reach, request)?)?;
    let expires_at = turn.from_now(limits::KEEP_APART_CODE_VALID);
    let made_for = reach.organisation().unwrap_or(request.organisation);
    let stored = keep_apart::insert_code(turn, id, (request.id, made_for), &code.hash(), expires_at)?;
    let made = MadeCode { stored, concerns: Concerns { id, organisation: request.organisation, other: None } };
    turn.note(&made);
    Ok(made)
}

/// A code as it stands, of a request that the reach gives.
pub fn find_code(conn: &mut Conn, reach: Reach, id: KeepApartCodeId) -> Result<MadeCode, DbError> {
    let stored = keep_apart::find_code(conn, id)?;
    let organisation = requests::find(conn, reach, stored.request)?.organisation;
    Ok(MadeCode { stored, concerns: Concerns { id, organisation, other: None } })
}

/// A link, seen from one of its requests.
#[derive(Clone, Copy, Debug)]
pub struct SeenLink {
    /// The link.
    pub stored: StoredLink,
    concerns: Concerns<KeepApartLinkId>,
}

impl Noted for SeenLink {
    fn about(&self) -> About {
        self.concerns.about()
    }
}

/// Uses a code up that another referent has read out: the two requests are kept apart. Those that are already stay so. Where they are near
/// each other already, the coordination is told.
pub fn create_link(turn: &mut Turn<'_>, reach: Reach, request: RequestId, code: &OneTimeCode) -> Result<SeenLink, Failure> {
    let request = not_closed(requests::find(turn.conn, reach, request)?)?;
    let other = keep_apart::use_code(turn, &code.hash())?;
    let other = other.filter(|other| *other != request.id).ok_or(Denied::CodeNotValid)?;
    for side in [request.id, other] {
        let links = keep_apart::of_request(turn.conn, side)?;
        if let Some(link) = links.iter().find(|link| [request.id, other].contains(&link.other)) {
            return find_link(turn.conn, request.id, link.id).map_err(Failure::from).inspect(|link| turn.note(link));
        }
        if links.len() >= limits::KEEP_APART_LINKS_MAX {
            return Err(Denied::TooManyLinks.into());
        }
    }
    let spent = quotas::may(turn, Watched::Links, 1)?;
    let stored = keep_apart::insert_link(turn, KeepApartLinkId::new(), request.id, other)?;
    quotas::count(turn, spent);
    let seen = seen_from(turn.conn, request.id, stored)?;
    let mut standing = referrals::open_of_request(turn.conn, request.id)?;
    standing.extend(referrals::stays_of_request(turn.conn, request.id)?);
    let mut met = Vec::new();
    for referral in standing {
        let mut near = keep_apart::near(turn.conn, request.id, referral.unit)?;
        near.retain(|other| other.link == stored.id);
        met.extend(encounter(turn, &referral, &near)?);
    }
    note(turn, &seen, Encounter::all(met));
    Ok(seen)
}

/// Whoever must not meet the people of a request does not meet those of another that is made of it either.
pub(super) fn inherit(turn: &mut Turn<'_>, from: &StoredRequest, to: &StoredRequest) -> Result<(), Failure> {
    for link in keep_apart::of_request(turn.conn, from.id)? {
        link_made_of(turn, to.id, link.other)?;
    }
    Ok(())
}

/// Those who were of one household and look for places separately: whom they must not meet none of them meets, nor each other where that is why.
/// The first is the request that the others were made of.
pub(super) fn of_separated(turn: &mut Turn<'_>, all: &[StoredRequest], bond: Bond) -> Result<(), Failure> {
    let Some((first, others)) = all.split_first() else { return Ok(()) };
    for other in others {
        inherit(turn, first, other)?;
    }
    if bond == Bond::KeptApart {
        for (at, one) in all.iter().enumerate() {
            for other in all.iter().skip(at.saturating_add(1)) {
                link_made_of(turn, one.id, other.id)?;
            }
        }
    }
    Ok(())
}

/// Keeps two requests apart, one of which was made of another just now: it has no place yet, so nobody is near anybody by it.
pub(super) fn link_made_of(turn: &mut Turn<'_>, one: RequestId, other: RequestId) -> Result<(), Failure> {
    let stored = keep_apart::insert_link(turn, KeepApartLinkId::new(), one, other)?;
    let seen = seen_from(turn.conn, one, stored)?;
    turn.note(&seen);
    Ok(())
}

/// One side agrees that a link ends; it does when the other has agreed too. Whose requests both are says so for both. A borrower agrees to
/// nothing: who has a request for a night, and one of its own, would end for good what keeps people apart.
pub fn end_link(turn: &mut Turn<'_>, reach: Reach, request: RequestId, id: KeepApartLinkId) -> Result<SeenLink, Failure> {
    let owner = requests::find(turn.conn, reach, request)?.organisation;
    let link = keep_apart::find_link(turn.conn, request, id)?;
    if reach.organisation() != Some(owner) {
        return Err(Denied::NotTheirRequest.into());
    }
    if link.ended_at.is_some() {
        return Err(Denied::LinkEnded.into());
    }
    let spent = quotas::may(turn, Watched::Links, 1)?;
    let mut stored = keep_apart::agree_to_end(turn, request, link)?;
    quotas::count(turn, spent);
    let seen = seen_from(turn.conn, request, stored)?;
    if stored.other_agreed_at.is_some() || seen.concerns.other == Some(seen.concerns.organisation) {
        stored = keep_apart::end_link(turn, stored)?;
    }
    let seen = SeenLink { stored, ..seen };
    turn.note(&seen);
    Ok(seen)
}

/// The coordination ends a link by its own word, for both sides.
pub fn end_any_link(turn: &mut Turn<'_>, id: KeepApartLinkId) -> Result<SeenLink, Failure> {
    let (link, request) = keep_apart::find(turn.conn, id)?;
    if link.ended_at.is_some() {
        return Err(Denied::LinkEnded.into());
    }
    let spent = quotas::may(turn, Watched::Links, 1)?;
    let stored = keep_apart::end_link(turn, link)?;
    quotas::count(turn, spent);
    let seen = seen_from(turn.conn, request, stored)?;
    turn.note(&seen);
    Ok(seen)
}

/// A link as it stands, seen from one of its requests, which the caller has found.
pub fn find_link(conn: &mut Conn, request: RequestId, id: KeepApartLinkId) -> Result<SeenLink, DbError> {
    let stored = keep_apart::find_link(conn, request, id)?;
    seen_from(conn, request, stored)
}

/// A link as it stands, for the coordination.
pub fn find_any_link(conn: &mut Conn, id: KeepApartLinkId) -> Result<SeenLink, DbError> {
    let (stored, request) = keep_apart::find(conn, id)?;
    seen_from(conn, request, stored)
}

fn seen_from(conn: &mut Conn, request: RequestId, stored: StoredLink) -> Result<SeenLink, DbError> {
    let organisation = requests::find(conn, Reach::Everything, request)?.organisation;
    let other = requests::find(conn, Reach::Everything, stored.other)?.organisation;
    Ok(SeenLink { stored, concerns: Concerns { id: stored.id, organisation, other: Some(other) } })
}

/// Notes a referral that a command has brought where it stands now, also where it passed over an encounter: the coordination is told of one
/// in the same event, and by mail.
pub(super) fn note_brought(turn: &mut Turn<'_>, referral: &Referral) -> Result<(), Failure> {
    let command = turn.author().command;
    note_brought_as(turn, command, referral)
}

/// The same of one that was brought there because of another.
pub(super) fn note_brought_as(turn: &mut Turn<'_>, command: &'static str, referral: &Referral) -> Result<(), Failure> {
    let near = keep_apart::near(turn.conn, referral.request, referral.unit)?;
    let encounter = encounter(turn, referral, &near)?;
    tell_by_mail(turn, encounter.as_ref());
    turn.note_as(command, &Brought { record: referral, encounter });
    Ok(())
}

/// A site has moved and taken its people along: whom it has brought near each other.
pub(super) fn moved(turn: &mut Turn<'_>, structure: StructureId) -> Result<Option<Encounter>, Failure> {
    let mut met = Vec::new();
    for id in keep_apart::linked_in(turn.conn, structure)? {
        let referral = referrals::find(turn.conn, Reach::Everything, id)?;
        let near = keep_apart::near(turn.conn, referral.request, referral.unit)?;
        met.extend(encounter(turn, &referral, &near)?);
    }
    Ok(Encounter::all(met))
}

/// Notes a record whose change brings people together who are kept apart, if it does.
pub(super) fn note(turn: &mut Turn<'_>, record: &impl Noted, encounter: Option<Encounter>) {
    tell_by_mail(turn, encounter.as_ref());
    turn.note(&Brought { record, encounter });
}

fn tell_by_mail(turn: &mut Turn<'_>, encounter: Option<&Encounter>) {
    if let Some(referral) = encounter.and_then(Encounter::referral) {
        turn.enqueue(Job::Encounter { referral });
    }
}

/// Whom a referral brings together, and who is told of that now.
fn encounter(turn: &mut Turn<'_>, referral: &Referral, near: &[Near]) -> Result<Option<Encounter>, Failure> {
    let met = Encounter::met(referral, near);
    if met.is_empty() {
        return Ok(None);
    }
    quotas::met(turn, referral)?;
    let department = units::find(turn.conn, Reach::Everything, referral.unit)?.structure.department;
    let stand_in = keep_apart::on_call(turn.conn, turn.now, referral, &met)?.stand_in;
    Ok(Some(Encounter::new(referral, &met, department, stand_in.map(|stand_in| stand_in.id))))
}

/// Whether somebody whom the people of a referral must not meet is housed or held there or near.
pub(super) fn is_anyone_there(conn: &mut Conn, referral: &Referral) -> Result<bool, DbError> {
    Ok(keep_apart::near(conn, referral.request, referral.unit)?.iter().any(Near::are_there))
}

/// Who answers for a place accepts nobody whom somebody there or near must not meet.
pub(super) fn must_not_meet(conn: &mut Conn, referral: &Referral) -> Result<(), Failure> {
    if is_anyone_there(conn, referral)? { Err(Denied::KeptApart.into()) } else { Ok(()) }
}

/// The coordination stops a referral by its own word. Only what is part of an encounter is there for it. Those who asked read the refusal of
/// the addressee with the reason that was chosen for them; the record says `safety`.
pub fn stop(turn: &mut Turn<'_>, id: ReferralId, said: &Stop) -> Result<Referral, Failure> {
    let (referral, request) = referrals::with_request(turn.conn, Reach::Everything, id)?;
    let near = keep_apart::near(turn.conn, referral.request, referral.unit)?;
    if Encounter::met(&referral, &near).is_empty() {
        return Err(Denied::NotFound(What::Record).into());
    }
    stop_for_safety(turn, referral, &request, &said.refusal)
}

/// A referral that the coordination has stopped, as it stands.
pub fn find_stopped(conn: &mut Conn, id: ReferralId) -> Result<Referral, DbError> {
    referrals::find(conn, Reach::Everything, id)
}

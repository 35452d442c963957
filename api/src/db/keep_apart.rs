//! Requests that must be kept apart: the one-time codes by which two referents link them, the links, and who is near whom because of them.

use diesel::prelude::*;

use super::organisations::OnCall;
use super::schema::keep_apart_codes::{self, dsl as codes};
use super::schema::keep_apart_links::{self, dsl as links};
use super::types::Coded;
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{KeepApartCodeId, KeepApartLinkId, OrganisationId, PlanId, ReferralId, RequestId, StructureId, UnitId};
use crate::domain::{About, Near, Noted, Reach, Referral, ReferralState, SafetyCall};

/// A code as it is stored: without the code.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct StoredCode {
    /// Its id.
    pub id: KeepApartCodeId,
    /// The request that it links to another.
    pub request: RequestId,
    /// Until when it is good.
    pub expires_at: Instant,
    /// When it was used, if it was.
    pub used_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
}

/// A link, seen from one of its requests.
#[derive(Clone, Copy, Debug)]
pub struct StoredLink {
    /// Its id.
    pub id: KeepApartLinkId,
    /// When it was made.
    pub created_at: Instant,
    /// When this side agreed that it ends, if it did.
    pub agreed_at: Option<Instant>,
    /// When the other side did.
    pub other_agreed_at: Option<Instant>,
    /// When it was ended, if it was.
    pub ended_at: Option<Instant>,
    /// The other request.
    pub other: RequestId,
}

#[derive(Queryable)]
struct LinkRow {
    id: KeepApartLinkId,
    low: RequestId,
    high: RequestId,
    created_at: Instant,
    low_agreed_at: Option<Instant>,
    high_agreed_at: Option<Instant>,
    ended_at: Option<Instant>,
}

impl LinkRow {
    fn seen_from(self, request: RequestId) -> StoredLink {
        let is_low = self.low == request;
        let (agreed_at, other_agreed_at) =
            if is_low { (self.low_agreed_at, self.high_agreed_at) } else { (self.high_agreed_at, self.low_agreed_at) };
        let other = if is_low { self.high } else { self.low };
        StoredLink { id: self.id, created_at: self.created_at, agreed_at, other_agreed_at, ended_at: self.ended_at, other }
    }
}

/// An event of a code or a link: whose requests it concerns, and nothing more.
#[derive(Clone, Copy, Debug)]
pub struct Concerns<Id> {
    /// Of the code or the link.
    pub id: Id,
    /// The organisation whose request it is.
    pub organisation: OrganisationId,
    /// That of the other request, of a link.
    pub other: Option<OrganisationId>,
}

impl<Id: Copy + Into<crate::domain::Record>> Noted for Concerns<Id> {
    fn about(&self) -> About {
        let about = About::of(self.id, self.organisation);
        match self.other {
            // Each side learns that there is a link, or none any more.
            Some(other) => about.addressed_to(other),
            None => about,
        }
    }
}

/// Keeps the hash of a new code of a request, made for an organisation in whose hands the request is.
pub fn insert_code(
    turn: &mut Turn<'_>,
    id: KeepApartCodeId,
    (request, made_for): (RequestId, OrganisationId),
    hash: &[u8],
    expires_at: Instant,
) -> Result<StoredCode, DbError> {
    diesel::insert_into(keep_apart_codes::table)
        .values((
            codes::id.eq(id),
            codes::request_id.eq(request),
            codes::made_for_id.eq(made_for),
            codes::code_hash.eq(hash),
            codes::expires_at.eq(expires_at),
            codes::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredCode { id, request, expires_at, used_at: None, created_at: turn.now })
}

/// One code.
pub fn find_code(conn: &mut Conn, id: KeepApartCodeId) -> Result<StoredCode, DbError> {
    let columns = (codes::id, codes::request_id, codes::expires_at, codes::used_at, codes::created_at);
    Ok(codes::keep_apart_codes.find(id).select(columns).first(conn)?)
}

/// Uses the code of this hash up, and says which request it is of; none when there is no such code that is still good. That of a borrower is
/// good as long as it has the request.
pub fn use_code(turn: &mut Turn<'_>, hash: &[u8]) -> Result<Option<RequestId>, DbError> {
    use super::schema::requests;
    let good = codes::keep_apart_codes
        .filter(codes::code_hash.eq(hash))
        .filter(codes::used_at.is_null())
        .filter(codes::expires_at.gt(turn.now));
    let found: Option<(KeepApartCodeId, RequestId, OrganisationId)> =
        good.select((codes::id, codes::request_id, codes::made_for_id)).first(turn.conn).optional()?;
    let Some((id, request, made_for)) = found else { return Ok(None) };
    let hands: (OrganisationId, Option<OrganisationId>) =
        requests::table.find(request).select((requests::organisation_id, requests::lent_to_id)).first(turn.conn)?;
    if made_for != hands.0 && Some(made_for) != hands.1 {
        return Ok(None);
    }
    diesel::update(codes::keep_apart_codes.find(id)).set(codes::used_at.eq(Some(turn.now))).execute(turn.conn)?;
    Ok(Some(request))
}

/// Links two requests; the link as one of them sees it.
pub fn insert_link(turn: &mut Turn<'_>, id: KeepApartLinkId, one: RequestId, other: RequestId) -> Result<StoredLink, DbError> {
    diesel::insert_into(keep_apart_links::table)
        .values((
            links::id.eq(id),
            links::low_request_id.eq(one.min(other)),
            links::high_request_id.eq(one.max(other)),
            links::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredLink { id, created_at: turn.now, agreed_at: None, other_agreed_at: None, ended_at: None, other })
}

/// The links of a request that hold, oldest first.
pub fn of_request(conn: &mut Conn, request: RequestId) -> Result<Vec<StoredLink>, DbError> {
    let rows: Vec<LinkRow> = links::keep_apart_links
        .filter(links::low_request_id.eq(request).or(links::high_request_id.eq(request)))
        .filter(links::ended_at.is_null())
        .order(links::id)
        .load(conn)?;
    Ok(rows.into_iter().map(|row| row.seen_from(request)).collect())
}

/// The links that hold between requests of one plan.
pub fn within_plan(conn: &mut Conn, plan: PlanId) -> Result<Vec<(RequestId, RequestId)>, DbError> {
    use super::schema::plan_requests;
    let planned = || plan_requests::table.filter(plan_requests::plan_id.eq(plan)).select(plan_requests::request_id);
    let both = links::low_request_id.eq_any(planned()).and(links::high_request_id.eq_any(planned()));
    let held = links::keep_apart_links.filter(both).filter(links::ended_at.is_null()).order(links::id);
    Ok(held.select((links::low_request_id, links::high_request_id)).load(conn)?)
}

/// The referrals, open or stays, of those whom the people of a request must not meet, to places in the area of a unit: in its structure, or
/// in another in the same H3 cell at resolution 5 (design §3.1).
pub fn near(conn: &mut Conn, request: RequestId, unit: UnitId) -> Result<Vec<Near>, DbError> {
    use super::schema::{referrals, structures, units};
    let links = of_request(conn, request)?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let others: Vec<RequestId> = links.iter().map(|link| link.other).collect();
    let area: Vec<u8> =
        units::table.inner_join(structures::table).filter(units::id.eq(unit)).select(structures::area_hash).first(conn)?;
    type Found = (RequestId, ReferralId, UnitId, OrganisationId, OrganisationId, Coded<ReferralState>, bool);
    let found: Vec<Found> = referrals::table
        .inner_join(units::table.inner_join(structures::table))
        .filter(referrals::request_id.eq_any(others))
        .filter(referrals::state.eq_any(STANDING.map(Coded)))
        .filter(structures::area_hash.eq(area))
        .order(referrals::id)
        .select((
            referrals::request_id,
            referrals::id,
            referrals::unit_id,
            referrals::organisation_id,
            referrals::addressee_id,
            referrals::state,
            referrals::held,
        ))
        .load(conn)?;
    let near = |(request, referral, unit, organisation, addressee, Coded(state), held): Found| {
        let link = links.iter().find(|link| link.other == request)?.id;
        Some(Near { link, referral, request, unit, organisation, addressee, state, held })
    };
    Ok(found.into_iter().filter_map(near).collect())
}

/// Who is told of an encounter in a department, or called about one: the coordination, and out of its hours the 115. Not a 115 that asks for
/// either side, or has one of them in its hands: it would learn where the other is.
pub fn on_call(conn: &mut Conn, now: Instant, referral: &Referral, near: &[Near]) -> Result<OnCall, DbError> {
    use super::schema::requests;
    let department = super::units::find(conn, Reach::Everything, referral.unit)?.structure.department;
    let mut on_call = super::organisations::on_call(conn, now, department)?;
    if let Some(stand_in) = &on_call.stand_in {
        let met: Vec<RequestId> = std::iter::once(referral.request).chain(near.iter().map(|other| other.request)).collect();
        let has_it = requests::organisation_id.eq(stand_in.id).nullable().or(requests::lent_to_id.eq(stand_in.id));
        let its_own = requests::table.filter(requests::id.eq_any(met)).filter(has_it).select(requests::id).limit(1);
        if !its_own.load::<RequestId>(conn)?.is_empty() {
            on_call.stand_in = None;
        }
    }
    Ok(on_call)
}

/// The states in which people may come to a place or are there.
const STANDING: [ReferralState; 5] = {
    let [one, two, three, four] = ReferralState::OPEN;
    [one, two, three, four, ReferralState::Arrived]
};

/// Of the referrals to a structure that stand, those of people who are kept apart from somebody.
pub fn linked_in(conn: &mut Conn, structure: StructureId) -> Result<Vec<ReferralId>, DbError> {
    use super::schema::{referrals, units};
    let held = || links::keep_apart_links.filter(links::ended_at.is_null());
    let linked = referrals::request_id
        .eq_any(held().select(links::low_request_id))
        .or(referrals::request_id.eq_any(held().select(links::high_request_id)));
    let there = units::table.filter(units::structure_id.eq(structure)).select(units::id);
    let standing = referrals::state.eq_any(STANDING.map(Coded)).and(referrals::unit_id.eq_any(there));
    Ok(referrals::table.filter(standing).filter(linked).order(referrals::id).select(referrals::id).load(conn)?)
}

/// Whom the addressee of a referral calls before it answers: somebody whom these people must not meet is housed or held there or near. None:
/// nobody is.
pub fn safety_call(conn: &mut Conn, now: Instant, referral: &Referral) -> Result<Option<SafetyCall>, DbError> {
    let near = near(conn, referral.request, referral.unit)?;
    if !near.iter().any(Near::are_there) {
        return Ok(None);
    }
    let on_call = on_call(conn, now, referral, &near)?;
    match on_call.stand_in.or(on_call.coordination) {
        Some(called) => Ok(Some(SafetyCall { name: called.declared.name, numbers: called.declared.contact.numbers.0 })),
        None => SafetyCall::national().map(Some).map_err(DbError::damaged),
    }
}

/// One link, ended or not, and one of its requests.
pub fn find(conn: &mut Conn, id: KeepApartLinkId) -> Result<(StoredLink, RequestId), DbError> {
    let row: LinkRow = links::keep_apart_links.find(id).first(conn)?;
    let request = row.low;
    Ok((row.seen_from(request), request))
}

/// One link of a request, ended or not.
pub fn find_link(conn: &mut Conn, request: RequestId, id: KeepApartLinkId) -> Result<StoredLink, DbError> {
    let row: LinkRow = links::keep_apart_links
        .filter(links::id.eq(id))
        .filter(links::low_request_id.eq(request).or(links::high_request_id.eq(request)))
        .first(conn)?;
    Ok(row.seen_from(request))
}

/// One side agrees that a link ends.
pub fn agree_to_end(turn: &mut Turn<'_>, request: RequestId, link: StoredLink) -> Result<StoredLink, DbError> {
    let agreed_at = Some(turn.now);
    let row = links::keep_apart_links.find(link.id);
    if request < link.other {
        diesel::update(row).set(links::low_agreed_at.eq(agreed_at)).execute(turn.conn)?;
    } else {
        diesel::update(row).set(links::high_agreed_at.eq(agreed_at)).execute(turn.conn)?;
    }
    Ok(StoredLink { agreed_at, ..link })
}

/// Ends a link.
pub fn end_link(turn: &mut Turn<'_>, link: StoredLink) -> Result<StoredLink, DbError> {
    let ended_at = Some(turn.now);
    diesel::update(links::keep_apart_links.find(link.id)).set(links::ended_at.eq(ended_at)).execute(turn.conn)?;
    Ok(StoredLink { ended_at, ..link })
}

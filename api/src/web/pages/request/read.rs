//! What *La demande* shows, read as of one moment: the request, what was asked of whom, its notes and its history.

use std::collections::HashMap;

use matcher::{Department, Door, Policy};

use crate::clock::Instant;
use crate::commands::matching;
use crate::db::events::{self, StoredEvent};
use crate::db::keep_apart::{self, StoredLink};
use crate::db::referrals::{self, ReferralFilter};
use crate::db::requests::{self, StoredRequest};
use crate::db::{Failure, Reading, accounts, organisations};
use crate::domain::AccountKind;
use crate::domain::ids::{AccountId, OrganisationId, RequestId, UnitId};
use crate::domain::night::tonight;
use crate::domain::request::{Duties, Note, RequestWarning};
use crate::domain::separation::Bond;
use crate::domain::{Reach, Request, RequestState, Role};
use crate::limits;
use crate::paging::{Order, PageLimit};
use crate::web::http::referrals::{ReferralRecord, page as page_of_referrals};
use crate::web::pages::line::{Line, place_asked};
use crate::web::views;
use crate::web::views::places::Kinds;

/// All of it.
pub(super) struct Shown {
    pub(super) id: RequestId,
    pub(super) now: Instant,
    /// Where the people are.
    pub(super) place: Department,
    /// By whose clock the reader lives.
    pub(super) here: Department,
    /// Tonight where the people are.
    pub(super) tonight: String,
    /// Who reads.
    pub(super) own: OrganisationId,
    pub(super) line: Line,
    pub(super) state: RequestState,
    pub(super) declared: Request,
    pub(super) as_matched: matcher::Request,
    pub(super) warnings: Vec<RequestWarning>,
    pub(super) duties: Duties,
    /// Whose request it is.
    pub(super) organisation: OrganisationId,
    /// In whose hands it is, and until when.
    pub(super) lent: Option<(OrganisationId, Instant)>,
    pub(super) notes: Vec<Note>,
    pub(super) referrals: Vec<ReferralRecord>,
    /// What sort of place those are that were asked, and where.
    pub(super) kinds: Kinds,
    pub(super) history: Vec<StoredEvent>,
    pub(super) links: Vec<StoredLink>,
    /// Requests that were made of this one, or that it was made of, as far as the reader may see them.
    pub(super) separated: Vec<(Line, Bond)>,
    pub(super) names: Names,
    pub(super) lending: Lending,
}

/// By what people and organisations are called.
pub(super) struct Names {
    /// Of the people of the reader's organisation.
    pub(super) people: HashMap<AccountId, String>,
    pub(super) organisations: HashMap<OrganisationId, String>,
    /// Colleagues who may take the request over, by their labels.
    pub(super) colleagues: Vec<String>,
}

/// To whom the request can be lent.
#[derive(Default)]
pub(super) struct Lending {
    /// The 115 of the place.
    pub(super) night: Option<OrganisationId>,
    /// All that may have it, by name.
    pub(super) to: Vec<(OrganisationId, String)>,
}

impl Shown {
    /// Reads it, what it shows noted.
    pub(super) fn read(
        reading: &mut Reading<'_>,
        policy: &Policy,
        reach: Reach,
        own: OrganisationId,
        id: RequestId,
    ) -> Result<Self, Failure> {
        let stored = requests::find(reading.conn, reach, id)?;
        let (place, now) = (stored.department(), reading.now);
        let today = stored.today(now)?;
        let declared = stored.seen_by(reach, stored.declared.clone().show(reading));
        let line = Line::of(&stored, &declared, policy, now)?;
        let notes = stored.notes.clone().show(reading);
        let at = matching::moment(now, place)?;
        let referrals = asked(reading, reach, id)?;
        let units: Vec<UnitId> = referrals.iter().map(|referral| referral.unit_id).collect();
        let ids: Vec<_> = referrals.iter().map(|referral| referral.id).collect();
        let history = events::of_request(reading.conn, id, &ids, limits::HISTORY_SHOWN)?;
        Ok(Self {
            id,
            now,
            place,
            here: organisations::department(reading.conn, own)?,
            tonight: tonight(now, place, policy).to_string(),
            own,
            line,
            state: stored.state,
            as_matched: declared.as_matched(id.0, at, matching::moment(stored.created_at, place)?),
            warnings: declared.warnings(today),
            declared,
            duties: stored.duties.clone(),
            organisation: stored.organisation,
            lent: stored.lent,
            notes,
            kinds: views::places::kinds_of(reading.conn, &units)?,
            referrals,
            history,
            links: keep_apart::of_request(reading.conn, id)?,
            separated: separated(reading, policy, reach, &stored)?,
            names: Names::read(reading, own)?,
            lending: Lending::read(reading, &stored, own)?,
        })
    }

    /// When the page changes by itself: what is asked lapses or is late, a hold ends, the request comes back.
    pub(super) fn changes_at(&self) -> impl Iterator<Item = Instant> + '_ {
        let of_referrals =
            self.referrals.iter().flat_map(|referral| [referral.deadline, referral.hold_until, referral.expected_arrival]);
        of_referrals.chain([self.lent.map(|(_, until)| until)]).flatten()
    }

    /// What a referral is called.
    pub(super) fn name_of(&self, referral: &ReferralRecord) -> String {
        place_asked::text(referral, &self.kinds)
    }

    /// Where it leads.
    pub(super) fn department_of(&self, referral: &ReferralRecord) -> Department {
        self.kinds.get(&referral.unit_id).map_or(self.here, |(_, department)| *department)
    }

    /// By what an organisation is called.
    pub(super) fn organisation_name(&self, id: OrganisationId) -> &str {
        self.names.organisations.get(&id).map_or("", String::as_str)
    }

    /// Whether it is the reader's own, and not lent to it.
    pub(super) fn is_own(&self) -> bool {
        self.organisation == self.own
    }
}

/// What was asked of whom: what is under way first, the soonest deadline before; then the rest, newest first.
fn asked(reading: &mut Reading<'_>, reach: Reach, id: RequestId) -> Result<Vec<ReferralRecord>, Failure> {
    let filter = ReferralFilter { request: Some(id), order: Order::Newest, ..Default::default() };
    let page = page_of_referrals(reading, reach, filter, None, PageLimit::most())?;
    let mut records: Vec<_> = page.items.into_iter().filter(|record| record.sides().asking).collect();
    records.sort_by_key(|record| {
        (!record.state.is_open(), record.state.is_open().then_some(record.deadline), std::cmp::Reverse(record.id))
    });
    Ok(records)
}

/// The requests that this one was separated from, where the reader has them too.
fn separated(
    reading: &mut Reading<'_>,
    policy: &Policy,
    reach: Reach,
    stored: &StoredRequest,
) -> Result<Vec<(Line, Bond)>, Failure> {
    let mut lines = Vec::new();
    for separated in &stored.separated {
        match requests::find(reading.conn, reach, separated.request_id) {
            Ok(other) => lines.push((Line::show(reading, policy, &other, reach)?, separated.bond)),
            Err(crate::db::DbError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(lines)
}

impl Names {
    fn read(reading: &mut Reading<'_>, own: OrganisationId) -> Result<Self, Failure> {
        let people = accounts::list(reading.conn, own, AccountKind::Person, Order::Oldest, None, PageLimit::most())?;
        let may_follow = people.iter().filter(|person| person.caller.is(Role::Referent));
        let mut colleagues: Vec<String> = may_follow.map(|person| person.label.clone()).collect();
        colleagues.sort_unstable();
        colleagues.dedup();
        colleagues.truncate(limits::COLLEAGUES_SHOWN);
        let ids = accounts::ids_of(reading.conn, own)?;
        let named = accounts::names(reading.conn, &ids)?;
        Ok(Self {
            people: named.into_iter().map(|(id, known)| (id, known.label)).collect(),
            organisations: organisations::names(reading.conn)?.into_iter().collect(),
            colleagues,
        })
    }
}

impl Lending {
    /// Only its organisation lends it, and not while it is lent or closed.
    fn read(reading: &mut Reading<'_>, stored: &StoredRequest, own: OrganisationId) -> Result<Self, Failure> {
        if stored.organisation != own || stored.lent.is_some() || stored.state == RequestState::Closed {
            return Ok(Self::default());
        }
        let night = organisations::regulator(reading.conn, Door::Samu115, stored.department())?;
        let others = organisations::lendable(reading.conn)?.into_iter().filter(|organisation| organisation.id != own);
        Ok(Self {
            night: night.map(|night| night.id).filter(|night| *night != own),
            to: others.map(|organisation| (organisation.id, organisation.declared.name.as_str().to_owned())).collect(),
        })
    }
}

/// How one request stands in lists: which of its questions are open.
pub(super) fn standing(
    reading: &mut Reading<'_>,
    ids: &[RequestId],
) -> Result<HashMap<RequestId, Vec<crate::domain::ReferralState>>, Failure> {
    let mut found: HashMap<RequestId, Vec<_>> = HashMap::new();
    for (request, state) in referrals::open_of_requests(reading.conn, ids)? {
        found.entry(request).or_default().push(state);
    }
    Ok(found)
}

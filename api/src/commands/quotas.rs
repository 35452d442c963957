//! Quotas as commands and readings ask for them (design §5). A command asks before it does anything whether it may, and counts once nothing can
//! refuse it any more: what was refused counts nothing, nor does a repeat under the same key, which does nothing. A reading counts in the very
//! transaction that notes what it showed.

use std::collections::HashSet;

use chrono::Timelike as _;
use matcher::{Department, Policy, QuotaNumbers, Urgency};
use tokio::task::spawn_blocking;

use super::{Service, people};
use crate::clock::{Instant, civil};
use crate::db::access_log::{self, Access};
use crate::db::jobs::{AccountMail, Job};
use crate::db::requests::StoredRequest;
use crate::db::{Conn, DbError, Failure, Pulse, Reading, Shown, Turn, alerts, events, jobs, organisations, quotas, referrals};
use crate::domain::OrganisationKind;
use crate::domain::quota::{
    Alert, AlertLevel, ContactsLeft, Exceeded, Likeness, Raised, ToCall, Used, Watched, Whose, beyond, most,
};
use crate::domain::{By, Denied, Phone, RecordKind, Referral, Role, Text};

/// The verb of whatever tells of a quota.
pub const RAISE_ALERT: &str = "raiseAlert";

/// Something that may be done; it counts once [`Spent::count`] is called.
#[must_use]
pub(super) struct Spent {
    by: By,
    what: Watched,
    weight: u32,
    used: Used,
    numbers: QuotaNumbers,
    went_on: bool,
}

impl Spent {
    /// Nothing can refuse it any more: it counts, and who has to know is told.
    pub(super) fn count(self, turn: &mut Turn<'_>) {
        // What is held is counted where it stands.
        if self.what != Watched::BedsHeld {
            turn.uses(self.what, self.by, self.weight);
        }
        let (By { account, organisation }, after) = (self.by, self.used.and(self.weight));
        for alert in Alert::of_quota(self.what, account, organisation, (self.used, after), self.numbers) {
            turn.enqueue(Job::RaiseAlert { alert });
        }
        if self.went_on {
            let (used, most) = (after.account, self.numbers.account);
            let alert = Alert { about: self.what, level: AlertLevel::WentOn, account, organisation, used, most };
            turn.enqueue(Job::RaiseAlert { alert });
        }
    }
}

/// Counts all of these.
pub(super) fn count(turn: &mut Turn<'_>, all: impl IntoIterator<Item = Spent>) {
    all.into_iter().for_each(|spent| spent.count(turn));
}

/// Who is bound, and to which quota; nobody where the service acts by itself.
fn bound(turn: &Turn<'_>, what: Watched) -> Option<(By, QuotaNumbers)> {
    turn.author().by.zip(turn.quotas().and_then(|quotas| what.quota(&quotas)))
}

/// Whether its author may do so much more of something that can wait.
pub(super) fn may(turn: &mut Turn<'_>, what: Watched, weight: u32) -> Result<Option<Spent>, Failure> {
    let Some((by, numbers)) = bound(turn, what) else { return Ok(None) };
    let used = quotas::used(turn.conn, turn.now, by, what)?.and(turn.used_so_far(what));
    decide(turn, Spent { by, what, weight, used, numbers, went_on: false }, None, |_| Ok(false)).map(Some)
}

/// Whether its author may store so many more requests: for people who need a bed now the account's own quota refuses nothing.
pub(super) fn may_store(turn: &mut Turn<'_>, urgency: Urgency, place: Department, weight: u32) -> Result<Option<Spent>, Failure> {
    let what = Watched::RequestsStored;
    let Some((by, numbers)) = bound(turn, what) else { return Ok(None) };
    let used = quotas::used(turn.conn, turn.now, by, what)?.and(turn.used_so_far(what));
    let spent = Spent { by, what, weight, used, numbers, went_on: false };
    decide(turn, spent, urgent(urgency, place), |_| Ok(true)).map(Some)
}

/// Whether its author may put a request to one more place, and hold so many beds with the question. The first question for people who need a bed
/// now, and the first hold, are not refused by the account's own quota.
pub(super) fn may_ask(turn: &mut Turn<'_>, request: &StoredRequest, beds: Option<u32>) -> Result<Vec<Spent>, Failure> {
    let what = Watched::ReferralsAsked;
    let Some((by, numbers)) = bound(turn, what) else { return Ok(Vec::new()) };
    let urgent = urgent_of(request);
    let (used, held) = match beds {
        Some(_) => quotas::used_and_held(turn.conn, turn.now, by, what)?,
        None => (quotas::used(turn.conn, turn.now, by, what)?, Used::default()),
    };
    let used = used.and(turn.used_so_far(what));
    let spent = Spent { by, what, weight: 1, used, numbers, went_on: false };
    let mut all = vec![decide(turn, spent, urgent, |turn| Ok(referrals::of_request(turn.conn, request.id)?.is_empty()))?];
    if let Some((weight, (by, numbers))) = beds.zip(bound(turn, Watched::BedsHeld)) {
        let spent = Spent { by, what: Watched::BedsHeld, weight, used: held, numbers, went_on: false };
        all.push(decide(turn, spent, urgent, |turn| held_none(turn, request))?);
    }
    Ok(all)
}

/// Whether its author may hold the beds of a referral that holds none, without the word of who answers.
pub(super) fn may_hold(turn: &mut Turn<'_>, request: &StoredRequest, referral: &Referral) -> Result<Option<Spent>, Failure> {
    let what = Watched::BedsHeld;
    let Some((by, numbers)) = bound(turn, what).filter(|_| !referral.held) else { return Ok(None) };
    let used = quotas::held(turn.conn, by)?;
    let spent = Spent { by, what, weight: referral.beds, used, numbers, went_on: false };
    decide(turn, spent, urgent_of(request), |turn| held_none(turn, request)).map(Some)
}

/// Whether no beds were ever held for a request.
fn held_none(turn: &mut Turn<'_>, request: &StoredRequest) -> Result<bool, Failure> {
    let earlier = referrals::of_request(turn.conn, request.id)?;
    Ok(!earlier.iter().any(|referral| referral.held_when_asked || referral.held_by.is_some()))
}

/// Where people need a bed now: the department in which they are.
fn urgent_of(request: &StoredRequest) -> Option<Department> {
    let declared = request.declared.unshown();
    urgent(declared.urgency, declared.department())
}

fn urgent(urgency: Urgency, place: Department) -> Option<Department> {
    (urgency == Urgency::Immediate).then_some(place)
}

/// Lets something pass that is within its quota, or cannot wait and is within the organisation's; refuses the rest.
fn decide(
    turn: &mut Turn<'_>,
    spent: Spent,
    urgent: Option<Department>,
    goes_on: impl FnOnce(&mut Turn<'_>) -> Result<bool, Failure>,
) -> Result<Spent, Failure> {
    match beyond(spent.used, spent.weight, spent.numbers) {
        None => Ok(spent),
        Some(Whose::Account) if urgent.is_some() && goes_on(turn)? => Ok(Spent { went_on: true, ..spent }),
        Some(whose) => Err(refused(turn.conn, turn.now, &spent, whose, urgent)?.into()),
    }
}

fn refused(conn: &mut Conn, now: Instant, spent: &Spent, whose: Whose, urgent: Option<Department>) -> Result<Denied, DbError> {
    let (what, by) = (spent.what, spent.by);
    let to_go = spent.used.and(spent.weight).of(whose).saturating_sub(most(spent.numbers, whose));
    let until = match what {
        Watched::BedsHeld => quotas::bed_free_at(conn, now, by, whose)?,
        _ => quotas::room_at(conn, now, by, (what, whose), to_go)?,
    };
    let call = match urgent {
        Some(place) => to_call(conn, now, place)?,
        None => Vec::new(),
    };
    Ok(exceeded(now, (what, whose), until, call))
}

fn exceeded(now: Instant, (name, of): (Watched, Whose), until: Instant, call: Vec<ToCall>) -> Denied {
    let seconds = until.utc().signed_duration_since(now.utc()).num_seconds().max(1);
    Denied::QuotaExceeded(Exceeded { name, of, until, call, wait_s: u32::try_from(seconds).unwrap_or(u32::MAX) })
}

/// Whom to call for people who need a bed now: the 115, and the coordination.
fn to_call(conn: &mut Conn, now: Instant, place: Department) -> Result<Vec<ToCall>, DbError> {
    let samu = Phone::try_from("115".to_owned()).map_err(DbError::damaged)?;
    let mut call = vec![ToCall { name: Text::try_from("115".to_owned()).map_err(DbError::damaged)?, phone: samu }];
    if let Some(coordination) = organisations::on_call(conn, now, place)?.coordination {
        let name = coordination.declared.name;
        call.extend(
            coordination.declared.contact.numbers.0.into_iter().map(|number| ToCall { name: name.clone(), phone: number.phone }),
        );
    }
    Ok(call)
}

/// What was written down after a phone call is not so: it counts once more for whoever wrote it down (design §4). Nobody is refused for it.
pub(super) fn contradicted(turn: &mut Turn<'_>, referral: &Referral) -> Result<(), Failure> {
    let what = Watched::ReferralsAsked;
    let Some((_, numbers)) = bound(turn, what) else { return Ok(()) };
    let Some(by) = events::wrote_down(turn.conn, referral.id)? else { return Ok(()) };
    let used = quotas::used(turn.conn, turn.now, by, what)?;
    Spent { by, what, weight: 1, used, numbers, went_on: false }.count(turn);
    Ok(())
}

/// A referral brings people near those they are kept apart from: many of these from one account are unusual, for someone may look for somebody.
pub(super) fn met(turn: &mut Turn<'_>, referral: &Referral) -> Result<(), Failure> {
    let Some((by, unusual)) = turn.author().by.zip(turn.unusual()) else { return Ok(()) };
    let what = Watched::Encounters;
    let Some((account, from)) = by.account.zip(what.unusual_from(&unusual)).filter(|_| by.organisation == referral.organisation)
    else {
        return Ok(());
    };
    let before = quotas::used(turn.conn, turn.now, by, what)?.account.saturating_add(turn.used_so_far(what));
    turn.uses(what, by, 1);
    if let Some(alert) = Alert::of_unusual(what, account, by.organisation, (before, before.saturating_add(1)), from) {
        turn.enqueue(Job::RaiseAlert { alert });
    }
    Ok(())
}

/// Tells who has to know, once a day: an event, a line on *Comptes*, a mail.
pub fn raise(turn: &mut Turn<'_>, alert: &Alert) -> Result<(), Failure> {
    let Some(id) = alerts::raise(turn, alert)? else { return Ok(()) };
    if alert.about.may_be_told_to_organisation() {
        people::tell(turn, Some(alert.organisation), &[Role::Manager], AccountMail::Alert(alert.level))?;
    }
    if alert.level == AlertLevel::Unusual {
        people::tell(turn, None, &[Role::Auditor], AccountMail::UnusualReading)?;
    }
    let coordinations = if alert.is_for_coordination() {
        turn.enqueue(Job::AlertCoordination { level: alert.level });
        organisations::of_kind(turn.conn, OrganisationKind::Coordination)?.into_iter().map(|found| Some(found.id)).collect()
    } else {
        vec![None]
    };
    let coordinations = if coordinations.is_empty() { vec![None] } else { coordinations };
    for coordination in coordinations {
        turn.note(&Raised { id, alert: *alert, coordination });
    }
    Ok(())
}

/// What a reading counts as, beside the contacts that it shows.
pub type CountsAs = Option<(Watched, Option<Likeness>)>;

/// How often a reading is made again where others have used meanwhile what it showed.
const READ_TRIES: u32 = 5;

impl Service {
    /// Reads what is counted: refused where its quota is used up, and with as many contacts as are left. It counts in the transaction that notes
    /// what was shown, one after the other: many at once get no more than one would.
    pub async fn read_counted<T: Send + 'static>(
        &self,
        access: Access,
        pulse: Pulse,
        counts_as: CountsAs,
        work: impl Fn(&mut Reading<'_>, &mut ContactsLeft) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let service = self.clone();
        let read = move || {
            let (db, policy, now, by) = (service.db(), service.live().policy(), pulse.now, access.by);
            for _ in 0..READ_TRIES {
                let mut shown = Shown::default();
                let found = db.read(|conn| {
                    must_have_room(conn, now, by, policy, counts_as)?;
                    let mut left = contacts_left(conn, now, by, policy)?;
                    work(&mut Reading::new(conn, now, policy, &mut shown), &mut left)
                })?;
                if shown.is_empty() && counts_as.is_none() {
                    return Ok(found);
                }
                let counted = db.write_beside(|conn| count_reading(conn, now, access, policy, counts_as, shown));
                match counted {
                    Ok(true) => return Ok(found),
                    Ok(false) => {}
                    // Whether or not the row is there: nothing is shown, and to ask again changes nothing.
                    Err(DbError::OutcomeUnknown(why)) => return Err(DbError::Unavailable(why).into()),
                    Err(error) => return Err(error.into()),
                }
            }
            Err(DbError::Busy("others read what is counted".to_owned()).into())
        };
        self.waiting(read).await
    }

    /// Counts a ranking of people who are not stored, in memory, and refuses it where that quota is used up.
    pub async fn count_ranking(&self, by: By, likeness: Likeness, now: Instant) -> Result<(), Failure> {
        let what = Watched::RankingsOther;
        let numbers = self.live().policy().quotas().rankings_other;
        let Some(whose) = self.live().tallies().take(by, likeness, numbers, now) else { return Ok(()) };
        let db = self.db().clone();
        let until = move || db.read(|conn| quotas::room_at(conn, now, by, (what, whose), 1));
        let until = spawn_blocking(until).await.map_err(DbError::unavailable)??;
        Err(exceeded(now, (what, whose), until, Vec::new()).into())
    }

    /// What was refused for a quota is told too, where nothing else has told that it is used up: a hold of three of which two would fit. Once a day,
    /// as far as this instance knows; the alert itself knows better.
    pub(super) fn note_refused(&self, by: By, denied: &Exceeded) -> Result<(), DbError> {
        let Some(numbers) = denied.name.quota(self.live().policy().quotas()) else { return Ok(()) };
        let account = by.account.filter(|_| denied.of == Whose::Account);
        let now = self.db().clock().now();
        if !self.live().tallies().first_refusal((denied.name, account, by.organisation), now) {
            return Ok(());
        }
        let most = most(numbers, denied.of);
        let alert = Alert { about: denied.name, level: AlertLevel::All, account, organisation: by.organisation, used: most, most };
        self.db().write_beside(|conn| jobs::insert_beside(conn, now, Job::RaiseAlert { alert }))
    }
}

fn must_have_room(conn: &mut Conn, now: Instant, by: By, policy: &Policy, counts_as: CountsAs) -> Result<(), Failure> {
    let Some((what, _)) = counts_as else { return Ok(()) };
    let Some(numbers) = what.quota(policy.quotas()) else { return Ok(()) };
    let spent = Spent { by, what, weight: 1, used: quotas::used(conn, now, by, what)?, numbers, went_on: false };
    match beyond(spent.used, 1, numbers) {
        None => Ok(()),
        Some(whose) => Err(refused(conn, now, &spent, whose, None)?.into()),
    }
}

fn contacts_left(conn: &mut Conn, now: Instant, by: By, policy: &Policy) -> Result<ContactsLeft, DbError> {
    let known = quotas::contacts_shown(conn, now, by)?;
    let numbers = policy.quotas().contacts_shown;
    Ok(ContactsLeft::new(numbers, known.homes(Whose::Account), known.homes(Whose::Organisation)))
}

/// Why the contact of one home more is not shown.
pub fn no_contact_left(conn: &mut Conn, now: Instant, by: By, policy: &Policy) -> Result<Denied, DbError> {
    let (known, numbers) = (quotas::contacts_shown(conn, now, by)?, policy.quotas().contacts_shown);
    let used = contacts_left(conn, now, by, policy)?.used();
    let whose = beyond(used, 1, numbers).unwrap_or(Whose::Account);
    let until = known.room_at(now, whose, most(numbers, whose));
    Ok(exceeded(now, (Watched::ContactsShown, whose), until, Vec::new()))
}

/// Counts a reading and notes what it showed; false where others have used meanwhile what it needs, and nothing is written.
fn count_reading(
    conn: &mut Conn,
    now: Instant,
    access: Access,
    policy: &Policy,
    counts_as: CountsAs,
    shown: Shown,
) -> Result<bool, DbError> {
    access_log::queue_up(conn)?;
    let by = access.by;
    let mut told = Vec::new();
    if let Some((what, likeness)) = counts_as {
        let used = quotas::used(conn, now, by, what)?;
        if let Some(numbers) = what.quota(policy.quotas()) {
            if beyond(used, 1, numbers).is_some() {
                return Ok(false);
            }
            told.extend(Alert::of_quota(what, by.account, by.organisation, (used, used.and(1)), numbers));
        }
        if let Some((account, likeness)) = by.account.zip(likeness) {
            let before = quotas::alike(conn, now, account, likeness)?;
            told.extend(unusual(policy, Watched::RankingsAlike, (account, by), (before, before.saturating_add(1))));
        }
    }
    let contacts: HashSet<_> = shown.contacts().iter().copied().collect();
    if !contacts.is_empty() {
        let mut left = contacts_left(conn, now, by, policy)?;
        let before = left.used();
        if !contacts.iter().all(|home| left.take(*home)) {
            return Ok(false);
        }
        let after = left.used();
        told.extend(Alert::of_quota(
            Watched::ContactsShown,
            by.account,
            by.organisation,
            (before, after),
            policy.quotas().contacts_shown,
        ));
        if let Some(account) = by.account {
            let grown = (before.account, after.account);
            told.extend(unusual(policy, Watched::ContactsShown, (account, by), grown));
            let homes = contacts.into_iter().map(|home| home.0);
            quotas::remember(conn, now, (account, by.organisation), Watched::ContactsShown, homes)?;
        }
    }
    if let Some((what, likeness)) = counts_as {
        quotas::write_down(conn, vec![quotas::NewUse::new(what, by, 1, likeness, now)])?;
    }
    note_reading(conn, now, access, policy, shown)?;
    tell(conn, now, told)?;
    Ok(true)
}

fn unusual(policy: &Policy, what: Watched, (account, by): (crate::domain::ids::AccountId, By), grown: (u32, u32)) -> Option<Alert> {
    Alert::of_unusual(what, account, by.organisation, grown, what.unusual_from(policy.unusual())?)
}

/// Has what there is to tell told, once the transaction is committed.
pub fn tell(conn: &mut Conn, now: Instant, alerts: Vec<Alert>) -> Result<(), DbError> {
    alerts.into_iter().try_for_each(|alert| jobs::insert_beside(conn, now, Job::RaiseAlert { alert }))
}

/// Notes what a reading showed; many requests by night are unusual of one account.
pub(super) fn note_reading(conn: &mut Conn, now: Instant, access: Access, policy: &Policy, shown: Shown) -> Result<(), DbError> {
    let requests = shown.of_kind(RecordKind::Request).to_vec();
    access_log::record(conn, now, access, shown)?;
    let Some(account) = access.by.account.filter(|_| !requests.is_empty()) else { return Ok(()) };
    let organisation = access.by.organisation;
    let hour = civil(now, organisations::department(conn, organisation)?).hour();
    if policy.night_ends_hour() <= hour && hour < policy.unusual().night_begins_at_hour {
        return Ok(());
    }
    let what = Watched::RequestsAtNight;
    let before = quotas::different(conn, now, account, what)?;
    quotas::remember(conn, now, (account, organisation), what, requests)?;
    let after = quotas::different(conn, now, account, what)?;
    tell(conn, now, unusual(policy, what, (account, access.by), (before, after)).into_iter().collect())
}

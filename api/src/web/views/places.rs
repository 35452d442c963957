//! The third to the fifth rung: who answers for a place and at which number, who is on the other side of a referral, and how people arrive.

use std::collections::HashMap;

use chrono::TimeDelta;
use matcher::{Day, Department, Door, Kind, Setting};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::{Instant, civil};
use crate::db::organisations::{self, StoredOrganisation};
use crate::db::units::{self, StoredUnit};
use crate::db::{Conn, DbError, Failure, Private, Reading, referrals};
use crate::domain::ids::{OrganisationId, ReferralId, RequestId, UnitId, VacancyId};
use crate::domain::ladder::{Asker, Rung, Standing, Territory, Way};
use crate::domain::organisation::{entrance, keeper};
use crate::domain::quota::ContactsLeft;
use crate::domain::referral::ArrivalCode;
use crate::domain::text::{ContactName, MeetingPoint, Name, Town};
use crate::domain::{Address, Contact, Email, OpeningHours, Phone, Reach, Referral, Side, Text};
use crate::schemas;

matcher::codes! {
    /// Who answers for a place.
    pub enum AnsweredBy: "who answers" {
        /// The home itself.
        Home = "home",
        /// The regulator that keeps its door.
        Regulator = "regulator",
        /// The SIAO of the department, where nobody has vouched for the home yet.
        Siao = "siao",
    }
}

/// Who answers for a place and how to call: the home, or in its stead the regulator of its door.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceCard {
    /// Whose card this is.
    pub by: AnsweredBy,
    /// The organisation that runs the home, or the regulator.
    pub organisation_id: OrganisationId,
    /// The name of the home, or of the regulator.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// The town as the home words it; null on the card of a regulator.
    #[schema(required, value_type = Option<Town>)]
    pub town: Option<Text<100>>,
    /// Numbers to call, in the order in which to try them.
    pub numbers: Vec<CardNumber>,
    /// Whether beds may be held before it has answered.
    pub holds_before_answer: bool,
}

/// A number to call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardNumber {
    /// Who or what answers there; null: not said.
    #[schema(required, value_type = Option<ContactName>)]
    pub label: Option<Text<100>>,
    /// The number.
    pub phone: Phone,
    /// When it is answered (OpenStreetMap `opening_hours`), without free words; null: always, or not said.
    #[schema(required)]
    pub hours: Option<OpeningHours>,
    /// Whether it is answered now, by the clock of the place.
    pub answers_now: bool,
}

impl CardNumber {
    /// The numbers of a contact. What its hours say in free words leads to an address, and is left out.
    pub fn all(contact: &Contact, department: Department, now: Instant) -> Vec<Self> {
        let here = civil(now, department).naive_local();
        let soon = here.checked_add_signed(TimeDelta::minutes(1)).unwrap_or(here);
        let answers = |hours: &OpeningHours| hours.answered(department, here..soon).is_none_or(|spans| !spans.is_empty());
        let numbers = contact.numbers.0.iter().map(|number| Self {
            label: number.label.clone(),
            phone: number.phone.clone(),
            hours: number.hours.as_ref().and_then(OpeningHours::without_words),
            answers_now: number.hours.as_ref().is_none_or(answers),
        });
        numbers.collect()
    }
}

/// The home that is asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedPlace {
    /// The name of the structure.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// What kind of unit.
    #[schema(value_type = schemas::Kind)]
    pub kind: Kind,
}

impl AskedPlace {
    /// The home of a unit, to its addressee, and the department it stands in; what it shows is noted.
    pub fn show(reading: &mut Reading<'_>, unit: StoredUnit) -> (Self, Department) {
        let (kind, department) = (unit.declared.kind, unit.structure.department);
        (Self { name: unit.structure.home.show(reading).name, kind }, department)
    }
}

/// The regulator that is asked for a unit; none where the home is.
fn keeper_of<'r>(unit: &StoredUnit, regulators: &'r [StoredOrganisation], of_lone_minor: bool) -> Option<&'r StoredOrganisation> {
    let declared = regulators.iter().map(|regulator| (regulator.id, &regulator.declared));
    let (_, keeper) = entrance(declared, &unit.declared.doors.0, unit.structure.department, of_lone_minor);
    keeper.and_then(|id| regulators.iter().find(|regulator| regulator.id == id))
}

/// The card of a unit that is proposed: of who is asked. What it shows of a home is noted.
fn of_unit(
    reading: &mut Reading<'_>,
    unit: StoredUnit,
    regulators: &[StoredOrganisation],
    of_lone_minor: bool,
) -> Result<PlaceCard, DbError> {
    let holds_before_answer = unit.declared.holds_before_answer;
    let (department, now) = (unit.structure.department, reading.now);
    if let Some(regulator) = keeper_of(&unit, regulators, of_lone_minor) {
        return Ok(PlaceCard { holds_before_answer, ..of_regulator(regulator, department, now) });
    }
    let structure = unit.structure;
    let organisation = structure.organisation;
    let home = structure.home.show(reading);
    let mut numbers = CardNumber::all(&home.contact, department, now);
    if numbers.is_empty() {
        // A home that says no number of its own is reached where its association is: a place that nobody can call is none.
        let association = organisations::find(reading.conn, organisation)?;
        numbers = CardNumber::all(&association.declared.contact, department, now);
    }
    Ok(PlaceCard {
        by: AnsweredBy::Home,
        organisation_id: organisation,
        name: home.name,
        town: home.town,
        numbers,
        holds_before_answer,
    })
}

fn of_regulator(regulator: &StoredOrganisation, department: Department, now: Instant) -> PlaceCard {
    PlaceCard {
        by: AnsweredBy::Regulator,
        organisation_id: regulator.id,
        name: regulator.declared.name.clone(),
        town: None,
        numbers: CardNumber::all(&regulator.declared.contact, department, now),
        holds_before_answer: true,
    }
}

/// In the stead of a home for which nobody has ever vouched: whoever calls one that is none would be told what it likes, so the SIAO is called, which
/// can vouch for it.
fn of_siao(reading: &mut Reading<'_>, unit: &StoredUnit) -> Result<Option<PlaceCard>, Failure> {
    let department = unit.structure.department;
    let Some(siao) = organisations::siao(reading.conn, department)? else { return Ok(None) };
    let siao = organisations::find(reading.conn, siao)?;
    let card = of_regulator(&siao, department, reading.now);
    Ok(Some(PlaceCard { by: AnsweredBy::Siao, holds_before_answer: false, ..card }))
}

/// Cards by unit.
pub type Cards = HashMap<UnitId, PlaceCard>;

/// The cards of units that are proposed for a stored request, of a lone minor or not, to whom the ladder shows them. What each shows of a home is
/// noted; of a home that is not asked it counts, and where no more are left the card stays on the second rung
/// (design §5). Of a home for which nobody has ever vouched nothing is shown, and the SIAO is called.
pub fn of_proposals(
    reading: &mut Reading<'_>,
    (reach, request): (Reach, RequestId),
    ids: &[UnitId],
    of_lone_minor: bool,
    left: &mut ContactsLeft,
) -> Result<Cards, Failure> {
    let asker = super::asker(reading.conn, reach)?;
    let regulators = organisations::regulators(reading.conn)?;
    let asked = referrals::units_asked(reading.conn, request)?;
    let mut cards = Cards::new();
    // The best first, for whom there may be no contact left behind it.
    let mut found = units::of_ids(reading.conn, ids)?;
    found.sort_by_key(|unit| ids.iter().position(|id| *id == unit.id));
    for unit in found {
        let rung = super::rung(reading.conn, &asker, &unit, Way::Proposal)?;
        if rung.is_none_or(|rung| rung < Rung::Proposal) {
            continue;
        }
        if unit.vouched.is_none() {
            cards.extend(of_siao(reading, &unit)?.map(|card| (unit.id, card)));
            continue;
        }
        let counts =
            rung == Some(Rung::Proposal) && !asked.contains(&unit.id) && keeper_of(&unit, &regulators, of_lone_minor).is_none();
        let structure = unit.structure.id;
        if counts && !left.take(structure) {
            continue;
        }
        if counts {
            reading.counts_contact(structure);
        }
        cards.insert(unit.id, of_unit(reading, unit, &regulators, of_lone_minor)?);
    }
    Ok(cards)
}

/// The departments of units, which everybody may know who has their ids.
pub fn departments_of(conn: &mut Conn, ids: &[UnitId]) -> Result<HashMap<UnitId, Department>, DbError> {
    Ok(units::of_ids(conn, ids)?.into_iter().map(|unit| (unit.id, unit.structure.department)).collect())
}

/// What sort of place units are, and in which department, by unit: what everybody who orients may know of them.
pub type Kinds = HashMap<UnitId, (Kind, Department)>;

/// The kinds and departments of units.
pub fn kinds_of(conn: &mut Conn, ids: &[UnitId]) -> Result<Kinds, DbError> {
    Ok(units::of_ids(conn, ids)?.into_iter().map(|unit| (unit.id, (unit.declared.kind, unit.structure.department))).collect())
}

/// The same of the units of vacancies; what is not there any more is left out.
pub fn of_vacancies(conn: &mut Conn, ids: &[VacancyId]) -> Result<Vec<(VacancyId, Kind, Department)>, DbError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        match units::of_vacancy(conn, *id) {
            Ok((unit, _)) => found.push((*id, unit.declared.kind, unit.structure.department)),
            Err(DbError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The beds that a referral leads to, to who answers for them or runs them.
#[derive(Clone, Debug)]
pub struct GroupAsked {
    /// The name of the home.
    pub home: Text<200>,
    /// What kind of unit.
    pub kind: Kind,
    /// Who lives there.
    pub setting: Setting,
    /// How many places it has in all.
    pub places: u32,
    /// Whether the home is the reader's own.
    pub is_own: bool,
}

/// The groups of these units that a reach runs or whose door it keeps, each by name: what is shown of a home is noted.
pub fn of_addressee(reading: &mut Reading<'_>, reach: Reach, ids: &[UnitId]) -> Result<HashMap<UnitId, GroupAsked>, Failure> {
    let mut groups = HashMap::new();
    if ids.is_empty() {
        return Ok(groups);
    }
    let asker = super::asker(reading.conn, reach)?;
    for unit in units::of_ids(reading.conn, ids)? {
        let rung = super::rung(reading.conn, &asker, &unit, Way::Registry)?;
        if rung.is_some_and(|rung| rung >= Rung::Proposal) {
            let (declared, is_own) = (&unit.declared, rung == Some(Rung::Home));
            let (kind, setting, places) = (declared.kind, declared.setting, declared.places.get());
            let home = unit.structure.home.show(reading).name;
            groups.insert(unit.id, GroupAsked { home, kind, setting, places, is_own });
        }
    }
    Ok(groups)
}

/// Which doors somebody keeps, and where.
pub struct Kept {
    by: Option<OrganisationId>,
    regulators: Vec<StoredOrganisation>,
}

impl Kept {
    /// Whether it is the regulator that answers for a door in a department.
    pub fn keeps(&self, door: Door, department: Department) -> bool {
        let regulators = self.regulators.iter().map(|regulator| (regulator.id, &regulator.declared));
        self.by.is_some() && keeper(regulators, door, department) == self.by
    }
}

/// Which doors the organisation of a reach keeps.
pub fn kept_doors(conn: &mut Conn, reach: Reach) -> Result<Kept, DbError> {
    Ok(Kept { by: reach.organisation(), regulators: organisations::regulators(conn)? })
}

/// Who is on the other side of a referral.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OtherSide {
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// Its name.
    #[schema(value_type = Name)]
    pub organisation: Text<200>,
    /// The name of the home, to those who asked, where the home itself answers; null otherwise.
    #[schema(required, value_type = Option<Name>)]
    pub home: Option<Text<200>>,
    /// The town as the home words it; null with `home`.
    #[schema(required, value_type = Option<Town>)]
    pub town: Option<Text<100>>,
    /// Numbers to call; none once it is over.
    pub numbers: Vec<CardNumber>,
    /// A mail address; null once it is over.
    #[schema(required)]
    pub email: Option<Email>,
}

/// The exact beds of the vacancy that is asked for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct VacancyAsked {
    /// Beds declared free, those held included.
    #[schema(minimum = 0)]
    pub beds: u32,
    /// Beds held, among `beds`.
    #[schema(minimum = 0)]
    pub held: u32,
    /// The day from which they are free.
    #[schema(value_type = schemas::Day)]
    pub from: Day,
    /// The day they must be empty again; null: open-ended.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub until: Option<Day>,
    /// When it was last confirmed.
    pub confirmed_at: Instant,
}

/// How people arrive who are expected: both sides see it from the confirmation on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Arrival {
    /// Where they are met; null: not said, so call.
    #[schema(required, value_type = Option<MeetingPoint>)]
    pub meeting_point: Option<Text<300>>,
    /// When they are expected.
    #[schema(required)]
    pub expected_at: Option<Instant>,
    /// What they say at the door. Whoever does not know it was not sent.
    #[schema(required)]
    pub code: Option<ArrivalCode>,
    /// Whether the exact address may be asked for (`showAddress`).
    pub gives_address: bool,
}

/// What a referral opens of the place and of the other side.
pub struct Opened {
    /// Who is on the other side.
    pub other_side: Option<OtherSide>,
    /// The beds that are asked for.
    pub vacancy: Option<VacancyAsked>,
    /// How they arrive.
    pub arrival: Option<Arrival>,
}

/// Organisations that a reading has met: those of a page of referrals are few.
#[derive(Default)]
pub struct Met(HashMap<OrganisationId, StoredOrganisation>);

impl Met {
    fn find(&mut self, conn: &mut Conn, id: OrganisationId) -> Result<StoredOrganisation, DbError> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let found = organisations::find(conn, id)?;
        self.0.insert(id, found.clone());
        Ok(found)
    }
}

/// What a side of a referral sees of the place and of the other side, the reading of a home noted. Who asks may be somebody to whom the
/// request was lent.
pub fn of_referral(
    reading: &mut Reading<'_>,
    met: &mut Met,
    reach: Reach,
    referral: &Referral,
    (asked_by, side): (OrganisationId, Side),
) -> Result<Opened, DbError> {
    let standing = Standing::of(referral, reading.now);
    let roles = Asker::new(reach, Territory::default());
    let Some(rung) = roles.and_then(|asker| asker.by_way(Way::Referral(side, standing))) else {
        return Ok(Opened { other_side: None, vacancy: None, arrival: None });
    };
    let (unit, vacancy) = units::of_vacancy(reading.conn, referral.vacancy)?;
    let department = unit.structure.department;
    let is_coming = rung == Rung::Arrival;
    let seen_home = (side == Side::Asking && referral.addressee == referral.place) || is_coming;
    let home = seen_home.then(|| unit.structure.home.clone().show(reading));
    let now = reading.now;
    let other_side = match (side, &home) {
        (Side::Addressed, _) => other(met.find(reading.conn, asked_by)?, department, now),
        (Side::Asking, Some(home)) if referral.addressee == referral.place => {
            let association = other(met.find(reading.conn, referral.addressee)?, department, now);
            let own = CardNumber::all(&home.contact, department, now);
            OtherSide {
                home: Some(home.name.clone()),
                town: home.town.clone(),
                // As on the card of the place: who has no number of its own is reached where its association is.
                numbers: if own.is_empty() { association.numbers } else { own },
                email: home.contact.email.clone(),
                ..association
            }
        }
        (Side::Asking, _) => other(met.find(reading.conn, referral.addressee)?, department, now),
    };
    let other_side =
        if standing.shows_contacts() { other_side } else { OtherSide { numbers: Vec::new(), email: None, ..other_side } };
    let vacancy = standing.shows_contacts().then_some(VacancyAsked {
        beds: vacancy.beds,
        held: vacancy.held,
        from: vacancy.from,
        until: vacancy.until,
        confirmed_at: vacancy.confirmed_at,
    });
    let arrival = home.filter(|_| is_coming).map(|home| Arrival {
        meeting_point: referral.course.meeting_point.clone().or(home.meeting_point),
        expected_at: referral.expected_arrival,
        code: referral.course.arrival_code.clone(),
        gives_address: home.gives_address && side == Side::Asking,
    });
    Ok(Opened { other_side: Some(other_side), vacancy, arrival })
}

/// An organisation as the other side of a referral.
fn other(organisation: StoredOrganisation, department: Department, now: Instant) -> OtherSide {
    let declared = organisation.declared;
    OtherSide {
        organisation_id: organisation.id,
        organisation: declared.name,
        home: None,
        town: None,
        numbers: CardNumber::all(&declared.contact, department, now),
        email: declared.contact.email,
    }
}

/// An exact address, once. It is no record: it is shown, and not kept.
#[derive(Serialize, ToSchema)]
pub struct AddressShown {
    /// The referral.
    referral_id: ReferralId,
    /// The address; null in a repeat under the same key: it is shown once.
    #[schema(required)]
    address: Option<String>,
    /// Until when it may be used: who has it destroys it then.
    expires_at: Instant,
}

impl AddressShown {
    /// What a repeat is answered.
    pub fn again(referral_id: ReferralId, expires_at: Instant) -> Self {
        Self { referral_id, address: None, expires_at }
    }

    /// The address, where this is the one time.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// Opens an address for who may see it, the showing noted.
    pub fn once(reading: &mut Reading<'_>, referral_id: ReferralId, address: Private<Address>, expires_at: Instant) -> Self {
        let address = address.show(reading).expose().to_owned();
        Self { referral_id, address: Some(address), expires_at }
    }
}

schemas::own! {
    AnsweredBy as "AnsweredBy" => schemas::codes::<AnsweredBy>("Who answers for a place: the `home` itself, or in its stead the `regulator` that keeps its door.");
}

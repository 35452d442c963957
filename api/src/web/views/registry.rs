//! The registry as whoever reads it sees it, each unit from the rung on which they stand (design §5): of the homes on whose word a SIAO or a 115
//! declares name, contact and beds, of those behind a regulator's door name and contact, of the others the public profile.

use std::collections::HashMap;

use chrono::NaiveDate;
use matcher::{Department, Kind, Policy};

use super::places::CardNumber;
use super::vacancies::VacancyRecord;
use crate::db::units::{self, StoredUnit, UnitFilter};
use crate::db::{Failure, Reading, organisations, vacancies};
use crate::domain::ids::{OrganisationId, UnitId};
use crate::domain::ladder::{Asker, Rung, Way};
use crate::domain::night::tonight;
use crate::domain::{Reach, Text, Unit};
use crate::paging::{Cursor, Page, PageLimit};

/// Who answers there.
pub struct EntryHome {
    /// Its name.
    pub name: Text<200>,
    /// The town as it words it.
    pub town: Option<Text<100>>,
    /// Numbers to call.
    pub numbers: Vec<CardNumber>,
}

/// What is free there, for whoever says so.
pub struct EntryBeds {
    /// Which night it is there.
    pub tonight: NaiveDate,
    /// The vacancies that stand, the first to begin first.
    pub vacancies: Vec<VacancyRecord>,
    /// Who said how a vacancy stands, by name, where it was not the home.
    pub said_by: HashMap<OrganisationId, String>,
}

/// A unit of the registry.
pub struct Entry {
    /// Its id.
    pub id: UnitId,
    /// Where it is.
    pub department: Department,
    /// Its public profile: of a confidential site without what leads to an address.
    pub profile: Unit,
    /// Who answers there; none: it is not for the reader to know.
    pub home: Option<EntryHome>,
    /// What is free there; none: it is not for the reader to know.
    pub beds: Option<EntryBeds>,
    /// Who vouched for it last, by name; none: nobody does, or one that is not known any more.
    pub vouched_by: Option<Text<200>>,
}

impl Entry {
    fn of(reading: &mut Reading<'_>, asker: &Asker, policy: &Policy, stored: StoredUnit) -> Result<Option<Self>, Failure> {
        let rung = match super::rung(reading.conn, asker, &stored, Way::Registry)? {
            None | Some(Rung::Registry) => return Ok(None),
            Some(rung) => rung,
        };
        let department = stored.structure.department;
        let home = (rung >= Rung::Proposal).then(|| {
            let home = stored.structure.home.clone().show(reading);
            EntryHome { name: home.name, town: home.town, numbers: CardNumber::all(&home.contact, department, reading.now) }
        });
        let beds = if rung >= Rung::Referral { Some(EntryBeds::of(reading, policy, &stored)?) } else { None };
        let profile = super::units::profile(&stored);
        let by = stored.vouched.filter(|vouched| vouched.at.is_some()).and_then(|vouched| vouched.by);
        let vouched_by = by.map(|by| organisations::find(reading.conn, by)).transpose()?.map(|by| by.declared.name);
        Ok(Some(Self { id: stored.id, department, profile, home, beds, vouched_by }))
    }
}

impl EntryBeds {
    fn of(reading: &mut Reading<'_>, policy: &Policy, unit: &StoredUnit) -> Result<Self, Failure> {
        let tonight = tonight(reading.now, unit.structure.department, policy);
        let mut standing = vacancies::standing(reading.conn, unit.id, Some(tonight))?;
        standing.sort_by_key(|vacancy| (vacancy.from, vacancy.id));
        let mut said_by = HashMap::new();
        for by in standing.iter().map(|vacancy| vacancy.declared_by).filter(|by| *by != unit.structure.organisation) {
            said_by.insert(by, organisations::find(reading.conn, by)?.declared.name.as_str().to_owned());
        }
        Ok(Self { tonight, vacancies: standing.into_iter().map(VacancyRecord::from).collect(), said_by })
    }
}

/// A page of the registry, the oldest units first; the reading of homes noted.
pub fn page(
    reading: &mut Reading<'_>,
    reach: Reach,
    policy: &Policy,
    filter: UnitFilter,
    (after, limit): (Option<Cursor>, PageLimit),
) -> Result<Page<Entry>, Failure> {
    let asker = super::asker(reading.conn, reach)?;
    // Who declares on the word of homes runs none of them: each is looked at by itself.
    let listed = if asker.declares_for_others() { Reach::Everything } else { reach };
    let found = units::list(reading.conn, listed, filter, after, limit)?;
    let Page { items, next_cursor } = Page::cut(found, limit, |stored: &StoredUnit| stored.id.0);
    let mut entries = Vec::with_capacity(items.len());
    for stored in items {
        entries.extend(Entry::of(reading, &asker, policy, stored)?);
    }
    Ok(Page { items: entries, next_cursor })
}

/// How many units there are, by department, of all kinds or of one, for those who see profiles; to others one and two are not told apart
/// (`countUnits`), and a map would tell them.
pub fn counts(reading: &mut Reading<'_>, reach: Reach, kind: Option<Kind>) -> Result<Option<Vec<(Department, i64)>>, Failure> {
    if !super::asker(reading.conn, reach)?.sees_profiles() {
        return Ok(None);
    }
    let mut counts: Vec<(Department, i64)> = Vec::new();
    for counted in units::counted(reading.conn)?.into_iter().filter(|counted| kind.is_none_or(|kind| counted.kind == kind)) {
        match counts.last_mut().filter(|(department, _)| *department == counted.department) {
            Some((_, units)) => *units += counted.units,
            None => counts.push((counted.department, counted.units)),
        }
    }
    Ok(Some(counts))
}

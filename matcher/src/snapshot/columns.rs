//! The properties of the units of a shelf as bitmap indexes and bit-sliced indexes: a rule is a few instructions for all its units.
//!
//! This file owns what the columns hold. It never decides a rule; the one exception is [`Other::fits`], where a vacancy has no column.

use super::bits::{BLOCKS, Bits, Numbers, ROW, Row, Slot, WORDS};
use crate::codes::{Code, Gender, Offer, Setting, Stage};
use crate::facts::{Prepared, VacancyFacts};
use crate::rules::Query;
use crate::values::{DayNumber, Land};

/// How many vacancies of a unit have columns; few units have more.
const LANES: usize = 2;
/// Days are counted from this many days before the first vacancy was confirmed: the days of some months then share their high digits.
const DAYS_BEFORE: DayNumber = 640;
/// How many binary digits a day has.
const DAY_BITS: usize = 11;

/// The properties of the units of a shelf: a row for each yes and no, planes for each number.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    genders: [Row; Gender::ALL.len()],
    stages: [Row; Stage::ALL.len()],
    settings: [Row; Setting::ALL.len()],
    offers: [Row; Offer::ALL.len()],
    pub(super) couples: Row,
    pub(super) specialised: Row,
    /// Units of a kind that knows trafficking.
    pub(super) related: Row,
    /// Units that only take people who leave their region.
    pub(super) removal: Row,
    pub(super) adults: Row,
    pub(super) adult_min: Numbers<8>,
    pub(super) adult_max: Numbers<8>,
    /// Units that take minors without a parent, as they say…
    pub(super) minors: Row,
    minor_genders: [Row; Gender::ALL.len()],
    /// …and as the law lets them.
    pub(super) lone_minors: Row,
    pub(super) minor_min: Numbers<5>,
    pub(super) minor_max: Numbers<5>,
    pub(super) children: Row,
    pub(super) child_max: Numbers<5>,
    pub(super) boy_max: Numbers<5>,
    pub(super) household: Numbers<4>,
    pub(super) admission: Numbers<DAY_BITS>,
    languages: Vec<(u8, Row)>,
    lands: Vec<(Land, Row)>,
    /// The first vacancy of each unit, then the second.
    pub(super) lanes: Vec<Lane>,
    /// Units with more vacancies than lanes…
    pub(super) more: Row,
    /// …and these vacancies, by block, in the order of slots.
    others: [Vec<Other>; BLOCKS],
    /// The day 0 of the columns; none as long as there is no vacancy.
    first_day: Option<DayNumber>,
}

/// One vacancy of each unit that has as many. Days are counted from `first_day`.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// How many beds, at most [`PEOPLE_MAX`]; 0 where there is no vacancy.
    pub(super) beds: Numbers<4>,
    pub(super) from: Numbers<DAY_BITS>,
    /// Where the vacancy is open-ended; the numbers that follow say nothing there.
    pub(super) open: Row,
    pub(super) until: Numbers<DAY_BITS>,
    /// Days from `from` to `until`.
    pub(super) length: Numbers<10>,
    /// `until`, less the days of admission.
    pub(super) until_admitted: Numbers<DAY_BITS>,
}

/// A vacancy of a unit that has more vacancies than lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Other {
    pub(super) slot: Slot,
    /// The days of admission of the unit.
    admission_days: u16,
    beds: u32,
    from: DayNumber,
    until: DayNumber,
}

impl Other {
    /// Whether the vacancy suits the query.
    pub(super) fn fits(&self, query: &Query) -> bool {
        query.stay(self.admission_days, self.beds, self.from, self.until).1
    }
}

/// The largest household of which columns tell whether there is room.
pub(super) const PEOPLE_MAX: u32 = Numbers::<4>::MAX;

/// The columns of one block of a shelf, or of all of them.
#[derive(Clone, Copy)]
pub(super) struct Part<'a, const W: usize> {
    pub(super) rows: &'a Columns,
    /// The index of the first word in a row.
    from: usize,
}

impl<const W: usize> Part<'_, W> {
    /// The slots of the part that are in a row.
    pub(super) fn of(self, row: &Row) -> Bits<W> {
        row.cut(self.from)
    }

    /// The slots whose number is `bound` or more.
    pub(super) fn at_least<const N: usize>(self, numbers: &Numbers<N>, bound: u32) -> Bits<W> {
        numbers.at_least(self.from, bound)
    }

    /// The slots whose number is `bound` or less.
    pub(super) fn at_most<const N: usize>(self, numbers: &Numbers<N>, bound: u32) -> Bits<W> {
        numbers.at_most(self.from, bound)
    }

    pub(super) fn gender(self, gender: Gender) -> Bits<W> {
        self.nth(&self.rows.genders, gender.index())
    }

    pub(super) fn minor_gender(self, gender: Gender) -> Bits<W> {
        self.nth(&self.rows.minor_genders, gender.index())
    }

    pub(super) fn stage(self, stage: Stage) -> Bits<W> {
        self.nth(&self.rows.stages, stage.index())
    }

    pub(super) fn setting(self, setting: Setting) -> Bits<W> {
        self.nth(&self.rows.settings, setting.index())
    }

    pub(super) fn offer(self, offer: Offer) -> Bits<W> {
        self.nth(&self.rows.offers, offer.index())
    }

    pub(super) fn language(self, language: u8) -> Bits<W> {
        self.of_key(&self.rows.languages, language)
    }

    pub(super) fn land(self, land: Land) -> Bits<W> {
        self.of_key(&self.rows.lands, land)
    }

    fn nth(self, rows: &[Row], index: u32) -> Bits<W> {
        usize::try_from(index).ok().and_then(|index| rows.get(index)).map_or(Bits::NONE, |row| self.of(row))
    }

    fn of_key<K: PartialEq>(self, rows: &[(K, Row)], key: K) -> Bits<W> {
        rows.iter().find(|(known, _)| *known == key).map_or(Bits::NONE, |(_, row)| self.of(row))
    }
}

impl Columns {
    pub(super) fn new() -> Self {
        Self {
            genders: [Row::NONE; Gender::ALL.len()],
            stages: [Row::NONE; Stage::ALL.len()],
            settings: [Row::NONE; Setting::ALL.len()],
            offers: [Row::NONE; Offer::ALL.len()],
            couples: Row::NONE,
            specialised: Row::NONE,
            related: Row::NONE,
            removal: Row::NONE,
            adults: Row::NONE,
            adult_min: Numbers::new(),
            adult_max: Numbers::new(),
            minors: Row::NONE,
            minor_genders: [Row::NONE; Gender::ALL.len()],
            lone_minors: Row::NONE,
            minor_min: Numbers::new(),
            minor_max: Numbers::new(),
            children: Row::NONE,
            child_max: Numbers::new(),
            boy_max: Numbers::new(),
            household: Numbers::new(),
            admission: Numbers::new(),
            languages: Vec::new(),
            lands: Vec::new(),
            lanes: Vec::new(),
            more: Row::NONE,
            others: [const { Vec::new() }; BLOCKS],
            first_day: None,
        }
    }

    /// The columns of one block.
    pub(super) fn of(&self, nth: usize) -> Part<'_, WORDS> {
        Part { rows: self, from: nth * WORDS }
    }

    /// The columns of all blocks.
    pub(super) fn of_all(&self) -> Part<'_, ROW> {
        Part { rows: self, from: 0 }
    }

    /// The vacancies of one block that have no lane.
    pub(super) fn others(&self, nth: usize) -> &[Other] {
        self.others.get(nth).map(Vec::as_slice).unwrap_or_default()
    }

    /// A day as the columns count it; none for a day outside their range.
    pub(super) fn day(&self, day: DayNumber) -> Option<u32> {
        let number = u32::try_from(day.checked_sub(self.first_day?)?).ok()?;
        (number < Numbers::<DAY_BITS>::MAX).then_some(number)
    }

    /// Gives unused memory back.
    pub(super) fn shrink_to_fit(&mut self) {
        self.lanes.shrink_to_fit();
        self.languages.shrink_to_fit();
        self.lands.shrink_to_fit();
        self.others.iter_mut().for_each(Vec::shrink_to_fit);
    }

    /// How many bytes the columns take on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.lanes.capacity() * size_of::<Lane>()
            + self.languages.capacity() * size_of::<(u8, Row)>()
            + self.lands.capacity() * size_of::<(Land, Row)>()
            + self.others.iter().map(|others| others.capacity() * size_of::<Other>()).sum::<usize>()
    }

    /// Writes the properties of a unit of one block.
    pub(super) fn put(&mut self, nth: usize, slot: Slot, unit: &Prepared) {
        let facts = &unit.facts;
        put_each(&mut self.genders, nth, slot, |gender| facts.genders.contains(gender));
        put_each(&mut self.stages, nth, slot, |stage| facts.stages.contains(stage));
        put_each(&mut self.settings, nth, slot, |setting: Setting| setting == facts.setting);
        put_each(&mut self.offers, nth, slot, |offer| facts.offers.contains(offer));
        self.couples.put_in(nth, slot, facts.couples);
        self.specialised.put_in(nth, slot, facts.specialised);
        self.related.put_in(nth, slot, facts.is_related());
        self.removal.put_in(nth, slot, facts.is_removal());
        self.adults.put_in(nth, slot, facts.adult_ages.is_some());
        if let Some(ages) = facts.adult_ages {
            self.adult_min.put(nth, slot, ages.min.get().into());
            self.adult_max.put(nth, slot, ages.max.map_or(Numbers::<8>::MAX, |max| max.get().into()));
        }
        self.minors.put_in(nth, slot, facts.minors.is_some());
        self.lone_minors.put_in(nth, slot, facts.lone_minors().is_some());
        put_each(&mut self.minor_genders, nth, slot, |gender| facts.minors.is_some_and(|minors| minors.genders.contains(gender)));
        if let Some(minors) = facts.minors {
            self.minor_min.put(nth, slot, minors.min_age.into());
            self.minor_max.put(nth, slot, minors.max_age.into());
        }
        self.children.put_in(nth, slot, facts.children.is_some());
        if let Some(children) = facts.children {
            self.child_max.put(nth, slot, children.max_age.get().into());
            self.boy_max.put(nth, slot, children.boys_max_age.unwrap_or(children.max_age).get().into());
        }
        self.household.put(nth, slot, facts.max_household);
        self.admission.put(nth, slot, facts.admission_days.into());
        put_only(&mut self.languages, nth, slot, facts.languages.indexes());
        put_only(&mut self.lands, nth, slot, std::iter::once(facts.department.land()));
        self.put_vacancies(nth, slot, unit);
    }

    fn put_vacancies(&mut self, nth: usize, slot: Slot, unit: &Prepared) {
        if let Some(first) = unit.vacancies.first() {
            self.first_day.get_or_insert(first.confirmed_at().day() - DAYS_BEFORE);
        }
        let others = unit.vacancies.get(LANES..).unwrap_or_default();
        self.more.put_in(nth, slot, !others.is_empty());
        let others = others.iter().map(|vacancy| Other {
            slot,
            admission_days: unit.facts.admission_days,
            beds: vacancy.beds,
            from: vacancy.from,
            until: vacancy.until,
        });
        if let Some(list) = self.others.get_mut(nth) {
            list.splice(list.partition_point(|other| other.slot < slot)..list.partition_point(|other| other.slot <= slot), others);
        }
        while self.lanes.len() < unit.vacancies.len().min(LANES) {
            self.lanes.push(Lane::new());
        }
        let first_day = self.first_day.unwrap_or(0);
        for (nth_vacancy, lane) in self.lanes.iter_mut().enumerate() {
            lane.put(nth, slot, unit.vacancies.get(nth_vacancy), first_day, unit.facts.admission_days);
        }
    }
}

impl Lane {
    fn new() -> Self {
        Self {
            beds: Numbers::zeros(),
            from: Numbers::new(),
            open: Row::NONE,
            until: Numbers::new(),
            length: Numbers::new(),
            until_admitted: Numbers::new(),
        }
    }

    fn put(&mut self, nth: usize, slot: Slot, vacancy: Option<&VacancyFacts>, first_day: DayNumber, admission_days: u16) {
        let Some(vacancy) = vacancy else { return self.beds.put(nth, slot, 0) };
        let told = |days: DayNumber| u32::try_from(days).unwrap_or(0);
        self.beds.put(nth, slot, vacancy.beds);
        self.from.put(nth, slot, told(vacancy.from - first_day));
        self.open.put_in(nth, slot, vacancy.is_open_ended());
        if !vacancy.is_open_ended() {
            self.until.put(nth, slot, told(vacancy.until - first_day));
            self.length.put(nth, slot, told(vacancy.until - vacancy.from));
            self.until_admitted.put(nth, slot, told(vacancy.until - first_day - DayNumber::from(admission_days)));
        }
    }
}

/// Puts a slot into the rows of the codes that `holds` is true of, and out of the others.
fn put_each<T: Code>(columns: &mut [Row], nth: usize, slot: Slot, holds: impl Fn(T) -> bool) {
    for (column, code) in columns.iter_mut().zip(T::ALL) {
        column.put_in(nth, slot, holds(*code));
    }
}

/// Puts a slot into the rows of these keys, and out of all others.
fn put_only<K: PartialEq>(columns: &mut Vec<(K, Row)>, nth: usize, slot: Slot, keys: impl Iterator<Item = K>) {
    for (_, bits) in columns.iter_mut() {
        bits.put_in(nth, slot, false);
    }
    for key in keys {
        match columns.iter_mut().find(|(known, _)| *known == key) {
            Some((_, bits)) => bits.put_in(nth, slot, true),
            None => {
                let mut bits = Row::NONE;
                bits.put_in(nth, slot, true);
                columns.push((key, bits));
            }
        }
    }
}

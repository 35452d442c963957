//! A query as it is asked of a block: for each rule, the slots that fail it.

use std::collections::BTreeMap;

use arrayvec::ArrayVec;

use super::bits::{Bits, Slot};
use super::block::{Block, Columns, Lane, PEOPLE_MAX};
use super::ground::{Danger, Ground};
use super::heads::Eight;
use super::sphere::Span;
use crate::codes::{Code as _, Gender, Offer, Rule, Setting};
use crate::packed::Set;
use crate::request::{MINOR_AGE_MAX, Person};
use crate::rules::{Query, RuleSet};
use crate::sieve::{Sought, Traits};
use crate::values::{DayNumber, Land};

/// Rules, in the order in which they are asked.
type Rules = ArrayVec<Rule, { Rule::ALL.len() }>;

/// The youngest and the oldest of some people: whoever takes both takes all.
#[derive(Clone, Copy)]
struct Ages {
    youngest: u32,
    oldest: u32,
}

impl Ages {
    /// Those of the people whose age is known.
    fn of<'a>(people: impl Iterator<Item = &'a Person>) -> Option<Self> {
        let ages = people.filter_map(Person::counted_age).map(u32::from).map(|age| Self { youngest: age, oldest: age });
        ages.reduce(|one, other| Self { youngest: one.youngest.min(other.youngest), oldest: one.oldest.max(other.oldest) })
    }
}

/// Slots of some blocks, by block.
pub(super) type Scattered = BTreeMap<usize, Bits>;

/// What of a query is the same for every block.
pub(super) struct Filter<'a> {
    pub(super) query: &'a Query,
    pub(super) ground: Ground<'a>,
    /// The rules that a unit can fail here and no phone call settles; first those that leave out most for the least work.
    pub(super) hard: Rules,
    /// The rules that a unit can fail here and a phone call can settle.
    soft: Rules,
    adult_genders: Set<Gender>,
    minor_genders: Set<Gender>,
    adult_ages: Option<Ages>,
    minor_ages: Option<Ages>,
    /// The oldest child that is not male, and the oldest boy, by the age that counts.
    oldest_girl: Option<u32>,
    oldest_boy: Option<u32>,
    days: Days,
    /// The lands that are not across the sea.
    land: Land,
    kept_apart: Scattered,
    refused: Scattered,
}

/// The order in which rules are asked: what leaves out most for the least work comes first.
const CHEAPEST_FIRST: [Rule; 17] = [
    Rule::Gender,
    Rule::Stage,
    Rule::Household,
    Rule::Setting,
    Rule::Crossing,
    Rule::RequiredOffer,
    Rule::RequiredLanguage,
    Rule::UnaccompaniedMinor,
    Rule::Children,
    Rule::Age,
    Rule::Capacity,
    Rule::RemovalConsent,
    Rule::Distance,
    Rule::DangerZone,
    Rule::DangerZoneUnsure,
    Rule::KeepApart,
    Rule::AlreadyRefused,
];

impl<'a> Filter<'a> {
    /// `kept_apart` and `refused` are the units that house someone to keep apart from, and those that were refused.
    pub(super) fn new(query: &'a Query, ground: Ground<'a>, kept_apart: Scattered, refused: Scattered) -> Self {
        let request = &query.request;
        let oldest = |children: &mut dyn Iterator<Item = &Person>| {
            children.map(|child| child.counted_age().unwrap_or(MINOR_AGE_MAX).into()).max()
        };
        let mut filter = Self {
            query,
            ground,
            hard: Rules::new(),
            soft: Rules::new(),
            adult_genders: query.adults().map(|adult| adult.gender).collect(),
            minor_genders: query.lone_minors().map(|minor| minor.gender).collect(),
            adult_ages: Ages::of(query.adults()),
            minor_ages: Ages::of(query.lone_minors()),
            oldest_girl: oldest(&mut query.children().filter(|child| child.gender != Gender::Male)),
            oldest_boy: oldest(&mut query.children().filter(|child| child.gender == Gender::Male)),
            days: Days::new(query),
            land: request.place.department.land(),
            kept_apart,
            refused,
        };
        for rule in CHEAPEST_FIRST {
            match (filter.may_fail(rule), query.may_be_verified(rule)) {
                (false, _) => {}
                (true, true) => filter.soft.push(rule),
                (true, false) => filter.hard.push(rule),
            }
        }
        filter
    }

    /// Whether any unit can fail the rule for this query.
    fn may_fail(&self, rule: Rule) -> bool {
        let request = &self.query.request;
        match rule {
            Rule::Capacity | Rule::Household | Rule::Stage => true,
            Rule::Gender => !self.adult_genders.is_empty() || !self.minor_genders.is_empty(),
            Rule::Age => !self.adult_genders.is_empty(),
            Rule::UnaccompaniedMinor => !self.minor_genders.is_empty(),
            Rule::Children => self.oldest_girl.is_some() || self.oldest_boy.is_some(),
            Rule::Setting => !request.living_with.is_empty(),
            Rule::RemovalConsent => !self.query.accepts_removal(),
            Rule::Crossing => !request.accepts_crossing,
            Rule::DangerZone | Rule::DangerZoneUnsure => self.ground.forbids(),
            Rule::Distance => self.ground.limits_distance(),
            Rule::RequiredOffer => !self.query.required.is_empty(),
            Rule::RequiredLanguage => self.query.required_languages.len() > 0,
            Rule::KeepApart => !self.kept_apart.is_empty(),
            Rule::AlreadyRefused => !self.refused.is_empty(),
        }
    }

    /// What the heads of eight blocks tell.
    pub(super) fn glances(&self, sought: &Sought, eight: &Eight, span: Span) -> Glances {
        let (removed, misplaced) = (self.ground.removed(span), self.ground.misplaced(span));
        let (mut possible, mut twice) = (0, 0);
        for (nth, traits) in eight.traits.into_iter().enumerate() {
            let is_in = |those: u32| those >> nth & 1 == 1;
            let mut failed = RuleSet::default();
            sought.failed(traits).for_each(|rule| failed.add_if(true, rule));
            failed.add_if(is_in(removed), Rule::RemovalConsent);
            failed.add_if(is_in(misplaced), Rule::Distance);
            possible |= u32::from(sought.may_find(traits)) << nth;
            twice |= u32::from(failed.len() >= 2 && !self.query.phone_settles(failed)) << nth;
        }
        Glances {
            possible: possible & !removed & !misplaced,
            twice,
            removed,
            near: self.ground.near(span),
            misplaced,
            placed: self.ground.placed(span),
            safe: self.ground.safe(&eight.balls),
            full: !eight.which(Traits::has_vacancy),
        }
    }

    /// How many units fail a rule that names them one by one.
    pub(super) fn failing(&self, rule: Rule) -> Option<u64> {
        let named = match rule {
            Rule::KeepApart => &self.kept_apart,
            Rule::AlreadyRefused => &self.refused,
            _ => return None,
        };
        Some(named.values().map(|slots| u64::from(slots.count())).sum())
    }

    /// The rules that a unit can fail here: those that no phone call settles first.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.hard.iter().chain(&self.soft).copied()
    }

    /// Whether there can be units to verify.
    pub(super) fn may_verify(&self) -> bool {
        !self.soft.is_empty()
    }
}

/// What the heads of eight blocks tell, a bit for each block.
#[derive(Clone, Copy)]
pub(super) struct Glances {
    /// Some unit may be eligible.
    possible: u32,
    /// Every unit fails two rules or more, and one that no phone call settles.
    twice: u32,
    removed: u32,
    near: u32,
    misplaced: u32,
    placed: u32,
    safe: u32,
    full: u32,
}

/// The same of one block; where nothing is known, that nothing is.
#[derive(Clone, Copy, Default)]
pub(super) struct Glance {
    pub(super) possible: bool,
    pub(super) twice: bool,
    /// All units are too far without a removal, or none is.
    removed: bool,
    near: bool,
    /// All are farther or nearer than wished, or none is.
    misplaced: bool,
    placed: bool,
    /// None is in a forbidden zone.
    safe: bool,
    /// None has a vacancy.
    full: bool,
}

impl Glances {
    pub(super) fn of(&self, nth: usize) -> Glance {
        let is_in = |those: u32| those >> nth & 1 == 1;
        Glance {
            possible: is_in(self.possible),
            twice: is_in(self.twice),
            removed: is_in(self.removed),
            near: is_in(self.near),
            misplaced: is_in(self.misplaced),
            placed: is_in(self.placed),
            safe: is_in(self.safe),
            full: is_in(self.full),
        }
    }
}

/// A query and a block, with what was worked out for both.
pub(super) struct Sift<'a> {
    filter: &'a Filter<'a>,
    nth: usize,
    block: &'a Block,
    glance: Glance,
    danger: Option<Danger>,
    /// How far the groups of the block are from the place.
    span: Option<Span>,
}

impl<'a> Sift<'a> {
    pub(super) fn new(filter: &'a Filter<'a>, nth: usize, block: &'a Block, glance: Glance) -> Self {
        Self { filter, nth, block, glance, danger: None, span: None }
    }

    /// Of some slots those that fail a rule, perhaps among others that were not asked about. Of the rules that may fail only; asked about
    /// fewer and fewer slots.
    pub(super) fn fails(&mut self, rule: Rule, among: Bits) -> Bits {
        let (filter, columns, glance) = (self.filter, &self.block.columns, self.glance);
        let query = filter.query;
        let request = &query.request;
        match rule {
            Rule::Capacity if glance.full => Bits::ALL,
            Rule::Capacity => self.without_room(among),
            Rule::Gender => !(filter.takes_adults(columns) & (filter.takes_minors(columns) | !columns.minors)),
            Rule::Age => {
                let takes = |ages: Ages| columns.adult_min.at_most(ages.youngest) & columns.adult_max.at_least(ages.oldest);
                !(columns.adults & filter.adult_ages.map_or(Bits::ALL, takes))
            }
            Rule::UnaccompaniedMinor => {
                let takes = |ages: Ages| columns.minor_min.at_most(ages.youngest) & columns.minor_max.at_least(ages.oldest);
                !(columns.lone_minors & filter.minor_ages.map_or(Bits::ALL, takes))
            }
            Rule::Children => {
                let takes_girls = filter.oldest_girl.map_or(Bits::ALL, |age| columns.child_max.at_least(age));
                let takes_boys = filter.oldest_boy.map_or(Bits::ALL, |age| columns.boy_max.at_least(age));
                !(columns.children & takes_girls & takes_boys)
            }
            Rule::Household => self.too_many(among),
            Rule::Setting => {
                let borne = request.living_with.iter().chain([Setting::Alone]);
                !borne.fold(Bits::NONE, |bears, setting| bears | columns.setting(setting))
            }
            Rule::Stage => !columns.stage(request.stage),
            Rule::RemovalConsent if glance.removed => Bits::ALL,
            Rule::RemovalConsent if glance.near => columns.removal,
            Rule::RemovalConsent => filter.ground.removed_of(self.block, self.span(), among),
            Rule::Crossing => !columns.land(filter.land),
            Rule::DangerZone | Rule::DangerZoneUnsure if glance.safe => Bits::NONE,
            Rule::DangerZone => self.danger(among).certain,
            Rule::DangerZoneUnsure => self.danger(among).unsure,
            Rule::Distance if glance.misplaced => Bits::ALL,
            Rule::Distance if glance.placed => Bits::NONE,
            Rule::Distance => filter.ground.misplaced_of(self.block, self.span(), among),
            Rule::RequiredOffer => !query.required.iter().fold(Bits::ALL, |offers, offer| offers & columns.offer(offer)),
            Rule::RequiredLanguage => {
                let spoken = query.required_languages.places().fold(Bits::ALL, |speaks, place| speaks & columns.language(place));
                !(columns.offer(Offer::Interpreting) | spoken)
            }
            Rule::KeepApart => filter.kept_apart.get(&self.nth).copied().unwrap_or(Bits::NONE),
            Rule::AlreadyRefused => filter.refused.get(&self.nth).copied().unwrap_or(Bits::NONE),
        }
    }

    /// Of some slots those that are eligible, and those to verify. Asked in the order that leaves out most for the least work.
    pub(super) fn sifted(&mut self, among: Bits) -> (Bits, Bits) {
        let filter = self.filter;
        let mut possible = among & !Bits::of_groups(filter.ground.leaves_out(self.span()));
        for rule in filter.hard.iter().filter(|rule| !Ground::has(**rule)) {
            if possible.is_empty() {
                return (Bits::NONE, Bits::NONE);
            }
            possible &= !self.fails(*rule, possible);
        }
        if possible.is_empty() {
            return (Bits::NONE, Bits::NONE);
        }
        let (possible, unsure) = filter.ground.sift(self.block, self.span(), possible);
        let soft = filter.soft.iter().filter(|rule| !Ground::has(**rule));
        let verify = soft.fold(unsure, |verify, rule| verify | self.fails(*rule, possible)) & possible;
        (possible & !verify, verify)
    }

    /// Of some slots those that are or may be in a zone to avoid.
    pub(super) fn avoided(&self, among: Bits) -> Bits {
        self.filter.ground.avoided_of(self.block, among)
    }

    fn danger(&mut self, among: Bits) -> Danger {
        let (ground, block) = (&self.filter.ground, self.block);
        *self.danger.get_or_insert_with(|| ground.danger_of(block, among))
    }

    fn too_many(&self, among: Bits) -> Bits {
        let (query, columns) = (self.filter.query, &self.block.columns);
        let couples = if query.request.couple { !columns.couples } else { Bits::NONE };
        if query.people <= PEOPLE_MAX {
            couples | !columns.household.at_least(query.people)
        } else {
            couples
                | self.one_by_one(among, |slot| self.block.view(slot).is_some_and(|view| query.people > view.facts.max_household))
        }
    }

    /// The slots none of whose vacancies fits.
    fn without_room(&self, among: Bits) -> Bits {
        let columns = &self.block.columns;
        let fits = |slot| {
            self.block
                .view(slot)
                .is_some_and(|view| view.vacancies.iter().any(|vacancy| self.filter.query.fits(view.facts, vacancy)))
        };
        if columns.lanes.is_empty() {
            return Bits::ALL;
        }
        match Stay::new(self.filter, columns) {
            Some(stay) => {
                let admitted = among & stay.admitted(columns);
                let roomy = columns.lanes.iter().fold(Bits::NONE, |roomy, lane| roomy | stay.fits(lane, admitted & !roomy));
                if columns.more.is_empty() { !roomy } else { !(roomy | self.one_by_one(columns.more & among & !roomy, fits)) }
            }
            None => !self.one_by_one(among, fits),
        }
    }

    fn one_by_one(&self, among: Bits, holds: impl Fn(Slot) -> bool) -> Bits {
        let mut those = Bits::NONE;
        for slot in among.slots() {
            those.put(slot, holds(slot));
        }
        those
    }

    /// How far the groups of the block are from the place.
    pub(super) fn span(&mut self) -> Span {
        *self.span.get_or_insert_with(|| self.block.directions.span(self.filter.ground.from()))
    }
}

impl Filter<'_> {
    fn takes_adults(&self, columns: &Columns) -> Bits {
        self.adult_genders.iter().fold(Bits::ALL, |takes, gender| takes & columns.gender(gender))
    }

    fn takes_minors(&self, columns: &Columns) -> Bits {
        self.minor_genders.iter().fold(Bits::ALL, |takes, gender| takes & columns.minor_gender(gender))
    }
}

/// What a vacancy must be.
struct Days {
    at: DayNumber,
    asked: DayNumber,
    latest_start: DayNumber,
    /// As in a [`Stay`].
    leaves: DayNumber,
    leaves_admitted: DayNumber,
    nights: u32,
    admission: Option<u32>,
}

impl Days {
    fn new(query: &Query) -> Self {
        Self {
            at: query.at_day,
            asked: query.asked_day,
            latest_start: query.latest_start,
            leaves: query.asked_day + query.needed_nights,
            leaves_admitted: query.at_day + query.needed_nights,
            nights: query.needed_nights.unsigned_abs(),
            admission: u32::try_from(query.latest_start.saturating_sub(query.at_day)).ok(),
        }
    }
}

/// What a vacancy must be, in the days of a block.
struct Stay {
    people: u32,
    latest_start: u32,
    /// The first day it may end when it starts on the asked day.
    leaves: u32,
    nights: u32,
    /// The first day it may end, less the days of admission, when those delay the start.
    leaves_admitted: u32,
    /// Days of admission at most.
    admission: Option<u32>,
}

impl Stay {
    /// None where the columns of the block do not tell.
    fn new(filter: &Filter<'_>, columns: &Columns) -> Option<Self> {
        let days = &filter.days;
        // Columns begin at the block's first day: what is asked must lie behind it.
        columns.day(days.at)?;
        columns.day(days.asked)?;
        let stay = Self {
            people: filter.query.people,
            latest_start: columns.day(days.latest_start)?,
            leaves: columns.day(days.leaves)?,
            nights: days.nights,
            leaves_admitted: columns.day(days.leaves_admitted)?,
            admission: days.admission,
        };
        (stay.people <= PEOPLE_MAX).then_some(stay)
    }

    /// Of some slots those whose vacancy fits.
    fn fits(&self, lane: &Lane, among: Bits) -> Bits {
        let mut roomy = among & lane.beds.at_least(self.people);
        if roomy.is_empty() {
            return roomy;
        }
        roomy &= lane.from.at_most(self.latest_start);
        if roomy.is_empty() {
            return roomy;
        }
        let ends = lane.until.at_least(self.leaves)
            & lane.length.at_least(self.nights)
            & lane.until_admitted.at_least(self.leaves_admitted);
        roomy & (lane.open | ends)
    }

    fn admitted(&self, columns: &Columns) -> Bits {
        self.admission.map_or(Bits::NONE, |days| columns.admission.at_most(days))
    }
}

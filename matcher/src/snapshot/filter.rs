//! The rules, asked of whole blocks: for each rule the slots of a block, or of a shelf, that fail it.
//!
//! This file owns the rules as operations on sets of slots, and their order. What it answers is what [`Query::failed`] answers for each
//! unit; where columns do not tell, it asks [`Query`]. It never looks at a score.

use std::collections::BTreeMap;

use arrayvec::ArrayVec;

use super::bits::{BLOCKS, Bits, Slot, WORDS};
use super::block::{Bay, Block, Eight, Stretch};
use super::columns::{Lane, PEOPLE_MAX, Part};
use super::ground::{Danger, Ground};
use super::sphere::{BALLS, Span};
use crate::codes::{Code as _, Gender, Offer, Rule, Setting};
use crate::packed::Set;
use crate::request::Person;
use crate::rules::Query;
use crate::sieve::{Sought, Traits};
use crate::unit::{MINOR_AGE_MAX, YOUNG_ADULT_AGE_MAX};
use crate::values::{DayNumber, Land};

/// Some rules, in the order in which they are asked.
type Rules = ArrayVec<Rule, { Rule::ALL.len() }>;

/// The youngest and the oldest of some people: a unit that takes both takes all.
#[derive(Clone, Copy)]
struct Ages {
    youngest: u32,
    oldest: u32,
}

impl Ages {
    /// The ages of the people whose age is known.
    fn of<'a>(people: impl Iterator<Item = &'a Person>) -> Option<Self> {
        let ages = people.filter_map(Person::counted_age).map(u32::from).map(|age| Self { youngest: age, oldest: age });
        ages.reduce(|one, other| Self { youngest: one.youngest.min(other.youngest), oldest: one.oldest.max(other.oldest) })
    }
}

/// The adults of one age whom some unit may keep as young adults.
#[derive(Clone, Copy)]
struct YoungAdults {
    age: u32,
    genders: Set<Gender>,
}

impl YoungAdults {
    /// How many ages there are at most.
    const AGES: usize = 3;

    /// The young adults of a household, by age.
    fn of(query: &Query) -> ArrayVec<Self, { Self::AGES }> {
        let of_age = |age: u8| {
            let genders = query.adults().filter(|adult| adult.counted_age() == Some(age)).map(|adult| adult.gender).collect();
            Self { age: age.into(), genders }
        };
        (MINOR_AGE_MAX + 1..=YOUNG_ADULT_AGE_MAX).map(of_age).filter(|those| !those.genders.is_empty()).collect()
    }

    /// The slots that keep adults of this age in the beds of minors, whatever their gender.
    fn kept<const W: usize>(self, columns: Part<'_, W>) -> Bits<W> {
        let rows = columns.rows;
        let old_enough = columns.at_least(&rows.minor_max, self.age);
        // Few units keep anyone past 18: most often no more need be read.
        if old_enough.is_empty() {
            return Bits::NONE;
        }
        columns.of(&rows.minors) & old_enough & columns.at_most(&rows.minor_min, self.age)
    }
}

/// Slots of some blocks, by block.
pub(super) type Scattered = BTreeMap<usize, Bits>;

/// A query, made ready to be asked of blocks.
pub(super) struct Filter<'a> {
    pub(super) query: &'a Query,
    pub(super) ground: Ground<'a>,
    /// The rules that some unit can fail for this query and no phone call settles, the cheapest first…
    pub(super) hard: Rules,
    /// …and the rules that a phone call can settle.
    soft: Rules,
    /// The rules of both lists that are not about where units are.
    hard_elsewhere: Rules,
    soft_elsewhere: Rules,
    /// The adults whom no unit keeps as young adults…
    adult_genders: Set<Gender>,
    /// …and the others.
    young_adults: ArrayVec<YoungAdults, { YoungAdults::AGES }>,
    minor_genders: Set<Gender>,
    adult_ages: Option<Ages>,
    minor_ages: Option<Ages>,
    /// The oldest child that is not male, and the oldest boy, by the age that counts.
    oldest_girl: Option<u32>,
    oldest_boy: Option<u32>,
    days: Days,
    /// The land of the request: units on other lands lie across the sea.
    land: Land,
    kept_apart: Scattered,
    refused: Scattered,
}

/// The order in which rules are asked: the rule that leaves out most for the least work comes first.
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
    /// `kept_apart` are the units that house someone to keep apart from, `refused` the units that were refused.
    pub(super) fn new(query: &'a Query, ground: Ground<'a>, kept_apart: Scattered, refused: Scattered) -> Self {
        let request = &query.request;
        let oldest = |children: &mut dyn Iterator<Item = &Person>| {
            children.map(|child| child.counted_age().unwrap_or(MINOR_AGE_MAX).into()).max()
        };
        let grown = || query.adults().filter(|adult| !adult.may_be_young_adult());
        let mut filter = Self {
            query,
            ground,
            hard: Rules::new(),
            soft: Rules::new(),
            hard_elsewhere: Rules::new(),
            soft_elsewhere: Rules::new(),
            adult_genders: grown().map(|adult| adult.gender).collect(),
            young_adults: YoungAdults::of(query),
            minor_genders: query.lone_minors().map(|minor| minor.gender).collect(),
            adult_ages: Ages::of(grown()),
            minor_ages: Ages::of(query.lone_minors()),
            oldest_girl: oldest(&mut query.children().filter(|child| child.gender != Gender::Male)),
            oldest_boy: oldest(&mut query.children().filter(|child| child.gender == Gender::Male)),
            days: Days::new(query),
            land: request.place.department.land(),
            kept_apart,
            refused,
        };
        for rule in CHEAPEST_FIRST {
            if !filter.may_fail(rule) {
                continue;
            }
            let (all, elsewhere) = if query.may_be_verified(rule) {
                (&mut filter.soft, &mut filter.soft_elsewhere)
            } else {
                (&mut filter.hard, &mut filter.hard_elsewhere)
            };
            all.push(rule);
            if !Ground::has(rule) {
                elsewhere.push(rule);
            }
        }
        filter
    }

    /// Whether any unit can fail the rule for this query.
    fn may_fail(&self, rule: Rule) -> bool {
        let request = &self.query.request;
        match rule {
            Rule::Capacity | Rule::Household | Rule::Stage => true,
            Rule::Gender => self.may_fail(Rule::Age) || !self.minor_genders.is_empty(),
            Rule::Age => !self.adult_genders.is_empty() || !self.young_adults.is_empty(),
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

    /// What the heads of eight blocks tell of each rule.
    pub(super) fn glances(&self, sought: &Sought, eight: &Eight, span: Span) -> Glances {
        let mut glances = Glances::NOTHING;
        for (rule, wants) in sought.of_rules() {
            let (all, none) = (!eight.which(|traits| wants.may_find(traits)), eight.which(|traits| wants.surely_finds(traits)));
            glances.tell(rule, all, none);
        }
        let ground = &self.ground;
        if !self.query.accepts_removal() {
            let (all, _) = glances.told(Rule::RemovalConsent);
            glances.near = ground.near(span);
            let none = glances.near & !eight.which(Traits::some_are_removal);
            glances.tell(Rule::RemovalConsent, all | ground.removed(span), none);
        }
        if ground.limits_distance() {
            glances.tell(Rule::Distance, ground.unwished(span), ground.wished(span));
        }
        if ground.forbids() {
            let safe = ground.safe(&eight.balls);
            glances.tell(Rule::DangerZone, 0, safe);
            glances.tell(Rule::DangerZoneUnsure, 0, safe);
        }
        let (mut once, mut twice) = (0, 0);
        let mut fail = |rule: &Rule| {
            let (all, _) = glances.told(*rule);
            (once, twice) = (once | all, twice | once & all);
            once
        };
        let hard = self.hard.iter().fold(0, |_, rule| fail(rule));
        self.soft.iter().for_each(|rule| _ = fail(rule));
        glances.twice = twice & hard;
        // A unit that does not take a minor of that gender fails one of two rules, and traits do not tell which.
        if !self.minor_genders.is_empty() {
            let (_, none) = glances.told(Rule::Gender);
            glances.tell(Rule::Gender, 0, none);
        }
        glances
    }

    /// How many units fail a rule that names them one by one; none for any other rule.
    pub(super) fn failing(&self, rule: Rule) -> Option<u64> {
        let named = match rule {
            Rule::KeepApart => &self.kept_apart,
            Rule::AlreadyRefused => &self.refused,
            _ => return None,
        };
        Some(named.values().map(|slots| u64::from(slots.count())).sum())
    }

    /// The rules that some unit can fail for this query, those that no phone call settles first.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.hard.iter().chain(&self.soft).copied()
    }

    /// Whether there can be units to verify.
    pub(super) fn may_verify(&self) -> bool {
        !self.soft.is_empty()
    }
}

/// What the heads of eight blocks tell of all units of each block, a bit for each block.
pub(super) struct Glances {
    /// For each rule the blocks of which all units fail it, and the blocks of which none does.
    of_rules: [(u32, u32); Rule::ALL.len()],
    /// The blocks of which no unit is too far without a removal.
    near: u32,
    /// The blocks of which every unit fails two rules or more, and one that no phone call settles.
    twice: u32,
}

/// What heads tell of a rule and some blocks.
pub(super) enum Told {
    /// Every unit fails the rule.
    All,
    /// No unit fails the rule.
    None,
    /// Some may fail and some may not: the columns have to be asked.
    Nothing,
}

/// A bit for each block of a shelf.
const WHOLE_SHELF: u32 = (1 << BLOCKS) - 1;

impl Glances {
    /// What is known without looking at heads.
    pub(super) const NOTHING: Self = Self { of_rules: [(0, 0); Rule::ALL.len()], near: 0, twice: 0 };

    fn tell(&mut self, rule: Rule, all: u32, none: u32) {
        if let Some(told) = index(rule).and_then(|index| self.of_rules.get_mut(index)) {
            *told = (all, none);
        }
    }

    fn told(&self, rule: Rule) -> (u32, u32) {
        index(rule).and_then(|index| self.of_rules.get(index)).copied().unwrap_or_default()
    }
}

fn index(rule: Rule) -> Option<usize> {
    usize::try_from(rule.index()).ok()
}

/// A query asked of some blocks, with what was worked out for both.
pub(super) struct Sift<'a, const W: usize> {
    filter: &'a Filter<'a>,
    stretch: Stretch<'a, W>,
    glances: &'a Glances,
    danger: Option<Danger<W>>,
}

impl<'a, const W: usize> Sift<'a, W> {
    /// `glances` belong to the eight blocks among which the stretch lies.
    pub(super) fn new(filter: &'a Filter<'a>, stretch: impl Into<Stretch<'a, W>>, glances: &'a Glances) -> Self {
        Self { filter, stretch: stretch.into(), glances, danger: None }
    }

    /// Whether every unit of all blocks of a shelf fails two rules or more, and one that no phone call settles.
    pub(super) fn all_fail_twice(&self) -> bool {
        self.glance(self.glances.twice) == WHOLE_SHELF
    }

    /// What heads tell of all units of a shelf.
    pub(super) fn told(&self, rule: Rule) -> Told {
        match self.told_of_each(rule) {
            (_, WHOLE_SHELF) => Told::None,
            (WHOLE_SHELF, _) => Told::All,
            _ => Told::Nothing,
        }
    }

    /// Of a bit for each of eight blocks, the bits of the stretch.
    fn glance(&self, those: u32) -> u32 {
        those >> (self.stretch.first % BALLS) & WHOLE_SHELF
    }

    /// The blocks of the stretch of which all units fail a rule, and those of which none does.
    fn told_of_each(&self, rule: Rule) -> (u32, u32) {
        let (all, none) = self.glances.told(rule);
        (self.glance(all), self.glance(none))
    }

    /// The given slots that fail a rule; slots that were not asked about may be among them. Only rules that some unit can fail are
    /// asked, and each call asks about slots that the calls before asked about.
    pub(super) fn fails(&mut self, rule: Rule, among: Bits<W>) -> Bits<W> {
        let (filter, columns) = (self.filter, self.stretch.columns);
        let (query, rows) = (filter.query, columns.rows);
        let request = &query.request;
        match rule {
            Rule::Capacity => self.without_room(among),
            Rule::Gender => !(filter.takes_adults(columns) & (filter.takes_minors(columns) | !columns.of(&rows.minors))),
            Rule::Age => !filter.takes_ages(columns),
            Rule::UnaccompaniedMinor => {
                let takes =
                    |ages: Ages| columns.at_most(&rows.minor_min, ages.youngest) & columns.at_least(&rows.minor_max, ages.oldest);
                !(columns.of(&rows.lone_minors) & filter.minor_ages.map_or(Bits::ALL, takes))
            }
            Rule::Children => {
                let takes_girls = filter.oldest_girl.map_or(Bits::ALL, |age| columns.at_least(&rows.child_max, age));
                let takes_boys = filter.oldest_boy.map_or(Bits::ALL, |age| columns.at_least(&rows.boy_max, age));
                !(columns.of(&rows.children) & takes_girls & takes_boys)
            }
            Rule::Household => self.too_many(among),
            Rule::Setting => {
                let borne = request.living_with.iter().chain([Setting::Alone]);
                !borne.fold(Bits::NONE, |bears, setting| bears | columns.setting(setting))
            }
            Rule::Stage => !columns.stage(request.stage),
            Rule::RemovalConsent => {
                let (all, _) = self.told_of_each(rule);
                columns.of(&rows.removal) | self.on_ground(among, (all, self.glance(self.glances.near)), Ground::too_far)
            }
            Rule::Crossing => !columns.land(filter.land),
            Rule::DangerZone => self.danger(among).certain,
            Rule::DangerZoneUnsure => self.danger(among).unsure,
            Rule::Distance => self.on_ground(among, self.told_of_each(rule), Ground::unwished_of),
            Rule::RequiredOffer => !query.required.iter().fold(Bits::ALL, |offers, offer| offers & columns.offer(offer)),
            Rule::RequiredLanguage => {
                let spoken =
                    query.required_languages.indexes().fold(Bits::ALL, |speaks, language| speaks & columns.language(language));
                !(columns.offer(Offer::Interpreting) | spoken)
            }
            Rule::KeepApart => self.scattered(&filter.kept_apart),
            Rule::AlreadyRefused => self.scattered(&filter.refused),
        }
    }

    /// The given slots that `are` somewhere: heads tell of all or none of a block, or else the block itself does.
    fn on_ground(&self, among: Bits<W>, (all, none): (u32, u32), are: fn(&Ground<'a>, &Block, Span, Bits) -> Bits) -> Bits<W> {
        let ground = &self.filter.ground;
        self.by_block(among, |nth, block, among| match (all >> nth & 1, none >> nth & 1) {
            (1, _) => Bits::ALL,
            (_, 1) => Bits::NONE,
            _ => are(ground, block, block.directions.span(ground.from()), among),
        })
    }

    /// The given slots that are, or may be, in a forbidden zone.
    fn danger(&mut self, among: Bits<W>) -> Danger<W> {
        if let Some(danger) = self.danger {
            return danger;
        }
        let (_, safe) = self.told_of_each(Rule::DangerZone);
        let mut unsure = Bits::NONE;
        let certain = self.by_block(among, |nth, block, among| {
            if safe >> nth & 1 == 1 {
                return Bits::NONE;
            }
            let danger = self.filter.ground.danger_of(block, among);
            unsure.put_block(nth, danger.unsure);
            danger.certain
        });
        *self.danger.insert(Danger { certain, unsure })
    }

    /// Those of some scattered slots that lie in the stretch.
    fn scattered(&self, slots: &Scattered) -> Bits<W> {
        let first = self.stretch.first;
        self.by_block(Bits::NONE, |nth, _, _| slots.get(&(first + nth)).copied().unwrap_or(Bits::NONE))
    }

    /// The slots whose unit is too small for the household, or takes no couple where there is one.
    fn too_many(&self, among: Bits<W>) -> Bits<W> {
        let (query, columns) = (self.filter.query, self.stretch.columns);
        let rows = columns.rows;
        let couples = if query.request.couple { !columns.of(&rows.couples) } else { Bits::NONE };
        if query.people <= PEOPLE_MAX {
            couples | !columns.at_least(&rows.household, query.people)
        } else {
            couples
                | self.one_by_one(among, |block, slot| block.view(slot).is_some_and(|view| query.people > view.facts.max_household))
        }
    }

    /// The slots of which no vacancy fits.
    fn without_room(&self, among: Bits<W>) -> Bits<W> {
        let (query, columns) = (self.filter.query, self.stretch.columns);
        let rows = columns.rows;
        let fits = |block: &Block, slot| {
            block.view(slot).is_some_and(|view| view.vacancies.iter().any(|vacancy| query.fits(view.facts, vacancy)))
        };
        if rows.lanes.is_empty() {
            return Bits::ALL;
        }
        match Stay::new(self.filter, columns) {
            Some(stay) => {
                let admitted = among & stay.admitted(columns);
                let roomy =
                    rows.lanes.iter().fold(Bits::NONE, |roomy: Bits<W>, lane| roomy | stay.fits(columns, lane, admitted & !roomy));
                let at = self.stretch.first % BLOCKS;
                let others = |nth, _: &Block, left: Bits| {
                    let mut fitting = Bits::NONE;
                    if !left.is_empty() {
                        rows.others(at + nth).iter().for_each(|other| fitting.add_if(other.slot, other.fits(query)));
                    }
                    fitting & left
                };
                !(roomy | self.by_block(columns.of(&rows.more) & admitted & !roomy, others))
            }
            None => !self.one_by_one(among, fits),
        }
    }

    /// The given slots for which `holds` is true of the unit.
    fn one_by_one(&self, among: Bits<W>, holds: impl Fn(&Block, Slot) -> bool) -> Bits<W> {
        self.by_block(among, |_, block, among| {
            let mut those: Bits = Bits::NONE;
            among.for_each(|slot| those.put(slot, holds(block, slot)));
            those
        })
    }

    /// The slots that `such` gives for each block, asked with the slots of the block that matter.
    fn by_block(&self, among: Bits<W>, mut such: impl FnMut(usize, &Block, Bits) -> Bits) -> Bits<W> {
        let mut all = Bits::NONE;
        for (nth, block) in self.stretch.blocks.iter().enumerate() {
            all.put_block(nth, such(nth, block, among.block(nth)));
        }
        all
    }
}

impl Filter<'_> {
    /// How far the groups of a block are from the place of the request.
    pub(super) fn span(&self, bay: Bay<'_>) -> Span {
        bay.block.directions.span(self.ground.from())
    }

    /// The given slots of a block that are eligible, and those that are to verify. The cheapest rules are asked first, until no
    /// slot is left.
    pub(super) fn sifted(&self, bay: Bay<'_>, span: Span, among: Bits) -> (Bits, Bits) {
        let mut sift: Sift<'_, WORDS> = Sift::new(self, bay, &Glances::NOTHING);
        let mut possible = among & !Bits::of_groups(self.ground.leaves_out(span));
        for rule in &self.hard_elsewhere {
            if possible.is_empty() {
                return (Bits::NONE, Bits::NONE);
            }
            possible &= !sift.fails(*rule, possible);
        }
        if possible.is_empty() {
            return (Bits::NONE, Bits::NONE);
        }
        let (possible, unsure) = self.ground.sift(bay, span, possible);
        let verify = self.soft_elsewhere.iter().fold(unsure, |verify, rule| verify | sift.fails(*rule, possible)) & possible;
        (possible & !verify, verify)
    }

    /// The slots that take all adults, by gender.
    fn takes_adults<const W: usize>(&self, columns: Part<'_, W>) -> Bits<W> {
        let grown = self.adult_genders.iter().fold(Bits::ALL, |takes, gender| takes & columns.gender(gender));
        self.young_adults.iter().fold(grown, |takes, those| {
            let kept = those.kept(columns);
            let taken = |gender| columns.gender(gender) | kept & columns.minor_gender(gender);
            those.genders.iter().fold(takes, |takes, gender| takes & taken(gender))
        })
    }

    /// The slots that take all adults, by age.
    fn takes_ages<const W: usize>(&self, columns: Part<'_, W>) -> Bits<W> {
        let rows = columns.rows;
        let within = |ages: Ages| columns.at_most(&rows.adult_min, ages.youngest) & columns.at_least(&rows.adult_max, ages.oldest);
        let grown = match (self.adult_genders.is_empty(), self.adult_ages) {
            (true, _) => Bits::ALL,
            (_, None) => columns.of(&rows.adults),
            (_, Some(ages)) => columns.of(&rows.adults) & within(ages),
        };
        self.young_adults.iter().fold(grown, |takes, those| {
            let as_others = columns.of(&rows.adults) & within(Ages { youngest: those.age, oldest: those.age });
            takes & (as_others | those.kept(columns))
        })
    }

    /// The slots that take all lone minors, by gender.
    fn takes_minors<const W: usize>(&self, columns: Part<'_, W>) -> Bits<W> {
        self.minor_genders.iter().fold(Bits::ALL, |takes, gender| takes & columns.minor_gender(gender))
    }
}

/// What the days of a vacancy must be.
struct Days {
    at: DayNumber,
    asked: DayNumber,
    latest_start: DayNumber,
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

/// What a vacancy must be, with days as some columns count them.
struct Stay {
    people: u32,
    latest_start: u32,
    /// The first day on which the vacancy may end, where the stay starts on the asked day.
    leaves: u32,
    nights: u32,
    /// The first day on which the vacancy may end, less the days of admission, where those delay the start.
    leaves_admitted: u32,
    /// Whether `leaves_admitted` implies `leaves`: the asked day is the day of the request.
    today: bool,
    /// How many days of admission are at most soon enough; none: no number is.
    admission: Option<u32>,
}

impl Stay {
    /// The stay in the days of these columns; none where a day lies outside their range, or the household is larger than they tell.
    fn new<const W: usize>(filter: &Filter<'_>, part: Part<'_, W>) -> Option<Self> {
        let (days, rows) = (&filter.days, part.rows);
        // The columns begin at their first day: the days that are asked about must not lie before it.
        rows.day(days.at)?;
        rows.day(days.asked)?;
        let stay = Self {
            people: filter.query.people,
            latest_start: rows.day(days.latest_start)?,
            leaves: rows.day(days.leaves)?,
            nights: days.nights,
            leaves_admitted: rows.day(days.leaves_admitted)?,
            today: days.at == days.asked,
            admission: days.admission,
        };
        (stay.people <= PEOPLE_MAX).then_some(stay)
    }

    /// The given slots whose vacancy in a lane fits.
    fn fits<const W: usize>(&self, part: Part<'_, W>, lane: &Lane, among: Bits<W>) -> Bits<W> {
        let mut roomy = among & part.at_least(&lane.beds, self.people);
        if roomy.is_empty() {
            return roomy;
        }
        roomy &= part.at_most(&lane.from, self.latest_start);
        if roomy.is_empty() {
            return roomy;
        }
        let mut ends = part.at_least(&lane.length, self.nights) & part.at_least(&lane.until_admitted, self.leaves_admitted);
        if !self.today {
            ends &= part.at_least(&lane.until, self.leaves);
        }
        roomy & (part.of(&lane.open) | ends)
    }

    /// The slots whose days of admission are soon enough.
    fn admitted<const W: usize>(&self, part: Part<'_, W>) -> Bits<W> {
        self.admission.map_or(Bits::NONE, |days| part.at_most(&part.rows.admission, days))
    }
}

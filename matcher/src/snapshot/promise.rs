//! What the score of a unit is at most: upper-bound pruning, for single units from a few bytes and for whole blocks from their heads.
//!
//! This file owns the bound and its margins. A promise may be too high and never too low: `best.rs` asserts so in debug builds. It never
//! decides a rule.

use arrayvec::ArrayVec;
use wide::{f32x8, i32x8};

use super::bits::{Bits, SLOTS, Slot, of_each};
use super::block::{Bay, Block, Eight};
use super::sphere::{BALLS, KM_MARGIN, Limit, Span, squared};
use crate::codes::{Code as _, Criterion, Offer, Stage, Wish};
use crate::facts::View;
use crate::geo::{EARTH_RADIUS_KM, single};
use crate::packed::ones;
use crate::policy::Policy;
use crate::rules::Query;
use crate::score::{Scorer, Spares};
use crate::sieve::Traits;
use crate::values::{DayNumber, Instant};

/// What the score of a unit depends on, in 96 bits; where the unit is and which languages are spoken there stand elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gist {
    has: i32,
    told: i32,
    free: i32,
}

// The bits of `has`. The lowest are the offers, by index.
const STAGES: u32 = 24;
const MINORS: u32 = 27;
const CHILDREN: u32 = 28;
const SPECIALISED: u32 = 29;
/// The unit is not specialised, but of a kind that knows trafficking.
const RELATED: u32 = 30;

const _: () = assert!(Offer::ALL.len() <= 24 && Stage::ALL.len() <= 3);

// The bits of `told`: how many conditions there are, at most `CONDITIONS_MAX`; then the hour of the latest confirmation.
const CONDITIONS_MAX: i32 = 7;
const CONFIRMED: u32 = 3;

// The bits of `free`: the earliest first day of all vacancies, from the beginning of 2020, then the latest last day, then the days of
// admission. A day outside the range is taken for one that suits everyone.
const LAST: u32 = 13;
const ADMISSION: u32 = 26;
const DAY_MAX: i32 = (1 << LAST) - 1;
/// `free` is signed: no field may reach the highest bit.
const ADMISSION_MAX: u16 = (1 << (i32::BITS - 1 - ADMISSION)) - 1;

impl Gist {
    const NOTHING: Self = Self { has: 0, told: 0, free: 0 };

    /// The gist of a unit.
    pub(super) fn of(view: View<'_>) -> Self {
        let (facts, vacancies) = (view.facts, view.vacancies.iter());
        let flags = [
            (facts.minors.is_some(), MINORS),
            (facts.children.is_some(), CHILDREN),
            (facts.specialised, SPECIALISED),
            (facts.is_related() && !facts.specialised, RELATED),
        ];
        let confirmed = vacancies.clone().map(|vacancy| hour(vacancy.confirmed_at())).max();
        let first = vacancies.clone().map(|vacancy| day(vacancy.from)).min().unwrap_or(0);
        let last = vacancies.map(|vacancy| if vacancy.is_open_ended() { DayNumber::MAX } else { day(vacancy.until) }).max();
        let told = |day: DayNumber| day.clamp(0, DAY_MAX);
        let (codes, counted) = (|bits: u32| bits.cast_signed(), |count: u32| i32::try_from(count).unwrap_or(i32::MAX));
        Self {
            has: flags.iter().fold(codes(facts.offers.bits() | facts.stages.bits() << STAGES), |has, (holds, bit)| {
                has | i32::from(*holds) << bit
            }),
            told: confirmed.unwrap_or(0) << CONFIRMED | counted(facts.conditions.len()).min(CONDITIONS_MAX),
            free: told(first)
                | told(last.unwrap_or(DayNumber::MAX)) << LAST
                | i32::from(facts.admission_days.min(ADMISSION_MAX)) << ADMISSION,
        }
    }
}

/// The gists of a block.
#[derive(Clone, Debug)]
pub(super) struct Gists([Gist; SLOTS]);

impl Default for Gists {
    fn default() -> Self {
        Self([Gist::NOTHING; SLOTS])
    }
}

impl Gists {
    pub(super) fn put(&mut self, slot: Slot, gist: Gist) {
        if let Some(its) = self.0.get_mut(usize::from(slot)) {
            *its = gist;
        }
    }

    fn of(&self, slot: Slot) -> Gist {
        self.0.get(usize::from(slot)).copied().unwrap_or(Gist::NOTHING)
    }
}

/// Days since the beginning of 2020.
fn day(day: DayNumber) -> DayNumber {
    const BEGINNING_OF_2020: DayNumber = 737_425;
    day - BEGINNING_OF_2020
}

/// Whole hours since a time before the first year.
fn hour(at: Instant) -> i32 {
    const HOURS_BEFORE_1970: i64 = 17_300_000;
    i32::try_from(at.hour() + HOURS_BEFORE_1970).unwrap_or(0)
}

/// The value of `freshness` by whole hours since the confirmation; the last value is for all older confirmations.
pub(super) type Freshness = [f32; 1 << FRESHNESS_HOURS_BITS];
const FRESHNESS_HOURS_BITS: u32 = 10;
const FRESHNESS_HOURS_MAX: i32 = (1 << FRESHNESS_HOURS_BITS) - 1;

pub(super) fn freshness_by_hour(policy: &Policy) -> Freshness {
    let mut values = [0.0; _];
    for (value, hours) in values.iter_mut().zip(0_u16..) {
        *value = single(policy.freshness().value(f64::from(hours)));
    }
    values
}

/// How many wished languages are looked for; further ones count as spoken everywhere.
const LANGUAGES: usize = 4;

/// What a query makes of a gist: an upper bound of the score. Each number is a share of the score.
pub(super) struct Promise<'a> {
    /// What every unit gets: the criteria that a gist does not tell, and the margin of single precision.
    base: f32,
    /// What a unit gets at most for all criteria that traits do not tell.
    all: f32,
    wished: u32,
    offer: f32,
    languages: ArrayVec<u8, LANGUAGES>,
    language: f32,
    /// What a unit without conditions gets.
    unconditional: f32,
    /// What a unit gets that is specialised, and what one of a kind that knows trafficking.
    specialised: f32,
    related: f32,
    /// What this household does not need…
    spares: Spares,
    /// …as bits of a gist…
    spared: i32,
    fit: f32,
    /// …and what each costs.
    unfit: f32,
    next_stage: Option<Stage>,
    next_bit: u32,
    next: f32,
    asked_day: f32,
    at_day: f32,
    ready: f32,
    /// How much of `ready` is lost with each day.
    unready: f32,
    covered: f32,
    /// How much of `covered` is won with each night.
    cover: f32,
    fresh: f32,
    freshness: &'a Freshness,
    /// The hour before that of the request: a confirmation in the course of an hour counts as one at its end.
    hour_before: i32,
    kept_out: f32,
    from: [f32; 3],
    distance: f32,
    near: Near,
    /// Beyond this a unit is far for today.
    far: Option<Limit>,
}

/// How the value of a distance follows from the square of its chord.
struct Near {
    /// What the square of a chord is multiplied by: the product is the square of the distance, in half distances.
    factor: f32,
    /// With the wish to move away: the square from which on a distance is far enough.
    away: Option<f32>,
}

/// A block with what a promise needs of it.
pub(super) struct Promised<'a> {
    promise: &'a Promise<'a>,
    block: &'a Block,
    /// The slots in which each wished language is spoken.
    spoken: ArrayVec<Bits, LANGUAGES>,
    avoided: Bits,
}

impl<'a> Promise<'a> {
    /// The criteria of which the traits of a block tell nothing.
    const TOLD_OF_NONE: [Criterion; 7] = [
        Criterion::Languages,
        Criterion::Readiness,
        Criterion::Cover,
        Criterion::Freshness,
        Criterion::Conditions,
        Criterion::Avoidance,
        Criterion::Fit,
    ];

    pub(super) fn new(query: &Query, policy: &Policy, scorer: &Scorer<'_>, freshness: &'a Freshness) -> Self {
        let share = |criterion| single(scorer.share(criterion));
        let wished = scorer.wished().bits();
        let languages: ArrayVec<u8, LANGUAGES> = scorer.wished_languages().indexes().take(LANGUAGES).collect();
        let all_languages = scorer.wished_languages().len();
        let of_languages = share(Criterion::Languages) / small(all_languages.max(1));
        let unseen = scorer.wished_languages().indexes().skip(LANGUAGES).fold(0, |unseen, _| unseen + 1);
        let (next, parts) = scorer.continuity_parts();
        let of_continuity = share(Criterion::Continuity) / small(parts.max(1));
        let near_18 = small(parts - u32::from(next.is_some()));
        let specialised = share(Criterion::Specialisation);
        let spares = scorer.spares();
        let spared = [(spares.minors, MINORS), (spares.children, CHILDREN), (spares.step_free, Offer::StepFree.index())];
        let margin = single(scorer.steepest_per_km()) * KM_MARGIN + 1e-5;
        Self {
            base: of_languages * small(unseen) + of_continuity * near_18 + margin,
            all: Self::TOLD_OF_NONE.map(share).iter().sum::<f32>() + of_continuity * near_18 + margin,
            wished,
            offer: share(Criterion::Offers) / small(wished.count_ones().max(1)),
            languages,
            language: of_languages,
            unconditional: share(Criterion::Conditions),
            specialised,
            related: specialised * single(policy.related_specialisation()),
            spares,
            spared: spared.into_iter().fold(0, |spared, (needless, bit)| spared | i32::from(needless) << bit),
            fit: share(Criterion::Fit),
            unfit: share(Criterion::Fit) / 3.0,
            next_stage: next,
            next_bit: STAGES + next.map_or(0, |stage| stage.index()),
            next: if next.is_some() { of_continuity } else { 0.0 },
            asked_day: whole(day(query.asked_day)),
            at_day: whole(day(query.at_day)),
            ready: share(Criterion::Readiness),
            unready: match query.tolerance_days {
                0 => 0.0,
                tolerance => share(Criterion::Readiness) / whole(tolerance),
            },
            covered: share(Criterion::Cover),
            cover: share(Criterion::Cover) / whole(query.nights),
            fresh: share(Criterion::Freshness),
            freshness,
            hour_before: hour(query.at) - 1,
            kept_out: share(Criterion::Avoidance),
            from: query.from.map(single),
            distance: share(Criterion::Distance),
            near: Near::new(query, policy),
            far: query.far_km().map(Limit::new),
        }
    }

    /// What the score of any unit of each of eight blocks is at most, by the traits and the balls of the blocks.
    pub(super) fn of_any(&self, eight: &Eight, span: Span) -> [f32; BALLS] {
        let besides = f32x8::from(of_each(eight.traits, |traits| self.besides_distance(traits)));
        (besides + self.of_distance(span)).to_array()
    }

    /// What the distance adds to a score at most, for each ball.
    fn of_distance(&self, span: Span) -> f32x8 {
        let chords = if self.near.away.is_some() { span.farthest } else { span.nearest };
        f32x8::splat(self.distance) * self.near.values(chords * chords)
    }

    /// What the score of a unit with these traits is at most, but for what the distance adds.
    fn besides_distance(&self, traits: Traits) -> f32 {
        let offers = small((traits.offers() & self.wished).count_ones());
        let served = self.next_stage.is_some_and(|stage| traits.serves(stage));
        let specialisation = [0.0, self.related, self.specialised].get(traits.specialisation()).copied().unwrap_or(0.0);
        self.all + self.offer * offers + specialisation + if served { self.next } else { 0.0 }
    }

    /// The given slots of a block whose score may reach this one, told by columns and by the ball of each group.
    pub(super) fn may_reach(&self, score: f32, bay: Bay<'_>, span: Span, slots: Bits) -> Bits {
        let (traits, columns) = (bay.block.traits, bay.columns);
        let rows = columns.rows;
        let besides = self.besides_distance(traits);
        let of_distance = self.of_distance(span);
        let groups = of_distance.simd_ge(f32x8::splat(score - besides)).to_bitmask();
        if groups == 0 {
            return Bits::NONE;
        }
        let mut slots = slots & Bits::of_groups(groups);
        // How much a unit may lack of all that the best unit may have.
        let most = of_distance.to_array().into_iter().fold(0.0, f32::max);
        let slack = besides + most - score;
        let (of_related, of_specialised) = (self.related, self.specialised);
        match traits.specialisation() {
            2 if of_specialised - of_related > slack => slots &= columns.of(&rows.specialised),
            2 if of_specialised > slack => slots &= columns.of(&rows.specialised) | columns.of(&rows.related),
            1 if of_related > slack => slots &= columns.of(&rows.related),
            _ => {}
        }
        if self.offer > slack {
            let offers = Offer::ALL.iter().filter(|offer| traits.offers() & self.wished & 1 << offer.index() != 0);
            offers.for_each(|offer| slots &= columns.offer(*offer));
        }
        if self.language > slack {
            self.languages.iter().for_each(|language| slots &= columns.language(*language));
        }
        if let Some(stage) = self.next_stage.filter(|stage| traits.serves(*stage) && self.next > slack) {
            slots &= columns.stage(stage);
        }
        if self.unfit > slack {
            let spares = self.spares;
            let spared = [
                (spares.minors, columns.of(&rows.minors)),
                (spares.children, columns.of(&rows.children)),
                (spares.step_free, columns.offer(Offer::StepFree)),
            ];
            spared.into_iter().filter(|(spared, _)| *spared).for_each(|(_, those)| slots &= !those);
        }
        slots
    }

    /// The promise for the units of a block. `avoided` are the slots that may be in a zone to avoid.
    pub(super) fn of<'b>(&'b self, bay: Bay<'b>, avoided: Bits) -> Promised<'b> {
        let spoken = self.languages.iter().map(|language| bay.columns.language(*language)).collect();
        Promised { promise: self, block: bay.block, spoken, avoided }
    }
}

impl Promised<'_> {
    /// What the scores of the units of eight slots are at most.
    pub(super) fn at_most(&self, slots: [Slot; 8]) -> AtMost {
        let promise = self.promise;
        let all = f32x8::splat;
        let gists = of_each(slots, |slot| self.block.gists.of(slot));
        let part = |part: fn(Gist) -> i32| i32x8::from(of_each(gists, part));
        let (has, told, free) = (part(|gist| gist.has), part(|gist| gist.told), part(|gist| gist.free));
        let bits = |of: i32x8, from: u32, most: i32| f32x8::from_i32x8((of >> from) & i32x8::splat(most));

        let chords = squared(self.block.directions.of_eight(slots), promise.from);
        let of_distance = all(promise.distance) * promise.near.values(chords);

        let (first, last) = (bits(free, 0, DAY_MAX), bits(free, LAST, DAY_MAX));
        let first = first.simd_eq(f32x8::ZERO).bitselect(all(-FAR_OFF), first);
        let last = last.simd_eq(all(whole(DAY_MAX))).bitselect(all(FAR_OFF), last);
        let admitted = all(promise.at_day) + bits(free, ADMISSION, ADMISSION_MAX.into());
        let start = all(promise.asked_day).fast_max(first).fast_max(admitted);
        let covered = (all(promise.cover) * (last - start)).fast_max(f32x8::ZERO).fast_min(all(promise.covered));
        let ready = (all(promise.ready) - all(promise.unready) * (start - all(promise.asked_day))).fast_max(f32x8::ZERO);

        let hours = f32x8::from_i32x8(i32x8::splat(promise.hour_before) - (told >> CONFIRMED));
        let hours = hours.fast_max(f32x8::ZERO).fast_min(all(whole(FRESHNESS_HOURS_MAX))).fast_trunc_int().to_array();
        // The mask changes nothing; it tells the compiler that the index lies in the list.
        let at = |hours: i32| usize::try_from(hours & FRESHNESS_HOURS_MAX).unwrap_or(0);
        let freshness = |hours: i32| promise.freshness.get(at(hours)).copied().unwrap_or(1.0);
        let fresh = all(promise.fresh) * f32x8::from(of_each(hours, freshness));

        let conditions = bits(told, 0, CONDITIONS_MAX);
        let of_conditions = all(promise.unconditional) / (all(1.0) + conditions);
        let of_kind = bits(has, RELATED, 1) * all(promise.related) + bits(has, SPECIALISED, 1) * all(promise.specialised);
        let of_stage = bits(has, promise.next_bit, 1) * all(promise.next);
        let of_fit = all(promise.fit) - all(promise.unfit) * count_ones(has & i32x8::splat(promise.spared));

        let mut of_wishes = all(promise.base);
        if promise.wished != 0 {
            of_wishes += all(promise.offer) * count_ones(has & i32x8::splat(promise.wished.cast_signed()));
        }
        for spoken in &self.spoken {
            of_wishes += f32x8::from(of_each(slots, |slot| if spoken.contains(slot) { promise.language } else { 0.0 }));
        }
        if promise.kept_out > 0.0 {
            of_wishes += f32x8::from(of_each(slots, |slot| if self.avoided.contains(slot) { 0.0 } else { promise.kept_out }));
        }
        let of_vacancy = (ready + covered) + fresh;
        let scores = (of_distance + of_vacancy) + (of_wishes + of_conditions) + (of_kind + of_stage) + of_fit;
        AtMost { scores, far: promise.far.map_or(0, |limit| limit.farther_than(chords)) }
    }
}

/// What the scores of the units of eight slots are at most.
pub(super) struct AtMost {
    scores: f32x8,
    /// A bit for each unit that is far for today for certain.
    far: u32,
}

impl AtMost {
    /// A bit for each unit whose score may reach this one.
    pub(super) fn reaching(&self, least: f32) -> u32 {
        self.scores.simd_ge(f32x8::splat(least)).to_bitmask()
    }

    /// Calls `work` for those of the slots whose bit is set, with the score at most and whether the unit is far for today for certain.
    pub(super) fn for_each(&self, those: u32, slots: [Slot; 8], mut work: impl FnMut(Slot, f32, bool)) {
        let scores = self.scores.to_array();
        for nth in ones(those.into()) {
            let at = usize::try_from(nth).unwrap_or(0);
            if let (Some(slot), Some(score)) = (slots.get(at), scores.get(at)) {
                work(*slot, *score, self.far >> nth & 1 == 1);
            }
        }
    }
}

/// Some thousand years in days.
const FAR_OFF: f32 = 1e9;

/// How many bits are set in each of eight numbers, none of which is negative.
fn count_ones(numbers: i32x8) -> f32x8 {
    let all = i32x8::splat;
    let of_2 = numbers - ((numbers >> 1) & all(0x5555_5555));
    let of_4 = (of_2 & all(0x3333_3333)) + ((of_2 >> 2) & all(0x3333_3333));
    let of_8 = (of_4 + (of_4 >> 4)) & all(0x0f0f_0f0f);
    let of_16 = of_8 + (of_8 >> 8);
    f32x8::from_i32x8((of_16 + (of_16 >> 16)) & all(0x3f))
}

impl Near {
    fn new(query: &Query, policy: &Policy) -> Self {
        let constants = policy.distance();
        let (half_km, away) = match query.request.distance.wish {
            Wish::StayNear => (constants.stay_near_half_km, None),
            Wish::Indifferent => (constants.indifferent_half_km, None),
            Wish::MoveAway => (constants.move_away_half_km, Some(constants.move_away_enough_km)),
        };
        let squared = |km: f64| single((km / half_km) * (km / half_km));
        // An infinite factor would make a number of 0 times it; the greatest number keeps that at 0.
        Self { factor: squared(EARTH_RADIUS_KM).min(f32::MAX), away: away.map(squared) }
    }

    /// The value of the distance at most, by the squares of eight chords. A chord is shorter than its arc, which errs upwards where
    /// near is good; where far is good, the arc is taken for longer than it can be.
    fn values(&self, chords_squared: f32x8) -> f32x8 {
        /// The square of an arc over that of its chord is at most (π/2)²…
        const LONGEST: f32 = std::f32::consts::PI * std::f32::consts::PI / 4.0;
        /// …and up to some hundred kilometres a thousandth more than one.
        const SHORT: (f32, f32) = (0.01, 1.001);
        let (all, one) = (f32x8::splat, f32x8::splat(1.0));
        let squared = chords_squared * all(self.factor);
        match self.away {
            None => one / (one + squared),
            Some(enough) => {
                let longer = chords_squared.simd_lt(all(SHORT.0)).bitselect(all(SHORT.1), all(LONGEST));
                one - one / (one + (squared * longer).fast_min(all(enough)))
            }
        }
    }
}

/// A small number.
fn small(number: u32) -> f32 {
    u16::try_from(number).map_or(f32::INFINITY, f32::from)
}

#[expect(
    clippy::as_conversions,
    reason = "days within four-digit years are whole numbers in f32 too, and there is no other way from i32"
)]
fn whole(days: DayNumber) -> f32 {
    days as f32
}

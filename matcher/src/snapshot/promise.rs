//! What a unit's score can be at most, told by a few bytes of it. Of the units that can be proposed most cannot be among the best, and
//! need not be scored to know it.

use arrayvec::ArrayVec;

use super::bits::{Bits, Slot};
use super::block::Block;
use super::sphere::{Ball, KM_MARGIN};
use crate::codes::{Code as _, Criterion, Offer, Stage, Wish};
use crate::facts::View;
use crate::geo::{Direction, EARTH_RADIUS_KM, single};
use crate::policy::Policy;
use crate::rules::Query;
use crate::score::{Scorer, Spares};
use crate::sieve::Traits;
use crate::values::DayNumber;

/// A unit in 64 bits: what its score depends on, but for where it is, which languages are spoken there and from when to when it is free ([`Free`]).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gist(u64);

// From the lowest bit on: offers, as many as there are; then these.
const STAGES: u32 = 24;
const CONDITIONS: u32 = 27;
const SPECIALISATION: u32 = 30;
/// What a household may not need: takes minors, takes children, has no steps.
const SPARED: u32 = 32;
const CONFIRMED: u32 = 36;

/// The greatest number of conditions that is told.
const CONDITIONS_MAX: u32 = 7;

const _: () = assert!(Offer::ALL.len() <= 24 && Stage::ALL.len() <= 3);

impl Gist {
    pub(super) fn of(view: View<'_>) -> Self {
        let facts = view.facts;
        let confirmed = view.vacancies.iter().map(|vacancy| hour(vacancy.confirmed_s)).max();
        let specialisation = match (facts.specialised, facts.is_related()) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        let spared = [facts.minors.is_some(), facts.children.is_some(), facts.offers.contains(Offer::StepFree)];
        Self(
            u64::from(facts.offers.bits())
                | u64::from(facts.stages.bits()) << STAGES
                | u64::from(facts.conditions.len().min(CONDITIONS_MAX)) << CONDITIONS
                | specialisation << SPECIALISATION
                | u64::from(bits_of(spared)) << SPARED
                | u64::from(confirmed.unwrap_or(0)) << CONFIRMED,
        )
    }

    fn confirmed(self) -> u32 {
        u32::try_from(self.0 >> CONFIRMED).unwrap_or(u32::MAX)
    }

    fn offers(self) -> u32 {
        u32::try_from(self.0 & ((1 << STAGES) - 1)).unwrap_or(0)
    }

    /// Some bits of it.
    fn bits<const WIDTH: u32>(self, from: u32) -> usize {
        usize::try_from(self.0 >> from & ((1 << WIDTH) - 1)).unwrap_or(0)
    }
}

/// From when to when a unit is free, in 32 bits: the earliest day and the latest of all its vacancies, and its days of admission.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Free(u32);

// From the lowest bit on: the first day, from the beginning of 2020, then the last, then the days of admission. Where bits do not reach,
// what suits everyone.
const LAST: u32 = 13;
const ADMISSION: u32 = 26;
const DAY_MAX: u32 = (1 << LAST) - 1;
const ADMISSION_MAX: u32 = (1 << (u32::BITS - ADMISSION)) - 1;

impl Free {
    pub(super) fn of(view: View<'_>) -> Self {
        let first = view.vacancies.iter().map(|vacancy| day(vacancy.from)).min().unwrap_or(0);
        let last = view.vacancies.iter().map(|vacancy| if vacancy.is_open_ended() { DayNumber::MAX } else { day(vacancy.until) }).max();
        let told = |day: DayNumber| u32::try_from(day.max(0)).unwrap_or(DAY_MAX).min(DAY_MAX);
        let admission = u32::from(view.facts.admission_days).min(ADMISSION_MAX);
        Self(told(first) | told(last.unwrap_or(DayNumber::MAX)) << LAST | admission << ADMISSION)
    }

    /// The first day, the last and the days of admission. What lies beyond what bits can tell is told as very far off.
    fn told(self) -> (f32, f32, f32) {
        const FAR_OFF: f32 = 1e9;
        let bits = |from: u32, most: u32| u16::try_from(self.0 >> from & most).map_or(0.0, f32::from);
        let (first, last) = (self.0 & DAY_MAX, self.0 >> LAST & DAY_MAX);
        (
            if first == 0 { -FAR_OFF } else { bits(0, DAY_MAX) },
            if last == DAY_MAX { FAR_OFF } else { bits(LAST, DAY_MAX) },
            bits(ADMISSION, ADMISSION_MAX),
        )
    }
}

/// Days since the beginning of 2020.
fn day(day: DayNumber) -> DayNumber {
    const BEGINNING_OF_2020: DayNumber = 737_425;
    day - BEGINNING_OF_2020
}

/// Whole hours since a time before the first year, of seconds since the beginning of 1970.
fn hour(seconds: i64) -> u32 {
    const HOURS_BEFORE_1970: i64 = 17_300_000;
    u32::try_from(seconds.div_euclid(3600) + HOURS_BEFORE_1970).unwrap_or(0)
}

/// As many bits as flags, the first the lowest.
fn bits_of(flags: [bool; 3]) -> u8 {
    flags.into_iter().rev().fold(0, |bits, flag| bits << 1 | u8::from(flag))
}

/// Values of `freshness` by whole hours since the confirmation; the last is for all that is older.
pub(super) fn freshness_by_hour(policy: &Policy) -> Vec<f32> {
    let constants = policy.freshness();
    (0..1_000_u16).map(|hours| single(constants.value(f64::from(hours)))).collect()
}

/// Languages that are looked for; any more count as spoken everywhere.
const LANGUAGES: usize = 4;

/// What a query makes of a gist. Each number is a share of the score.
pub(super) struct Promise<'a> {
    /// What everyone gets: criteria that a gist does not tell.
    base: f32,
    /// What one gets at most for all that is not told of many together.
    all: f32,
    place: Direction,
    wished: u32,
    offer: f32,
    languages: ArrayVec<u8, LANGUAGES>,
    language: f32,
    conditions: [f32; 8],
    specialisation: [f32; 4],
    /// What this household does not need…
    spares: Spares,
    /// …by which of it there is…
    fit: [f32; 8],
    /// …and what each costs.
    unfit: f32,
    next_stage: Option<Stage>,
    next_bit: u64,
    next: f32,
    asked_day: f32,
    at_day: f32,
    ready: f32,
    /// How much of it is lost with a day.
    unready: f32,
    covered: f32,
    /// How much of it is won with a night.
    cover: f32,
    fresh: f32,
    freshness: &'a [f32],
    at_hour: u32,
    kept_out: f32,
    from: [f32; 3],
    distance: f32,
    near: Near,
    /// The square of the chord beyond which a unit is far for today.
    far: f32,
}

/// How the value of a distance follows from the square of its chord.
struct Near {
    /// By what to multiply it for the square of the distance in half distances.
    factor: f32,
    /// With the wish to move away: that square where it is far enough.
    away: Option<f32>,
}

/// A block with what is worked out of it for a promise.
pub(super) struct Promised<'a> {
    promise: &'a Promise<'a>,
    block: &'a Block,
    spoken: [Bits; LANGUAGES],
    avoided: Bits,
}

impl<'a> Promise<'a> {
    /// Criteria of which nothing is told of many units together.
    const TOLD_OF_NONE: [Criterion; 7] = [
        Criterion::Languages,
        Criterion::Readiness,
        Criterion::Cover,
        Criterion::Freshness,
        Criterion::Conditions,
        Criterion::Avoidance,
        Criterion::Fit,
    ];

    pub(super) fn new(query: &Query, policy: &Policy, scorer: &Scorer<'_>, from: Direction, freshness: &'a [f32]) -> Self {
        let share = |criterion| single(scorer.share(criterion));
        let wished = scorer.wished().bits();
        let languages: ArrayVec<u8, LANGUAGES> = scorer.wished_languages().places().take(LANGUAGES).collect();
        let all_languages = scorer.wished_languages().len();
        let of_languages = share(Criterion::Languages) / small(all_languages.max(1));
        let unseen = scorer.wished_languages().places().skip(LANGUAGES).fold(0, |unseen, _| unseen + 1);
        let (next, parts) = scorer.continuity_parts();
        let of_continuity = share(Criterion::Continuity) / small(parts.max(1));
        let near_18 = small(parts - u32::from(next.is_some()));
        let related = single(policy.related_specialisation());
        let specialisation = share(Criterion::Specialisation);
        let spares = scorer.spares();
        let unfit = share(Criterion::Fit) / 3.0;
        let spared = u32::from(bits_of([spares.minors, spares.children, spares.step_free]));
        let margin = single(scorer.steepest_per_km()) * KM_MARGIN + 1e-5;
        let conditions = share(Criterion::Conditions);
        Self {
            base: of_languages * small(unseen) + of_continuity * near_18 + margin,
            all: Self::TOLD_OF_NONE.map(share).iter().sum::<f32>() + of_continuity * near_18 + margin,
            place: from,
            wished,
            offer: share(Criterion::Offers) / small(wished.count_ones().max(1)),
            languages,
            language: of_languages,
            conditions: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0].map(|and_one| conditions / and_one),
            specialisation: [0.0, specialisation * related, specialisation, specialisation],
            spares,
            fit: [0_u32, 1, 2, 3, 4, 5, 6, 7].map(|there| share(Criterion::Fit) - unfit * small((there & spared).count_ones())),
            unfit,
            next_stage: next,
            next_bit: next.map_or(0, |stage| 1 << (STAGES + stage.place())),
            next: of_continuity,
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
            at_hour: hour(query.request.at.get().timestamp()),
            kept_out: share(Criterion::Avoidance),
            from: from.map(single),
            distance: share(Criterion::Distance),
            near: Near::new(query, policy),
            far: query.far_km().map_or(f32::INFINITY, |far| chord_squared(far + f64::from(KM_MARGIN))),
        }
    }

    /// What the score of any of some units is at most, by what they have together and a ball around them.
    pub(super) fn of_any(&self, traits: Traits, ball: Ball) -> f32 {
        let (nearest, farthest) = ball.chords(self.place);
        let chord = single(if self.near.away.is_some() { farthest } else { nearest });
        self.besides_distance(traits) + self.distance * self.near.value(chord * chord)
    }

    /// The same but for what distance adds.
    fn besides_distance(&self, traits: Traits) -> f32 {
        let offers = small((traits.offers() & self.wished).count_ones());
        let served = self.next_stage.is_some_and(|stage| traits.serves(stage));
        let specialisation = self.specialisation.get(traits.specialisation()).copied().unwrap_or(0.0);
        self.all + self.offer * offers + specialisation + if served { self.next } else { 0.0 }
    }

    /// Of some slots of a block those whose score may be this or more, told by what each has and by where its group lies. `avoided`: those
    /// in zones to avoid.
    pub(super) fn may_reach(&self, score: f32, block: &Block, slots: Bits, avoided: Bits) -> Bits {
        let (traits, columns) = (block.traits, &block.columns);
        let besides = self.besides_distance(traits);
        let (mut groups, mut most) = (0, 0.0_f32);
        let chords =
            if self.near.away.is_some() { block.directions.farthest(self.from) } else { block.directions.nearest(self.from) };
        for (nth, chord) in chords.into_iter().enumerate() {
            let of_distance = self.distance * self.near.value(chord * chord);
            if besides + of_distance >= score {
                groups |= 1 << nth;
                most = most.max(of_distance);
            }
        }
        let mut slots = slots & Bits::of_groups(groups);
        // What one can lose of all that the best may have.
        let slack = besides + most - score;
        let [_, of_related, of_specialised, _] = self.specialisation;
        match traits.specialisation() {
            2 if of_specialised - of_related > slack => slots &= columns.specialised,
            2 if of_specialised > slack => slots &= columns.specialised | columns.related,
            1 if of_related > slack => slots &= columns.related,
            _ => {}
        }
        if self.offer > slack {
            let offers = Offer::ALL.iter().filter(|offer| traits.offers() & self.wished & 1 << offer.place() != 0);
            offers.for_each(|offer| slots &= columns.offer(*offer));
        }
        if self.language > slack {
            self.languages.iter().for_each(|language| slots &= columns.language(*language));
        }
        if let Some(stage) = self.next_stage.filter(|stage| traits.serves(*stage) && self.next > slack) {
            slots &= columns.stage(stage);
        }
        if self.kept_out > slack {
            slots &= !avoided;
        }
        if self.unfit > slack {
            let spares = self.spares;
            let spared = [
                (spares.minors, columns.minors),
                (spares.children, columns.children),
                (spares.step_free, columns.offer(Offer::StepFree)),
            ];
            spared.into_iter().filter(|(spared, _)| *spared).for_each(|(_, those)| slots &= !those);
        }
        slots
    }

    pub(super) fn of<'b>(&'b self, block: &'b Block, avoided: Bits) -> Promised<'b> {
        let mut spoken = [Bits::ALL; LANGUAGES];
        for (bits, language) in spoken.iter_mut().zip(&self.languages) {
            *bits = block.columns.language(*language);
        }
        Promised { promise: self, block, spoken, avoided }
    }
}

impl Promised<'_> {
    /// What a unit's score is at most, and whether it is far for today for certain.
    pub(super) fn at_most(&self, slot: Slot) -> (f32, bool) {
        let promise = self.promise;
        let (gist, free) = self.block.gist(slot);
        let of = |table: &[f32], nth: usize| table.get(nth).copied().unwrap_or(0.0);
        let chord = self.block.directions.chord_squared(promise.from, slot);
        let of_distance = promise.distance * promise.near.value(chord);
        let (first, last, admission) = free.told();
        let start = promise.asked_day.max(first).max(promise.at_day + admission);
        let covered = (promise.cover * (last - start)).clamp(0.0, promise.covered);
        let ready = (promise.ready - promise.unready * (start - promise.asked_day)).max(0.0);
        let hours = usize::try_from(promise.at_hour.saturating_sub(gist.confirmed()).saturating_sub(1)).unwrap_or(usize::MAX);
        let freshness = of(promise.freshness, hours.min(promise.freshness.len().saturating_sub(1)));
        let mut of_offers = 0.0;
        if promise.wished != 0 {
            of_offers = promise.offer * small((gist.offers() & promise.wished).count_ones());
        }
        for spoken in self.spoken.iter().take(promise.languages.len()) {
            of_offers += if spoken.contains(slot) { promise.language } else { 0.0 };
        }
        let of_kind =
            of(&promise.conditions, gist.bits::<3>(CONDITIONS)) + of(&promise.specialisation, gist.bits::<2>(SPECIALISATION));
        let of_fit = of(&promise.fit, gist.bits::<3>(SPARED));
        let of_stage = if gist.0 & promise.next_bit == 0 { 0.0 } else { promise.next };
        let of_avoidance = if promise.kept_out > 0.0 && !self.avoided.contains(slot) { promise.kept_out } else { 0.0 };
        // In pairs, so that one sum need not wait for another.
        let of_vacancy = (ready + covered) + promise.fresh * freshness;
        let besides = (of_offers + of_kind) + (of_fit + of_stage) + of_avoidance;
        (promise.base + of_distance + (of_vacancy + besides), chord > promise.far)
    }
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
        Self { factor: squared(EARTH_RADIUS_KM), away: away.map(squared) }
    }

    /// A chord is shorter than its arc: nearer is better, unless one moves away. Then an arc is taken for longer than it can be.
    fn value(&self, chord_squared: f32) -> f32 {
        /// The square of an arc over that of its chord is at most (π/2)².
        const LONGEST: f32 = std::f32::consts::PI * std::f32::consts::PI / 4.0;
        let squared = chord_squared * self.factor;
        match self.away {
            None => 1.0 / (1.0 + squared),
            // Up to some hundred kilometres they differ by less than a thousandth.
            Some(enough) => 1.0 - 1.0 / (1.0 + (squared * if chord_squared < 0.01 { 1.001 } else { LONGEST }).min(enough)),
        }
    }
}

/// The square of the chord of so many km.
fn chord_squared(km: f64) -> f32 {
    let chord = 2.0 * (km / (2.0 * EARTH_RADIUS_KM)).clamp(0.0, std::f64::consts::FRAC_PI_2).sin();
    single(chord * chord)
}

/// A small number.
fn small(number: u32) -> f32 {
    u16::try_from(number).map_or(f32::INFINITY, f32::from)
}

#[expect(clippy::as_conversions, reason = "days within four-digit years are whole numbers in f32 too, and there is no other way from i32")]
fn whole(days: DayNumber) -> f32 {
    days as f32
}

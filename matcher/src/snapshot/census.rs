//! How many units have what, over the whole registry: the rules that look at one thing about a unit are counted here, and need no block.

use std::collections::BTreeMap;

use crate::codes::{Code as _, Offer, Rule};
use crate::facts::Facts;
use crate::rules::Query;
use crate::values::Land;

/// The rules of which each looks at one thing about a unit, and at nothing that many units have each for themselves.
const RULES: [Rule; 8] = [
    Rule::Gender,
    Rule::Age,
    Rule::UnaccompaniedMinor,
    Rule::Children,
    Rule::Household,
    Rule::Setting,
    Rule::Stage,
    Rule::Crossing,
];

/// Kinds of units that one asks about one by one; where there are more, blocks are faster.
const KINDS: usize = 64;

/// No fewer than there are languages.
const LANGUAGES: usize = 192;

/// Numbers of units, by what they are to each rule.
#[derive(Clone, Debug)]
pub(super) struct Census {
    units: u64,
    kinds: [BTreeMap<u64, Kind>; RULES.len()],
    offers: [u64; Offer::ALL.len()],
    /// Where each language is spoken, or interpreted.
    languages: [u64; LANGUAGES],
}

/// Units that are alike to a rule.
#[derive(Clone, Debug)]
struct Kind {
    /// One that was among them.
    like: Facts,
    units: u64,
}

impl Census {
    pub(super) fn new() -> Self {
        Self { units: 0, kinds: Default::default(), offers: [0; Offer::ALL.len()], languages: [0; LANGUAGES] }
    }

    pub(super) fn add(&mut self, facts: &Facts) {
        self.units += 1;
        for (rule, kinds) in RULES.iter().zip(&mut self.kinds) {
            kinds.entry(seen_by(*rule, facts)).or_insert(Kind { like: *facts, units: 0 }).units += 1;
        }
        self.change(facts, |units| units + 1);
    }

    pub(super) fn remove(&mut self, facts: &Facts) {
        self.units -= 1;
        for (rule, kinds) in RULES.iter().zip(&mut self.kinds) {
            let key = seen_by(*rule, facts);
            if let Some(kind) = kinds.get_mut(&key) {
                kind.units -= 1;
                if kind.units == 0 {
                    kinds.remove(&key);
                }
            }
        }
        self.change(facts, |units| units - 1);
    }

    fn change(&mut self, facts: &Facts, by: impl Fn(u64) -> u64) {
        for (offer, units) in Offer::ALL.iter().zip(&mut self.offers) {
            *units = if facts.offers.contains(*offer) { by(*units) } else { *units };
        }
        let interpreted = facts.offers.contains(Offer::Interpreting);
        let mut change = |place: usize| {
            if let Some(units) = self.languages.get_mut(place) {
                *units = by(*units);
            }
        };
        if interpreted {
            (0..LANGUAGES).for_each(&mut change);
        } else {
            facts.languages.places().map(usize::from).for_each(&mut change);
        }
    }

    /// How many units fail a rule; none where only blocks tell.
    pub(super) fn failing(&self, query: &Query, rule: Rule) -> Option<u64> {
        match rule {
            Rule::RequiredOffer => self.without(&self.offers, query.required.iter().map(|offer| offer.place())),
            Rule::RequiredLanguage => self.without(&self.languages, query.required_languages.places().map(u32::from)),
            rule => {
                let (_, kinds) = RULES.iter().zip(&self.kinds).find(|(known, _)| **known == rule)?;
                let failing = || kinds.values().filter(|kind| query.fails(rule, &kind.like)).map(|kind| kind.units).sum();
                (kinds.len() <= KINDS).then(failing)
            }
        }
    }

    /// How many units are without the one thing that is asked for.
    fn without(&self, having: &[u64], mut asked: impl Iterator<Item = u32>) -> Option<u64> {
        let (one, other) = (asked.next()?, asked.next());
        let having = usize::try_from(one).ok().and_then(|place| having.get(place))?;
        other.is_none().then(|| self.units - having)
    }

    /// Whether a unit counts like another.
    pub(super) fn alike(one: &Facts, other: &Facts) -> bool {
        RULES.iter().all(|rule| seen_by(*rule, one) == seen_by(*rule, other))
            && one.offers.bits() == other.offers.bits()
            && one.languages == other.languages
    }

    /// Bytes on the heap, about.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.kinds.iter().map(BTreeMap::len).sum::<usize>() * size_of::<(u64, Kind)>()
    }
}

/// What a rule sees of a unit.
fn seen_by(rule: Rule, facts: &Facts) -> u64 {
    let seen = match rule {
        Rule::Gender => {
            let minors = facts.minors.map_or(u8::MAX.into(), |minors| minors.genders.bits());
            [facts.genders.bits(), minors]
        }
        Rule::Age => facts
            .adult_ages
            .map_or([u32::MAX; 2], |ages| [ages.min.get().into(), ages.max.map_or(u8::MAX.into(), |max| max.get().into())]),
        Rule::UnaccompaniedMinor => {
            facts.lone_minors().map_or([u32::MAX; 2], |minors| [minors.min_age.into(), minors.max_age.into()])
        }
        Rule::Children => facts.children.map_or([u32::MAX; 2], |children| {
            [children.max_age.get().into(), children.boys_max_age.map_or(u8::MAX.into(), |age| age.get().into())]
        }),
        Rule::Household => [facts.max_household, facts.couples.into()],
        Rule::Setting => [facts.setting.place(), 0],
        Rule::Stage => [facts.stages.bits(), 0],
        Rule::Crossing => match facts.department.land() {
            Land::Mainland => [0, 0],
            Land::Corsica => [1, 0],
            Land::Overseas(department) => [2, department.place().into()],
        },
        _ => [0; 2],
    };
    let [one, other] = seen.map(u64::from);
    one << u32::BITS | other
}

//! What a wish would open (design §3.4): the nearest change of one field that makes at least one more unit eligible.
//!
//! This file owns which changes are tried and in which order. It never looks at units: the caller says what a changed query opens.

use serde::{Serialize, Serializer};

use crate::codes::{Codes, Offer, Rule, Setting, Stage, Wish};
use crate::policy::Policy;
use crate::request::Request;
use crate::rules::Query;
use crate::values::{Day, Km, Language, Nights};

crate::codes! {
    /// The field of a request that a relaxation changes.
    pub enum RelaxedWish: "relaxed wish" {
        /// How far at most.
        MaxKm = "max_km",
        /// How far at least.
        MinKm = "min_km",
        /// Whether the people leave their region.
        AcceptsRemoval = "accepts_removal",
        /// Whether the people cross the sea.
        AcceptsCrossing = "accepts_crossing",
        /// The day from which a bed is needed.
        FirstDay = "first_day",
        /// How many nights.
        Nights = "nights",
        /// With whom they can live.
        LivingWith = "living_with",
        /// What must be there.
        Required = "required",
        /// What must be spoken.
        RequiredLanguages = "required_languages",
        /// All of these but the first day, at once.
        Everything = "everything",
    }
}

/// The whole value of a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Wished {
    /// A distance; none stands for no limit.
    Km(Option<Km>),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Day(Day),
    /// Nights.
    Nights(Nights),
    /// Who lives there.
    Settings(Codes<Setting>),
    /// Offers.
    Offers(Codes<Offer>),
    /// Languages.
    Languages(Codes<Language>),
    /// Several fields at once, which have no one value.
    #[serde(serialize_with = "null")]
    Everything,
}

fn null<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

/// One change of the request and what the change opens.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relaxation {
    /// The field that changes.
    pub wish: RelaxedWish,
    /// The value of the field as asked.
    pub from: Wished,
    /// The value of the field as changed.
    pub to: Wished,
    /// How many units are eligible with this one change and not as asked; at least 1.
    pub opens: u64,
}

/// The limits of distance that people name, in km.
const LADDER_KM: [f64; 11] = [5.0, 10.0, 20.0, 30.0, 50.0, 80.0, 100.0, 150.0, 200.0, 300.0, 500.0];
/// By how many days a start is put off, and to how many nights a stay is cut.
const DAYS_LATER: [u32; 5] = [1, 2, 3, 7, 14];
const NIGHTS: [u32; 10] = [365, 180, 90, 60, 45, 30, 14, 7, 3, 1];

/// A change of a request that may open something.
struct Change {
    wish: RelaxedWish,
    from: Wished,
    to: Wished,
    request: Request,
}

/// What a wish would open, in the order of the contract.
///
/// `nothing` says that no unit is eligible as asked. `fail_alone` says whether any unit may fail a rule and no other; where no unit
/// does, a change that bears on this rule only opens nothing. `opens` says how many units are eligible for a changed query and not as
/// asked.
pub(crate) fn relaxations(
    query: &Query,
    policy: &Policy,
    nothing: bool,
    fail_alone: impl Fn(Rule) -> bool,
    opens: impl Fn(&Query) -> u64,
) -> Vec<Relaxation> {
    let first_that_opens = |ladder: Vec<Change>| {
        ladder.into_iter().find_map(|change| {
            // A change that contradicts something else in the request cannot be wished.
            let opens = Query::new(change.request, policy).map_or(0, |changed| opens(&changed));
            (opens > 0).then_some(Relaxation { wish: change.wish, from: change.from, to: change.to, opens })
        })
    };
    let ladders = ladders(query).into_iter().filter(|(rule, _)| fail_alone(*rule)).map(|(_, ladder)| ladder);
    let mut found: Vec<_> = ladders.filter_map(&first_that_opens).collect();
    if nothing && found.is_empty() {
        found.extend(first_that_opens(vec![everything(&query.request)]));
    }
    found
}

/// For each wish that can be widened, the rule that the wish bears on, and the changes of the wish, the nearest first.
fn ladders(query: &Query) -> Vec<(Rule, Vec<Change>)> {
    let request = &query.request;
    let change = |wish, from: Wished, to: Wished, apply: &dyn Fn(&mut Request)| {
        let mut request = request.clone();
        apply(&mut request);
        Change { wish, from, to, request }
    };
    let mut ladders = Vec::new();
    if let Some(max) = request.distance.max_km.filter(|_| request.distance.wish == Wish::StayNear) {
        let greater = LADDER_KM.iter().filter(|km| **km > max.get()).filter_map(|km| Km::new(*km).ok()).map(Some);
        let changes = greater
            .chain([None])
            .map(|to| change(RelaxedWish::MaxKm, Wished::Km(Some(max)), Wished::Km(to), &|request| request.distance.max_km = to));
        ladders.push((Rule::Distance, changes.collect()));
    }
    if let Some(min) = request.distance.min_km.filter(|_| request.distance.wish == Wish::MoveAway) {
        let lesser = LADDER_KM.iter().rev().chain(&[0.0]).filter(|km| **km < min.get()).filter_map(|km| Km::new(*km).ok());
        let changes = lesser.map(|to| {
            change(RelaxedWish::MinKm, Wished::Km(Some(min)), Wished::Km(Some(to)), &|request| request.distance.min_km = Some(to))
        });
        ladders.push((Rule::Distance, changes.collect()));
    }
    let accept = |wish, apply: &dyn Fn(&mut Request)| vec![change(wish, Wished::Flag(false), Wished::Flag(true), apply)];
    if !request.accepts_removal {
        ladders.push((Rule::RemovalConsent, accept(RelaxedWish::AcceptsRemoval, &|request| request.accepts_removal = true)));
    }
    if !request.accepts_crossing {
        ladders.push((Rule::Crossing, accept(RelaxedWish::AcceptsCrossing, &|request| request.accepts_crossing = true)));
    }
    let asked = query.asked();
    let later = DAYS_LATER.iter().filter_map(|days| Day::new(asked.plus(*days)).ok());
    let changes =
        later.map(|to| change(RelaxedWish::FirstDay, Wished::Day(asked), Wished::Day(to), &|request| request.first_day = to));
    ladders.push((Rule::Capacity, changes.collect()));
    if request.stage != Stage::Emergency {
        let fewer = NIGHTS.iter().filter(|nights| **nights < request.nights.get()).filter_map(|nights| Nights::new(*nights).ok());
        let changes = fewer.map(|to| {
            change(RelaxedWish::Nights, Wished::Nights(request.nights), Wished::Nights(to), &|request| request.nights = to)
        });
        ladders.push((Rule::Capacity, changes.collect()));
    }
    if !request.living_with.is_empty() {
        let from = Wished::Settings(request.living_with.clone());
        let anyone = change(RelaxedWish::LivingWith, from, Wished::Settings(Codes::default()), &|request| {
            request.living_with = Codes::default();
        });
        ladders.push((Rule::Setting, vec![anyone]));
    }
    for (dropped, left) in each_dropped(&request.required, |offer| crate::codes::Code::as_str(*offer).to_owned()) {
        let _: Offer = dropped;
        let from = Wished::Offers(request.required.clone());
        let change = change(RelaxedWish::Required, from, Wished::Offers(left.clone()), &|request| request.required = left.clone());
        ladders.push((Rule::RequiredOffer, vec![change]));
    }
    for (_, left) in each_dropped(&request.required_languages, |language| language.as_str().to_owned()) {
        let from = Wished::Languages(request.required_languages.clone());
        let change = change(RelaxedWish::RequiredLanguages, from, Wished::Languages(left.clone()), &|request| {
            request.required_languages = left.clone();
        });
        ladders.push((Rule::RequiredLanguage, vec![change]));
    }
    ladders
}

/// The list without each of its entries in turn, in the order of codes.
fn each_dropped<T: Copy + Eq>(codes: &Codes<T>, code: impl Fn(&T) -> String) -> Vec<(T, Codes<T>)> {
    let mut dropped: Vec<T> = codes.iter().collect();
    dropped.sort_by_key(code);
    dropped.into_iter().map(|entry| (entry, codes.iter().filter(|other| *other != entry).collect())).collect()
}

/// The change that widens every wish at once.
fn everything(request: &Request) -> Change {
    let mut request = request.clone();
    (request.distance.max_km, request.distance.min_km) = (None, None);
    (request.accepts_removal, request.accepts_crossing) = (true, true);
    request.nights = Nights::new(Nights::MIN).unwrap_or(request.nights);
    request.living_with = Codes::default();
    request.required = Codes::default();
    request.required_languages = Codes::default();
    Change { wish: RelaxedWish::Everything, from: Wished::Everything, to: Wished::Everything, request }
}

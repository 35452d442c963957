//! The one line of a request as an addressee reads it: what it needs to know to answer, and whom to call back.

use matcher::{Department, Policy, Stage};
use maud::{Markup, html};

use crate::clock::Instant;
use crate::domain::Phone;
use crate::domain::night::tonight;
use crate::web::http::referrals::{PersonAsked, ReferralRecord};
use crate::web::pages::{local_time, words};

/// By whose clocks a line is read.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Now.
    pub now: Instant,
    /// Where the place is.
    pub place: Department,
    /// Where the reader is.
    pub here: Department,
}

impl Clocks {
    /// An instant by the clock of the place, which is named where the reader's shows another time.
    pub fn when(self, at: Instant) -> Markup {
        let clock = local_time::clock_of(at, self.place, self.here);
        html! { time datetime=(at) { (words::orientations::when(at, self.place, self.now)) @if let Some(clock) = clock { " (" (clock) ")" } } }
    }

    /// The same of one until which something can be done; the script keeps what is left of it fresh.
    pub fn until(self, at: Instant) -> Markup {
        html! { (self.when(at)) span.left data-until=(at) {} }
    }
}

/// Who, from when, what it needs.
pub fn line(referral: &ReferralRecord, policy: &Policy, clocks: Clocks) -> Markup {
    let parts = parts(referral, policy, clocks);
    html! { strong.alias { (referral.alias.as_str()) } @for part in &parts { " · " (part) } }
}

fn parts(referral: &ReferralRecord, policy: &Policy, clocks: Clocks) -> Vec<String> {
    let asks = &referral.asks_for;
    let mut parts = vec![match &asks.household {
        Some(household) => household_of(household),
        None => words::line::people(asks.people),
    }];
    if let Some((first, nights)) = asks.first_day.zip(asks.nights) {
        let tonight = tonight(clocks.now, clocks.place, policy);
        let one_is_enough = asks.stage == Some(Stage::Emergency);
        let nights = words::orientations::nights(nights.get(), one_is_enough);
        parts.push(format!("{}, {nights}", words::orientations::from_day(first, tonight)));
    }
    if let Some(stage) = asks.stage.filter(|stage| *stage != Stage::Emergency) {
        parts.push(words::label(stage).to_lowercase());
    }
    let named = |offers: &[matcher::Offer]| offers.iter().map(|offer| words::label(*offer)).collect::<Vec<_>>().join(", ");
    if let Some(required) = asks.required.as_ref().filter(|offers| !offers.is_empty()) {
        parts.push(format!("{}{}", words::orientations::NEEDS.text(), named(required)));
    }
    if let Some(wished) = asks.wished.as_ref().filter(|offers| !offers.is_empty()) {
        parts.push(format!("{}{}", words::orientations::WISHES.text(), named(wished)));
    }
    let spoken: Vec<_> = [&asks.required_languages, &asks.wished_languages]
        .into_iter()
        .flatten()
        .flatten()
        .map(|language| words::spoken(language.as_str()))
        .collect();
    if !spoken.is_empty() {
        parts.push(words::orientations::speaks(&spoken));
    }
    parts
}

/// Those who are alike are counted together, in the order in which they were written down.
fn household_of(household: &[PersonAsked]) -> String {
    let mut groups: Vec<(String, &PersonAsked, usize)> = Vec::new();
    for person in household {
        let ages = ages(person);
        let alike = |(known, of, _): &(String, &PersonAsked, usize)| {
            *known == ages && of.gender == person.gender && of.minority == person.minority && of.with_parent == person.with_parent
        };
        match groups.iter_mut().find(|group| alike(group)) {
            Some((_, _, count)) => *count = count.saturating_add(1),
            None => groups.push((ages, person, 1)),
        }
    }
    let said = groups.iter().map(|(ages, person, count)| {
        let ages = Some(ages.as_str()).filter(|ages| !ages.is_empty());
        words::orientations::people(*count, person.gender, person.minority, person.with_parent == Some(true), ages)
    });
    said.collect::<Vec<_>>().join(", ")
}

/// The age, or those among which it lies; nothing where neither is shown.
fn ages(person: &PersonAsked) -> String {
    match (person.age, person.age_band) {
        (Some(age), _) => words::years(age),
        (None, Some(band)) => words::orientations::band(band).to_owned(),
        (None, None) => String::new(),
    }
}

/// A number that can be tapped and read out.
pub fn phone(phone: &Phone) -> Markup {
    html! { span.phone { (words::orientations::PHONE) a href=(format!("tel:{}", phone.as_str())) { (phone.as_read()) } } }
}

//! The numbers that are policy and not contract: weights, tolerances, distances.
//!
//! This file owns their shape and ranges; a deployment may replace the file that holds them, which is checked at the start. It never
//! reads a file: the caller gives the text.

use serde::{Deserialize, Serialize};

use crate::codes::{Code as _, Criterion, Urgency};

/// One number for each criterion, in the order of the contract.
pub(crate) type Values = [f64; Criterion::ALL.len()];

/// A policy: `matcher/policy/default.toml`, or a deployment's own file of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    file: File,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is not TOML of the right shape: a key is missing, unknown or of the wrong type.
    #[error("{0}")]
    Shape(String),
    /// A number is outside its range.
    #[error("`{key}` {why}, is {number}")]
    Range {
        /// The key.
        key: String,
        /// The range.
        why: &'static str,
        /// The number.
        number: f64,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    tolerance_days: ToleranceDays,
    limits: Limits,
    distance: DistanceConstants,
    freshness: FreshnessConstants,
    specialisation: SpecialisationConstants,
    weights: WeightTables,
    deadlines: Deadlines,
    night: Night,
    notice: Notice,
    plan: PlanWeights,
    quotas: Quotas,
    unusual: Unusual,
}

/// How much of something one account, and one organisation, may have at most in 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaNumbers {
    /// One account.
    pub account: u32,
    /// All accounts of one organisation.
    pub organisation: u32,
}

/// What one insider may do at most. The engine counts nothing: the program that runs referrals asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    /// Beds held at once without the word of who answers.
    pub beds_held: QuotaNumbers,
    /// Requests stored.
    pub requests_stored: QuotaNumbers,
    /// Places asked.
    pub referrals_asked: QuotaNumbers,
    /// Rankings of stored requests.
    pub rankings_stored: QuotaNumbers,
    /// Rankings of others.
    pub rankings_other: QuotaNumbers,
    /// Different homes whose contact was shown.
    pub contacts_shown: QuotaNumbers,
    /// Links that keep requests apart, made or ended.
    pub links: QuotaNumbers,
    /// Exports.
    pub exports: QuotaNumbers,
    /// Plans.
    pub plans: QuotaNumbers,
}

/// From which number on the reading of one account in 24 hours is unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unusual {
    /// Different homes whose contact was shown.
    pub contacts_shown: u32,
    /// The hour from which it is night, until [`Policy::night_ends_hour`].
    pub night_begins_at_hour: u32,
    /// Different requests read by night.
    pub requests_at_night: u32,
    /// Rankings that ask nearly the same.
    pub rankings_alike: u32,
    /// Referrals that bring people near those they are kept apart from.
    pub encounters: u32,
}

/// How long whoever is told of a change can still say no. The engine knows nothing of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    hours: u32,
}

/// The night. The engine knows days alone: the program that asks it says which day it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Night {
    ends_at_hour: u32,
}

/// The clocks of referrals. The engine keeps none: the program that runs referrals asks for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deadlines {
    answer_minutes: MinutesByUrgency,
    answering_minutes: MinutesWithHours,
    answer_most_minutes: MinutesWithHours,
    confirm_minutes: MinutesByUrgency,
    after_visit_minutes: u32,
    confirm_most_minutes: u32,
    hold_minutes: u32,
    overdue_minutes: u32,
    overdue_lone_minor_minutes: u32,
    overdue_told_minutes: u32,
    undo_minutes: u32,
    undo_days: u32,
    back_minutes: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MinutesByUrgency {
    immediate: u32,
    urgent: u32,
    planned: u32,
}

/// The same where answering hours count: never for `immediate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MinutesWithHours {
    urgent: u32,
    planned: u32,
}

impl MinutesByUrgency {
    fn of(&self, urgency: Urgency) -> u32 {
        match urgency {
            Urgency::Immediate => self.immediate,
            Urgency::Urgent => self.urgent,
            Urgency::Planned => self.planned,
        }
    }
}

impl MinutesWithHours {
    fn of(&self, urgency: Urgency) -> Option<u32> {
        match urgency {
            Urgency::Immediate => None,
            Urgency::Urgent => Some(self.urgent),
            Urgency::Planned => Some(self.planned),
        }
    }
}

/// What a bed for one person is worth in a plan, by urgency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanWeights {
    immediate: f64,
    urgent: f64,
    planned: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToleranceDays {
    immediate: u16,
    urgent: u16,
    planned: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    removal_km: f64,
    far_km: f64,
}

/// Constants of the criterion `distance`, in km.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DistanceConstants {
    pub(crate) stay_near_half_km: f64,
    pub(crate) move_away_half_km: f64,
    pub(crate) indifferent_half_km: f64,
    pub(crate) move_away_enough_km: f64,
    pub(crate) indifferent_weight: f64,
}

/// Constants of the criterion `freshness`, in hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FreshnessConstants {
    pub(crate) fresh_hours: f64,
    pub(crate) half_life_hours: f64,
    pub(crate) stale_hours: f64,
}

impl FreshnessConstants {
    /// The value of `freshness` so many hours after a confirmation.
    pub(crate) fn value(&self, hours: f64) -> f64 {
        if hours <= self.fresh_hours { 1.0 } else { ((self.fresh_hours - hours) / self.half_life_hours).exp2() }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecialisationConstants {
    related: f64,
}

/// Between these weights the sums of a plan are exact to far below what tells two assignments apart.
const PLAN_WEIGHT_MIN: f64 = 1e-6;
const PLAN_WEIGHT_MAX: f64 = 1e6;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeightTables {
    immediate: Weights,
    urgent: Weights,
    planned: Weights,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    distance: f64,
    specialisation: f64,
    offers: f64,
    languages: f64,
    readiness: f64,
    cover: f64,
    freshness: f64,
    conditions: f64,
    avoidance: f64,
    fit: f64,
    continuity: f64,
}

impl Weights {
    /// The weights in the order of the contract.
    fn values(&self) -> Values {
        [
            self.distance,
            self.specialisation,
            self.offers,
            self.languages,
            self.readiness,
            self.cover,
            self.freshness,
            self.conditions,
            self.avoidance,
            self.fit,
            self.continuity,
        ]
    }
}

/// Adds all numbers of a table, each with its key.
fn gather(key: &str, value: &toml::Value, numbers: &mut Vec<(String, f64)>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                gather(&if key.is_empty() { name.clone() } else { format!("{key}.{name}") }, value, numbers);
            }
        }
        toml::Value::Float(number) => numbers.push((key.to_owned(), *number)),
        // The whole numbers of a policy are days, hours and minutes.
        toml::Value::Integer(number) => numbers.extend(i32::try_from(*number).map(|number| (key.to_owned(), f64::from(number)))),
        toml::Value::String(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) | toml::Value::Array(_) => {}
    }
}

impl Policy {
    /// The policy that is built in.
    ///
    /// ```
    /// assert_eq!(matcher::Policy::embedded().removal_km(), 150.0);
    /// ```
    pub fn embedded() -> Self {
        // A test parses the embedded file; it cannot be wrong in a program that was built.
        Self::parse(include_str!("../policy/default.toml")).unwrap_or_else(|error| unreachable!("the embedded policy: {error}"))
    }

    /// Reads a policy from the text of its file.
    ///
    /// ```
    /// use matcher::{Policy, PolicyError};
    ///
    /// let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policy/default.toml"));
    /// assert_eq!(Policy::parse(text)?, Policy::embedded());
    /// assert!(matches!(Policy::parse("version = \"none\""), Err(PolicyError::Shape(_))));
    /// # Ok::<(), PolicyError>(())
    /// ```
    ///
    /// # Errors
    /// When a key is missing, unknown or of the wrong type, or a number is outside its range; the message names the key.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text).map_err(|error| PolicyError::Shape(error.to_string()))?;
        check(&file)?;
        Ok(Self { file })
    }

    /// Every number of the policy with its key, such as `weights.urgent.distance`, in the order of the keys.
    pub fn numbers(&self) -> Vec<(String, f64)> {
        let mut numbers = Vec::new();
        // A policy was read from a table and can be written as one.
        if let Ok(table) = toml::Table::try_from(&self.file) {
            gather("", &toml::Value::Table(table), &mut numbers);
        }
        numbers.sort_by(|(one, _), (other, _)| one.cmp(other));
        numbers
    }

    /// The version of the policy, as every answer gives it.
    pub fn version(&self) -> &str {
        &self.file.version
    }

    /// The most days between the asked day and the start of a stay.
    pub fn tolerance_days(&self, urgency: Urgency) -> u32 {
        let days = &self.file.tolerance_days;
        u32::from(match urgency {
            Urgency::Immediate => days.immediate,
            Urgency::Urgent => days.urgent,
            Urgency::Planned => days.planned,
        })
    }

    /// A unit farther than this from the place of the request is removal, in km.
    pub fn removal_km(&self) -> f64 {
        self.file.limits.removal_km
    }

    /// A unit farther than this is too far to travel to today, in km.
    pub fn far_km(&self) -> f64 {
        self.file.limits.far_km
    }

    /// Hours after which a vacancy is stale.
    pub fn stale_hours(&self) -> f64 {
        self.file.freshness.stale_hours
    }

    /// Minutes an addressee has at least to answer a referral.
    pub fn answer_minutes(&self, urgency: Urgency) -> u32 {
        self.file.deadlines.answer_minutes.of(urgency)
    }

    /// Minutes of its answering hours that it has at least, and the most that this may come to; none where hours do not count.
    pub fn answering_minutes(&self, urgency: Urgency) -> Option<(u32, u32)> {
        let deadlines = &self.file.deadlines;
        deadlines.answering_minutes.of(urgency).zip(deadlines.answer_most_minutes.of(urgency))
    }

    /// Minutes a referent has to confirm an accepted referral.
    pub fn confirm_minutes(&self, urgency: Urgency) -> u32 {
        self.file.deadlines.confirm_minutes.of(urgency)
    }

    /// The same after the day of an interview or a journey, and the most that this may come to.
    pub fn after_visit_minutes(&self) -> (u32, u32) {
        (self.file.deadlines.after_visit_minutes, self.file.deadlines.confirm_most_minutes)
    }

    /// Minutes for which beds are held with a question that nobody answers.
    pub fn hold_minutes(&self) -> u32 {
        self.file.deadlines.hold_minutes
    }

    /// Minutes past the expected arrival after which people are late; fewer where a lone minor is among them.
    pub fn overdue_minutes(&self, lone_minor: bool) -> u32 {
        let deadlines = &self.file.deadlines;
        if lone_minor { deadlines.overdue_lone_minor_minutes } else { deadlines.overdue_minutes }
    }

    /// Minutes after which the coordination is told of people who are late.
    pub fn overdue_told_minutes(&self) -> u32 {
        self.file.deadlines.overdue_told_minutes
    }

    /// Minutes in which a command is taken back without a reason.
    pub fn undo_minutes(&self) -> u32 {
        self.file.deadlines.undo_minutes
    }

    /// Days after its own at whose end a command is not taken back any more.
    pub fn undo_days(&self) -> u32 {
        self.file.deadlines.undo_days
    }

    /// Minutes that a deadline which comes back lies ahead at least.
    pub fn back_minutes(&self) -> u32 {
        self.file.deadlines.back_minutes
    }

    /// For how many hours another address of an organisation, and a new organisation with doors, wait before they count. The engine knows neither: it
    /// is for the program that keeps organisations.
    pub fn notice_hours(&self) -> u32 {
        self.file.notice.hours
    }

    /// The hour of the place until which the night of the day before lasts.
    pub fn night_ends_hour(&self) -> u32 {
        self.file.night.ends_at_hour
    }

    /// What one account and one organisation may do at most in 24 hours.
    pub fn quotas(&self) -> &Quotas {
        &self.file.quotas
    }

    /// From which number on reading is unusual.
    pub fn unusual(&self) -> &Unusual {
        &self.file.unusual
    }

    pub(crate) fn distance(&self) -> &DistanceConstants {
        &self.file.distance
    }

    pub(crate) fn freshness(&self) -> &FreshnessConstants {
        &self.file.freshness
    }

    pub(crate) fn related_specialisation(&self) -> f64 {
        self.file.specialisation.related
    }

    /// What a bed for one person is worth in a plan, before score and seniority.
    pub fn plan_weight(&self, urgency: Urgency) -> f64 {
        let weights = &self.file.plan;
        match urgency {
            Urgency::Immediate => weights.immediate,
            Urgency::Urgent => weights.urgent,
            Urgency::Planned => weights.planned,
        }
    }

    /// The weight of each criterion at an urgency; for `distance`, that of the wishes `stay_near` and `move_away`.
    pub(crate) fn weights(&self, urgency: Urgency) -> Values {
        let tables = &self.file.weights;
        match urgency {
            Urgency::Immediate => &tables.immediate,
            Urgency::Urgent => &tables.urgent,
            Urgency::Planned => &tables.planned,
        }
        .values()
    }
}

/// Checks that no clock stands still.
fn check_deadlines(deadlines: &Deadlines, positive: impl Fn(&str, f64) -> Result<(), PolicyError>) -> Result<(), PolicyError> {
    for (clock, minutes) in [("answer_minutes", &deadlines.answer_minutes), ("confirm_minutes", &deadlines.confirm_minutes)] {
        for urgency in Urgency::ALL {
            positive(&format!("deadlines.{clock}.{}", urgency.as_str()), f64::from(minutes.of(*urgency)))?;
        }
    }
    for (clock, minutes) in
        [("answering_minutes", &deadlines.answering_minutes), ("answer_most_minutes", &deadlines.answer_most_minutes)]
    {
        positive(&format!("deadlines.{clock}.urgent"), f64::from(minutes.urgent))?;
        positive(&format!("deadlines.{clock}.planned"), f64::from(minutes.planned))?;
    }
    for (clock, number) in [
        ("after_visit_minutes", deadlines.after_visit_minutes),
        ("confirm_most_minutes", deadlines.confirm_most_minutes),
        ("hold_minutes", deadlines.hold_minutes),
        ("overdue_minutes", deadlines.overdue_minutes),
        ("overdue_lone_minor_minutes", deadlines.overdue_lone_minor_minutes),
        ("overdue_told_minutes", deadlines.overdue_told_minutes),
        ("undo_minutes", deadlines.undo_minutes),
        ("undo_days", deadlines.undo_days),
        ("back_minutes", deadlines.back_minutes),
    ] {
        positive(&format!("deadlines.{clock}"), f64::from(number))?;
    }
    Ok(())
}

/// Checks that every quota leaves something, and an organisation no less than each of its accounts.
fn check_quotas(
    file: &File,
    within: impl Fn(String, f64, bool, &'static str) -> Result<(), PolicyError>,
) -> Result<(), PolicyError> {
    let quotas = &file.quotas;
    for (name, numbers) in [
        ("beds_held", quotas.beds_held),
        ("requests_stored", quotas.requests_stored),
        ("referrals_asked", quotas.referrals_asked),
        ("rankings_stored", quotas.rankings_stored),
        ("rankings_other", quotas.rankings_other),
        ("contacts_shown", quotas.contacts_shown),
        ("links", quotas.links),
        ("exports", quotas.exports),
        ("plans", quotas.plans),
    ] {
        let account = f64::from(numbers.account);
        within(format!("quotas.{name}.account"), account, numbers.account > 0, "must be a number above 0")?;
        let fits = numbers.account <= numbers.organisation;
        within(format!("quotas.{name}.organisation"), f64::from(numbers.organisation), fits, "must be no less than `account`")?;
    }
    let unusual = &file.unusual;
    let begins = unusual.night_begins_at_hour;
    within(
        "unusual.night_begins_at_hour".to_owned(),
        f64::from(begins),
        (13..=23).contains(&begins),
        "must be an hour from 13 to 23",
    )?;
    for (name, number) in [
        ("contacts_shown", unusual.contacts_shown),
        ("requests_at_night", unusual.requests_at_night),
        ("rankings_alike", unusual.rankings_alike),
        ("encounters", unusual.encounters),
    ] {
        within(format!("unusual.{name}"), f64::from(number), number > 0, "must be a number above 0")?;
    }
    Ok(())
}

/// Checks that every number is within its range.
fn check(file: &File) -> Result<(), PolicyError> {
    if file.version.trim().is_empty() {
        return Err(PolicyError::Shape("`version` must not be empty".to_owned()));
    }
    let within = |key: String, number: f64, fits: bool, why: &'static str| {
        if fits { Ok(()) } else { Err(PolicyError::Range { key, why, number }) }
    };
    let positive =
        |key: &str, number: f64| within(key.to_owned(), number, number > 0.0 && number.is_finite(), "must be a number above 0");
    let not_negative =
        |key: String, number: f64| within(key, number, number >= 0.0 && number.is_finite(), "must be a number from 0");
    positive("limits.removal_km", file.limits.removal_km)?;
    positive("limits.far_km", file.limits.far_km)?;
    positive("distance.stay_near_half_km", file.distance.stay_near_half_km)?;
    positive("distance.move_away_half_km", file.distance.move_away_half_km)?;
    positive("distance.indifferent_half_km", file.distance.indifferent_half_km)?;
    positive("distance.move_away_enough_km", file.distance.move_away_enough_km)?;
    not_negative("distance.indifferent_weight".to_owned(), file.distance.indifferent_weight)?;
    not_negative("freshness.fresh_hours".to_owned(), file.freshness.fresh_hours)?;
    positive("freshness.half_life_hours", file.freshness.half_life_hours)?;
    not_negative("freshness.stale_hours".to_owned(), file.freshness.stale_hours)?;
    let related = file.specialisation.related;
    within("specialisation.related".to_owned(), related, (0.0..=1.0).contains(&related), "must be a number from 0 to 1")?;
    check_deadlines(&file.deadlines, positive)?;
    check_quotas(file, within)?;
    let notice = file.notice.hours;
    within("notice.hours".to_owned(), f64::from(notice), notice <= 720, "must be from 0 to 720")?;
    let ends_at = file.night.ends_at_hour;
    within("night.ends_at_hour".to_owned(), f64::from(ends_at), ends_at <= 12, "must be an hour from 0 to 12")?;
    for (urgency, weight) in [("immediate", file.plan.immediate), ("urgent", file.plan.urgent), ("planned", file.plan.planned)] {
        let fits = (PLAN_WEIGHT_MIN..=PLAN_WEIGHT_MAX).contains(&weight);
        within(format!("plan.{urgency}"), weight, fits, "must be a number from 0.000001 to 1000000")?;
    }
    for (urgency, weights) in
        [("immediate", &file.weights.immediate), ("urgent", &file.weights.urgent), ("planned", &file.weights.planned)]
    {
        for (criterion, weight) in Criterion::ALL.iter().zip(weights.values()) {
            not_negative(format!("weights.{urgency}.{}", criterion.as_str()), weight)?;
        }
        // These three always count, so with one of them above 0 no score divides by nothing.
        let always = weights.specialisation + weights.readiness + weights.freshness;
        positive(&format!("weights.{urgency}: the sum of specialisation, readiness and freshness"), always)?;
    }
    Ok(())
}

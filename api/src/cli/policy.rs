//! `havre policy check`: what a policy file would change, in words and in rankings, before anyone is ranked by it.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use matcher::{Policy, Ranking, Request, Snapshot, Tier, Unit};
use uuid::Uuid;

use super::seed;
use crate::clock::Clock;
use crate::commands::matching;
use crate::db::{DatabaseUrl, Db, DbError, KeySettings, units};
use crate::domain::Request as Declared;
use crate::limits::TOP_DEFAULT;
use crate::seed::demo;

/// What the file changes against the policy in force.
///
/// # Errors
/// What is wrong with the file, with the key it is wrong in.
pub fn check(file: &Path, old: Policy) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let new = Policy::parse(&text).with_context(|| file.display().to_string())?;
    let changes = changes(&old, &new);
    let mut report = format!("{} is a policy: version {}, in place of {}.\n", file.display(), new.version(), old.version());
    if changes.is_empty() {
        report.push_str("It changes no number.\n");
        return Ok(report);
    }
    if new.version() == old.version() {
        report.push_str("Its version is the one in force: give it another, since the version stands on every answer.\n");
    }
    report.push_str("\nWhat it changes:\n");
    for change in &changes {
        report.push_str(&format!("- {change}\n"));
    }
    report.push_str(&format!("\n{}\n", altered(&old, &new)?));
    Ok(report)
}

fn changes(old: &Policy, new: &Policy) -> Vec<String> {
    let pairs = old.numbers().into_iter().zip(new.numbers());
    pairs
        .filter(|((_, before), (_, after))| before != after)
        .map(|((key, before), (_, after))| in_words(&key, before, after))
        .collect()
}

/// What a number does, and what it was and becomes.
fn in_words(key: &str, before: f64, after: f64) -> String {
    let parts: Vec<&str> = key.split('.').collect();
    let (what, unit) = match parts.as_slice() {
        ["weights", urgency, criterion] => (format!("the weight of `{criterion}` for `{urgency}`"), ""),
        ["tolerance_days", urgency] => (format!("for `{urgency}`, how long after the asked day a stay may start"), " days"),
        ["limits", "removal_km"] => ("farther than this is removal, which needs consent".to_owned(), " km"),
        ["limits", "far_km"] => ("farther than this is too far for today and comes last for `immediate`".to_owned(), " km"),
        ["distance", "stay_near_half_km"] => ("where the value of `distance` is one half, for `stay_near`".to_owned(), " km"),
        ["distance", "move_away_half_km"] => ("where the value of `distance` is one half, for `move_away`".to_owned(), " km"),
        ["distance", "indifferent_half_km"] => ("where the value of `distance` is one half, for `indifferent`".to_owned(), " km"),
        ["distance", "move_away_enough_km"] => ("beyond which farther is no better, for `move_away`".to_owned(), " km"),
        ["distance", "indifferent_weight"] => ("the weight of `distance` for `indifferent`".to_owned(), ""),
        ["freshness", "fresh_hours"] => ("how long a confirmation is as good as new".to_owned(), " h"),
        ["freshness", "half_life_hours"] => ("in which the value of `freshness` halves after that".to_owned(), " h"),
        ["freshness", "stale_hours"] => ("after which a vacancy is called stale".to_owned(), " h"),
        ["specialisation", "related"] => ("the value of a kind that knows trafficking without being made for it".to_owned(), ""),
        ["deadlines", clock, urgency @ ..] => {
            (clock_in_words(clock, urgency), if *clock == "undo_days" { " days" } else { " min" })
        }
        ["quotas", quota, whose] => (quota_in_words(quota, whose), ""),
        ["unusual", rule] => (unusual_in_words(rule), ""),
        ["plan", urgency] => (format!("what placing one person of `{urgency}` is worth in a plan"), ""),
        _ => (format!("`{key}`"), ""),
    };
    format!("{what}: {before}{unit} becomes {after}{unit} ({key})")
}

/// What a quota limits.
fn quota_in_words(quota: &str, whose: &str) -> String {
    let what = match quota {
        "beds_held" => "beds held at once without the word of who answers",
        "requests_stored" => "requests stored in 24 h",
        "referrals_asked" => "places asked in 24 h",
        "rankings_stored" => "rankings of stored requests in 24 h",
        "rankings_other" => "rankings of households that are not stored in 24 h",
        "contacts_shown" => "different homes whose contact is shown in 24 h",
        "links" => "links made or ended in 24 h",
        "exports" => "exports in 24 h",
        "plans" => "plans in 24 h",
        _ => return format!("`quotas.{quota}` of one {whose}"),
    };
    format!("{what}, at most, of one {whose}")
}

/// From when on reading is told of.
fn unusual_in_words(rule: &str) -> String {
    let what = match rule {
        "contacts_shown" => "different homes whose contact was shown",
        "night_begins_at_hour" => return "the hour from which reading is reading by night".to_owned(),
        "requests_at_night" => "different requests read by night",
        "rankings_alike" => "rankings that ask nearly the same",
        "encounters" => "referrals that bring people near those they are kept apart from",
        _ => return format!("`unusual.{rule}`"),
    };
    format!("{what}, of one account in 24 h, from which on it is told as unusual")
}

/// What a clock of referrals does.
fn clock_in_words(clock: &str, urgency: &[&str]) -> String {
    let does = match clock {
        "answer_minutes" => "how long an addressee has to answer",
        "answering_minutes" => "how long of its answering hours an addressee has to answer",
        "answer_most_minutes" => "how long an addressee has to answer at most",
        "confirm_minutes" => "how long a referent has to confirm",
        "after_visit_minutes" => "how long a referent has to confirm after an interview or a journey",
        "confirm_most_minutes" => "how long a referent has to confirm at most",
        "hold_minutes" => "how long beds are held without an answer",
        "overdue_minutes" => "how long past the expected time people are late",
        "overdue_lone_minor_minutes" => "how long past the expected time a lone minor is late",
        "overdue_told_minutes" => "how long after that the coordination is told",
        "undo_minutes" => "how long a command is taken back without a reason",
        "undo_days" => "at the end of which day after its own a command is not taken back any more",
        "back_minutes" => "how far ahead a deadline lies that comes back",
        _ => return format!("`deadlines.{clock}`"),
    };
    urgency.first().map_or_else(|| does.to_owned(), |urgency| format!("for `{urgency}`, {does}"))
}

/// How many rankings of the demonstration registry come out otherwise.
fn altered(old: &Policy, new: &Policy) -> Result<String> {
    let (units, requests) = demonstration()?;
    let (before, after) = (rankings(old, &units, &requests)?, rankings(new, &units, &requests)?);
    let differ = |differs: fn(&Ranking, &Ranking) -> bool| before.iter().zip(&after).filter(|(old, new)| differs(old, new)).count();
    Ok(format!(
        "Over the {} requests of the demonstration registry ({} units), of the best {TOP_DEFAULT} proposals:\n\
         - {} rankings have another order or others in it\n\
         - {} have another first proposal\n\
         - {} have others who are eligible",
        before.len(),
        units.len(),
        differ(|old, new| order(old) != order(new)),
        differ(|old, new| order(old).first() != order(new).first()),
        differ(|old, new| eligible(old) != eligible(new)),
    ))
}

/// The registry of `seeds/`, as the service would match it now.
fn demonstration() -> Result<(Vec<Unit>, Vec<Request>)> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let url = DatabaseUrl::Sqlite(folder.path().join("havre.sqlite"));
    let db = Db::open(&url, Clock::default(), &KeySettings::default())?;
    let now = db.clock().now();
    let registry = demo::registry(now).map_err(anyhow::Error::msg)?;
    seed::load_records(&db, &registry)?;
    let read = db.read(|conn| units::as_matched(conn, None)).map_err(|error: DbError| error)?;
    let units = read.into_iter().filter(|matched| matched.vouched.is_some()).map(|matched| matched.unit).collect();
    let matched = |id: Uuid, declared: &Declared, created_at| -> Result<Request> {
        let department = declared.department();
        let moment = |at| matching::moment(at, department);
        Ok(declared.as_matched(id, moment(now)?, moment(created_at)?))
    };
    let requests = registry.requests.iter().map(|(id, _, declared, created_at)| matched(id.0, declared, *created_at));
    Ok((units, requests.collect::<Result<_, _>>()?))
}

fn rankings(policy: &Policy, units: &[Unit], requests: &[Request]) -> Result<Vec<Ranking>> {
    let (snapshot, _) = Snapshot::of(policy.clone(), units.iter().cloned());
    let asked = requests.iter().map(|request| {
        let query = matching::ask(request.clone(), policy).map_err(|failure| anyhow!("request {}: {failure:?}", request.id))?;
        Ok(snapshot.rank(&query, usize::MAX))
    });
    asked.collect()
}

fn order(ranking: &Ranking) -> Vec<(Uuid, Uuid)> {
    ranking.proposals.iter().take(TOP_DEFAULT).map(|proposal| (proposal.unit_id, proposal.vacancy_id)).collect()
}

fn eligible(ranking: &Ranking) -> Vec<Uuid> {
    let eligible = ranking.proposals.iter().filter(|proposal| proposal.tier == Tier::Eligible);
    let mut ids: Vec<_> = eligible.map(|proposal| proposal.unit_id).collect();
    ids.sort_unstable();
    ids
}

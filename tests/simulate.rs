//! `havre simulate`: a short day on real instances, and that it sees what it is there to see: each lie of a deployment is a violation.

mod liar;

use std::path::PathBuf;

use chrono::{NaiveDate, TimeDelta};
use tempfile::TempDir;

use self::liar::{Liar, Lie};
use crate::harness::redis::Redis;
use crate::harness::servers::{Database, Servers};

/// The day as of which a synthetic registry is told.
const TOLD_ON: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();

/// Instances with a synthetic registry, and who takes part.
struct Country {
    servers: Servers,
    folder: TempDir,
    _redis: Option<Redis>,
}

impl Country {
    fn of(instances: usize, database: Database) -> Self {
        let redis = Redis::start();
        let servers = Servers::start(instances, database, redis.as_ref().map(Redis::url));
        let country = Self { servers, folder: tempfile::tempdir().unwrap(), _redis: redis };
        let registry = country.file("registry");
        let out = registry.to_str().unwrap();
        country.servers.havre(&["seed", "--synthetic", "300", "--requests", "5", "--out", out]);
        for name in ["units.jsonl", "requests.jsonl"] {
            let moved = moved(&std::fs::read_to_string(registry.join(name)).unwrap());
            std::fs::write(registry.join(name), moved).unwrap();
        }
        country.servers.havre(&["seed", "--from", out]);
        std::fs::write(country.file("accounts"), country.servers.havre(&["simulate", "accounts", "300"])).unwrap();
        country
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn urls(&self) -> Vec<String> {
        (0..self.servers.instances()).map(|instance| format!("http://{}", self.servers.address(instance).unwrap())).collect()
    }

    /// A day by way of these addresses; whether all went well, and what was printed.
    fn day(&self, urls: &[String], rate: &str, lasts: &str) -> (bool, String) {
        let accounts = self.file("accounts");
        let mut arguments =
            vec!["simulate", "--accounts-file", accounts.to_str().unwrap(), "--rate", rate, "--raid", "8", "--for", lasts];
        urls.iter().for_each(|url| arguments.extend(["--url", url]));
        let output = self.servers.command().args(arguments).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    }
}

/// The same lines as of yesterday: a place that was free until a day of the past is none.
fn moved(lines: &str) -> String {
    let days = chrono::Utc::now().date_naive() - TimeDelta::days(1) - TOLD_ON;
    let of = |part: &str| {
        let (day, rest) = part.split_at_checked(10)?;
        Some(format!("{}{rest}", day.parse::<NaiveDate>().ok()? + days))
    };
    lines.split('"').map(|part| of(part).unwrap_or_else(|| part.to_owned())).collect::<Vec<_>>().join("\"")
}

/// How often something was counted in a line such as `12 commands (…)`.
fn counted(said: &str, what: &str) -> usize {
    let words: Vec<&str> = said.split_whitespace().collect();
    let at = words.iter().rposition(|word| word.trim_end_matches([',', ';']) == what).unwrap_or_else(|| panic!("{what}: {said}"));
    words[at - 1].parse().unwrap()
}

fn keeps_its_promises(country: &Country) {
    let (is_kept, said) = country.day(&country.urls(), "4", "12s");
    assert!(is_kept, "{said}");
    eprintln!("{said}");
    assert!(counted(&said, "commands") > 15 && counted(&said, "rankings") > 15, "{said}");
    // How far a household comes in so short a time is a matter of the machine.
    for operation in ["createRequest", "rankForRequest", "createReferral", "createPlan", "confirmVacancy"] {
        assert!(said.contains(operation), "{operation}: {said}");
    }
    assert_eq!(counted(&said, "violations"), 0);
    country.servers.havre(&["verify"]);
}

#[test]
fn a_day_of_a_country_keeps_its_promises_on_one_instance() {
    keeps_its_promises(&Country::of(1, Database::sqlite()));
}

#[test]
fn a_day_of_a_country_keeps_its_promises_on_three_instances() {
    let Some(database) = Database::postgres() else { return };
    keeps_its_promises(&Country::of(3, database));
}

#[test]
fn what_a_deployment_does_not_keep_is_seen() {
    let country = Country::of(1, Database::sqlite());
    for (lie, seen) in [
        (Lie::LosesConfirmations, "confirmVacancy of "),
        (Lie::RepeatsConfirmations, "and is in the feed "),
        (Lie::ForgetsBeds, "beds of "),
        (Lie::MistellsEvents, " read event "),
        (Lie::HidesTheList, "could not be held against the list"),
        (Lie::Stumbles, "was answered 500"),
    ] {
        let liar = Liar::before(country.servers.address(0).unwrap(), lie);
        let (is_kept, said) = country.day(&[liar.url()], "6", "5s");
        assert!(!is_kept && said.contains(seen), "{lie:?}: {said}");
    }
}

#[test]
fn what_is_wrong_with_an_argument_is_said() {
    let servers = Servers::start(0, Database::sqlite(), None);
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    for (arguments, said) in [
        (vec!["--url", "localhost", "--accounts-file", path], "no account with the role referent"),
        (vec!["--url", "http://localhost", "--accounts-file", "/nowhere"], "--accounts /nowhere"),
        (vec!["--url", "http://localhost", "--accounts-file", path, "--rate", "0"], "--rate 0"),
        (vec!["--url", "http://localhost", "--accounts-file", path, "--for", "soon"], "soon"),
        (vec!["--accounts-file", path], "--url"),
    ] {
        let output = servers.command().arg("simulate").args(&arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(said), "{arguments:?}: {told}");
    }
    // Nobody can take part where there is no registry.
    let output = servers.command().args(["simulate", "accounts", "10"]).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("`havre seed`"));
}

//! How long the engine takes for a ranking, without and with counts, in a program small enough to be compared with another commit's:
//! `cargo run --release -p matcher --example rank_timings -- UNITS.jsonl REQUESTS.jsonl [SECONDS]` prints one line of JSON with medians, the
//! 99th of 100, bytes a unit and a sum over the bytes of all answers, which two commits must agree on.
//!
//! The program asks as `havre match --timings` asks: every request in turn, from the parsed request to the answer in memory.
#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::time::Instant;

use matcher::{Policy, Query, Request, Snapshot, Unit};
use serde::de::DeserializeOwned;

/// Proposals of each ranking.
const TOP: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [units, requests, seconds @ ..] = arguments.as_slice() else {
        return Err("usage: rank_timings UNITS.jsonl REQUESTS.jsonl [SECONDS]".into());
    };
    let seconds: f64 = seconds.first().map_or(Ok(1.0), |seconds| seconds.parse())?;
    let (policy, requests) = (Policy::embedded(), lines::<Request>(requests)?);
    let (snapshot, refused) = Snapshot::of(policy.clone(), lines::<Unit>(units)?);
    if !refused.is_empty() || requests.is_empty() {
        return Err(format!("{} units contradict themselves, {} requests", refused.len(), requests.len()).into());
    }
    let ask = |request: &Request| Query::new(request.clone(), &policy).map_err(|faults| format!("{faults:?}"));
    let mut answers = DefaultHasher::new();
    for request in &requests {
        answers.write(&serde_json::to_vec(&snapshot.answer(&ask(request)?, TOP))?);
    }
    let without = each_in_turn(&requests, &policy, seconds, |query| drop(black_box(snapshot.best(query, TOP))))?;
    let with = each_in_turn(&requests, &policy, seconds, |query| drop(black_box(snapshot.rank(query, TOP))))?;
    println!(
        "{{\"units\": {}, \"p50_us_no_counts\": {:.3}, \"p99_us_no_counts\": {:.3}, \"p50_us\": {:.3}, \"p99_us\": {:.3}, \"bytes\": {}, \
         \"answers\": \"{:016x}\"}}",
        snapshot.len(),
        quantile(&without, 50),
        quantile(&without, 99),
        quantile(&with, 50),
        quantile(&with, 99),
        snapshot.bytes(),
        answers.finish()
    );
    Ok(())
}

fn lines<T: DeserializeOwned>(path: &str) -> Result<Vec<T>, Box<dyn Error>> {
    BufReader::new(File::open(path)?).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// The microseconds that each answer takes, in order of length.
fn each_in_turn(requests: &[Request], policy: &Policy, seconds: f64, ask: impl Fn(&Query)) -> Result<Vec<f64>, Box<dyn Error>> {
    let (mut times, began) = (Vec::new(), Instant::now());
    while began.elapsed().as_secs_f64() < seconds {
        for request in requests {
            let request = request.clone();
            let started = Instant::now();
            ask(&Query::new(request, policy).map_err(|faults| format!("{faults:?}"))?);
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(times)
}

fn quantile(sorted: &[f64], percent: usize) -> f64 {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

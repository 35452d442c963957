//! How long the engine takes for a ranking, without and with counts, in a program small enough to be compared with another commit's:
//! `cargo run --release -p matcher --example rank_timings -- UNITS.jsonl REQUESTS.jsonl [SECONDS]` prints one line of JSON: medians, the
//! 99th of 100, the median of each request's least time, bytes, and a hash of all answers, on which two commits must agree.
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
        "{{\"units\": {}, {}, {}, \"bytes\": {}, \"answers\": \"{:016x}\"}}",
        snapshot.len(),
        without.json("_no_counts"),
        with.json(""),
        snapshot.bytes(),
        answers.finish()
    );
    Ok(())
}

fn lines<T: DeserializeOwned>(path: &str) -> Result<Vec<T>, Box<dyn Error>> {
    BufReader::new(File::open(path)?).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// How long answers take, in microseconds, in order of length.
struct Times {
    all: Vec<f64>,
    /// The least time of each request: what another program on the machine disturbs least.
    least: Vec<f64>,
}

impl Times {
    fn json(&self, what: &str) -> String {
        let (p50, p99, least) = (quantile(&self.all, 50), quantile(&self.all, 99), quantile(&self.least, 50));
        format!("\"p50_us{what}\": {p50:.3}, \"p99_us{what}\": {p99:.3}, \"p50_of_least_us{what}\": {least:.3}")
    }
}

fn each_in_turn(requests: &[Request], policy: &Policy, seconds: f64, ask: impl Fn(&Query)) -> Result<Times, Box<dyn Error>> {
    let mut times = Times { all: Vec::new(), least: vec![f64::INFINITY; requests.len()] };
    let began = Instant::now();
    while began.elapsed().as_secs_f64() < seconds {
        for (request, least) in requests.iter().zip(&mut times.least) {
            let request = request.clone();
            let started = Instant::now();
            ask(&Query::new(request, policy).map_err(|faults| format!("{faults:?}"))?);
            let us = started.elapsed().as_secs_f64() * 1e6;
            times.all.push(us);
            *least = least.min(us);
        }
    }
    times.all.sort_unstable_by(f64::total_cmp);
    times.least.sort_unstable_by(f64::total_cmp);
    Ok(times)
}

fn quantile(sorted: &[f64], percent: usize) -> f64 {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

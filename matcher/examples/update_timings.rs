//! What a changed vacancy costs beside building the snapshot anew: `cargo run --release -p matcher --example update_timings -- UNITS.jsonl`
//! prints one line of JSON, with `rebuild_ms` and the median `update_us` of a clone with one vacancy changed in it.
#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::time::Instant;

use matcher::{Beds, Policy, Snapshot, Unit};

/// Vacancies that are changed, one after the other.
const CHANGES: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: update_timings UNITS.jsonl")?;
    let lines = BufReader::new(File::open(path)?).lines();
    let units: Vec<Unit> = lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Result<_, Box<dyn Error>>>()?;
    let again = units.clone();
    let started = Instant::now();
    let (mut snapshot, refused) = Snapshot::of(Policy::embedded(), again);
    let rebuild_ms = started.elapsed().as_secs_f64() * 1e3;
    if !refused.is_empty() {
        return Err(format!("{} units contradict themselves", refused.len()).into());
    }
    let free: Vec<&Unit> = units.iter().filter(|unit| !unit.vacancies.is_empty()).collect();
    let mut updates_us = Vec::with_capacity(CHANGES);
    for unit in free.iter().step_by((free.len() / CHANGES).max(1)).take(CHANGES) {
        let mut changed = (*unit).clone();
        for vacancy in changed.vacancies.iter_mut().take(1) {
            vacancy.beds = Beds::new(vacancy.beds.get() % 4 + 1)?;
        }
        let started = Instant::now();
        // A reader keeps the old one, as readers do.
        let before = snapshot.clone();
        snapshot.insert(changed).map_err(|faults| format!("{faults:?}"))?;
        updates_us.push(started.elapsed().as_secs_f64() * 1e6);
        drop(before);
    }
    updates_us.sort_unstable_by(f64::total_cmp);
    let update_us = updates_us.get(updates_us.len() / 2).copied().unwrap_or_default();
    println!("{{\"units\": {}, \"rebuild_ms\": {rebuild_ms:.3}, \"update_us\": {update_us:.3}}}", snapshot.len());
    Ok(())
}

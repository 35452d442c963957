//! How fast the engine answers: every request of a file in turn, from the parsed request to the answer in memory, again and again.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use matcher::{Query, Request, Snapshot};
use serde::Serialize;

/// What is measured, as `havre match --timings` prints it.
#[derive(Debug, Serialize)]
pub struct Timings {
    units: usize,
    /// Reading the units and indexing them.
    load_ms: f64,
    p50_us: f64,
    p99_us: f64,
    p50_us_no_counts: f64,
    p99_us_no_counts: f64,
    queries_per_s_1_thread: f64,
    queries_per_s_2_threads: f64,
    bytes_per_unit: f64,
}

/// How long each kind of question is asked at least; every request at least once.
const ASKED_FOR: Duration = Duration::from_secs(1);

/// Measures one thread, without and with counts, then two.
pub fn measure(registry: &Snapshot, requests: &[Request], top: usize, load: Duration) -> Result<Timings> {
    if requests.is_empty() {
        bail!("--timings needs at least one request that is right");
    }
    let without = each_in_turn(registry, requests, top, Asked::Proposals)?;
    let with = each_in_turn(registry, requests, top, Asked::Counts)?;
    let throughput = |threads: usize| -> Result<f64> {
        let asking = |_| std::thread::Builder::new();
        let started = Instant::now();
        let answered: Result<Vec<usize>> = std::thread::scope(|scope| {
            let asked = (0..threads).map(asking).map(|thread| {
                thread
                    .spawn_scoped(scope, || each_in_turn(registry, requests, top, Asked::Counts).map(|times| times.len()))
                    .map_err(anyhow::Error::from)
            });
            let asked: Vec<_> = asked.collect::<Result<_, _>>()?;
            let joined = asked.into_iter().map(|thread| thread.join().map_err(|_panic| anyhow!("a thread stopped"))?);
            joined.collect()
        });
        Ok(number(answered?.into_iter().sum()) / started.elapsed().as_secs_f64())
    };
    Ok(Timings {
        units: registry.len(),
        load_ms: load.as_secs_f64() * 1e3,
        p50_us: quantile_us(&with, 50),
        p99_us: quantile_us(&with, 99),
        p50_us_no_counts: quantile_us(&without, 50),
        p99_us_no_counts: quantile_us(&without, 99),
        queries_per_s_1_thread: throughput(1)?,
        queries_per_s_2_threads: throughput(2)?,
        bytes_per_unit: number(registry.bytes()) / number(registry.len().max(1)),
    })
}

/// What is asked of the engine.
#[derive(Clone, Copy)]
enum Asked {
    Proposals,
    Counts,
}

/// Notes how long an answer took; its end of life does not count.
fn time<T>(times: &mut Vec<Duration>, started: Instant, answer: T) {
    times.push(started.elapsed());
    drop(std::hint::black_box(answer));
}

/// The time each answer took, in order of length.
fn each_in_turn(registry: &Snapshot, requests: &[Request], top: usize, asked: Asked) -> Result<Vec<Duration>> {
    let (mut times, began) = (Vec::new(), Instant::now());
    while began.elapsed() < ASKED_FOR {
        for request in requests {
            let request = request.clone();
            let started = Instant::now();
            let query =
                Query::new(request, registry.policy()).map_err(|faults| anyhow!("a request failed its check: {faults:?}"))?;
            match asked {
                Asked::Proposals => time(&mut times, started, registry.best(&query, top)),
                Asked::Counts => time(&mut times, started, registry.rank(&query, top)),
            }
        }
    }
    times.sort_unstable();
    Ok(times)
}

fn quantile_us(sorted: &[Duration], percent: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

/// A count as a number: counts here are far below what f64 holds exactly.
fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

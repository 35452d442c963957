//! The numbers of a plan as text, and how long our own solver takes on them: what `benches/plan_peers.py` compares with its peers.
//!
//! `plan_edges UNITS.jsonl REQUESTS.jsonl COUNT all|ones SECONDS [OUT.txt]`: the first COUNT requests, `ones` those of one person only
//! and without their `keep_apart`; at most so many seconds for a plan.
#![expect(clippy::unwrap_used, reason = "a tool whose user sees where it stops")]

use std::fmt::Write as _;
use std::time::Instant;

use matcher::{Effort, Policy, Problem, Query, Request, Snapshot, Unit};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [units, requests, count, which, seconds, out @ ..] = arguments.as_slice() else {
        eprintln!("plan_edges UNITS.jsonl REQUESTS.jsonl COUNT all|ones SECONDS [OUT.txt]");
        return;
    };
    let before = Instant::now();
    let problem = read(units, requests, count.parse().unwrap(), which == "ones");
    let beds: u32 = problem.slots().iter().map(|slot| slot.beds).sum();
    let edges: usize = (0..problem.households()).map(|household| problem.edges(household).len()).sum();
    eprintln!(
        "{} households, {} slots, {beds} beds, {edges} edges in {:.0?}",
        problem.households(),
        problem.slots().len(),
        before.elapsed()
    );
    let text = solve(&problem, seconds.parse().unwrap()) + &dump(&problem);
    if let [out] = out {
        std::fs::write(out, text).unwrap();
    }
}

fn read(units: &str, requests: &str, count: usize, ones: bool) -> Problem {
    let policy = Policy::embedded();
    let mut registry = Snapshot::new(policy.clone());
    for line in std::fs::read_to_string(units).unwrap().lines() {
        registry.insert(serde_json::from_str::<Unit>(line).unwrap()).unwrap();
    }
    let text = std::fs::read_to_string(requests).unwrap();
    let requests = text.lines().map(|line| serde_json::from_str::<Request>(line).unwrap());
    let requests = requests.filter(|request| !ones || request.household.len() == 1).take(count).map(|mut request| {
        if ones {
            request.keep_apart.clear();
        }
        request
    });
    let queries: Vec<Query> = requests.map(|request| Query::new(request, &policy).unwrap()).collect();
    let before = Instant::now();
    let problem = registry.plan_problem(&queries);
    eprintln!("edges in {:.0?}", before.elapsed());
    problem
}

/// The median of up to seven runs, as the first line of the file.
fn solve(problem: &Problem, seconds: f64) -> String {
    let mut runs = Vec::new();
    while runs.len() < 7 {
        let before = Instant::now();
        let solution = problem.solve(&mut Effort::new(u64::MAX, &mut |_| before.elapsed().as_secs_f64() >= seconds));
        let ms = before.elapsed().as_secs_f64() * 1e3;
        assert!(problem.allows(&solution.slots));
        runs.push((ms, solution));
        if ms > 1e3 {
            break;
        }
    }
    runs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ms, solution) = runs.swap_remove(runs.len() / 2);
    eprintln!("worth {:.6} of {:.6}, gap {:.2e}, {ms:.3} ms", solution.objective, solution.bound, solution.gap());
    format!("ours {:?} {:?} {ms}\n", solution.objective, solution.bound)
}

fn dump(problem: &Problem) -> String {
    let mut text = String::new();
    for slot in problem.slots() {
        writeln!(text, "s {} {} {}", slot.beds, slot.structure, slot.cell).unwrap();
    }
    for household in 0..problem.households() {
        writeln!(text, "h {}", problem.people(household)).unwrap();
        for edge in problem.edges(household) {
            writeln!(text, "e {} {:?}", edge.slot, edge.value).unwrap();
        }
        for other in problem.apart(household) {
            writeln!(text, "a {other}").unwrap();
        }
    }
    text
}

//! Edges of a plan as text, and how long our own solver takes on them: what `benches/plan_peers.py` compares with its peers.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the one who runs it")]

use std::fmt::Write as _;
use std::time::Instant;

use matcher::{Policy, Query, Request, Snapshot, Unit};

fn main() {
    let mut args = std::env::args().skip(1);
    let (units, requests, households, ones, out) = (
        args.next().unwrap(),
        args.next().unwrap(),
        args.next().unwrap().parse::<usize>().unwrap(),
        args.next().unwrap() == "ones",
        args.next(),
    );
    let policy = Policy::embedded();
    let mut registry = Snapshot::new(policy.clone());
    for line in std::fs::read_to_string(units).unwrap().lines() {
        registry.insert(serde_json::from_str::<Unit>(line).unwrap()).unwrap();
    }
    let text = std::fs::read_to_string(requests).unwrap();
    let requests = text.lines().map(|line| serde_json::from_str::<Request>(line).unwrap());
    let requests = requests.filter(|request| !ones || request.household.len() == 1).take(households);
    let queries: Vec<Query> = requests.map(|request| Query::new(request, &policy).unwrap()).collect();
    let before = Instant::now();
    let problem = registry.plan_problem(&queries);
    eprintln!("edges {:.1} ms", before.elapsed().as_secs_f64() * 1e3);
    let edges: usize = (0..problem.households()).map(|h| problem.edges(h).len()).sum();
    let beds: u32 = problem.slots().iter().map(|slot| slot.beds).sum();
    eprintln!("{} households, {} slots, {beds} beds, {edges} edges", problem.households(), problem.slots().len());
    let mut times = Vec::new();
    let mut answer = None;
    for _ in 0..7 {
        let before = Instant::now();
        answer = Some(problem.solve(&mut matcher::Effort::new(u64::MAX, &mut |_| before.elapsed().as_secs_f64() > 60.0)));
        times.push(before.elapsed().as_secs_f64() * 1e3);
        if times[0] > 3000.0 {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    let a = answer.unwrap();
    assert!(problem.allows(&a.slots));
    eprintln!("objective {:.6} bound {:.6} gap {:.6} % {:.3} ms", a.objective, a.bound, a.gap() * 100.0, times[times.len() / 2]);
    if let Some(out) = out {
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
        std::fs::write(out, text).unwrap();
    }
}

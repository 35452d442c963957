//! Times the search of communes: `cargo run --release --example communes`. What is given as arguments is searched and shown.
//!
//! Prints p50, p99 and the worst of many kinds of input. Never part of the tests.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::time::{Duration, Instant};

use api::communes::{Commune, Communes};

fn main() {
    let began = Instant::now();
    let communes = Communes::embedded();
    println!("read and indexed: {:?}", began.elapsed());
    let began = Instant::now();
    let cell = communes.hiding(matcher::Point::PARIS, matcher::Department::PARIS).cell;
    println!("first cell: {cell} {:?}", began.elapsed());
    for text in std::env::args().skip(1) {
        let found: Vec<_> = communes.search(&text, 8).iter().map(|it| format!("{} {}", it.name(), it.commune.code)).collect();
        println!("{text:?}: {found:?}");
    }
    let hostile = [
        "a".repeat(10_000),
        "s ".repeat(5_000),
        "saint ".repeat(2_000),
        "de la ".repeat(50),
        "\u{301}".repeat(9_000),
        " ".repeat(100_000),
    ];
    let letters: Vec<String> =
        ('a'..='z').flat_map(|a| std::iter::once(a.to_string()).chain(('a'..='z').map(move |b| format!("{a}{b}")))).collect();
    let names: Vec<&Commune> = communes.all().iter().step_by(20).collect();
    let prefixes: Vec<String> = names
        .iter()
        .flat_map(|it| it.name.char_indices().map(|(at, c)| it.name.get(..at + c.len_utf8()).unwrap_or_default().to_owned()))
        .collect();
    let coded: Vec<String> = names.iter().map(|it| format!("{} {}", it.name, it.postal_codes.first().unwrap_or(&""))).collect();
    let lettered: Vec<String> =
        letters.iter().flat_map(|it| [format!("{it} 9"), format!("{it} 13 {it}"), format!("{it} {it}")]).collect();
    let digits: Vec<String> = (0..100_000)
        .step_by(37)
        .flat_map(|n| {
            let whole = format!("{n:05}");
            (1..=5).filter_map(|to| Some(whole.get(..to)?.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    for (kind, queries) in [
        ("names as typed", &prefixes),
        ("name and code", &coded),
        ("one and two letters", &letters),
        ("letters and digits", &lettered),
        ("digits", &digits),
        ("hostile", &hostile.to_vec()),
    ] {
        let mut times: Vec<(Duration, &String)> = Vec::new();
        for query in queries {
            let began = Instant::now();
            std::hint::black_box(communes.search(query, 10));
            times.push((began.elapsed(), query));
        }
        times.sort();
        let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).map(|(time, _)| *time).unwrap_or_default();
        let (worst, by) = times.last().map(|(time, query)| (*time, query.chars().take(20).collect::<String>())).unwrap_or_default();
        println!("{kind}: {} queries, p50 {:?}, p99 {:?}, worst {worst:?} by {by:?}", times.len(), at(50), at(99));
    }
}

use matcher::*;
use std::io::BufRead as _;
use std::time::Instant;
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let read =
        |name: &str| std::io::BufReader::new(std::fs::File::open(format!("{dir}/{name}")).unwrap()).lines().map(|l| l.unwrap());
    let (snap, _) = Snapshot::of(Policy::embedded(), read("units.jsonl").map(|l| serde_json::from_str::<Unit>(&l).unwrap()));
    let requests: Vec<Request> = read("requests.jsonl").map(|l| serde_json::from_str(&l).unwrap()).collect();
    for detail in if let Ok(o) = std::env::var("ONLY") { vec![o == "c"] } else { vec![false, true] } {
        let mut times = vec![];
        let began = Instant::now();
        let secs: f64 = std::env::args().nth(2).map_or(1.0, |s| s.parse().unwrap());
        while began.elapsed().as_secs_f64() < secs {
            for r in &requests {
                let r = r.clone();
                let s = Instant::now();
                let q = Query::new(r, snap.policy()).unwrap();
                let top = 20;
                let e = if detail { snap.rank(&q, top).eligible } else { snap.best(&q, top).len() as u64 };
                times.push((s.elapsed().as_secs_f64() * 1e6, e, format!("{:?}", q.request().distance.wish)));
            }
        }
        let n = requests.len();
        if std::env::args().nth(3).is_some() {
            let mut t = times[times.len() - n..].to_vec();
            t.sort_by(|a, b| a.0.total_cmp(&b.0));
            for x in t.iter().step_by(n / 20) {
                println!("{x:?}");
            }
        }
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        println!(
            "{detail:?} p50 {:.2} p99 {:.2} n {} bytes {:.1}",
            times[times.len() / 2].0,
            times[times.len() * 99 / 100].0,
            times.len(),
            snap.bytes() as f64 / snap.len() as f64
        );
    }
}

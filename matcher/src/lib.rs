//! Which housing can take these people, in which order, and why.
//!
//! # The model, for someone who knows neither housing nor matching
//!
//! A **unit** is a few beds of one home that are alike: the same people may live there, the same things are offered, the same door
//! opens them. A unit has **vacancies**: beds free from a day, until a day or open-ended. A **request** is a household that needs a
//! roof: how many people, who among them is a minor, how soon, where from, where not.
//!
//! For one request the engine does three things with every unit of the registry:
//!
//! 1. It asks the **rules** ([`Rule`]). Each passes or fails; all that fail are kept. A rule is a fact that no wish outweighs: not
//!    enough beds, a gender that is not taken, a home inside the area the person must not be in.
//! 2. Units that fail none are **eligible**. Those that fail only what a phone call can settle are **to verify** ([`Tier`]): they are
//!    shown apart, since an empty page is never the last word. All others are counted, by the rules they fail.
//! 3. It weighs **criteria** ([`Criterion`]), each with a value in [0, 1], into one score, and orders the units by it. Every score
//!    comes with its parts.
//!
//! [`Snapshot::answer`] says all of it, and which wish would open more ([`Relaxation`]); [`Snapshot::rank`] leaves that out, and
//! [`Snapshot::best`] gives the proposals alone. A million units take some hundred microseconds to some milliseconds.
//!
//! For many requests at once, [`Snapshot::plan`] assigns vacancies so that the sum of what the assignments are worth is greatest, and
//! says how far from the best its answer may be at most.
//!
//! The order is the same for the same input, always: nothing here reads a clock, draws a number or depends on the order of input.
//!
//! ```
//! use matcher::{Policy, Query, Request, Snapshot, Unit};
//!
//! let policy = Policy::embedded();
//! let unit: Unit = serde_json::from_str(r#"{
//!     "id": "0192f0c1-0000-7000-8000-000000000001", "structure_id": "0192f0c1-0000-7000-8000-000000000002",
//!     "kind": "chrs", "department": "69", "location": {"point": {"lat": 45.76, "lon": 4.84}},
//!     "stages": ["emergency"], "genders": ["female"], "adult_ages": {"min": 18, "max": null}, "max_household": 2,
//!     "vacancies": [{"id": "0192f0c1-0000-7000-8000-000000000003", "beds": 1, "from": "2026-11-23", "until": null,
//!                    "confirmed_at": "2026-11-23T08:00:00+01:00"}]}"#)?;
//! let request: Request = serde_json::from_str(r#"{
//!     "id": "0192f0c1-0000-7000-8000-000000000004", "at": "2026-11-23T10:00:00+01:00",
//!     "household": [{"gender": "female", "minority": "adult", "age": 24}],
//!     "stage": "emergency", "urgency": "immediate", "first_day": "2026-11-23", "nights": 30,
//!     "place": {"lat": 45.75, "lon": 4.85, "department": "69"}, "distance": {"wish": "stay_near", "max_km": 50}}"#)?;
//!
//! let mut registry = Snapshot::new(policy.clone());
//! registry.insert(unit).expect("nothing in it contradicts itself");
//! let query = Query::new(request, &policy).expect("nothing in it contradicts itself");
//! let ranking = registry.answer(&query, 20);
//!
//! assert_eq!(ranking.eligible, 1);
//! let best = &ranking.proposals[0];
//! let sum: f64 = best.criteria.iter().map(|share| share.contribution).sum();
//! assert!((best.score - sum).abs() < 1e-9);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Glossary, for someone who knows databases
//!
//! A [`Snapshot`] is a read-only column store with an index for top-k queries, kept by copy on write. These are the techniques, by their
//! usual names, with the words of this crate and the file to read.
//!
//! | usual name | here | read | reference |
//! |---|---|---|---|
//! | bitmap index | `Row`: one bit a unit for each property | `snapshot/columns.rs` | O'Neil & Quass, *Variant indexes*, SIGMOD 1997 |
//! | bit-sliced index | `Numbers`: a number of each unit, one row a binary digit, compared for 1,024 units at once | `snapshot/bits.rs` | the same; BitWeaving, Li & Patel, SIGMOD 2013 |
//! | columns within a page (PAX) | `Shelf`: the `Columns` of four blocks stand beside the facts of their units | `snapshot/block.rs` | Ailamaki et al., VLDB 2001 |
//! | zone map, small materialised aggregate | `Heads`: what some and what all units of a block have (`Traits`), and a ball around the block | `snapshot/block.rs`, `sieve.rs` | Moerkotte, VLDB 1998 |
//! | bounding ball | `Ball`, eight of them in `Balls`; `Span` holds the least and the greatest distance to each | `snapshot/sphere.rs` | Omohundro, *Five balltree construction algorithms*, ICSI 1989 |
//! | k-d order | `neighbours`: units are parted by likeness, then halved along the widest axis, into blocks of 256 | `snapshot/block.rs` | Bentley, CACM 1975 |
//! | filter and refine | single precision first; what its margin leaves open is settled exactly | `snapshot/sphere.rs`, `snapshot/ground.rs` | Orenstein, SIGMOD 1986 |
//! | predicate order | `CHEAPEST_FIRST`: the rule that leaves out most for the least work is asked first | `snapshot/filter.rs` | Hellerstein & Stonebraker, SIGMOD 1993 |
//! | upper-bound pruning, block-max | `Promise`: what the score of a unit, or of any unit of a block, is at most; told from a `Gist` of 12 bytes | `snapshot/promise.rs` | Fagin et al., PODS 2001; Ding & Suel, SIGIR 2011 |
//! | best-first search | `MostFirst`: blocks are visited by falling promise until no promise reaches the k-th best | `snapshot/best.rs` | Hjaltason & Samet, TODS 1999 |
//! | incremental sort | `LeastFirst`: only as many are sorted as are asked for | `snapshot/best.rs` | Paredes & Navarro, ALENEX 2006 |
//! | hash index | `Directory`: where the units of an id lie | `snapshot/directory.rs` | |
//! | histogram, materialised counts | `Census`: how many units each rule sees as what | `snapshot/directory.rs` | Gupta & Mumick, IEEE Data Eng. Bull. 1995 |
//! | persistent structure, copy on write | a change copies one block, the columns of one shelf and one shard of a directory | `snapshot/change.rs` | Driscoll et al., JCSS 1989 |
//!
//! A [`Snapshot::plan`] is a generalised assignment problem with conflicts.
//!
//! | usual name | here | read | reference |
//! |---|---|---|---|
//! | minimum-cost flow by successive shortest paths | `Flow`: seekers are seated with hosts one after the other | `plan/flow.rs` | Ahuja, Magnanti & Orlin, *Network flows*, 1993 |
//! | Lagrangian relaxation, subgradient ascent | `bargain`: each household has a price, each slot picks its best set | `plan/bargain.rs` | Held, Wolfe & Crowder, Math. Prog. 1974 |
//! | reduced-cost fixing | `Kernel`: the pairings that some better plan may still use | `plan/kernel.rs` | Nemhauser & Wolsey, 1988 |
//! | 0–1 knapsack | `Kernel::pick`: the best set of one slot at given prices | `plan/kernel.rs` | Martello & Toth, 1990 |
//! | ejection chains | `Draft::improve`: a household moves in, whom it ejects is settled elsewhere | `plan/draft.rs` | Glover, DAM 1996 |
//! | branch and price (column generation) | `Search`: a linear program over sets of households by slot | `plan/branch.rs` | Barnhart et al., Oper. Res. 1998 |
//! | revised simplex method | `Simplex`, with the inverse of the basis in full | `plan/simplex.rs` | Chvátal, *Linear programming*, 1983 |
//!
//! # One word, one meaning
//!
//! A *place* is the point from which a request counts its distances; what a unit offers are *beds*, where a code stands in its list is an
//! *index*. A *registry* is all units at a moment, and a snapshot holds one. A *link* ties a child to a parent. To *judge* a unit is
//! to ask it every rule; to *rank* is to put eligible units in order; to *assign* is what only a plan does.
//!
//! # Where the rules come from
//!
//! Age in doubt is presumed minority (Warsaw convention art. 10, directive 2011/36/EU art. 13), and every rule treats a presumed minor
//! as a minor. A minor counts as accompanied only by a parent whose link is established: an adult beside a minor may be the exploiter.
//! Hotels are closed to lone minors (law of 7 February 2022), Ac.Sé to all minors, and Ac.Sé always means leaving one's region. Child
//! protection goes on with young adults until 21 (CASF L.222-5): a home for minors keeps its own past their 18th birthday. No
//! field exists for papers, nationality, complaint or form of exploitation: no condition of that sort is lawful for emergency
//! shelter (CASF L.345-2-2), nor is a tie to the area.

#![warn(missing_docs)]

mod codes;
mod facts;
mod geo;
mod packed;
mod plan;
mod policy;
mod rank;
mod relax;
mod request;
mod rules;
mod score;
mod sieve;
mod snapshot;
mod unit;
mod values;

pub use codes::{
    Code, Codes, Condition, Criterion, DistanceBand, Door, Gender, Kind, Minority, Offer, Rule, Setting, Stage, Step, Tier,
    UnlawfulCondition, Urgency, Warning, Wish, ZoneLevel, unknown_code,
};
pub use geo::{Cell, Location, distance_km};
pub use packed::{Set, ShortList, SmallSet};
pub use plan::{Assignment, Because, Edge, Effort, Plan, Problem, Progress, Slot, Solution, Unassigned};
pub use policy::{Policy, PolicyError, QuotaNumbers, Quotas, Unusual};
pub use rank::{Criteria, CriterionShare, PlaceOffered, Proposal, Ranking, RuleCounts};
pub use relax::{Relaxation, RelaxedWish, Wished};
pub use request::{DangerZone, Distance, Person, Place, Request};
pub use rules::{Query, RuleSet};
pub use snapshot::Snapshot;
pub use unit::{AgeRange, Children, Fault, UnaccompaniedMinors, Unit, Vacancy};
pub use values::{
    Accreditation, AdmissionDays, Age, Beds, Day, Department, HouseholdSize, Km, Land, Language, Latitude, Longitude, Moment,
    Nights, Point, RadiusKm,
};

#[doc(hidden)]
pub use serde;

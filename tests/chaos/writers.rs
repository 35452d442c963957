//! Those who write: clients that ask for places and answer for them at random, one that declares beds, and one that looks on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::Rng as _;
use serde_json::{Value, json};

use super::followers::Follower;
use super::{Scene, get, new_key, post};
use crate::harness::bodies::{request, vacancy, with};
use crate::harness::books::Books;
use crate::harness::wire::{Bumps, Call, LONGEST, Outcome, Patience, Reply, Try, Wire};

/// Some go away without having been told, and some believe what a 503 says.
const PATIENCE: Patience = Patience { leaves: 0.2, believes: 0.5 };

/// What became of one command, as far as its client knows.
pub(super) struct Told {
    pub(super) key: String,
    /// Its operationId.
    pub(super) command: &'static str,
    pub(super) end: End,
}

pub(super) enum End {
    /// It was done: the record and the state that the answer spoke of.
    Done { record: String, state: String },
    /// It was refused with this code.
    Refused(String),
    /// The client went away without having been told.
    LeftOpen,
    /// The client was told with a 503 that nothing was changed, each time, and went away.
    NothingChanged(String),
}

/// What all writers went through.
#[derive(Default)]
pub(super) struct Account<'s> {
    pub(super) told: Vec<Told>,
    /// The beds that the editor was told it had declared, in order, and of which vacancy.
    pub(super) edits: (String, Vec<i64>),
    pub(super) bumps: Bumps,
    /// What no service may answer.
    pub(super) faults: Vec<String>,
    /// How often somebody looked whether the promise holds.
    pub(super) looks: u32,
    /// Those who followed what was done.
    pub(super) followers: Vec<Follower<'s>>,
}

impl Account<'_> {
    pub(super) fn done(&self) -> usize {
        self.told.iter().filter(|told| matches!(told.end, End::Done { .. })).count()
    }

    pub(super) fn refused(&self, with: &str) -> usize {
        self.told.iter().filter(|told| matches!(&told.end, End::Refused(code) if code == with)).count()
    }

    fn add(&mut self, told: Vec<Told>, wire: Wire<'_>) {
        self.told.extend(told);
        self.hear(wire);
    }

    fn hear(&mut self, wire: Wire<'_>) {
        self.bumps += wire.bumps;
        self.faults.extend(wire.faults);
    }
}

/// How long all go on: for a while, and on a slow machine until enough was done for a run to prove something, within a limit.
pub(super) struct Pace {
    until: Instant,
    enough: usize,
    done: AtomicUsize,
}

impl Pace {
    /// The longest that a run goes on in want of enough.
    const LONGEST: Duration = Duration::from_secs(60);

    pub(super) fn goes_on(&self) -> bool {
        let over = self.until.elapsed();
        Instant::now() < self.until || (self.done.load(Ordering::Relaxed) < self.enough && over < Self::LONGEST)
    }

    /// Waits until some more is done, so that a slow machine does not end what has hardly begun; not for long, and not when all is over.
    pub(super) fn let_some_be_done(&self) {
        let (before, since) = (self.done.load(Ordering::Relaxed), Instant::now());
        while self.goes_on() && self.done.load(Ordering::Relaxed) < before + 3 && since.elapsed() < Self::LONGEST / 6 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits so long, or until all is over.
    pub(super) fn sleep(&self, ms: u64) {
        let end = Instant::now() + Duration::from_millis(ms);
        while self.goes_on() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Lets so many writers write for a while and until enough is done, one client edit and somebody look on, while `happens` happens to the
/// service; then waits until all have their answers.
pub(super) fn under_writers(
    scene: &Scene,
    writers: u64,
    lasts: Duration,
    enough: usize,
    happens: impl FnOnce(&Pace),
) -> Account<'_> {
    let done = AtomicBool::new(false);
    let mut account = Account::default();
    let mut wire = Wire::new(&scene.servers, 0);
    let unit = scene.new_unit(&mut wire);
    let edited = scene.declare(&mut wire, &unit, 1);
    let followers = Follower::some(scene);
    let pace = &Pace { until: Instant::now() + lasts, enough, done: AtomicUsize::new(0) };
    std::thread::scope(|scope| {
        let looks = scope.spawn(|| look_on(scene, &done));
        let followers: Vec<_> = followers.into_iter().map(|one| scope.spawn(|| one.follow(&done))).collect();
        let editor = scope.spawn(move || edit(scene, wire, edited, pace));
        let writers: Vec<_> = (1..=writers).map(|seed| scope.spawn(move || Writer::new(scene, seed).write(pace))).collect();
        happens(pace);
        let writers: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        let editor = editor.join();
        done.store(true, Ordering::Relaxed);
        for writer in writers {
            let (told, wire) = writer.unwrap();
            account.add(told, wire);
        }
        let (edits, wire) = editor.unwrap();
        account.edits = edits;
        account.hear(wire);
        account.looks = looks.join().unwrap();
        account.followers = followers.into_iter().map(|one| one.join().unwrap()).collect();
    });
    account
}

/// Asks the database again and again whether the promise holds; says how often it could ask.
fn look_on(scene: &Scene, done: &AtomicBool) -> u32 {
    let (mut books, mut looks) = (None::<Books>, 0);
    while !done.load(Ordering::Relaxed) {
        match books.as_mut().map(Books::broken_promises) {
            Some(Ok(broken)) => {
                assert_eq!(broken, 0, "the promise was broken at look {looks}");
                looks += 1;
            }
            // The database is away, or was.
            Some(Err(_)) | None => books = Books::open(scene.servers.database()).ok(),
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    looks
}

/// Declares a vacancy's beds, one more each time, without a key and by the record's tag: what it does not know it reads.
fn edit<'s>(scene: &Scene, mut wire: Wire<'s>, id: String, pace: &Pace) -> ((String, Vec<i64>), Wire<'s>) {
    let path = format!("vacancies/{id}");
    let read = |wire: &mut Wire<'_>| tagged(&wire.ask(get(&scene.provider, &path)).expect(200));
    let (mut beds, mut etag) = read(&mut wire);
    let mut told = Vec::new();
    while pace.goes_on() {
        let wanted = beds + 1;
        let body = with(vacancy(), json!({"beds": wanted}));
        let (since, mut unsure) = (Instant::now(), false);
        while beds != wanted {
            let instance = wire.chance.random_range(0..scene.servers.instances());
            let call = Call { method: "PUT", path: &path, token: &scene.provider, key: None, etag: Some(&etag), body: Some(&body) };
            match wire.once(instance, call) {
                Try::Answered(reply) if reply.status == 200 => (beds, etag) = tagged(&reply),
                Try::Answered(reply) if reply.status == 503 && reply.code() == "unavailable" => wire.bumps.unavailable += 1,
                Try::Answered(reply) if reply.status == 408 && reply.text.is_empty() => wire.bumps.unavailable += 1,
                Try::NotSent => {}
                tried => {
                    match tried {
                        Try::Answered(reply) if reply.status == 503 && reply.code() == "outcome_unknown" => {
                            wire.bumps.outcome_unknown += 1
                        }
                        // Nobody else edits: what it was not told of has been done meanwhile.
                        Try::Answered(reply) if reply.status == 412 && unsure => {}
                        Try::Answered(reply) => wire.faults.push(format!("to an edit: {}", reply.text)),
                        Try::Broken | Try::NotSent => wire.bumps.broken += 1,
                    }
                    unsure = true;
                    (beds, etag) = read(&mut wire);
                }
            }
            if beds != wanted {
                assert!(since.elapsed() < LONGEST, "an edit has no answer: {:?}", wire.faults);
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        told.push(beds);
    }
    ((id, told), wire)
}

fn tagged(reply: &Reply) -> (i64, String) {
    (reply.body["beds"].as_i64().unwrap(), reply.header("etag").unwrap().to_owned())
}

/// A command about a referral: its operationId, the end of its path, whether the provider gives it.
type Step = (&'static str, &'static str, bool);

const ACCEPT: Step = ("acceptReferral", "accept", true);
const DECLINE: Step = ("declineReferral", "decline", true);
const CONFIRM: Step = ("confirmReferral", "confirm", false);
const ARRIVE: Step = ("recordArrival", "arrival", true);
const WITHDRAW: Step = ("withdrawReferral", "withdraw", false);

/// A client with a request at a time and the referrals it has made of it.
struct Writer<'s> {
    scene: &'s Scene,
    wire: Wire<'s>,
    request: Option<String>,
    /// Referrals with the state they were told to be in.
    mine: Vec<(String, String)>,
    told: Vec<Told>,
    /// Commands done that the pace does not know of yet.
    newly_done: usize,
}

impl<'s> Writer<'s> {
    fn new(scene: &'s Scene, seed: u64) -> Self {
        let mut wire = Wire::new(&scene.servers, seed);
        wire.patience = PATIENCE;
        Self { scene, wire, request: None, mine: Vec::new(), told: Vec::new(), newly_done: 0 }
    }

    fn write(mut self, pace: &Pace) -> (Vec<Told>, Wire<'s>) {
        while pace.goes_on() {
            pace.done.fetch_add(std::mem::take(&mut self.newly_done), Ordering::Relaxed);
            let Some(request) = self.request.clone() else {
                let done = self.command("createRequest", "requests", false, Some(&request()));
                self.request = done.map(|record| record["id"].as_str().unwrap().to_owned());
                continue;
            };
            if self.mine.is_empty() || self.wire.chance.random_bool(0.3) {
                self.ask(&request);
            } else {
                self.go_on();
            }
        }
        (self.told, self.wire)
    }

    fn ask(&mut self, request: &str) {
        let vacancy = self.wire.chance.random_range(0..self.scene.vacancies.len());
        let body = json!({"vacancy_id": self.scene.vacancies[vacancy], "hold": self.wire.chance.random_bool(0.7)});
        if let Some(referral) = self.command("createReferral", &format!("requests/{request}/referrals"), false, Some(&body)) {
            self.mine.push((referral["id"].as_str().unwrap().to_owned(), "asked".to_owned()));
        }
    }

    /// Takes one of its referrals further, most of the time by a command that starts from where it stands.
    fn go_on(&mut self) {
        let at = self.wire.chance.random_range(0..self.mine.len());
        let (referral, state) = self.mine.swap_remove(at);
        let steps: &[Step] = match state.as_str() {
            _ if self.wire.chance.random_bool(0.1) => &[ACCEPT, DECLINE, CONFIRM, ARRIVE, WITHDRAW],
            "asked" => &[ACCEPT, ACCEPT, DECLINE, WITHDRAW],
            "accepted" => &[CONFIRM, CONFIRM, DECLINE, WITHDRAW],
            "confirmed" => &[ARRIVE, DECLINE, WITHDRAW],
            _ => return,
        };
        let (name, end, by_provider) = steps[self.wire.chance.random_range(0..steps.len())];
        let body = match end {
            "decline" => Some(json!({"refusal": {"party": "structure", "code": "group_balance", "effect": "none"}})),
            "confirm" => Some(json!({"expected_arrival": (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339()})),
            _ => None,
        };
        if let Some(record) = self.command(name, &format!("referrals/{referral}/{end}"), by_provider, body.as_ref()) {
            self.mine.push((referral, record["state"].as_str().unwrap().to_owned()));
            if end == "arrival" {
                (self.request, self.mine) = (None, Vec::new());
            }
        }
    }

    /// Gives a command and notes what it is told; the record, if it is done.
    fn command(&mut self, command: &'static str, path: &str, by_provider: bool, body: Option<&Value>) -> Option<Value> {
        let token = if by_provider { &self.scene.provider } else { &self.scene.referent };
        let key = new_key();
        let mut done = None;
        let end = match self.wire.command(post(token, path, &key, body)) {
            Outcome::Answered(reply) if [200, 201].contains(&reply.status) => {
                let (record, state) = (reply.id(), reply.body["state"].as_str().unwrap().to_owned());
                done = Some(reply.body);
                self.newly_done += 1;
                End::Done { record, state }
            }
            Outcome::Answered(reply) => {
                if reply.status != 409 {
                    self.wire.faults.push(format!("to {command}: {}", reply.text));
                }
                if ["request_placed", "request_closed"].contains(&reply.code()) {
                    (self.request, self.mine) = (None, Vec::new());
                }
                End::Refused(reply.code().to_owned())
            }
            Outcome::LeftOpen => End::LeftOpen,
            Outcome::NothingChanged(reply) => End::NothingChanged(reply.text),
        };
        self.told.push(Told { key, command, end });
        done
    }
}

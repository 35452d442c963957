//! `havre simulate`: a day of a country, told to a running deployment by everybody who has a part in it, and whether its promises held.
//!
//! Knows the deployment by its addresses and its API alone. One thread, and as many tasks as there are people at work.

mod accounts;
mod calls;
mod people;
mod promises;
mod readers;
mod world;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::sleep;

pub use self::accounts::{AccountsArgs, make as make_accounts};
use self::calls::Calls;
use self::promises::Feed;
use self::readers::Reader;
use self::world::World;
use super::{complain, print};
use crate::domain::Role;

/// Arguments of `havre simulate`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SimulateArgs {
    #[command(subcommand)]
    pub accounts: Option<AccountsCommand>,
    /// Where an instance is reached, such as http://127.0.0.1:8080; once for each
    #[arg(long, value_name = "URL", required = true)]
    url: Vec<String>,
    /// Who takes part: the file that `havre simulate accounts` wrote
    #[arg(long, value_name = "FILE", required = true)]
    accounts_file: Option<PathBuf>,
    /// Commands a second; three times as many rankings are asked
    #[arg(long, value_name = "N", default_value_t = 33.0)]
    rate: f64,
    /// How long it goes on, such as 90s or 10m
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    lasts: Duration,
    /// How many come at once in the middle of it, to be planned for together
    #[arg(long, value_name = "N", default_value_t = 60)]
    raid: usize,
    /// The seed of chance
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// What else there is to do.
#[derive(clap::Subcommand)]
pub enum AccountsCommand {
    /// Make tools of every role in the database, to take part in a simulation, and print a line for each with its token. Never where people are served
    Accounts(AccountsArgs),
}

/// What one household brings about, in commands; a part of them is confirmations of what stands.
const COMMANDS_A_CASE: f64 = 6.0;
const CONFIRMATIONS: f64 = 0.2;
/// Rankings for one command, and how many of them are of stored requests, which bring their own.
const RANKINGS_A_COMMAND: f64 = 3.0;
const RANKINGS_A_CASE: f64 = 1.2;
/// A plan of an ordinary day, and what others read.
const PLANS_EVERY: Duration = Duration::from_secs(20);
const READS_A_SECOND: f64 = 5.0;
/// What waits for an act is taken up no sooner: people have other things to do, too.
const TAKES_UP_EVERY: Duration = Duration::from_millis(10);
/// How many may be at something at once; beyond that those who come are too many, and the report says so.
const AT_ONCE_MAX: usize = 2_000;
/// Those who follow events, by role.
const READERS: [(Role, usize); 4] = [(Role::Auditor, 2), (Role::Referent, 4), (Role::Provider, 4), (Role::Regulator, 2)];
/// Between two lines of progress, and how long those who have begun may go on in the end.
const SAYS_EVERY: Duration = Duration::from_secs(10);
const LETS_END_IN: Duration = Duration::from_secs(30);

/// Runs it; whether nothing was violated.
pub fn run(args: &SimulateArgs) -> Result<ExitCode> {
    if !(args.rate > 0.0 && args.rate.is_finite()) {
        bail!("--rate {}: a number above 0", args.rate);
    }
    let accounts = accounts::read(args.accounts_file.as_deref().context("--accounts-file is missing")?)?;
    let calls = Rc::new(Calls::of(&args.url)?);
    let world = World::of(Rc::clone(&calls), accounts, args.seed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let auditor = world.any(Role::Auditor).context("nobody reads the feed")?;
        let mut feed = Feed::default();
        feed.read(&calls, &auditor).await?;
        feed.begin();
        calls.seen.borrow_mut().clear();
        complain(&format!("the feed is read up to event {}; begins", feed.position));
        let readers: Vec<Rc<Reader>> = READERS
            .iter()
            .flat_map(|(role, count)| world.some(*role, *count))
            .map(|account| Reader::of(account, feed.position))
            .collect();
        let following: Vec<_> = readers.iter().map(|reader| spawn_local(Rc::clone(reader).follow(Rc::clone(&calls)))).collect();
        let day = Day::of(&world, args).await;
        // What time did in the last moments is read too.
        feed.read(&calls, &auditor).await?;
        feed.holds_are_freed_or_used(&calls);
        feed.each_command_is_there_once(&calls, &calls.given.borrow());
        for reader in &readers {
            if let Some(fault) = reader.faults(&calls, feed.position).await {
                calls.violation(fault);
            }
        }
        following.iter().for_each(JoinHandle::abort);
        report(&calls, &feed, &readers, &day)
    })
}

/// How the day went.
struct Day {
    lasted: Duration,
    /// Those who came while too many were at something.
    turned_away: u64,
}

/// Something that comes again and again, so often a second.
struct Comes {
    a_second: f64,
    came: f64,
}

impl Comes {
    fn every(a_second: f64) -> Self {
        Self { a_second, came: 0.0 }
    }

    /// Whether it is time for one more.
    fn one_more(&mut self, since: Instant) -> bool {
        let is_due = self.came < since.elapsed().as_secs_f64() * self.a_second;
        if is_due {
            self.came += 1.0;
        }
        is_due
    }
}

type Act = Pin<Box<dyn Future<Output = Option<()>>>>;

impl Day {
    /// Lets everybody do their part until the time is over, and those who have begun end it.
    async fn of(world: &Rc<World>, args: &SimulateArgs) -> Self {
        let since = Instant::now();
        let mut day = Self { lasted: args.lasts, turned_away: 0 };
        let cases_a_second = args.rate * (1.0 - CONFIRMATIONS) / COMMANDS_A_CASE;
        let mut cases = Comes::every(cases_a_second);
        let mut confirmations = Comes::every(args.rate * CONFIRMATIONS);
        let mut rankings = Comes::every(args.rate * RANKINGS_A_COMMAND - cases_a_second * RANKINGS_A_CASE);
        let mut reads = Comes::every(READS_A_SECOND);
        let mut plans = Comes::every(1.0 / PLANS_EVERY.as_secs_f64());
        let mut said = Comes::every(1.0 / SAYS_EVERY.as_secs_f64());
        let (mut tasks, mut is_raided) = (Vec::new(), false);
        while since.elapsed() < args.lasts {
            let mut acts: Vec<Act> = Vec::new();
            let me = || Rc::clone(world);
            // In the order in which nobody is forgotten for want of time.
            while let Some(waiting) = world.take() {
                acts.push(Box::pin(people::answer(me(), waiting)));
            }
            while cases.one_more(since) {
                acts.push(Box::pin(people::look_for_a_place(me())));
            }
            while confirmations.one_more(since) {
                acts.push(Box::pin(people::confirm_vacancies(me())));
            }
            while rankings.one_more(since) {
                acts.push(Box::pin(people::rank(me())));
            }
            while reads.one_more(since) {
                acts.push(Box::pin(people::look_around(me())));
            }
            while plans.one_more(since) {
                acts.push(Box::pin(people::plan(me(), None)));
            }
            if !is_raided && since.elapsed() > args.lasts / 2 {
                is_raided = true;
                acts.push(Box::pin(people::plan(me(), Some(args.raid))));
            }
            tasks.retain(|task: &JoinHandle<_>| !task.is_finished());
            for act in acts {
                if tasks.len() < AT_ONCE_MAX {
                    tasks.push(spawn_local(act));
                } else {
                    day.turned_away += 1;
                }
            }
            if said.one_more(since) {
                complain(&progress(&world.calls, since.elapsed(), tasks.len()));
            }
            sleep(TAKES_UP_EVERY).await;
        }
        day.lasted = since.elapsed();
        world.is_over.set(true);
        while since.elapsed() < day.lasted + LETS_END_IN && tasks.iter().any(|task| !task.is_finished()) {
            sleep(TAKES_UP_EVERY).await;
        }
        // Whoever is still waiting for somebody else has been answered all that it asked: it only looks.
        tasks.iter().for_each(JoinHandle::abort);
        day
    }
}

fn progress(calls: &Calls, elapsed: Duration, at_work: usize) -> String {
    let (commands, rankings) = done(calls);
    format!(
        "{:>5} s  {commands} commands  {rankings} rankings  {at_work} at work  {} unavailable  {} broken  {} violations",
        elapsed.as_secs(),
        calls.unavailable.get(),
        calls.broken.get(),
        calls.violations().0
    )
}

/// Commands that were done, and rankings that were answered.
fn done(calls: &Calls) -> (usize, usize) {
    let seen = calls.seen.borrow();
    let ranked = ["rankAdHoc", "rankForRequest"].iter().filter_map(|operation| seen.get(operation));
    (calls.given.borrow().iter().filter(|given| given.record.is_some()).count(), ranked.map(|seen| seen.took_us.len()).sum())
}

/// Prints what was seen.
fn report(calls: &Calls, feed: &Feed, readers: &[Rc<Reader>], day: &Day) -> Result<ExitCode> {
    let mut text = String::new();
    writeln!(
        text,
        "{:<22} {:>7} {:>9} {:>9} {:>9} {:>9}  refused",
        "operation", "answers", "p50 ms", "p95 ms", "p99 ms", "max ms"
    )?;
    for (operation, seen) in calls.seen.borrow_mut().iter_mut() {
        seen.took_us.sort_unstable();
        let at = |percent| quantile_ms(&seen.took_us, percent);
        let refused: Vec<String> = seen.refused.iter().map(|(code, count)| format!("{code} {count}")).collect();
        let (count, refused) = (seen.took_us.len(), refused.join(", "));
        writeln!(text, "{operation:<22} {count:>7} {:>9.1} {:>9.1} {:>9.1} {:>9.1}  {refused}", at(50), at(95), at(99), at(100))?;
    }
    let (commands, rankings) = done(calls);
    let a_second = |count: usize| u32::try_from(count).map_or(0.0, f64::from) / day.lasted.as_secs_f64();
    let (referrals, holding) = feed.referrals();
    writeln!(
        text,
        "\n{commands} commands ({:.1} a second) and {rankings} rankings ({:.1} a second)",
        a_second(commands),
        a_second(rankings)
    )?;
    writeln!(
        text,
        "{} answers of 503 or 408 that say to come back, {} connections that broke, {} answers of 429, {} turned away at the door of the simulation",
        calls.unavailable.get(),
        calls.broken.get(),
        calls.limited.get(),
        day.turned_away
    )?;
    writeln!(text, "the feed ends at event {}: {referrals} referrals, {holding} hold beds", feed.position)?;
    let connections: u64 = readers.iter().map(|reader| reader.connections.get()).sum();
    let read: usize = readers.iter().map(|reader| reader.read.borrow().len()).sum();
    writeln!(text, "{} followed, over {connections} connections, and read {read} events", readers.len())?;
    let (count, named) = calls.violations();
    writeln!(text, "{count} violations")?;
    for violation in named {
        writeln!(text, "  {violation}")?;
    }
    print(&text)?;
    Ok(if count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The smallest value that so many of a hundred do not exceed, in milliseconds.
fn quantile_ms(sorted_us: &[u64], percent: usize) -> f64 {
    let last = sorted_us.len().saturating_sub(1);
    let us = sorted_us.get((sorted_us.len() * percent / 100).min(last)).copied().unwrap_or_default();
    Duration::from_micros(us).as_secs_f64() * 1e3
}

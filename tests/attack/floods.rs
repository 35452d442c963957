//! Who floods: the planners, so that nobody else's plan is searched for; and the logs, so that nobody finds anything in them.

use api::domain::Role;
use api::limits::{RATE_ACCOUNT, RATE_ORGANISATION, Rate};
use api::live::allowance::Allowance;
use api::web::throttle::{Throttle, TrustedProxies};
use futures_util::future::{join, join_all};
use serde_json::json;

use super::{came, country, stored, tries};
use crate::evidence::id;
use crate::harness::bodies::{request, with};
use crate::harness::{Caller, on_both, tools};

/// What became of a plan.
async fn until_there(caller: &Caller, plan: &str) -> String {
    loop {
        let state = caller.get(&format!("plans/{plan}")).await.expect(200).body["state"].as_str().unwrap().to_owned();
        if state != "running" {
            return state;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

on_both! {
    async fn nobody_starves_the_planners(app: TestApp) {
        let (inside, known) = country(&app).await;
        let (by, victim) = (inside.own(Role::Referent), inside.other(Role::Referent));
        for (_, place) in known.homes.iter().cycle().take(60) {
            stored(&by, "planned", place).await.unwrap();
        }
        for _ in 0..3 {
            victim.post("requests", &request()).await.expect(201);
        }
        // All of them at once, and then one plan of somebody who needs three beds.
        let flood: Vec<_> = (0..tries(12)).map(|_| by.command("plans")).collect();
        let (flood, small) = join(join_all(flood), victim.command("plans")).await;
        let taken = flood.iter().filter(|answer| answer.status.is_success()).count();
        assert_eq!(until_there(&victim, &small.id()).await, "done");
        for one in flood.iter().filter(|answer| answer.status.is_success()) {
            until_there(&by, &one.id()).await;
        }
        let (theirs, mine) = (victim.identity().organisation.to_string(), by.identity().organisation.to_string());
        let (theirs, mine) = (id(&inside, &theirs), id(&inside, &mine));
        let at = |command: &str| format!("(SELECT min(position) FROM events WHERE command = '{command}' AND organisation_id = {theirs})");
        let before = inside.count(&format!(
            "SELECT count(*) AS n FROM events WHERE command = 'finishPlan' AND organisation_id = {mine} AND position > {} AND position < {}",
            at("createPlan"), at("finishPlan")
        ));
        came("plans of one account in a day", "referent", flood.len(), taken, 10);
        came("plans of a flood that go before a small one of others", "referent", flood.len(), usize::try_from(before).unwrap(), 2);
        inside.ignore_mails();
        app.ignore_mails();
    }

    async fn nobody_floods_the_logs(app: TestApp) {
        let (inside, _) = country(&app).await;
        let case = inside.own(Role::Referent).post("requests", &request()).await.expect(201).id();
        let trusted: TrustedProxies = TrustedProxies::default();
        let inside = inside.throttled(Throttle { allowance: Allowance::new(None, inside.clock().clone()), trusted }).await;
        let by = inside.own(Role::Referent);
        let rows = |log: &str| usize::try_from(inside.count(&format!("SELECT count(*) AS n FROM {log}"))).unwrap();
        let (events, reads, begun) = (rows("events"), rows("access_log"), std::time::Instant::now());
        let (mut answered, tried) = (0, tries(200));
        for number in 0..tried {
            // One that changes something, and one that reads.
            let message = json!({"message": format!("appel numéro {number}")});
            let answers = [by.put(&format!("requests/{case}"), "*", &with(request(), message)).await, by.get(&format!("requests/{case}")).await];
            answered += answers.iter().filter(|answer| answer.status.is_success()).count();
        }
        // What came back meanwhile is taken off: a machine that is slow gives more back.
        let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 1;
        let rate = |number: u32| usize::try_from(number).unwrap();
        let may = rate(RATE_ACCOUNT.burst.get()) + seconds * rate(RATE_ACCOUNT.per_second.get());
        let (events, reads) = (rows("events") - events, rows("access_log") - reads);
        came("rows of the log of commands", "referent", tried, events, may);
        came("rows of the log of reads", "referent", tried, reads, may);
        let a_day = |rate: &Rate| 86_400 * u64::from(rate.per_second.get()) * u64::try_from(events + reads).unwrap() / u64::try_from(answered).unwrap();
        tools::show(&format!(
            "{answered} requests wrote {events} rows of the log of commands and {reads} of the log of reads: at the limits of requests one account writes \
             at most {} rows a day, its whole organisation {}; each names the account",
            a_day(&RATE_ACCOUNT),
            a_day(&RATE_ORGANISATION)
        ));
        inside.ignore_mails();
        app.ignore_mails();
    }
}

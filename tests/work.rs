//! Work beside requests, by kinds: what fails every time holds up nothing, nor does what hangs, and what a dead instance had begun is another's.

use std::cell::{Cell, RefCell};
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use api::app::App;
use api::config::Settings;
use api::db::DbError;
use api::db::jobs::{self, JobKind};
use api::domain::Role;
use api::limits;
use api::work::lanes::{after_a_failure, keep_going, kept};
use chrono::TimeDelta;
use serde_json::json;

use crate::harness::receiver::Receiver;
use crate::harness::{TestApp, keys, on_both};
use crate::webhooks::tool;

fn jobs_left(app: &TestApp) -> i64 {
    app.count("SELECT count(*) AS n FROM jobs")
}

#[test]
fn a_job_that_panics_has_failed_and_no_more() {
    assert_eq!(kept(|| panic!("as no job should")), Err("it panicked".to_owned()));
    assert_eq!(kept(|| Ok(())), Ok(()));
}

#[actix_web::test]
async fn what_panics_beside_requests_ends_nothing_else_and_is_begun_anew() {
    let app = TestApp::on_sqlite().await;
    let begun = Rc::<Cell<u32>>::default();
    let told = Rc::clone(&begun);
    let stumbles_once = keep_going(app.app().desk(), "what stumbles once", move |_| {
        told.set(told.get() + 1);
        let is_first = told.get() == 1;
        async move { assert!(!is_first, "as no work should") }
    });
    stumbles_once.await;
    assert_eq!(begun.get(), 2, "it ended well the second time");

    // What goes on ends with whoever waits for it, as all does that stands beside the requests of an instance.
    let (held, gone) = tokio::sync::oneshot::channel::<()>();
    let held = RefCell::new(Some(held));
    let goes_on = keep_going(app.app().desk(), "what goes on", move |_| {
        let held = held.take();
        async move {
            std::future::pending::<()>().await;
            drop(held);
        }
    });
    let goes_on = actix_web::rt::spawn(goes_on);
    actix_web::rt::task::yield_now().await;
    goes_on.abort();
    assert!(gone.await.is_err());
}

#[test]
fn what_is_done_once_a_day_does_not_wait_a_day_where_it_failed() {
    assert!(after_a_failure(limits::SWEEP) <= Duration::from_mins(1));
    assert_eq!(after_a_failure(limits::TICK), limits::TICK, "and nothing waits longer for it");
}

on_both! {
    async fn a_job_whose_record_cannot_be_read_is_given_up_too(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        app.ignore_mails();
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        // Nothing of that referral is read any more, and its mail has been tried for two days.
        app.sql(
            "UPDATE referrals SET state = 'withdrawn', deadline = NULL, due_at = NULL, remind_at = NULL, course = '{\"mail\": 7}'",
        );
        app.sql(&format!("UPDATE jobs SET tries = {}", limits::JOB_TRIES_MAX - 1));
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        assert_eq!((app.mails().len(), jobs_left(&app)), (1, 0), "the good one is done, and the other is no one's any more");
    }

    async fn a_poisoned_job_holds_up_no_other_and_is_given_up(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        // What follows from a new home is done.
        app.ignore_mails();
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        // As a newer program may write it, or nobody.
        app.sql("UPDATE jobs SET task = '{\"job\": \"riddle\"}'");
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        assert_eq!((app.mails().len(), jobs_left(&app)), (1, 1), "the good one is done");
        for tries in 2..=limits::JOB_TRIES_MAX {
            app.clock().advance(limits::JOB_PAUSE_MAX + TimeDelta::minutes(1));
            app.ignore_mails();
            let left = jobs_left(&app);
            assert_eq!(left, i64::from(tries < limits::JOB_TRIES_MAX), "after {tries} tries");
        }
    }

    async fn what_a_dead_instance_had_taken_is_another_s_within_a_minute(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.ignore_mails();
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let db = app.db();
        let take = || {
            db.write_beside(|conn| -> Result<_, DbError> {
                let now = db.pulse(conn)?.now;
                jobs::take(conn, now, JobKind::Mail, 10)
            })
        };
        let taken = take().unwrap();
        assert_eq!((taken.len(), taken[0].tries), (1, 1));
        assert_eq!((take().unwrap().len(), app.mails().len()), (0, 0), "it is under way elsewhere");
        // Whoever still does it says so in time.
        app.clock().advance(TimeDelta::seconds(40));
        let renewed = db.write_beside(|conn| -> Result<(), DbError> {
            let now = db.pulse(conn)?.now;
            jobs::renew(conn, now, &taken[0])
        });
        renewed.unwrap();
        app.clock().advance(TimeDelta::seconds(40));
        assert_eq!(app.mails().len(), 0);
        app.clock().advance(TimeDelta::seconds(20));
        let again = take().unwrap();
        assert_eq!(again[0].tries, 2, "within a minute it is another's");
        // Whoever lost it neither keeps it nor puts it back.
        db.write_beside(|conn| -> Result<(), DbError> {
            let now = db.pulse(conn)?.now;
            jobs::renew(conn, now.plus(TimeDelta::days(1)), &taken[0])?;
            jobs::put_back(conn, now, &taken[0])
        })
        .unwrap();
        app.clock().advance(TimeDelta::minutes(1));
        assert_eq!(app.mails().len(), 1);
    }
}

/// A mail server that takes connections and never says a word.
fn mute_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    (listener, url)
}

#[actix_web::test]
async fn a_mail_server_that_hangs_stops_no_webhook_no_expiry_and_no_alert() {
    let (server, smtp_url) = mute_server();
    let (smtp_url, mail_from) = (Some(smtp_url), Some("Havre <havre@example.org>".to_owned()));
    let config = Settings { smtp_url, mail_from, ..Settings::default() }.read().unwrap();
    let app = TestApp::on_sqlite().await.with_loopback().await;
    let (receiver, (_, id)) = (
        Receiver::start(),
        tool(&app, &[api::domain::Scope::Requests, api::domain::Scope::Referrals, api::domain::Scope::Events]).await,
    );
    app.own(Role::Manager).post(&format!("api-clients/{id}/webhooks"), &json!({"url": receiver.url()})).await.expect(201);
    let vacancy = app.vacancy(8).await;
    for _ in 0..6 {
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
    }
    app.clock().advance(TimeDelta::hours(3));
    let hanging =
        App { mailer: config.mailer, ..keys::app(app.url(), app.clock().clone(), api::work::mail::Mailer::outbox(), "https://x") };
    let hanging = hanging.with_loopback(api::outward::Loopback::Allowed).unwrap();
    let running = actix_web::rt::spawn(api::work::lanes::run(hanging.desk()));
    // Each question expires though nobody comes by, and the webhook tells of it.
    let mut expired = 0;
    while expired < 6 {
        let came = receiver.wait_for(1).await;
        expired += came.iter().filter(|message| message.body["data"]["command"] == "expireReferral").count();
    }
    // An alert comes last, and is raised while there are mails that nobody has even tried.
    let small = app.with_quotas(&[("quotas.plans", &[1, 100])]).await;
    assert!(small.own(Role::Referent).command("plans").await.status.is_success());
    for _ in 0..600 {
        if app.count("SELECT count(*) AS n FROM alerts") > 0 {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(app.count("SELECT count(*) AS n FROM alerts WHERE about = 'plans'"), 1);
    assert!(
        app.count("SELECT count(*) AS n FROM jobs WHERE tries = 0 AND task LIKE '%\"referral\"%'") > 0,
        "the mails are on their way"
    );
    assert!(jobs_left(&app) >= 6, "no mail has left");
    running.abort();
    // What hung is left to nobody.
    app.sql("DELETE FROM jobs");
    drop(server);
}

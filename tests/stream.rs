//! Following events: nothing missed and nothing twice, over instances and breaks, for as long as one may, and no more than `listEvents` shows.

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::bodies::request;
use crate::harness::following::Messages;
use crate::harness::{Caller, on_both};

/// What `listEvents` has behind a position.
async fn listed(caller: &Caller, after: i64) -> Vec<Value> {
    caller.get(&format!("events?limit=200&after={after}")).await.expect(200).body["items"].as_array().unwrap().clone()
}

async fn some(messages: &mut Messages, count: usize) -> Vec<(i64, Value)> {
    let mut found = Vec::new();
    while found.len() < count {
        found.push(messages.next().await.unwrap());
    }
    found
}

on_both! {
    async fn who_follows_reads_what_the_list_shows(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut all = referent.follow("events/stream?after=0", &[]).await.ok().unwrap();
        let mut from_now = referent.follow("events/stream", &[]).await.ok().unwrap();
        let other = app.other(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        // Each begins before anything is done: an answer that goes on is read from its first word on.
        assert!(from_now.chunk().await.unwrap().starts_with("retry: "));
        let vacancy = app.vacancy(2).await;
        let first = app.request().await;
        app.ask(&first, &vacancy, json!({"hold": true})).await.expect(201);
        let expected = listed(&referent, 0).await;
        assert!(expected.len() >= 2, "{expected:#?}");
        let read = some(&mut all, expected.len()).await;
        assert_eq!(read.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), expected);
        assert!(read.iter().all(|(id, event)| event["position"] == *id));
        let (_, event) = from_now.next().await.unwrap();
        assert_eq!(event, expected[0], "from now on");
        drop(other);
        app.ignore_mails();
    }

    async fn who_lost_the_connection_goes_on_where_it_was_on_another_instance(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut messages = referent.follow("events/stream?after=0&record_kind=request", &[]).await.ok().unwrap();
        for _ in 0..3 {
            app.request().await;
        }
        let read = some(&mut messages, 2).await;
        drop(messages);
        app.request().await;
        let elsewhere = app.another_instance().await;
        let last = read.last().unwrap().0.to_string();
        let again = elsewhere.own(Role::Referent).follow("events/stream?after=0&record_kind=request", &[("last-event-id", &last)]).await;
        let mut again = again.ok().unwrap();
        let mut ids: Vec<i64> = read.iter().map(|(id, _)| *id).collect();
        ids.extend(some(&mut again, 2).await.iter().map(|(id, _)| *id));
        // What the first instance does reaches who follows on the second, though nobody announces it.
        app.request().await;
        ids.push(again.next().await.unwrap().0);
        let expected: Vec<i64> = listed(&referent, 0).await.iter().filter(|event| event["record_kind"] == "request")
            .map(|event| event["position"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "each once, and in order");
    }

    async fn access_that_is_lost_ends_it(app: TestApp) {
        let tool = app.tool(app.own(Role::Referent).identity().organisation, &[api::domain::Scope::Events]);
        let mut messages = tool.follow("events/stream", &[]).await.ok().unwrap();
        assert!(messages.chunk().await.is_some());
        let account = app.app().service.live().holder(&api::domain::token::token_hash(tool.token()), app.clock().now()).unwrap();
        api::cli::client::revoke(app.db(), account.caller.account).unwrap();
        assert!(messages.next().await.is_none());
        tool.follow("events/stream", &[]).await.err().unwrap().refused(401, "unauthenticated");
        app.ignore_mails();
    }

    async fn an_account_follows_so_often_at_once(app: TestApp) {
        let (referent, mut open) = (app.own(Role::Referent), Vec::new());
        let refused = loop {
            match referent.follow("events/stream", &[]).await {
                Ok(messages) => open.push(messages),
                Err(answer) => break answer,
            }
        };
        assert_eq!(open.len(), api::limits::STREAMS_PER_ACCOUNT);
        assert!(!refused.header("retry-after").is_empty());
        refused.refused(429, "rate_limited");
        // Nobody else is kept out, and who ends one may begin another.
        app.other(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        open.pop();
        referent.follow("events/stream", &[]).await.ok().unwrap();
    }

    async fn all_end_when_the_instance_stops(app: TestApp) {
        let mut messages = app.own(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        assert!(messages.chunk().await.is_some());
        app.app().service.live().streams().stop();
        assert!(messages.next().await.is_none());
    }

    async fn a_last_event_that_is_none_is_refused(app: TestApp) {
        let referent = app.own(Role::Referent);
        for wrong in ["x", "-1", "1.5", "", "99999999999999999999"] {
            referent.follow("events/stream", &[("last-event-id", wrong)]).await.err().unwrap().refused(400, "invalid_parameter");
        }
        referent.post("requests", &request()).await.expect(201);
    }
}

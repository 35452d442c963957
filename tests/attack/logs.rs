//! Who owns the database and rewrites what happened: every careful way to that we know of, on each log; each must be found and named.

use api::db::{Log, Verdict};

use super::came;
use crate::evidence::{a_day, bytes, columns, cut, hash_anew, hash_anew_whole, of, open_up, renumber, rows, set_head};
use crate::harness::{TestApp, on_both};

/// A careful way to rewrite a log.
type Rewrite = fn(&TestApp, Log);

const REWRITES: &[(&str, Rewrite)] = &[
    ("changed, and all behind it hashed anew", |app, log| {
        open_up(app, log);
        app.sql(&format!("UPDATE {log} SET record_kind = 'unit' WHERE position = 4"));
        hash_anew(app, log, 4);
    }),
    ("changed alone", |app, log| {
        open_up(app, log);
        app.sql(&format!("UPDATE {log} SET record_kind = 'unit' WHERE position = 4"));
    }),
    ("cut from the end", |app, log| cut(app, log, 3)),
    ("removed", |app, log| {
        open_up(app, log);
        app.sql(&format!("DELETE FROM {log} WHERE position = 5"));
    }),
    ("removed, and those behind it moved up", |app, log| {
        open_up(app, log);
        app.sql(&format!("DELETE FROM {log} WHERE position = 5"));
        renumber(app, log, 6, -1);
        set_head(app, log);
    }),
    ("swapped with the next", |app, log| {
        open_up(app, log);
        for (from, to) in [(4, -4), (5, 4), (-4, 5)] {
            app.sql(&format!("UPDATE {log} SET position = {to} WHERE position = {from}"));
        }
    }),
    ("inserted", |app, log| {
        open_up(app, log);
        renumber(app, log, 5, 1);
        let columns = columns(log);
        app.sql(&format!("INSERT INTO {log} (position, {columns}) SELECT 5, {columns} FROM {log} WHERE position = 3"));
        set_head(app, log);
    }),
    ("told by another", |app, log| {
        open_up(app, log);
        app.sql(&format!("UPDATE {log} SET account_id = NULL WHERE position = {}", rows(app, log)));
    }),
    ("moved in time", |app, log| {
        open_up(app, log);
        app.sql(&format!("UPDATE {log} SET at = (SELECT min(at) FROM {log}) WHERE position = {}", rows(app, log)));
    }),
    ("of no hash that anybody has written", |app, log| {
        open_up(app, log);
        app.sql(&format!("UPDATE {log} SET hash = {} WHERE position = 6", bytes(app, &[0; 32])));
    }),
    ("that cannot be read", |app, log| {
        open_up(app, log);
        app.sql(&format!("UPDATE {log} SET record_kind = 'bed' WHERE position = 6"));
    }),
    ("of another deployment, all of them", hash_anew_whole_of),
    ("emptied", |app, log| {
        open_up(app, log);
        app.sql(&format!("DELETE FROM {log}"));
        let head = match log {
            Log::Events => "event_head",
            Log::AccessLog => "access_log_head",
        };
        app.sql(&format!("UPDATE {head} SET position = 0, hash = NULL"));
    }),
];

fn hash_anew_whole_of(app: &TestApp, log: Log) {
    cut(app, log, 4);
    hash_anew_whole(app, log);
}

on_both! {
    async fn nobody_rewrites_a_log(app: TestApp) {
        let mut unseen = Vec::new();
        for (what, rewrite) in REWRITES {
            let fresh = app.afresh().await;
            let day = a_day(&fresh).await;
            for log in Log::ALL {
                rewrite(&fresh, log);
                if matches!(of(&day.outside.report(&fresh), log), Verdict::Sound(_)) {
                    unseen.push((what, log));
                }
            }
        }
        came("rewrites of a log that nobody finds", "its owner", 2 * REWRITES.len(), unseen.len(), 0);
    }
}

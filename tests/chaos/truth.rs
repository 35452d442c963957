//! What must be true when all is over, whatever happened: each promise of the service is a function that holds the books against what
//! clients were told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::followers::Follower;
use super::writers::{Account, End};
use super::{COMMANDS, Scene};
use crate::harness::bodies::{ad_hoc_request, with};
use crate::harness::books::{KeyRow, plain};
use crate::harness::wire::Wire;

/// An event, as far as it is looked at here.
struct Event {
    position: i64,
    command: String,
    kind: String,
    record: String,
    client: String,
    detail: Value,
}

impl Event {
    fn of(event: &Value) -> Self {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        Self {
            position: event["position"].as_i64().unwrap(),
            command: text("command"),
            kind: text("record_kind"),
            record: plain(&text("record_id")),
            client: plain(&text("by_account_id")),
            detail: event["detail"].clone(),
        }
    }

    /// Whether it is the event of a command that a writer gave, and none that followed from another.
    fn is_command(&self) -> bool {
        COMMANDS.contains(&(self.command.as_str(), self.kind.as_str()))
    }

    fn state(&self) -> &str {
        self.detail["state"].as_str().unwrap_or_default()
    }
}

/// Holds everything against everything. A run in which next to nothing happened proves nothing, and fails too.
pub(super) fn must_hold(scene: &Scene, account: &Account<'_>) {
    let done = account.done();
    eprintln!(
        "{} commands told of, {done} done, {} edits, {} looks; {:?}",
        account.told.len(),
        account.edits.1.len(),
        account.looks,
        account.bumps
    );
    let (faults, errors) = (&account.faults, scene.servers.errors());
    assert!(faults.is_empty(), "no service may answer that: {faults:#?}; the instances have logged {errors:#?}");
    assert!(done > 20, "only {done} commands were done");
    let all: Vec<Event> = scene.events().iter().map(Event::of).collect();
    positions_have_no_gap(scene, &all);
    let (before, events): (Vec<_>, Vec<_>) = all.into_iter().partition(|event| event.position <= scene.begins_after);
    each_command_is_there_once(scene, account, &events);
    what_was_told_is_true(account, &events);
    edits_are_as_told(account, &events);
    records_stand_where_the_log_says(scene, &events);
    no_bed_was_ever_promised_twice(scene, &before, &events);
    assert_eq!(scene.books().broken_promises().unwrap(), 0, "`held` is what referrals hold, and between 0 and `beds`");
    scene.havre_says_sound();
    account.followers.iter().for_each(Follower::must_have_seen_all);
    each_instance_ranks_as_one_that_has_just_begun(scene);
}

/// What an instance knows of the registry since it began and has followed all that was done is what one reads of the database that begins now.
fn each_instance_ranks_as_one_that_has_just_begun(scene: &Scene) {
    let mut wire = Wire::new(&scene.servers, 0);
    let mut ranked = |instance: usize| -> Vec<Value> {
        let asked = [
            json!({}),
            json!({"urgency": "planned"}),
            json!({"distance": {"wish": "move_away", "min_km": 20}}),
            json!({"nights": 1}),
        ];
        asked.map(|changes| scene.ranking_by(&mut wire, instance, &with(ad_hoc_request(), changes))).into()
    };
    let known: Vec<_> = (0..scene.servers.instances()).map(&mut ranked).collect();
    assert!(known[0].iter().any(|ranking| ranking["proposals"] != json!([])), "{:#?}", known[0]);
    scene.servers.kill(0);
    scene.servers.start_again(0);
    let begun = ranked(0);
    for (instance, known) in known.iter().enumerate() {
        assert_eq!(known, &begun, "instance {instance} knows the registry otherwise than it is");
    }
}

fn positions_have_no_gap(scene: &Scene, events: &[Event]) {
    let (positions, head) = scene.books().positions();
    assert_eq!(positions, (1..=head).collect::<Vec<_>>());
    assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), positions, "an auditor reads all");
}

/// Key, event and record are there together or not at all, and what was done was done once.
fn each_command_is_there_once(scene: &Scene, account: &Account<'_>, events: &[Event]) {
    let keys: BTreeMap<String, KeyRow> =
        scene.books().keys().into_iter().filter(|(key, _)| !scene.keys_before.contains(key)).collect();
    let told: BTreeMap<&str, &End> = account.told.iter().map(|told| (told.key.as_str(), &told.end)).collect();
    let mut remembered = Vec::new();
    for (key, row) in &keys {
        match told.get(key.as_str()) {
            Some(End::Done { record, .. }) => assert_eq!(row.record, plain(record), "the key of another record"),
            Some(End::LeftOpen) => {}
            Some(End::Refused(code)) => panic!("a command that was refused ({code}) was done: {key}"),
            Some(End::NothingChanged(told)) => panic!("a client was told that nothing was changed; it was: {key}: {told}"),
            // The editor's unit and what belongs to it.
            None => continue,
        }
        remembered.push((row.client.clone(), row.record.clone()));
    }
    for told in &account.told {
        let lost = matches!(told.end, End::Done { .. }) && !keys.contains_key(&told.key);
        assert!(!lost, "{} was told to be done and is lost: {}", told.command, told.key);
    }
    let mut logged: Vec<_> =
        events.iter().filter(|event| event.is_command()).map(|event| (event.client.clone(), event.record.clone())).collect();
    remembered.sort();
    logged.sort();
    assert_eq!(logged, remembered, "one event for each command that was done, and none for others");
}

/// The answer spoke of the state that the command led to, or a later one; and each was one command on its record.
fn what_was_told_is_true(account: &Account<'_>, events: &[Event]) {
    let mut counted = BTreeMap::<(&str, &str), usize>::new();
    for event in events.iter().filter(|event| event.is_command()) {
        *counted.entry((&event.command, &event.record)).or_default() += 1;
    }
    for told in &account.told {
        let End::Done { record, state } = &told.end else { continue };
        let record = plain(record);
        assert_eq!(counted.get(&(told.command, record.as_str())), Some(&1), "{} of {record}", told.command);
        let since =
            events.iter().skip_while(|event| !(event.is_command() && event.command == told.command && event.record == record));
        let mut states = since.filter(|event| event.record == record).map(Event::state);
        assert!(states.any(|then| then == state), "{record} was told to be {state} after {} and never was", told.command);
    }
}

/// Each edit that was told is in the log once, in order, and no other.
fn edits_are_as_told(account: &Account<'_>, events: &[Event]) {
    let (vacancy, told) = &account.edits;
    let edits = events.iter().filter(|event| event.command == "updateVacancy" && event.record == plain(vacancy));
    let logged: Vec<_> = edits.map(|event| event.detail["beds"].as_i64().unwrap()).collect();
    assert_eq!(&logged, told, "edits of a vacancy");
}

fn records_stand_where_the_log_says(scene: &Scene, events: &[Event]) {
    let last = |kind: &str| -> BTreeMap<&str, &Event> {
        events.iter().filter(|event| event.kind == kind).map(|event| (event.record.as_str(), event)).collect()
    };
    let (referrals, logged) = (scene.books().referrals(), last("referral"));
    assert_eq!(
        referrals.keys().collect::<BTreeSet<_>>(),
        logged.keys().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>().iter().collect()
    );
    for (id, row) in &referrals {
        let event = logged[id.as_str()];
        assert_eq!((row.state.as_str(), row.held), (event.state(), event.detail["held"] == true), "referral {id}");
    }
    let declined: BTreeSet<String> = events
        .iter()
        .filter(|event| ["declined", "superseded"].contains(&event.state()))
        .map(|event| event.record.clone())
        .collect();
    assert_eq!(scene.books().refusals(), declined, "a refusal stands beside what was refused");
    let (requests, logged) = (scene.books().requests(), last("request"));
    assert_eq!(requests.len(), logged.len());
    for (id, state) in &requests {
        assert_eq!(state, logged[id.as_str()].state(), "request {id}");
    }
}

/// Goes through the log in order: at no event do the referrals of a vacancy hold more beds than it has, and in the end beds and held
/// are those of its row.
fn no_bed_was_ever_promised_twice(scene: &Scene, before: &[Event], events: &[Event]) {
    let mut beds: BTreeMap<String, i64> = BTreeMap::new();
    let mut holds: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for event in before.iter().chain(events) {
        match event.kind.as_str() {
            "vacancy" => {
                beds.insert(event.record.clone(), event.detail["beds"].as_i64().unwrap());
            }
            "referral" => {
                let (vacancy, wanted) =
                    (plain(event.detail["vacancy_id"].as_str().unwrap()), event.detail["beds"].as_i64().unwrap());
                if event.command == "recordArrival" {
                    *beds.get_mut(&vacancy).unwrap() -= wanted;
                }
                let of_vacancy = holds.entry(vacancy.clone()).or_default();
                if event.detail["held"] == true {
                    of_vacancy.insert(event.record.clone(), wanted);
                } else {
                    of_vacancy.remove(&event.record);
                }
                let held: i64 = of_vacancy.values().sum();
                assert!(held <= beds[&vacancy], "{held} beds of {} are held at position {}", beds[&vacancy], event.position);
            }
            _ => {}
        }
    }
    for (vacancy, stands) in scene.books().vacancies() {
        let held: i64 = holds.get(&vacancy).map_or(0, |of_vacancy| of_vacancy.values().sum());
        assert_eq!(stands, (beds[&vacancy], held), "beds and held of {vacancy}");
    }
}

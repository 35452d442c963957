//! What fresh rankings tell somebody who asks again and again: where people were placed who are none of theirs. Rankings are fresh, since an old one
//! would send people to beds that are gone; so they are counted, and whoever asks for many is told of and then refused.

use std::collections::{BTreeMap, BTreeSet};

use api::domain::Role;
use api::work::tallies;
use serde_json::{Value, json};

use super::{came, country, demo_registry::Known, proposed, stored, tries};
use crate::harness::bodies::{ad_hoc_request, with};
use crate::harness::{Caller, TestApp, on_both, tools};

/// How many are placed.
const PLACED: usize = 20;

/// Somebody who ranks households of one to four, from the middle of the country, whenever they like.
struct Watcher {
    inside: TestApp,
    by: Caller,
    asked: usize,
    /// After how many rankings somebody was told of them.
    told_after: Option<usize>,
    /// After how many the next was refused.
    refused_after: Option<usize>,
}

impl Watcher {
    /// Who is proposed to whom: what changes between two looks tells of what happened in between. Nothing once it is refused.
    async fn look(&mut self) -> Option<BTreeMap<(usize, String), Value>> {
        let mut seen = BTreeMap::new();
        for people in 1..=4 {
            let person = json!({"gender": "female", "minority": "adult", "age": 30});
            let wishes = json!({"household": vec![person; people], "urgency": "urgent", "accepts_removal": true, "distance": {"wish": "indifferent"},
                "place": {"lat": 46.6, "lon": 2.5, "department": "18"}});
            let answer = self.by.rank("rank?top=100", Some(&with(ad_hoc_request(), wishes))).await;
            if answer.status == 429 {
                self.refused_after = Some(self.asked);
                return None;
            }
            self.asked += 1;
            self.look_whether_told();
            for proposal in answer.expect(200).body["proposals"].as_array().unwrap() {
                let unit = proposal["unit_id"].as_str().unwrap().to_owned();
                seen.insert((people, unit), proposal["vacancy_id"].clone());
            }
        }
        Some(seen)
    }

    fn look_whether_told(&mut self) {
        if self.told_after.is_none() && self.asked.is_multiple_of(20) {
            tallies::write_down(&self.inside.app().service).unwrap();
            self.inside.ignore_mails();
            let alerts = self.inside.count("SELECT count(*) AS n FROM alerts WHERE about IN ('rankings_other', 'rankings_alike')");
            self.told_after = (alerts > 0).then_some(self.asked);
        }
    }
}

/// Places people somewhere, on the word of a home by phone; gives the unit.
async fn place(inside: &TestApp, by: &Caller, at: &Value) -> Option<String> {
    let request = stored(by, "urgent", at).await?;
    let proposal = proposed(by, &request).await.into_iter().find(|proposal| proposal["tier"] == "eligible")?;
    let asked = by.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": proposal["vacancy_id"]})).await;
    if asked.status != 201 {
        return None;
    }
    let path = format!("referrals/{}", asked.id());
    by.post(&format!("{path}/accept"), &json!({"by_phone": true})).await.expect(200);
    by.post(&format!("{path}/confirm"), &inside.arrival_in(1)).await.expect(200);
    by.post(&format!("{path}/arrival"), &json!({"by_phone": true})).await.expect(200);
    inside.ignore_mails();
    Some(proposal["unit_id"].as_str().unwrap().to_owned())
}

/// The units of which two looks say otherwise.
fn changed(before: &BTreeMap<(usize, String), Value>, after: &BTreeMap<(usize, String), Value>) -> BTreeSet<String> {
    let of = |one: &BTreeMap<(usize, String), Value>, other: &BTreeMap<(usize, String), Value>| {
        let differs = one.iter().filter(|(key, value)| other.get(*key) != Some(*value));
        differs.map(|((_, unit), _)| unit.clone()).collect::<Vec<_>>()
    };
    of(before, after).into_iter().chain(of(after, before)).collect()
}

on_both! {
    async fn whoever_watches_placements_by_rankings_is_told_of_and_refused(app: TestApp) {
        let (inside, known): (TestApp, Known) = country(&app).await;
        let (placer, by) = (inside.own(Role::Referent), inside.other(Role::Referent));
        let mut watcher = Watcher { inside: inside.clone(), by, asked: 0, told_after: None, refused_after: None };
        let (mut placed, mut told, mut bracketed) = (0, 0, 0);
        let mut before = watcher.look().await;
        // Whoever watches looks right before and right after each placement, which nobody tells them; as long as they may.
        for (_, at) in known.homes.iter().cycle().take(3 * PLACED) {
            let Some(unit) = place(&inside, &placer, at).await else { continue };
            placed += 1;
            let after = watcher.look().await;
            if let (Some(before), Some(after)) = (&before, &after) {
                bracketed += 1;
                told += usize::from(changed(before, after) == BTreeSet::from([unit]));
            }
            before = after;
            if placed == PLACED {
                break;
            }
        }
        let for_these = watcher.asked;
        // How long that goes on: until it is refused.
        for _ in 0..tries(200) {
            if watcher.look().await.is_none() {
                break;
            }
        }
        assert_eq!((placed, bracketed), (PLACED, PLACED));
        tools::show(&format!("homes told by a look right before and right after each of {placed} placements: {told}, by {for_these} rankings"));
        came("placements told of, by four rankings each", "referent", for_these, told, PLACED);
        came("rankings before managers and auditors are told", "referent", watcher.asked, watcher.told_after.unwrap_or(usize::MAX), 320);
        came("rankings in a day", "referent", watcher.asked, watcher.refused_after.map_or(usize::MAX, |_| watcher.asked), 400);
        inside.ignore_mails();
        app.ignore_mails();
    }
}

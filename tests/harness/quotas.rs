//! Policies of tests: quotas that nothing of a test comes near, and those that a test wants small.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use api::app::App;
use api::live::bus::Bus;
use api::work::mail::Mailer;
use matcher::Policy;

use super::{PUBLIC_URL, TestApp, keys};

const DEFAULT: &str = include_str!("../../matcher/policy/default.toml");

/// How much everybody may do who is not tested for it.
const WIDE: u32 = 1_000_000;

/// The default policy with other numbers: `quotas.plans` takes `account` and `organisation`, `unusual.encounters` one.
fn text(changes: &[(&str, &[u32])]) -> String {
    let (mut section, mut lines) = (String::new(), Vec::new());
    for line in DEFAULT.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        }
        let key = line.split_once(" = ").map(|(key, _)| key);
        let changed = key.and_then(|key| {
            let of = |name: &str| changes.iter().find(|(known, _)| *known == name).map(|(_, numbers)| *numbers);
            match (key, section.as_str()) {
                ("account", quota) if quota.starts_with("quotas.") => Some(of(quota).map_or(WIDE, |numbers| numbers[0])),
                ("organisation", quota) if quota.starts_with("quotas.") => Some(of(quota).map_or(WIDE, |numbers| numbers[1])),
                ("night_begins_at_hour", _) => None,
                (rule, "unusual") => Some(of(&format!("unusual.{rule}")).map_or(WIDE, |numbers| numbers[0])),
                _ => None,
            }
        });
        lines.push(changed.zip(key).map_or_else(|| line.to_owned(), |(number, key)| format!("{key} = {number}")));
    }
    lines.join("\n")
}

/// A policy in which nobody comes near a quota but those that are named.
pub fn policy(changes: &[(&str, &[u32])]) -> Policy {
    Policy::parse(&text(changes)).unwrap()
}

/// The file of one in which nobody comes near any, for servers.
pub fn file() -> &'static Path {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FILE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, text(&[])).unwrap();
        (folder, path)
    });
    path
}

impl TestApp {
    /// An instance of its own, on the same database, with small quotas.
    pub async fn with_quotas(&self, changes: &[(&str, &[u32])]) -> Self {
        self.with_quotas_over(changes, Bus::Alone).await
    }

    /// The same, which tells the others what it does and hears them.
    pub async fn with_quotas_over(&self, changes: &[(&str, &[u32])], bus: Bus) -> Self {
        self.with_policy(policy(changes), bus).await
    }

    /// The same, with the policy that is built in.
    pub async fn with_the_default_quotas(&self) -> Self {
        self.with_policy(Policy::embedded(), Bus::Alone).await
    }

    async fn with_policy(&self, policy: Policy, bus: Bus) -> Self {
        let db = keys::open(self.url(), self.clock().clone());
        let app = App::over(db, policy, bus, Mailer::outbox(), PUBLIC_URL).unwrap();
        let mut instance = self.over(app).await;
        instance.begin_planning();
        instance
    }
}

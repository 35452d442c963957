//! Copies of an embedded registry: whole while it is written, put back beside nothing else, refused where they are not what they should be.
//! And dumps of both databases on PostgreSQL, restored in another cluster.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use api::domain::Role;
use api::domain::ids::RequestId;
use serde_json::json;
use tempfile::TempDir;

use crate::harness::TestApp;
use crate::harness::bodies::{request, with};
use crate::harness::keys::{beside, file_of};
use crate::harness::postgres::Cluster;

/// The program on the registry of a folder.
fn havre(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_havre"));
    command.args(arguments).current_dir(folder).env_clear().env("HAVRE_LOG", "warn");
    command.env("HAVRE_DATABASE_URL", "sqlite:havre.sqlite").output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Where the service keeps its file.
fn home(app: &TestApp) -> PathBuf {
    Path::new(app.url().strip_prefix("sqlite:").unwrap()).parent().unwrap().to_owned()
}

/// The two copies that `backup` has named.
fn copies(output: &Output) -> (String, String) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let named = |what: &str| text.lines().find_map(|line| line.strip_prefix(what)).unwrap().trim().to_owned();
    (named("copied: "), named("its keys: "))
}

/// A folder with nothing in it but the master key of another.
fn elsewhere(app: &TestApp) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(beside(&file_of(app.url()), ".master"), folder.path().join("havre.sqlite.keys.master")).unwrap();
    folder
}

#[actix_web::test]
async fn a_copy_taken_while_the_service_writes_comes_back_whole() {
    let app = TestApp::on_sqlite().await;
    let (from, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = app.request().await;
    let (folder, to, keys_to) = (home(&app), from.path().display().to_string(), keys.path().display().to_string());
    let copying = actix_web::rt::task::spawn_blocking(move || havre(&folder, &["backup", "--to", &to, "--keys-to", &keys_to]));
    // Each of these is a row, an event, a key and a row of the log of reads, while the files are copied.
    let mut stored = vec![first];
    while !copying.is_finished() {
        stored.push(app.request().await);
    }
    let copied = copying.await.unwrap();
    assert!(copied.status.success(), "{}", said(&copied));
    let (registry, keys) = copies(&copied);
    for file in [&registry, &keys] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    let left: Vec<_> = std::fs::read_dir(from.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 1, "the copy and nothing beside it: {left:?}");

    let new = elsewhere(&app);
    let restored = havre(new.path(), &["restore", &registry, "--keys", &keys]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(said(&restored).contains("each has its key"), "{}", said(&restored));
    let checked = havre(new.path(), &["verify"]);
    assert!(checked.status.success(), "{}", said(&checked));
    // What was answered before the copy began is in it.
    let url = format!("sqlite:{}", new.path().join("havre.sqlite").display());
    let back = api::db::Db::open(&url.parse().unwrap(), app.clock().clone(), &api::db::KeySettings::default()).unwrap();
    let kept = back.read(|conn| api::db::requests::sealed(conn, None)).unwrap();
    assert!(kept.iter().any(|id| id.to_string() == stored[0]), "{} of {} requests", kept.len(), stored.len());

    let again = havre(new.path(), &["restore", &registry, "--keys", &keys]);
    assert!(!again.status.success() && said(&again).contains("is there already"), "{}", said(&again));
}

#[actix_web::test]
async fn people_who_were_forgotten_since_stay_forgotten() {
    let app = TestApp::on_sqlite().await;
    let (from, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let referent = app.own(Role::Referent);
    let request = referent.post("requests", &with(request(), json!({"message": "appeler avant"}))).await.expect(201).id();
    let arguments = ["backup", "--to", from.path().to_str().unwrap(), "--keys-to", keys.path().to_str().unwrap()];
    let (registry, _) = copies(&havre(&home(&app), &arguments));
    app.db().keys().forget(&[RequestId(request.parse().unwrap())]).unwrap();
    // The registry of before with the keys of now.
    let new = elsewhere(&app);
    let now = file_of(app.url());
    let restored = havre(new.path(), &["restore", &registry, "--keys", now.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(said(&restored).contains(&format!("read as erased: {request}")), "{}", said(&restored));
}

#[actix_web::test]
async fn what_is_not_a_whole_copy_is_refused() {
    let app = TestApp::on_sqlite().await;
    let folder = home(&app);
    let (from, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (to, keys_to) = (from.path().to_str().unwrap(), keys.path().to_str().unwrap());
    let one_folder = havre(&folder, &["backup", "--to", to, "--keys-to", to]);
    assert!(!one_folder.status.success() && said(&one_folder).contains("same folder"), "{}", said(&one_folder));
    app.request().await;
    let (registry, kept) = copies(&havre(&folder, &["backup", "--to", to, "--keys-to", keys_to]));

    // The keys of another deployment.
    let stranger = TestApp::on_sqlite().await;
    let other = tempfile::tempdir().unwrap();
    let fresh = havre(other.path(), &["migrate"]);
    assert!(fresh.status.success(), "{}", said(&fresh));
    let new = elsewhere(&stranger);
    let mixed = havre(new.path(), &["restore", &registry, "--keys", other.path().join("havre.sqlite.keys").to_str().unwrap()]);
    assert!(!mixed.status.success(), "{}", said(&mixed));

    // A page of it overwritten.
    let mut bytes = std::fs::read(&registry).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x5a);
    std::fs::write(&registry, bytes).unwrap();
    let new = elsewhere(&app);
    let damaged = havre(new.path(), &["restore", &registry, "--keys", &kept]);
    assert!(!damaged.status.success(), "{}", said(&damaged));
    let left: Vec<_> = std::fs::read_dir(new.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["havre.sqlite.keys.master"], "nothing of it is put in place");

    // And nothing to copy is not an empty copy.
    let nothing = tempfile::tempdir().unwrap();
    let refused = havre(nothing.path(), &["backup", "--to", "a", "--keys-to", "b"]);
    assert!(!refused.status.success() && said(&refused).contains("is gone"), "{}", said(&refused));
}

/// A registry and its key store, each a database of a cluster.
struct OnPostgres {
    registry: String,
    keys: String,
}

/// What wraps the keys of both.
const MASTER: &str = "bWFzdGVybWFzdGVybWFzdGVybWFzdGVybWFzdGVybWE=";

impl OnPostgres {
    fn on(cluster: &Cluster) -> Self {
        Self { registry: cluster.create_empty_database(), keys: cluster.create_empty_database() }
    }

    fn havre(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_havre"));
        command.args(arguments).env_clear().env("HAVRE_LOG", "warn").env("HAVRE_MASTER_KEY", MASTER);
        command.env("HAVRE_DATABASE_URL", &self.registry).env("HAVRE_KEYS_URL", &self.keys).output().unwrap()
    }

    fn must(&self, arguments: &[&str]) -> String {
        let output = self.havre(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }
}

#[test]
fn dumps_of_both_databases_come_back_whole_in_another_cluster() {
    let (Some(here), Some(there)) = (Cluster::own(), Cluster::own()) else { return };
    let (lived, back) = (OnPostgres::on(&here), OnPostgres::on(&there));
    lived.must(&["migrate"]);
    lived.must(&["seed"]);
    let before = lived.must(&["verify"]);
    let status = lived.must(&["keys", "status"]);
    let folder = tempfile::tempdir().unwrap();
    let anchors = folder.path().join("anchors");
    // As the operator's guide says it: the registry before its keys.
    let dumped = [(&lived.registry, &back.registry, "registry"), (&lived.keys, &back.keys, "keys")];
    for (from, _, name) in dumped {
        here.dump_to(from, &folder.path().join(name));
    }
    // What is done after the dump is not in it.
    lived.must(&["client", "add", "--organisation", "Organisation de demain", "--role", "referent"]);
    for (_, to, name) in dumped {
        there.restore_from(&folder.path().join(name), to);
    }
    let after = back.must(&["verify"]);
    assert_eq!(after, before, "what was restored stands as it stood");
    assert!(after.contains("each has its key"), "{after}");
    assert_eq!(back.must(&["keys", "status"]), status);
    assert!(!back.must(&["client", "list"]).contains("Organisation de demain"));
    // Over HTTP: people and homes open.
    let token = back.must(&["client", "add", "--organisation", "Organisation fictive", "--role", "administrator"]);
    assert!(token.starts_with("havre_") || token.trim().len() > 20, "{token}");
    assert!(!anchors.exists());
    // The keys of another moment do not pass for these.
    let mixed = OnPostgres { registry: back.registry.clone(), keys: there.create_empty_database() };
    let refused = mixed.havre(&["verify"]);
    assert!(
        !refused.status.success() && said(&refused).contains("the key store is empty and the registry is not"),
        "{}",
        said(&refused)
    );
}

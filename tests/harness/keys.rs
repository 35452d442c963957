//! The key store of each database that tests use: a file beside an SQLite file, and beside the socket of PostgreSQL, where it goes with the
//! cluster.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use api::app::App;
use api::clock::Clock;
use api::db::{Db, KeySettings};
use api::live::bus::Bus;
use api::work::mail::Mailer;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use tempfile::TempDir;

/// An SQLite file that is migrated and empty, made once, with its key store and its master key beside it.
pub fn template() -> &'static Path {
    static TEMPLATE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("template.sqlite");
        let db =
            Db::open(&format!("sqlite:{}", file.display()).parse().unwrap(), Clock::default(), &KeySettings::default()).unwrap();
        super::vouching::let_vouch(&db);
        drop(db);
        // One file each to copy. A pool may close its last connection a moment after it was dropped: what the write-ahead logs hold is not waited for.
        for file in [&file, &beside(&file, ".keys")] {
            let mut one_more = SqliteConnection::establish(&file.display().to_string()).unwrap();
            one_more.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
            let left = std::fs::metadata(beside(file, "-wal")).map_or(0, |log| log.len());
            assert_eq!(left, 0, "{}: not all is in the file", file.display());
        }
        (folder, file)
    });
    file
}

/// A file with this behind its name.
pub fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The file of the key store of a database.
pub fn file_of(url: &str) -> PathBuf {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return beside(Path::new(path), ".keys");
    }
    let (database, rest) = url.strip_prefix("postgres:///").unwrap().split_once("?host=").unwrap();
    Path::new(rest.split('&').next().unwrap()).join(format!("{database}.keys"))
}

/// Copies the key store of the template, so that none has to be made.
pub fn copy_to(file: &Path) {
    for ending in ["", ".master"] {
        std::fs::copy(beside(template(), &format!(".keys{ending}")), beside(file, ending)).unwrap();
    }
}

/// The settings of the key store of a database, which is there from then on.
pub fn settings(url: &str) -> KeySettings {
    let file = file_of(url);
    if !file.exists() {
        copy_to(&file);
    }
    KeySettings { url: Some(format!("sqlite:{}", file.display()).parse().unwrap()), master: None }
}

/// The same in the environment of the program.
pub fn environment(url: &str) -> (&'static str, String) {
    settings(url);
    ("HAVRE_KEYS_URL", format!("sqlite:{}", file_of(url).display()))
}

/// A database, with its key store.
pub fn open(url: &str, clock: Clock) -> Db {
    Db::open(&url.parse().unwrap(), clock, &settings(url)).unwrap()
}

/// The service on a database, alone, without limits and with quotas that nobody comes near.
pub fn app(url: &str, clock: Clock, mailer: Mailer, public_url: &str) -> App {
    App::over(open(url, clock), super::quotas::policy(&[]), Bus::Alone, mailer, public_url).unwrap()
}

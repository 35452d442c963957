//! One PostgreSQL cluster for the whole test process: started on first use in a temporary folder, on a socket of its own, stopped
//! and removed when the process ends, however it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use uuid::Uuid;

use super::tools;

/// A running cluster, with a migrated database to copy.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    /// PostgreSQL copies a template for one at a time.
    creating: Mutex<()>,
}

/// The cluster; none where PostgreSQL is not installed, which is said once, and is a failure under `make test`.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            let cluster = binaries().map(|binaries| Cluster::start(&binaries));
            if cluster.is_none() {
                tools::left_out("PostgreSQL", "postgresql");
            }
            cluster
        })
        .as_ref()
}

/// The folder of `initdb` and `postgres`.
fn binaries() -> Option<PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    tools::path().into_iter().chain(packaged).find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

impl Cluster {
    fn start(binaries: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("havre-pg-").tempdir().unwrap().keep();
        // The port only names the socket: the cluster does not listen on the network.
        let port = 5432;
        let script = format!(
            "set -e; {bin}/initdb -D {dir}/data -A trust -U havre --locale=C -E UTF8 --no-sync >/dev/null; \
             exec {bin}/pg_ctl -D {dir}/data -l {dir}/log -w start >/dev/null \
             -o \"-p {port} -k {dir} -c listen_addresses='' -c fsync=off -c max_connections=400\"",
            bin = binaries.display(),
            dir = folder.display(),
        );
        let started = as_owner(&folder, &script).status().unwrap();
        assert!(started.success(), "PostgreSQL did not start; see {}/log", folder.display());
        stop_with_us(binaries, &folder);
        let cluster = Self { folder, port, creating: Mutex::new(()) };
        cluster.execute("postgres", "CREATE DATABASE template_havre");
        api::db::Db::open(&cluster.url("template_havre").parse().unwrap(), api::clock::Clock::default()).unwrap();
        cluster
    }

    /// A new database with the schema and nothing in it.
    pub fn create_database(&self) -> String {
        let name = format!("t_{}", Uuid::now_v7().simple());
        let _one_at_a_time = self.creating.lock().unwrap();
        self.execute("postgres", &format!("CREATE DATABASE {name} TEMPLATE template_havre"));
        self.url(&name)
    }

    /// A new database with nothing at all in it.
    pub fn create_empty_database(&self) -> String {
        let name = format!("t_{}", Uuid::now_v7().simple());
        let _one_at_a_time = self.creating.lock().unwrap();
        self.execute("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&port={}&user=havre", self.folder.display(), self.port)
    }

    fn execute(&self, database: &str, sql: &str) {
        PgConnection::establish(&self.url(database)).unwrap().batch_execute(sql).unwrap();
    }
}

/// PostgreSQL refuses to run as root; then it runs as the user its package made, or as nobody.
fn as_owner(folder: &Path, script: &str) -> Command {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        return command;
    }
    let user = if Command::new("id").arg("postgres").output().unwrap().status.success() { "postgres" } else { "nobody" };
    assert!(Command::new("chown").arg(user).arg(folder).status().unwrap().success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", "sh", "-c", script]).current_dir(folder);
    command
}

/// A shell that waits for the end of its input, which comes when this process is gone, then stops the cluster and removes its folder.
fn stop_with_us(binaries: &Path, folder: &Path) {
    let script = format!(
        "cat >/dev/null; {bin}/pg_ctl -D {dir}/data -m immediate stop >/dev/null 2>&1; cd /; rm -rf {dir}",
        bin = binaries.display(),
        dir = folder.display(),
    );
    let watch = as_owner(folder, &script).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Our end of the pipe stays open until this process ends.
    std::mem::forget(watch);
}

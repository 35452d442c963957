//! One PostgreSQL cluster for the whole test process, started on first use, and clusters of a test's own, which it may stop and start.
//! Each stands in a temporary folder, on a socket of its own, and is stopped and removed when its test or the process ends, however
//! that ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use uuid::Uuid;

use super::tools;

/// A running cluster.
pub struct Cluster {
    binaries: PathBuf,
    folder: PathBuf,
    /// The shell that stops the cluster when its input ends.
    watch: Child,
    /// PostgreSQL copies a template for one at a time. What it holds are the databases whose tests have ended: nobody needs their room any more.
    creating: Mutex<Vec<String>>,
}

/// The cluster; none where PostgreSQL is not installed, which is said once, and is a failure under `make test`.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            let cluster = Cluster::own()?;
            cluster.execute("postgres", "CREATE DATABASE template_havre");
            super::vouching::let_vouch(&super::keys::open(&cluster.url("template_havre"), api::clock::Clock::default()));
            Some(cluster)
        })
        .as_ref()
}

/// The port only names the socket: a cluster does not listen on the network.
const PORT: u16 = 5432;

/// The folder of `initdb` and `postgres`.
fn binaries() -> Option<PathBuf> {
    folders().find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// A program that comes with PostgreSQL.
fn program(name: &str) -> Command {
    let found = folders().map(|folder| folder.join(name)).find(|file| file.exists());
    Command::new(found.unwrap_or_else(|| panic!("{name} is not installed beside PostgreSQL")))
}

/// Where programs are looked for.
fn folders() -> impl Iterator<Item = PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    tools::path().into_iter().chain(packaged)
}

impl Cluster {
    /// A cluster of the caller's own, with nothing in it; none where PostgreSQL is not installed.
    pub fn own() -> Option<Self> {
        let Some(binaries) = binaries() else {
            tools::left_out("PostgreSQL", "postgresql");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("havre-pg-").tempdir().unwrap().keep();
        // Nobody pulls the plug of a test: what a process has written, the system keeps when the process dies.
        let script = format!(
            "set -e; {bin}/initdb -D {dir}/data -A trust -U havre --locale=C -E UTF8 --no-sync >/dev/null; \
             printf \"port = {PORT}\\nunix_socket_directories = '{dir}'\\nlisten_addresses = ''\\nfsync = off\\nmax_connections = 400\\n\" \
             >> {dir}/data/postgresql.conf",
            bin = binaries.display(),
            dir = folder.display(),
        );
        assert!(as_owner(&folder, &script).status().unwrap().success(), "initdb failed in {}", folder.display());
        let watch = stop_with_us(&binaries, &folder);
        let cluster = Self { binaries, folder, watch, creating: Mutex::default() };
        cluster.start();
        Some(cluster)
    }

    /// Starts a cluster that was stopped, and waits until it answers.
    pub fn start(&self) {
        assert!(self.control("-w start"), "PostgreSQL did not start; see {}/log", self.folder.display());
    }

    /// Stops it as a power cut would: nobody is told, nothing is tidied up.
    pub fn stop_immediately(&self) {
        assert!(self.control("-m immediate stop"), "PostgreSQL did not stop; see {}/log", self.folder.display());
    }

    /// All its processes stand still (SIGSTOP): connections are open, and nothing answers.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// They go on where they were.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let running = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let first = running.lines().next().unwrap();
        // The first one before its children when it stops, so that it makes no more of them.
        let script = format!("kill -{name} {first}; kill -{name} $(ps -o pid= --ppid {first}); true");
        assert!(Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status().unwrap().success());
    }

    fn control(&self, what: &str) -> bool {
        let (bin, dir) = (self.binaries.display(), self.folder.display());
        let script = format!("exec {bin}/pg_ctl -D {dir}/data -l {dir}/log -t 60 {what} >/dev/null");
        as_owner(&self.folder, &script).status().unwrap().success()
    }

    /// A new database with the schema and nothing in it.
    pub fn create_database(&self) -> String {
        self.create("TEMPLATE template_havre")
    }

    /// A new database with nothing at all in it.
    pub fn create_empty_database(&self) -> String {
        self.create("")
    }

    fn create(&self, from: &str) -> String {
        let name = format!("t_{}", Uuid::now_v7().simple());
        let mut done = self.creating.lock().unwrap();
        for gone in done.drain(..) {
            self.execute("postgres", &format!("DROP DATABASE IF EXISTS {gone} WITH (FORCE)"));
        }
        self.execute("postgres", &format!("CREATE DATABASE {name} {from}"));
        self.url(&name)
    }

    /// The test of a database has ended: it goes before the next one comes, when the test has let go of its connections.
    pub fn is_done_with(&self, url: &str) {
        let name = url.strip_prefix("postgres:///").and_then(|rest| rest.split('?').next());
        let ours = name.filter(|name| self.url(name) == url);
        // Where making one has failed, all is over already: a test that ends then must not end the others with it.
        if let Ok(mut done) = self.creating.lock() {
            done.extend(ours.map(str::to_owned));
        }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&port={PORT}&user=havre", self.folder.display())
    }

    /// What `pg_dump` writes of a database: every row of it.
    pub fn dump(&self, url: &str) -> Vec<u8> {
        let output = program("pg_dump").arg(url).output().unwrap();
        assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A new database that holds what another holds now, as from its backup.
    pub fn copy_of(&self, url: &str) -> String {
        let (dump, copy) = (tempfile::NamedTempFile::new().unwrap(), self.create_empty_database());
        std::fs::write(dump.path(), self.dump(url)).unwrap();
        let mut psql = program("psql");
        let output = psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(dump.path()).arg(&copy).output().unwrap();
        assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        copy
    }

    /// Dumps a database into a file, as the operator's guide has it.
    pub fn dump_to(&self, url: &str, file: &Path) {
        let output = program("pg_dump").args(["--format=custom", "--file"]).arg(file).arg(url).output().unwrap();
        assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Restores such a file into a database that is empty.
    pub fn restore_from(&self, file: &Path, url: &str) {
        let mut restore = program("pg_restore");
        let output = restore.args(["--exit-on-error", "--single-transaction", "--dbname", url]).arg(file).output().unwrap();
        assert!(output.status.success(), "pg_restore: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The socket it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{PORT}"))
    }

    /// A database of this cluster as it is reached through a socket of the same name in another folder.
    pub fn url_through(&self, url: &str, folder: &Path) -> String {
        url.replace(&self.folder.display().to_string(), &folder.display().to_string())
    }

    fn execute(&self, database: &str, sql: &str) {
        PgConnection::establish(&self.url(database)).unwrap().batch_execute(sql).unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        drop(self.watch.wait());
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
fn stop_with_us(binaries: &Path, folder: &Path) -> Child {
    let script = format!(
        "cat >/dev/null; {bin}/pg_ctl -D {dir}/data -m immediate stop >/dev/null 2>&1; cd /; rm -rf {dir}",
        bin = binaries.display(),
        dir = folder.display(),
    );
    as_owner(folder, &script).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

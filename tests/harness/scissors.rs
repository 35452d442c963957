//! Scissors on the way to PostgreSQL: a socket that passes everything on, and now and then cuts a connection at a `COMMIT`, before it is
//! passed on or after it was done but before anyone is told. Whoever sent it cannot know its outcome.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

/// How often, once they are out.
const CUTS: f64 = 0.08;

/// How long PostgreSQL may take over a `COMMIT` that is cut off.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);

#[derive(Default)]
struct State {
    out: AtomicBool,
    before: AtomicU32,
    after: AtomicU32,
}

pub struct Scissors {
    /// Where the socket stands; gone with this value, while connections that are open stay until they are closed.
    folder: TempDir,
    state: Arc<State>,
}

impl Scissors {
    /// On the way to the socket in this folder. They cut nothing yet.
    pub fn before(socket: &Path) -> Self {
        let (folder, state) = (tempfile::tempdir().unwrap(), Arc::new(State::default()));
        let name = socket.file_name().unwrap();
        let listener = UnixListener::bind(folder.path().join(name)).unwrap();
        let (socket, cuts) = (PathBuf::from(socket), Arc::clone(&state));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                let (from_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let cut = Arc::new(AtomicBool::new(false));
                let (state, is_cut) = (Arc::clone(&cuts), Arc::clone(&cut));
                std::thread::spawn(move || ask(client, server, &state, &cut));
                std::thread::spawn(move || answer(from_server, to_client, &is_cut));
            }
        });
        Self { folder, state }
    }

    /// The folder to name in place of that of the real socket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Cuts from now on, or no more.
    pub fn take_out(&self, out: bool) {
        self.state.out.store(out, Ordering::Relaxed);
    }

    /// How many commits never arrived, and of how many that were done nobody was told.
    pub fn cuts(&self) -> (u32, u32) {
        (self.state.before.load(Ordering::Relaxed), self.state.after.load(Ordering::Relaxed))
    }
}

/// Passes on what the service says.
fn ask(mut client: UnixStream, mut server: UnixStream, state: &State, cut: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        let said = &buffer[..read];
        let commits = said.windows(6).any(|word| word.eq_ignore_ascii_case(b"commit"));
        if commits && state.out.load(Ordering::Relaxed) && rand::random_bool(CUTS) {
            if rand::random_bool(0.5) {
                state.before.fetch_add(1, Ordering::Relaxed);
            } else {
                // From here on `answer` keeps to itself what the database says; it says something once it is done.
                cut.store(true, Ordering::SeqCst);
                drop(server.write_all(said));
                server.set_read_timeout(Some(COMMIT_LIMIT)).unwrap();
                state.after.fetch_add(1, Ordering::Relaxed);
                return;
            }
            break;
        }
        if server.write_all(said).is_err() {
            break;
        }
    }
    drop(server.shutdown(Shutdown::Both));
    drop(client.shutdown(Shutdown::Both));
}

/// Passes on what the database says, until the connection is cut: then what it says next ends it.
fn answer(mut server: UnixStream, mut client: UnixStream, cut: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        if cut.load(Ordering::SeqCst) || client.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    drop(server.shutdown(Shutdown::Both));
    drop(client.shutdown(Shutdown::Both));
}

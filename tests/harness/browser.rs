//! A real browser on a real server: headless Chromium through WebDriver, one driver for the whole test process, stopped with it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use actix_web::test::TestRequest;
use api::app::App;
use api::cli::{client, seed::load_records};
use api::clock::{self, Clock};
use api::db::{Author, Failure, accounts, organisations};
use api::domain::ids::AccountId;
use api::domain::{AccountKind, Email, Role, Text};
use api::seed::demo;
use api::server::Application;
use api::work::mail::Mailer;
use chrono::{TimeDelta, Timelike as _};
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use matcher::Department;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{answer, keys, router, tools};

/// The service with the demonstration registry, listening for a browser.
pub struct Site {
    pub app: App,
    pub base: String,
    _folder: TempDir,
}

/// How a browser looks at it.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub width: u32,
    pub dark: bool,
    pub scripts: bool,
}

pub const DESK: View = View { width: 1280, dark: false, scripts: true };
pub const PHONE: View = View { width: 360, dark: false, scripts: true };

/// One browser window.
pub struct Screen {
    pub client: Client,
    base: String,
}

impl Site {
    pub fn start() -> Self {
        Self::by(Clock::default())
    }

    /// The same at the next hour of this number in Paris: what is told in hours and days counts from then.
    pub fn at(hour: u32) -> Self {
        let clock = Clock::default();
        until_hour(&clock, hour);
        Self::by(clock)
    }

    /// The same by a clock that a test may have moved before anything was told.
    fn by(clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("havre.sqlite").display());
        let bind = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let base = format!("http://{bind}");
        let app = keys::app(&url, clock, Mailer::outbox(), &base);
        load_records(app.db(), &demo::registry(app.db().clock().now()).unwrap()).unwrap();
        let served = app.clone();
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let application = Application::build(served, bind).unwrap();
                ready.send(()).unwrap();
                application.run().await.unwrap();
            });
        });
        is_ready.recv().unwrap();
        Self { app, base, _folder: folder }
    }

    /// Time goes on until it is this hour in Paris.
    pub fn goes_on_until(&self, hour: u32) {
        until_hour(self.app.db().clock(), hour);
    }

    /// A link that signs in someone of an organisation of the demonstration, once.
    pub fn sign_in_link(&self, organisation: &str, role: Role) -> String {
        let (_token, caller) = client::make(self.app.db(), organisation, role).unwrap();
        client::sign_in_link(self.app.db(), caller.account, &self.base).unwrap()
    }

    /// A person of an organisation by the name under which it keeps them: somebody whom colleagues can tell from others.
    pub fn person(&self, organisation: &str, role: Role, label: &str) -> AccountId {
        let name: Text<200> = organisation.to_owned().try_into().unwrap();
        let email = Email::try_from(format!("{}@example.org", Uuid::now_v7())).unwrap();
        let made = self.app.db().write(Author::service("inviteAccount"), |turn| {
            let new = accounts::NewAccount {
                organisation: organisations::id_by_name(turn.conn, &name)?.unwrap(),
                kind: AccountKind::Person,
                label,
                email: Some(&email),
                roles: [role].into_iter().collect(),
                scopes: None,
                created_by: None,
                until: None,
            };
            let account = accounts::insert(turn, &new)?.account;
            let stored = accounts::stored(turn.conn, account)?;
            turn.note(&stored);
            Ok::<_, Failure>(account)
        });
        made.unwrap().value
    }

    /// A link that signs a person in, once.
    pub fn link_of(&self, account: AccountId) -> String {
        client::sign_in_link(self.app.db(), account, &self.base).unwrap()
    }

    /// A token of an organisation, for what has happened before anybody looks at a screen.
    pub fn token(&self, organisation: &str, role: Role) -> String {
        client::make(self.app.db(), organisation, role).unwrap().0
    }

    /// What a command of the API answers to the holder of a token.
    pub async fn api(&self, token: &str, path: &str, body: Option<&Value>) -> Value {
        let request = TestRequest::post().uri(&format!("/api/v1/{path}"));
        let request = request.insert_header(("authorization", format!("Bearer {token}")));
        let request = request.insert_header(("idempotency-key", Uuid::now_v7().to_string()));
        let request = if let Some(body) = body { request.set_json(body) } else { request };
        let answer = answer((router(&self.app).await)(request.to_request()).await).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.body
    }

    /// A window of a browser, or none where there is no browser.
    pub async fn open(&self, view: View) -> Option<Screen> {
        let driver = driver()?;
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            // What it sends as the languages of its reader; `--lang` says that of its own windows.
            "--lang=fr".to_owned(),
            "--accept-lang=fr".to_owned(),
            format!("--window-size={},1000", view.width),
        ];
        if view.dark {
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        // Where scripts are off, the emulation of a phone never ends a click: there the window alone is narrow.
        let options = if view.scripts {
            json!({"args": arguments, "mobileEmulation": {"deviceMetrics": {"width": view.width, "height": 2_400, "pixelRatio": 1.0}}})
        } else {
            json!({"args": arguments, "prefs": {"profile.managed_default_content_settings.javascript": 2}})
        };
        let capabilities = json!({"browserName": "chrome", "goog:chromeOptions": options, "timeouts": {"script": SCRIPT_MS}})
            .as_object()
            .unwrap()
            .clone();
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver.url).await.unwrap();
        Some(Screen { client, base: self.base.clone() })
    }
}

/// How long axe may look at a page on a machine that is busy with other things; a driver gives it half a minute.
const SCRIPT_MS: u64 = 180_000;

/// What stands last on a page, or on a sheet.
const LAST: &str = "footer, body.sheet > main";

impl Screen {
    pub async fn go(&self, path: &str) {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        self.client.goto(&url).await.unwrap();
    }

    /// Signs in by a link and its button.
    pub async fn sign_in(&self, link: &str) {
        self.go(link).await;
        self.submit("main form button").await;
    }

    /// The path of the page.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    pub async fn find(&self, css: &str) -> fantoccini::elements::Element {
        match self.client.find(Locator::Css(css)).await {
            Ok(found) => found,
            Err(error) => panic!("{css}: {error}\n{}", self.client.source().await.unwrap()),
        }
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Clicks on what leads to another page, and waits for it.
    pub async fn submit(&self, css: &str) {
        let left = self.find("html").await.element_id();
        self.click(css).await;
        self.left(left).await;
    }

    /// Waits until the page that had this root is gone and another is there to its end, or a sheet. Works without scripts.
    pub async fn left(&self, root: fantoccini::elements::ElementRef) {
        let since = std::time::Instant::now();
        while since.elapsed() < Duration::from_secs(60) {
            match self.client.find(Locator::Css("html")).await {
                Ok(now) if now.element_id() != root && self.client.find(Locator::Css(LAST)).await.is_ok() => return,
                _ => actix_web::rt::task::yield_now().await,
            }
        }
        panic!("still on {}", self.path().await);
    }

    pub async fn fill(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// What axe-core has to say against the page; nothing, if all is well.
    pub async fn axe(&self) -> Vec<String> {
        let script = format!(
            "{}; const done = arguments[arguments.length - 1]; axe.run(document).then((found) => done(found.violations))",
            std::fs::read_to_string(axe().unwrap()).unwrap()
        );
        let violations = self.client.execute_async(&script, Vec::new()).await.unwrap();
        let one = |violation: &Value| {
            let nodes: Vec<_> = violation["nodes"].as_array().unwrap().iter().map(|node| node["html"].to_string()).collect();
            format!("{}: {}", violation["id"], nodes.join(" | "))
        };
        violations.as_array().unwrap().iter().map(one).collect()
    }

    /// Keeps a picture of the page as an artefact.
    pub async fn keep(&self, name: &str) -> Result<(), CmdError> {
        let folder = root().join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await?).unwrap();
        Ok(())
    }

    pub async fn close(self) {
        self.client.close().await.unwrap();
    }
}

/// Moves a clock on to the next hour of this number in Paris.
fn until_hour(clock: &Clock, hour: u32) {
    let since_midnight = clock::civil(clock.now(), Department::PARIS).num_seconds_from_midnight();
    let ahead = i64::from(hour) * 3_600 - i64::from(since_midnight);
    clock.advance(TimeDelta::seconds(ahead.rem_euclid(24 * 3_600)));
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// axe-core, as `make deps` fetches it.
fn axe() -> Option<PathBuf> {
    let file = root().join("target/tools/axe.min.js");
    if file.exists() {
        return Some(file);
    }
    tools::left_out("axe-core", "npm, then `make deps`");
    None
}

struct Driver {
    url: String,
    /// While its input is open the driver runs.
    _shell: Mutex<Child>,
}

/// The driver; none where the browser, its driver or axe-core are not there.
fn driver() -> Option<&'static Driver> {
    static DRIVER: OnceLock<Option<Driver>> = OnceLock::new();
    DRIVER
        .get_or_init(|| {
            let program = tools::find("chromedriver", "chromium-driver")?;
            tools::find("chromium", "chromium")?;
            axe()?;
            // The shell ends the driver when its own input ends, which is when this process is gone.
            let script = format!("{} --port=0 & driver=$!; cat >/dev/null; kill $driver", program.display());
            let mut shell = Command::new("sh")
                .args(["-c", &script])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut said = BufReader::new(shell.stdout.take().unwrap()).lines().map_while(Result::ok);
            let line = said.find(|line| line.contains("successfully on port")).unwrap();
            let port: String = line.chars().filter(char::is_ascii_digit).collect();
            std::thread::spawn(move || said.for_each(drop));
            Some(Driver { url: format!("http://127.0.0.1:{port}"), _shell: Mutex::new(shell) })
        })
        .as_ref()
}

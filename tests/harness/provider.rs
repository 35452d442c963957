//! A real OpenID Connect provider on this machine: `oidc-provider` from npm, started once for the whole test process, stopped with it; and a
//! browser that goes there and comes back.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use api::web::oidc::{OidcSettings, Provider, RETURN_PATH};
use openidconnect::{IssuerUrl, reqwest};

use super::tools;

/// Where the service is, as the provider knows it.
const PUBLIC_URL: &str = "https://havre.example.org";

struct Running {
    issuer: String,
    /// While its input is open the provider runs.
    _process: Mutex<Child>,
}

/// The provider's issuer; none where node or the provider's package is missing.
pub fn issuer() -> Option<&'static str> {
    static RUNNING: OnceLock<Option<Running>> = OnceLock::new();
    let running = RUNNING.get_or_init(|| {
        let node = tools::find("node", "npm")?;
        let folder = modules()?;
        let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/oidc/provider.mjs"));
        let mut process = Command::new(node)
            .arg(script)
            .arg(folder)
            .args([format!("{PUBLIC_URL}{RETURN_PATH}"), format!("{PUBLIC_URL}/connexion")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let issuer = said.find_map(|line| line.strip_prefix("listening ").map(ToOwned::to_owned)).unwrap();
        std::thread::spawn(move || said.for_each(drop));
        Some(Running { issuer, _process: Mutex::new(process) })
    });
    running.as_ref().map(|running| running.issuer.as_str())
}

/// The folder that has the provider's package, as `make deps` installs it.
fn modules() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/oidc"));
    if folder.join("node_modules/oidc-provider").exists() {
        return Some(folder.to_path_buf());
    }
    tools::left_out("oidc-provider", "npm, then `make deps`");
    None
}

/// The service's side of it, as this client of the provider: `signed` is given signed user information, `plain` is not.
pub fn client(issuer: &str, client_id: &str) -> Provider {
    let settings = OidcSettings {
        issuer: IssuerUrl::new(issuer.to_owned()).unwrap(),
        client_id: client_id.to_owned(),
        client_secret: "a secret of tests, nowhere else".into(),
        name: "ProConnect".to_owned(),
        public_url: PUBLIC_URL.to_owned(),
    };
    Provider::new(settings).unwrap()
}

/// Goes to the provider and signs in there as `subject` with this `acr`; gives the path that the browser is sent back to.
pub async fn visit(url: &str, subject: &str, acr: Option<&str>) -> String {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let (mut cookies, mut next) = (BTreeMap::new(), url.to_owned());
    for _ in 0..10 {
        if let Some(back) = next.strip_prefix(PUBLIC_URL) {
            return back.to_owned();
        }
        let mut url = reqwest::Url::parse(&next).unwrap();
        if url.path().starts_with("/interaction/") {
            url.query_pairs_mut().append_pair("sub", subject).extend_pairs(acr.map(|acr| ("acr", acr)));
        }
        let held: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = http.get(url.clone()).header("cookie", held.join("; ")).send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        let status = answer.status();
        let Some(to) = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()) else {
            panic!("{url}: {status}: {}", answer.text().await.unwrap());
        };
        next = url.join(&to).unwrap().to_string();
    }
    panic!("the provider leads nowhere: {next}");
}

//! That what is sealed of homes and people stands nowhere but where the ladder lets it (design §5, §8): looked for in each answer and each page
//! that any test gets, in each mail, in every line that the service logs meanwhile, and in the database when a test has ended.
//!
//! What to look for is learnt from what tests send: each text in a field that is sealed is a canary from then on, unless the same test also
//! says it where it stands in the clear. Beside them stand the canaries that nobody sends, such as the cell of a home.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use api::app::App;
use api::db::{Conn, DbError};
use api::domain::{Caller, Role};
use api::web::operations::{self, Who};
use diesel::{QueryableByName, RunQueryDsl as _};
use matcher::Code as _;
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use super::allowed::fits;
use super::{Answer, keys};

/// What a canary belongs to, and so who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The exact address of a home: for one operation.
    Address,
    /// The numbers of public registers, and the cell: for who runs the home.
    Register,
    /// Name, contact and meeting point of a home: for the sides of a referral, and whom it is proposed to or who declares on its word.
    Home,
    /// What a home is told of the people, and what both sides write to each other.
    Told,
    /// What those who ask keep to themselves.
    Kept,
}

impl Kind {
    /// Whether somebody may read one at a path; nobody is signed in where there is none.
    fn may_be_read(self, by: Option<&Caller>, path: &str) -> bool {
        let is = |roles: &[Role]| by.is_some_and(|by| roles.iter().any(|role| by.is(*role)));
        // Whoever vouches reads a home's name, contact and numbers while it waits, and nothing else of it.
        let waits = (path.ends_with("/units/to-vouch-for") || path == "/registre")
            && is(&[Role::Coordinator, Role::Referent, Role::Regulator]);
        if waits && matches!(self, Self::Register | Self::Home) {
            return true;
        }
        match self {
            Self::Address => path.ends_with("/address") || path.ends_with("/adresse"),
            Self::Register => is(&[Role::Provider]),
            Self::Home | Self::Told => {
                is(&[Role::Referent, Role::Partner, Role::Provider, Role::Regulator]) || is_of_a_mailed_link(path)
            }
            Self::Kept => is(&[Role::Referent, Role::Partner]),
        }
    }
}

fn is_of_a_mailed_link(path: &str) -> bool {
    operations::ALL.iter().any(|row| matches!(row.who, Who::Mailed) && fits(row.path, path))
}

/// The cell of the home that most tests make. Nobody sends it: it follows from the commune.
const CELL: (&str, Kind) = ("861f90257ffffff", Kind::Register);

/// Shorter texts stand anywhere by chance.
const SHORTEST: usize = 8;

/// The sealed fields of what is sent to a path.
fn sealed_fields(path: &str) -> &'static [(&'static str, Kind)] {
    let path = path.split('?').next().unwrap().trim_start_matches("/api/v1/");
    match path.split('/').collect::<Vec<_>>()[..] {
        ["structures"] | ["structures", _] => &[
            ("name", Kind::Home),
            ("email", Kind::Home),
            ("phone", Kind::Home),
            ("meeting_point", Kind::Home),
            ("finess", Kind::Register),
            ("siret", Kind::Register),
            ("address", Kind::Address),
        ],
        ["requests"] | ["requests", _] => &[
            ("reference", Kind::Kept),
            ("whom", Kind::Kept),
            ("in_charge", Kind::Told),
            ("message", Kind::Told),
            ("safety_instructions", Kind::Told),
        ],
        ["requests", _, "notes"] => &[("text", Kind::Kept)],
        ["requests", _, "referrals"] | ["referrals", _, _] => {
            &[("meeting_point", Kind::Home), ("text", Kind::Told), ("override_reason", Kind::Told)]
        }
        _ => &[],
    }
}

/// What one test has sealed.
#[derive(Default)]
pub struct Canaries {
    sealed: BTreeMap<String, Kind>,
    /// What it has also said where it stands in the clear.
    clear: BTreeSet<String>,
}

impl Canaries {
    /// Learns from a body that was taken.
    pub fn learn(&mut self, path: &str, body: &Value) {
        each_word(path, body, &mut |word, kind| {
            match kind {
                Some(kind) => drop(self.sealed.insert(word, kind)),
                None => drop(self.clear.insert(word)),
            };
        });
    }

    fn all(&self) -> impl Iterator<Item = (&str, Kind)> {
        let learnt = self.sealed.iter().filter(|(word, _)| !self.clear.contains(*word));
        learnt.map(|(word, kind)| (word.as_str(), *kind)).chain([CELL])
    }

    /// Ends the test where somebody reads what is not for them.
    #[track_caller]
    pub fn check(&self, by: Option<&Caller>, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap();
        // The document's examples are of a home that is nowhere.
        if path.contains("openapi.json") {
            return;
        }
        for (word, kind) in self.all().filter(|(_, kind)| !kind.may_be_read(by, path)) {
            let roles = by.map(|by| by.roles);
            assert!(!answer.text.contains(word), "{roles:?} reads `{word}` ({kind:?}) at {path}: {}", answer.text);
        }
    }

    /// Ends the test where one stands in a text that is for nobody, such as a mail.
    #[track_caller]
    pub fn must_not_stand_in(&self, what: &str, text: &str) {
        let found: Vec<_> = self.all().filter(|(word, _)| stands_in(text, word)).collect();
        assert!(found.is_empty(), "{what} holds {found:?}");
    }
}

/// Says to whoever reads logs what stands in the sealed fields of a body that is about to be sent.
pub fn expect(path: &str, body: &Value) {
    each_word(path, body, &mut |word, kind| {
        if kind.is_some() && !KNOWN.read().unwrap_or_else(PoisonError::into_inner).contains(&word) {
            KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(word);
        }
    });
}

/// Each text of a body in the forms in which it is written, with what it belongs to; none where its field is not sealed.
fn each_word(path: &str, body: &Value, found: &mut impl FnMut(String, Option<Kind>)) {
    let fields = sealed_fields(path);
    each_text(body, "", &mut |field, text| {
        let kind = fields.iter().find(|(known, _)| *known == field).map(|(_, kind)| *kind);
        written(field, text).into_iter().filter(|word| word.len() >= SHORTEST && !is_role(word)).for_each(|word| found(word, kind));
    });
}

/// The accounts of tests are labelled by their roles, and stand in the clear.
fn is_role(word: &str) -> bool {
    Role::ALL.iter().any(|role| role.as_str() == word)
}

/// Each text of a body with the name of its field.
fn each_text(body: &Value, field: &str, found: &mut impl FnMut(&str, &str)) {
    match body {
        Value::String(text) => found(field, text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, field, found)),
        Value::Object(fields) => fields.iter().for_each(|(field, value)| each_text(value, field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text as it is stored and as a page writes it: a telephone number has a form of its own in both.
fn written(field: &str, text: &str) -> Vec<String> {
    if field != "phone" {
        return vec![text.to_owned()];
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let Some(national) = digits.strip_prefix("33").or_else(|| digits.strip_prefix('0')) else { return vec![digits] };
    let pairs: Vec<_> =
        format!("0{national}").as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    vec![format!("+33{national}"), pairs.join("\u{a0}")]
}

/// Whether a word stands in a text, or in bytes that PostgreSQL writes down as hexadecimal digits.
pub fn stands_in(text: &str, word: &str) -> bool {
    let hex: String = word.bytes().map(|byte| format!("{byte:02X}")).collect();
    text.contains(word) || text.contains(&hex)
}

/// Everything that stands in a database: the bytes of SQLite's files and of the key store beside them, or all rows of PostgreSQL. None where a
/// test has left nothing that can be read.
pub fn database(app: &App, url: &str) -> Option<String> {
    #[derive(QueryableByName)]
    struct Whole {
        #[diesel(sql_type = diesel::sql_types::Text)]
        whole: String,
    }
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Some(files(Path::new(path)));
    }
    let read = app.db().read(|conn| -> Result<Option<Whole>, DbError> {
        let Conn::Pg(pg) = conn else { return Ok(None) };
        diesel::sql_query("SET LOCAL xmlbinary = 'hex'").execute(pg)?;
        Ok(Some(diesel::sql_query("SELECT schema_to_xml('public', false, false, '')::text AS whole").get_result(pg)?))
    });
    read.ok().flatten().map(|whole| whole.whole)
}

/// The bytes of an SQLite database and of what stands beside it.
pub fn files(path: &Path) -> String {
    let bytes = ["", "-wal", ".keys", ".keys-wal"].map(|ending| std::fs::read(keys::beside(path, ending)).unwrap_or_default());
    String::from_utf8_lossy(&bytes.concat()).into_owned()
}

/// All that any test has sealed so far: no line of any log says it.
static KNOWN: RwLock<BTreeSet<String>> = RwLock::new(BTreeSet::new());

/// Which of them stand in a log.
pub fn told_by(log: &str) -> Vec<String> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    known.iter().map(String::as_str).chain([CELL.0]).filter(|word| log.contains(word)).map(ToOwned::to_owned).collect()
}

/// What the service in this process has logged and should not have.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A line of the log, which is looked at and goes nowhere.
struct Line;

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let found = told_by(&text);
        if !found.is_empty() {
            LOGGED.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{found:?} in {text}"));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Listens to what the service logs in this process, as much as an operator may have it say.
pub fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let filter = EnvFilter::new("info,api=debug");
        let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(|| Line).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// Ends the test, whichever has ended first since, where something was logged that should not have been.
pub fn must_not_be_logged() {
    let logged = std::mem::take(&mut *LOGGED.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(logged.is_empty(), "the log says what is sealed, in this test or in one beside it: {logged:#?}");
}

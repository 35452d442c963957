//! The master keys of a deployment, which wrap all others: in the environment or in a file, never in a database and never beside a backup.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Key;
use crate::db::DbError;

/// The master keys: the first wraps, all open. So one takes the place of another while instances run.
#[derive(Clone)]
pub struct MasterKeys(Arc<[MasterKey]>);

/// A master key.
pub(super) struct MasterKey {
    pub(super) key: Key,
    /// What tells it from others and tells nobody what it is.
    pub(super) name: String,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|master| &master.name)).finish()
    }
}

impl std::str::FromStr for MasterKeys {
    type Err = String;

    /// Keys of 32 bytes in base64, with blanks, commas or new lines between them. What is wrong is not repeated: it may be a key.
    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split(|letter: char| letter.is_whitespace() || letter == ',').filter(|word| !word.is_empty());
        let keys: Vec<MasterKey> = words.map(MasterKey::parse).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err("no key is there: one is 32 bytes in base64, such as `openssl rand -base64 32` prints".to_owned());
        }
        Ok(Self(keys.into()))
    }
}

impl MasterKey {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "a master key is 32 bytes in base64, such as `openssl rand -base64 32` prints".to_owned();
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_not_repeated| wrong())?);
        let key = Key::from_slice(&bytes).ok_or_else(wrong)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_length| wrong())?;
        mac.update(b"name of a master key");
        let name = mac.finalize().into_bytes().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { key, name })
    }
}

impl MasterKeys {
    /// The one that wraps.
    pub(super) fn first(&self) -> Result<&MasterKey, DbError> {
        self.0.first().ok_or_else(|| DbError::KeysUnavailable("there is no master key".to_owned()))
    }

    /// The name of the one that wraps.
    pub fn name(&self) -> &str {
        self.0.first().map_or("", |master| &master.name)
    }

    /// The one of a name.
    pub(super) fn named(&self, name: &str) -> Option<&MasterKey> {
        self.0.iter().find(|master| master.name == name)
    }

    /// Those that a file holds.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?);
        text.parse().map_err(|why| format!("{}: {why}", path.display()))
    }

    /// Makes one and keeps it in a new file that nobody else may read. Where another made it meanwhile, that one counts.
    pub(super) fn make(path: &Path) -> Result<Self, String> {
        let failed = |why: std::io::Error| format!("{}: {why}", path.display());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let key = Key::draw().map_err(|error| error.to_string())?;
        let text = Zeroizing::new(STANDARD.encode(key.expose()));
        writeln!(file, "{}", *text).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        match file.persist_noclobber(path) {
            Ok(_) => tracing::info!(
                file = %path.display(),
                "a master key was made: without it nothing of requests and hidden homes is readable. Keep a copy, and never beside a backup"
            ),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error.error)),
        }
        Self::read(path)
    }
}

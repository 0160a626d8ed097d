//! The home directory: where the store, the vault key, the configuration, the policy and the templates are.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use countersign_core::pin::PinCost;
use countersign_core::policy::Policy;
use countersign_core::store::AccountStore;
use countersign_core::template::TemplateId;
use countersign_core::vault::{KeyId, VaultKey};
use countersign_ingest::batch::Templates;
use countersign_store::SqliteStore;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::entropy::random;
use crate::exit::WrongInput;
use crate::outbox::{self, LettersConfiguration};
use crate::sealer::Sealer;
use crate::shipped::{CONFIGURATION, POLICY, TEMPLATES};
use crate::template_files::{self, Shelved, pressed};
use crate::terminal::{CARE, styled, warn};

const KEY_VARIABLE: &str = "COUNTERSIGN_VAULT_KEY";

/// Where the vault key is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyPlace {
    /// In the home's `vault.key`.
    File,
    /// In the environment variable `COUNTERSIGN_VAULT_KEY`.
    Environment,
}

/// What can be wrong with a home.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HomeError {
    /// There is none.
    #[error("{} is no home of countersign: {missing} is missing", .home.display())]
    Missing { home: PathBuf, missing: &'static str },
    /// There is one already.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// Others may read the vault key.
    #[error("the vault key {} can be read by other users", .0.display())]
    KeyOpen(PathBuf),
    /// The store was never that of a home, or was emptied.
    #[error("the store {} knows no vault key: it is empty", .0.display())]
    EmptyStore(PathBuf),
    /// The store belongs to another vault key.
    #[error("the vault key is not the one of this store")]
    OtherKey,
    /// The letters in the outbox are about another audit trail.
    #[error("the audit trail is not the one that {} is about: the store was put back, or another one put in its place", .0.display())]
    OtherTrail(PathBuf),
}

impl HomeError {
    /// A way out.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::EmptyStore(_) => {
                "put the store back from a backup: every home's store knows its key from the start".to_owned()
            }
            Self::Missing { missing: "vault.key", .. } => {
                "put vault.key back, or its text into COUNTERSIGN_VAULT_KEY: without it no PIN and no form can be checked"
                    .to_owned()
            }
            Self::Missing { .. } => {
                "`countersign init` makes one; --home or COUNTERSIGN_HOME says where it is".to_owned()
            }
            Self::Exists(_) => "choose another place with --home; an existing home is never overwritten".to_owned(),
            Self::KeyOpen(path) => format!("chmod 600 {}", path.display()),
            Self::OtherTrail(outbox) => {
                format!("move {} away; the next command begins a new one, with what happens from then on", outbox.display())
            }
            Self::OtherKey => {
                "put the right vault.key back; without it no PIN of this store can be checked, and none was".to_owned()
            }
        })
    }
}

/// A home directory, opened.
pub(crate) struct Home {
    path: PathBuf,
    /// What `countersign.toml` says.
    pub(crate) configuration: Configuration,
    /// What `policy.toml` says.
    pub(crate) policy: Policy,
    /// The vault key.
    pub(crate) key: VaultKey,
    /// The account store.
    pub(crate) store: SqliteStore,
}

/// What `countersign.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Configuration {
    /// The form that `blank` makes.
    pub(crate) template: String,
    /// Where reports go.
    pub(crate) reports: PathBuf,
    /// How originals are archived.
    pub(crate) archive: ArchiveConfiguration,
    /// How senders of messages are checked.
    pub(crate) mail: MailConfiguration,
    /// In whose name letters are written; without it, none is.
    pub(crate) letters: Option<LettersConfiguration>,
    /// What PIN verifiers cost; only tests may change it.
    pin_cost: ConfiguredCost,
}

/// How `ingest --archive` keeps originals.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ArchiveConfiguration {
    /// The age recipient (`age1…`) that they are encrypted to.
    pub(crate) recipient: Option<String>,
}

/// How the keys of senders' domains are asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MailConfiguration {
    /// A file with them, in place of the DNS.
    pub(crate) dkim_records: Option<PathBuf>,
    /// Name servers to ask; those of the machine where there is none.
    pub(crate) name_servers: Vec<SocketAddr>,
    /// How long an answer is waited for, 1 to 60 seconds; each question is asked twice.
    pub(crate) dns_timeout_seconds: u64,
}

impl Default for MailConfiguration {
    fn default() -> Self {
        Self { dkim_records: None, name_servers: Vec::new(), dns_timeout_seconds: 5 }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ConfiguredCost {
    #[default]
    Standard,
    CheapForTests,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            template: "authorized-user".to_owned(),
            reports: PathBuf::from("reports"),
            archive: ArchiveConfiguration::default(),
            mail: MailConfiguration::default(),
            letters: None,
            pin_cost: ConfiguredCost::Standard,
        }
    }
}

impl Home {
    /// Makes a new home and leaves it closed: around the vault key of the environment, which then stays there, or around a
    /// new one in a file.
    pub(crate) fn create(path: &Path) -> anyhow::Result<KeyPlace> {
        match key_of_environment()? {
            Some(key) => Self::create_around(path, &key, KeyPlace::Environment),
            None => Self::create_around(path, &VaultKey::from_bytes(random()), KeyPlace::File),
        }
    }

    /// Makes a new home around a vault key, and puts the key into a file if that is its place.
    pub(crate) fn create_around(path: &Path, key: &VaultKey, place: KeyPlace) -> anyhow::Result<KeyPlace> {
        if path.join("vault.key").exists() || path.join("store.sqlite").exists() {
            return Err(HomeError::Exists(path.to_owned()).into());
        }
        let making = || format!("cannot make the home {}", path.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(making)?;
        if place == KeyPlace::File {
            write_new(&path.join("vault.key"), key.to_file_text().as_bytes(), 0o600)?;
        }
        write_new(&path.join("countersign.toml"), CONFIGURATION.as_bytes(), 0o644)?;
        write_new(&path.join("policy.toml"), POLICY.as_bytes(), 0o644)?;
        fs::create_dir_all(path.join("templates/fonts")).with_context(making)?;
        for shipped in TEMPLATES {
            write_new(&path.join(shipped.path), shipped.bytes, 0o644)?;
        }
        let mut store = SqliteStore::open(path.join("store.sqlite")).with_context(making)?;
        store.remember_vault_key(&key.id()).with_context(making)?;
        Ok(place)
    }

    /// Opens a home and checks that its parts belong together.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        Self::open_with(path, NewKey::left_behind)
    }

    /// Opens a home while its key is locked by this program.
    pub(crate) fn open_locked(path: &Path) -> anyhow::Result<Self> {
        Self::open_with(path, |_, _| Ok(None))
    }

    fn open_with(
        path: &Path,
        left_behind: impl Fn(&Path, &KeyId) -> anyhow::Result<Option<VaultKey>>,
    ) -> anyhow::Result<Self> {
        let missing = |missing| HomeError::Missing { home: path.to_owned(), missing };
        if !path.join("store.sqlite").exists() {
            return Err(missing("store.sqlite").into());
        }
        let mut key = read_key(path)?;
        let configuration: Configuration = read_toml(&path.join("countersign.toml"))?;
        let policy = read_policy_or_preset(&path.join("policy.toml"))?;
        let store_file = path.join("store.sqlite");
        let mut store = SqliteStore::open(&store_file)
            .with_context(|| format!("cannot open the store {}", store_file.display()))?;
        match store.vault_key()? {
            None => return Err(HomeError::EmptyStore(store_file).into()),
            Some(of_store) if of_store != key.id() => match left_behind(path, &of_store)? {
                Some(new) => key = new,
                None => return Err(HomeError::OtherKey.into()),
            },
            Some(_) => {}
        }
        if let Some(sealed) = store.sealed_request_key()? {
            key.inherit_request_key(&sealed)?;
        }
        store.work_under(key.id());
        if matches!(configuration.pin_cost, ConfiguredCost::CheapForTests) {
            warn(&styled(CARE, "warning: pin_cost is cheap-for-tests: the PINs of this home are not protected"));
        }
        let mut home = Self { path: path.to_owned(), configuration, policy, key, store };
        outbox::begin(&mut home)?;
        Ok(home)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where reports go.
    pub(crate) fn reports(&self) -> PathBuf {
        self.path.join(&self.configuration.reports)
    }

    /// What new verifiers cost.
    pub(crate) fn pin_cost(&self) -> PinCost {
        match self.configuration.pin_cost {
            ConfiguredCost::Standard => PinCost::STANDARD,
            ConfiguredCost::CheapForTests => PinCost::CHEAP_FOR_TESTS,
        }
    }

    /// What seals PINs that the staff hands in.
    pub(crate) fn sealer(&self) -> Sealer<'_> {
        Sealer { key: &self.key, cost: self.pin_cost() }
    }

    /// Every template of the home.
    pub(crate) fn shelved(&self) -> anyhow::Result<BTreeMap<TemplateId, Shelved>> {
        template_files::templates(&self.path)
    }

    /// The forms that are taken, with what their blanks look like.
    pub(crate) fn templates(&mut self) -> anyhow::Result<Templates> {
        let corrections = self.store.correction_templates().context("cannot look up the correction forms")?;
        let mut templates = Templates::default();
        for (template, look) in pressed(self.shelved()?, &corrections)? {
            templates.add(template, look);
        }
        Ok(templates)
    }
}

/// A policy that somebody named.
pub(crate) fn read_policy(file: &Path) -> anyhow::Result<Policy> {
    let mut text = String::new();
    let read = open_plain(file)?.read_to_string(&mut text);
    read.map_err(|error| WrongInput(format!("cannot read the policy {}: {error}", file.display())))?;
    Ok(Policy::parse(&text).map_err(|error| in_file(file, &error))?)
}

fn read_policy_or_preset(file: &Path) -> anyhow::Result<Policy> {
    Ok(Policy::parse(&read_or_empty(file)?).map_err(|error| in_file(file, &error))?)
}

/// A new vault key, on disk before the store is sealed under it.
pub(crate) struct NewKey {
    file: PathBuf,
    /// The file of the key of today, whose place the new one takes; `None` where that one is in the environment.
    place: Option<PathBuf>,
    /// Held until the key is in its place: one change of the key at a time.
    _lock: File,
}

impl NewKey {
    /// Writes the key beside the one of today, or to `elsewhere` when that one is in the environment.
    ///
    /// `_lock` was taken before the store was found to be under the key of today: then no store needs a key that an earlier
    /// change left behind.
    pub(crate) fn write(home: &Path, elsewhere: Option<&Path>, key: &VaultKey, _lock: File) -> anyhow::Result<Self> {
        let is_in_file = key_of_environment()?.is_none();
        let new = match (is_in_file, elsewhere) {
            (true, None) => Self { file: home.join("vault.key.new"), place: Some(home.join("vault.key")), _lock },
            (false, Some(file)) => Self { file: file.to_owned(), place: None, _lock },
            (true, Some(_)) => return Err(WrongInput("--new-key is for a key in the environment".to_owned()).into()),
            (false, None) => {
                let what =
                    format!("the vault key is in {KEY_VARIABLE}: --new-key says into which file the new one goes");
                return Err(WrongInput(what).into());
            }
        };
        if new.place.is_some() && new.file.exists() {
            // Left behind by a rotation that ended before the store was sealed under it: no store needs it.
            fs::remove_file(&new.file).with_context(|| format!("cannot remove {}", new.file.display()))?;
        }
        write_new(&new.file, key.to_file_text().as_bytes(), 0o600)?;
        sync_folder(&new.file)?;
        Ok(new)
    }

    /// Puts the key into its place, and keeps the one before. Answers what to tell.
    pub(crate) fn put_in_place(&self, old: &KeyId) -> anyhow::Result<String> {
        let Some(place) = &self.place else {
            return Ok(format!("Put the text of {} into {KEY_VARIABLE} before the next command.", self.file.display()));
        };
        let kept = place.with_extension(format!("key.old-{}", old.as_str()));
        let moving = || format!("cannot put {} in the place of {}", self.file.display(), place.display());
        // There is a key in its place at every moment, and none is ever overwritten but by the one that follows it.
        match fs::hard_link(place, &kept) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).with_context(moving),
            _ => {}
        }
        fs::rename(&self.file, place).with_context(moving)?;
        sync_folder(place)?;
        Ok(format!("The key before is kept as {}: older backups of the store need it.", kept.display()))
    }

    /// The key of a rotation that was cut off after the store was sealed under it; it is put into its place.
    fn left_behind(home: &Path, of_store: &KeyId) -> anyhow::Result<Option<VaultKey>> {
        if key_of_environment()?.is_some() {
            return Ok(None); // then the new one must go there
        }
        // Whoever changes the key at this moment holds the lock until it is in its place.
        let new =
            Self { file: home.join("vault.key.new"), place: Some(home.join("vault.key")), _lock: lock_key(home)? };
        let now = read_key(home)?;
        if now.id() == *of_store {
            return Ok(Some(now));
        }
        let Ok(text) = fs::read_to_string(&new.file).map(Zeroizing::new) else { return Ok(None) };
        let Ok(key) = VaultKey::from_file_text(&text) else { return Ok(None) };
        if key.id() != *of_store {
            return Ok(None);
        }
        new.put_in_place(&now.id())?;
        Ok(Some(key))
    }
}

/// The lock of the key: only one program changes it at a time.
pub(crate) fn lock_key(home: &Path) -> anyhow::Result<File> {
    let path = home.join("vault.lock");
    let locking = || format!("cannot lock {}", path.display());
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).with_context(locking)?;
    file.lock().with_context(locking)?;
    Ok(file)
}

fn sync_folder(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let syncing = || format!("cannot sync the folder {}", folder.display());
    File::open(folder).and_then(|it| it.sync_all()).with_context(syncing)
}

/// Opens a file that the user named. A pipe would be waited for without end, and may be read only once.
pub(crate) fn open_plain(path: &Path) -> Result<File, WrongInput> {
    let wrong = |what: String| WrongInput(format!("cannot read {}: {what}", path.display()));
    let is_plain = fs::metadata(path).map_err(|error| wrong(error.to_string()))?.is_file();
    if !is_plain {
        return Err(wrong("it is not a plain file".to_owned()));
    }
    File::open(path).map_err(|error| wrong(error.to_string()))
}

/// The vault key: from the environment, or from its file, which nobody else may read.
fn read_key(home: &Path) -> anyhow::Result<VaultKey> {
    if let Some(key) = key_of_environment()? {
        return Ok(key);
    }
    let path = home.join("vault.key");
    let reading = || format!("cannot read the vault key {}", path.display());
    let text = match fs::read_to_string(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(HomeError::Missing { home: home.to_owned(), missing: "vault.key" }.into());
        }
        Err(error) => return Err(error).with_context(reading),
    };
    let mode = fs::metadata(&path).with_context(reading)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(HomeError::KeyOpen(path).into());
    }
    VaultKey::from_file_text(&text).with_context(reading)
}

#[expect(clippy::disallowed_methods, reason = "the one place that takes the key from the environment")]
fn key_of_environment() -> anyhow::Result<Option<VaultKey>> {
    let Ok(text) = std::env::var(KEY_VARIABLE).map(Zeroizing::new) else { return Ok(None) };
    let key = VaultKey::from_file_text(&text).with_context(|| format!("cannot take {KEY_VARIABLE}"))?;
    Ok(Some(key))
}

fn read_or_empty(path: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => read.with_context(|| format!("cannot read {}", path.display())),
    }
}

fn read_toml<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    Ok(toml::from_str(&read_or_empty(path)?).map_err(|error| in_file(path, &error))?)
}

/// A mistake in a file that people write.
fn in_file(path: &Path, error: &dyn std::error::Error) -> WrongInput {
    let causes: Vec<String> = std::iter::successors(Some(error), |it| it.source()).map(ToString::to_string).collect();
    WrongInput(format!("{}: {}", path.display(), causes.join(": ")))
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let writing = || format!("cannot write {}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).with_context(writing)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(writing)
}

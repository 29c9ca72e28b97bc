//! Where the embedded default keeps its data: the options on the command line, and the folder with `api-test.sqlite`, `key`, `cookie_secret` and `lock`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::error::StandaloneError;
use crate::config::{Environment, Secret};

/// Maximum size of a secret's file in bytes, its line end included.
const SECRET_MAX: usize = 512;
/// Minimum size of a secret in bytes.
const SECRET_MIN: usize = 16;
/// Random bytes of a generated secret.
const RANDOM_BYTES: usize = 24;

const DATABASE: &str = "api-test.sqlite";
const KEY: &str = "key";
const COOKIE_SECRET: &str = "cookie_secret";
const LOCK: &str = "lock";

/// Options of the embedded default on the command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folder of the database and the secrets; `None` for `api-test` in the user's data directory.
    pub data_dir: Option<PathBuf>,
    /// TCP port on 127.0.0.1; `None` is 8080, 0 lets the system choose.
    pub port: Option<u16>,
    /// Keeps everything in memory and writes nothing.
    pub ephemeral: bool,
}

impl Options {
    /// Returns true when any option was given.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.data_dir.is_some() || self.port.is_some() || self.ephemeral
    }
}

/// Folder of the embedded default. Nothing is read or written until a method says so.
#[derive(Debug, Clone)]
pub(super) struct DataDir(PathBuf);

/// The two secrets of the embedded default.
pub(super) struct Secrets {
    pub(super) key: Secret,
    pub(super) cookie_secret: Secret,
}

impl Secrets {
    /// Generates new secrets without writing them.
    pub(super) fn random() -> Self {
        Self { key: made(KEY), cookie_secret: made(COOKIE_SECRET) }
    }
}

impl DataDir {
    /// Determines the folder: `--data-dir`, or `api-test` in the user's data directory (XDG Base Directory
    /// Specification: `XDG_DATA_HOME` if it is an absolute path, otherwise `HOME/.local/share`).
    ///
    /// # Errors
    /// [`StandaloneError::NoHome`] when the environment names none, [`StandaloneError::Folder`] for a path that can't
    /// be written in a configuration file.
    pub(super) fn find(options: &Options, environment: &Environment) -> Result<Self, StandaloneError> {
        let absolute = |name| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let in_home = || absolute("HOME").map(|home| home.join(".local/share"));
        let named = match &options.data_dir {
            Some(folder) => Some(folder.clone()),
            None => absolute("XDG_DATA_HOME").or_else(in_home).map(|home| home.join("api-test")),
        };
        let named = named.ok_or(StandaloneError::NoHome)?;
        let folder = std::path::absolute(&named)
            .map_err(|error| StandaloneError::Folder { folder: named, reason: error.to_string() })?;
        let refuse = |reason: &str| StandaloneError::Folder { folder: folder.clone(), reason: reason.to_owned() };
        let text = folder.to_str().ok_or_else(|| refuse("the path is not UTF-8"))?;
        if text.contains("${") || text.contains(char::is_control) {
            return Err(refuse(
                "the path contains a control character or ${, which a configuration file can't contain",
            ));
        }
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns `database.url`.
    pub(super) fn database_url(&self) -> String {
        format!("sqlite:{}", self.0.join(DATABASE).display())
    }

    /// Returns the path of the key's file.
    pub(super) fn key_file(&self) -> PathBuf {
        self.0.join(KEY)
    }

    /// Creates the folder if missing, and locks it for this process until the lock is dropped.
    ///
    /// # Errors
    /// [`StandaloneError::Folder`] when it is not writable, [`StandaloneError::InUse`] when another process has locked
    /// it.
    pub(super) fn lock(&self) -> Result<Lock, StandaloneError> {
        let failed = |error: io::Error| StandaloneError::Folder { folder: self.0.clone(), reason: error.to_string() };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0).map_err(failed)?;
        let mut file = private().read(true).create(true).truncate(false).open(self.0.join(LOCK)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StandaloneError::InUse { folder: self.0.clone(), process: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(failed)?;
        Ok(Lock { _file: file })
    }

    /// Reads the secrets; `None` unless both exist.
    ///
    /// # Errors
    /// [`StandaloneError::Secret`] for a file that can't be read or contains no valid secret.
    pub(super) fn secrets(&self) -> Result<Option<Secrets>, StandaloneError> {
        let (key, cookie_secret) = (self.read(KEY)?, self.read(COOKIE_SECRET)?);
        Ok(key.zip(cookie_secret).map(|(key, cookie_secret)| Secrets { key, cookie_secret }))
    }

    /// Reads the secrets, and generates missing ones.
    ///
    /// # Errors
    /// Same as [`DataDir::secrets`], and when a file can't be written.
    pub(super) fn secrets_made(&self, _: &Lock) -> Result<Secrets, StandaloneError> {
        Ok(Secrets { key: self.read_or_make(KEY)?, cookie_secret: self.read_or_make(COOKIE_SECRET)? })
    }

    fn read_or_make(&self, name: &str) -> Result<Secret, StandaloneError> {
        if let Some(secret) = self.read(name)? {
            return Ok(secret);
        }
        let secret = made(name);
        let file = self.0.join(name);
        // Under a temporary name first, so that a crash leaves no incomplete secret.
        let new = self.0.join(format!("{name}.new"));
        let write = || {
            let _ = fs::remove_file(&new);
            let mut to = private().create_new(true).open(&new)?;
            writeln!(to, "{}", secret.expose())?;
            to.sync_all()?;
            fs::rename(&new, &file)
        };
        write().map_err(|error| StandaloneError::Write { file: file.clone(), error })?;
        Ok(secret)
    }

    fn read(&self, name: &str) -> Result<Option<Secret>, StandaloneError> {
        let file = self.0.join(name);
        let refuse = |reason: String| StandaloneError::Secret { file: file.clone(), reason };
        let opened = match File::open(&file) {
            Ok(opened) => opened,
            // A path that leads through a file is reported when the folder is created.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(refuse(format!("can't be read: {error}"))),
        };
        let unreadable = |error: io::Error| refuse(format!("can't be read: {error}"));
        if !opened.metadata().map_err(unreadable)?.is_file() {
            return Err(refuse("is not a regular file".to_owned()));
        }
        let mut bytes = Vec::new();
        opened.take(SECRET_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        let line = bytes.trim_ascii_end();
        if bytes.len() > SECRET_MAX || line.len() < SECRET_MIN || !line.iter().all(u8::is_ascii_graphic) {
            let wanted = format!("expected one line of {SECRET_MIN} to {} printable characters", SECRET_MAX - 1);
            return Err(refuse(format!("contains no usable secret; {wanted}")));
        }
        Ok(std::str::from_utf8(line).ok().map(Secret::from))
    }
}

/// Lock of the folder. The system releases it when the process ends for any reason.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Options for a file that only its owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Returns which process holds the lock, if its file says so.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.take(20).read_to_string(&mut text);
    text.trim().parse::<u32>().map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

fn made(name: &str) -> Secret {
    let bits: [u8; RANDOM_BYTES] = rand::random();
    let random = URL_SAFE_NO_PAD.encode(bits);
    // The prefix tells the finder of a leaked key what it is for.
    Secret::from(if name == KEY { format!("local_{random}") } else { random })
}

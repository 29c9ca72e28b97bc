//! Makes the file, its schema and its connections.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use diesel::{SqliteConnection, connection::SimpleConnection as _, result::Error};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::{
    connections::Connections,
    place::{MEMORY, Place, Purpose},
};
use crate::store::{OpenError, migrations};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// How long a start waits for another process that starts.
const START: Duration = Duration::from_secs(30);

/// Opens the database at `path`.
pub(super) fn open(path: &Path) -> Result<Connections, OpenError> {
    let shown = path.display();
    let failed = |reason: &dyn std::fmt::Display| OpenError::Unavailable(format!("can't open {shown}: {reason}"));
    let place = if path == Path::new(MEMORY) {
        Place::Memory
    } else {
        make_file(path).map_err(|error| failed(&error))?;
        Place::File(name(path).map_err(|error| failed(&error))?)
    };
    let mut writer = place.connect(Purpose::Write).map_err(|error| failed(&error))?;
    let connection = writer.until(Arc::default());
    use_wal(connection).map_err(|error| failed(&error))?;
    let ran = connection.exclusive_transaction(|connection| migrations::bring_up(connection, MIGRATIONS))?;
    log::info!(store = "sqlite", migrations = ran; "database migrated");
    Ok(Connections::new(place, writer))
}

/// Makes the file and its folder where they are missing. What was captured of requests is the owner's alone.
fn make_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The path as a name that SQLite and diesel take for nothing but a path.
fn name(path: &Path) -> Result<String, &'static str> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    absolute.into_os_string().into_string().map_err(|_| "the path is no UTF-8")
}

/// Sets what a file keeps: the write-ahead log, and free pages that can be given back. Changing the journal fails at once
/// while another process does the same.
fn use_wal(connection: &mut SqliteConnection) -> Result<(), Error> {
    let began = Instant::now();
    loop {
        match connection.batch_execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;") {
            Err(error) if error.to_string().contains("locked") && began.elapsed() < START => {
                thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
}

//! Creation of the file, its schema and its connections.

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
    location::{DatabaseLocation, MEMORY, Purpose},
};
use crate::store::{OpenError, opening};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Time that a start waits for another process that is starting.
const START: Duration = Duration::from_secs(30);

/// Opens the database at `path`.
pub(super) fn open(path: &Path) -> Result<Connections, OpenError> {
    let shown = path.display();
    let failed = |reason: &dyn std::fmt::Display| OpenError::Unavailable(format!("can't open {shown}: {reason}"));
    let place = if path == Path::new(MEMORY) {
        DatabaseLocation::Memory
    } else {
        make_file(path).map_err(|error| failed(&error))?;
        DatabaseLocation::File(name(path).map_err(|error| failed(&error))?)
    };
    let writer = |purpose| {
        let mut writer = place.connect(purpose).map_err(|error| failed(&error))?;
        let connection = writer.until(Arc::default());
        use_wal(connection).map_err(|error| failed(&error))?;
        let ran = connection.exclusive_transaction(|connection| opening::bring_up(connection, MIGRATIONS))?;
        Ok::<_, OpenError>((writer, ran))
    };
    let (audit, ran) = writer(Purpose::Write)?;
    let connections = match &place {
        DatabaseLocation::Memory => Connections::in_memory(audit, writer(Purpose::WriteIdentity)?.0),
        DatabaseLocation::File(_) => Connections::to_file(place.clone(), audit),
    };
    log::info!(store = "sqlite", migrations = ran; "database migrated");
    Ok(connections)
}

/// Creates the file and its folder if missing. Captured requests are readable by the owner alone.
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

/// Returns the path in a form that SQLite and diesel can't take for anything else.
fn name(path: &Path) -> Result<String, &'static str> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    absolute.into_os_string().into_string().map_err(|_| "the path is not UTF-8")
}

/// Sets persistent options: the write-ahead log, and free pages that can be returned to the file system. Changing the
/// journal fails at once while another process does the same.
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

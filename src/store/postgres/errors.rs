//! What an error of the database means for the batch that met it.

use actors::store::StoreError;
use tokio_postgres::{Error, error::SqlState};

use crate::error_chain::error_chain;

/// Classes of SQLSTATE that blame the data: data exception, integrity, program limit (an index entry that is too long).
const OF_DATA: [&str; 3] = ["22", "23", "54"];

/// Says whether the data is to blame or the database.
pub(super) fn classify(error: &Error) -> StoreError {
    let blames_data = error.code().is_some_and(|state| {
        OF_DATA.contains(&&state.code()[..2])
            || *state == SqlState::DATATYPE_MISMATCH
            || *state == SqlState::UNDEFINED_FUNCTION
    });
    if blames_data { StoreError::Data(describe(error)) } else { StoreError::Unavailable(describe(error)) }
}

/// True when the partition of the day is not there, or not any more.
pub(super) fn lacks_partition(error: &Error) -> bool {
    error.code().is_some_and(|state| *state == SqlState::UNDEFINED_TABLE || *state == SqlState::CHECK_VIOLATION)
}

/// True when a row of the same key is there.
pub(super) fn is_duplicate(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// True when a part of the rollups was to be replaced that is gone.
pub(super) fn is_stale_part(error: &Error) -> bool {
    error.code() == Some(&SqlState::DIVISION_BY_ZERO)
}

/// True when the transaction failed before the statement that this is about.
pub(super) fn is_aftermath(error: &Error) -> bool {
    error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
}

/// All that is known of it but the rows: a server's `DETAIL` quotes values, so it is left out.
pub(super) fn describe(error: &Error) -> String {
    if let Some(db) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", db.message(), db.code().code());
    }
    error_chain(error)
}

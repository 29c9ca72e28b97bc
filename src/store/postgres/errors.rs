//! Classification of database errors for the batch that met them.

use actors::store::StoreError;
use tokio_postgres::{Error, error::SqlState};

use crate::error_chain::error_chain;

/// SQLSTATE classes that blame the data: data exception, integrity constraint violation, program limit exceeded (index
/// entry too long).
const OF_DATA: [&str; 3] = ["22", "23", "54"];

/// Tells errors of the data from errors of the database.
pub(super) fn classify(error: &Error) -> StoreError {
    let blames_data = error.code().is_some_and(|state| {
        OF_DATA.contains(&&state.code()[..2])
            || *state == SqlState::DATATYPE_MISMATCH
            || *state == SqlState::UNDEFINED_FUNCTION
    });
    if blames_data { StoreError::Data(describe(error)) } else { StoreError::Unavailable(describe(error)) }
}

/// Returns true when the partition of the day does not exist (any more).
pub(super) fn lacks_partition(error: &Error) -> bool {
    error.code().is_some_and(|state| *state == SqlState::UNDEFINED_TABLE || *state == SqlState::CHECK_VIOLATION)
}

/// Returns true when a row with the same key exists.
pub(super) fn is_duplicate(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Returns true when a part of the rollups to be replaced is gone.
pub(super) fn is_stale_part(error: &Error) -> bool {
    error.code() == Some(&SqlState::DIVISION_BY_ZERO)
}

/// Returns true when the transaction had failed before this statement.
pub(super) fn is_aftermath(error: &Error) -> bool {
    error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
}

/// Describes the error without values of rows: the server's `DETAIL` quotes them, so it is omitted.
pub(super) fn describe(error: &Error) -> String {
    if let Some(db) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", db.message(), db.code().code());
    }
    error_chain(error)
}

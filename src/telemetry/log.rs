//! Logging with `log` and env_logger to standard error, as text (logfmt) or JSON, one line per event.

use std::{
    io::{self, Write as _},
    panic,
    sync::OnceLock,
};

use env_logger::{Builder, Target, fmt::Formatter};
use log::{
    LevelFilter, Record,
    kv::{self, Key, Value, VisitSource},
};

use super::{logfmt, pipe::Pipe};

static PIPE: OnceLock<Pipe> = OnceLock::new();
static FORMAT: OnceLock<Format> = OnceLock::new();

/// Format of lines, set by `LOG_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `<time> <LEVEL> <message> key=value …`
    Text,
    /// One JSON object.
    Json,
}

/// Errors of the set-up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// An unknown level.
    #[error("LOG_LEVEL is {0:?}; use one of error, warn, info, debug, trace, off")]
    Level(String),
    /// An unknown format.
    #[error("LOG_FORMAT is {0:?}; use text or json")]
    Format(String),
    /// The writer thread can't be started.
    #[error("log thread: {0}")]
    Thread(#[from] io::Error),
    /// A logger is already set up.
    #[error("logging is set up already")]
    Twice(#[from] log::SetLoggerError),
}

/// Sets up logging from `RUST_LOG`, or `LOG_LEVEL` (default info), and `LOG_FORMAT` (default text).
///
/// # Errors
/// [`LogError`] for an unknown value, or when logging can't start.
pub fn start(variable: impl Fn(&str) -> Option<String>) -> Result<(), LogError> {
    let format = match variable("LOG_FORMAT").as_deref() {
        None | Some("" | "text") => Format::Text,
        Some("json") => Format::Json,
        Some(other) => return Err(LogError::Format(other.to_owned())),
    };
    let level = match variable("LOG_LEVEL").as_deref() {
        None | Some("") => LevelFilter::Info,
        Some(text) => text.parse().map_err(|_| LogError::Level(text.to_owned()))?,
    };
    let pipe = Pipe::start(io::stderr())?;
    let mut builder = Builder::new();
    builder.filter_level(level);
    for library in ["actix_server", "rustls"] {
        builder.filter_module(library, level.min(LevelFilter::Warn));
    }
    // It logs each malformed request as an error; the server has its own log line for those.
    let http = if level >= LevelFilter::Debug { LevelFilter::Warn } else { LevelFilter::Off };
    builder.filter_module("actix_http", http);
    if let Some(filters) = variable("RUST_LOG").filter(|filters| !filters.is_empty()) {
        builder.parse_filters(&filters);
    }
    builder.target(Target::Pipe(Box::new(pipe.clone()))).format(move |out, record| match format {
        Format::Text => logfmt::write(out, record),
        Format::Json => json(out, record),
    });
    builder.try_init()?;
    let _ = (PIPE.set(pipe), FORMAT.set(format));
    panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        log::error!(panic:% = info.payload_as_str().unwrap_or("no message"), at = at.as_str(); "panic");
    }));
    Ok(())
}

/// Returns the format of lines; text until logging is set up.
#[must_use]
pub fn format() -> Format {
    FORMAT.get().copied().unwrap_or(Format::Text)
}

/// Waits until all lines so far are written. Must be called before the process ends.
pub fn flush() {
    if let Some(pipe) = PIPE.get() {
        pipe.flush_all();
    }
}

fn json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut line = serde_json::Map::new();
    line.insert("time".into(), out.timestamp_millis().to_string().into());
    line.insert("level".into(), record.level().as_str().into());
    line.insert("target".into(), record.target().into());
    line.insert("message".into(), record.args().to_string().into());
    record.key_values().visit(&mut Fields(&mut line)).map_err(io::Error::other)?;
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

struct Fields<'a>(&'a mut serde_json::Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let value = if let Some(number) = value.to_u64() {
            number.into()
        } else if let Some(number) = value.to_i64() {
            number.into()
        } else if let Some(truth) = value.to_bool() {
            truth.into()
        } else if let Some(number) = value.to_f64() {
            number.into()
        } else {
            value.to_string().into()
        };
        self.0.insert(key.as_str().to_owned(), value);
        Ok(())
    }
}

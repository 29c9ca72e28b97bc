//! State shared by the connections of one worker thread.

use std::{rc::Rc, time::Duration};

use super::{Limits, refuse::Refusals};
use crate::http::{AppPaths, stop::Stop};

/// Limits and options of a connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionSettings {
    /// Limits of a head.
    pub head: Limits,
    /// Longest time for the head of a request, and for a TLS handshake.
    pub read_header_timeout: Duration,
    /// Longest wait for the next bytes of a body.
    pub body_timeout: Duration,
    /// Longest time in which a client accepts no byte of the response.
    pub write_timeout: Duration,
    /// Longest time between a response and the next request.
    pub keep_alive: Duration,
    /// Most requests on one connection; 0 for no limit.
    pub max_requests: u64,
    /// Whether a client that closes its sending side still gets the response.
    pub answer_half_closed: bool,
    /// Whether an `Expect` other than `100-continue` is refused with 417.
    pub refuse_unknown_expect: bool,
}

/// The application, the settings, and the stop signal.
pub(in crate::http) struct Worker<S> {
    pub(in crate::http) app: S,
    pub(in crate::http) app_paths: AppPaths,
    pub(in crate::http) settings: ConnectionSettings,
    pub(in crate::http) refusals: Refusals,
    pub(in crate::http) stop: Rc<Stop>,
}

//! Conduct: what a proxy does with connections, time and attempts. A faithful proxy has none of it.

/// When a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// The response has status 503.
    Unavailable,
    /// The upstream ended or reset the connection before it answered.
    Gone,
    /// The upstream has not answered within a unit of time.
    Late,
    /// The upstream ended the connection in the middle of its response.
    Broken,
}

/// Sending a request again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// When.
    pub(crate) when: When,
    /// Says whether requests with an unsafe method (POST, PATCH) are the ones; else the safe ones and PUT, DELETE.
    pub(crate) unsafe_ones: bool,
    /// Most further attempts.
    pub(crate) times: u32,
    /// Tenths of a unit between attempts.
    pub(crate) spacing: u32,
    /// Says whether further attempts lose the body.
    pub(crate) without_body: bool,
    /// Says whether attempts carry their number in `X-Attempt`.
    pub(crate) marked: bool,
}

/// How often and when by default: at once, twice, whole.
pub(crate) const RETRY: Retry =
    Retry { when: When::Unavailable, unsafe_ones: false, times: 2, spacing: 0, without_body: false, marked: false };

/// Deviations of a proxy in time, connections and attempts. Times are in units (1 s unless told otherwise).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conduct {
    /// Answers 504 when the upstream has not begun to answer within so many units.
    pub(crate) first_byte: Option<u32>,
    /// Cuts a response when so many units pass without a byte.
    pub(crate) between: Option<u32>,
    /// Cuts or answers 504 so many units after the request, though bytes flow.
    pub(crate) total: Option<u32>,
    /// Says whether a response cut by a timeout gets a proper end.
    pub(crate) looks_whole: bool,
    /// Says whether the upstream goes on undisturbed after a timeout.
    pub(crate) untold: bool,
    /// Answers 408 when a head is not complete within so many units.
    pub(crate) head_within: Option<u32>,
    /// Closes a client's connection that is idle for so many units.
    pub(crate) client_idle: Option<u32>,
    /// Closes the upstream's connection when it is idle for so many units.
    pub(crate) upstream_idle: Option<u32>,
    /// Cuts an upgraded connection when so many units pass without a byte from the upstream.
    pub(crate) tunnel_idle: Option<u32>,
    /// Answers 504 when the upstream does not take the request's bytes for so many units.
    pub(crate) write_within: Option<u32>,
    /// Drops the exchange when the client closes its sending side.
    pub(crate) half_close_drops: bool,
    /// Doesn't tell the upstream that the client has left.
    pub(crate) hides_leaving: bool,
    /// Fills up the body of a client that left half-way.
    pub(crate) fills_up: bool,
    /// Ends with FIN what the upstream ended with RST.
    pub(crate) reset_to_fin: bool,
    /// Answers 502 when the upstream ends the connection without an answer.
    pub(crate) gone_is_502: bool,
    /// Answers 502 with its own page when the upstream's bytes are no HTTP.
    pub(crate) garbage_is_502: bool,
    /// Sends a PROXY protocol line to the upstream.
    pub(crate) preface: bool,
    /// Opens one more connection to the upstream, without a request.
    pub(crate) extra: bool,
    /// Asks the upstream for `/healthz` every unit.
    pub(crate) probes: bool,
    /// Refuses clients with 503 while so many connections are open.
    pub(crate) most: Option<usize>,
    /// Opens a new upstream connection for each request.
    pub(crate) each_its_own: bool,
    /// Keeps the client's connection when the upstream closes its own.
    pub(crate) keeps_client: bool,
    /// Keeps upstream connections for other clients.
    pub(crate) pool: bool,
    /// Doesn't look whether a kept connection is still good.
    pub(crate) stale: bool,
    /// Gives bytes that come after a response to whoever gets the connection next.
    pub(crate) leftovers: bool,
    /// Forwards a request only after the previous response is complete.
    pub(crate) one_at_a_time: bool,
    /// Forgets requests that were sent ahead.
    pub(crate) drops_ahead: bool,
    /// Says 100 by itself, and drops the upstream's.
    pub(crate) says_continue: bool,
    /// Doesn't forward the body until the upstream has said 100.
    pub(crate) waits_for_continue: bool,
    /// Answers 502 when the upstream answers before it has the whole request.
    pub(crate) early_is_502: bool,
    /// Stops forwarding the request once the upstream has answered.
    pub(crate) stops_at_answer: bool,
    /// Holds the response until the request is complete.
    pub(crate) half_duplex: bool,
    /// Reads the response as fast as it comes, whatever the client takes.
    pub(crate) reads_ahead: bool,
    /// Sends every request a second time, and drops that response.
    pub(crate) mirrors: bool,
    /// Follows redirects itself.
    pub(crate) follows: bool,
    /// Sends requests again.
    pub(crate) retry: Option<Retry>,
    /// Answers 503 for a unit after so many responses with 5xx in a row.
    pub(crate) circuit: Option<u32>,
    /// Answers 429 after so many requests within a unit.
    pub(crate) rate: Option<u32>,
    /// Refuses a body that is longer than this with 413, as soon as that is known.
    pub(crate) body_limit: Option<u64>,
    /// Refuses a response head that is longer than this with 502.
    pub(crate) head_limit: Option<usize>,
    /// Drops bytes that come when no response is due.
    pub(crate) drops_unasked: bool,
}

/// The conduct of a faithful proxy.
pub(crate) const FAITHFUL: Conduct = Conduct {
    first_byte: None,
    between: None,
    total: None,
    looks_whole: false,
    untold: false,
    head_within: None,
    client_idle: None,
    upstream_idle: None,
    tunnel_idle: None,
    write_within: None,
    half_close_drops: false,
    hides_leaving: false,
    fills_up: false,
    reset_to_fin: false,
    gone_is_502: false,
    garbage_is_502: false,
    preface: false,
    extra: false,
    probes: false,
    most: None,
    each_its_own: false,
    keeps_client: false,
    pool: false,
    stale: false,
    leftovers: false,
    one_at_a_time: false,
    drops_ahead: false,
    says_continue: false,
    waits_for_continue: false,
    early_is_502: false,
    stops_at_answer: false,
    half_duplex: false,
    reads_ahead: false,
    mirrors: false,
    follows: false,
    retry: None,
    circuit: None,
    rate: None,
    body_limit: None,
    head_limit: None,
    drops_unasked: false,
};

impl Conduct {
    /// Says whether the upstream's connection may be another than the client's first one.
    pub(crate) fn replaces_upstream(&self) -> bool {
        self.upstream_idle.is_some()
            || self.each_its_own
            || self.keeps_client
            || self.pool
            || self.retry.is_some()
            || self.follows
    }

    /// Says whether the bytes of requests are kept until they are answered.
    pub(crate) fn records(&self) -> bool {
        self.retry.is_some() || self.follows || self.mirrors
    }
}

use std::time::Duration;

/// Everything that is limited at this boundary, but for the frames of the web-chat socket, which have
/// [limits of their own](parlor_webchat::Limits). The defaults are for a server that strangers can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest body of a request, in bytes. The longest message has 65,536 bytes and may be four times as long
    /// with everything in it escaped.
    pub body_bytes: usize,
    /// How long a body may take to arrive (threat T8).
    pub body_within: Duration,
    /// How long the whole of an uploaded file may take to arrive; each part of it has the time of the limit before. A
    /// file of 20 MB comes in time at 17 kB a second.
    pub upload_within: Duration,
    /// How long the head of a request may take to arrive, from the first moment of the connection or the end of the
    /// answer before (threat T8). So it is also how long an idle connection is kept.
    pub head_within: Duration,
    /// The largest head of a request, in bytes.
    pub head_bytes: usize,
    /// How many headers a request may have.
    pub headers: usize,
    /// How much of a connection's data is buffered, in bytes.
    pub connection_buffer: usize,
    /// How many connections are served at once; more wait to be accepted.
    pub connections: usize,
    /// How long a peer may take no data while there is some for it; then the connection is closed.
    pub stalled_for: Duration,
    /// How long requests may go on after the server was told to stop (guarantee G25).
    pub drain: Duration,
    /// How many web-chat sockets may be open at once.
    pub sockets: usize,
    /// How many of them from one address.
    pub sockets_per_address: usize,
    /// How many new web-chat sessions may begin from one address in [`sessions_within`](Self::sessions_within).
    pub sessions_per_address: u32,
    /// The time of the limit before.
    pub sessions_within: Duration,
    /// How long a browser may take to accept a frame; then its socket is closed (r98).
    pub frame_within: Duration,
    /// How many entries of a transcript are read and sent at a time.
    pub backlog_page: usize,
    /// How many requests an agent may make in a second, in the long run.
    pub agent_requests_per_second: u32,
    /// How many at once after a rest: a desk that starts or comes back reads a lot.
    pub agent_request_burst: u32,
    /// How many sign-ins may fail from one address within [`sign_in_within`](Self::sign_in_within).
    pub sign_in_failures: u32,
    /// The time of the limit before.
    pub sign_in_within: Duration,
    /// How long a session of an agent lasts at the most.
    pub session_lifetime: Duration,
    /// How long it lasts without being used; an open feed is use.
    pub session_idle: Duration,
    /// How often at the most its use is written down.
    pub session_touch: Duration,
    /// How long a one-time sign-in link works.
    pub link_lifetime: Duration,
    /// How often a feed says that it is still there when it has nothing to say.
    pub feed_keep_alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 256 * 1024,
            body_within: Duration::from_secs(10),
            upload_within: Duration::from_mins(20),
            head_within: Duration::from_secs(5),
            head_bytes: 16 * 1024,
            headers: 100,
            connection_buffer: 64 * 1024,
            connections: 20_000,
            stalled_for: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            sockets: 10_000,
            sockets_per_address: 20,
            sessions_per_address: 10,
            sessions_within: Duration::from_mins(1),
            frame_within: Duration::from_secs(10),
            backlog_page: 100,
            agent_requests_per_second: 50,
            agent_request_burst: 250,
            sign_in_failures: 5,
            sign_in_within: Duration::from_mins(15),
            session_lifetime: Duration::from_hours(12),
            session_idle: Duration::from_hours(1),
            session_touch: Duration::from_mins(1),
            link_lifetime: Duration::from_hours(24),
            feed_keep_alive: Duration::from_secs(15),
        }
    }
}

impl Limits {
    /// For a server that only this machine can reach, or only through a proxy on it: everybody has the same address
    /// there, so what is limited per address would be limited for all together.
    #[must_use]
    pub fn on_loopback() -> Self {
        Self {
            sockets_per_address: 10_000,
            sessions_per_address: 100_000,
            sign_in_failures: 1_000,
            agent_requests_per_second: 5_000,
            agent_request_burst: 10_000,
            ..Self::default()
        }
    }
}

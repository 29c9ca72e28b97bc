//! The pump from the client to the upstream.

use std::time::Duration;

use tokio::time::Instant;

use crate::cache::Reuse;
use crate::connection::{Asked, Connection};
use crate::editor::Out;
use crate::fault::{About, Answer, Commit};
use crate::http1::{Event, Framing, Head, Parser};
use crate::socket::{PIECE, Socket, Stop};

/// Units that a client has to take an answer after which the connection ends.
const LINGER: u32 = 5;

/// Forwards requests until the client closes its sending side.
pub(crate) async fn pump(connection: &Connection) -> Result<(), Stop> {
    Pump { connection, parser: Parser::new(), asked: Head::parse(b""), swallows: false, body: 0, head_since: None }
        .run()
        .await
}

struct Pump<'a> {
    connection: &'a Connection,
    parser: Parser,
    asked: Head,
    swallows: bool,
    body: u64,
    head_since: Option<Instant>,
}

impl Pump<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        let mut editor = connection.shared.request_editor();
        let mut buffer = vec![0; PIECE];
        loop {
            let length = self.read(&mut buffer).await?;
            if connection.discards.is() {
                if length == 0 {
                    return Ok(());
                }
                continue;
            }
            if connection.tunnel.is() {
                self.parser.tunnel();
            }
            let fill = if length == 0 && conduct.fills_up { self.parser.missing() } else { 0 };
            self.parser.feed(buffer.get(..length).unwrap_or_default());
            let mut closing = if length == 0 { self.parser.close() } else { Vec::new() }.into_iter();
            let mut out = Out::default();
            while let Some(event) = self.parser.next().or_else(|| closing.next()) {
                let ends = event == Event::End;
                if matches!(&event, Event::Head(head) if head.start.text == b"PRI * HTTP/2.0") {
                    // Prior-knowledge HTTP/2: its frames are none of an HTTP/1 fault's business.
                    connection.tunnel.set(true);
                    self.parser.tunnel();
                    editor.on(Event::Raw(take_raw(&event)), &self.asked, &mut out);
                    continue;
                }
                if let Event::Head(head) = event {
                    self.parser.body(Framing::of_request(&head));
                    connection.to_upstream(&std::mem::take(&mut out.bytes)).await?;
                    self.body = 0;
                    self.swallows = !self.admit(&head).await?;
                    if self.swallows {
                        continue;
                    }
                    self.asked = head.clone();
                    editor.on(Event::Head(self.edited(head)), &self.asked, &mut out);
                    if conduct.waits_for_continue && self.asked.has("Expect") {
                        connection.to_upstream(&std::mem::take(&mut out.bytes)).await?;
                        while !connection.continued.is() {
                            connection.landed.notified().await;
                        }
                    }
                    continue;
                }
                if let Event::Data(data) = &event {
                    self.body += data.len() as u64;
                    if conduct.body_limit.is_some_and(|most| self.body > most) && !self.swallows {
                        self.refuse(&Answer::last("413 Content Too Large", "", "too large\n")).await?;
                        break;
                    }
                }
                if conduct.stops_at_answer && connection.begun.is() && !self.swallows && !ends {
                    self.swallows = true;
                    connection.finish_upstream();
                }
                if self.swallows {
                    continue;
                }
                editor.on(event, &self.asked, &mut out);
                if ends {
                    connection.to_upstream(&std::mem::take(&mut out.bytes)).await?;
                    self.complete();
                }
            }
            self.send(&out.bytes).await?;
            if fill > 0 {
                connection.to_upstream(&vec![b' '; usize::try_from(fill).unwrap_or_default()]).await?;
            }
            if out.close {
                connection.finish_upstream();
                return Ok(());
            }
            if length == 0 {
                return self.ended();
            }
        }
    }

    async fn send(&self, bytes: &[u8]) -> Result<(), Stop> {
        let connection = self.connection;
        let Some(units) = connection.shared.conduct.write_within else {
            return connection.to_upstream(bytes).await;
        };
        match tokio::time::timeout(connection.shared.units(units), connection.to_upstream(bytes)).await {
            Ok(sent) => sent,
            Err(_) => {
                let answer = Answer::last("504 Gateway Timeout", "", "upstream does not read\n");
                connection.give(&answer, self.asked.method()).await?;
                connection.set_upstream(None);
                Ok(())
            }
        }
    }

    /// Reads from the client within the times of the conduct.
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Stop> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        let between = self.parser.between();
        if between {
            self.head_since = None;
        }
        let (limit, read) = loop {
            let limit = self.limit(between);
            let until = limit.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
            tokio::select! {
                read = tokio::time::timeout_at(until, connection.client.read(buffer)) => break (limit, read),
                // The time without a request begins when the last response ends.
                () = connection.landed.notified(), if conduct.client_idle.is_some() => {}
            }
        };
        match read {
            Ok(Ok(length)) => Ok(length),
            Ok(Err(_)) if conduct.hides_leaving => Ok(0),
            Ok(Err(_)) => Err(Stop::Reset),
            Err(_) if limit.is_none() => Err(Stop::Close),
            Err(_) if connection.discards.is() || between => Err(Stop::Close),
            Err(_) => {
                self.refuse(&Answer::last("408 Request Timeout", "", "head too slow\n")).await?;
                Ok(0)
            }
        }
    }

    /// When the conduct loses its patience with the client.
    fn limit(&mut self, between: bool) -> Option<Instant> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        if connection.discards.is() {
            Some(Instant::now() + connection.shared.units(LINGER))
        } else if between && connection.is_idle() {
            conduct.client_idle.map(|units| Instant::now() + connection.shared.units(units))
        } else if self.parser.in_head() {
            let since = *self.head_since.get_or_insert_with(Instant::now);
            conduct.head_within.map(|units| since + connection.shared.units(units))
        } else {
            None
        }
    }

    fn edited(&self, mut head: Head) -> Head {
        if let Commit::RequestHead(edit) | Commit::Exchange(edit, _) = self.connection.shared.fault.commit {
            let upstream = self.connection.shared.upstream.to_string();
            let number = self.connection.shared.requests.load(std::sync::atomic::Ordering::Relaxed);
            edit(&mut head, &About { client: &self.connection.client_ip, upstream: &upstream, number });
            self.connection.flight(|flight| {
                if let Some(asked) = flight.back_mut() {
                    asked.method = head.method().to_vec();
                }
            });
        }
        head
    }

    /// Decides about a request whose head has come: `false` when it was answered here.
    async fn admit(&mut self, head: &Head) -> Result<bool, Stop> {
        let connection = self.connection;
        let shared = &connection.shared;
        let conduct = &shared.conduct;
        let number = shared.requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        if conduct.drops_ahead && !connection.is_idle() {
            return Ok(false);
        }
        if conduct.one_at_a_time || conduct.each_its_own {
            connection.idle().await;
        }
        if let Some(answer) = self.own_answer(head, number).await {
            connection.idle().await;
            connection.give(&answer, head.method()).await?;
            if answer.close {
                connection.finish_upstream();
            }
            return Ok(false);
        }
        if conduct.says_continue && head.has("Expect") {
            connection.to_client(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        if conduct.replaces_upstream() && connection.upstream().0.is_none() {
            match Socket::connect(shared.upstream).await {
                Ok(upstream) => connection.set_upstream(Some(upstream)),
                Err(_) => return Err(Stop::Close),
            }
        }
        connection.continued.set(false);
        connection.flight(|flight| {
            let (sent, complete) = (Vec::new(), false);
            let (head, method) = (head.clone(), head.method().to_vec());
            flight.push_back(Asked { head, method, since: Instant::now(), sent, complete, attempts: 0 });
        });
        connection.changed.notify_one();
        Ok(true)
    }

    async fn own_answer(&self, head: &Head, number: u64) -> Option<Answer> {
        let shared = &self.connection.shared;
        let conduct = &shared.conduct;
        if shared.circuit_open() {
            return Some(Answer::new("503 Service Unavailable", "", "circuit open\n"));
        }
        if conduct.rate.is_some_and(|most| shared.too_many(most)) {
            return Some(Answer::new("429 Too Many Requests", "Retry-After: 1\r\n", "slow down\n"));
        }
        let length: u64 = head.text("Content-Length").parse().unwrap_or_default();
        if conduct.body_limit.is_some_and(|most| length > most) {
            return Some(Answer::last("413 Content Too Large", "", "too large\n"));
        }
        match shared.fault.commit {
            Commit::Answer(answers) => {
                let upstream = shared.upstream.to_string();
                answers(head, &About { client: &self.connection.client_ip, upstream: &upstream, number })
            }
            Commit::Cache(rules) => {
                let key = (rules.key)(head)?;
                let stored = match rules.reuse {
                    Reuse::Always => shared.store.get(&key)?,
                    Reuse::OnError => return None,
                    Reuse::NotModified => {
                        let stored = Head::parse(&shared.store.get(&key)?);
                        let same = stored.has("ETag") && stored.get("ETag") == head.get("If-None-Match");
                        return same
                            .then(|| Answer { bytes: b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(), close: false });
                    }
                    Reuse::Meanwhile => shared.join(&key)?.await.ok()?,
                };
                Some(Answer { bytes: stored, close: false })
            }
            _ => None,
        }
    }

    /// Refuses the request that is coming in, and ends the connection.
    async fn refuse(&mut self, answer: &Answer) -> Result<(), Stop> {
        let connection = self.connection;
        connection.give(answer, self.asked.method()).await?;
        connection.flight(std::collections::VecDeque::clear);
        connection.finish_upstream();
        self.swallows = true;
        Ok(())
    }

    /// Notes that a request was forwarded to its end.
    fn complete(&self) {
        let connection = self.connection;
        let sent = connection.flight(|flight| {
            let asked = flight.back_mut()?;
            asked.complete = true;
            Some(asked.sent.clone())
        });
        connection.changed.notify_one();
        if connection.shared.conduct.mirrors
            && let Some(sent) = sent
        {
            tokio::spawn(mirror(connection.shared.upstream, sent));
        }
    }

    /// Passes on that the client has closed its sending side.
    fn ended(&self) -> Result<(), Stop> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        connection.client_done.set(true);
        connection.changed.notify_one();
        if conduct.half_close_drops && !connection.is_idle() {
            return Err(Stop::Close);
        }
        if conduct.fills_up {
            self.complete();
        } else if !conduct.hides_leaving && !conduct.pool {
            connection.finish_upstream();
        }
        Ok(())
    }
}

/// The bytes of an event.
fn take_raw(event: &Event) -> Vec<u8> {
    let mut raw = Vec::new();
    event.write(&mut raw);
    raw
}

/// Sends a request once more and drops what comes back.
async fn mirror(upstream: std::net::SocketAddr, request: Vec<u8>) {
    let Ok(socket) = Socket::connect(upstream).await else { return };
    if socket.write(&request).await.is_ok() {
        socket.finish();
        let mut buffer = vec![0; PIECE];
        while socket.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
    }
}

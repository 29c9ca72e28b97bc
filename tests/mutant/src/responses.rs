//! The pump from the upstream to the client.

use std::time::Duration;

use tokio::time::Instant;

use crate::again::{again, follow};
use crate::cache::Reuse;
use crate::conduct::When;
use crate::connection::Connection;
use crate::editor::{Editor, Out};
use crate::fault::{Answer, Commit};
use crate::http1::{Event, Framing, Head, Parser};
use crate::shared::{Kept, lock};
use crate::socket::{PIECE, Stop};

/// Forwards responses until the upstream closes its sending side.
pub(crate) async fn pump(connection: &Connection) -> Result<(), Stop> {
    let parser = Parser::new();
    let editor = connection.shared.response_editor();
    let (asked, last) = (Head::parse(b""), Instant::now());
    Pump { connection, parser, editor, asked, interim: false, middle: false, skips: false, last, copy: None, seen: 0 }
        .run()
        .await
}

struct Pump<'a> {
    connection: &'a Connection,
    parser: Parser,
    editor: Box<dyn Editor>,
    /// Head of the request that is answered.
    asked: Head,
    /// The message is an interim response.
    interim: bool,
    /// A final head was seen, and its end not yet.
    middle: bool,
    /// The rest of the message is dropped.
    skips: bool,
    /// When the last byte came.
    last: Instant,
    /// Key and bytes of a response that is to be stored.
    copy: Option<(Vec<u8>, Vec<u8>)>,
    /// Number of the upstream connection that the parser's bytes are from.
    seen: u64,
}

/// What follows from an event.
enum Next {
    /// Go on.
    On,
    /// The upstream connection was replaced: forget the rest of the bytes.
    Anew,
    /// This direction is over.
    Over,
}

impl Pump<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        let connection = self.connection;
        let mut buffer = vec![0; PIECE];
        loop {
            let (upstream, generation) = connection.upstream();
            if generation != self.seen {
                self.anew(generation);
            }
            if connection.shared.conduct.replaces_upstream() && connection.client_done.is() && connection.is_idle() {
                connection.finish_client();
                return Err(Stop::Close);
            }
            let deadline = self.deadline();
            let until = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
            let read = async {
                match &upstream {
                    Some(upstream) => upstream.read(&mut buffer).await,
                    None => std::future::pending().await,
                }
            };
            let next = tokio::select! {
                biased;
                read = read => match read {
                    Ok(length) if length > 0 => {
                        self.last = Instant::now();
                        if connection.tunnel.is() {
                            self.parser.tunnel();
                        }
                        self.parser.feed(buffer.get(..length).unwrap_or_default());
                        self.forward().await?
                    }
                    Ok(_) => self.ended(false).await?,
                    Err(_) => self.ended(true).await?,
                },
                () = connection.changed.notified() => {
                    if !connection.is_idle() {
                        let leftover = std::mem::take(&mut *lock(&connection.leftover));
                        self.parser.feed(&leftover);
                    }
                    self.forward().await?
                }
                () = tokio::time::sleep_until(until), if deadline.is_some() => self.late().await?,
            };
            if matches!(next, Next::Over) {
                return Ok(());
            }
        }
    }

    fn anew(&mut self, generation: u64) {
        self.seen = generation;
        self.parser = Parser::new();
        (self.interim, self.middle, self.skips) = (false, false, false);
        self.last = Instant::now();
    }

    /// Takes the parser's events and sends what the editor makes of them.
    async fn forward(&mut self) -> Result<Next, Stop> {
        let mut out = Out::default();
        while let Some(event) = self.parser.next() {
            match self.take(event, &mut out).await? {
                Next::On => {}
                next => return Ok(next),
            }
            if out.close {
                return self.close_after(&out.bytes).await;
            }
        }
        self.connection.to_client(&out.bytes).await?;
        Ok(Next::On)
    }

    async fn take(&mut self, event: Event, out: &mut Out) -> Result<Next, Stop> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        if let Some((_, copy)) = &mut self.copy {
            event.write(copy);
        }
        match event {
            Event::Head(head) => return self.head(head, out).await,
            Event::End if self.interim => {
                self.interim = false;
                self.editor.on(Event::End, &self.asked, out);
            }
            Event::End => {
                if !std::mem::take(&mut self.skips) {
                    self.editor.on(Event::End, &self.asked, out);
                }
                connection.to_client(&std::mem::take(&mut out.bytes)).await?;
                self.complete();
                if conduct.each_its_own {
                    connection.set_upstream(None);
                    return Ok(Next::Anew);
                }
            }
            Event::Raw(_) if !self.middle && conduct.garbage_is_502 && !connection.tunnel.is() => {
                return self.refuse("502 Bad Gateway", "bad response\n").await;
            }
            Event::Raw(bytes) if connection.is_idle() && conduct.leftovers => lock(&connection.leftover).extend(bytes),
            Event::Raw(_) if connection.is_idle() && conduct.drops_unasked => {}
            _ if self.skips => {}
            event => self.editor.on(event, &self.asked, out),
        }
        Ok(Next::On)
    }

    async fn head(&mut self, mut head: Head, out: &mut Out) -> Result<Next, Stop> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        self.asked = connection.asked();
        let method = connection.flight(|flight| flight.front().map(|asked| asked.method.clone())).unwrap_or_default();
        let framing = Framing::of_response(&head, &method);
        if !head.start.text.starts_with(b"HTTP/") {
            if conduct.garbage_is_502 {
                return self.refuse("502 Bad Gateway", "bad response\n").await;
            }
            self.parser.body(Framing::Tunnel);
            self.editor.on(Event::Raw(head.bytes()), &self.asked, out);
            return Ok(Next::On);
        }
        self.parser.body(framing);
        connection.continued.set(true);
        connection.landed.notify_one();
        if matches!(head.status(), 100..=199) && framing != Framing::Tunnel {
            self.interim = true;
            if !(conduct.says_continue && head.status() == 100) {
                self.editor.on(Event::Head(head), &self.asked, out);
            }
            return Ok(Next::On);
        }
        if connection.is_idle() && (conduct.leftovers || conduct.drops_unasked) {
            if conduct.leftovers {
                lock(&connection.leftover).extend(head.bytes());
                self.parser.tunnel();
            }
            self.skips = true;
            return Ok(Next::On);
        }
        if conduct.head_limit.is_some_and(|most| head.bytes().len() > most) {
            return self.refuse("502 Bad Gateway", "response head too large\n").await;
        }
        if head.status() == 503 && again(connection, When::Unavailable).await? {
            return Ok(Next::Anew);
        }
        if conduct.follows && follow(connection, &head).await? {
            return Ok(Next::Anew);
        }
        let whole = || connection.flight(|flight| flight.front().is_none_or(|asked| asked.complete));
        if conduct.early_is_502 && !whole() {
            return self.refuse("502 Bad Gateway", "upstream answered too early\n").await;
        }
        while conduct.half_duplex && !whole() {
            connection.changed.notified().await;
        }
        connection.shared.answered(head.status());
        self.middle = true;
        connection.begun.set(true);
        if framing == Framing::Tunnel {
            connection.tunnel.set(true);
        }
        self.store(&head, out);
        match connection.shared.fault.commit {
            Commit::ResponseHead(edit) => edit(&mut head, &self.asked),
            // The connection to the client goes on, so the field must not say otherwise.
            _ if conduct.keeps_client && head.says("Connection", "close") => head.remove("Connection"),
            _ => {}
        }
        if !self.skips {
            self.editor.on(Event::Head(head), &self.asked, out);
        }
        Ok(Next::On)
    }

    /// Begins to keep a response for the store, or replaces it by a stored one.
    fn store(&mut self, head: &Head, out: &mut Out) {
        let shared = &self.connection.shared;
        let Commit::Cache(rules) = shared.fault.commit else { return };
        let Some(key) = (rules.key)(&self.asked) else { return };
        if rules.reuse == Reuse::OnError && head.status() >= 500 {
            if let Some(stored) = shared.store.get(&key) {
                out.send(stored);
                self.skips = true;
            }
        } else if (rules.stores)(&self.asked, head) {
            self.copy = Some((key, head.bytes()));
        } else {
            shared.part(&key, None);
        }
    }

    /// Notes that a response is complete.
    fn complete(&mut self) {
        let connection = self.connection;
        (self.middle, self.interim) = (false, false);
        if let Some((key, copy)) = self.copy.take() {
            connection.shared.part(&key, Some(&copy));
            connection.shared.store.put(key, copy);
        }
        connection.begun.set(false);
        connection.flight(|flight| flight.pop_front());
        connection.landed.notify_one();
    }

    /// The upstream has closed (or reset) its connection.
    async fn ended(&mut self, reset: bool) -> Result<Next, Stop> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        let unanswered = !connection.is_idle() && !self.middle && self.parser.between();
        if unanswered && again(connection, When::Gone).await? {
            return Ok(Next::Anew);
        }
        if unanswered && conduct.gone_is_502 {
            return self.refuse("502 Bad Gateway", "upstream closed the connection\n").await;
        }
        let cut = self.middle && !self.parser.until_close();
        if cut && again(connection, When::Broken).await? {
            return Ok(Next::Anew);
        }
        if reset && !conduct.reset_to_fin {
            return Err(Stop::Reset);
        }
        let mut out = Out::default();
        for event in self.parser.close() {
            // The end of this body is the end of the connection; nobody asks on it any more.
            let ends = event == Event::End;
            if conduct.drops_unasked && connection.is_idle() && matches!(event, Event::Raw(_)) {
                continue;
            }
            self.editor.on(event, &self.asked, &mut out);
            if ends {
                connection.to_client(&std::mem::take(&mut out.bytes)).await?;
                self.complete();
            }
        }
        connection.to_client(&out.bytes).await?;
        if conduct.replaces_upstream() && !conduct.stale && connection.is_idle() && !out.close {
            connection.set_upstream(None);
            return Ok(Next::Anew);
        }
        connection.finish_client();
        Ok(Next::Over)
    }

    /// When the conduct loses its patience.
    fn deadline(&self) -> Option<Instant> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        let after = |since: Instant, units: Option<u32>| units.map(|units| since + connection.shared.units(units));
        let Some(since) = connection.flight(|flight| flight.front().map(|asked| asked.since)) else {
            let idle = connection.upstream().0.is_some();
            return after(self.last, conduct.upstream_idle).filter(|_| idle);
        };
        if connection.tunnel.is() {
            return after(self.last, conduct.tunnel_idle);
        }
        let late = conduct.retry.is_some_and(|retry| retry.when == When::Late).then_some(1);
        let first = conduct.first_byte.or(late).filter(|_| !self.middle);
        let between = conduct.between.filter(|_| self.middle);
        [after(since, first), after(self.last, between), after(since, conduct.total)].into_iter().flatten().min()
    }

    /// The time is over.
    async fn late(&mut self) -> Result<Next, Stop> {
        let connection = self.connection;
        let conduct = &connection.shared.conduct;
        if connection.is_idle() {
            connection.set_upstream(None);
            return Ok(Next::Anew);
        }
        if !self.middle {
            if again(connection, When::Late).await? {
                return Ok(Next::Anew);
            }
            return self.refuse("504 Gateway Timeout", "upstream is too slow\n").await;
        }
        if !conduct.looks_whole {
            return Err(Stop::Reset);
        }
        let end: &[u8] = if self.parser.in_chunks() { b"0\r\n\r\n" } else { b"" };
        self.close_after(end).await
    }

    async fn close_after(&mut self, bytes: &[u8]) -> Result<Next, Stop> {
        let connection = self.connection;
        connection.to_client(bytes).await?;
        connection.discards.set(true);
        connection.finish_client();
        self.leave();
        Ok(Next::Over)
    }

    /// Answers for the upstream, and ends the connection.
    async fn refuse(&mut self, status: &str, text: &str) -> Result<Next, Stop> {
        let connection = self.connection;
        let method = self.connection.asked().method().to_vec();
        connection.give(&Answer::last(status, "", text), &method).await?;
        connection.flight(std::collections::VecDeque::clear);
        connection.landed.notify_one();
        self.leave();
        Ok(Next::Over)
    }

    /// Leaves the upstream: closes its connection, or lets it go on unseen.
    fn leave(&self) {
        let connection = self.connection;
        if connection.shared.conduct.untold
            && let (Some(upstream), _) = connection.upstream()
        {
            tokio::spawn(async move {
                let mut buffer = vec![0; PIECE];
                while upstream.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
            });
        }
        connection.set_upstream(None);
    }
}

/// Keeps the upstream's connection of a client that has left, when the conduct does so.
pub(crate) fn keep(connection: &Connection) {
    let conduct = &connection.shared.conduct;
    if conduct.pool
        && connection.is_idle()
        && let (Some(socket), _) = connection.upstream()
    {
        let leftover = std::mem::take(&mut *lock(&connection.leftover));
        if conduct.leftovers || conduct.stale || socket.is_quiet() {
            connection.shared.keep(Kept { socket, leftover });
        }
    }
}

//! Writer thread for log lines, so that requests never wait for standard error.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Maximum number of queued bytes. Further lines are dropped and counted.
const WAITING_MAX: usize = 8 * 1024 * 1024;

/// Time for collecting lines before they are written together.
const GATHER: Duration = Duration::from_millis(5);

/// Maximum wait for the last lines when the process ends.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// Queues complete lines for the writer thread. The lock is held for a copy, never for a write.
#[derive(Clone)]
pub(super) struct Pipe {
    shared: Arc<PipeState>,
}

#[derive(Default)]
struct PipeState {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    lost: u64,
    writing: bool,
}

impl Pipe {
    /// Starts the writer thread.
    ///
    /// # Errors
    /// When the thread can't be started.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(PipeState::default());
        let pipe = Self { shared: Arc::clone(&shared) };
        thread::Builder::new().name("log".into()).spawn(move || shared.write_for_ever(out))?;
        Ok(pipe)
    }

    /// Waits until all lines so far are written, at most 2 s.
    pub(super) fn flush_all(&self) {
        let waiting = self.shared.lock();
        let _ = self
            .shared
            .written
            .wait_timeout_while(waiting, FLUSH_MAX, |waiting| waiting.writing || !waiting.bytes.is_empty());
    }
}

impl PipeState {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_for_ever(&self, mut out: impl Write) {
        let mut batch = Vec::with_capacity(64 * 1024);
        loop {
            let mut waiting = self.lock();
            while waiting.bytes.is_empty() {
                waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            drop(waiting);
            // Under load, many lines share one write.
            thread::sleep(GATHER);
            let mut waiting = self.lock();
            mem::swap(&mut batch, &mut waiting.bytes);
            let lost = mem::take(&mut waiting.lost);
            waiting.writing = true;
            drop(waiting);
            // Nothing can be reported when standard error is closed.
            let _ = out.write_all(&batch);
            if lost > 0 {
                let _ = writeln!(out, "WARN log lines were dropped because standard error was too slow lost={lost}");
            }
            let _ = out.flush();
            batch.clear();
            batch.shrink_to(1024 * 1024);
            self.lock().writing = false;
            self.written.notify_all();
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.shared.lock();
        if waiting.bytes.len() + line.len() > WAITING_MAX {
            waiting.lost += 1;
            return Ok(line.len());
        }
        let first = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line);
        drop(waiting);
        if first {
            self.shared.arrived.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_whole_and_in_order() {
        let kept = Kept::default();
        let mut pipe = Pipe::start(kept.clone()).unwrap();
        for n in 0..1000 {
            writeln!(pipe, "line {n}").unwrap();
        }
        pipe.flush_all();
        let written = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let expected: String = (0..1000).map(|n| format!("line {n}\n")).collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn a_stuck_reader_costs_lines_and_not_time() {
        struct Stuck(std::sync::mpsc::Receiver<()>, Kept);
        impl Write for Stuck {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                self.1.write(bytes)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (release, stuck) = std::sync::mpsc::channel();
        let kept = Kept::default();
        let mut pipe = Pipe::start(Stuck(stuck, kept.clone())).unwrap();
        let line = [b'x'; 1024];
        for _ in 0..3 * WAITING_MAX / line.len() {
            pipe.write_all(&line).unwrap();
        }
        drop(release);
        pipe.flush_all();
        pipe.write_all(b"after").unwrap();
        pipe.flush_all();
        let written = kept.0.lock().unwrap().clone();
        let text = String::from_utf8_lossy(&written);
        assert!(text.contains(" lost="), "the loss is said");
        assert!(text.ends_with("after"));
    }
}

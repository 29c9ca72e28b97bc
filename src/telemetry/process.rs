//! Metrics of the process, with the names that Prometheus clients share.

use std::fs;

use prometheus::{
    Counter, Gauge,
    core::{Collector, Desc},
    proto::MetricFamily,
};
use rustix::param::{clock_ticks_per_second, page_size};

/// Reads `/proc/self` at each scrape; empty on systems without it.
pub(super) struct Process {
    cpu: Counter,
    resident: Gauge,
    open_fds: Gauge,
    start: Gauge,
}

impl Process {
    pub(super) fn new() -> prometheus::Result<Self> {
        Ok(Self {
            cpu: Counter::new("process_cpu_seconds_total", "User and system CPU time spent, in seconds")?,
            resident: Gauge::new("process_resident_memory_bytes", "Resident memory in bytes")?,
            open_fds: Gauge::new("process_open_fds", "Open file descriptors")?,
            start: Gauge::new("process_start_time_seconds", "Start time of the process, in seconds of the Unix epoch")?,
        })
    }

    fn parts(&self) -> [&dyn Collector; 4] {
        [&self.cpu, &self.resident, &self.open_fds, &self.start]
    }

    fn read(&self) -> Option<()> {
        // Both depend on the kernel: pages have 4, 16 or 64 KiB on arm64.
        let (ticks_per_second, page_bytes) = (clock_ticks_per_second() as f64, page_size() as f64);
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name in parentheses may contain spaces; the fields after it are numbered from 3.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<f64>().ok());
        let cpu = (field(14)? + field(15)?) / ticks_per_second;
        self.cpu.inc_by((cpu - self.cpu.get()).max(0.0));
        self.resident.set(field(24)? * page_bytes);
        let boot = fs::read_to_string("/proc/stat").ok()?;
        let boot = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse::<f64>().ok()?;
        self.start.set(boot + field(22)? / ticks_per_second);
        let open = u32::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()?;
        self.open_fds.set(f64::from(open));
        Some(())
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.parts().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        match self.read() {
            Some(()) => self.parts().into_iter().flat_map(Collector::collect).collect(),
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn resident_memory_is_what_the_kernel_says() {
        let process = Process::new().unwrap();
        process.read().unwrap();
        // The same value in KiB, independent of the page size.
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        let ratio = process.resident.get() / (kib * 1024.0);
        assert!((0.5..2.0).contains(&ratio), "{ratio}");
    }
}

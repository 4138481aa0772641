//! What the kernel says about the controller's process.

use std::fs;
use std::time::Duration;

/// A process by its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process(pub(super) u32);

impl Process {
    /// Peak of resident memory, MiB; nothing when the process is gone.
    pub(super) fn peak(self) -> Option<f64> {
        self.status("VmHWM:")
    }

    /// Resident memory, MiB; nothing when the process is gone.
    pub(super) fn resident(self) -> Option<f64> {
        self.status("VmRSS:")
    }

    /// Processor time so far, of all threads.
    pub(super) fn busy(self) -> Option<Duration> {
        busy(&fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?)
    }

    fn status(self, field: &str) -> Option<f64> {
        mebibytes(&fs::read_to_string(format!("/proc/{}/status", self.0)).ok()?, field)
    }
}

fn mebibytes(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kibibytes) / 1024.0)
}

/// User and system time of `/proc/PID/stat`, whose second field may hold spaces and brackets.
fn busy(stat: &str) -> Option<Duration> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * MILLISECONDS_OF_A_TICK))
}

/// Linux counts in hundredths of a second for programs, on every machine.
const MILLISECONDS_OF_A_TICK: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_mebibytes() {
        let status = "Name:\tcontroller\nVmHWM:\t  131072 kB\nVmRSS:\t    1536 kB\n";
        assert_eq!((mebibytes(status, "VmHWM:"), mebibytes(status, "VmRSS:")), (Some(128.0), Some(1.5)));
        assert_eq!(mebibytes("Name:\tzombie\n", "VmRSS:"), None);
    }

    #[test]
    fn processor_time_is_the_sum_of_user_and_system() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 5 0";
        assert_eq!(busy(stat), Some(Duration::from_secs(3)));
    }
}

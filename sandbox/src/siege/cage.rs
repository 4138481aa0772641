//! A control group with a memory limit for the controller's process, where the system lets us make one.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A group of our own, below the one that we are in; removed when dropped.
pub(super) struct Cage {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

impl fmt::Display for Cage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.version {
            Version::V1 => "cgroup v1",
            Version::V2 => "cgroup v2",
        })
    }
}

impl Cage {
    /// A new group limited to `mebibytes`, or nothing where that cannot be: no rights, no such controller.
    pub(super) fn make(mebibytes: u32) -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        parents(&groups).into_iter().find_map(|(version, parent)| Self::below(version, &parent, mebibytes))
    }

    fn below(version: Version, parent: &Path, mebibytes: u32) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("sandbox-siege-{}-{number}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let cage = Self { folder, version };
        let bytes = (u64::from(mebibytes) << 20).to_string();
        let limit = match version {
            Version::V1 => "memory.limit_in_bytes",
            Version::V2 => "memory.max",
        };
        fs::write(cage.folder.join(limit), bytes).ok()?;
        Some(cage)
    }

    /// A line of shell with which a process enters.
    pub(super) fn enter(&self) -> String {
        format!("echo 0 > '{}/cgroup.procs'", self.folder.display())
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        // A process that has just ended may still be counted for a moment.
        for _ in 0..50 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Groups that limit memory, of those in `/proc/self/cgroup`.
fn parents(groups: &str) -> Vec<(Version, PathBuf)> {
    let below = |root: &str, group: &str| PathBuf::from(format!("{root}{}", group.trim_end_matches('/')));
    let one = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        match (fields.next()?, fields.next()?) {
            ("", group) => Some((Version::V2, below("/sys/fs/cgroup", group))),
            (controllers, group) if controllers.split(',').any(|name| name == "memory") => {
                Some((Version::V1, below("/sys/fs/cgroup/memory", group)))
            }
            _ => None,
        }
    };
    groups.lines().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups_are_found() {
        let groups = "5:cpu,memory:/a/b\n4:cpuset:/\n0::/user.slice\n";
        let wanted = [
            (Version::V1, PathBuf::from("/sys/fs/cgroup/memory/a/b")),
            (Version::V2, PathBuf::from("/sys/fs/cgroup/user.slice")),
        ];
        assert_eq!(parents(groups), wanted);
        assert_eq!(parents("4:memory:/\n"), [(Version::V1, PathBuf::from("/sys/fs/cgroup/memory"))]);
    }
}

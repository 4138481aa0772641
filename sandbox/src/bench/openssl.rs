//! The floor: how many RSA operations OpenSSL does on all cores of this machine, right now.

use std::num::NonZeroUsize;
use std::process::Command;

use super::Failure;

/// RSA-4096 operations a second on all cores.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    /// Decryptions.
    pub(super) private: f64,
    /// Encryptions.
    pub(super) public: f64,
}

impl Rates {
    /// The better of two runs, each rate for itself.
    pub(super) fn best_of(self, other: Self) -> Self {
        Self { private: self.private.max(other.private), public: self.public.max(other.public) }
    }
}

/// How many threads the machine runs at once.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Runs `openssl speed`.
pub(super) fn measure() -> Result<Rates, Failure> {
    let cores = cores().to_string();
    let mut command = Command::new("openssl");
    command.args(["speed", "-seconds", "1", "-mr", "-multi", &cores, "rsa4096"]);
    let output = command.output().map_err(|error| format!("cannot run openssl, the yardstick: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(read(&text).ok_or_else(|| format!("`openssl speed` printed no rates:\n{text}"))?)
}

/// The last line of the machine-readable form, the sum of all processes: `+F2:index:bits:private:public`.
fn read(text: &str) -> Option<Rates> {
    let line = text.lines().rev().find_map(|line| line.strip_prefix("+F2:"))?;
    let mut fields = line.split(':').skip(2).map(str::parse::<f64>);
    Some(Rates { private: fields.next()?.ok()?, public: fields.next()?.ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_all_processes_counts_not_one_of_them() {
        let text = "Forked child 0\nGot: +F2:4:4096:230.1:15000.5 from 0\n+F2:4:4096:461.2:30001.0\n";
        assert_eq!(read(text), Some(Rates { private: 461.2, public: 30001.0 }));
        assert_eq!(read("no such command"), None);
    }
}

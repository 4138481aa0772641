//! What was measured during an attack, and whether that is good enough: pure.

use std::fmt;
use std::time::Duration;

/// What must hold during every attack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// From the creation of a SealedSecret in a namespace that has no part in it until its Secret is there.
    pub(super) fresh: Duration,
    /// One answer of `/healthz`.
    pub(super) health: Duration,
    /// Peak of resident memory, MiB.
    pub(super) peak: f64,
    /// Limit of the control group, where one can be made, MiB.
    pub(super) limit: u32,
    /// Whether these are the ones for binaries without optimisation.
    pub(super) debug: bool,
}

impl Bounds {
    /// For optimised binaries, on two cores.
    pub(super) const RELEASE: Self = Self {
        fresh: Duration::from_secs(1),
        health: Duration::from_millis(100),
        peak: 96.0,
        limit: 128,
        debug: false,
    };
    /// For binaries without optimisation.
    pub(super) const DEBUG: Self = Self {
        fresh: Duration::from_secs(3),
        health: Duration::from_millis(300),
        peak: 128.0,
        limit: 160,
        debug: true,
    };

    /// Those for the profile of this program: the controller beside it was built in the same one.
    pub(super) fn of_this_build() -> Self {
        if cfg!(debug_assertions) { Self::DEBUG } else { Self::RELEASE }
    }

    /// The same where a debug build runs `slowness` times slower; those of optimised builds are promises and stay.
    pub(super) fn slowed(self, slowness: f64) -> Self {
        if !self.debug {
            return self;
        }
        Self { fresh: self.fresh.mul_f64(slowness), health: self.health.mul_f64(slowness), ..self }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fresh, health, peak) = (self.fresh.as_secs_f64(), self.health.as_millis(), self.peak);
        write!(f, "fresh ≤ {fresh} s, /healthz ≤ {health} ms, peak ≤ {peak} MiB, alive")?;
        if self.debug { write!(f, " (bounds for debug builds)") } else { Ok(()) }
    }
}

/// The worst of many probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Worst {
    /// How many were answered or given up.
    pub(super) count: u32,
    /// The longest.
    pub(super) longest: Duration,
    /// Whether the longest was given up: it would have taken longer.
    pub(super) given_up: bool,
}

impl Worst {
    /// Adds a probe that took `time`, or that was given up after it.
    pub(super) fn add(&mut self, time: Duration, given_up: bool) {
        self.count += 1;
        self.longest = self.longest.max(time);
        self.given_up |= given_up;
    }
}

/// Figures of one attack or of one honest use.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub(super) fresh: Worst,
    /// A small write and its read at the API server, in which the controller has no part.
    pub(super) write: Worst,
    /// From the creation of such a SealedSecret until another watcher of all namespaces has its event.
    pub(super) event: Worst,
    pub(super) health: Worst,
    /// Peak of resident memory, MiB.
    pub(super) peak: f64,
    /// Resident memory some seconds later, MiB.
    pub(super) kept: f64,
    /// How the process ended, when it did.
    pub(super) ended: Option<String>,
}

/// A bound that did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Fresh,
    /// No probe came to an end: nothing was measured.
    NoFresh,
    Health,
    NoHealth,
    Peak,
    Ended,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fresh => "fresh",
            Self::NoFresh => "fresh not measured",
            Self::Health => "health",
            Self::NoHealth => "health not measured",
            Self::Peak => "peak",
            Self::Ended => "died",
        })
    }
}

/// Every bound that did not hold; none is good.
pub(super) fn verdict(bounds: &Bounds, measured: &Measured) -> Vec<Broken> {
    let late = |worst: &Worst, bound| worst.given_up || worst.longest > bound;
    let checks = [
        (measured.fresh.count == 0, Broken::NoFresh),
        (late(&measured.fresh, bounds.fresh), Broken::Fresh),
        (measured.health.count == 0, Broken::NoHealth),
        (late(&measured.health, bounds.health), Broken::Health),
        (measured.peak > bounds.peak, Broken::Peak),
        (measured.ended.is_some(), Broken::Ended),
    ];
    checks.into_iter().filter(|(broken, _)| *broken).map(|(_, which)| which).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Measured {
        let mut measured = Measured { peak: 96.0, kept: 40.0, ..Measured::default() };
        measured.fresh.add(Duration::from_secs(1), false);
        measured.health.add(Duration::from_millis(100), false);
        measured
    }

    #[test]
    fn what_touches_its_bound_holds() {
        assert_eq!(verdict(&Bounds::RELEASE, &good()), []);
    }

    #[test]
    fn only_debug_builds_get_more_time_and_none_gets_more_memory() {
        let slowed = Bounds::DEBUG.slowed(2.0);
        assert_eq!((slowed.fresh, slowed.health), (Bounds::DEBUG.fresh * 2, Bounds::DEBUG.health * 2));
        assert!((slowed.peak - Bounds::DEBUG.peak).abs() < f64::EPSILON);
        assert_eq!(Bounds::RELEASE.slowed(2.0).fresh, Bounds::RELEASE.fresh);
    }

    #[test]
    fn each_bound_breaks_by_itself() {
        let broken = |change: fn(&mut Measured)| {
            let mut measured = good();
            change(&mut measured);
            verdict(&Bounds::RELEASE, &measured)
        };
        assert_eq!(broken(|m| m.fresh.add(Duration::from_millis(1001), false)), [Broken::Fresh]);
        assert_eq!(broken(|m| m.health.add(Duration::from_millis(101), false)), [Broken::Health]);
        assert_eq!(broken(|m| m.peak = 96.1), [Broken::Peak]);
        assert_eq!(broken(|m| m.ended = Some("killed".to_owned())), [Broken::Ended]);
    }

    #[test]
    fn a_probe_given_up_breaks_its_bound_however_short_the_wait() {
        let mut measured = good();
        measured.fresh.add(Duration::from_millis(1), true);
        assert_eq!(verdict(&Bounds::RELEASE, &measured), [Broken::Fresh]);
    }

    #[test]
    fn nothing_measured_is_not_good() {
        let nothing = Measured::default();
        assert_eq!(verdict(&Bounds::RELEASE, &nothing), [Broken::NoFresh, Broken::NoHealth]);
    }
}

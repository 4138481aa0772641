//! Time zones as Go names them, from the database that is compiled in.
//!
//! Nothing of the machine is read: the local zone is UTC here.

use std::fmt;

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

/// Where a time is shown: decides its offset from UTC and the zone's abbreviation.
#[derive(Clone, PartialEq)]
pub(crate) enum Zone {
    Utc,
    /// The local zone: UTC under another name.
    Local,
    /// A fixed offset in seconds; the name may be empty.
    Fixed {
        name: String,
        offset: i64,
    },
    /// An entry of the zone database.
    Named(TimeZone),
}

impl Zone {
    /// The zone called `name`, or nothing if the database does not have it.
    ///
    /// Compat: names are case-sensitive, as they are files in the reference.
    pub(crate) fn load(name: &[u8]) -> Option<Self> {
        match name {
            b"" | b"UTC" => Some(Self::Utc),
            b"Local" => Some(Self::Local),
            _ => {
                let name = std::str::from_utf8(name).ok()?;
                let zone = TimeZoneDatabase::bundled().get(name).ok()?;
                (zone.iana_name() == Some(name)).then_some(Self::Named(zone))
            }
        }
    }

    /// Seconds east of UTC and the abbreviation in force at `unix` seconds.
    pub(crate) fn lookup(&self, unix: i64) -> (i64, String) {
        match self {
            Self::Utc | Self::Local => (0, "UTC".to_owned()),
            Self::Fixed { name, offset } => (*offset, name.clone()),
            Self::Named(zone) => {
                let instant = instant_at(unix);
                let info = zone.to_offset_info(instant);
                (i64::from(info.offset().seconds()), info.abbreviation().to_owned())
            }
        }
    }

    /// Whether summer time is in force at `unix` seconds.
    pub(crate) fn is_summer_time(&self, unix: i64) -> bool {
        match self {
            Self::Named(zone) => zone.to_offset_info(instant_at(unix)).dst().is_dst(),
            Self::Utc | Self::Local | Self::Fixed { .. } => false,
        }
    }

    /// The name of the zone as a location: what Go's `Location` method prints.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Utc | Self::Local => "UTC",
            Self::Fixed { name, .. } => name,
            Self::Named(zone) => zone.iana_name().unwrap_or_default(),
        }
    }
}

/// The instant to look a zone up at. After the years that the database covers, its rules go on as the
/// calendar does, every 400 years; before them, its first entry holds.
fn instant_at(unix: i64) -> Timestamp {
    const CYCLE: i64 = 146_097 * 86_400;
    let last = Timestamp::MAX.as_second() - 86_400;
    let unix = if unix > last { last - CYCLE + (unix - last) % CYCLE } else { unix };
    Timestamp::from_second(unix).unwrap_or(Timestamp::MIN)
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

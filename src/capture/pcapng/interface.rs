//! Interfaces of a pcapng section: their names, and the clock that their frames were stamped with.

use crate::capture::info::{Info, Interface};
use crate::model::{LinkType, Timestamp};

use super::options::{self, Options};

const NAME: u16 = 2;
const DESCRIPTION: u16 = 3;
const RESOLUTION: u16 = 9;
const OFFSET: u16 = 14;

const NANOS: i128 = 1_000_000_000;

/// How the timestamps of an interface become nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// Seconds to add to every time.
    offset: i64,
}

/// What one tick of the clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds.
    Nanoseconds(u64),
    /// The so-manieth part of a nanosecond.
    Below(u128),
    /// Two to the minus this power, in seconds.
    Binary(u32),
}

impl Clock {
    /// The clock of a file that does not say: microseconds since the epoch.
    const DEFAULT: Self = Self {
        unit: Unit::Nanoseconds(1_000),
        offset: 0,
    };

    /// The time that `ticks` stands for, held at the ends of what a timestamp can say.
    #[inline]
    pub(super) fn time(self, ticks: u64) -> Timestamp {
        // What real files hold: nothing to divide, nothing to add.
        if let (Unit::Nanoseconds(nanos), 0) = (self.unit, self.offset) {
            let time = ticks.saturating_mul(nanos);
            return Timestamp(i64::try_from(time).unwrap_or(i64::MAX));
        }
        let ticks = u128::from(ticks);
        let nanos = match self.unit {
            Unit::Nanoseconds(nanos) => ticks * u128::from(nanos),
            Unit::Below(part) => ticks / part.max(1),
            Unit::Binary(power) => (ticks * NANOS.unsigned_abs())
                .checked_shr(power)
                .unwrap_or(0),
        };
        // Below 2^64 times 10^9 either way: far from the ends of 128 bits.
        let time = i128::try_from(nanos)
            .unwrap_or(i128::MAX)
            .saturating_add(i128::from(self.offset) * NANOS);
        Timestamp(i64::try_from(time).unwrap_or(if time < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl Unit {
    /// The unit that an `if_tsresol` octet stands for: a negative power of ten, or, with the highest bit, of two.
    fn of(octet: u8) -> Self {
        let power = u32::from(octet & 0x7f);
        if octet & 0x80 != 0 {
            return Self::Binary(power);
        }
        match 9_u32.checked_sub(power) {
            Some(above) => Self::Nanoseconds(10_u64.pow(above)),
            None => Self::Below(10_u128.checked_pow(power - 9).unwrap_or(u128::MAX)),
        }
    }
}

/// Reads an interface's options; comments go to the file's.
pub(super) fn read(link: LinkType, options: Options<'_>, info: &mut Info) -> (Clock, Interface) {
    let mut clock = Clock::DEFAULT;
    let mut interface = Interface {
        link,
        name: None,
        description: None,
    };
    let order = options.order();
    for (code, value) in options {
        match code {
            options::COMMENT => info.comment(options::text(value)),
            NAME => interface.name = Some(options::text(value)),
            DESCRIPTION => interface.description = Some(options::text(value)),
            RESOLUTION => clock.unit = value.first().copied().map_or(clock.unit, Unit::of),
            OFFSET => clock.offset = order.u64(value, 0).map_or(clock.offset, u64::cast_signed),
            _ => {}
        }
    }
    (clock, interface)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_ten_or_two() {
        let time = |octet, ticks| {
            Clock {
                unit: Unit::of(octet),
                offset: 0,
            }
            .time(ticks)
            .0
        };
        assert_eq!(time(6, 1_500_000), 1_500_000_000);
        assert_eq!(time(9, 1_500_000_000), 1_500_000_000);
        assert_eq!(time(0, 3), 3_000_000_000);
        assert_eq!(time(12, 1_500), 1);
        assert_eq!(time(127, u64::MAX), 0);
        assert_eq!(time(0x88, 256 + 128), 1_500_000_000);
        assert_eq!(time(0xff, u64::MAX), 0);
    }

    #[test]
    fn times_stay_within_their_ends() {
        let far = Clock {
            unit: Unit::of(0),
            offset: i64::MAX,
        };
        assert_eq!(far.time(u64::MAX), Timestamp(i64::MAX));
        let past = Clock {
            unit: Unit::of(6),
            offset: i64::MIN,
        };
        assert_eq!(past.time(1), Timestamp(i64::MIN));
        assert_eq!(Clock::DEFAULT.time(u64::MAX), Timestamp(i64::MAX));
        let moved = Clock {
            unit: Unit::of(6),
            offset: -3_600,
        };
        assert_eq!(moved.time(3_600_000_001), Timestamp(1_000));
    }
}

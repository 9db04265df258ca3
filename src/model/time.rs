//! Times of frames. No clock is read anywhere: time is what the capture says.

/// Nanoseconds since 1970-01-01 00:00 UTC; captures reach from 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Nanoseconds from `earlier` to this time; negative when the clock went back.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Nanoseconds within the second, 0 to 999 999 999.
    #[must_use]
    pub const fn subsecond(self) -> u32 {
        self.0.rem_euclid(1_000_000_000) as u32
    }
}

//! One direction of a connection, as the rules of the analysis see it. Where Wireshark takes 0 for "not known", so does this.

use crate::model::{PacketId, Timestamp};

use super::found::Signs;
use super::unacked::Unacked;

/// One direction. Sequence numbers wrap around: they are compared by their distance.
#[derive(Debug)]
pub(super) struct Direction {
    /// The number of its SYN, or the one before the first number that was seen.
    pub base: Option<u32>,
    /// Behind the last byte that was seen, lost ones before it or not; 0 where nothing was seen.
    pub next: u32,
    /// The frame that had that last byte, and its time.
    pub next_frame: PacketId,
    pub next_time: Timestamp,
    /// Behind the last byte before the first gap; 0 where nothing was seen.
    pub highest: u32,
    /// What its last segment acknowledged, and when.
    pub ack: u32,
    pub ack_time: Timestamp,
    /// The frame that acknowledged this first, and how often it was said again.
    pub first_to_ack: PacketId,
    pub duplicates: u32,
    /// The other side has acknowledged bytes behind its last one, and that was said already.
    pub unseen: bool,
    /// Bytes that the selective acknowledgments of its last segment name.
    pub sacked: u32,
    /// The window of its last segment, as on the wire.
    pub window: Option<u16>,
    /// That segment was a SYN, whose window is never scaled.
    pub unscaled: bool,
    pub scale: Scale,
    /// What was said of its last segment.
    pub last: Signs,
    /// Segments that were not acknowledged yet.
    pub unacked: Unacked,
    /// Nothing is missing that may have been in flight too.
    pub flight_known: bool,
    /// Bytes since the last push, and whether the last bytes had one.
    pub since_push: u32,
    pub pushed: bool,
}

/// By what the windows of a side are to be multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scale {
    /// Its SYN was not seen.
    #[default]
    Unknown,
    /// One of the sides does not scale, so neither does.
    Unused,
    /// By so many bits.
    By(u8),
}

impl Scale {
    /// No window is scaled by more bits (RFC 7323 section 2.3).
    pub(super) const MAX: u8 = 14;

    /// A window of a segment that is no SYN, in bytes; as it is where nothing is known.
    pub(super) fn of(self, window: u16) -> u64 {
        match self {
            Self::By(shift) => u64::from(window) << shift.min(Self::MAX),
            Self::Unknown | Self::Unused => window.into(),
        }
    }
}

/// Is `a` behind `b`?
pub(super) fn behind(a: u32, b: u32) -> bool {
    b.wrapping_sub(a).cast_signed() < 0
}

impl Default for Direction {
    fn default() -> Self {
        Self {
            base: None,
            next: 0,
            next_frame: PacketId::default(),
            next_time: Timestamp::default(),
            highest: 0,
            ack: 0,
            ack_time: Timestamp::default(),
            first_to_ack: PacketId::default(),
            duplicates: 0,
            unseen: false,
            sacked: 0,
            window: None,
            unscaled: false,
            scale: Scale::Unknown,
            last: Signs::default(),
            unacked: Unacked::default(),
            flight_known: true,
            since_push: 0,
            pushed: false,
        }
    }
}

impl Direction {
    /// Behind the last byte that this side has room for; `None` where that is not known.
    pub(super) fn edge(&self) -> Option<u32> {
        let shift = match self.scale {
            Scale::Unknown => return None,
            Scale::By(shift) if !self.unscaled => shift,
            Scale::By(_) | Scale::Unused => 0,
        };
        let room = u32::from(self.window?) << shift;
        Some(self.ack.wrapping_add(room))
    }
}

//! Where bytes lie: buffers of one frame, spans in them, and the way back from rebuilt bytes to the wire.

/// A buffer of a dissected frame: 0 is the frame itself, others were reassembled, decrypted or decompressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufId(pub u16);

impl BufId {
    /// The frame as it was captured.
    pub const FRAME: Self = Self(0);
}

/// A frame's number, counted from 1 in the order of the capture, as Wireshark counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PacketId(pub u64);

/// Bytes of one buffer, and, for a bit field, the bits within them. A length of 0 bytes means "computed, not on the wire".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The buffer.
    pub buf: BufId,
    /// First bit within the first byte, 0 the highest; meaningful when `bits` is not 0.
    pub bit: u8,
    /// Count of bits, or 0 for whole bytes.
    pub bits: u8,
    /// Offset of the first byte in the buffer.
    pub at: u32,
    /// Length in bytes.
    pub len: u32,
}

impl Span {
    /// Whole bytes of a buffer.
    #[must_use]
    pub const fn bytes(buf: BufId, at: u32, len: u32) -> Self {
        Self {
            buf,
            bit: 0,
            bits: 0,
            at,
            len,
        }
    }

    /// The offset behind the last byte.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.at.saturating_add(self.len)
    }
}

/// A run of rebuilt bytes and the captured bytes it came from (for decrypted bytes: the sealed byte in the same place).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Offset in the rebuilt buffer.
    pub at: u32,
    /// Length in bytes.
    pub len: u32,
    /// The frame that carried them.
    pub packet: PacketId,
    /// Their offset in that frame.
    pub offset: u32,
}

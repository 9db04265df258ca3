//! Byte order of a capture file, and numbers read in it without ever reaching past the end.

/// The order in which the recording host wrote its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    /// The 16-bit number at offset `at`.
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let chunk = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u16::from_be_bytes(chunk),
            Self::Little => u16::from_le_bytes(chunk),
        })
    }

    /// The 32-bit number at offset `at`.
    #[inline]
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        bytes
            .get(at..)?
            .first_chunk()
            .map(|chunk| self.word(*chunk))
    }

    /// Four bytes as a number.
    #[inline]
    pub(super) const fn word(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        }
    }

    /// The 64-bit number at offset `at`.
    pub(super) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let chunk = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u64::from_be_bytes(chunk),
            Self::Little => u64::from_le_bytes(chunk),
        })
    }
}

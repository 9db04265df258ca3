//! The Internet checksum: the one's complement sum of RFC 1071, the part of an IP packet that a checksum above covers too
//! (the pseudo-header of RFC 9293 section 3.1 and RFC 8200 section 8.1), and what a sum says of the bytes.

use std::net::IpAddr;

use super::{FieldDef, Names};

/// How a checksum turned out, by Wireshark's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// The bytes do not give it.
    Bad = 0,
    /// The bytes give it.
    Good = 1,
    /// Not all bytes under it are here.
    Unverified = 2,
    /// The sender computed none.
    NotPresent = 3,
    /// A value that may not stand there.
    Illegal = 4,
}

/// The names of the status.
pub(crate) const STATUS: Names = &[
    (0, "bad"),
    (1, "good"),
    (2, "unverified"),
    (3, "not present"),
    (4, "illegal"),
];

/// A checksum field of two bytes, and what is recorded with it.
#[derive(Debug)]
pub struct Checksum {
    /// The field itself.
    pub value: &'static FieldDef,
    /// How it turned out.
    pub status: &'static FieldDef,
    /// What it should be, where that is a field of its own.
    pub calculated: Option<&'static FieldDef>,
    /// The IP protocol number in the pseudo-header, where one is covered.
    pub pseudo: Option<u8>,
    /// 0 says that there is no checksum; over IPv6 it may not (RFC 8200 section 8.1).
    pub optional: bool,
    /// It is verified in packets that another one quotes too.
    pub in_quotes: bool,
}

/// What an IP packet says of itself that matters to what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Who sent it; `None` where that is not known for sure.
    pub src: Option<IpAddr>,
    /// Its final destination.
    pub dst: Option<IpAddr>,
    /// It is a fragment, and not yet put together.
    pub piece: bool,
    /// All that it says it carries is here.
    pub whole: bool,
    /// Length of the packet with its header, as it says or as the frame has room for.
    pub len: u32,
}

/// A sum that grows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum(u64);

impl Sum {
    /// Adds bytes; an odd one at the end counts as if a zero followed.
    pub(super) fn add(mut self, bytes: &[u8]) -> Self {
        let (words, odd) = bytes.as_chunks::<2>();
        self.0 += words
            .iter()
            .map(|&word| u64::from(u16::from_be_bytes(word)))
            .sum::<u64>();
        self.0 += odd.iter().map(|&byte| u64::from(byte) << 8).sum::<u64>();
        self
    }

    /// Adds the pseudo-header of a packet; `None` where its ends are not known.
    pub(super) fn pseudo(self, envelope: &Envelope, protocol: u8, len: usize) -> Option<Self> {
        let (src, dst) = (envelope.src?, envelope.dst?);
        let with = |sum: Self, ip: IpAddr| match ip {
            IpAddr::V4(ip) => sum.add(&ip.octets()),
            IpAddr::V6(ip) => sum.add(&ip.octets()),
        };
        let len = u32::try_from(len).ok()?.to_be_bytes();
        Some(with(with(self, src), dst).add(&len).add(&[0, protocol]))
    }

    /// The sum in 16 bits, carries added in.
    pub(super) const fn folded(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 1071 section 3.
        let sum = Sum::default().add(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.folded(), 0xddf2);
        let odd = Sum::default().add(&[0x12]).folded();
        assert_eq!(odd, 0x1200);
        assert_eq!(Sum(0xffff_ffff).folded(), 0xffff);
    }

    #[test]
    fn a_pseudo_header() {
        // The first segment of the sample capture `curl-https`: 40 bytes from 192.168.1.100 to 203.0.113.10.
        let envelope = Envelope {
            src: Some([192, 168, 1, 100].into()),
            dst: Some([203, 0, 113, 10].into()),
            piece: false,
            whole: true,
            len: 60,
        };
        let sum = Sum::default().pseudo(&envelope, 6, 40);
        assert_eq!(sum.map(Sum::folded), Some(0xfe45));
        let unknown = Envelope {
            dst: None,
            ..envelope
        };
        assert!(Sum::default().pseudo(&unknown, 6, 40).is_none());
    }
}

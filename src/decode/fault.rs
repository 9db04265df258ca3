//! Faults: what is wrong with the bytes of a layer, where, and which length said so.

use std::fmt;

/// What set the end that was run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The capture kept only the first bytes of the frame.
    Snaplen,
    /// The frame ends.
    Frame,
    /// A length field, by its key.
    Length(&'static str),
    /// Only the first bytes were quoted (by ICMP).
    Quote,
    /// The rebuilt buffer ends.
    Buffer,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// More bytes were needed than there are.
    Truncated {
        /// Bytes needed.
        needed: u32,
        /// Bytes there are.
        have: u32,
        /// What set the end.
        limit: Limit,
    },
    /// A length field cannot be right.
    BadLength {
        /// The field's key.
        field: &'static str,
        /// The value it has.
        value: u64,
        /// The rule it breaks, such as `at least 20`.
        rule: &'static str,
    },
    /// A value that the protocol does not allow.
    BadValue {
        /// The field's key.
        field: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A checksum that the bytes under it do not give.
    BadSum {
        /// The field's key.
        field: &'static str,
        /// The value it has.
        found: u16,
        /// The value that the bytes give.
        right: u16,
    },
    /// A checksum of which only the pseudo-header has been summed, not yet turned into its complement.
    PartialSum {
        /// The field's key.
        field: &'static str,
        /// The value it has.
        found: u16,
    },
    /// A checksum that is still 0.
    NoSum {
        /// The field's key.
        field: &'static str,
    },
    /// A pointer leads back to where it came from.
    Loop,
    /// A limit of wirewalk was reached; the text names it.
    Limit(&'static str),
}

/// A fault and its offset in the layer's buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Offset of the first byte concerned.
    pub at: u32,
}

impl Fault {
    /// A stable word for scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            FaultKind::Truncated { .. } => "truncated",
            FaultKind::BadLength { .. } => "bad-length",
            FaultKind::BadValue { .. } => "bad-value",
            FaultKind::BadSum { .. } => "bad-checksum",
            FaultKind::PartialSum { .. } | FaultKind::NoSum { .. } => "checksum-offload",
            FaultKind::Loop => "loop",
            FaultKind::Limit(_) => "limit",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Truncated {
                needed,
                have,
                limit,
            } => {
                write!(f, "{needed} bytes are needed here and {have} are left: ")?;
                match limit {
                    Limit::Snaplen => write!(f, "the capture kept only the beginning of the frame"),
                    Limit::Frame => write!(f, "the frame ends"),
                    Limit::Length(field) => write!(f, "`{field}` says so"),
                    Limit::Quote => write!(f, "only the beginning of the packet is quoted"),
                    Limit::Buffer => write!(f, "the message ends"),
                }
            }
            FaultKind::BadLength { field, value, rule } => {
                write!(f, "`{field}` is {value}, but must be {rule}")
            }
            FaultKind::BadValue { field, rule } => write!(f, "`{field}` must be {rule}"),
            FaultKind::BadSum {
                field,
                found,
                right,
            } => write!(
                f,
                "`{field}` is {found:#06x}, but the bytes give {right:#06x}: they were changed on the way or never summed, and \
                 a receiver drops them"
            ),
            FaultKind::PartialSum { field, found } => write!(
                f,
                "`{field}` is {found:#06x}: only the pseudo-header is summed: the network card fills in the rest (checksum \
                 offload), the capture was taken before it did"
            ),
            FaultKind::NoSum { field } => write!(
                f,
                "`{field}` is 0: nothing has been summed; where the network card does it (checksum offload), the capture was \
                 taken before it did"
            ),
            FaultKind::Loop => write!(f, "a pointer leads in a circle"),
            FaultKind::Limit(what) => write!(f, "wirewalk stops here: {what}"),
        }
    }
}

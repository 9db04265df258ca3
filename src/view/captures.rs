//! A capture file as plain data: what was read, and what the reader should know about it.

use jiff::fmt::temporal::DateTimePrinter;
use serde::Serialize;

use crate::model::Timestamp;

/// A capture that was read.
#[derive(Clone, Debug, Serialize)]
pub struct CaptureView {
    /// Its name as it was given.
    pub name: String,
    /// `pcap` or `pcapng`.
    pub format: &'static str,
    /// Names of its link types; the number where a type has none.
    pub link_types: Vec<String>,
    /// Frames read.
    pub packets: u64,
    /// Their lengths on the wire, summed.
    pub bytes: u64,
    /// The first frame's time in UTC (RFC 3339); null for an empty capture.
    pub first: Option<String>,
    /// From the first frame to the latest.
    pub duration_ns: u64,
    /// What the reader should know.
    pub notes: Vec<NoteView>,
    /// Comments on the whole file.
    pub comments: Vec<String>,
}

/// Something that the reader should know about the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// A stable word.
    pub code: &'static str,
    /// One sentence.
    pub text: String,
    /// The last whole frame before it.
    pub frame: Option<u64>,
}

/// A time in UTC with nine decimals, as RFC 3339 writes it.
#[must_use]
pub fn utc(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(time.0)).unwrap_or_default();
    DateTimePrinter::new()
        .precision(Some(9))
        .timestamp_to_string(&time)
}

#[cfg(test)]
mod tests {
    use super::utc;
    use crate::model::Timestamp;

    #[test]
    fn times_are_utc_with_nanoseconds() {
        assert_eq!(
            utc(Timestamp(1_763_622_840_123_456_789)),
            "2025-11-20T07:14:00.123456789Z"
        );
        assert_eq!(utc(Timestamp(-1)), "1969-12-31T23:59:59.999999999Z");
    }
}

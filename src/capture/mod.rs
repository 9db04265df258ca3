//! Opens captures and hands out their frames in order, with the bytes that stand in the file.

use crate::model::{LinkType, Timestamp};

/// One captured frame. The bytes live until the next one is asked for.
#[derive(Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub time: Timestamp,
    /// What its first byte belongs to.
    pub link: LinkType,
    /// The captured bytes, at most `wire_len` of them (a few broken files hold more; they are kept).
    pub bytes: &'a [u8],
    /// Its length on the wire.
    pub wire_len: u32,
    /// Comments that the file carries for it.
    pub comments: &'a [String],
    /// Which of the given files it came from, from 0.
    pub file: u32,
    /// Its number in that file, from 1.
    pub file_number: u64,
}

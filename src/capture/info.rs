//! What is known about a capture besides its frames: format, link types, counts, and what went wrong while reading.

use std::fmt;

use crate::model::{LinkType, Timestamp};

use super::{MAX_COMMENTS, MAX_INTERFACES};

/// Something that the reader of the story should know about the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// A stable word for it: `cut-short`, `damaged-record`, `damaged-block`, `damaged-stream`, `no-times`.
    pub code: &'static str,
    /// One sentence.
    pub text: String,
    /// The last whole frame before it, as numbered in its file; `None` when there is none.
    pub frame: Option<u64>,
}

/// How frames are laid out in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// libpcap's format.
    Pcap,
    /// The next generation, in blocks.
    Pcapng,
}

/// What the file is packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
}

impl Compression {
    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        }
    }
}

/// The format of a capture: what it is, and what it is packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// How frames are laid out.
    pub container: Container,
    /// What that is packed with.
    pub compression: Option<Compression>,
}

impl Format {
    /// `pcap` or `pcapng`; the compression has a name of its own.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.container {
            Container::Pcap => "pcap",
            Container::Pcapng => "pcapng",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.compression {
            Some(compression) => write!(f, " in {}", compression.name()),
            None => Ok(()),
        }
    }
}

/// An interface that a capture was recorded on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What its frames begin with.
    pub link: LinkType,
    /// The system's name for it.
    pub name: Option<String>,
    /// What the recording program said about it.
    pub description: Option<String>,
}

/// What is known about a capture; grows while it is read.
#[derive(Clone, Debug)]
pub struct Info {
    /// The file's name as it was given, or `standard input`.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// The link types of its interfaces, each once, in the order of the file.
    pub link_types: Vec<LinkType>,
    /// Frames so far.
    pub packets: u64,
    /// Their lengths on the wire, summed.
    pub bytes: u64,
    /// The time of the first frame.
    pub first: Option<Timestamp>,
    /// The latest time of any frame.
    pub last: Option<Timestamp>,
    /// What the reader should know.
    pub notes: Vec<Note>,
    /// Comments on the whole file.
    pub comments: Vec<String>,
    /// The interfaces it was recorded on, those of all sections in a row.
    pub interfaces: Vec<Interface>,
    /// The hardware it was recorded on, as the file says.
    pub hardware: Option<String>,
    /// The operating system it was recorded on, as the file says.
    pub os: Option<String>,
    /// The program that wrote it, as the file says.
    pub application: Option<String>,
}

impl Info {
    pub(super) fn new(name: String, format: Format) -> Self {
        Self {
            name,
            format,
            link_types: Vec::new(),
            packets: 0,
            bytes: 0,
            first: None,
            last: None,
            notes: Vec::new(),
            comments: Vec::new(),
            interfaces: Vec::new(),
            hardware: None,
            os: None,
            application: None,
        }
    }

    /// Nanoseconds from the first frame to the latest; 0 while there are none.
    #[must_use]
    pub fn duration_ns(&self) -> u64 {
        match (self.first, self.last) {
            (Some(first), Some(last)) => u64::try_from(last.since(first)).unwrap_or(0),
            _ => 0,
        }
    }

    pub(super) fn interface(&mut self, interface: Interface) {
        if !self.link_types.contains(&interface.link) {
            self.link_types.push(interface.link);
        }
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(interface);
        }
    }

    pub(super) fn comment(&mut self, text: String) {
        if self.comments.len() < MAX_COMMENTS {
            self.comments.push(text);
        }
    }

    pub(super) fn note(&mut self, code: &'static str, text: String) {
        let frame = Some(self.packets).filter(|&number| number > 0);
        self.notes.push(Note { code, text, frame });
    }

    #[inline]
    pub(super) fn count(&mut self, time: Timestamp, wire_len: u32) {
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(u64::from(wire_len));
        self.first.get_or_insert(time);
        self.last = self.last.max(Some(time));
    }
}

//! What we could not do, told as *what / because / try*. Odd bytes in a packet are no error: they are a `Fault` of their layer.

use std::io;

/// Why wirewalk could not run, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be opened.
    #[error("cannot open `{name}`")]
    Open {
        /// The file.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A file could not be read further.
    #[error("cannot read `{name}`")]
    Read {
        /// The file.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Output could not be written.
    #[error("cannot write `{name}`")]
    Write {
        /// The file, or `standard output`.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The bytes are not a capture.
    #[error("`{name}` is not a packet capture")]
    NotACapture {
        /// The file.
        name: String,
        /// What was found instead.
        because: String,
    },
    /// The capture's link type is not one of ours.
    #[error("`{name}` has link type {link}, which wirewalk does not read")]
    LinkType {
        /// The file.
        name: String,
        /// The number in the LINKTYPE registry.
        link: u32,
    },
    /// A value given by the user does not fit.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// Why.
        because: String,
        /// What to do instead.
        hint: String,
    },
}

impl Error {
    /// Why it happened.
    #[must_use]
    pub fn because(&self) -> String {
        match self {
            Self::Open { source, .. } | Self::Read { source, .. } | Self::Write { source, .. } => {
                source.to_string()
            }
            Self::NotACapture { because, .. } | Self::Usage { because, .. } => because.clone(),
            Self::LinkType { .. } => {
                "the frames begin with a header that it has no decoder for".to_owned()
            }
        }
    }

    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Open { .. } => "check the name and its permissions; `wirewalk samples` lists captures that are built in".to_owned(),
            Self::Read { .. } => "copy the file again from where it was recorded".to_owned(),
            Self::Write { .. } => "choose another place with `-o`".to_owned(),
            Self::NotACapture { .. } => "record one with `tcpdump -w FILE` or Wireshark (pcap or pcapng, also gzip, zstd or lz4)".to_owned(),
            Self::LinkType { .. } => {
                "record on an Ethernet, loopback or `any` interface; Ethernet, Linux cooked, raw IP and loopback are read".to_owned()
            }
            Self::Usage { hint, .. } => hint.clone(),
        }
    }
}

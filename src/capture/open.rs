//! Opens a capture: finds out what it is packed with and what format it has, or says what it is instead.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::buffer::Buffer;
use super::info::{Compression, Container, Format, Info, Interface};
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::source::Reader;
use super::{Capture, Refusal, compressed};
use crate::error::Error;

/// What standard input is called in stories and errors.
const STANDARD_INPUT: &str = "standard input";

impl Capture {
    /// Opens the file at `path`; `-` is standard input.
    ///
    /// # Errors
    /// The file cannot be opened or read, or is no capture.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if path.as_os_str() == "-" {
            return Self::from_reader(STANDARD_INPUT, Box::new(io::stdin()));
        }
        let name = path.to_string_lossy().into_owned();
        #[expect(
            clippy::disallowed_methods,
            reason = "this is where captures are opened"
        )]
        let opened = File::open(path).and_then(|file| {
            // Opening a directory succeeds, and reading it says no more than a number.
            if file.metadata()?.is_dir() {
                Err(io::ErrorKind::IsADirectory.into())
            } else {
                Ok(file)
            }
        });
        match opened {
            Ok(file) => Self::from_reader(name, Box::new(file)),
            Err(source) => Err(Error::Open { name, source }),
        }
    }

    /// A capture in memory.
    ///
    /// # Errors
    /// The bytes are no capture.
    pub fn from_bytes(name: impl Into<String>, bytes: &'static [u8]) -> Result<Self, Error> {
        Self::from_reader(name, Box::new(bytes))
    }

    /// A capture from any stream of bytes; `name` stands for it in stories and errors.
    ///
    /// # Errors
    /// The source cannot be read, or is no capture.
    pub fn from_reader(
        name: impl Into<String>,
        source: Box<dyn Read + Send>,
    ) -> Result<Self, Error> {
        let name = name.into();
        let mut buffer = Buffer::new(source);
        let mut compression = None;
        let mut first = first_bytes(&mut buffer).map_err(|source| Error::Read {
            name: name.clone(),
            source,
        })?;
        if let Some(found) = first.and_then(compressed::detect) {
            compression = Some(found);
            buffer = Buffer::new(compressed::unpack(found, buffer.into_reader()));
            first = match first_bytes(&mut buffer) {
                Ok(first) => first,
                Err(source) if source.raw_os_error().is_some() => {
                    return Err(Error::Read { name, source });
                }
                Err(error) => {
                    let because = format!(
                        "it begins like a {} file, and nothing could be unpacked: {error}",
                        found.name()
                    );
                    return Err(Error::NotACapture { name, because });
                }
            };
            if first.and_then(compressed::detect).is_some() {
                return Err(Error::NotACapture {
                    name,
                    because: "it is compressed twice".to_owned(),
                });
            }
        }
        Self::begin(name, buffer, compression, first)
    }

    /// Reads the header of an unpacked source that begins with `first`.
    fn begin(
        name: String,
        mut buffer: Buffer,
        compression: Option<Compression>,
        first: Option<[u8; 4]>,
    ) -> Result<Self, Error> {
        let container = match first {
            Some(first) if pcap::is_magic(first) => Container::Pcap,
            Some(first) if u32::from_be_bytes(first) == pcapng::SECTION => Container::Pcapng,
            _ => {
                return Err(Error::NotACapture {
                    name,
                    because: describe(buffer.ahead()),
                });
            }
        };
        let mut info = Info::new(
            name,
            Format {
                container,
                compression,
            },
        );
        let opened = match container {
            Container::Pcap => Pcap::open(&mut buffer).map(|opened| opened.map(Reader::Pcap)),
            Container::Pcapng => pcapng::check(&mut buffer)
                .map(|opened| opened.map(|()| Reader::Pcapng(Pcapng::new()))),
        };
        let capture = match opened {
            Ok(Ok(reader)) => {
                if let Reader::Pcap(pcap) = &reader {
                    info.interface(Interface {
                        link: pcap.link(),
                        name: None,
                        description: None,
                    });
                }
                Self::new(buffer, reader, info)
            }
            Ok(Err(Refusal::Because(because))) => {
                return Err(Error::NotACapture {
                    name: info.name,
                    because,
                });
            }
            Ok(Err(Refusal::Cut(damage))) => {
                let mut capture = Self::new(buffer, Reader::Ended, info);
                capture.stop(damage);
                capture
            }
            Err(error) => {
                let mut capture = Self::new(buffer, Reader::Ended, info);
                let damage = capture.failure(error)?;
                capture.stop(damage);
                capture
            }
        };
        Ok(capture)
    }
}

/// The first four bytes, if there are as many.
fn first_bytes(buffer: &mut Buffer) -> io::Result<Option<[u8; 4]>> {
    buffer.fill(4)?;
    Ok(buffer.ahead().first_chunk().copied())
}

/// What a file that is no capture looks like.
fn describe(bytes: &[u8]) -> String {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"snoop\0\0\0", "a Solaris snoop capture"),
        (b"\xfd7zXZ\0", "an xz file; unpack it first"),
        (b"BZh", "a bzip2 file; unpack it first"),
        (b"PK\x03\x04", "a zip archive; unpack it first"),
        (b"\x7fELF", "a program"),
        (b"RTSS", "a Network Monitor capture"),
        (b"GMBU", "a Network Monitor capture"),
        (b"XCP\0", "a Sniffer capture"),
    ];
    if bytes.is_empty() {
        return "it is empty".to_owned();
    }
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return format!("it is {what}");
    }
    let head = bytes.get(..512).unwrap_or(bytes);
    if head
        .iter()
        .all(|&byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..))
    {
        return "it is text".to_owned();
    }
    let first: Vec<_> = bytes
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "it begins with the bytes {}, and no capture does",
        first.join(" ")
    )
}

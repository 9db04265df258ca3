//! One capture as a stream: opens it, finds out its format, and hands out what it holds, up to its end or where it breaks.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::Error;
use crate::model::LinkType;

use super::buffer::Buffer;
use super::compressed;
use super::info::{Compression, Container, Format, Info, Interface};
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::{Block, Damage, Frame, Record, Refusal, Step};

/// What standard input is called in stories and errors.
const STANDARD_INPUT: &str = "standard input";

/// A source of frames: a file, a pipe, standard input, or bytes in memory.
pub struct Capture {
    buffer: Buffer,
    reader: Reader,
    info: Info,
    file: u32,
}

/// How the rest of the source is to be read.
enum Reader {
    Pcap(Pcap),
    Pcapng(Pcapng),
    /// Nothing more is to come.
    Ended,
}

/// What was found and not yet handed out; it stands in the buffer until the next step.
pub(super) enum Ready {
    Frame(Record, u64),
    Other(Step),
}

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
                Self {
                    buffer,
                    reader,
                    info,
                    file: 0,
                }
            }
            Ok(Err(Refusal::Because(because))) => {
                return Err(Error::NotACapture {
                    name: info.name,
                    because,
                });
            }
            Ok(Err(Refusal::Cut(damage))) => {
                let mut capture = Self {
                    buffer,
                    reader: Reader::Ended,
                    info,
                    file: 0,
                };
                capture.stop(damage);
                capture
            }
            Err(error) => {
                let mut capture = Self {
                    buffer,
                    reader: Reader::Ended,
                    info,
                    file: 0,
                };
                let damage = capture.failure(error)?;
                capture.stop(damage);
                capture
            }
        };
        Ok(capture)
    }

    /// The next frame, secret or name; `None` at the end, and where the source breaks, which [`Info::notes`] then tells.
    ///
    /// # Errors
    /// The source cannot be read further, or none of its interfaces so far has a link type that wirewalk reads. (A frame of
    /// another link type beside readable interfaces is handed out as it is.)
    #[inline]
    pub fn next(&mut self) -> Result<Option<Block<'_>>, Error> {
        let ready = self.advance()?;
        Ok(ready.map(|ready| self.block(ready)))
    }

    /// What is known so far.
    #[must_use]
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// Finds what comes next. What was found before is gone from the buffer then.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<Option<Ready>, Error> {
        let step = match &mut self.reader {
            Reader::Pcap(pcap) => pcap.step(&mut self.buffer),
            Reader::Pcapng(pcapng) => pcapng.step(&mut self.buffer, &mut self.info),
            Reader::Ended => return Ok(None),
        };
        match step {
            Ok(Step::Frame(record)) => {
                self.info.count(record.time, record.wire_len);
                if record.link.name().is_none() {
                    self.check_link(record.link)?;
                }
                Ok(Some(Ready::Frame(record, self.info.packets)))
            }
            Ok(Step::End) => {
                self.reader = Reader::Ended;
                Ok(None)
            }
            Ok(Step::Stop(damage)) => {
                self.stop(damage);
                Ok(None)
            }
            Ok(other) => Ok(Some(Ready::Other(other))),
            Err(error) => {
                let damage = self.failure(error)?;
                self.stop(damage);
                Ok(None)
            }
        }
    }

    /// What was found, with its bytes.
    #[inline]
    pub(super) fn block(&self, ready: Ready) -> Block<'_> {
        match ready {
            Ready::Frame(record, file_number) => Block::Frame(Frame {
                time: record.time,
                link: record.link,
                bytes: self.buffer.slice(record.at),
                wire_len: record.wire_len,
                comments: match &self.reader {
                    Reader::Pcapng(pcapng) => pcapng.comments(),
                    _ => &[],
                },
                file: self.file,
                file_number,
            }),
            Ready::Other(Step::Name(addr, at)) => Block::Name {
                addr,
                name: std::str::from_utf8(self.buffer.slice(at)).unwrap_or_default(),
            },
            Ready::Other(Step::Secrets(at)) => Block::Secrets(self.buffer.slice(at)),
            Ready::Other(_) => Block::Secrets(&[]),
        }
    }

    /// Sets which of several files this is.
    pub(super) const fn set_file(&mut self, file: u32) {
        self.file = file;
    }

    #[cold]
    fn check_link(&mut self, link: LinkType) -> Result<(), Error> {
        if self
            .info
            .link_types
            .iter()
            .any(|link| link.name().is_some())
        {
            return Ok(());
        }
        self.reader = Reader::Ended;
        Err(Error::LinkType {
            name: self.info.name.clone(),
            link: link.0,
        })
    }

    /// A source that cannot be read is an error; a packed one that cannot be unpacked further is cut or damaged.
    fn failure(&mut self, error: io::Error) -> Result<Damage, Error> {
        self.reader = Reader::Ended;
        let Some(compression) = self
            .info
            .format
            .compression
            .filter(|_| error.raw_os_error().is_none())
        else {
            return Err(Error::Read {
                name: self.info.name.clone(),
                source: error,
            });
        };
        let packed = compression.name();
        Ok(if error.kind() == io::ErrorKind::UnexpectedEof {
            Damage {
                code: "cut-short",
                text: format!("the file ends inside its {packed} stream"),
            }
        } else {
            Damage {
                code: "damaged-stream",
                text: format!("the {packed} stream cannot be unpacked further: {error}"),
            }
        })
    }

    fn stop(&mut self, damage: Damage) {
        self.reader = Reader::Ended;
        self.info.note(damage.code, damage.text);
    }
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capture")
            .field("info", &self.info)
            .finish_non_exhaustive()
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

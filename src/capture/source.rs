//! One capture as a stream: hands out what it holds, up to its end or where it breaks.

use std::io;

use crate::error::Error;
use crate::model::LinkType;

use super::buffer::Buffer;
use super::info::Info;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::{Block, Damage, Frame, Record, Step};

/// A source of frames: a file, a pipe, standard input, or bytes in memory.
pub struct Capture {
    buffer: Buffer,
    reader: Reader,
    info: Info,
    file: u32,
}

/// How the rest of the source is to be read.
pub(super) enum Reader {
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
    pub(super) const fn new(buffer: Buffer, reader: Reader, info: Info) -> Self {
        Self {
            buffer,
            reader,
            info,
            file: 0,
        }
    }

    /// The next frame, secret or name; `None` at the end, and where the source breaks, which [`Info::notes`] then tells.
    ///
    /// # Errors
    /// The source cannot be read further, or none of its interfaces so far has a link type that wirewalk reads. (A frame of
    /// another link type beside readable interfaces is handed out as it is.)
    #[expect(
        clippy::should_implement_trait,
        reason = "lends bytes of the buffer, which an iterator cannot"
    )]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Block<'_>>, Error> {
        let ready = self.advance()?;
        Ok(ready.map(|ready| self.block(ready)))
    }

    /// True when all that was read was handed out.
    pub(super) fn is_drained(&self) -> bool {
        self.buffer.ahead().is_empty()
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
    pub(super) fn failure(&mut self, error: io::Error) -> Result<Damage, Error> {
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

    pub(super) fn stop(&mut self, damage: Damage) {
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

//! One capture as a stream: hands out what it holds, up to its end or where it breaks.

use std::io;
use std::net::IpAddr;
use std::ops::Range;

use crate::error::Error;
use crate::model::LinkType;

use super::batch::Batch;
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
#[derive(Debug)]
pub(super) enum Found {
    /// A frame, and its number.
    Frame(Record, u64),
    Secrets(Range<usize>),
    Name(IpAddr, Range<usize>),
}

/// What comes next.
pub(super) enum Next {
    Found(Found),
    /// More has to be read first, and the buffer is held.
    Later,
    End,
}

impl Found {
    /// A block whose bytes stand here now.
    pub(super) const fn of(block: &Block<'_>, at: Range<usize>) -> Self {
        match block {
            Block::Frame(frame) => {
                let record = Record {
                    time: frame.time,
                    link: frame.link,
                    at,
                    wire_len: frame.wire_len,
                };
                Self::Frame(record, frame.file_number)
            }
            Block::Secrets(_) => Self::Secrets(at),
            Block::Name { addr, .. } => Self::Name(*addr, at),
        }
    }

    /// What was found, with its bytes.
    #[inline]
    pub(super) fn block<'a>(
        &self,
        bytes: &'a [u8],
        comments: &'a [String],
        file: u32,
    ) -> Block<'a> {
        let slice = |at: &Range<usize>| bytes.get(at.clone()).unwrap_or_default();
        match self {
            Self::Frame(record, file_number) => Block::Frame(Frame {
                time: record.time,
                link: record.link,
                bytes: slice(&record.at),
                wire_len: record.wire_len,
                comments,
                file,
                file_number: *file_number,
            }),
            Self::Secrets(at) => Block::Secrets(slice(at)),
            Self::Name(addr, at) => Block::Name {
                addr: *addr,
                name: std::str::from_utf8(slice(at)).unwrap_or_default(),
            },
        }
    }
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
        match self.advance()? {
            Next::Found(found) => Ok(Some(self.block(&found))),
            Next::Later | Next::End => Ok(None),
        }
    }

    /// Fills a batch with what is in hand, or else with what comes next, up to so many frames. Returns how many frames there
    /// are in it, and whether more may come.
    pub(super) fn batch(
        &mut self,
        batch: &mut Batch,
        frames_max: u64,
    ) -> Result<(u64, bool), Error> {
        batch.clear();
        let mut frames = 0;
        self.buffer.hold(true);
        let goes_on = loop {
            if frames == frames_max {
                break false;
            }
            match self.advance()? {
                Next::Found(found) => {
                    frames += u64::from(matches!(found, Found::Frame(..)));
                    batch.add(found, self.comments(), self.file);
                }
                Next::Later if batch.is_empty() => {
                    if let Err(error) = self.buffer.read_more() {
                        let damage = self.failure(error)?;
                        self.stop(damage);
                    }
                }
                Next::Later => break true,
                Next::End => break false,
            }
        };
        self.buffer.hold(false);
        self.buffer.hand_over(&mut batch.bytes);
        Ok((frames, goes_on))
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

    /// Finds what comes next. What was found before is gone from the buffer then, unless that is held.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<Next, Error> {
        let step = match &mut self.reader {
            Reader::Pcap(pcap) => pcap.step(&mut self.buffer),
            Reader::Pcapng(pcapng) => pcapng.step(&mut self.buffer, &mut self.info),
            Reader::Ended => return Ok(Next::End),
        };
        match step {
            Ok(Step::Frame(record)) => {
                self.info.count(record.time, record.wire_len);
                if record.link.name().is_none() {
                    self.check_link(record.link)?;
                }
                Ok(Next::Found(Found::Frame(record, self.info.packets)))
            }
            Ok(Step::Secrets(at)) => Ok(Next::Found(Found::Secrets(at))),
            Ok(Step::Name(addr, at)) => Ok(Next::Found(Found::Name(addr, at))),
            Ok(Step::End) => {
                self.reader = Reader::Ended;
                Ok(Next::End)
            }
            Ok(Step::Stop(damage)) => {
                self.stop(damage);
                Ok(Next::End)
            }
            Err(error) if self.buffer.only_held(&error) => Ok(Next::Later),
            Err(error) => {
                let damage = self.failure(error)?;
                self.stop(damage);
                Ok(Next::End)
            }
        }
    }

    /// What was found, with its bytes.
    #[inline]
    pub(super) fn block(&self, found: &Found) -> Block<'_> {
        found.block(self.buffer.all(), self.comments(), self.file)
    }

    /// Comments on the frame that was found last.
    #[inline]
    fn comments(&self) -> &[String] {
        match &self.reader {
            Reader::Pcapng(pcapng) => pcapng.comments(),
            _ => &[],
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

//! Captures under gzip, zstd or lz4: recognised by their first bytes and unpacked as a stream, in bounded memory.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::{Error as Lz4Error, FrameDecoder};

use super::info::Compression;
use super::zstd::Zstd;

/// How much of the packed file is read at once.
const CHUNK: usize = 64 * 1024;

/// What the first bytes of a file announce, if that is a compression.
pub(super) const fn detect(first: [u8; 4]) -> Option<Compression> {
    match first {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        // A zstd file may begin with a skippable frame, as `pzstd` writes.
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Compression::Zstd),
        [0x04, 0x22, 0x4d, 0x18] => Some(Compression::Lz4),
        _ => None,
    }
}

/// Unpacks `source`.
pub(super) fn unpack(
    compression: Compression,
    source: impl Read + Send + 'static,
) -> Box<dyn Read + Send> {
    let source = BufReader::with_capacity(CHUNK, source);
    match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(source)),
        Compression::Zstd => Box::new(Zstd::new(source)),
        Compression::Lz4 => Box::new(Lz4::new(source)),
    }
}

/// lz4, frame after frame; tells a source that was cut between two blocks, which the library takes for its end.
struct Lz4<R: Read> {
    frames: FrameDecoder<Closing<R>>,
    finished: bool,
}

impl<R: BufRead> Lz4<R> {
    fn new(source: R) -> Self {
        Self {
            frames: FrameDecoder::new(Closing { source, close: &[] }),
            finished: false,
        }
    }

    /// Whether the source ended inside a frame: an end mark then ends it, and is no frame's beginning otherwise.
    fn is_open(&mut self) -> bool {
        self.frames.get_mut().close = &[0; 8];
        match self.frames.read_exact(&mut [0]) {
            Ok(()) => true,
            Err(error) => {
                let inner = error
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<Lz4Error>());
                !matches!(inner, Some(Lz4Error::WrongMagicNumber))
            }
        }
    }
}

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !self.finished {
            let count = self.frames.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            // The library stops at the end of every frame.
            if self.frames.get_mut().source.fill_buf()?.is_empty() {
                self.finished = true;
                if self.is_open() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(0)
    }
}

/// A source, and bytes that follow where it ends.
struct Closing<R> {
    source: R,
    close: &'static [u8],
}

impl<R: Read> Read for Closing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.close.is_empty() {
            self.source.read(into)
        } else {
            self.close.read(into)
        }
    }
}

//! Zstandard as a stream of bytes: frame after frame, with the window bounded, and everything that was unpacked before an error.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The largest window that is unpacked, hence the memory that it takes; the `zstd` program draws the same line.
const MAX_WINDOW: u64 = 128 * 1024 * 1024;

const MAGIC: u32 = 0xfd2f_b528;

/// Sixteen magic numbers announce bytes to skip.
const SKIPPABLE: u32 = 0x184d_2a50;

/// An empty last block and room for a checksum: closes a frame whose end is missing, so that its window is handed out.
const CLOSE: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// Unpacks a source.
pub(super) struct Zstd<R> {
    source: R,
    frame: Option<FrameDecoder>,
    /// What went wrong; told when all bytes before it are handed out.
    failure: Option<io::Error>,
}

impl<R: BufRead> Zstd<R> {
    pub(super) const fn new(source: R) -> Self {
        Self {
            source,
            frame: None,
            failure: None,
        }
    }

    /// Opens the next frame; false at the end of the source.
    fn open(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            let mut head = Vec::with_capacity(18);
            self.read_head(&mut head, 4)?;
            let magic = word(&head, 0);
            if magic & 0xffff_fff0 == SKIPPABLE {
                self.read_head(&mut head, 4)?;
                let length = u64::from(word(&head, 4));
                if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            }
            if magic != MAGIC {
                return Err(invalid(
                    "no zstd frame stands where the next one should begin",
                ));
            }
            let window = self.read_frame_head(&mut head)?;
            if window > MAX_WINDOW {
                return Err(invalid(
                    "its zstd window is larger than 128 MiB; unpack it first",
                ));
            }
            let mut frame = FrameDecoder::new();
            frame.reset(head.as_slice()).map_err(io::Error::other)?;
            self.frame = Some(frame);
            return Ok(true);
        }
    }

    /// Reads a frame header (RFC 8878, section 3.1.1.1) and finds its window, before anything is allocated for it.
    fn read_frame_head(&mut self, head: &mut Vec<u8>) -> io::Result<u64> {
        self.read_head(head, 1)?;
        let descriptor = head.last().copied().unwrap_or(0);
        let single = descriptor & 0x20 != 0;
        if !single {
            self.read_head(head, 1)?;
        }
        let window = head.last().copied().unwrap_or(0);
        let dictionary_bytes = match descriptor & 3 {
            3 => 4,
            count => usize::from(count),
        };
        self.read_head(head, dictionary_bytes)?;
        let size_bytes = match descriptor >> 6 {
            0 => usize::from(single),
            1 => 2,
            2 => 4,
            _ => 8,
        };
        self.read_head(head, size_bytes)?;
        if !single {
            let base = 1_u64 << (10 + (window >> 3));
            return Ok(base + base / 8 * u64::from(window & 7));
        }
        let mut size = [0; 8];
        for (to, from) in size
            .iter_mut()
            .zip(head.iter().rev().take(size_bytes).rev())
        {
            *to = *from;
        }
        Ok(u64::from_le_bytes(size))
    }

    fn read_head(&mut self, head: &mut Vec<u8>, count: usize) -> io::Result<()> {
        let read = (&mut self.source).take(count as u64).read_to_end(head)?;
        if read < count {
            Err(io::ErrorKind::UnexpectedEof.into())
        } else {
            Ok(())
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.frame else {
                if let Some(failure) = self.failure.take() {
                    return Err(failure);
                }
                if !self.open()? {
                    return Ok(0);
                }
                continue;
            };
            if frame.can_collect() > 0 {
                return frame.read(into);
            }
            if frame.is_finished() {
                self.frame = None;
                continue;
            }
            if let Err(error) =
                frame.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
            {
                let ended = self.source.fill_buf().is_ok_and(<[u8]>::is_empty);
                self.failure = Some(if ended {
                    io::ErrorKind::UnexpectedEof.into()
                } else {
                    io::Error::other(error)
                });
                if frame
                    .decode_blocks(CLOSE.as_slice(), BlockDecodingStrategy::All)
                    .is_err()
                {
                    self.frame = None;
                }
            }
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk().copied())
        .map_or(0, u32::from_le_bytes)
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

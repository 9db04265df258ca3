//! Reads a long source on a thread of its own, a few chunks ahead of whoever takes them.

use std::io::{self, ErrorKind, Read};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

/// What one `read` asks for. Large enough that the system calls vanish, small enough to stay in the processor's cache.
pub(super) const CHUNK: usize = 256 * 1024;
/// Room in front of a chunk, for the beginning of a record whose end is in it.
pub(super) const HEAD: usize = 64 * 1024;
/// How many chunks are on their way.
const CHUNKS: usize = 3;

/// A source that is read ahead.
pub(super) struct Ahead {
    full: Receiver<io::Result<Chunk>>,
    empty: Sender<Vec<u8>>,
}

/// Bytes of a source, behind the room in front of them.
pub(super) struct Chunk {
    /// The room, the bytes, and what is left of the chunk.
    pub bytes: Vec<u8>,
    /// Where the bytes end.
    pub end: usize,
}

impl Ahead {
    /// Begins to read. The thread ends with the source, or when nobody takes what it reads.
    pub(super) fn new(mut source: Box<dyn Read + Send>) -> Self {
        let (to_full, full) = bounded(CHUNKS);
        let (empty, from_empty) = bounded::<Vec<u8>>(CHUNKS);
        let new = Self { full, empty };
        for _ in 0..CHUNKS {
            new.give_back(vec![0; HEAD + CHUNK]);
        }
        thread::spawn(move || {
            for mut bytes in from_empty {
                let count = read(&mut *source, bytes.get_mut(HEAD..).unwrap_or_default());
                let goes_on = matches!(count, Ok(1..));
                let chunk = count.map(|count| Chunk {
                    bytes,
                    end: HEAD + count,
                });
                if to_full.send(chunk).is_err() || !goes_on {
                    return;
                }
            }
        });
        new
    }

    /// The next bytes; `None` at the end of the source.
    pub(super) fn take(&self) -> io::Result<Option<Chunk>> {
        let Ok(chunk) = self.full.recv() else {
            return Ok(None);
        };
        chunk.map(|chunk| Some(chunk).filter(|chunk| chunk.end > HEAD))
    }

    /// Gives bytes back for one chunk that was taken, to be filled again.
    pub(super) fn give_back(&self, mut bytes: Vec<u8>) {
        if bytes.len() != HEAD + CHUNK {
            bytes = vec![0; HEAD + CHUNK];
        }
        // When the source has ended, nobody needs it.
        self.empty.try_send(bytes).ok();
    }
}

/// Reads once.
pub(super) fn read(source: &mut dyn Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

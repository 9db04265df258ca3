//! The read buffer: a window that slides over a source of any length, and grows only for a record that does not fit.

use std::io::{self, Read};
use std::ops::Range;

use super::ahead::{Ahead, CHUNK, Chunk, HEAD, read};

/// A source that turns out to be longer is read ahead, on a thread.
const SHORT: usize = 4 * CHUNK;

/// Bytes of a source, read ahead.
pub(super) struct Buffer {
    source: Source,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// How much was read so far, as long as it is short.
    count: usize,
}

enum Source {
    Here(Box<dyn Read + Send>),
    Ahead(Ahead),
    Ended,
}

impl Buffer {
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        Self {
            source: Source::Here(source),
            bytes: vec![0; CHUNK],
            start: 0,
            end: 0,
            count: 0,
        }
    }

    /// The bytes that are read and not yet taken.
    #[inline]
    pub(super) fn ahead(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Bytes that were taken, as long as nothing was filled since.
    #[inline]
    pub(super) fn slice(&self, at: Range<usize>) -> &[u8] {
        self.bytes.get(at).unwrap_or_default()
    }

    /// Makes sure that `count` bytes are ahead; false when the source ends before.
    #[inline]
    pub(super) fn fill(&mut self, count: usize) -> io::Result<bool> {
        if self.end - self.start >= count {
            return Ok(true);
        }
        self.read_until(count)
    }

    /// Takes `count` bytes that are ahead and says where they stand.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Range<usize> {
        let at = self.start;
        self.start = self.end.min(at.saturating_add(count));
        at..self.start
    }

    /// The source from where it was taken, for another reader.
    pub(super) fn into_reader(mut self) -> impl Read + Send {
        self.bytes.truncate(self.end);
        self.bytes.drain(..self.start);
        let rest = match self.source {
            Source::Here(source) => source,
            // Only the first bytes of a source are looked at before another reader takes it.
            Source::Ahead(_) | Source::Ended => Box::new(io::empty()),
        };
        io::Cursor::new(self.bytes).chain(rest)
    }

    #[cold]
    fn read_until(&mut self, count: usize) -> io::Result<bool> {
        while self.end - self.start < count {
            // Put back while more may come. A failure is told once, after what was read before it.
            match std::mem::replace(&mut self.source, Source::Ended) {
                Source::Here(source) if self.count >= SHORT => {
                    self.source = Source::Ahead(Ahead::new(source));
                }
                Source::Here(mut source) => {
                    let got = read(&mut *source, self.room(count))?;
                    self.end += got;
                    self.count += got;
                    if got > 0 {
                        self.source = Source::Here(source);
                    }
                }
                Source::Ahead(ahead) => {
                    let Some(chunk) = ahead.take()? else {
                        return Ok(false);
                    };
                    ahead.give_back(self.go_on_with(chunk));
                    self.source = Source::Ahead(ahead);
                }
                Source::Ended => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Where the next bytes go, so that `count` fit behind `start`.
    fn room(&mut self, count: usize) -> &mut [u8] {
        if self.start + count > self.bytes.len() || self.end == self.bytes.len() {
            // Moves the rest of one record at most, and once for a whole buffer of them.
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if count > self.bytes.len() {
                self.bytes.resize(count.next_power_of_two(), 0);
            }
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Puts what is not taken yet in front of a chunk and goes on there; returns bytes that are not needed any more.
    fn go_on_with(&mut self, chunk: Chunk) -> Vec<u8> {
        let mut bytes = chunk.bytes;
        let rest = self.ahead();
        let Some(start) = HEAD.checked_sub(rest.len()) else {
            // The beginning of a long record: the chunk goes behind it.
            self.bytes.truncate(self.end);
            self.bytes.drain(..self.start);
            let more = bytes.get(HEAD..chunk.end).unwrap_or_default();
            self.bytes.extend_from_slice(more);
            (self.start, self.end) = (0, self.bytes.len());
            return bytes;
        };
        if let Some(room) = bytes.get_mut(start..HEAD) {
            room.copy_from_slice(rest);
        }
        (self.start, self.end) = (start, chunk.end);
        std::mem::replace(&mut self.bytes, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe does.
    struct Drip(Vec<u8>, usize);

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some(byte) = self.0.get(self.1) else {
                return Ok(0);
            };
            into[0] = *byte;
            self.1 += 1;
            Ok(1)
        }
    }

    #[test]
    fn fills_from_short_reads_and_stops_at_the_end() {
        let mut buffer = Buffer::new(Box::new(Drip((0..10).collect(), 0)));
        assert!(buffer.fill(4).unwrap());
        let at = buffer.take(3);
        assert_eq!(buffer.slice(at), [0, 1, 2]);
        assert!(buffer.fill(7).unwrap());
        assert!(!buffer.fill(8).unwrap());
        assert_eq!(buffer.ahead(), [3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn grows_for_what_does_not_fit() {
        let bytes: Vec<u8> = (0..2 * CHUNK + 9).map(|n| (n % 251) as u8).collect();
        let mut buffer = Buffer::new(Box::new(io::Cursor::new(bytes.clone())));
        assert!(buffer.fill(5).unwrap());
        buffer.take(5);
        assert!(buffer.fill(2 * CHUNK).unwrap());
        let at = buffer.take(2 * CHUNK);
        assert_eq!(buffer.slice(at), &bytes[5..2 * CHUNK + 5]);
        assert!(buffer.fill(4).unwrap());
        assert_eq!(buffer.ahead(), &bytes[2 * CHUNK + 5..]);
    }

    #[test]
    fn a_long_source_is_read_ahead_and_stays_in_order() {
        let bytes: Vec<u8> = (0..6 * SHORT).map(|n| (n % 251) as u8).collect();
        let mut buffer = Buffer::new(Box::new(io::Cursor::new(bytes.clone())));
        let mut at = 0;
        for record in [9, 70_000, 1500, 2 * CHUNK, 3].into_iter().cycle() {
            if !buffer.fill(record).unwrap() {
                break;
            }
            let taken = buffer.take(record);
            assert!(buffer.slice(taken) == &bytes[at..at + record], "at {at}");
            at += record;
        }
        assert!(matches!(buffer.source, Source::Ended));
        assert_eq!(buffer.ahead(), &bytes[at..]);
        assert!(bytes.len() - at < 2 * CHUNK);
    }
}

//! The read buffer: a window that slides over a source of any length, and grows only for a record that does not fit.

use std::io::{self, Read};
use std::ops::Range;

/// What one `read` asks for. Large enough that the system calls vanish, small enough to stay in the processor's cache.
const CHUNK: usize = 256 * 1024;

/// Bytes of a source, read ahead.
pub(super) struct Buffer {
    source: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

impl Buffer {
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        Self {
            source,
            bytes: vec![0; CHUNK],
            start: 0,
            end: 0,
            ended: false,
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
        io::Cursor::new(self.bytes).chain(self.source)
    }

    #[cold]
    fn read_until(&mut self, count: usize) -> io::Result<bool> {
        while self.end - self.start < count {
            if self.ended {
                return Ok(false);
            }
            if self.start + count > self.bytes.len() || self.end == self.bytes.len() {
                // Moves the rest of one record at most, and once for a whole buffer of them.
                self.bytes.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
                if count > self.bytes.len() {
                    self.bytes.resize(count.next_power_of_two(), 0);
                }
            }
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.source.read(room) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // What was read before the failure is still told; asking again would fail again.
                    self.ended = true;
                    return Err(error);
                }
            }
        }
        Ok(true)
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
}

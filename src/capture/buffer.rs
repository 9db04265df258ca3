//! The read buffer: a window that slides over a source of any length, and grows only for a record that does not fit.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// What one `read` asks for. Large enough that the system calls vanish, small enough to stay in the processor's cache.
const CHUNK: usize = 512 * 1024;
/// Room in front of a chunk, for the beginning of a record whose end is in it.
const HEAD: usize = 64 * 1024;

/// Bytes of a source, read ahead.
pub(super) struct Buffer {
    /// `None` behind its end.
    source: Option<Box<dyn Read + Send>>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Nothing is read until this is over: what was taken stays where it is.
    held: bool,
}

impl Buffer {
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        Self {
            source: Some(source),
            bytes: vec![0; CHUNK],
            start: 0,
            end: 0,
            held: false,
        }
    }

    /// The bytes that are read and not yet taken.
    #[inline]
    pub(super) fn ahead(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// All bytes in hand; positions of what was taken are good as long as nothing was filled since.
    #[inline]
    pub(super) fn all(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes that were taken, as long as nothing was filled since.
    #[inline]
    pub(super) fn slice(&self, at: Range<usize>) -> &[u8] {
        self.bytes.get(at).unwrap_or_default()
    }

    /// Makes sure that `count` bytes are ahead; false when the source ends before.
    ///
    /// # Errors
    /// The source's; [`ErrorKind::WouldBlock`] where more has to be read while the buffer [is held](Self::hold).
    #[inline]
    pub(super) fn fill(&mut self, count: usize) -> io::Result<bool> {
        if self.end - self.start >= count {
            return Ok(true);
        }
        self.read_until(count)
    }

    /// Lets everything stay where it is, or no longer.
    pub(super) const fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// True when an error says no more than that the buffer is held.
    pub(super) fn only_held(&self, error: &io::Error) -> bool {
        self.held && error.kind() == ErrorKind::WouldBlock
    }

    /// Hands over the bytes with all that was taken, and goes on with what is ahead in `spare`.
    pub(super) fn hand_over(&mut self, spare: &mut Vec<u8>) {
        let rest = self.ahead().len();
        let wanted = CHUNK + rest.max(HEAD);
        // One that grew for a long record is not kept.
        if !(wanted..=4 * wanted).contains(&spare.len()) {
            *spare = vec![0; wanted];
        }
        if let Some(room) = spare.get_mut(..rest) {
            room.copy_from_slice(self.ahead());
        }
        (self.start, self.end) = (0, rest);
        std::mem::swap(&mut self.bytes, spare);
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
        let rest = self.source.unwrap_or_else(|| Box::new(io::empty()));
        io::Cursor::new(self.bytes).chain(rest)
    }

    #[cold]
    fn read_until(&mut self, count: usize) -> io::Result<bool> {
        while self.end - self.start < count {
            if self.source.is_none() {
                return Ok(false);
            }
            if self.held {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.make_room(count);
            self.read_once()?;
        }
        Ok(true)
    }

    /// Reads what the source has at the moment.
    pub(super) fn read_more(&mut self) -> io::Result<()> {
        self.make_room(self.end - self.start + 1);
        self.read_once()
    }

    fn read_once(&mut self) -> io::Result<()> {
        // Put back while more may come: a failure is told once, after what was read before it.
        let Some(mut source) = self.source.take() else {
            return Ok(());
        };
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        let got = read(&mut *source, room)?;
        self.end += got;
        self.source = Some(source).filter(|_| got > 0);
        Ok(())
    }

    /// Makes room so that `count` bytes fit behind `start`, and something can be read.
    fn make_room(&mut self, count: usize) {
        if self.start + count > self.bytes.len() || self.end == self.bytes.len() {
            // Moves the rest of one record at most, and once for a whole buffer of them.
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if count > self.bytes.len() {
                self.bytes.resize(count.next_power_of_two(), 0);
            }
        }
    }
}

/// Reads once.
fn read(source: &mut dyn Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
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
    fn what_is_held_stays_and_what_is_handed_over_goes_on() {
        let bytes: Vec<u8> = (0..3 * CHUNK).map(|n| (n % 251) as u8).collect();
        let mut buffer = Buffer::new(Box::new(io::Cursor::new(bytes.clone())));
        let (mut at, mut spare) = (0, Vec::new());
        for record in [9, 70_000, 1500, 2 * CHUNK, 3].into_iter().cycle() {
            buffer.hold(true);
            while let Err(error) = buffer.fill(record) {
                assert!(buffer.only_held(&error));
                buffer.hand_over(&mut spare);
                buffer.read_more().unwrap();
            }
            buffer.hold(false);
            if !buffer.fill(record).unwrap() {
                break;
            }
            let taken = buffer.take(record);
            assert!(buffer.slice(taken) == &bytes[at..at + record], "at {at}");
            at += record;
        }
        assert!(buffer.source.is_none());
        assert_eq!(buffer.ahead(), &bytes[at..]);
    }
}

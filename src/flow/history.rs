//! The history of a connection in the letters of Zeek's `conn.log`: upper case for the client, lower case for the server.

use crate::decode::skim::TcpSkim;
use crate::model::Side;

/// Letters that are kept; connections have about ten.
const LETTERS_MAX: usize = 24;

/// What happened to a connection, a letter each.
///
/// `S` SYN, `H` SYN-ACK, `A` ACK without data, `D` data, `F` FIN, `R` RST: once for each side, FIN and RST again when
/// their sequence number differs. `T` data sent again, `G` bytes that the capture lacks, `W` a window of 0: the 1st, 10th,
/// 100th time. `Q` SYN with FIN or RST, `I` FIN with RST. `^` stands first where the server sent the first frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
    letters: [u8; LETTERS_MAX],
    len: u8,
    once: [u8; 2],
    fin: [u32; 2],
    rst: [u32; 2],
    counts: [[u16; 2]; 3],
}

/// Letters that are written again only the 10th, 100th, ... time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counted {
    Again,
    Gap,
    ZeroWindow,
}

impl History {
    /// The server sent the first frame.
    pub(super) fn flipped(&mut self) {
        self.push(b'^');
    }

    /// A TCP segment.
    pub(super) fn segment(&mut self, from: Side, segment: &TcpSkim) {
        let (syn, fin, rst) = (
            segment.has(TcpSkim::SYN),
            segment.has(TcpSkim::FIN),
            segment.has(TcpSkim::RST),
        );
        let data = segment.payload_len > 0;
        match (syn, fin, rst) {
            (_, true, true) => self.once(from, b'I'),
            (true, true, _) | (true, _, true) => self.once(from, b'Q'),
            (true, ..) if segment.has(TcpSkim::ACK) => self.once(from, b'H'),
            (true, ..) => self.once(from, b'S'),
            (_, true, _) => {
                let end = segment.seq.wrapping_add(segment.payload_len);
                let last = std::mem::replace(&mut self.fin[from.index()], end);
                self.again(from, b'F', last != end);
            }
            (_, _, true) => {
                let last = std::mem::replace(&mut self.rst[from.index()], segment.seq);
                self.again(from, b'R', last != segment.seq);
            }
            _ if data => self.once(from, b'D'),
            _ if segment.has(TcpSkim::ACK) => self.once(from, b'A'),
            _ => {}
        }
    }

    /// A datagram.
    pub(super) fn datagram(&mut self, from: Side) {
        self.once(from, b'D');
    }

    /// Something that is written again only the 10th, 100th, ... time.
    pub(super) fn counted(&mut self, from: Side, what: Counted) {
        let [again, gap, zero] = &mut self.counts;
        let (counts, letter) = match what {
            Counted::Again => (again, b'T'),
            Counted::Gap => (gap, b'G'),
            Counted::ZeroWindow => (zero, b'W'),
        };
        let count = &mut counts[from.index()];
        *count = count.saturating_add(1);
        if matches!(*count, 1 | 10 | 100 | 1_000 | 10_000) {
            self.push(cased(from, letter));
        }
    }

    /// The letters.
    pub(super) fn text(&self) -> String {
        let letters = self.letters.get(..usize::from(self.len));
        String::from_utf8_lossy(letters.unwrap_or_default()).into_owned()
    }

    fn once(&mut self, from: Side, letter: u8) {
        self.again(from, letter, false);
    }

    /// Writes a letter the first time, and then when it is `new`.
    fn again(&mut self, from: Side, letter: u8, new: bool) {
        const ONCE: &[u8] = b"SHADFRQI";
        let bit = ONCE.iter().position(|&l| l == letter).unwrap_or(0);
        let once = &mut self.once[from.index()];
        if *once & 1 << bit == 0 || new {
            *once |= 1 << bit;
            self.push(cased(from, letter));
        }
    }

    fn push(&mut self, letter: u8) {
        if let Some(place) = self.letters.get_mut(usize::from(self.len)) {
            *place = letter;
            self.len += 1;
        }
    }
}

fn cased(from: Side, letter: u8) -> u8 {
    match from {
        Side::Client => letter,
        Side::Server => letter.to_ascii_lowercase(),
    }
}

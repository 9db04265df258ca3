//! Domain names on the wire: labels, compression, and the text that a person reads (RFC 1035 section 4.1.4, RFC 4343).
//! The DNS has them, and so have other protocols that carry names.

use std::fmt::Write as _;

use crate::model::Span;

use super::{Cursor, Fault, FaultKind, FieldDef};

/// What stands for the name without labels.
pub(crate) const ROOT: &str = "<Root>";

/// What stands for a name of which not even a label can be read.
const UNREADABLE: &str = "<unreadable>";

/// The longest name in octets, with its length bytes and the root (RFC 1035 section 2.3.4).
const OCTETS_MAX: usize = 255;

/// A name is read over so many pointers, as many as it may have labels: more only cost time.
pub(super) const POINTERS_MAX: usize = 127;

/// Room for the text of most names, in bytes.
const TYPICAL: usize = 32;

/// A name, and where it stands.
#[derive(Debug)]
pub(crate) struct DomainName {
    /// Its labels with dots between; dots and backslashes inside a label are escaped.
    pub text: String,
    /// Its bytes at this place: labels, and a pointer or the root.
    pub span: Span,
    /// Octets of the expanded name, with length bytes and the root.
    pub octets: usize,
    /// Labels of the expanded name.
    pub labels: usize,
    /// False after a bad pointer, and when the name is too long.
    pub whole: bool,
}

impl DomainName {
    /// Its labels, as text each.
    pub(crate) fn split(&self) -> Vec<&str> {
        let mut parts = Vec::new();
        let (mut from, mut escaped) = (0, false);
        for (at, byte) in self.text.bytes().enumerate() {
            if byte == b'.' && !escaped {
                parts.extend(self.text.get(from..at));
                from = at.saturating_add(1);
            }
            escaped = byte == b'\\' && !escaped;
        }
        parts.extend(self.text.get(from..));
        parts
    }
}

/// Reads a name without recording it. `base` is where the message begins in the layer: pointers count from there; `def` is the field it is for.
/// A pointer must lead backwards, each further than the last, so that no name goes on for ever; over [`POINTERS_MAX`] at most.
pub(crate) fn read(
    c: &mut Cursor<'_, '_>,
    base: usize,
    def: &FieldDef,
) -> Result<DomainName, Fault> {
    let from = c.offset();
    let start = c.consumed().saturating_sub(base);
    let mut name = DomainName {
        text: String::with_capacity(TYPICAL),
        span: c.ahead(0),
        octets: 1,
        labels: 0,
        whole: true,
    };
    loop {
        let fault = c.bad_value(
            def,
            "made of labels of at most 63 bytes, a pointer, or the end",
        );
        let length = c.take(1)?.iter().fold(0, |_, &b| usize::from(b));
        match length {
            0 => break,
            1..=63 => name.push(c.take(length)?),
            0xc0.. => {
                let low = c.take(1)?.iter().fold(0, |_, &b| usize::from(b));
                let target = (length & 0x3f) << 8 | low;
                let message = c.layer_bytes().get(base..).unwrap_or_default();
                if !name.follow(message, target, start) {
                    name.whole = false;
                    c.note(Fault {
                        kind: FaultKind::Loop,
                        at: fault.at,
                    });
                }
                break;
            }
            _ => return Err(fault),
        }
    }
    name.span = c.since(from);
    if name.octets > OCTETS_MAX {
        name.whole = false;
        let fault = c.bad_length(def, name.octets as u64, "at most 255 octets");
        c.note(fault);
    }
    if name.text.is_empty() {
        let stands_for_it = if name.whole { ROOT } else { UNREADABLE };
        name.text.push_str(stands_for_it);
    }
    Ok(name)
}

impl DomainName {
    /// Appends the labels that a pointer of the name beginning at `start` leads to; false when it leads nowhere.
    fn follow(&mut self, message: &[u8], target: usize, start: usize) -> bool {
        let (mut at, mut before, mut pointers) = (target, start, 1);
        if at >= before {
            return false;
        }
        let mut segment = at;
        while let Some(&length) = message.get(at) {
            let length = usize::from(length);
            at = at.saturating_add(1);
            match length {
                0 => return true,
                1..=63 => {
                    let end = at.saturating_add(length);
                    let Some(label) = message.get(at..end) else {
                        return false;
                    };
                    self.push(label);
                    if self.octets > OCTETS_MAX {
                        return true;
                    }
                    at = end;
                }
                0xc0.. => {
                    let Some(&low) = message.get(at) else {
                        return false;
                    };
                    before = segment;
                    at = (length & 0x3f) << 8 | usize::from(low);
                    segment = at;
                    pointers += 1;
                    if at >= before || pointers > POINTERS_MAX {
                        return false;
                    }
                }
                _ => return false,
            }
        }
        false
    }

    fn push(&mut self, label: &[u8]) {
        self.labels = self.labels.saturating_add(1);
        self.octets = self.octets.saturating_add(label.len()).saturating_add(1);
        if self.octets > OCTETS_MAX {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('.');
        }
        push_label(label, &mut self.text);
    }
}

/// Writes a label: printable text as it is, what would be misread and what is no text as `\.`, `\\` or `\DDD` in decimal.
pub(crate) fn push_label(label: &[u8], out: &mut String) {
    let plain = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'.' | b'\\');
    // Nearly all labels are.
    if let Ok(text) = str::from_utf8(label)
        && label.iter().all(plain)
    {
        out.push_str(text);
        return;
    }
    for chunk in label.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '.' | '\\' => out.extend(['\\', letter]),
                _ if letter.is_control() => {
                    let mut bytes = [0; 4];
                    push_decimal(letter.encode_utf8(&mut bytes).as_bytes(), out);
                }
                _ => out.push(letter),
            }
        }
        push_decimal(chunk.invalid(), out);
    }
}

fn push_decimal(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        let _ = write!(out, "\\{byte:03}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Dissection, Next, Value, decode_span};
    use crate::model::{BufId, LinkType, PacketId, Timestamp};

    /// A header that announces one question, and what follows it: the question's name, type and class.
    fn question(name: &[u8]) -> (Vec<u8>, Dissection) {
        let header = b"\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00";
        let message = [header, name, b"\x00\x01\x00\x01"].concat();
        let mut d = Dissection::default();
        let len = message.len() as u32;
        d.begin(PacketId(1), Timestamp(0), LinkType(1), len, len);
        let span = Span::bytes(BufId::FRAME, 0, len);
        decode_span(&message, &mut d, Next::Udp(40_000, 53), span);
        (message, d)
    }

    fn text(name: &[u8]) -> String {
        let (_, d) = question(name);
        let field = d.field("dns.qry.name").copied().unwrap();
        assert!(matches!(field.value, Value::Text(..)));
        d.text(field.value).to_owned()
    }

    fn fault(name: &[u8]) -> &'static str {
        let (_, d) = question(name);
        d.layers[0].fault.as_ref().map_or("none", Fault::code)
    }

    #[test]
    fn letters_and_escapes() {
        assert_eq!(text(b"\x03www\x07eXample\x04test\x00"), "www.eXample.test");
        assert_eq!(
            text(b"\x03a.b\x04a\\b\x7f\x04\x00\xff c\x00"),
            "a\\.b.a\\\\b\\127.\\000\\255 c"
        );
        assert_eq!(text("\x03h\u{e9}\x00".as_bytes()), "h\u{e9}");
        assert_eq!(text(b"\x00"), ROOT);
    }

    #[test]
    fn labels_keep_their_dots() {
        let name = DomainName {
            text: "a\\.b.c\\\\.d".to_owned(),
            span: Span::default(),
            octets: 0,
            labels: 0,
            whole: true,
        };
        assert_eq!(name.split(), ["a\\.b", "c\\\\", "d"]);
    }

    #[test]
    fn pointers_lead_backwards_only() {
        // At 12 stands the name itself, at 16 the pointer.
        assert_eq!(fault(b"\x03abc\xc0\x0c"), "loop");
        assert_eq!(fault(b"\x03abc\xc0\x10"), "loop");
        assert_eq!(fault(b"\x03abc\xc0\x14"), "loop");
        assert_eq!(fault(b"\xff\xff"), "loop");
        assert_eq!(text(b"\xff\xff"), UNREADABLE);
        // Into the header, where the questions' count happens to be a label and the end.
        assert_eq!(fault(b"\x03abc\xc0\x05"), "none");
        assert_eq!(text(b"\x03abc\xc0\x05"), "abc.\\000");
    }

    #[test]
    fn a_name_is_read_over_so_many_pointers() {
        for (pointers, whole) in [(POINTERS_MAX, true), (POINTERS_MAX + 1, false)] {
            let mut name = DomainName {
                text: String::new(),
                span: Span::default(),
                octets: 1,
                labels: 0,
                whole: true,
            };
            // A label and the root, then pointers, each to the one before it; the name is one more, behind them.
            let mut message = b"\x01a\x00\x00".to_vec();
            for n in 1..pointers as u16 {
                let target = if n == 1 { 0 } else { 2 * n };
                message.extend((0xc000 | target).to_be_bytes());
            }
            let behind = message.len();
            assert_eq!(name.follow(&message, behind - 2, behind), whole);
        }
    }

    #[test]
    fn what_is_no_name() {
        assert_eq!(fault(b"\x80abc\x00"), "bad-value");
        assert_eq!(fault(b"\x3fabc"), "truncated");
    }

    #[test]
    fn a_name_ends_at_255_octets() {
        let label = [&[63][..], &[b'x'; 63]].concat();
        let longest = [&label.repeat(3)[..], &[61], &[b'x'; 61], &[0]].concat();
        let longer = [&label.repeat(3)[..], &[62], &[b'x'; 62], &[0]].concat();
        assert_eq!((longest.len(), fault(&longest)), (255, "none"));
        assert_eq!((longer.len(), fault(&longer)), (256, "bad-length"));
        // The question's type is still found behind it.
        assert_eq!(question(&longer).1.number("dns.qry.type"), Some(1));
    }
}

//! Do the bytes of a datagram show by themselves that it is the DNS? Resolvers answer at other ports than 53 too (RFC 1035 section 4.1).

use super::tables::{TYPES, name};

const HEADER: usize = 12;

/// A message with one ordinary question of a known type and class, and of a query nothing behind it that would not be counted.
pub(in super::super) fn is_likely(bytes: &[u8]) -> bool {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return false;
    };
    let &[_, _, high, low, q1, q0, a1, a0, n1, n0, r1, r0] = header;
    let [questions, answers, authorities, additionals] =
        [[q1, q0], [a1, a0], [n1, n0], [r1, r0]].map(u16::from_be_bytes);
    let (response, opcode, reserved) = (high & 0x80 != 0, high & 0x78, low & 0x40);
    if questions != 1 || opcode != 0 || reserved != 0 {
        return false;
    }
    let alone = [answers, authorities, additionals] == [0; 3];
    if !response && (answers > 0 || authorities > 0 || additionals > 2 || low & 0x0f != 0) {
        return false;
    }
    let Some((first, behind)) = name_of(rest) else {
        return false;
    };
    let Some((&[t1, t0, c1, c0], behind)) = behind.split_first_chunk::<4>() else {
        return false;
    };
    let kind = u16::from_be_bytes([t1, t0]);
    // In the Internet, in Chaosnet (where servers tell their version), or in any.
    let class = matches!(u16::from_be_bytes([c1, c0]), 1 | 3 | 255);
    class
        && name(TYPES, kind.into()).is_some()
        && !is_netbios(first, kind)
        && (!alone || behind.is_empty())
}

/// The first label of a name of printable letters, and what follows the name.
fn name_of(mut bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut first: Option<&[u8]> = None;
    // A name has at most 127 labels.
    for _ in 0..128 {
        let (&length, rest) = bytes.split_first()?;
        if length == 0 {
            return Some((first.unwrap_or_default(), rest));
        }
        let (label, rest) = rest.split_at_checked(usize::from(length))?;
        if length > 63 || !label.iter().all(|b| (b' '..=b'~').contains(b)) {
            return None;
        }
        first.get_or_insert(label);
        bytes = rest;
    }
    None
}

/// `NetBIOS` has the same header and other types; its names are 32 letters long, damaged or not (RFC 1001 section 14.1).
const fn is_netbios(label: &[u8], kind: u16) -> bool {
    matches!(kind, 32 | 33) && label.len() == 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The question of `captures/dns-lookup.pcapng` in its short form: `example.com`, A, IN.
    const QUESTION: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01";

    #[test]
    fn a_question_shows_what_it_is_and_every_part_of_it_counts() {
        assert!(is_likely(QUESTION));
        for len in 0..QUESTION.len() {
            assert!(!is_likely(&QUESTION[..len]), "cut to {len}");
        }
        // Opcode, reserved bit, questions, answers of a query, label, type, class.
        for (at, byte) in [
            (2, 0x29),
            (3, 0x40),
            (5, 2),
            (7, 1),
            (12, 0xc0),
            (13, 7),
            (26, 0xee),
            (28, 9),
        ] {
            let mut bytes = QUESTION.to_vec();
            bytes[at] = byte;
            assert!(!is_likely(&bytes), "byte {at}");
        }
        assert!(!is_likely(&[QUESTION, b"\0"].concat()));
    }

    #[test]
    fn a_netbios_name_is_not_the_dns() {
        let mut bytes = b"\x12\x34\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20".to_vec();
        bytes.extend(b"FHEPFCELEHFCEPFFFACACACACACACABO");
        bytes.extend(b"\x00\x00\x20\x00\x01");
        assert!(!is_likely(&bytes));
    }
}

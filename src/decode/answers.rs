//! Which names a DNS message gives to which addresses (RFC 1035 section 4), read without recording anything: conversations
//! are named where nothing else of the message is asked for.

use std::net::IpAddr;

use smallvec::SmallVec;

use super::domain::{POINTERS_MAX, push_label};

/// At most this many records of a message are read: enough for every answer that is used.
const RECORDS_MAX: usize = 128;
/// The longest name in octets (RFC 1035 section 2.3.4).
const OCTETS_MAX: usize = 255;

/// Bytes before the first question.
const HEADER: usize = 12;

const A: u16 = 1;
const CNAME: u16 = 5;
const PTR: u16 = 12;
const AAAA: u16 = 28;

/// The response bit, the operation and the response code: of a response to a query that went well, only the bit is set.
const RESPONSE: u16 = 0x8000;
const ABOUT_IT: u16 = 0xf80f;

/// A name that was given to an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub address: IpAddr,
    /// In lower case.
    pub name: &'a str,
    /// The name was asked for by the address.
    pub reverse: bool,
}

/// Calls `each` with the names that a message gives to addresses; with none for what is not a response that went well.
/// An address at the end of a chain of aliases has the name that was asked for.
pub(crate) fn answers(message: &[u8], mut each: impl FnMut(Answer<'_>)) {
    let _ = read(message, &mut each);
}

fn read(message: &[u8], each: &mut impl FnMut(Answer<'_>)) -> Option<()> {
    if number(message, 2)? & ABOUT_IT != RESPONSE {
        return None;
    }
    let questions = number(message, 4)?;
    let records = [6, 8, 10].map(|at| usize::from(number(message, at).unwrap_or(0)));
    let records = records.iter().sum::<usize>().min(RECORDS_MAX);
    let mut at = HEADER;
    for _ in 0..questions {
        at = skip(message, at)?.checked_add(4)?;
    }
    // Of several questions nobody knows which one is answered; none is usual among neighbours.
    let mut wanted = Wanted {
        message,
        text: Text::new(),
        places: (questions == 1).then_some(HEADER).into_iter().collect(),
    };
    let mut own = Text::new();
    for _ in 0..records {
        let owner = at;
        let behind = skip(message, at)?;
        let kind = number(message, behind)?;
        let data = behind.checked_add(10)?;
        let length = usize::from(number(message, behind.checked_add(8)?)?);
        at = data.checked_add(length)?;
        let bytes = message.get(data..at)?;
        let mut address = match kind {
            A => bytes.try_into().ok().map(<[u8; 4]>::into),
            AAAA => bytes.try_into().ok().map(<[u8; 16]>::into),
            CNAME | PTR => None,
            _ => continue,
        };
        let answers = wanted.holds(owner, &mut own)?;
        if kind == CNAME && answers {
            wanted.places.push(data);
        }
        if kind == PTR {
            expand(message, owner, &mut own)?;
            address = reverse(own.as_str());
            expand(message, data, &mut own)?;
        }
        let Some(address) = address else { continue };
        let name = if answers && kind != PTR {
            wanted.text()?
        } else {
            &own
        };
        each(Answer {
            address,
            name: name.as_str(),
            reverse: kind == PTR,
        });
    }
    Some(())
}

/// A name, in lower case. Nearly all are plain, and need no memory of their own.
struct Text {
    plain: [u8; OCTETS_MAX],
    len: usize,
    odd: Option<String>,
}

impl Text {
    const fn new() -> Self {
        Self {
            plain: [0; OCTETS_MAX],
            len: 0,
            odd: None,
        }
    }

    fn as_str(&self) -> &str {
        let plain = self.plain.get(..self.len).unwrap_or_default();
        match &self.odd {
            Some(odd) => odd,
            None => str::from_utf8(plain).unwrap_or_default(),
        }
    }

    /// Adds a label. What is not plain is escaped as everywhere.
    fn push(&mut self, label: &[u8]) {
        let dot = usize::from(self.len > 0);
        let plain = |&b: &u8| b > b' ' && b < 0x7f && b != b'.' && b != b'\\';
        let room = self.plain.get_mut(self.len..self.len + dot + label.len());
        if let (None, Some(room)) = (&self.odd, room)
            && label.iter().all(plain)
        {
            let (before, behind) = room.split_at_mut(dot);
            before.fill(b'.');
            behind.copy_from_slice(label);
            behind.make_ascii_lowercase();
            self.len += dot + label.len();
            return;
        }
        let mut odd = self.as_str().to_owned();
        if dot == 1 {
            odd.push('.');
        }
        push_label(label, &mut odd);
        odd.make_ascii_lowercase();
        // What comes next stands behind a dot.
        self.len = self.len.max(1);
        self.odd = Some(odd);
    }
}

/// The name that was asked for.
struct Wanted<'a> {
    message: &'a [u8],
    /// As text, once it was needed.
    text: Text,
    /// Where it stands, and where the names stand that are aliases' targets.
    places: SmallVec<[usize; 2]>,
}

impl Wanted<'_> {
    /// True when the name at `owner` is the one that was asked for, or one that its aliases lead to. Otherwise the name is
    /// put into `own`. Names that are repeated are pointers mostly: then they need not be read.
    fn holds(&self, owner: usize, own: &mut Text) -> Option<bool> {
        let place = follow(self.message, owner)?;
        let mut places = self.places.iter();
        if places.any(|&known| follow(self.message, known) == Some(place)) {
            return Some(true);
        }
        expand(self.message, owner, own)?;
        let mut known = Text::new();
        for &at in &self.places {
            expand(self.message, at, &mut known)?;
            if known.as_str() == own.as_str() {
                return Some(true);
            }
        }
        Some(false)
    }

    fn text(&mut self) -> Option<&Text> {
        if self.text.len == 0 {
            expand(self.message, *self.places.first()?, &mut self.text)?;
        }
        Some(&self.text)
    }
}

/// Where the first label of a name stands that may be a pointer only.
fn follow(message: &[u8], at: usize) -> Option<usize> {
    match message.get(at)? {
        high @ 0xc0.. => {
            let low = message.get(at + 1)?;
            Some(usize::from(high & 0x3f) << 8 | usize::from(*low))
        }
        _ => Some(at),
    }
}

fn number(message: &[u8], at: usize) -> Option<u16> {
    let bytes = message.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

/// Behind the name that begins here.
fn skip(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        match length {
            0 => return Some(at),
            1..=63 => at += length,
            0xc0.. => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Puts the name that begins here into `text`, in lower case; none where a pointer does not lead backwards, or the name is
/// too long.
fn expand(message: &[u8], start: usize, text: &mut Text) -> Option<()> {
    (text.len, text.odd) = (0, None);
    let (mut at, mut before, mut octets, mut pointers) = (start, start, 1, 0);
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        match length {
            0 => return Some(()),
            1..=63 => {
                octets += length + 1;
                if octets > OCTETS_MAX {
                    return None;
                }
                text.push(message.get(at..at + length)?);
                at += length;
            }
            0xc0.. => {
                at = (length & 0x3f) << 8 | usize::from(*message.get(at)?);
                pointers += 1;
                if at >= before || pointers > POINTERS_MAX {
                    return None;
                }
                before = at;
            }
            _ => return None,
        }
    }
}

/// The address that a name under `in-addr.arpa` or `ip6.arpa` stands for.
fn reverse(name: &str) -> Option<IpAddr> {
    if let Some(octets) = name.strip_suffix(".in-addr.arpa") {
        let mut address = [0; 4];
        let mut parts = octets.rsplit('.');
        for octet in &mut address {
            *octet = parts.next()?.parse().ok()?;
        }
        return parts.next().is_none().then(|| address.into());
    }
    let nibbles = name.strip_suffix(".ip6.arpa")?;
    if nibbles.len() != 63 {
        return None;
    }
    let mut address = 0_u128;
    for nibble in nibbles.rsplit('.') {
        let mut digits = nibble.chars();
        let digit = digits.next()?.to_digit(16)?;
        digits.next().is_none().then_some(())?;
        address = address << 4 | u128::from(digit);
    }
    Some(address.to_be_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(name: &str) -> Vec<u8> {
        let labels = name.split('.').filter(|label| !label.is_empty());
        let mut bytes: Vec<u8> = labels
            .flat_map(|label| [&[label.len() as u8][..], label.as_bytes()].concat())
            .collect();
        bytes.push(0);
        bytes
    }

    /// A response: its flags, its question, and owner, type and data of its answers.
    fn response(flags: u16, asked: &str, records: &[(&[u8], u16, &[u8])]) -> Vec<u8> {
        let mut message = vec![0x1a, 0x2b];
        for number in [flags, 1, records.len() as u16, 0, 0] {
            message.extend(number.to_be_bytes());
        }
        message.extend(wire(asked));
        message.extend([0, 1, 0, 1]);
        for (owner, kind, data) in records {
            message.extend(*owner);
            message.extend(kind.to_be_bytes());
            message.extend([0, 1, 0, 0, 1, 0]);
            message.extend((data.len() as u16).to_be_bytes());
            message.extend(*data);
        }
        message
    }

    fn found(message: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        answers(message, |a| {
            let mark = if a.reverse { " (reverse)" } else { "" };
            found.push(format!("{} {}{mark}", a.address, a.name));
        });
        found
    }

    const ASKED: &[u8] = &[0xc0, 12];

    #[test]
    fn an_address_behind_an_alias_has_the_name_that_was_asked_for() {
        let edge = wire("edge.cdn.test");
        let message = response(
            0x8180,
            "WWW.Example.test",
            &[
                (ASKED, CNAME, &edge),
                (&edge, A, &[203, 0, 113, 10]),
                (
                    ASKED,
                    AAAA,
                    &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
                ),
                (&wire("ns.cdn.test"), A, &[203, 0, 113, 53]),
            ],
        );
        assert_eq!(
            found(&message),
            [
                "203.0.113.10 www.example.test",
                "2001:db8::1 www.example.test",
                "203.0.113.53 ns.cdn.test"
            ],
            "what nobody asked for has its own name"
        );
        for cut in 0..message.len() {
            assert!(found(&message[..cut]).len() <= 3, "{cut}");
        }
    }

    #[test]
    fn an_address_that_was_asked_for_has_the_name_in_the_answer() {
        let message = response(
            0x8580,
            "10.113.0.203.in-addr.arpa",
            &[(ASKED, PTR, &wire("www.example.test"))],
        );
        assert_eq!(found(&message), ["203.0.113.10 www.example.test (reverse)"]);
        let six = format!("{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(24));
        let message = response(0x8580, &six, &[(ASKED, PTR, &wire("six.test"))]);
        assert_eq!(found(&message), ["2001:db8:: six.test (reverse)"]);
        for odd in [
            "1.2.3.in-addr.arpa",
            "x.1.2.3.4.in-addr.arpa",
            "1.ip6.arpa",
            "a.test",
        ] {
            assert_eq!(reverse(odd), None, "{odd}");
        }
    }

    #[test]
    fn questions_and_failures_name_nothing() {
        let record: &[(&[u8], u16, &[u8])] = &[(ASKED, A, &[203, 0, 113, 10])];
        for flags in [0x0100, 0x8183, 0xa800] {
            assert!(
                found(&response(flags, "a.test", record)).is_empty(),
                "{flags:04x}"
            );
        }
        assert_eq!(found(&response(0x8180, "a.test", record)).len(), 1);
    }

    #[test]
    fn hostile_names_end() {
        // A pointer to itself, one forwards, and a name that grows with every pointer.
        for owner in [&[0xc0, 24][..], &[0xc0, 200]] {
            let message = response(0x8180, "a.test", &[(owner, A, &[203, 0, 113, 10])]);
            assert!(found(&message).is_empty(), "{owner:?}");
        }
        let long = [63_u8]
            .iter()
            .chain(&[b'a'; 63])
            .copied()
            .collect::<Vec<_>>()
            .repeat(4);
        let message = response(
            0x8180,
            "a.test",
            &[(&[&long[..], &[0]].concat(), A, &[1, 2, 3, 4])],
        );
        assert!(found(&message).is_empty(), "257 octets are no name");
        // Pointers to pointers, each two bytes further forwards.
        let chain: Vec<u8> = (0..2 * POINTERS_MAX as u16)
            .flat_map(|n| (0xc000 | if n == 0 { 12 } else { 34 + 2 * n }).to_be_bytes())
            .collect();
        let last = |n: u16| (0xc000 | (36 + 2 * n)).to_be_bytes();
        for (n, names) in [(100, 1), (200, 0)] {
            let owner = last(n);
            let records: [(&[u8], u16, &[u8]); 2] =
                [(ASKED, 16, &chain), (&owner, A, &[203, 0, 113, 10])];
            let message = response(0x8180, "a.test", &records);
            assert_eq!(found(&message).len(), names, "{n}");
        }
        let odd = response(
            0x8180,
            "a.test",
            &[(b"\x05a\x1b[2.\0", A, &[203, 0, 113, 10])],
        );
        assert_eq!(found(&odd), ["203.0.113.10 a\\027[2\\."]);
        let many: Vec<(&[u8], u16, &[u8])> = vec![(ASKED, A, &[203, 0, 113, 10]); 2000];
        assert_eq!(found(&response(0x8180, "a.test", &many)).len(), RECORDS_MAX);
    }
}

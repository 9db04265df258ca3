//! TCP: a reliable stream of bytes in each direction between two ports. RFC 9293; ECN is RFC 3168's.
//!
//! This file reads one segment's header. Putting payload in order is the flow room's work.

mod analysis;
mod mptcp;
mod options;
mod resets;

use std::fmt;

use crate::decode::checksum::{Checksum, STATUS};
use crate::decode::{Base, Claim, Cursor, Fault, Protocol, Show, Value, fields, joined};
use crate::model::{Osi, Span};

fields! {
    SRC: "tcp.srcport", "Source port", Show::Plain, "The port of the sending program; a client's is usually chosen at random.";
    DST: "tcp.dstport", "Destination port", Show::Plain, "The port of the receiving program; a server's is well known, such as 443 for HTTPS.";
    LEN: "tcp.len", "Segment length", Show::Unit("bytes"), "Bytes of the stream in this segment: what the IP length leaves after the headers. It is not on the wire.";
    SEQ: "tcp.seq", "Sequence number", Show::Plain, "The number of this segment's first byte in the sender's stream; the stream begins at a random number.";
    ACK: "tcp.ack", "Acknowledgment number", Show::Plain, "The number of the next byte that the sender of this segment expects: everything before it has arrived.";
    HEADER_LEN: "tcp.hdr_len", "Header length", Show::Unit("bytes"), "Length of this header with its options; 20 without. On the wire it counts words of four bytes.";
    FLAGS: "tcp.flags", "Flags", Show::Hex(3), "Bits that open, close and steer the connection.";
    RESERVED: "tcp.flags.res", "Reserved", Show::Plain, "Three bits without meaning; zero.";
    AE: "tcp.flags.ae", "Accurate ECN", Show::Plain, "With the next two bits it counts congestion marks, where both sides agreed to count.";
    CWR: "tcp.flags.cwr", "Congestion window reduced", Show::Plain, "The sender slowed down after it was told of congestion; in a SYN it offers ECN.";
    ECE: "tcp.flags.ece", "ECN echo", Show::Plain, "A packet arrived with a congestion mark; in a SYN it offers ECN.";
    URG: "tcp.flags.urg", "Urgent", Show::Plain, "The urgent pointer counts; hardly used any more.";
    FLAG_ACK: "tcp.flags.ack", "Acknowledgment", Show::Plain, "The acknowledgment number counts; set in every segment but the first.";
    PUSH: "tcp.flags.push", "Push", Show::Plain, "The receiver shall hand the bytes to its program now instead of waiting for more.";
    RESET: "tcp.flags.reset", "Reset", Show::Plain, "The connection is over at once: refused, aborted or unknown.";
    SYN: "tcp.flags.syn", "Synchronize", Show::Plain, "Opens a direction: the sequence number is where its stream begins.";
    FIN: "tcp.flags.fin", "Finish", Show::Plain, "The sender has no more bytes to send; the other direction stays open.";
    LETTERS: "tcp.flags.str", "Flags in letters", Show::Plain, "The same flags as letters, with a dot for those not set.";
    WINDOW: "tcp.window_size_value", "Window", Show::Plain, "How many more bytes the sender of this segment has room for, still to be scaled by the factor agreed in the handshake.";
    WINDOW_BYTES: "tcp.window_size", "Window in bytes", Show::Unit("bytes"), "The window times the factor agreed in the handshake: so much the other side may send without waiting. Computed from other frames.";
    WINDOW_FACTOR: "tcp.window_size_scalefactor", "Window factor", Show::Plain, "By what the window is multiplied; -1 when the handshake was not captured, -2 when one of the sides does not scale.";
    CHECKSUM: "tcp.checksum", "Checksum", Show::Hex(4), "Sum over addresses, header and data that the receiver checks.";
    CALCULATED: "tcp.checksum_calculated", "Calculated checksum", Show::Hex(4), "What the checksum should be, as the bytes here give it.";
    STATUS_FIELD: "tcp.checksum.status", "Checksum status", Show::Names(Base::Dec, STATUS), "Whether the bytes give the checksum; a segment that they do not give it for is dropped, and sent again later.";
    URGENT: "tcp.urgent_pointer", "Urgent pointer", Show::Plain, "Where urgent data ends, counted from the sequence number; counts only with the urgent flag.";
    CAUSE: "tcp.reset_cause", "Reset cause", Show::Plain, "A reset may carry a few words about its reason; they are no part of the stream.";
    ODD_PORT: "wirewalk.tcp.odd_port", "Port", Show::Plain, "The port usually carries another protocol: ports are a convention, and what is spoken shows in the bytes.";
    SUPERFRAME: "wirewalk.tcp.superframe", "Superframe", Show::Plain, "A packet that is too big for the link: not yet cut into segments, or already joined, by the network card.";
    PAYLOAD: "tcp.payload", "Payload", Show::Plain, "The bytes of the stream that this segment carries.";
}

static SUM: Checksum = Checksum {
    value: &CHECKSUM,
    status: &STATUS_FIELD,
    calculated: Some(&CALCULATED),
    pseudo: Some(6),
    optional: false,
    in_quotes: true,
};

/// The longest packet on an Ethernet that nobody configured otherwise.
const ETHERNET_MTU: u32 = 1500;

/// Transmission control.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "tcp",
    name: "Transmission Control Protocol",
    osi: Osi::Transport,
    spec: "RFC 9293",
    claims: &[Claim::IpProto(6)],
    fields: joined![
        FIELDS,
        options::FIELDS,
        mptcp::FIELDS,
        analysis::FIELDS,
        resets::FIELDS
    ],
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let src = c.u16(&SRC)?;
    let dst = c.u16(&DST)?;
    let seq = c.u32(&SEQ)?;
    let ack = c.u32(&ACK)?;
    let at = c.ahead(1);
    let word = c.peek_number(0, 1).unwrap_or(0);
    let header = (word >> 4).saturating_mul(4);
    c.put(&HEADER_LEN, at, Value::Num(header));
    let flags = flags(c)?;
    let window = c.u16(&WINDOW)?;
    c.checksum(&SUM, None)?;
    c.u16(&URGENT)?;
    if header < 20 {
        return Err(c.bad_length(&HEADER_LEN, header, "at least 20"));
    }
    let mut heard = options::Heard::new((flags.0 & 0x10 != 0).then_some(ack));
    let len = (header as usize).saturating_sub(20);
    // Where the capture cut the header itself, part of what is missing is no payload.
    let cut = len.saturating_sub(c.left()) as u32;
    let options = if len > 0 {
        c.within(&HEADER_LEN, len, |c| options::decode(c, &mut heard))
    } else {
        Ok(())
    };

    let missing = c.missing();
    let payload = c.rest_span();
    let mut whole = payload.len.saturating_add(missing).saturating_sub(cut);
    if c.envelope().is_some_and(|envelope| envelope.piece) {
        // The other fragments say where the segment ends.
        whole = 0;
    } else {
        c.computed(&LEN, Value::Num(u64::from(whole)));
    }
    superframe(c, whole);
    if payload.len > 0 {
        c.put(&PAYLOAD, payload, Value::Bytes);
    }
    let reset = flags.0 & 0x04 != 0;
    if reset && payload.len > 0 && c.detail() {
        let words = c.peek().split(|&b| b == 0).next().unwrap_or_default();
        c.put_text(&CAUSE, payload, &String::from_utf8_lossy(words));
    }
    let acked = Shown(flags.0 & 0x10 != 0, " ack ", ack);
    let len = Shown(whole > 0, " len ", whole);
    c.summary(format_args!(
        "{src} → {dst} [{flags}] seq {seq}{acked} win {window}{len}{heard}"
    ));
    if !reset {
        c.stream(src, dst, payload);
    }
    options
}

/// Says that a packet is longer than its link takes, where it is.
fn superframe(c: &mut Cursor<'_, '_>, payload: u32) {
    let len = c.envelope().map_or(0, |envelope| envelope.len);
    if len > ETHERNET_MTU && payload > 0 && c.on_ethernet() && !c.quoted() {
        let text = format!(
            "a packet of {len} bytes, where Ethernet's usual MTU is {ETHERNET_MTU}: unless this link takes more (jumbo frames, \
             loopback), the network card cuts it into segments after the capture, or joined them before (segmentation offload)"
        );
        c.computed_text(&SUPERFRAME, &text);
    }
}

/// A number in a summary, shown only when it means something.
struct Shown(bool, &'static str, u32);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 {
            write!(f, "{}{}", self.1, self.2)
        } else {
            Ok(())
        }
    }
}

/// The twelve flag bits.
struct Flags(u16);

const NAMES: [(&str, char); 12] = [
    ("", 'R'),
    ("", 'R'),
    ("", 'R'),
    ("AE", 'A'),
    ("CWR", 'C'),
    ("ECE", 'E'),
    ("URG", 'U'),
    ("ACK", 'A'),
    ("PSH", 'P'),
    ("RST", 'R'),
    ("SYN", 'S'),
    ("FIN", 'F'),
];

impl Flags {
    /// Each flag from the highest bit down: its name, its letter, and whether it is set.
    fn each(&self) -> impl Iterator<Item = (&'static str, char, bool)> {
        let bits = self.0;
        let place = (0..12u16).rev();
        let names = NAMES.iter().zip(place);
        names.map(move |(&(name, letter), place)| (name, letter, bits >> place & 1 == 1))
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        // Upwards, so that SYN comes before ACK and ACK after FIN and PSH as people say them.
        let named: [(&str, u16); 9] = [
            ("FIN", 0),
            ("SYN", 1),
            ("RST", 2),
            ("PSH", 3),
            ("ACK", 4),
            ("URG", 5),
            ("ECE", 6),
            ("CWR", 7),
            ("AE", 8),
        ];
        for (name, place) in named {
            if self.0 >> place & 1 == 1 {
                write!(f, "{separator}{name}")?;
                separator = " ";
            }
        }
        Ok(())
    }
}

fn flags(c: &mut Cursor<'_, '_>) -> Result<Flags, Fault> {
    let flags = c.bits(&FLAGS, 2, 4, 12)?;
    let flags = Flags(flags as u16);
    if c.detail() {
        each_flag(c, &flags)?;
    }
    c.take(2)?;
    Ok(flags)
}

/// Shows the flags of the next two bytes bit by bit, and as letters.
fn each_flag(c: &mut Cursor<'_, '_>, flags: &Flags) -> Result<(), Fault> {
    let both = c.ahead(2);
    let (high, low) = (
        Span { len: 1, ..both },
        Span {
            at: both.at.saturating_add(1),
            len: 1,
            ..both
        },
    );
    c.nest(|c| {
        let reserved = Span {
            bit: 4,
            bits: 3,
            ..high
        };
        c.put(&RESERVED, reserved, Value::Num(u64::from(flags.0 >> 9 & 7)));
        let ae = Span {
            bit: 7,
            bits: 1,
            ..high
        };
        c.put(&AE, ae, Value::Bool(flags.0 & 0x100 != 0));
        let rest = [&CWR, &ECE, &URG, &FLAG_ACK, &PUSH, &RESET, &SYN, &FIN];
        for (bit, def) in (0u8..).zip(rest) {
            let span = Span {
                bit,
                bits: 1,
                ..low
            };
            let set = flags.0 << bit & 0x80 != 0;
            c.put(def, span, Value::Bool(set));
        }
        let letters: String = flags
            .each()
            .map(|(_, letter, set)| if set { letter } else { '·' })
            .collect();
        c.put_text(&LETTERS, both, &letters);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::decode::{Dissection, decode_frame};
    use crate::model::{LinkType, PacketId, Timestamp};

    fn tcp(segment: &str) -> Seen {
        let len = 20 + segment.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let packet = format!("4500{len:04x}59ee400040060000c0a80164cb00710a{segment}");
        see(LinkType::IPV4, &packet)
    }

    #[test]
    fn a_first_segment() {
        // The first segment of the sample capture `curl-https`.
        let seen = tcp(
            "bff001bb5827fd6700000000a002faf093c80000 020405b4 0402 080a2e66758b00000000 01 03030a",
        );
        assert_eq!(
            seen.summary("tcp"),
            "49136 → 443 [SYN] seq 1479015783 win 64240 mss 1460 wscale 10"
        );
        assert_eq!(seen.first("tcp.flags"), "0x002");
        assert_eq!(seen.first("tcp.flags.str"), "··········S·");
        assert_eq!(seen.place("tcp.flags.syn"), Some((33, 1)));
        assert_eq!(seen.first("tcp.options.wscale.multiplier"), "1024");
        assert_eq!(seen.all("tcp.option_kind").len(), 5);
        assert_eq!(seen.first("tcp.options.sack_perm"), "04:02");
    }

    #[test]
    fn payload_is_handed_on() {
        let seen = tcp("01bbbff0 00000001 00000002 5018 0010 0000 0000 616263");
        let part = seen.d.stream.expect("payload");
        assert_eq!((part.src, part.dst), (443, 49136));
        assert_eq!((part.span.at, part.span.len), (40, 3));
        assert_eq!(
            seen.summary("tcp"),
            "443 → 49136 [PSH ACK] seq 1 ack 2 win 16 len 3"
        );
    }

    #[test]
    fn packets_too_big_for_the_link_say_so() {
        let segment = "01bbbff0 00000001 00000002 5010 0010 0000 0000";
        let frame = |payload: usize| {
            let len = payload + 40;
            let ip = format!("4500{len:04x}59ee400040060000c0a80164cb00710a");
            let ethernet = "0200000000010200000000020800";
            let data = "61".repeat(payload);
            see(
                LinkType::ETHERNET,
                &format!("{ethernet}{ip}{segment}{data}"),
            )
        };
        assert_eq!(frame(1460).first("wirewalk.tcp.superframe"), "");
        let text = frame(1461).first("wirewalk.tcp.superframe");
        assert!(text.starts_with("a packet of 1501 bytes"), "{text}");
    }

    #[test]
    fn what_the_capture_cut_of_the_header_is_no_payload() {
        // 1000 bytes behind a header of 32, of which the capture kept 24, or none of the options.
        let length = |kept: usize, fragment: u8| {
            let mut packet = vec![0x45, 0, 4, 28, 0, 1, fragment, 0, 64, 6, 0, 0];
            packet.extend([10, 0, 0, 1, 10, 0, 0, 2]);
            packet.extend([0, 80, 0, 90, 0, 0, 0, 1, 0, 0, 0, 1, 0x80, 0x10, 1, 0]);
            packet.extend([0, 0, 0, 0, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
            packet.truncate(20 + kept);
            let mut d = Dissection::default();
            let (wire, captured) = (1052, packet.len() as u32);
            d.begin(PacketId(1), Timestamp(0), LinkType::IPV4, wire, captured);
            decode_frame(&packet, &mut d);
            d.number("tcp.len")
        };
        for kept in [20, 24, 31, 32] {
            assert_eq!(length(kept, 0), Some(1000), "{kept}");
        }
        // The first fragment does not tell where the segment ends.
        assert_eq!(length(32, 0x20), None);
    }

    #[test]
    fn resets_may_say_why() {
        let seen = tcp("01bbbff0 00000001 00000002 5014 0000 0000 0000 676f6e65");
        assert_eq!(seen.first("tcp.reset_cause"), "gone");
        assert!(seen.d.stream.is_none());
    }

    #[test]
    fn blocks_that_arrived_twice() {
        let seen =
            tcp("01bbbff0 00000001 00000064 8010 0010 0000 0000 0101 050a 00000032 00000046");
        assert_eq!(seen.first("tcp.options.sack_le"), "50");
        assert_eq!(seen.first("tcp.options.sack.dsack_re"), "70");
        let seen =
            tcp("01bbbff0 00000001 00000064 8010 0010 0000 0000 0101 050a 00000082 00000096");
        assert!(seen.all("tcp.options.sack.dsack_le").is_empty());
    }

    #[test]
    fn a_block_is_a_duplicate_before_the_acknowledgment_or_inside_the_next_block() {
        // RFC 2883, section 4: acknowledgment number, then edges of two blocks.
        let duplicate = |ack: &str, edges: &str| {
            let seen = tcp(&format!(
                "01bbbff0 00000001 {ack} b010 0010 0000 0000 0101 0512 {edges}"
            ));
            assert_eq!(seen.first("tcp.options.sack.count"), "2");
            seen.all("tcp.options.sack.dsack_le").len() == 1
        };
        let second = "00000100 00000200";
        assert!(duplicate(
            "00000050",
            &format!("00000040 00000050 {second}")
        ));
        assert!(!duplicate(
            "00000050",
            &format!("00000040 00000051 {second}")
        ));
        assert!(duplicate(
            "00000050",
            &format!("00000100 00000101 {second}")
        ));
        assert!(duplicate(
            "00000050",
            &format!("000001f0 00000200 {second}")
        ));
        assert!(!duplicate(
            "00000050",
            &format!("000001f0 00000201 {second}")
        ));
        assert!(!duplicate(
            "00000050",
            &format!("00000300 00000310 {second}")
        ));
        // Behind the point where the numbers wrap around.
        assert!(duplicate("00000005", "fffffff0 00000002 00000100 00000200"));
        assert!(!duplicate(
            "fffffff0",
            "00000002 00000009 00000100 00000200"
        ));
    }

    #[test]
    fn options_that_cannot_be_told_apart() {
        for damage in ["0800 0000", "08ff 0000"] {
            let seen = tcp(&format!(
                "01bbbff0 00000001 00000002 6010 0010 0000 0000 {damage} 6162"
            ));
            assert_eq!(seen.faults(), [("tcp", "bad-length")]);
            assert_eq!(seen.d.stream.map(|s| s.span.len), Some(2));
        }
        let seen = tcp("01bbbff0 00000001 00000002 4010 0010 0000 0000");
        assert_eq!(seen.faults(), [("tcp", "bad-length")]);
        assert!(seen.d.stream.is_none());
    }

    #[test]
    fn several_paths() {
        // Multipath capable, version 0 (mptcp-v0.pcap of the corpus of tcpdump, frame 1).
        let seen = tcp("8c790016 ad989359 00000000 8002 3908 da99 0000 1e0c00819c9eabd1e46a33b2");
        assert_eq!(
            seen.first("tcp.options.mptcp.subtype"),
            "0 (multipath capable)"
        );
        assert_eq!(
            seen.first("tcp.options.mptcp.sendkey"),
            "11285646634205721522"
        );
        assert_eq!(seen.first("tcp.options.mptcp.checksumreq.flags"), "1");
    }
}

//! GTP-U: carries the packets of mobile phones between the antenna and the network's edge. 3GPP TS 29.281; the container of
//! a PDU session 3GPP TS 38.415.

use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, Value, fields};
use crate::model::{Osi, Span};

const MESSAGES: Names = &[
    (1, "echo request"),
    (2, "echo response"),
    (26, "error indication"),
    (31, "supported extension headers"),
    (253, "tunnel status"),
    (254, "end marker"),
    (255, "user data"),
];

const EXTENSIONS: Names = &[
    (0x00, "none"),
    (0x20, "service class indicator"),
    (0x40, "UDP port"),
    (0x81, "RAN container"),
    (0x82, "long PDCP PDU number"),
    (0x83, "Xw RAN container"),
    (0x84, "NR RAN container"),
    (0x85, "PDU session container"),
    (0xc0, "PDCP PDU number"),
];

const DIRECTIONS: Names = &[(0, "to the phone"), (1, "from the phone")];

fields! {
    FLAGS: "gtp.flags", "Flags", Show::Hex(2), "The version, and which optional parts the header has.";
    VERSION: "gtp.flags.version", "Version", Show::Plain, "1 for what carries packets.";
    KIND: "gtp.flags.payload", "Protocol type", Show::Plain, "1 for GTP, 0 for GTP', which carries charging records.";
    RESERVED: "gtp.flags.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    HAS_EXTENSION: "gtp.flags.e", "Extension header", Show::Plain, "At least one extension header follows.";
    HAS_SEQUENCE: "gtp.flags.s", "Sequence number", Show::Plain, "The sequence number is valid.";
    HAS_NUMBER: "gtp.flags.pn", "N-PDU number", Show::Plain, "The N-PDU number is valid.";
    MESSAGE: "gtp.message", "Message", Show::Names(Base::Dec, MESSAGES), "What the message is; 255 carries a phone's packet.";
    LENGTH: "gtp.length", "Length", Show::Unit("bytes"), "How many bytes follow the first eight.";
    TEID: "gtp.teid", "Tunnel endpoint", Show::Hex(8), "Which tunnel it is, by the number that the receiver chose for it.";
    SEQUENCE: "gtp.seq_number", "Sequence number", Show::Plain, "Counts the packets of the tunnel, or tells which request an answer is for.";
    NUMBER: "gtp.npdu_number", "N-PDU number", Show::Plain, "Helps to lose no packet while a phone moves to another antenna.";
    NEXT: "gtp.ext_hdr.next", "Next extension header", Show::Names(Base::Hex(2), EXTENSIONS), "Which extension header follows; 0 for none.";
    EXTENSION: "gtp.ext_hdr", "Extension header", Show::Heading, "An optional part of the header.";
    EXTENSION_LEN: "gtp.ext_hdr.length", "Length", Show::Plain, "Its length in units of four bytes.";
    SESSION_TYPE: "gtp.ext_hdr.pdu_ses_con.pdu_type", "Direction", Show::Names(Base::Dec, DIRECTIONS), "Whether the packet goes to the phone or comes from it.";
    QOS: "gtp.ext_hdr.pdu_ses_con.qos_flow_id", "QoS flow", Show::Plain, "By which rules for delay and loss the packet is treated.";
}

/// The header between UDP and a phone's packet.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "gtp",
    name: "GPRS Tunneling Protocol, user plane",
    osi: Osi::Network,
    spec: "3GPP TS 29.281",
    claims: &[Claim::UdpPort(2152)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

const USER_DATA: u8 = 255;

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let byte = c.peek_number(0, 1).unwrap_or(0);
    if byte >> 4 != 3 {
        let wrong = if byte >> 5 == 1 { &KIND } else { &VERSION };
        c.next(Next::Data, c.rest_span());
        return Err(c.bad_value(wrong, "1"));
    }
    let at = c.ahead(1);
    let flags = c.u8(&FLAGS)?;
    let part = |bit, bits| Span { bit, bits, ..at };
    c.nest(|c| {
        c.put(&VERSION, part(0, 3), Value::Num(u64::from(flags >> 5)));
        c.put(&KIND, part(3, 1), Value::Num(u64::from(flags >> 4 & 1)));
        c.put(&RESERVED, part(4, 1), Value::Num(u64::from(flags >> 3 & 1)));
        for (def, bit) in [(&HAS_EXTENSION, 5), (&HAS_SEQUENCE, 6), (&HAS_NUMBER, 7)] {
            let set = flags & 0x80 >> bit != 0;
            c.put(def, part(bit, 1), Value::Bool(set));
        }
        Ok(())
    })?;
    let message = c.u8(&MESSAGE)?;
    let len = c.u16(&LENGTH)?;
    let tunnel = c.u32(&TEID)?;
    match MESSAGE.name_of(u64::from(message)) {
        Some(name) => c.summary(format_args!("{name}, tunnel 0x{tunnel:08x}")),
        None => c.summary(format_args!("message {message}, tunnel 0x{tunnel:08x}")),
    }
    c.clip(usize::from(len), &LENGTH);
    if flags & 7 != 0 {
        optional(c, flags)?;
    }
    let next = match c.peek_number(0, 1).unwrap_or(0) >> 4 {
        4 if message == USER_DATA => Next::EtherType(0x0800),
        6 if message == USER_DATA => Next::EtherType(0x86dd),
        _ => Next::Data,
    };
    c.tunnel(next, c.rest_span());
    Ok(())
}

/// Four bytes that stand there as soon as one of three flags is set, and the extension headers behind them.
fn optional(c: &mut Cursor<'_, '_>, flags: u8) -> Result<(), Fault> {
    if flags & 2 != 0 {
        c.u16(&SEQUENCE)?;
    } else {
        c.take(2)?;
    }
    if flags & 1 != 0 {
        c.u8(&NUMBER)?;
    } else {
        c.take(1)?;
    }
    if flags & 4 == 0 {
        return c.take(1).map(drop);
    }
    let mut next = c.u8(&NEXT)?;
    while next != 0 {
        next = c.group(&EXTENSION, |c| extension(c, next))?;
    }
    Ok(())
}

fn extension(c: &mut Cursor<'_, '_>, kind: u8) -> Result<u8, Fault> {
    const SESSION: u8 = 0x85;
    let units = c.u8(&EXTENSION_LEN)?;
    let Some(len) = usize::from(units).saturating_mul(4).checked_sub(2) else {
        return Err(c.bad_length(&EXTENSION_LEN, 0, "at least 1"));
    };
    c.within(&EXTENSION_LEN, len, |c| {
        if kind == SESSION {
            c.bits(&SESSION_TYPE, 1, 0, 4)?;
            c.take(1)?;
            c.bits(&QOS, 1, 2, 6)?;
        }
        Ok(())
    })?;
    c.u8(&NEXT)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn gtp(bytes: &str) -> Seen {
        let len = bytes.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let (whole, udp) = (len + 28, len + 8);
        let outer = format!("4500{whole:04x}000000004011 0000 0a000001 0a000002");
        see(
            LinkType::IPV4,
            &format!("{outer} 08680868 {udp:04x}0000 {bytes}"),
        )
    }

    const PING: &str = "4500001c00000000400174dc 01010101 02020202 0800f7fe00000001";

    #[test]
    fn a_phones_packet() {
        // The header of frame 1 of reasm_segv_anon.pcapng in the corpus of nDPI, with a shorter packet.
        let seen = gtp(&format!("32ff002009fc9043ca730000{PING}"));
        assert_eq!(seen.summary("gtp"), "user data, tunnel 0x09fc9043");
        assert_eq!(seen.first("gtp.seq_number"), "51827");
        assert_eq!(seen.layers(), ["ip", "udp", "gtp", "ip", "icmp"]);
        assert_eq!(seen.events(), ["icmp.echo_request"]);
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
    }

    #[test]
    fn extension_headers() {
        let seen = gtp(&format!("34ff002400000001 00000085 01100900 {PING}"));
        assert_eq!(
            seen.first("gtp.ext_hdr.pdu_ses_con.pdu_type"),
            "1 (from the phone)"
        );
        assert_eq!(seen.first("gtp.ext_hdr.pdu_ses_con.qos_flow_id"), "9");
        assert_eq!(seen.layers(), ["ip", "udp", "gtp", "ip", "icmp"]);
        let seen = gtp(&format!("34ff002400000001 00000085 00100900 {PING}"));
        assert_eq!(seen.faults(), [("gtp", "bad-length")]);
    }

    #[test]
    fn what_is_no_packet_of_a_phone() {
        let seen = gtp("30fe000000000001");
        assert_eq!(seen.summary("gtp"), "end marker, tunnel 0x00000001");
        assert_eq!(seen.layers(), ["ip", "udp", "gtp"]);
        let seen = gtp("4820000800000000 00000000");
        assert_eq!(seen.faults(), [("gtp", "bad-value")]);
        assert_eq!(seen.layers(), ["ip", "udp", "gtp", "data"]);
    }
}

//! What the two ends of a PPP line agree on: options of LCP. RFC 1661 section 6, RFC 1662 section 7, RFC 1570, RFC 1990.

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, Value, fields};

const TYPES: Names = &[
    (1, "longest packet"),
    (2, "characters to escape"),
    (3, "authentication"),
    (4, "quality reports"),
    (5, "magic number"),
    (7, "short protocol numbers"),
    (8, "no address and control"),
    (13, "callback"),
    (17, "longest packet over several lines"),
    (18, "short sequence numbers"),
    (19, "name of this end"),
];

const AUTHENTICATIONS: Names = &[(0xc023, "PAP"), (0xc223, "CHAP"), (0xc227, "EAP")];

const ALGORITHMS: Names = &[(5, "MD5"), (0x80, "MS-CHAP"), (0x81, "MS-CHAP version 2")];

const CLASSES: Names = &[
    (0, "none"),
    (1, "locally assigned"),
    (2, "IPv4 address"),
    (3, "MAC address"),
    (4, "magic numbers"),
    (5, "telephone number"),
];

fields! {
    RECEIVE_UNIT: "lcp.opt.mtu_bytes", "Longest packet", Show::Plain, "How long a packet may be that the sender takes.";
    ESCAPES: "lcp.opt.asyncmap_bytes", "Characters to escape", Show::Plain, "Which control characters have to be written in another way on a serial line.";
    AUTHENTICATION: "lcp.opt.auth_protocol_bytes", "Authentication", Show::Plain, "How the other end shall prove who it is.";
    MAGIC: "lcp.opt.magic_number_bytes", "Magic number", Show::Plain, "By which the sender notices that it hears itself.";
    SHORT_PROTOCOL: "lcp.opt.field_compress", "Short protocol numbers", Show::Plain, "The sender takes protocol numbers of one byte.";
    SHORT_HEADER: "lcp.opt.addr_field_compress", "No address and control", Show::Plain, "The sender takes packets without the two bytes that are always the same.";
    CALLBACK: "lcp.opt.callback", "Callback", Show::Plain, "The other end shall hang up and call back.";
    LINES_UNIT: "lcp.opt.multilink_mrru", "Longest packet over several lines", Show::Plain, "The sender wants to bundle lines, and takes packets of this length over them.";
    SHORT_NUMBERS: "lcp.opt.multilink_ssnh", "Short sequence numbers", Show::Plain, "Fragments on bundled lines have shorter numbers.";
    END: "lcp.opt.multilink_ep_disc", "Name of this end", Show::Plain, "Tells which lines lead to the same host and so can be bundled.";
    OTHER: "wirewalk.lcp.option", "Option", Show::Plain, "An option that wirewalk does not read.";
    TYPE: "lcp.opt.type", "Type", Show::Names(Base::Dec, TYPES), "Which option it is.";
    LENGTH: "lcp.opt.length", "Length", Show::Unit("bytes"), "Length of the option with its type.";
    UNIT_VALUE: "lcp.opt.mru", "Bytes", Show::Unit("bytes"), "The longest packet without its header.";
    AUTHENTICATION_VALUE: "lcp.opt.auth_protocol", "Protocol", Show::Names(Base::Hex(4), AUTHENTICATIONS), "The protocol of the proof.";
    ALGORITHM: "lcp.opt.algorithm", "Algorithm", Show::Names(Base::Dec, ALGORITHMS), "How an answer to a challenge is computed.";
    MAGIC_VALUE: "lcp.opt.magic_number", "Number", Show::Hex(8), "The number itself.";
    OPERATION: "lcp.opt.operation", "Operation", Show::Plain, "How the number to call is found.";
    LINES_VALUE: "lcp.opt.mrru", "Bytes", Show::Unit("bytes"), "The longest packet without its header.";
    CLASS: "lcp.opt.ep_disc_class", "Class", Show::Names(Base::Dec, CLASSES), "What kind of name it is.";
    DATA: "lcp.opt.data", "Data", Show::Plain, "The rest of the option.";
}

/// Reads options up to the end.
pub(super) fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        let def: &'static FieldDef = match c.peek_number(0, 1).unwrap_or(0) {
            1 => &RECEIVE_UNIT,
            2 => &ESCAPES,
            3 => &AUTHENTICATION,
            5 => &MAGIC,
            7 => &SHORT_PROTOCOL,
            8 => &SHORT_HEADER,
            13 => &CALLBACK,
            17 => &LINES_UNIT,
            18 => &SHORT_NUMBERS,
            19 => &END,
            _ => &OTHER,
        };
        let group = c.open(def);
        c.entitle(group, Value::Bytes);
        let read = option(c);
        c.close(group);
        read?;
    }
    Ok(())
}

fn option(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.u8(&TYPE)?;
    let len = c.u8(&LENGTH)?;
    let Some(rest) = usize::from(len).checked_sub(2) else {
        return Err(c.bad_length(&LENGTH, u64::from(len), "at least 2"));
    };
    c.within(&LENGTH, rest, |c| match kind {
        1 => c.u16(&UNIT_VALUE).map(drop),
        3 => {
            c.u16(&AUTHENTICATION_VALUE)?;
            if c.is_empty() {
                return Ok(());
            }
            c.u8(&ALGORITHM).map(drop)
        }
        5 => c.u32(&MAGIC_VALUE).map(drop),
        13 => c.u8(&OPERATION).map(drop),
        17 => c.u16(&LINES_VALUE).map(drop),
        19 => {
            c.u8(&CLASS)?;
            let rest = c.left();
            if rest > 0 {
                c.bytes(&DATA, rest)?;
            }
            Ok(())
        }
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::protocols::ppp::tests::ppp;

    #[test]
    fn what_the_ends_agree_on() {
        // Of frame 16 of pptp.pcap in the corpus of tcpdump.
        let seen = ppp("c021 0100 0015 0506021952cf 0702 0802 0d0306 1104064e");
        assert_eq!(seen.first("lcp.opt.magic_number"), "0x021952cf");
        assert_eq!(seen.first("lcp.opt.mrru"), "1614 bytes");
        assert_eq!(seen.all("lcp.opt.type").len(), 5);
        assert_eq!(seen.first("lcp.opt.field_compress"), "07:02");
        let seen = ppp("c021 0100 0008 0304c023");
        assert_eq!(seen.first("lcp.opt.auth_protocol"), "0xc023 (PAP)");
    }

    #[test]
    fn an_option_of_impossible_length() {
        let seen = ppp("c021 0100 0006 0500");
        assert_eq!(seen.faults(), [("lcp", "bad-length")]);
    }
}

//! PPP: two ends of a line agree on it and carry packets of several protocols over it. RFC 1661; framing RFC 1662.

pub(super) mod lcp;
mod options;
pub(super) mod pap;

use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, fields};
use crate::model::Osi;

const CARRIED: Names = &[
    (0x0021, "IPv4"),
    (0x002b, "IPX"),
    (0x002d, "TCP/IP, headers compressed (Van Jacobson)"),
    (0x002f, "TCP/IP, headers not compressed (Van Jacobson)"),
    (0x003d, "multilink"),
    (0x0057, "IPv6"),
    (0x00fb, "compressed, of a multilink"),
    (0x00fd, "compressed"),
    (0x0281, "MPLS"),
    (0x0283, "MPLS with upstream-assigned label"),
    (0x8021, "IPv4 control (IPCP)"),
    (0x8057, "IPv6 control (IPV6CP)"),
    (0x80fb, "compression control of a multilink"),
    (0x80fd, "compression control (CCP)"),
    (0x8281, "MPLS control"),
    (0xc021, "link control (LCP)"),
    (0xc023, "password authentication (PAP)"),
    (0xc025, "link quality report"),
    (0xc223, "challenge handshake authentication (CHAP)"),
    (0xc227, "extensible authentication (EAP)"),
];

fields! {
    ADDRESS: "ppp.address", "Address", Show::Hex(2), "Always 0xff, everyone: there is only one other end.";
    CONTROL: "ppp.control", "Control", Show::Hex(2), "Always 3: frames are not numbered.";
    PROTOCOL_FIELD: "ppp.protocol", "Protocol", Show::Names(Base::Hex(4), CARRIED), "Which protocol the packet is; from 0x8000 on it is about the line itself.";
}

/// The header before each packet.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "ppp",
    name: "Point-to-Point Protocol",
    osi: Osi::Link,
    spec: "RFC 1661",
    claims: &[Claim::Named("ppp"), Claim::EtherType(0x880b)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if c.peek_number(0, 2) == Some(0xff03) {
        c.u8(&ADDRESS)?;
        c.u8(&CONTROL)?;
    }
    // All numbers are odd and their first byte is even, so that the first one may be left out.
    let short = c.peek_number(0, 1).unwrap_or(0) & 1 == 1;
    let number = c.number(&PROTOCOL_FIELD, if short { 1 } else { 2 })?;
    match PROTOCOL_FIELD.name_of(number) {
        Some(name) => c.summary(format_args!("{name}")),
        None => c.summary(format_args!("protocol 0x{number:04x}")),
    }
    c.next(Next::Ppp(number as u16), c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    pub(in crate::decode::protocols::ppp) fn ppp(bytes: &str) -> Seen {
        let len = bytes.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let ether = "020000000001 020000000002 8864 1100 0017";
        see(LinkType::ETHERNET, &format!("{ether}{len:04x}{bytes}"))
    }

    const PING: &str = "4500001c00000000400174dc 01010101 02020202 0800f7fe00000001";

    #[test]
    fn the_protocol_in_two_bytes_or_one() {
        for (head, place) in [("0021", (20, 2)), ("21", (20, 1)), ("ff030021", (22, 2))] {
            let seen = ppp(&format!("{head}{PING}"));
            assert_eq!(seen.summary("ppp"), "IPv4", "{head}");
            assert_eq!(seen.place("ppp.protocol"), Some(place));
            assert_eq!(seen.layers(), ["eth", "pppoes", "ppp", "ip", "icmp"]);
            assert_eq!(seen.events(), ["icmp.echo_request"], "a link is no tunnel");
        }
    }

    #[test]
    fn a_protocol_that_is_not_known() {
        let seen = ppp("406900");
        assert_eq!(seen.summary("ppp"), "protocol 0x4069");
        assert_eq!(seen.layers(), ["eth", "pppoes", "ppp", "data"]);
        assert_eq!(ppp("c0").faults(), [("ppp", "truncated")]);
    }
}

//! LCP: how the two ends of a PPP line set it up, test it and take it down. RFC 1661 sections 5 and 6.

use super::options;
use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, fields, joined};
use crate::model::Osi;

const CODES: Names = &[
    (1, "configure request"),
    (2, "configure acknowledgment"),
    (3, "configure refusal"),
    (4, "configure rejection"),
    (5, "terminate request"),
    (6, "terminate acknowledgment"),
    (7, "code rejection"),
    (8, "protocol rejection"),
    (9, "echo request"),
    (10, "echo reply"),
    (11, "discard request"),
];

fields! {
    CODE: "ppp.code", "Code", Show::Names(Base::Dec, CODES), "What is asked, answered or told.";
    IDENTIFIER: "ppp.identifier", "Identifier", Show::Plain, "Tells which request an answer is for.";
    LENGTH: "ppp.length", "Length", Show::Unit("bytes"), "Length of the message from its code on.";
    MAGIC: "lcp.magic_number", "Magic number", Show::Hex(8), "A number by chance of the sender; who receives its own hears itself: the line is a loop.";
    DATA: "lcp.data", "Data", Show::Plain, "Bytes that the answer repeats.";
    REJECTED: "lcp.rej_proto", "Rejected protocol", Show::Hex(4), "The protocol that the other end does not speak.";
}

/// Control messages of the line.
pub(in crate::decode::protocols) static PROTOCOL: Protocol = Protocol {
    key: "lcp",
    name: "PPP Link Control Protocol",
    osi: Osi::Link,
    spec: "RFC 1661",
    claims: &[Claim::Ppp(0xc021)],
    fields: joined![FIELDS, options::FIELDS],
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let code = c.u8(&CODE)?;
    let identifier = c.u8(&IDENTIFIER)?;
    let len = c.u16(&LENGTH)?;
    let name = CODE.name_of(u64::from(code)).unwrap_or("unknown code");
    c.summary(format_args!("{name} {identifier}"));
    let Some(rest) = usize::from(len).checked_sub(4) else {
        return Err(c.bad_length(&LENGTH, u64::from(len), "at least 4"));
    };
    c.clip(rest, &LENGTH);
    match code {
        1..=4 => options::decode(c)?,
        8 => drop(c.u16(&REJECTED)?),
        9..=11 => {
            c.u32(&MAGIC)?;
            let data = c.left();
            if data > 0 {
                c.bytes(&DATA, data)?;
            }
        }
        _ => {}
    }
    c.next(Next::Data, c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::protocols::ppp::tests::ppp;

    #[test]
    fn an_echo() {
        // Frame 1 of pppoes.pcap in the corpus of tcpdump.
        let seen = ppp("c021 096a000ca4cbea340ee2f609");
        assert_eq!(seen.summary("lcp"), "echo request 106");
        assert_eq!(seen.first("lcp.magic_number"), "0xa4cbea34");
        assert_eq!(seen.place("lcp.data"), Some((30, 4)));
    }

    #[test]
    fn lengths_that_cannot_be() {
        assert_eq!(ppp("c021 016a0003").faults(), [("lcp", "bad-length")]);
        assert_eq!(ppp("c021 096a0008a4cb").faults(), [("lcp", "truncated")]);
        let seen = ppp("c021 05010005aabb");
        assert_eq!(seen.first("data.data"), "aa");
    }
}

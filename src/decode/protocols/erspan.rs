//! ERSPAN: frames that a switch mirrors over IP to whoever analyses them, types II and III (draft-foschiano-erspan); type I
//! has no header.

use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, fields};
use crate::model::Osi;

const VERSIONS: Names = &[(1, "type II"), (2, "type III")];

const TAGS: Names = &[
    (0, "it had no VLAN tag"),
    (1, "ISL"),
    (2, "802.1Q"),
    (3, "the tag is still in the frame"),
];

const INTEGRITY: Names = &[
    (0, "good, or not known"),
    (1, "too short"),
    (2, "too long"),
    (3, "wrong check sequence or alignment"),
];

const GRANULARITY: Names = &[
    (0, "100 microseconds"),
    (1, "100 nanoseconds"),
    (2, "IEEE 1588"),
    (3, "the switch's own"),
];

const FRAMES: Names = &[(0, "Ethernet"), (2, "IP")];

fields! {
    VERSION: "erspan.version", "Version", Show::Names(Base::Dec, VERSIONS), "Which header this is; the number is one less than the type.";
    VLAN: "erspan.vlan", "VLAN", Show::Plain, "The virtual link on which the switch saw the frame.";
    COS: "erspan.cos", "Class of service", Show::Plain, "How urgent the frame was for switches.";
    ENCAP: "erspan.encap", "VLAN tag", Show::Names(Base::Dec, TAGS), "How the mirrored frame was tagged (type II).";
    INTEGRITY_FIELD: "erspan.bso", "Integrity", Show::Names(Base::Dec, INTEGRITY), "Whether the mirrored frame came in damaged, too short or too long (type III).";
    TRUNCATED: "erspan.truncated", "Truncated", Show::Plain, "1 when the frame was too long to be mirrored whole.";
    SESSION: "erspan.spanid", "Session", Show::Plain, "Which mirroring session of the switch sends it.";
    RESERVED: "erspan.reserved", "Reserved", Show::Hex(3), "Reserved: senders set it to zero, receivers ignore it.";
    INDEX: "erspan.index", "Index", Show::Plain, "The port and direction of the mirrored frame, in the switch's own numbering.";
    TIMESTAMP: "erspan.timestamp", "Timestamp", Show::Plain, "When the switch saw the frame, in units that its granularity tells.";
    GROUP_TAG: "erspan.sgt", "Security group", Show::Plain, "The group of hosts by which the network's policy knows the sender.";
    HAS_FRAME: "erspan.p", "Ethernet frame", Show::Plain, "1 when the mirrored bytes are an Ethernet frame.";
    FRAME_TYPE: "erspan.ft", "Frame type", Show::Names(Base::Dec, FRAMES), "What the mirrored bytes begin with.";
    HARDWARE: "erspan.hw", "Hardware", Show::Plain, "The part of the switch that mirrored the frame.";
    DIRECTION: "erspan.direction", "Outgoing", Show::Plain, "The frame left the switch by the mirrored port; otherwise it came in.";
    GRANULARITY_FIELD: "erspan.gra", "Granularity", Show::Names(Base::Dec, GRANULARITY), "The unit of the timestamp.";
    OPTIONAL: "erspan.o", "Subheader", Show::Plain, "1 when a subheader of the switch's maker follows.";
    PLATFORM: "erspan.platid", "Platform", Show::Plain, "Which kind of switch wrote the subheader, and so how to read it.";
}

/// A mirrored frame's header.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "erspan",
    name: "Encapsulated Remote Switch Packet Analysis",
    osi: Osi::Link,
    spec: "draft-foschiano-erspan-03",
    claims: &[Claim::EtherType(0x88be), Claim::EtherType(0x22eb)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

const ETHERNET: Next = Next::EtherType(0x6558);

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let version = c.bits(&VERSION, 2, 0, 4)?;
    if !matches!(version, 1 | 2) {
        c.next(Next::Data, c.rest_span());
        return Err(c.bad_value(&VERSION, "1 or 2"));
    }
    let vlan = c.bits(&VLAN, 2, 4, 12)?;
    c.take(2)?;
    c.bits(&COS, 2, 0, 3)?;
    c.bits(
        if version == 1 {
            &ENCAP
        } else {
            &INTEGRITY_FIELD
        },
        2,
        3,
        2,
    )?;
    c.bits(&TRUNCATED, 2, 5, 1)?;
    let session = c.bits(&SESSION, 2, 6, 10)?;
    c.take(2)?;
    c.summary(format_args!("mirrored by session {session}, VLAN {vlan}"));
    let next = if version == 1 {
        c.bits(&RESERVED, 4, 0, 12)?;
        c.bits(&INDEX, 4, 12, 20)?;
        c.take(4)?;
        ETHERNET
    } else {
        type_3(c)?
    };
    c.tunnel(next, c.rest_span());
    Ok(())
}

/// The rest of type III, and what it mirrors.
fn type_3(c: &mut Cursor<'_, '_>) -> Result<Next, Fault> {
    c.u32(&TIMESTAMP)?;
    c.u16(&GROUP_TAG)?;
    c.bits(&HAS_FRAME, 2, 0, 1)?;
    let kind = c.bits(&FRAME_TYPE, 2, 1, 5)?;
    c.bits(&HARDWARE, 2, 6, 6)?;
    c.flag(&DIRECTION, 2, 12)?;
    c.bits(&GRANULARITY_FIELD, 2, 13, 2)?;
    let more = c.bits(&OPTIONAL, 2, 15, 1)? == 1;
    c.take(2)?;
    if more {
        c.bits(&PLATFORM, 4, 0, 6)?;
        c.take(8)?;
    }
    let version = c.peek_number(0, 1).unwrap_or(0) >> 4;
    Ok(match (kind, version) {
        (0, _) => ETHERNET,
        (2, 4) => Next::EtherType(0x0800),
        (2, 6) => Next::EtherType(0x86dd),
        _ => Next::Data,
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    /// What stands behind the header of GRE.
    fn erspan(gre: &str, bytes: &str) -> Seen {
        let all = format!("{gre}{bytes} 0180c2000000 001122334455 0806 0001");
        let len = 20 + all.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let header = format!("4500{len:04x}0000000040 2f0000 0a000001 0a000002");
        see(LinkType::IPV4, &format!("{header}{all}"))
    }

    #[test]
    fn three_types() {
        // Headers of the corpus of tcpdump: erspan-type-i-1.pcap, erspan-type-ii-1.pcap, erspan-type-iii-ft-0.pcap.
        let seen = erspan("000088be", "");
        assert_eq!(seen.layers(), ["ip", "gre", "eth", "arp"]);
        let seen = erspan("100088be000000ab", "1156c29a00007ff8");
        assert_eq!(seen.layers(), ["ip", "gre", "erspan", "eth", "arp"]);
        assert_eq!(seen.summary("erspan"), "mirrored by session 666, VLAN 342");
        assert_eq!(seen.first("erspan.index"), "32760");
        let seen = erspan("000022eb", "20140000a3595bff00000006");
        assert_eq!(seen.layers(), ["ip", "gre", "erspan", "eth", "arp"]);
        assert_eq!(seen.first("erspan.timestamp"), "2740542463");
        assert_eq!(seen.first("erspan.gra"), "3 (the switch's own)");
    }

    #[test]
    fn a_makers_subheader_is_passed_over() {
        let seen = erspan(
            "100022eb000000ab",
            "20140000a3595bff00000001 0c00000000000000",
        );
        assert_eq!(seen.first("erspan.platid"), "3");
        assert_eq!(seen.layers(), ["ip", "gre", "erspan", "eth", "arp"]);
    }

    #[test]
    fn other_frames_and_versions_are_data() {
        let seen = erspan("100022eb000000ab", "20140000a3595bff00001c00");
        assert_eq!(seen.layers(), ["ip", "gre", "erspan", "data"]);
        let seen = erspan("100088be000000ab", "5156c29a00007ff8");
        assert_eq!(seen.faults(), [("erspan", "bad-value")]);
        assert_eq!(seen.layers(), ["ip", "gre", "erspan", "data"]);
    }
}

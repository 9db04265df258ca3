//! LLC and SNAP: the header behind a length in 802.3 frames that names their protocol. IEEE 802.2, RFC 1042.

use crate::decode::names::ETHERTYPES;
use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Names, Next, Protocol, Show, Value, fields,
};
use crate::model::{Osi, Span};

const SAPS: Names = &[
    (0x00, "null"),
    (0x02, "LLC sublayer management"),
    (0x03, "LLC sublayer management, group"),
    (0x04, "SNA path control"),
    (0x06, "IP"),
    (0x0e, "PROWAY network management"),
    (0x42, "spanning tree"),
    (0x4e, "MMS"),
    (0x7e, "ISO 8208 (X.25)"),
    (0x80, "XNS"),
    (0x8e, "PROWAY active station"),
    (0x98, "ARP"),
    (0xaa, "SNAP"),
    (0xbc, "Banyan Vines"),
    (0xe0, "NetWare"),
    (0xf0, "NetBIOS"),
    (0xf4, "IBM LAN management"),
    (0xfe, "OSI network layer"),
    (0xff, "global"),
];

const FRAME_TYPES: Names = &[(0, "information"), (1, "supervisory"), (3, "unnumbered")];

const SUPERVISORY: Names = &[
    (0, "receiver ready"),
    (1, "receiver not ready"),
    (2, "reject"),
];

const COMMANDS: Names = &[
    (0x00, "unnumbered information"),
    (0x03, "disconnected mode or set asynchronous mode"),
    (0x10, "disconnect"),
    (0x18, "unnumbered acknowledgment"),
    (0x1b, "set asynchronous balanced mode, extended"),
    (0x21, "frame reject"),
    (0x2b, "exchange identification"),
    (0x38, "test"),
];

const OUIS: Names = &[
    (0x00_0000, "encapsulated Ethernet"),
    (0x00_000c, "Cisco"),
    (0x00_005e, "IANA"),
    (0x00_0081, "Nortel"),
    (0x00_00f8, "Cisco, 90-compatible"),
    (0x00_01e8, "Force10"),
    (0x00_17f2, "Apple, direct links"),
    (0x00_1958, "Bluetooth"),
    (0x00_4096, "Cisco, wireless"),
    (0x00_80c2, "IEEE 802.1, bridged frames"),
    (0x00_e02b, "Extreme"),
    (0x00_e052, "Foundry"),
    (0x08_0007, "AppleTalk"),
];

const CISCO: Names = &[
    (0x0102, "DRiP"),
    (0x0104, "PAgP"),
    (0x010b, "PVST+ spanning tree"),
    (0x010c, "VLAN bridge"),
    (0x0111, "UDLD"),
    (0x2000, "CDP"),
    (0x2001, "CGMP"),
    (0x2003, "VTP"),
    (0x2004, "DTP"),
    (0x200a, "STP uplink fast"),
];

const NORTEL: Names = &[
    (0x01a1, "NDP flatnet hello"),
    (0x01a2, "NDP segment hello"),
    (0x01a3, "NDP bridge hello"),
];

const BLUETOOTH: Names = &[
    (1, "L2CAP data"),
    (2, "activity report"),
    (3, "security frames"),
    (4, "link supervision request"),
    (5, "link supervision reply"),
];

/// Each organization numbers its protocols itself, and each has a field of its own for that.
const NUMBERED: &[(u32, &FieldDef)] = &[
    (0x00_0000, &TYPE),
    (0x00_000c, &CISCO_PID),
    (0x00_005e, &IANA_PID),
    (0x00_0081, &NORTEL_PID),
    (0x00_00f8, &TYPE),
    (0x00_01e8, &FORCE10_PID),
    (0x00_17f2, &AWDL_PID),
    (0x00_1958, &BLUETOOTH_PID),
    (0x00_4096, &WLCCP_PID),
    (0x00_e02b, &EXTREME_PID),
    (0x00_e052, &FOUNDRY_PID),
    (0x08_0007, &APPLETALK_PID),
];

fields! {
    DSAP: "llc.dsap", "Destination service access point", Show::Names(Base::Hex(2), SAPS), "Which protocol of the receiver the frame is for.";
    DSAP_SAP: "llc.dsap.sap", "Service access point", Show::Plain, "The upper seven bits of the address.";
    DSAP_IG: "llc.dsap.ig", "Group", Show::Plain, "Set when the frame is for a group of service access points.";
    SSAP: "llc.ssap", "Source service access point", Show::Names(Base::Hex(2), SAPS), "Which protocol of the sender it comes from.";
    SSAP_SAP: "llc.ssap.sap", "Service access point", Show::Plain, "The upper seven bits of the address.";
    SSAP_CR: "llc.ssap.cr", "Response", Show::Plain, "Set in a response, not set in a command.";
    CONTROL: "llc.control", "Control field", Show::Hex(4), "What kind of frame it is; 0x03 is plain data without acknowledgment.";
    N_R: "llc.control.n_r", "Receive number", Show::Plain, "The number of the next frame that the sender expects.";
    N_S: "llc.control.n_s", "Send number", Show::Plain, "This frame's number.";
    POLL: "llc.control.p", "Poll", Show::Plain, "Set in a command that wants an answer at once.";
    FINAL: "llc.control.f", "Final", Show::Plain, "Set in the answer to a poll.";
    S_TYPE: "llc.control.s_ftype", "Supervisory type", Show::Names(Base::Hex(1), SUPERVISORY), "Whether the sender can take more frames.";
    COMMAND: "llc.control.u_modifier_cmd", "Command", Show::Names(Base::Hex(2), COMMANDS), "Which unnumbered command it is.";
    RESPONSE: "llc.control.u_modifier_resp", "Response", Show::Names(Base::Hex(2), COMMANDS), "Which unnumbered response it is.";
    FRAME_TYPE: "llc.control.ftype", "Frame type", Show::Names(Base::Hex(1), FRAME_TYPES), "Information, supervisory or unnumbered.";
    OUI: "llc.oui", "Organization", Show::Names(Base::Hex(6), OUIS), "Who gives the next number its meaning; 0 means that it is an EtherType.";
    TYPE: "llc.type", "Type", Show::Names(Base::Hex(4), ETHERTYPES), "Which protocol follows, as an EtherType.";
    CISCO_PID: "llc.cisco_pid", "Protocol", Show::Names(Base::Hex(4), CISCO), "Which of Cisco's protocols follows.";
    IANA_PID: "llc.iana_pid", "Protocol", Show::Hex(4), "Which of the protocols follows that IANA has numbered; most belong to ATM networks.";
    NORTEL_PID: "llc.nortel_pid", "Protocol", Show::Names(Base::Hex(4), NORTEL), "Which of Nortel's protocols follows.";
    FORCE10_PID: "llc.force10_pid", "Protocol", Show::Hex(4), "Which of Force10's protocols follows; 0x0111 watches for dead links.";
    AWDL_PID: "llc.apple_awdl_pid", "Protocol", Show::Hex(4), "Which of Apple's protocols for direct wireless links follows.";
    BLUETOOTH_PID: "llc.bluetooth_pid", "Protocol", Show::Names(Base::Hex(4), BLUETOOTH), "What Bluetooth sends over another radio.";
    WLCCP_PID: "llc.wlccp_pid", "Protocol", Show::Hex(4), "0 for what Cisco's access points and switches tell each other about wireless hosts.";
    EXTREME_PID: "llc.extreme_pid", "Protocol", Show::Hex(4), "Which of Extreme's protocols follows; 0x00bb finds neighbours.";
    FOUNDRY_PID: "llc.foundry_pid", "Protocol", Show::Hex(4), "Which of Foundry's protocols follows; 0x2000 finds neighbours.";
    APPLETALK_PID: "llc.apple_atalk_pid", "Protocol", Show::Hex(4), "Which protocol of AppleTalk follows; 0x809b carries its packets.";
    PID: "llc.pid", "Protocol", Show::Hex(4), "Which of the organization's protocols follows.";
}

/// Logical link control.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "llc",
    name: "Logical-Link Control",
    osi: Osi::Link,
    spec: "IEEE 802.2",
    claims: &[Claim::Named("llc"), Claim::EtherType(0x8870)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let dsap = c.bits(&DSAP, 1, 0, 8)? as u8;
    c.nest(|c| {
        c.bits(&DSAP_SAP, 1, 0, 7)?;
        c.flag(&DSAP_IG, 1, 7)
    })?;
    c.take(1)?;
    let ssap = c.bits(&SSAP, 1, 0, 8)? as u8;
    let response = c.nest(|c| {
        c.bits(&SSAP_SAP, 1, 0, 7)?;
        c.flag(&SSAP_CR, 1, 7)
    })?;
    c.take(1)?;
    let information = control(c, response)?;

    if dsap == 0xaa && ssap & 0xfe == 0xaa && information {
        return snap(c);
    }
    match DSAP.name_of(u64::from(dsap)) {
        Some(name) => c.summary(format_args!("{name}")),
        None => c.summary(format_args!("service access point 0x{dsap:02x}")),
    }
    // What registers VLANs and groups (GARP) goes to the access point of spanning tree too, with another identifier.
    let garp = dsap == 0x42 && c.peek_number(0, 2) == Some(1);
    let next = if information && !garp {
        Next::Llc(dsap)
    } else {
        Next::Data
    };
    c.next(next, c.rest_span());
    Ok(())
}

/// The control field; true for frames that carry a protocol's data.
fn control(c: &mut Cursor<'_, '_>, response: bool) -> Result<bool, Fault> {
    let poll: &'static FieldDef = if response { &FINAL } else { &POLL };
    let first = c.peek_number(0, 1).unwrap_or(0);
    if first & 3 == 3 {
        let at = c.ahead(1);
        c.number(&CONTROL, 1)?;
        c.nest(|c| {
            // The five bits of the modifier lie around the poll bit; as Wireshark does, it stays among them, as 0.
            let modifier = if response { &RESPONSE } else { &COMMAND };
            c.put(modifier, at, Value::Num((first & 0xec) >> 2));
            if first & 0x10 != 0 {
                let bit = Span {
                    bit: 3,
                    bits: 1,
                    ..at
                };
                c.put(poll, bit, Value::Bool(true));
            }
            let kind = Span {
                bit: 6,
                bits: 2,
                ..at
            };
            c.put(&FRAME_TYPE, kind, Value::Num(3));
            Ok(())
        })?;
        return Ok(first & 0xec == 0);
    }
    // Two bytes, the lower one first.
    let at = c.ahead(2);
    let bytes = c.take(2)?;
    let value = bytes
        .iter()
        .rev()
        .fold(0u64, |n, &byte| n << 8 | u64::from(byte));
    c.put(&CONTROL, at, Value::Num(value));
    c.nest(|c| {
        c.put(&N_R, at, Value::Num(value >> 9));
        if value & 1 == 0 {
            c.put(&N_S, at, Value::Num(value >> 1 & 0x7f));
        }
        if value & 0x100 != 0 {
            c.put(poll, at, Value::Bool(true));
        }
        if value & 1 == 1 {
            c.put(&S_TYPE, at, Value::Num(value >> 2 & 3));
        }
        c.put(&FRAME_TYPE, at, Value::Num(value & 1));
        Ok(())
    })?;
    Ok(value & 1 == 0)
}

fn snap(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let organization = c.u24(&OUI)?;
    let row = NUMBERED.iter().find(|row| row.0 == organization);
    let def: &'static FieldDef = row.map_or(&PID, |row| row.1);
    let number = c.u16(def)?;
    match def.name_of(u64::from(number)) {
        Some(name) => c.summary(format_args!("SNAP, {name}")),
        None => c.summary(format_args!("SNAP {organization:06x}, 0x{number:04x}")),
    }
    let next = match (organization, number) {
        (0 | 0x00_00f8, _) => Next::EtherType(number),
        // Cisco's spanning tree for each VLAN.
        (0x00_000c, 0x010b) => Next::Named("pvst"),
        // Bridges that are joined over another kind of link (RFC 2684 appendix B).
        (0x00_80c2, 0x000e) => Next::Llc(0x42),
        _ => Next::Data,
    };
    c.next(next, c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn snap_names_cisco_protocols_and_ethertypes() {
        // The head of a CDP frame of the corpus of tcpdump (3560_CDP.pcap, frame 1).
        let seen = see(
            LinkType::ETHERNET,
            "01000ccccccc001906eab885 000a aaaa0300000c2000 02b4",
        );
        assert_eq!(seen.first("llc.cisco_pid"), "0x2000 (CDP)");
        assert_eq!(seen.first("llc.control"), "0x0003");
        assert_eq!(seen.first("llc.dsap.sap"), "85");
        let seen = see(
            LinkType::ETHERNET,
            "01000ccccccc001906eab885 000a aaaa030000000806 0001",
        );
        assert_eq!(seen.first("llc.type"), "0x0806 (ARP)");
        assert_eq!(seen.layers(), ["eth", "llc", "arp"]);
        // The head of Nortel's frame of the corpus of tcpdump (erspan-type-ii-3.pcap).
        let seen = see(
            LinkType::ETHERNET,
            "01000081010000190 6eab8850008 aaaa03000081 01a2",
        );
        assert_eq!(seen.first("llc.nortel_pid"), "0x01a2 (NDP segment hello)");
    }

    #[test]
    fn control_fields_of_all_kinds() {
        // Exchange identification as a response with the final bit; then receiver ready.
        let seen = see(LinkType::ETHERNET, "0180c2000000001906eab885 0003 00 01 bf");
        assert_eq!(seen.all("llc.control.f"), ["set"]);
        assert_eq!(
            seen.first("llc.control.u_modifier_resp"),
            "0x2b (exchange identification)"
        );
        let seen = see(
            LinkType::ETHERNET,
            "0180c2000000001906eab885 0004 f0 f0 01 06",
        );
        assert_eq!(seen.first("llc.control.n_r"), "3");
        assert_eq!(seen.first("llc.control.s_ftype"), "0x0 (receiver ready)");
    }
}

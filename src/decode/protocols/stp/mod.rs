//! Spanning tree: what bridges tell each other so that frames never run in circles. IEEE 802.1D-2004 clause 9, for
//! multiple trees IEEE 802.1Q clause 14; Cisco's tree for each VLAN sends the same with the VLAN's number behind it.

mod regions;

use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Names, Next, Protocol, Show, Value, events, fields,
    joined,
};
use crate::model::{Mac, Osi, Span};

const PROTOCOLS: Names = &[(0, "spanning tree")];

const VERSIONS: Names = &[
    (0, "STP"),
    (2, "rapid spanning tree, RSTP"),
    (3, "multiple spanning trees, MSTP"),
    (4, "shortest path trees, SPT"),
];

const TYPES: Names = &[
    (0x00, "configuration"),
    (0x02, "rapid or multiple spanning tree"),
    (0x80, "topology change notification"),
];

const ROLES: Names = &[
    (0, "unknown"),
    (1, "alternate or backup"),
    (2, "root"),
    (3, "designated"),
];

const RECORDS: Names = &[(0, "originating VLAN")];

/// Versions from this one on carry more than one tree.
const MULTIPLE: u8 = 3;
const CONFIGURATION: u8 = 0x00;
const RAPID: u8 = 0x02;
const CHANGE: u8 = 0x80;

fields! {
    IDENTIFIER: "stp.protocol", "Protocol identifier", Show::Names(Base::Hex(4), PROTOCOLS), "0 for the spanning tree protocols; nothing else is in use.";
    VERSION: "stp.version", "Version", Show::Names(Base::Dec, VERSIONS), "Which of the spanning tree protocols the bridge speaks; an older bridge reads the part that it knows.";
    TYPE: "stp.type", "Type", Show::Names(Base::Hex(2), TYPES), "A configuration spreads from the root downwards; a notification of a change goes up to the root.";
    FLAGS: "stp.flags", "Flags", Show::Hex(2), "What the sending port is, what it does with frames, and whether the network has just changed.";
    CHANGE_ACK: "stp.flags.tcack", "Topology change acknowledgment", Show::Plain, "The bridge above has heard the notification of a change; the one below stops repeating it.";
    AGREEMENT: "stp.flags.agreement", "Agreement", Show::Plain, "The answer to a proposal: the port above may forward frames at once.";
    FORWARDING: "stp.flags.forwarding", "Forwarding", Show::Plain, "The sending port passes frames on.";
    LEARNING: "stp.flags.learning", "Learning", Show::Plain, "The sending port learns which addresses are behind it.";
    ROLE: "stp.flags.port_role", "Port role", Show::Names(Base::Dec, ROLES), "Designated ports lead away from the root, a root port leads to it, alternate and backup ports stay blocked.";
    PROPOSAL: "stp.flags.proposal", "Proposal", Show::Plain, "The sending port wants to be the designated one and asks the other side to agree, instead of waiting for timers.";
    TOPOLOGY_CHANGE: "stp.flags.tc", "Topology change", Show::Plain, "Something has changed in the network: bridges shall soon forget which address is behind which port.";
    ROOT: "wirewalk.stp.root", "Root identifier", Show::Heading, "The bridge that the sender takes for the root of the tree: the lowest identifier of all wins.";
    ROOT_PRIORITY: "stp.root.prio", "Root priority", Show::Plain, "The root's configured priority, in steps of 4096; it counts before the address, and lower is better.";
    ROOT_EXTENSION: "stp.root.ext", "Root system ID extension", Show::Plain, "Which tree it is the root of: with a tree for each VLAN the VLAN's number, else 0.";
    ROOT_ADDRESS: "stp.root.hw", "Root address", Show::Plain, "The root's MAC address; between equal priorities the lower one wins.";
    COST: "stp.root.cost", "Root path cost", Show::Plain, "The sum of the costs of the links from the sender to the root, with multiple trees of those between regions; the root says 0.";
    BRIDGE: "wirewalk.stp.bridge", "Bridge identifier", Show::Heading, "The bridge that sends this; with multiple trees the root of the region that it is in.";
    BRIDGE_PRIORITY: "stp.bridge.prio", "Bridge priority", Show::Plain, "That bridge's own priority, in steps of 4096.";
    BRIDGE_EXTENSION: "stp.bridge.ext", "Bridge system ID extension", Show::Plain, "Which tree that bridge speaks of: with a tree for each VLAN the VLAN's number, else 0.";
    BRIDGE_ADDRESS: "stp.bridge.hw", "Bridge address", Show::Plain, "That bridge's MAC address; each of its ports may have another one.";
    PORT: "stp.port", "Port identifier", Show::Hex(4), "The port that this was sent from: its priority in the upper bits, its number in the lower ones.";
    MESSAGE_AGE: "stp.msg_age", "Message age", Show::Unit("s"), "How old the root's word is; each bridge on the way adds about one second.";
    MAX_AGE: "stp.max_age", "Max age", Show::Unit("s"), "A port forgets what it has heard when it is this old: then the tree is worked out anew.";
    HELLO: "stp.hello", "Hello time", Show::Unit("s"), "How often such messages are sent.";
    FORWARD_DELAY: "stp.forward", "Forward delay", Show::Unit("s"), "How long a port listens, and then again how long it learns, before it forwards frames by the timers.";
    VERSION_1_LENGTH: "stp.version_1_length", "Version 1 length", Show::Unit("bytes"), "Always 0: nothing of version 1 is in the message.";
    VLAN: "wirewalk.stp.pvst", "VLAN record", Show::Heading, "What Cisco's bridges add to say which VLAN the tree is for.";
    RECORD_TYPE: "stp.pvst.tlvtype", "Type", Show::Names(Base::Hex(4), RECORDS), "What the record says.";
    RECORD_LENGTH: "stp.pvst.tlvlen", "Length", Show::Unit("bytes"), "Length of the record's value.";
    ORIGINATING_VLAN: "stp.pvst.origvlan", "Originating VLAN", Show::Plain, "The VLAN whose tree this is; a port in another VLAN that hears it is wired or configured wrongly.";
    RECORD_VALUE: "stp.pvst.tlvval", "Value", Show::Plain, "The record's value, whose meaning is not known here.";
}

events! {
    BPDU: "stp.bpdu", "A bridge tells its neighbours which bridge is the root of the spanning tree and how far it is, or that the network has changed.";
}

/// Spanning tree.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "stp",
    name: "Spanning Tree Protocol",
    osi: Osi::Link,
    spec: "IEEE 802.1D-2004",
    claims: &[Claim::Llc(0x42)],
    fields: joined![FIELDS, regions::FIELDS],
    events: EVENTS,
    decode,
    talk: None,
};

/// The same for one VLAN.
pub(super) static PER_VLAN: Protocol = Protocol {
    key: "stp",
    name: "Spanning Tree Protocol for one VLAN (PVST+)",
    osi: Osi::Link,
    spec: "IEEE 802.1D-2004",
    claims: &[Claim::Named("pvst")],
    fields: joined![FIELDS, regions::FIELDS],
    events: EVENTS,
    decode: decode_for_vlan,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    read(c, false)
}

fn decode_for_vlan(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    read(c, true)
}

fn read(c: &mut Cursor<'_, '_>, per_vlan: bool) -> Result<(), Fault> {
    c.u16(&IDENTIFIER)?;
    let version = c.u8(&VERSION)?;
    let kind = c.u8(&TYPE)?;
    match kind {
        CHANGE => {
            c.summary(format_args!("the network has changed"));
            c.event(&BPDU);
            return Ok(());
        }
        CONFIGURATION | RAPID => {}
        _ => {
            c.summary(format_args!("unknown type 0x{kind:02x}"));
            c.next(Next::Data, c.rest_span());
            return Err(c.bad_value(&TYPE, "0x00, 0x02 or 0x80"));
        }
    }
    flags(c, &FLAGS, kind == RAPID, &CHANGE_ACK)?;
    let root = identifier(c, &ROOT_FIELDS)?;
    let cost = c.u32(&COST)?;
    identifier(c, &BRIDGE_FIELDS)?;
    let port = c.u16(&PORT)?;
    for timer in [&MESSAGE_AGE, &MAX_AGE, &HELLO, &FORWARD_DELAY] {
        seconds(c, timer)?;
    }
    let (priority, address) = root;
    c.summary(format_args!(
        "root {priority} {address}, cost {cost}, port 0x{port:04x}"
    ));
    // What is wrong behind the common part does not undo it.
    let more = match (kind, per_vlan) {
        (RAPID, _) => rapid(c, version, per_vlan),
        (_, true) => {
            // A byte stands where later versions have their first length.
            c.skip(1);
            vlan(c)
        }
        _ => Ok(()),
    };
    c.event(&BPDU);
    more
}

/// What versions from 2 on have behind the common part.
fn rapid(c: &mut Cursor<'_, '_>, version: u8, per_vlan: bool) -> Result<(), Fault> {
    let length = c.u8(&VERSION_1_LENGTH)?;
    let on_wire = c.consumed().saturating_add(c.left());
    let on_wire = on_wire.saturating_add(c.missing() as usize);
    if version >= MULTIPLE && length == 0 && on_wire >= regions::LEAST {
        return regions::decode(c, version);
    }
    if per_vlan { vlan(c) } else { Ok(()) }
}

/// The flags, all of them only in what rapid bridges send. The highest bit means something else in single trees.
fn flags(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    rapid: bool,
    highest: &'static FieldDef,
) -> Result<(), Fault> {
    c.bits(def, 1, 0, 8)?;
    c.nest(|c| {
        c.flag(highest, 1, 0)?;
        if rapid {
            c.flag(&AGREEMENT, 1, 1)?;
            c.flag(&FORWARDING, 1, 2)?;
            c.flag(&LEARNING, 1, 3)?;
            c.bits(&ROLE, 1, 4, 2)?;
            c.flag(&PROPOSAL, 1, 6)?;
        }
        c.flag(&TOPOLOGY_CHANGE, 1, 7)
    })?;
    c.take(1).map(drop)
}

/// The fields of a bridge identifier: its heading, priority, system ID extension, address.
type Identifier = [&'static FieldDef; 4];

const ROOT_FIELDS: Identifier = [&ROOT, &ROOT_PRIORITY, &ROOT_EXTENSION, &ROOT_ADDRESS];
const BRIDGE_FIELDS: Identifier = [
    &BRIDGE,
    &BRIDGE_PRIORITY,
    &BRIDGE_EXTENSION,
    &BRIDGE_ADDRESS,
];

/// Four bits of priority that count in steps of 4096, twelve of extension, and the address. Returns the first two as the
/// one number by which bridges compare themselves, and the address.
fn identifier(c: &mut Cursor<'_, '_>, defs: &Identifier) -> Result<(u64, Mac), Fault> {
    let [heading, priority, extension, address] = *defs;
    c.group(heading, |c| {
        let first = c.ahead(1);
        let number = c.peek_number(0, 2).unwrap_or(0);
        c.put(priority, first, Value::Num(number & 0xf000));
        c.bits(extension, 2, 4, 12)?;
        c.take(2)?;
        let address = c.mac(address)?;
        Ok((number, Mac(address)))
    })
}

/// A time in units of 1/256 of a second.
fn seconds(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let at: Span = c.ahead(2);
    let units = c.peek_number(0, 2).unwrap_or(0) as u16;
    c.take(2)?;
    c.put(def, at, Value::Float(f64::from(units) / 256.0));
    Ok(())
}

/// The records that say which VLAN the tree is for.
fn vlan(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while c.left() >= 4 {
        c.group(&VLAN, |c| {
            let kind = c.u16(&RECORD_TYPE)?;
            let len = usize::from(c.u16(&RECORD_LENGTH)?);
            c.within(&RECORD_LENGTH, len, |c| match (kind, len) {
                (0, 2) => c.u16(&ORIGINATING_VLAN).map(drop),
                (_, 0) => Ok(()),
                _ => c.bytes(&RECORD_VALUE, c.left()).map(drop),
            })
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn bpdu(llc: &str, message: &str) -> Seen {
        let len = format!("{llc}{message}")
            .bytes()
            .filter(u8::is_ascii_hexdigit)
            .count()
            / 2;
        let frame = format!("0180c2000000 001906eab885 {len:04x} {llc}{message}");
        see(LinkType::ETHERNET, &frame)
    }

    /// Of the corpus of tcpdump (802.1D_spanning_tree.pcap, frame 1).
    const CONFIGURATION: &str =
        "0000 00 00 00 8001001906eab880 00000000 8001001906eab880 8005 0000 1400 0200 0f00";

    #[test]
    fn the_root_speaks() {
        let seen = bpdu("424203", CONFIGURATION);
        assert_eq!(seen.layers(), ["eth", "llc", "stp"]);
        assert_eq!(
            seen.summary("stp"),
            "root 32769 00:19:06:ea:b8:80, cost 0, port 0x8005"
        );
        assert_eq!(seen.first("stp.type"), "0x00 (configuration)");
        assert_eq!(seen.first("stp.root.prio"), "32768");
        assert_eq!(seen.place("stp.root.prio"), Some((22, 1)));
        assert_eq!(seen.first("stp.root.ext"), "1");
        assert_eq!(seen.place("stp.root.ext"), Some((22, 2)));
        assert_eq!(seen.first("stp.bridge.hw"), "00:19:06:ea:b8:80");
        assert_eq!(seen.first("stp.max_age"), "20 s");
        assert_eq!(seen.first("stp.hello"), "2 s");
        assert_eq!(seen.all("stp.flags.proposal"), Vec::<String>::new());
        assert_eq!(seen.events(), ["stp.bpdu"]);
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
    }

    #[test]
    fn times_have_fractions() {
        let seen = bpdu(
            "424203",
            &CONFIGURATION.replacen("0000 1400", "0180 1400", 1),
        );
        assert_eq!(seen.first("stp.msg_age"), "1.5 s");
    }

    #[test]
    fn a_notification_is_four_bytes() {
        let seen = bpdu("424203", "0000 00 80");
        assert_eq!(seen.summary("stp"), "the network has changed");
        assert_eq!(seen.events(), ["stp.bpdu"]);
        let seen = bpdu("424203", "0000 00 17 00");
        assert_eq!(seen.faults(), [("stp", "bad-value")]);
        assert!(seen.events().is_empty());
    }

    #[test]
    fn one_tree_for_each_vlan() {
        // Of the corpus of tcpdump (rpvstp-trunk-native-vid5.pcap, frame 5).
        let seen = bpdu(
            "aaaa03 00000c 010b",
            "0000 02 02 0e 8005001f6d96ec00 00000000 8005001f6d96ec00 8004 0000 1400 0200 0f00 00 0000 0002 0005",
        );
        assert_eq!(seen.layers(), ["eth", "llc", "stp"]);
        assert_eq!(seen.all("stp.flags.forwarding"), ["not set"]);
        assert_eq!(seen.all("stp.flags.proposal"), ["set"]);
        assert_eq!(seen.first("stp.flags.port_role"), "3 (designated)");
        assert_eq!(seen.first("stp.pvst.origvlan"), "5");
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
        // The older form has a byte of its own before the record.
        let record = format!("{CONFIGURATION} 00 0000 0002 0005");
        let seen = bpdu("aaaa03 00000c 010b", &record);
        assert_eq!(seen.first("stp.pvst.origvlan"), "5");
    }

    #[test]
    fn other_protocols_share_the_service_access_point() {
        // GARP (IEEE 802.1D-2004 clause 12.10) has 1 for its protocol identifier.
        let seen = bpdu("424203", "0001 01 02 00 00");
        assert_eq!(seen.layers(), ["eth", "llc", "data"]);
    }
}

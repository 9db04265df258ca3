//! Several trees in one message: multiple spanning trees (IEEE 802.1Q clause 14.4) and shortest path trees (802.1aq).

use crate::decode::{Cursor, Fault, FieldDef, Show, fields};

use super::{Identifier, flags, identifier};

/// A message with several trees has at least as many bytes.
pub(super) const LEAST: usize = 102;
/// What stands before the records of the trees, in bytes.
const COMMON: usize = 64;
/// A tree's record, in bytes.
const RECORD: usize = 16;
/// At most so many trees.
const TREES_MAX: usize = 64;

fields! {
    VERSION_3_LENGTH: "mstp.version_3_length", "Version 3 length", Show::Unit("bytes"), "Length of the part about multiple trees: 64 bytes, and 16 for each further tree.";
    EXTENSION: "wirewalk.stp.mst", "Multiple spanning trees", Show::Heading, "Bridges that agree on which VLAN belongs to which tree form a region; outside it they look like one bridge.";
    SELECTOR: "mstp.config_format_selector", "Configuration format", Show::Plain, "Which form the configuration identifier has; 0 is the only one.";
    NAME: "mstp.config_name", "Configuration name", Show::Plain, "The region's name; bridges are in one region only if name, revision and digest are all equal.";
    REVISION: "mstp.config_revision_level", "Configuration revision", Show::Plain, "The region's revision number, set by hand.";
    DIGEST: "mstp.config_digest", "Configuration digest", Show::Plain, "A hash over the table of VLANs and trees, so that bridges can compare it without sending it.";
    INTERNAL_COST: "mstp.cist_internal_root_path_cost", "Internal root path cost", Show::Plain, "The cost from the sender to the region's own root, inside the region.";
    CIST_BRIDGE: "wirewalk.stp.cist_bridge", "CIST bridge identifier", Show::Heading, "The bridge that sends this, inside the region; the bridge identifier further up is that of the regional root.";
    CIST_PRIORITY: "mstp.cist_bridge.prio", "CIST bridge priority", Show::Plain, "The sender's priority in the tree that joins all regions (CIST), in steps of 4096.";
    CIST_EXTENSION: "mstp.cist_bridge.ext", "CIST bridge system ID extension", Show::Plain, "0 in the tree that joins all regions.";
    CIST_ADDRESS: "mstp.cist_bridge.hw", "CIST bridge address", Show::Plain, "The sender's MAC address as a bridge.";
    HOPS: "mstp.cist_remaining_hops", "Remaining hops", Show::Plain, "Each bridge of the region takes one off; at 0 the message is thrown away.";
    TREE: "wirewalk.stp.msti", "Tree", Show::Heading, "One further tree of the region, with a root and port roles of its own.";
    TREE_FLAGS: "mstp.msti.flags", "Flags", Show::Hex(2), "What the sending port is in this tree.";
    MASTER: "wirewalk.stp.msti.master", "Master", Show::Plain, "Through this port lies the region's way to the root outside of it.";
    PRIORITY: "mstp.msti.priority", "Priority", Show::Hex(2), "The priority of the tree's regional root, in steps of 4096.";
    TREE_ID: "mstp.msti.msti_id", "Tree number", Show::Plain, "Which tree it is, from 1.";
    TREE_ROOT: "mstp.msti.root.hw", "Regional root", Show::Plain, "The MAC address of the root that this tree has inside the region.";
    TREE_COST: "mstp.msti.root_cost", "Internal root path cost", Show::Plain, "The cost from the sender to that root.";
    BRIDGE_PRIORITY: "mstp.msti.bridge_priority", "Bridge priority", Show::Plain, "The sender's priority in this tree, in steps of 4096.";
    PORT_PRIORITY: "mstp.msti.port_priority", "Port priority", Show::Plain, "The sending port's priority in this tree, in steps of 16.";
    TREE_HOPS: "mstp.msti.remaining_hops", "Remaining hops", Show::Plain, "Each bridge of the region takes one off; at 0 the record is thrown away.";
    VERSION_4_LENGTH: "mstp.version_4_length", "Version 4 length", Show::Unit("bytes"), "Length of the part about shortest path trees.";
    SHORTEST: "wirewalk.stp.spt", "Shortest path trees", Show::Heading, "What bridges need that find shortest paths (IEEE 802.1aq) instead of one tree.";
    AGREEMENT_NUMBER: "mstp.agree_flags.agreement_num", "Agreement number", Show::Plain, "Counts what the sender agrees to.";
    DISCARDED_NUMBER: "mstp.agree_flags.dagreement_num", "Discarded agreement number", Show::Plain, "The agreement of the other side that the sender no longer counts on.";
    AGREEMENT_VALID: "mstp.agree_flags.agreement_valid", "Agreement valid", Show::Plain, "The agreement number counts.";
    RESTRICTED: "mstp.agree_flags.rest_role", "Restricted role", Show::Plain, "The sending port may not become the way to the root.";
    AGREEMENT_RESERVED: "wirewalk.stp.spt.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    FORMAT: "bpdu.agreement_digest_format_id", "Digest format", Show::Plain, "Which form the agreement digest has.";
    FORMAT_CAPABILITIES: "bpdu.agreement_digest_format_capabilities", "Format capabilities", Show::Plain, "Which further forms the sender knows.";
    CONVENTION: "bpdu.agreement_digest_convention_id", "Digest convention", Show::Plain, "For which frames both sides must agree on the network before they pass them on.";
    CONVENTION_CAPABILITIES: "bpdu.agreement_digest_convention_capabilities", "Convention capabilities", Show::Plain, "Which further conventions the sender knows.";
    EDGES: "bpdu.agreement_digest_edge_count", "Edges", Show::Plain, "How many links between bridges the digest covers.";
    TOPOLOGY: "mstp.agreement_digest", "Agreement digest", Show::Plain, "A hash over the network as the sender knows it; equal digests mean that both compute the same paths.";
}

const CIST_FIELDS: Identifier = [&CIST_BRIDGE, &CIST_PRIORITY, &CIST_EXTENSION, &CIST_ADDRESS];

/// From the version 3 length on.
pub(super) fn decode(c: &mut Cursor<'_, '_>, version: u8) -> Result<(), Fault> {
    let length = usize::from(c.u16(&VERSION_3_LENGTH)?);
    c.group(&EXTENSION, |c| {
        configuration(c)?;
        c.u32(&INTERNAL_COST)?;
        identifier(c, &CIST_FIELDS)?;
        c.u8(&HOPS).map(drop)
    })?;
    let trees = length.checked_sub(COMMON).filter(|len| len % RECORD == 0);
    let Some(trees) = trees.map(|len| len / RECORD).filter(|&n| n <= TREES_MAX) else {
        let rule = "64 and 16 for each further tree";
        return Err(c.bad_length(&VERSION_3_LENGTH, length as u64, rule));
    };
    for _ in 0..trees {
        c.group(&TREE, tree)?;
    }
    if version <= super::MULTIPLE || c.left() < 2 {
        return Ok(());
    }
    let length = usize::from(c.u16(&VERSION_4_LENGTH)?);
    if length == 0 {
        return Ok(());
    }
    c.group(&SHORTEST, |c| c.within(&VERSION_4_LENGTH, length, shortest))
}

/// What bridges of one region have in common.
fn configuration(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&SELECTOR)?;
    name(c)?;
    c.u16(&REVISION)?;
    c.bytes(&DIGEST, 16).map(drop)
}

/// A name that is filled up with zero bytes.
fn name(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(32);
    let bytes = c.take(32)?;
    let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    c.put_text(&NAME, at, &String::from_utf8_lossy(name));
    Ok(())
}

fn tree(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    flags(c, &TREE_FLAGS, true, &MASTER)?;
    c.bits(&PRIORITY, 1, 0, 4)?;
    c.bits(&TREE_ID, 2, 4, 12)?;
    c.take(2)?;
    c.mac(&TREE_ROOT)?;
    c.u32(&TREE_COST)?;
    upper(c, &BRIDGE_PRIORITY)?;
    upper(c, &PORT_PRIORITY)?;
    c.u8(&TREE_HOPS).map(drop)
}

/// A priority in the upper half of a byte.
fn upper(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    c.bits(def, 1, 0, 4)?;
    c.take(1).map(drop)
}

fn shortest(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    configuration(c)?;
    if c.is_empty() {
        return Ok(());
    }
    c.bits(&AGREEMENT_NUMBER, 1, 6, 2)?;
    c.bits(&DISCARDED_NUMBER, 1, 4, 2)?;
    c.flag(&AGREEMENT_VALID, 1, 3)?;
    c.flag(&RESTRICTED, 1, 2)?;
    c.take(1)?;
    if c.is_empty() {
        return Ok(());
    }
    c.bytes(&AGREEMENT_RESERVED, 1)?;
    c.bits(&FORMAT, 1, 0, 4)?;
    c.bits(&FORMAT_CAPABILITIES, 1, 4, 4)?;
    c.take(1)?;
    c.bits(&CONVENTION, 1, 0, 4)?;
    c.bits(&CONVENTION_CAPABILITIES, 1, 4, 4)?;
    c.take(1)?;
    c.u16(&EDGES)?;
    c.bytes(&AGREEMENT_RESERVED, 8)?;
    c.bytes(&TOPOLOGY, 20).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn bpdu(message: &str) -> Seen {
        let len = 3 + message.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let frame = format!("0180c2000000 001ef705a892 {len:04x} 424203 {message}");
        see(LinkType::ETHERNET, &frame)
    }

    /// Of the corpus of tcpdump (MSTP_Intra-Region_BPDUs.pcap, frame 1), up to the version 3 length.
    const HEAD: &str =
        "0000 03 02 38 0000001f27b47d80 00030d40 8000001646b58c80 8012 0100 1400 0200 0f00 00";
    const CONFIGURATION: &str = "00 4272657765727900000000000000000000000000000000000000000000000000 0000 \
                                 9357ebb7a8d74dd5fef4f2bab50531aa";
    const CIST: &str = "00030d40 8000001ef705a880 14";
    const TREES: &str = "fc6001001ef705a88000000000608014 f88002001646b58c8000030d40808014";

    #[test]
    fn trees_of_a_region() {
        let seen = bpdu(&format!("{HEAD} 0060 {CONFIGURATION} {CIST} {TREES}"));
        assert_eq!(seen.first("mstp.config_name"), "Brewery");
        assert_eq!(seen.first("mstp.cist_bridge.hw"), "00:1e:f7:05:a8:80");
        assert_eq!(seen.all("mstp.msti.msti_id"), ["1", "2"]);
        assert_eq!(seen.all("mstp.msti.bridge_priority"), ["6", "8"]);
        assert_eq!(seen.all("mstp.msti.root_cost"), ["0", "200000"]);
        assert_eq!(seen.all("wirewalk.stp.msti.master"), ["set", "set"]);
        assert_eq!(seen.events(), ["stp.bpdu"]);
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
    }

    #[test]
    fn a_length_between_two_trees_is_wrong() {
        let seen = bpdu(&format!("{HEAD} 0061 {CONFIGURATION} {CIST} {TREES}"));
        assert_eq!(seen.faults(), [("stp", "bad-length")]);
        assert_eq!(seen.all("mstp.cist_remaining_hops"), ["20"]);
        // The tree that joins all regions is known all the same.
        assert_eq!(seen.events(), ["stp.bpdu"]);
    }

    #[test]
    fn shortest_paths() {
        // Of the corpus of tcpdump (spb_bpduv4.pcap, frame 1), its last part with a short name.
        let head = HEAD.replacen("03 02", "04 02", 1);
        let seen = bpdu(&format!(
            "{head} 0040 {CONFIGURATION} {CIST} 0055 {CONFIGURATION} \
             01 00 00 20 0020 0000000000000000 0000000e918994fa9ca00398d9138a3e54000000"
        ));
        assert_eq!(seen.all("mstp.config_name"), ["Brewery", "Brewery"]);
        assert_eq!(seen.first("mstp.agree_flags.agreement_num"), "1");
        assert_eq!(seen.first("bpdu.agreement_digest_convention_id"), "2");
        assert_eq!(seen.first("bpdu.agreement_digest_edge_count"), "32");
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
    }
}

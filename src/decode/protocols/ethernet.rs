//! Ethernet II and IEEE 802.3 frames (IEEE 802.3-2022 clause 3), and the padding behind short packets.

use crate::decode::names::ETHERTYPES;
use crate::decode::{Base, Claim, Cursor, Fault, FieldDef, Next, Protocol, Show, Value, fields};
use crate::model::{Mac, Osi};

fields! {
    DST: "eth.dst", "Destination", Show::Plain, "MAC address of the interface on this link that shall take the frame; ff:ff:ff:ff:ff:ff means everyone.";
    DST_LG: "eth.dst.lg", "Locally administered", Show::Plain, "Set when the destination address was chosen locally (randomised, virtual) instead of assigned by a vendor.";
    DST_IG: "eth.dst.ig", "Group address", Show::Plain, "Set when the frame is for a group (multicast or broadcast), not for one interface.";
    SRC: "eth.src", "Source", Show::Plain, "MAC address of the interface that sent the frame on this link; every router replaces it with its own.";
    SRC_LG: "eth.src.lg", "Locally administered", Show::Plain, "Set when the source address was chosen locally (randomised, virtual) instead of assigned by a vendor.";
    SRC_IG: "eth.src.ig", "Group address", Show::Plain, "Never set in a valid source address: a frame has one sender.";
    TYPE: "eth.type", "Type", Show::Names(Base::Hex(4), ETHERTYPES), "Which protocol the frame carries; values from 0x0600 up are types.";
    LEN: "eth.len", "Length", Show::Unit("bytes"), "Length of the data in an 802.3 frame; values up to 1500 are lengths, and an LLC header follows.";
    INVALID: "eth.invalid_lentype", "Invalid length or type", Show::Hex(4), "Between 1501 and 1535: neither a length nor a type.";
}

/// Ethernet frames.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "eth",
    name: "Ethernet",
    osi: Osi::Link,
    spec: "IEEE 802.3-2022, clause 3",
    claims: &[
        Claim::Link(1),
        Claim::EtherType(0x6558),
        Claim::IpProto(143),
    ],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    // Cisco's switches put a header of their own around frames, known by its group address.
    let isl = matches!(c.peek(), [0x01 | 0x0c, 0, 0x0c, 0, 0, ..]);
    let nested = c.ancestors().any(|layer| layer.0 == "isl");
    if isl && !nested {
        c.summary(format_args!("ISL"));
        c.next(Next::Named("isl"), c.rest_span());
        return Ok(());
    }
    let dst = address(c, &DST, &DST_LG, &DST_IG)?;
    let src = address(c, &SRC, &SRC_LG, &SRC_IG)?;
    let number = c.peek_number(0, 2).unwrap_or(0);
    // 0 is no length of anything: some devices write it where they know no type.
    let def = match number {
        1..=1500 => &LEN,
        1501..=1535 => &INVALID,
        _ => &TYPE,
    };
    let number = c.u16(def)?;
    let (src, dst) = (Mac(src), Mac(dst));
    match number {
        1..=1500 => {
            c.summary(format_args!("{src} → {dst}, 802.3, {number} bytes"));
            c.bound(usize::from(number), &LEN);
            // Novell's "raw 802.3" has no LLC header: its checksum field, always 0xffff, stands in that place.
            let raw = c.peek_number(0, 2) == Some(0xffff);
            c.next(
                if raw { Next::Data } else { Next::Named("llc") },
                c.rest_span(),
            );
        }
        1501..=1535 => {
            c.summary(format_args!("{src} → {dst}, type 0x{number:04x}"));
            c.note(c.bad_value(&INVALID, "at most 1500, or at least 1536"));
            c.next(Next::Data, c.rest_span());
        }
        _ => {
            let name = c.detail().then(|| TYPE.name_of(u64::from(number)));
            match name.flatten() {
                Some(name) => c.summary(format_args!("{src} → {dst}, {name}")),
                None => c.summary(format_args!("{src} → {dst}, type 0x{number:04x}")),
            }
            c.next(Next::EtherType(number), c.rest_span());
        }
    }
    Ok(())
}

fn address(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    local: &'static FieldDef,
    group: &'static FieldDef,
) -> Result<[u8; 6], Fault> {
    let at = c.ahead(3);
    let address = c.mac(def)?;
    let mac = Mac(address);
    c.nest(|c| {
        let bit = |bit| crate::model::Span { bit, bits: 1, ..at };
        if c.detail() {
            c.put(local, bit(6), Value::Bool(mac.is_local()));
        }
        c.put(group, bit(7), Value::Bool(mac.is_group()));
        Ok(())
    })?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn addresses_with_their_bits() {
        let seen = see(LinkType::ETHERNET, "01000ccccccc 02005e100064 1234 00");
        assert_eq!(seen.all("eth.dst.ig"), ["set"]);
        assert_eq!(seen.all("eth.dst.lg"), ["not set"]);
        assert_eq!(seen.all("eth.src.lg"), ["set"]);
        assert_eq!(seen.place("eth.src.lg"), Some((6, 3)));
        assert_eq!(seen.first("eth.type"), "0x1234");
        assert_eq!(seen.layers(), ["eth", "data"]);
    }

    #[test]
    fn lengths_are_no_types() {
        // A spanning tree frame of the corpus of tcpdump (802.1D_spanning_tree.pcap), cut to its LLC header.
        let seen = see(
            LinkType::ETHERNET,
            &format!("0180c2000000 001906eab885 0003 424203 {}", "00".repeat(43)),
        );
        assert_eq!(seen.first("eth.len"), "3 bytes");
        assert_eq!(seen.layers(), ["eth", "llc", "eth"]);
        assert_eq!(seen.place("eth.padding"), Some((17, 43)));
        let seen = see(LinkType::ETHERNET, "0180c2000000 001906eab885 05e0 00");
        assert_eq!(seen.faults(), [("eth", "bad-value")]);
    }
}

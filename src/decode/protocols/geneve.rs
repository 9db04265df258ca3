//! Geneve: frames and packets of many virtual networks inside UDP, with options. RFC 8926.

use crate::decode::names::ETHERTYPES;
use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, Value, fields};
use crate::model::Osi;

/// Who defines an option.
const CLASSES: Names = &[
    (0x0100, "Linux"),
    (0x0101, "Open vSwitch"),
    (0x0102, "Open Virtual Networking"),
    (0x0103, "in-band telemetry"),
    (0x0104, "VMware"),
    (0x0132, "Google"),
];

fields! {
    VERSION: "geneve.version", "Version", Show::Plain, "Which version of the header this is; there is only 0.";
    LENGTH: "geneve.option.length", "Options length", Show::Unit("bytes"), "How many bytes of options there are; in an option, how long it is.";
    FLAGS: "geneve.flags", "Flags", Show::Hex(2), "How the receiver shall treat the packet.";
    OAM: "geneve.flags.oam", "Control", Show::Plain, "The packet is for the tunnel's end itself, which tests or controls the tunnel by it.";
    CRITICAL: "geneve.flags.critical", "Critical options", Show::Plain, "At least one option is critical: a receiver that does not know it drops the packet.";
    FLAGS_RESERVED: "geneve.flags.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    PROTO: "geneve.proto_type", "Protocol", Show::Names(Base::Hex(4), ETHERTYPES), "Which protocol is carried, as an EtherType.";
    NETWORK: "geneve.vni", "Network identifier", Show::Hex(6), "Which of the virtual networks it belongs to; they see nothing of each other.";
    RESERVED: "geneve.reserved", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    OPTIONS: "geneve.options", "Options", Show::Plain, "What the sending end of the tunnel adds for the other one.";
    OPTION: "geneve.option", "Option", Show::Plain, "One option, of a class and a type.";
    CLASS: "geneve.option.class", "Class", Show::Names(Base::Hex(4), CLASSES), "Who defines the option: a standard, a maker, a project.";
    TYPE: "geneve.option.type", "Type", Show::Hex(2), "Which option of that class it is; critical from 128 on.";
    TYPE_CRITICAL: "geneve.option.type.critical", "Critical", Show::Plain, "A receiver that does not know the option drops the packet.";
    OPTION_FLAGS: "geneve.option.flags", "Flags", Show::Hex(2), "The reserved bits before the length.";
    OPTION_RESERVED: "geneve.option.flags.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    UNKNOWN: "geneve.option.unknown.data", "Data", Show::Plain, "The option's value.";
}

/// The header between UDP and what is carried.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "geneve",
    name: "Generic Network Virtualization Encapsulation",
    osi: Osi::Link,
    spec: "RFC 8926",
    claims: &[Claim::UdpPort(6081)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let first = c.ahead(1);
    let byte = c.peek_number(0, 1).unwrap_or(0);
    c.bits(&VERSION, 1, 0, 2)?;
    let options = (byte & 0x3f).saturating_mul(4);
    c.put(&LENGTH, first, Value::Num(options));
    c.take(1)?;
    flags(c)?;
    let number = c.u16(&PROTO)?;
    let network = c.u24(&NETWORK)?;
    c.u8(&RESERVED)?;
    match PROTO.name_of(u64::from(number)) {
        Some(name) => c.summary(format_args!("network {network}, {name}")),
        None => c.summary(format_args!("network {network}, type 0x{number:04x}")),
    }
    if byte >> 6 != 0 {
        c.next(Next::Data, c.rest_span());
        return Err(c.bad_value(&VERSION, "0"));
    }
    if options > 0 {
        let group = c.open(&OPTIONS);
        c.entitle(group, Value::Bytes);
        let read = c.within(&LENGTH, options as usize, |c| {
            while !c.is_empty() {
                option(c)?;
            }
            Ok(())
        });
        c.close(group);
        // What is wrong with an option does not hide what is carried.
        if let Err(fault) = read {
            c.note(fault);
        }
    }
    c.tunnel(Next::EtherType(number), c.rest_span());
    Ok(())
}

fn flags(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(1);
    let flags = c.u8(&FLAGS)?;
    let part = |bit, bits| crate::model::Span { bit, bits, ..at };
    c.nest(|c| {
        c.put(&OAM, part(0, 1), Value::Bool(flags & 0x80 != 0));
        c.put(&CRITICAL, part(1, 1), Value::Bool(flags & 0x40 != 0));
        c.put(&FLAGS_RESERVED, at, Value::Bool(flags & 0x3f != 0));
        Ok(())
    })
}

fn option(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let group = c.open(&OPTION);
    c.entitle(group, Value::Bytes);
    let read = option_parts(c);
    c.close(group);
    read
}

fn option_parts(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    const GOOGLE: u16 = 0x0132;
    let class = c.u16(&CLASS)?;
    c.bits(&TYPE, 1, 0, 8)?;
    c.nest(|c| c.flag(&TYPE_CRITICAL, 1, 0))?;
    c.take(1)?;
    let at = c.ahead(1);
    let byte = c.peek_number(0, 1).unwrap_or(0);
    c.bits(&OPTION_FLAGS, 1, 0, 3)?;
    c.nest(|c| {
        c.put(&OPTION_RESERVED, at, Value::Bool(byte >> 5 != 0));
        Ok(())
    })?;
    let len = (byte & 0x1f).saturating_mul(4);
    c.put(&LENGTH, at, Value::Num(len.saturating_add(4)));
    c.take(1)?;
    if class == GOOGLE || len == 0 {
        return c.take(len as usize).map(drop);
    }
    c.bytes(&UNKNOWN, len as usize).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn geneve(bytes: &str) -> Seen {
        let len = bytes.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let (whole, udp) = (len + 28, len + 8);
        let outer = format!("4500{whole:04x}000000004011 0000 0a000001 0a000002");
        see(
            LinkType::IPV4,
            &format!("{outer} e5a517c1 {udp:04x}0000 {bytes}"),
        )
    }

    #[test]
    fn options_before_the_frame() {
        // The header of frame 1 of geneve.pcap in the corpus of tcpdump.
        let frame = "0800275d1c0a 080027f71d1f 0806 0001";
        let seen = geneve(&format!("0240655800000a00 000080010000000c {frame}"));
        assert_eq!(
            seen.summary("geneve"),
            "network 10, Transparent Ethernet bridging"
        );
        assert_eq!(seen.all("geneve.option.length"), ["8 bytes", "8 bytes"]);
        assert_eq!(seen.first("geneve.option.type.critical"), "set");
        assert_eq!(seen.first("geneve.option.unknown.data"), "00:00:00:0c");
        assert_eq!(seen.place("geneve.options"), Some((36, 8)));
        assert_eq!(seen.layers(), ["ip", "udp", "geneve", "eth", "arp"]);
    }

    #[test]
    fn an_option_that_is_too_long_is_a_fault() {
        let seen = geneve("0100655800000a00 00008002 0800275d1c0a 080027f71d1f 0806 0001");
        assert_eq!(seen.faults().first(), Some(&("geneve", "truncated")));
        assert_eq!(seen.layers().get(3), Some(&"eth"));
    }
}

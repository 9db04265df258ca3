//! Extensions behind the packet that an ICMP or ICMPv6 message quotes: structure RFC 4884, MPLS RFC 4950, interfaces
//! RFC 5837, extended echo RFC 8335.

use crate::decode::{Base, Claim, Cursor, Fault, FieldDef, Names, Protocol, Show, Value, fields};
use crate::model::{Osi, Span};

const CLASSES: Names = &[
    (1, "MPLS label stack"),
    (2, "interface information"),
    (3, "interface identification"),
];

const ROLES: Names = &[
    (0, "the packet arrived here"),
    (1, "part of the interface that it arrived at"),
    (2, "it would have left here"),
    (3, "its next hop"),
];

const FAMILIES: Names = &[(1, "IPv4"), (2, "IPv6")];

fields! {
    EXTENSIONS: "icmp.ext", "Extensions", Show::Heading, "What the router adds about the packet's way, behind the packet that it quotes.";
    VERSION: "icmp.ext.version", "Version", Show::Plain, "The version of the extension structure; 2 is the only one.";
    RESERVED: "icmp.ext.res", "Reserved", Show::Hex(3), "Reserved: senders set it to zero, receivers ignore it.";
    CHECKSUM: "icmp.ext.checksum", "Checksum", Show::Hex(4), "Sum over the extensions.";
    OBJECT: "wirewalk.icmp.ext.object", "Object", Show::Heading, "One piece of information.";
    LENGTH: "icmp.ext.length", "Length", Show::Unit("bytes"), "Length of the object with these four bytes.";
    CLASS: "icmp.ext.class", "Class", Show::Names(Base::Dec, CLASSES), "What the object is about.";
    CTYPE: "icmp.ext.ctype", "Type", Show::Plain, "Which form of its class it has.";
    DATA: "icmp.ext.data", "Data", Show::Plain, "The object's content.";
    LABEL: "icmp.mpls.label", "MPLS label", Show::Plain, "The label that the packet carried when it arrived at the router.";
    EXPERIMENTAL: "icmp.mpls.exp", "Traffic class", Show::Plain, "Its class of service inside the MPLS network.";
    STACK: "icmp.mpls.s", "Bottom of stack", Show::Plain, "Set in the last label.";
    MPLS_TTL: "icmp.mpls.ttl", "Time to live", Show::Plain, "The label's own time to live.";
    ROLE: "icmp.int_info.role", "Interface role", Show::Names(Base::Dec, ROLES), "What the interface has to do with the packet.";
    INFO_RESERVED: "icmp.int_info.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    HAS_INDEX: "icmp.int_info.ifindex", "Index present", Show::Plain, "The interface's number follows.";
    HAS_ADDRESS: "icmp.int_info.ipaddr", "Address present", Show::Plain, "The interface's address follows.";
    HAS_NAME: "icmp.int_info.name_present", "Name present", Show::Plain, "The interface's name follows.";
    HAS_MTU: "icmp.int_info.mtu_present", "MTU present", Show::Plain, "The interface's MTU follows.";
    INDEX: "icmp.int_info.index", "Interface index", Show::Plain, "The interface's number on the router.";
    FAMILY: "icmp.int_info.afi", "Address family", Show::Names(Base::Dec, FAMILIES), "Whether an IPv4 or an IPv6 address follows.";
    ADDRESS_RESERVED: "icmp.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    IP4: "icmp.int_info.ipv4", "Address", Show::Plain, "The interface's IPv4 address.";
    IP6: "icmp.int_info.ipv6", "Address", Show::Plain, "The interface's IPv6 address.";
    NAME_LENGTH: "icmp.int_info.name_length", "Name length", Show::Unit("bytes"), "Length of the name with this byte.";
    NAME: "icmp.int_info.name", "Name", Show::Plain, "The interface's name.";
    MTU: "icmp.int_info.mtu", "MTU", Show::Unit("bytes"), "The biggest packet that the interface can send.";
    IDENT_NAME: "icmp.int_ident.name", "Name", Show::Plain, "The interface that is asked about, by its name.";
    IDENT_INDEX: "icmp.int_ident.index", "Interface index", Show::Plain, "The interface that is asked about, by its number.";
    IDENT_FAMILY: "icmp.int_ident.afi", "Address family", Show::Names(Base::Dec, FAMILIES), "The kind of address that follows.";
    IDENT_LENGTH: "icmp.int_ident.addr_length", "Address length", Show::Unit("bytes"), "Length of the address.";
    IDENT_RESERVED: "icmp.int_ident.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    IDENT_IP4: "icmp.int_ident.ipv4", "Address", Show::Plain, "The interface that is asked about, by its IPv4 address.";
    IDENT_IP6: "icmp.int_ident.ipv6", "Address", Show::Plain, "The interface that is asked about, by its IPv6 address.";
    IDENT_ADDRESS: "icmp.int_ident.address", "Address", Show::Plain, "The interface that is asked about, by an address of another kind.";
}

/// Extensions of ICMP messages.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "icmp",
    name: "ICMP extensions",
    osi: Osi::Network,
    spec: "RFC 4884",
    claims: &[Claim::Named("icmp.ext")],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.group(&EXTENSIONS, |c| {
        let at = c.ahead(1);
        let byte = c.peek_number(0, 1).unwrap_or(0);
        let version = Span {
            bit: 0,
            bits: 4,
            ..at
        };
        c.put(&VERSION, version, Value::Num(byte >> 4));
        c.bits(&RESERVED, 2, 4, 12)?;
        c.take(2)?;
        c.u16(&CHECKSUM)?;
        while c.left() >= 4 {
            c.group(&OBJECT, object)?;
        }
        Ok(())
    })?;
    c.summary(format_args!("more about the packet's way"));
    Ok(())
}

fn object(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let length = c.u16(&LENGTH)?;
    let class = c.u8(&CLASS)?;
    let at = c.ahead(1);
    let form = c.u8(&CTYPE)?;
    let Some(rest) = usize::from(length).checked_sub(4) else {
        return Err(c.bad_length(&LENGTH, length.into(), "at least 4"));
    };
    c.within(&LENGTH, rest, |c| {
        let read = match (class, form) {
            (1, 1) => labels(c),
            (2, _) => interface(c, at, form),
            (3, 1) => {
                let len = c.left();
                text(c, &IDENT_NAME, len)
            }
            (3, 2) => c.u32(&IDENT_INDEX).map(drop),
            (3, 3) => address_asked(c),
            _ => Ok(()),
        };
        // What is wrong in one object does not spoil the next.
        if let Err(fault) = read {
            c.note(fault);
            return Ok(());
        }
        let rest = c.left();
        if rest > 0 {
            c.bytes(&DATA, rest)?;
        }
        Ok(())
    })
}

fn labels(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while c.left() >= 4 {
        c.bits(&LABEL, 3, 0, 20)?;
        c.take(2)?;
        c.bits(&EXPERIMENTAL, 1, 4, 3)?;
        c.flag(&STACK, 1, 7)?;
        c.take(1)?;
        c.u8(&MPLS_TTL)?;
    }
    Ok(())
}

fn interface(c: &mut Cursor<'_, '_>, at: Span, form: u8) -> Result<(), Fault> {
    let part = |bit, bits| Span { bit, bits, ..at };
    c.nest(|c| {
        c.put(&ROLE, part(0, 2), Value::Num(u64::from(form >> 6)));
        c.put(
            &INFO_RESERVED,
            part(2, 2),
            Value::Num(u64::from(form >> 4 & 3)),
        );
        let flags = [&HAS_INDEX, &HAS_ADDRESS, &HAS_NAME, &HAS_MTU];
        for (bit, def) in (4u8..).zip(flags) {
            c.put(def, part(bit, 1), Value::Bool(form << bit & 0x80 != 0));
        }
        Ok(())
    })?;
    if form & 8 != 0 {
        c.u32(&INDEX)?;
    }
    if form & 4 != 0 {
        let family = c.u16(&FAMILY)?;
        c.bytes(&ADDRESS_RESERVED, 2)?;
        match family {
            1 => drop(c.ip4(&IP4)?),
            2 => drop(c.ip6(&IP6)?),
            _ => {}
        }
    }
    if form & 2 != 0 {
        let len = usize::from(c.u8(&NAME_LENGTH)?).saturating_sub(1);
        text(c, &NAME, len)?;
    }
    if form & 1 != 0 {
        c.u32(&MTU)?;
    }
    Ok(())
}

fn address_asked(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let family = c.u16(&IDENT_FAMILY)?;
    let len = usize::from(c.u8(&IDENT_LENGTH)?);
    c.bytes(&IDENT_RESERVED, 1)?;
    match (family, len) {
        (1, 4) => drop(c.ip4(&IDENT_IP4)?),
        (2, 16) => drop(c.ip6(&IDENT_IP6)?),
        _ if len > 0 => drop(c.bytes(&IDENT_ADDRESS, len)?),
        _ => {}
    }
    Ok(())
}

/// A name that is filled up with zero bytes.
fn text(c: &mut Cursor<'_, '_>, def: &'static FieldDef, len: usize) -> Result<(), Fault> {
    let span = c.ahead(len);
    let bytes = c.take(len)?;
    let name = bytes.split(|&b| b == 0).next().unwrap_or_default();
    c.put_text(def, span, &String::from_utf8_lossy(name));
    Ok(())
}

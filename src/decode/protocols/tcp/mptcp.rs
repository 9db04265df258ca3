//! The multipath TCP option: one connection over several paths. RFC 8684 (version 1), RFC 6824 (version 0).

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, Value, fields};
use crate::model::Span;

const SUBTYPES: Names = &[
    (0, "multipath capable"),
    (1, "join connection"),
    (2, "data sequence signal"),
    (3, "add address"),
    (4, "remove address"),
    (5, "change priority"),
    (6, "fallback"),
    (7, "fast close"),
    (8, "reset"),
];

const REASONS: Names = &[
    (0, "unspecified error"),
    (1, "multipath TCP error"),
    (2, "lack of resources"),
    (3, "administratively prohibited"),
    (4, "too much outstanding data"),
    (5, "unacceptable performance"),
    (6, "middlebox interference"),
];

fields! {
    SUBTYPE: "tcp.options.mptcp.subtype", "Subtype", Show::Names(Base::Dec, SUBTYPES), "What this option is about.";
    VERSION: "tcp.options.mptcp.version", "Version", Show::Plain, "0 (RFC 6824) or 1 (RFC 8684).";
    RESERVED: "tcp.options.mptcp.reserved", "Reserved", Show::Hex(4), "Reserved: senders set it to zero, receivers ignore it.";
    FLAGS: "tcp.options.mptcp.flags", "Flags", Show::Hex(2), "Bits whose meaning depends on the subtype.";
    BACKUP: "tcp.options.mptcp.backup.flag", "Backup", Show::Plain, "The path shall be used only when no other works.";
    CHECKSUM_REQUIRED: "tcp.options.mptcp.checksumreq.flags", "Checksum required", Show::Plain, "Data shall carry checksums of its own.";
    EXTENSIBILITY: "tcp.options.mptcp.extensibility.flag", "Extensibility", Show::Plain, "Must not be set: an extension of the option would use it.";
    NO_SUBFLOWS: "tcp.options.mptcp.nomoresubflows.flag", "No more subflows here", Show::Plain, "The sender takes no further paths at this address and port.";
    SHA1: "tcp.options.mptcp.sha1.flag", "HMAC-SHA1", Show::Plain, "Keys are proven with HMAC-SHA1.";
    SHA256: "tcp.options.mptcp.sha256.flag", "HMAC-SHA256", Show::Plain, "Keys are proven with HMAC-SHA256.";
    RESERVED_FLAGS: "tcp.options.mptcp.reserved.flag", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    DATA_FIN: "tcp.options.mptcp.datafin.flag", "DATA_FIN", Show::Plain, "The sender has no more data on any path.";
    SEQ8: "tcp.options.mptcp.dseqn8.flag", "Long sequence number", Show::Plain, "The data sequence number has 8 bytes, else 4.";
    SEQ_PRESENT: "tcp.options.mptcp.dseqnpresent.flag", "Mapping present", Show::Plain, "Data sequence number, subflow sequence number and length follow.";
    ACK8: "tcp.options.mptcp.dataack8.flag", "Long acknowledgment", Show::Plain, "The data acknowledgment has 8 bytes, else 4.";
    ACK_PRESENT: "tcp.options.mptcp.dataackpresent.flag", "Acknowledgment present", Show::Plain, "A data acknowledgment follows.";
    FLAG_U: "tcp.options.mptcp.flag_U.flag", "Flag U", Show::Plain, "A bit that no version of Multipath TCP uses.";
    FLAG_V: "tcp.options.mptcp.flag_V.flag", "Flag V", Show::Plain, "A bit that no version of Multipath TCP uses.";
    FLAG_W: "tcp.options.mptcp.flag_W.flag", "Flag W", Show::Plain, "A bit that no version of Multipath TCP uses.";
    FLAG_T: "tcp.options.mptcp.flag_T.flag", "Transient", Show::Plain, "The trouble may pass: the path can be tried again later.";
    REASON: "tcp.options.mptcp.rst_reason", "Reason", Show::Names(Base::Hex(2), REASONS), "Why the path was reset.";
    COUNT: "mptcp.rm_addr.count", "Addresses", Show::Plain, "How many addresses can no longer be used; the option's length tells.";
    ADDRESS_ID: "tcp.options.mptcp.addrid", "Address identifier", Show::Plain, "A number for one of the sender's addresses, whatever translation makes of it.";
    SEND_KEY: "tcp.options.mptcp.sendkey", "Sender's key", Show::Plain, "A random number; only who knows both keys can join the connection.";
    RECV_KEY: "tcp.options.mptcp.recvkey", "Receiver's key", Show::Plain, "The other side's random number, returned.";
    TOKEN: "tcp.options.mptcp.recvtok", "Receiver's token", Show::Plain, "A hash of the receiver's key: it names the connection that shall be joined.";
    RANDOM: "tcp.options.mptcp.sendrand", "Sender's random number", Show::Plain, "Makes the proof fresh.";
    TRUNCATED_HMAC: "tcp.options.mptcp.sendtrunchmac", "Sender's truncated proof", Show::Plain, "The first 8 bytes of the proof that the sender knows both keys.";
    HMAC: "tcp.options.mptcp.sendhmac", "Sender's proof", Show::Plain, "Proof that the sender knows both keys.";
    ADD_HMAC: "tcp.options.mptcp.addaddrtrunchmac", "Truncated proof", Show::Plain, "Proof that the address comes from the partner.";
    DATA_ACK: "tcp.options.mptcp.rawdataack", "Data acknowledgment", Show::Plain, "The next byte expected, counted over all paths.";
    DATA_SEQ: "tcp.options.mptcp.rawdataseqno", "Data sequence number", Show::Plain, "The number of the first byte, counted over all paths.";
    SUBFLOW_SEQ: "tcp.options.mptcp.subflowseqno", "Subflow sequence number", Show::Plain, "Where the same byte stands on this path.";
    DATA_LEN: "tcp.options.mptcp.datalvllen", "Data length", Show::Unit("bytes"), "For how many bytes the mapping holds.";
    CHECKSUM: "tcp.options.mptcp.checksum", "Checksum", Show::Hex(4), "Finds changes that a box on the way made to the data.";
    IP_VERSION: "tcp.options.mptcp.ipver", "IP version", Show::Plain, "Of the address that follows: 4 or 6.";
    ECHO: "tcp.options.mptcp.echo", "Echo", Show::Plain, "Set in the answer to an address.";
    IP4: "tcp.options.mptcp.ipv4", "IPv4 address", Show::Plain, "Another address at which the sender can be reached.";
    IP6: "tcp.options.mptcp.ipv6", "IPv6 address", Show::Plain, "Another address at which the sender can be reached.";
    PORT: "tcp.options.mptcp.port", "Port", Show::Plain, "The port at that address.";
}

/// The option's content, behind kind and length; `len` is the whole option's.
pub(super) fn decode(c: &mut Cursor<'_, '_>, len: usize) -> Result<(), Fault> {
    match c.bits(&SUBTYPE, 1, 0, 4)? {
        0 => capable(c, len),
        1 => join(c, len),
        2 => data(c),
        3 => add_address(c),
        4 => {
            let count = c.left().saturating_sub(1);
            c.put(&COUNT, c.ahead(1), Value::Num(count as u64));
            c.skip(1);
            while !c.is_empty() {
                c.u8(&ADDRESS_ID)?;
            }
            Ok(())
        }
        5 => {
            backup(c)?;
            if len > 3 {
                c.u8(&ADDRESS_ID)?;
            }
            Ok(())
        }
        6 => {
            c.bits(&RESERVED, 2, 4, 12)?;
            c.skip(2);
            c.u64(&DATA_SEQ).map(drop)
        }
        7 => {
            c.bits(&RESERVED, 2, 4, 12)?;
            c.skip(2);
            c.u64(&RECV_KEY).map(drop)
        }
        8 => reset(c),
        _ => {
            c.skip(1);
            Ok(())
        }
    }
}

/// Single bits of a flag byte at `at`, whose value is `byte`.
fn bits(c: &mut Cursor<'_, '_>, at: Span, byte: u8, defs: &[(&'static FieldDef, u8, u8)]) {
    for &(def, bit, bits) in defs {
        let shift = 8u8.saturating_sub(bit).saturating_sub(bits);
        let mask = if bits >= 8 {
            0xff
        } else {
            (1u8 << bits).wrapping_sub(1)
        };
        let span = Span { bit, bits, ..at };
        c.put(def, span, Value::Num(u64::from(byte >> shift & mask)));
    }
}

fn flag_byte(c: &mut Cursor<'_, '_>, defs: &[(&'static FieldDef, u8, u8)]) -> Result<u8, Fault> {
    let at = c.ahead(1);
    let byte = c.u8(&FLAGS)?;
    c.nest(|c| {
        bits(c, at, byte, defs);
        Ok(())
    })?;
    Ok(byte)
}

fn capable(c: &mut Cursor<'_, '_>, len: usize) -> Result<(), Fault> {
    let version = c.bits(&VERSION, 1, 4, 4)?;
    c.skip(1);
    let hash = if version == 0 { &SHA1 } else { &SHA256 };
    if version == 0 {
        flag_byte(
            c,
            &[
                (&CHECKSUM_REQUIRED, 0, 1),
                (&EXTENSIBILITY, 1, 1),
                (hash, 7, 1),
                (&RESERVED_FLAGS, 2, 5),
            ],
        )?;
    } else {
        flag_byte(
            c,
            &[
                (&CHECKSUM_REQUIRED, 0, 1),
                (&EXTENSIBILITY, 1, 1),
                (&NO_SUBFLOWS, 2, 1),
                (hash, 7, 1),
                (&RESERVED_FLAGS, 2, 5),
            ],
        )?;
    }
    if len >= 12 {
        c.u64(&SEND_KEY)?;
    }
    if len >= 20 {
        c.u64(&RECV_KEY)?;
    }
    if len >= 22 {
        c.u16(&DATA_LEN)?;
    }
    if len >= 24 {
        c.u16(&CHECKSUM)?;
    }
    Ok(())
}

/// The flag shares its byte with the subtype.
fn backup(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bits(&FLAGS, 1, 0, 8)?;
    c.nest(|c| c.bits(&BACKUP, 1, 7, 1))?;
    c.skip(1);
    Ok(())
}

fn join(c: &mut Cursor<'_, '_>, len: usize) -> Result<(), Fault> {
    match len {
        12 => {
            backup(c)?;
            c.u8(&ADDRESS_ID)?;
            c.u32(&TOKEN)?;
            c.u32(&RANDOM).map(drop)
        }
        16 => {
            backup(c)?;
            c.u8(&ADDRESS_ID)?;
            c.u64(&TRUNCATED_HMAC)?;
            c.u32(&RANDOM).map(drop)
        }
        _ => {
            c.bits(&RESERVED, 2, 4, 12)?;
            c.skip(2);
            let rest = c.left().min(20);
            c.bytes(&HMAC, rest).map(drop)
        }
    }
}

fn data(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.skip(1);
    let flags = flag_byte(
        c,
        &[
            (&DATA_FIN, 3, 1),
            (&SEQ8, 4, 1),
            (&SEQ_PRESENT, 5, 1),
            (&ACK8, 6, 1),
            (&ACK_PRESENT, 7, 1),
        ],
    )?;
    if flags & 0x01 != 0 {
        c.number(&DATA_ACK, if flags & 0x02 != 0 { 8 } else { 4 })?;
    }
    if flags & 0x04 != 0 {
        c.number(&DATA_SEQ, if flags & 0x08 != 0 { 8 } else { 4 })?;
        c.u32(&SUBFLOW_SEQ)?;
        c.u16(&DATA_LEN)?;
        if c.left() >= 2 {
            c.u16(&CHECKSUM)?;
        }
    }
    Ok(())
}

fn add_address(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    // Version 0 writes the IP version here, version 1 the echo flag: the length tells which address follows.
    let low = c.peek_number(0, 1).unwrap_or(0) & 0x0f;
    if matches!(low, 4 | 6) {
        c.bits(&IP_VERSION, 1, 4, 4)?;
    } else {
        c.bits(&ECHO, 1, 7, 1)?;
    }
    c.skip(1);
    c.u8(&ADDRESS_ID)?;
    match c.left() {
        4 | 6 | 12 | 14 => drop(c.ip4(&IP4)?),
        _ => drop(c.ip6(&IP6)?),
    }
    if matches!(c.left(), 2 | 10) {
        c.u16(&PORT)?;
    }
    if c.left() == 8 {
        c.u64(&ADD_HMAC)?;
    }
    Ok(())
}

fn reset(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bits(&FLAGS, 1, 0, 8)?;
    c.nest(|c| {
        for (bit, def) in (4u8..).zip([&FLAG_U, &FLAG_V, &FLAG_W, &FLAG_T]) {
            c.flag(def, 1, bit)?;
        }
        c.take(1)
    })?;
    c.u8(&REASON).map(drop)
}

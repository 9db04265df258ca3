//! Multicast listener discovery: which groups are wanted on a link. RFC 2710 (version 1), RFC 9777 (version 2).

use std::net::Ipv6Addr;

use crate::decode::{Base, Cursor, Fault, Names, Show, fields};

use super::put_bits;

const RECORD_TYPES: Names = &[
    (1, "include"),
    (2, "exclude"),
    (3, "changed to include"),
    (4, "changed to exclude"),
    (5, "allow new sources"),
    (6, "block old sources"),
];

fields! {
    MAX_DELAY: "icmpv6.mld.maximum_response_delay", "Maximum response delay", Show::Unit("ms"), "Within how long listeners shall answer.";
    MAX_CODE: "icmpv6.mld.maximum_response_code", "Maximum response code", Show::Plain, "Within how long listeners shall answer, in milliseconds up to 32767.";
    GROUP: "icmpv6.mld.multicast_address", "Multicast address", Show::Plain, "The group; the unspecified address asks for all groups.";
    FLAGS: "icmpv6.mld.flag", "Flags", Show::Hex(2), "How routers shall take the query.";
    SUPPRESS: "icmpv6.mld.flag.s", "Suppress", Show::Plain, "Other routers shall not change their timers.";
    ROBUSTNESS: "icmpv6.mld.flag.qrv", "Robustness", Show::Plain, "How often messages are repeated, against loss.";
    FLAG_RESERVED: "icmpv6.mld.flag.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    INTERVAL: "icmpv6.mld.qqi", "Query interval code", Show::Unit("s"), "How often the router asks.";
    SOURCES: "icmpv6.mld.nb_sources", "Sources", Show::Plain, "How many senders are asked about.";
    SOURCE: "icmpv6.mld.source_address", "Source address", Show::Plain, "A sender that is asked about.";
    RECORDS: "icmpv6.mldr.nb_mcast_records", "Records", Show::Plain, "How many groups the report is about.";
    RECORD: "icmpv6.mldr.mar", "Group record", Show::Heading, "What the host wants of one group.";
    RECORD_TYPE: "icmpv6.mldr.mar.record_type", "Record type", Show::Names(Base::Dec, RECORD_TYPES), "Which senders of the group are wanted: those listed, or all but those; 4 without any joins the group.";
    AUX_LEN: "icmpv6.mldr.mar.aux_data_len", "Auxiliary data length", Show::Plain, "Length of further data in units of four bytes; none is defined.";
    RECORD_SOURCES: "icmpv6.mldr.mar.nb_sources", "Sources", Show::Plain, "How many senders are listed.";
    RECORD_GROUP: "icmpv6.mldr.mar.multicast_address", "Multicast address", Show::Plain, "The multicast group that this record is about.";
    RECORD_SOURCE: "icmpv6.mldr.mar.source_address", "Source address", Show::Plain, "A sender that is listed.";
    AUX: "icmpv6.mldr.mar.auxiliary_data", "Auxiliary data", Show::Plain, "Further data, without meaning today.";
}

/// Queries of both versions, and the reports of version 1.
pub(super) fn version_1(c: &mut Cursor<'_, '_>, kind: u8, name: &'static str) -> Result<(), Fault> {
    // A query of version 2 is longer than 24 bytes, of which 4 have been read.
    let second = kind == 130 && c.left() > 20;
    if second {
        c.u16(&MAX_CODE)?;
    } else {
        c.u16(&MAX_DELAY)?;
    }
    c.bytes(&super::RESERVED, 2)?;
    let group = Ipv6Addr::from(c.ip6(&GROUP)?);
    if group.is_unspecified() {
        c.summary(format_args!("{name}, all groups"));
    } else {
        c.summary(format_args!("{name}, {group}"));
    }
    if !second {
        return Ok(());
    }
    let at = c.ahead(1);
    let flags = c.u8(&FLAGS)?;
    c.nest(|c| {
        put_bits(
            c,
            at,
            u64::from(flags),
            &[
                (&SUPPRESS, 4, 1),
                (&ROBUSTNESS, 5, 3),
                (&FLAG_RESERVED, 0, 4),
            ],
        );
        Ok(())
    })?;
    c.u8(&INTERVAL)?;
    let sources = c.u16(&SOURCES)?;
    for _ in 0..sources {
        c.ip6(&SOURCE)?;
    }
    Ok(())
}

/// The report of version 2.
pub(super) fn report(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bytes(&super::RESERVED, 2)?;
    let records = c.u16(&RECORDS)?;
    let mut first = None;
    for _ in 0..records {
        let group = c.group(&RECORD, record)?;
        first.get_or_insert(group);
    }
    match (records, first) {
        (1, Some(group)) => c.summary(format_args!("listening report, {group}")),
        _ => c.summary(format_args!("listening report, {records} groups")),
    }
    Ok(())
}

fn record(c: &mut Cursor<'_, '_>) -> Result<Ipv6Addr, Fault> {
    c.u8(&RECORD_TYPE)?;
    let aux = usize::from(c.u8(&AUX_LEN)?).saturating_mul(4);
    let sources = c.u16(&RECORD_SOURCES)?;
    let group = c.ip6(&RECORD_GROUP)?;
    for _ in 0..sources {
        c.ip6(&RECORD_SOURCE)?;
    }
    if aux > 0 {
        c.bytes(&AUX, aux)?;
    }
    Ok(Ipv6Addr::from(group))
}

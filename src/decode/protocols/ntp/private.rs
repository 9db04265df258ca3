//! The private mode of ntpd, which no specification describes: its header, and the two lists that are mostly asked for,
//! as `ntp_request.h` of ntpd lays them out.

use crate::decode::{Base, Cursor, Fault, Names, Show, Value, fields};

fields! {
    RESPONSE: "ntp.priv.flags.r", "Response", Show::Plain, "Set in answers.";
    MORE: "ntp.priv.flags.more", "More", Show::Plain, "Set when the answer goes on in another packet.";
    AUTH_SEQUENCE: "ntp.priv.auth_seq", "Authentication and sequence", Show::Plain, "Whether there is a check, and the number of this packet of the answer.";
    AUTH: "ntp.priv.auth", "Authenticated", Show::Plain, "Set when a check follows.";
    SEQUENCE: "ntp.priv.seq", "Sequence", Show::Plain, "The number of this packet of the answer.";
    IMPLEMENTATION: "ntp.priv.impl", "Implementation", Show::Plain, "Whose private messages they are: 3 is ntpd.";
    REQUEST: "ntp.priv.reqcode", "Request", Show::Names(Base::Dec, REQUESTS), "What is wanted; the list of clients (20, 42) was misused to flood others, and is usually switched off.";
    ERROR: "ntp.priv.err", "Error", Show::Hex(2), "Why it cannot be done; 0 is none.";
    ITEMS: "ntp.priv.numitems", "Items", Show::Plain, "How many items follow.";
    RESERVED: "ntp.priv.reserved", "Reserved", Show::Hex(2), "Must be zero.";
    SIZE: "ntp.priv.itemsize", "Item size", Show::Unit("bytes"), "The length of each item.";
    ITEM: "ntp.priv.mode7.item", "Item", Show::Plain, "One entry of the answer.";
    DATA: "wirewalk.ntp.priv.data", "Data", Show::Plain, "What follows, as it is.";

    // A client of the server (request 42).
    CLIENT_INTERVAL: "ntp.priv.monlist.avgint", "Average interval", Show::Unit("s"), "How long the client waits between its messages, on average.";
    CLIENT_LAST: "ntp.priv.monlist.lsint", "Last heard", Show::Unit("s"), "How long ago the client was last heard.";
    CLIENT_RESTRICTIONS: "ntp.priv.monlist.restr", "Restrictions", Show::Hex(8), "What the server keeps from the client.";
    CLIENT_COUNT: "ntp.priv.monlist.count", "Messages", Show::Plain, "How many messages the client has sent.";
    CLIENT_ADDRESS: "ntp.priv.monlist.remote_address", "Client", Show::Plain, "The client's address.";
    CLIENT_LOCAL: "ntp.priv.monlist.local_address", "Local address", Show::Plain, "The address of the server that the client uses.";
    CLIENT_FLAGS: "ntp.priv.monlist.flags", "Flags", Show::Hex(8), "How the client was heard.";
    CLIENT_PORT: "ntp.priv.monlist.port", "Port", Show::Plain, "The client's port.";
    CLIENT_MODE: "ntp.priv.monlist.mode", "Mode", Show::Plain, "The mode of its last message; 7 is somebody who asked for this list.";
    CLIENT_VERSION: "ntp.priv.monlist.version", "Version", Show::Plain, "The version of its last message.";
    CLIENT_IS_6: "ntp.priv.monlist.ipv6", "IPv6", Show::Hex(8), "1 when the addresses at the end of the entry count.";
    CLIENT_UNUSED: "ntp.priv.monlist.unused", "Unused", Show::Hex(8), "Filling that means nothing.";
    CLIENT_ADDRESS_6: "ntp.priv.monlist.addr6", "Client", Show::Plain, "The client's address.";
    CLIENT_LOCAL_6: "ntp.priv.monlist.daddr6", "Local address", Show::Plain, "The address of the server that the client uses.";

    // A source of time of the server (request 1).
    PEER_LOCAL: "ntp.priv.mode7.dstaddress", "Local address", Show::Plain, "The address of the server that speaks with the peer.";
    PEER_ADDRESS: "ntp.priv.mode7.srcaddress", "Peer", Show::Plain, "The peer's address; 127.127 and so on is a clock beside the server.";
    PEER_PORT: "ntp.priv.mode7.srcport", "Port", Show::Plain, "The peer's port.";
    PEER_POLL: "ntp.priv.mode7.hpoll", "Own poll interval", Show::Plain, "How often the server asks, as a power of two in seconds.";
    PEER_REACH: "ntp.priv.mode7.reach", "Reach", Show::Plain, "Which of the last eight questions were answered, a bit each.";
    PEER_FLAGS: "ntp.priv.mode7.peer.flags", "Flags", Show::Hex(2), "What the server thinks of the peer.";
    PEER_CONFIGURED: "ntp.priv.mode7.peer.flags.config", "Configured", Show::Plain, "The peer stands in the server's configuration.";
    PEER_FOLLOWED: "ntp.priv.mode7.peer.flags.syspeer", "Followed", Show::Plain, "The server sets its clock by it.";
    PEER_BURST: "ntp.priv.mode7.peer.flags.burst", "Burst", Show::Plain, "Several questions are asked at a time.";
    PEER_CLOCK: "ntp.priv.mode7.peer.flags.refclock", "Clock", Show::Plain, "It is a clock beside the server.";
    PEER_PREFERRED: "ntp.priv.mode7.peer.flags.prefer", "Preferred", Show::Plain, "The configuration prefers it.";
    PEER_AUTHENTICATED: "ntp.priv.mode7.peer.flags.authenable", "Authentication", Show::Plain, "Its messages must carry a check.";
    PEER_CANDIDATE: "ntp.priv.mode7.peer.flags.sel_candidate", "Candidate", Show::Plain, "It could be followed.";
    PEER_SHORTLIST: "ntp.priv.mode7.peer.flags.shortlist", "Shortlist", Show::Plain, "It is among the last candidates.";
    PEER_MODE: "ntp.priv.mode7.hmode", "Mode", Show::Plain, "How the server speaks with it: 3 is as its client.";
    PEER_DELAY: "ntp.priv.mode7.delay", "Delay", Show::Plain, "The round trip to it, in 65536ths of a second.";
    PEER_OFFSET: "ntp.priv.mode7.offset", "Offset", Show::Plain, "How far its clock is from the server's: seconds, and a fraction in the lower four bytes.";
    PEER_DISPERSION: "ntp.priv.mode7.dispersion", "Dispersion", Show::Plain, "How wrong its time may be, in 65536ths of a second.";
    PEER_IS_6: "ntp.priv.mode7.ipv6_flag", "IPv6", Show::Plain, "1 when the addresses at the end of the entry count.";
    PEER_UNUSED: "ntp.priv.mode7.unused", "Unused", Show::Plain, "Filling that means nothing.";
    PEER_LOCAL_6: "ntp.priv.mode7.dstaddress6", "Local address", Show::Plain, "The address of the server that speaks with the peer.";
    PEER_ADDRESS_6: "ntp.priv.mode7.srcaddress6", "Peer", Show::Plain, "The peer's address.";
}

/// Requests that are often met.
static REQUESTS: Names = &[
    (0, "list of peers"),
    (1, "summary of peers"),
    (2, "peer"),
    (4, "system"),
    (8, "loop"),
    (20, "list of clients, old form"),
    (28, "authentication"),
    (38, "kernel"),
    (42, "list of clients"),
];

/// The implementation whose items are known, and their length.
const NTPD: u8 = 3;
const LONG_ITEM: usize = 72;

/// Reads a message.
pub(super) fn read(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let number = c.peek_number(0, 1).unwrap_or_default();
    let heading = c.open(&super::FLAGS);
    let response = c.flag(&RESPONSE, 1, 0)?;
    c.flag(&MORE, 1, 1)?;
    c.bits(&super::VERSION, 1, 2, 3)?;
    c.bits(&super::MODE, 1, 5, 3)?;
    c.take(1)?;
    c.entitle(heading, Value::Num(number));
    c.close(heading);

    let number = c.peek_number(0, 1).unwrap_or_default();
    let heading = c.open(&AUTH_SEQUENCE);
    c.flag(&AUTH, 1, 0)?;
    c.bits(&SEQUENCE, 1, 1, 7)?;
    c.take(1)?;
    c.entitle(heading, Value::Num(number));
    c.close(heading);

    let implementation = c.u8(&IMPLEMENTATION)?;
    let request = c.u8(&REQUEST)?;
    c.bits(&ERROR, 1, 0, 4)?;
    let count = c.bits(&ITEMS, 2, 4, 12)?;
    c.take(2)?;
    c.bits(&RESERVED, 1, 0, 4)?;
    let size = c.bits(&SIZE, 2, 4, 12)? as usize;
    c.take(2)?;
    let name = REQUEST.name_of(u64::from(request)).unwrap_or("message");
    if response {
        c.summary(format_args!("NTP private, answer: {name} ({count})"));
        items(c, (implementation, request), count, size)?;
    } else {
        c.summary(format_args!("NTP private, question: {name}"));
    }
    match c.left() {
        0 => Ok(()),
        length => c.bytes(&DATA, length).map(drop),
    }
}

/// The items of an answer, `count` of them with `size` bytes each.
fn items(
    c: &mut Cursor<'_, '_>,
    (implementation, request): (u8, u8),
    count: u64,
    size: usize,
) -> Result<(), Fault> {
    if size == 0 {
        return Ok(());
    }
    for _ in 0..count {
        let heading = c.open(&ITEM);
        let result = c.within(&SIZE, size, |c| match (implementation, request, size) {
            (NTPD, 1, LONG_ITEM) => peer(c),
            (NTPD, 42, LONG_ITEM) => {
                c.entitle_text(heading, "Monlist Item");
                client(c)
            }
            _ => c.bytes(&DATA, size).map(drop),
        });
        c.close(heading);
        result?;
    }
    Ok(())
}

/// A client that the server remembers.
fn client(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u32(&CLIENT_INTERVAL)?;
    c.u32(&CLIENT_LAST)?;
    c.u32(&CLIENT_RESTRICTIONS)?;
    c.u32(&CLIENT_COUNT)?;
    c.ip4(&CLIENT_ADDRESS)?;
    c.ip4(&CLIENT_LOCAL)?;
    c.u32(&CLIENT_FLAGS)?;
    c.u16(&CLIENT_PORT)?;
    c.u8(&CLIENT_MODE)?;
    c.u8(&CLIENT_VERSION)?;
    let six = c.u32(&CLIENT_IS_6)?;
    c.u32(&CLIENT_UNUSED)?;
    if six == 0 {
        return c.take(32).map(drop);
    }
    c.ip6(&CLIENT_ADDRESS_6)?;
    c.ip6(&CLIENT_LOCAL_6).map(drop)
}

/// A source of time of the server.
fn peer(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.ip4(&PEER_LOCAL)?;
    c.ip4(&PEER_ADDRESS)?;
    c.u16(&PEER_PORT)?;
    c.u8(&super::STRATUM)?;
    c.u8(&PEER_POLL)?;
    c.u8(&super::POLL)?;
    c.u8(&PEER_REACH)?;
    let number = c.peek_number(0, 1).unwrap_or_default();
    let heading = c.open(&PEER_FLAGS);
    c.flag(&PEER_CONFIGURED, 1, 7)?;
    c.flag(&PEER_FOLLOWED, 1, 6)?;
    c.flag(&PEER_BURST, 1, 5)?;
    c.flag(&PEER_CLOCK, 1, 4)?;
    c.flag(&PEER_PREFERRED, 1, 3)?;
    c.flag(&PEER_AUTHENTICATED, 1, 2)?;
    c.flag(&PEER_CANDIDATE, 1, 1)?;
    c.flag(&PEER_SHORTLIST, 1, 0)?;
    c.take(1)?;
    c.entitle(heading, Value::Num(number));
    c.close(heading);
    c.u8(&PEER_MODE)?;
    c.u32(&PEER_DELAY)?;
    c.u64(&PEER_OFFSET)?;
    c.u32(&PEER_DISPERSION)?;
    c.u32(&PEER_IS_6)?;
    c.bytes(&PEER_UNUSED, 4)?;
    c.ip6(&PEER_LOCAL_6)?;
    c.ip6(&PEER_ADDRESS_6).map(drop)
}

//! The options of a TCP header (RFC 9293 section 3.2, RFC 7323, RFC 2018, RFC 7413, RFC 5925 and others).

use std::fmt;

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, Value, fields};

use crate::model::Span;

use super::mptcp;

const KINDS: Names = &[
    (0, "end of options"),
    (1, "no operation"),
    (2, "maximum segment size"),
    (3, "window scale"),
    (4, "SACK permitted"),
    (5, "SACK"),
    (6, "echo"),
    (7, "echo reply"),
    (8, "timestamps"),
    (9, "partial order permitted"),
    (10, "partial order profile"),
    (11, "CC"),
    (12, "CC.NEW"),
    (13, "CC.ECHO"),
    (14, "alternate checksum request"),
    (15, "alternate checksum data"),
    (16, "Skeeter"),
    (17, "Bubba"),
    (18, "trailer checksum"),
    (19, "MD5 signature"),
    (20, "SCPS capabilities"),
    (21, "selective negative acknowledgment"),
    (22, "record boundaries"),
    (23, "corruption experienced"),
    (24, "SNAP"),
    (26, "compression filter"),
    (27, "Quick-Start response"),
    (28, "user timeout"),
    (29, "authentication"),
    (30, "multipath TCP"),
    (34, "Fast Open cookie"),
    (69, "encryption negotiation"),
    (76, "Riverbed probe"),
    (78, "Riverbed transparency"),
    (172, "accurate ECN, order 0"),
    (174, "accurate ECN, order 1"),
    (253, "experiment 1"),
    (254, "experiment 2"),
];

const EXPERIMENTS: Names = &[
    (0x00ac, "ACK rate request"),
    (0x0348, "host identifier"),
    (0x0a0d, "autonomous system compensation"),
    (0x0ca0, "capability"),
    (0x0ed0, "extended data offset"),
    (0x454e, "encryption negotiation"),
    (0x5323, "service number"),
    (0x75ec, "timestamp interval"),
    (0xacc0, "accurate ECN, order 0"),
    (0xacc1, "accurate ECN, order 1"),
    (0xacce, "accurate ECN"),
    (0xe2d4, "shared memory over RDMA"),
    (0xf989, "Fast Open"),
    (0xf990, "low latency"),
];

fields! {
    OPTIONS: "tcp.options", "Options", Show::Plain, "What the sender can do, asks for, or has received out of order.";
    MSS: "tcp.options.mss", "Maximum segment size", Show::Plain, "Only in a SYN: the biggest segment that the sender can take.";
    MSS_VAL: "tcp.options.mss_val", "Size", Show::Unit("bytes"), "Bytes of data in one segment; 1460 is what fits into 1500 bytes of an Ethernet frame.";
    WSCALE: "tcp.options.wscale", "Window scale", Show::Plain, "Only in a SYN: later windows count in bigger units, because 65535 bytes are too few for fast links.";
    SHIFT: "tcp.options.wscale.shift", "Shift count", Show::Plain, "By how many bits the sender's windows are to be shifted left.";
    MULTIPLIER: "tcp.options.wscale.multiplier", "Multiplier", Show::Plain, "The same as a factor: two to the power of the shift count.";
    SACK_PERM: "tcp.options.sack_perm", "SACK permitted", Show::Plain, "Only in a SYN: the sender understands selective acknowledgments.";
    SACK: "tcp.options.sack", "Selective acknowledgment", Show::Plain, "Blocks that arrived behind a gap, so that only the gap has to be sent again.";
    SACK_LE: "tcp.options.sack_le", "Left edge", Show::Plain, "Sequence number of the first byte of a block that arrived.";
    SACK_RE: "tcp.options.sack_re", "Right edge", Show::Plain, "Sequence number of the byte behind the block.";
    DSACK_LE: "tcp.options.sack.dsack_le", "Duplicate, left edge", Show::Plain, "The first block tells of bytes that arrived twice: here they begin.";
    DSACK_RE: "tcp.options.sack.dsack_re", "Duplicate, right edge", Show::Plain, "The number of the byte behind those that arrived twice.";
    SACK_COUNT: "tcp.options.sack.count", "Blocks", Show::Plain, "How many blocks there are.";
    TIMESTAMPS: "tcp.options.timestamp", "Timestamps", Show::Plain, "A clock value of the sender, and the last one it got: each acknowledgment measures the round trip.";
    TSVAL: "tcp.options.timestamp.tsval", "Value", Show::Plain, "The sender's own clock, in ticks of its choice.";
    TSECR: "tcp.options.timestamp.tsecr", "Echo reply", Show::Plain, "The last clock value that came from the other side.";
    NOP: "tcp.options.nop", "No operation", Show::Plain, "One byte without meaning, so that the next option begins at a multiple of four.";
    EOL: "tcp.options.eol", "End of options", Show::Plain, "Only padding follows in the header.";
    ECHO: "tcp.options.echo", "Echo", Show::Plain, "Asks for its value back; timestamps replaced it.";
    ECHO_REPLY: "tcp.options.echoreply", "Echo reply", Show::Plain, "Returns an echoed value; timestamps replaced it.";
    ECHO_VALUE: "tcp.options.echo_value", "Echo value", Show::Plain, "The value to be returned.";
    CC: "tcp.options.cc", "Connection count", Show::Plain, "From T/TCP, which was given up.";
    CC_NEW: "tcp.options.ccnew", "New connection count", Show::Plain, "From T/TCP, which was given up.";
    CC_ECHO: "tcp.options.ccecho", "Connection count echo", Show::Plain, "From T/TCP, which was given up.";
    CC_VALUE: "tcp.options.cc_value", "Count", Show::Plain, "The connection's number.";
    MD5: "tcp.options.md5", "MD5 signature", Show::Plain, "Proves with a shared password that the segment is genuine; BGP routers used it.";
    MD5_DIGEST: "tcp.options.md5.digest", "Digest", Show::Plain, "Hash over segment and password.";
    AO: "tcp.options.ao", "Authentication", Show::Plain, "Proves with a shared key that the segment is genuine; it replaces the MD5 signature.";
    AO_KEY: "tcp.options.ao.keyid", "Key", Show::Plain, "Which key made the code.";
    AO_NEXT: "tcp.options.ao.rnextkeyid", "Next key", Show::Plain, "Which key the other side shall use next.";
    AO_MAC: "tcp.options.ao.mac", "Authentication code", Show::Plain, "The code over segment and key.";
    USER_TO: "tcp.options.user_to", "User timeout", Show::Plain, "How long the sender waits for an acknowledgment before it gives up.";
    GRANULARITY: "tcp.options.user_to_granularity", "In minutes", Show::Plain, "Set when the timeout counts minutes, else it counts seconds.";
    USER_TO_VAL: "tcp.options.user_to_val", "Timeout", Show::Plain, "The time in those units.";
    FAST_OPEN: "tcp.options.tfo", "Fast Open", Show::Plain, "Lets data travel in the SYN, for clients that were here before.";
    FO_REQUEST: "tcp.options.tfo.request", "Cookie request", Show::Heading, "The client asks for a cookie for its next visit.";
    FO_COOKIE: "tcp.options.tfo.cookie", "Cookie", Show::Plain, "Shows that the client was at this address before, so that it may send data at once.";
    QUICK: "tcp.options.qs", "Quick-Start response", Show::Plain, "Tells the sender how fast the routers on the way allow it to begin.";
    QS_RATE: "tcp.options.qs.rate", "Rate", Show::Plain, "The rate as a power of two.";
    QS_DIFF: "tcp.options.qs.ttl_diff", "TTL difference", Show::Plain, "Shows whether every router on the way understood the request.";
    ACC_ECN: "tcp.options.acc_ecn", "Accurate ECN", Show::Plain, "Counts bytes that arrived with and without congestion marks.";
    EE0B: "tcp.options.acc_ecn.ee0b", "ECT(0) bytes", Show::Unit("bytes"), "Bytes that arrived marked as ECN-capable, ECT(0).";
    ECEB: "tcp.options.acc_ecn.eceb", "CE bytes", Show::Unit("bytes"), "Bytes that arrived with a congestion mark.";
    EE1B: "tcp.options.acc_ecn.ee1b", "ECT(1) bytes", Show::Unit("bytes"), "Bytes that arrived marked as ECN-capable, ECT(1).";
    SCPS: "tcp.options.scps", "SCPS capabilities", Show::Plain, "What a partner on a space link can do.";
    SCPS_VECTOR: "tcp.options.scps.vector", "Capabilities", Show::Hex(2), "One bit for each ability.";
    SCPS_BETS: "tcp.options.scpsflags.bets", "Partial reliability", Show::Plain, "It can go on across gaps.";
    SCPS_SNACK1: "tcp.options.scpsflags.snack1", "Short SNACK", Show::Plain, "It understands short negative acknowledgments.";
    SCPS_SNACK2: "tcp.options.scpsflags.snack2", "Long SNACK", Show::Plain, "It understands long negative acknowledgments.";
    SCPS_COMPRESS: "tcp.options.scpsflags.compress", "Header compression", Show::Plain, "It can compress headers.";
    SCPS_NLTS: "tcp.options.scpsflags.nlts", "Network layer time stamps", Show::Plain, "It can take time stamps from the network layer.";
    SCPS_RESERVED: "tcp.options.scpsflags.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    SCPS_BINDING: "tcp.options.scps.binding", "Connection", Show::Plain, "The connection's number on the space link.";
    SNACK: "tcp.options.snack", "Selective negative acknowledgment", Show::Plain, "Names a gap that shall be sent again.";
    SNACK_OFFSET: "tcp.options.snack.offset", "Offset", Show::Plain, "Where the gap begins, in segments.";
    SNACK_SIZE: "tcp.options.snack.size", "Size", Show::Plain, "How long the gap is, in segments.";
    RECORD: "tcp.options.scpsrec", "Record boundary", Show::Plain, "A record of the program ends here.";
    CORRUPTION: "tcp.options.scpscor", "Corruption experienced", Show::Plain, "The link damaged packets: the loss is no congestion.";
    PROBE: "tcp.options.rvbd.probe", "Riverbed probe", Show::Plain, "Looks for another accelerator box on the way.";
    TRANSPARENCY: "tcp.options.rvbd.trpy", "Riverbed transparency", Show::Plain, "Tells the boxes which connection this one stands for.";
    MULTIPATH: "wirewalk.tcp.options.mptcp", "Multipath TCP", Show::Heading, "Lets one connection use several paths at a time, such as Wi-Fi and a mobile network.";
    EXPERIMENT: "tcp.options.experimental", "Experiment", Show::Plain, "An option that is being tried out; its first bytes say which.";
    EXPERIMENT_ID: "tcp.options.experimental.exid", "Experiment identifier", Show::Names(Base::Hex(4), EXPERIMENTS), "Which experiment it is.";
    EXPERIMENT_DATA: "tcp.options.experimental.data", "Data", Show::Plain, "What the experiment says.";
    UNKNOWN: "tcp.options.unknown", "Unknown option", Show::Plain, "An option that has no name here.";
    UNKNOWN_DATA: "tcp.options.unknown.payload", "Content", Show::Plain, "The option's bytes.";
    DAMAGED: "wirewalk.tcp.options.damaged", "Damaged options", Show::Plain, "From here on the lengths of the options do not fit the header, so that they cannot be told apart.";
    PADDING: "wirewalk.tcp.options.padding", "Padding", Show::Plain, "Bytes behind the last option.";
    KIND: "tcp.option_kind", "Kind", Show::Names(Base::Dec, KINDS), "Which option it is.";
    LEN: "tcp.option_len", "Length", Show::Unit("bytes"), "Length of the whole option, its kind and this byte included.";
}

/// What a summary says of the options.
#[derive(Default)]
pub(super) struct Heard {
    /// The acknowledgment number, if it counts.
    ack: Option<u32>,
    mss: Option<u16>,
    shift: Option<u8>,
    sack: Option<(u32, u32)>,
}

impl Heard {
    pub(super) fn new(ack: Option<u32>) -> Self {
        Self {
            ack,
            ..Self::default()
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(mss) = self.mss {
            write!(f, " mss {mss}")?;
        }
        if let Some(shift) = self.shift {
            write!(f, " wscale {shift}")?;
        }
        if let Some((left, right)) = self.sack {
            write!(f, " sack {left}-{right}")?;
        }
        Ok(())
    }
}

/// All options; the cursor is confined to them.
pub(super) fn decode(c: &mut Cursor<'_, '_>, heard: &mut Heard) -> Result<(), Fault> {
    let all = c.open(&OPTIONS);
    c.entitle(all, Value::Bytes);
    let result = each(c, heard);
    let rest = c.left();
    c.skip(rest);
    c.close(all);
    result
}

fn each(c: &mut Cursor<'_, '_>, heard: &mut Heard) -> Result<(), Fault> {
    while let Some(kind) = c.peek_number(0, 1) {
        // Nearly every segment has these, and no story asks for them.
        if !c.detail() && kind == 1 {
            c.skip(1);
            continue;
        }
        if !c.detail() && kind == 8 && c.peek_number(1, 1) == Some(10) && c.left() >= 10 {
            c.skip(10);
            continue;
        }
        match kind {
            0 => {
                // Zeros up to the header's end are as many ends; what else follows the first one means nothing.
                while c.peek_number(0, 1) == Some(0) {
                    single(c, &EOL)?;
                }
                let rest = c.left();
                if rest > 0 {
                    c.bytes(&PADDING, rest)?;
                }
            }
            1 => single(c, &NOP)?,
            _ => {
                let len = c.peek_number(1, 1).unwrap_or(0) as usize;
                // The authentication option is shown as far as it goes.
                if len < 2 || (len > c.left() && kind != 29) {
                    let fault = c.bad_length(
                        &LEN,
                        len as u64,
                        "at least 2, and not past the header's end",
                    );
                    let rest = c.left();
                    c.bytes(&DAMAGED, rest)?;
                    return Err(fault);
                }
                option(c, kind as u8, heard)?;
            }
        }
    }
    Ok(())
}

/// An option of one byte.
fn single(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let group = c.open(def);
    c.entitle(group, Value::Bytes);
    let read = c.u8(&KIND);
    c.close(group);
    read.map(drop)
}

fn option(c: &mut Cursor<'_, '_>, kind: u8, heard: &mut Heard) -> Result<(), Fault> {
    let len = c.peek_number(1, 1).unwrap_or(0) as usize;
    let def = definition(kind, len);
    let group = c.open(def);
    if kind != 30 {
        c.entitle(group, Value::Bytes);
    }
    let result = (|| {
        c.u8(&KIND)?;
        c.u8(&LEN)?;
        let Some(rest) = len.checked_sub(2) else {
            return Err(c.bad_length(&LEN, len as u64, "at least 2"));
        };
        c.within(&LEN, rest, |c| {
            // What is wrong inside one option does not spoil the next.
            if let Err(fault) = content(c, kind, len, heard) {
                c.note(fault);
                return Ok(());
            }
            let rest = c.left();
            if rest > 0 {
                c.bytes(&UNKNOWN_DATA, rest)?;
            }
            Ok(())
        })
    })();
    c.close(group);
    result
}

/// The option's heading. An option whose length is not the one of its kind is unknown.
fn definition(kind: u8, len: usize) -> &'static FieldDef {
    match (kind, len) {
        (2, 4) => &MSS,
        (3, 3) => &WSCALE,
        (4, 2) => &SACK_PERM,
        (5, _) => &SACK,
        (6, 6) => &ECHO,
        (7, 6) => &ECHO_REPLY,
        (8, 10) => &TIMESTAMPS,
        (11, 6) => &CC,
        (12, 6) => &CC_NEW,
        (13, 6) => &CC_ECHO,
        (19, 18) => &MD5,
        (20, _) => &SCPS,
        (21, 6) => &SNACK,
        (22, 2) => &RECORD,
        (23, 2) => &CORRUPTION,
        (27, 8) => &QUICK,
        (28, 4) => &USER_TO,
        (29, _) => &AO,
        (30, _) => &MULTIPATH,
        (34, _) => &FAST_OPEN,
        (76, _) => &PROBE,
        (78, _) => &TRANSPARENCY,
        (172 | 174, _) => &ACC_ECN,
        (253 | 254, _) => &EXPERIMENT,
        _ => &UNKNOWN,
    }
}

fn content(c: &mut Cursor<'_, '_>, kind: u8, len: usize, heard: &mut Heard) -> Result<(), Fault> {
    match (kind, len) {
        (2, 4) => heard.mss = Some(c.u16(&MSS_VAL)?),
        (3, 3) => {
            let at = c.ahead(1);
            let shift = c.u8(&SHIFT)?;
            // RFC 7323 section 2.3: more than 14 is taken as 14.
            c.put(&MULTIPLIER, at, Value::Num(1 << shift.min(14)));
            heard.shift = Some(shift);
        }
        (5, _) => blocks(c, heard)?,
        (6 | 7, 6) => drop(c.u32(&ECHO_VALUE)?),
        (8, 10) => {
            c.u32(&TSVAL)?;
            c.u32(&TSECR)?;
        }
        (11..=13, 6) => drop(c.u32(&CC_VALUE)?),
        (19, 18) => drop(c.bytes(&MD5_DIGEST, 16)?),
        (20, 4..) => scps(c)?,
        (21, 6) => {
            c.u16(&SNACK_OFFSET)?;
            c.u16(&SNACK_SIZE)?;
        }
        (27, 8) => {
            c.bits(&QS_RATE, 1, 4, 4)?;
            c.skip(1);
            c.u8(&QS_DIFF)?;
        }
        (28, 4) => {
            c.flag(&GRANULARITY, 2, 0)?;
            c.bits(&USER_TO_VAL, 2, 1, 15)?;
            c.skip(2);
        }
        (29, 4..) => {
            c.u8(&AO_KEY)?;
            c.u8(&AO_NEXT)?;
            let rest = c.left();
            if rest > 0 {
                c.bytes(&AO_MAC, rest)?;
            }
        }
        (30, 3..) => mptcp::decode(c, len)?,
        (34, _) => fast_open(c)?,
        (172, _) => counters(c, [&EE0B, &ECEB, &EE1B])?,
        (174, _) => counters(c, [&EE1B, &ECEB, &EE0B])?,
        (253 | 254, 4..) => experiment(c)?,
        _ => {}
    }
    Ok(())
}

fn blocks(c: &mut Cursor<'_, '_>, heard: &mut Heard) -> Result<(), Fault> {
    let mut count = 0u64;
    let first = c.ahead(4);
    let mut second = None;
    while c.left() >= 8 {
        let block = (c.u32(&SACK_LE)?, c.u32(&SACK_RE)?);
        if heard.sack.is_some() {
            second.get_or_insert(block);
        }
        heard.sack.get_or_insert(block);
        count = count.saturating_add(1);
    }
    c.computed(&SACK_COUNT, Value::Num(count));
    // RFC 2883: the first block lies before the acknowledgment number or inside the second one, so it was sent twice.
    let before = |a: u32, b: u32| (a.wrapping_sub(b) as i32) < 0;
    let Some((left, right)) = heard.sack else {
        return Ok(());
    };
    let inside = second.is_some_and(|(from, to)| !before(left, from) && !before(to, right));
    if heard.ack.is_some_and(|ack| !before(ack, right)) || inside {
        let at = first.at.saturating_add(4);
        c.put(&DSACK_LE, first, Value::Num(u64::from(left)));
        c.put(
            &DSACK_RE,
            Span { at, ..first },
            Value::Num(u64::from(right)),
        );
    }
    Ok(())
}

fn scps(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(1);
    let vector = c.u8(&SCPS_VECTOR)?;
    c.nest(|c| {
        let flags = [
            &SCPS_BETS,
            &SCPS_SNACK1,
            &SCPS_SNACK2,
            &SCPS_COMPRESS,
            &SCPS_NLTS,
        ];
        for (bit, def) in (0u8..).zip(flags) {
            let span = Span { bit, bits: 1, ..at };
            c.put(def, span, Value::Bool(vector << bit & 0x80 != 0));
        }
        let rest = Span {
            bit: 5,
            bits: 3,
            ..at
        };
        c.put(&SCPS_RESERVED, rest, Value::Num(u64::from(vector & 7)));
        Ok(())
    })?;
    c.u8(&SCPS_BINDING).map(drop)
}

/// A cookie, or where it is empty the request for one: the request is then what stands before it.
fn fast_open(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let rest = c.left();
    if rest == 0 {
        c.put(
            &FO_REQUEST,
            c.since(c.offset().saturating_sub(2)),
            Value::None,
        );
    } else {
        c.bytes(&FO_COOKIE, rest)?;
    }
    Ok(())
}

fn counters(c: &mut Cursor<'_, '_>, order: [&'static FieldDef; 3]) -> Result<(), Fault> {
    for def in order {
        if c.left() >= 3 {
            c.u24(def)?;
        }
    }
    Ok(())
}

fn experiment(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    match c.u16(&EXPERIMENT_ID)? {
        0xf989 => fast_open(c),
        0xacc0 => counters(c, [&EE0B, &ECEB, &EE1B]),
        0xacc1 => counters(c, [&EE1B, &ECEB, &EE0B]),
        _ => {
            let rest = c.left();
            if rest > 0 {
                c.bytes(&EXPERIMENT_DATA, rest)?;
            }
            Ok(())
        }
    }
}

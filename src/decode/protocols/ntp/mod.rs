//! The Network Time Protocol: how a host sets its clock (RFC 5905, extension fields RFC 7822, control messages RFC 9327).

mod private;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Names, Protocol, Show, Value, date, events, fields,
    joined,
};
use crate::model::{EventDef, Osi};

fields! {
    FLAGS: "ntp.flags", "Flags", Show::Hex(2), "Eight bits: the leap second warning, the version, and what the message is.";
    LEAP: "ntp.flags.li", "Leap indicator", Show::Names(Base::Dec, LEAPS), "Whether the last minute of the month has 61 or 59 seconds; 3 means that the sender's own clock is not set.";
    VERSION: "ntp.flags.vn", "Version", Show::Plain, "The version of NTP: 4 today, 3 in many simple clients.";
    MODE: "ntp.flags.mode", "Mode", Show::Names(Base::Dec, MODES), "What the message is: mostly 3, a client's question, and 4, a server's answer.";
    STRATUM: "ntp.stratum", "Stratum", Show::Named(Base::Dec, stratum), "How many servers are between the sender and a real clock: 1 has the clock beside it.";
    POLL: "ntp.ppoll", "Poll interval", Show::Names(Base::Dec, INTERVALS), "How long until the next question at most, as a power of two in seconds.";
    PRECISION: "ntp.precision", "Precision", Show::Names(Base::Dec, PRECISIONS), "How finely the sender's clock ticks, as a power of two in seconds; the byte is signed.";
    ROOT_DELAY: "ntp.rootdelay", "Root delay", Show::Plain, "The round trip to the real clock, in 65536ths of a second.";
    ROOT_DISPERSION: "ntp.rootdispersion", "Root dispersion", Show::Plain, "How wrong the sender's time may be beside that, in 65536ths of a second.";
    SECONDS: "wirewalk.ntp.seconds", "In seconds", Show::Unit("s"), "The same in seconds.";
    REFERENCE_ID: "ntp.refid", "Reference ID", Show::Plain, "Where the sender has its time from: four letters beside a real clock, else a number by which loops are noticed.";
    REFERENCE: "wirewalk.ntp.refid", "Reference", Show::Plain, "The same as text: letters for a real clock or a refusal, the server's address over IPv4; over IPv6 it only looks like one.";
    REFERENCE_TIME: "ntp.reftime", "Reference time", Show::Plain, "When the sender's clock was last set or corrected.";
    ORIGIN: "ntp.org", "Origin time", Show::Plain, "The transmit time of the question, copied into the answer: the client knows its question by it.";
    RECEIVE: "ntp.rec", "Receive time", Show::Plain, "When the question arrived, by the server's clock.";
    TRANSMIT: "ntp.xmt", "Transmit time", Show::Plain, "When this message was sent, by the sender's clock; many clients send a random number instead.";
    EXTENSION: "ntp.ext", "Extension field", Show::Heading, "Something more behind the header, such as the cookies of Network Time Security.";
    EXTENSION_TYPE: "ntp.ext.type", "Type", Show::Names(Base::Hex(4), EXTENSIONS), "What the extension field holds.";
    EXTENSION_LENGTH: "ntp.ext.length", "Length", Show::Unit("bytes"), "The length of the whole field, a multiple of 4.";
    EXTENSION_VALUE: "ntp.ext.value", "Value", Show::Plain, "The field's value, with filling.";
    KEY_ID: "ntp.keyid", "Key ID", Show::Plain, "Which shared key the check below was made with; 0 alone says that the server could not check the question.";
    MAC: "ntp.mac", "Message authentication code", Show::Plain, "A check over message and key: it proves that nobody changed the time on the way.";
    CONTROL_FLAGS: "ntp.ctrl.flags2", "Control flags", Show::Hex(2), "Whether it is an answer, an error or a part, and what is wanted.";
    CONTROL_RESPONSE: "ntp.ctrl.flags2.r", "Response", Show::Plain, "Set in answers.";
    CONTROL_ERROR: "ntp.ctrl.flags2.error", "Error", Show::Plain, "Set when the answer is that it cannot be done.";
    CONTROL_MORE: "ntp.ctrl.flags2.more", "More", Show::Plain, "Set when the answer goes on in another packet.";
    CONTROL_OPCODE: "ntp.ctrl.flags2.opcode", "Operation", Show::Names(Base::Dec, OPERATIONS), "What is wanted.";
    CONTROL_SEQUENCE: "ntp.ctrl.sequence", "Sequence", Show::Plain, "A number by which question and answers belong together.";
    CONTROL_STATUS: "ntp.ctrl.status", "Status", Show::Hex(4), "The state of the server or of one of its associations.";
    SYSTEM_LEAP: "ntp.ctrl.sys_status.li", "Leap indicator", Show::Names(Base::Dec, LEAPS), "The leap second warning of the server.";
    SYSTEM_SOURCE: "ntp.ctrl.sys_status.clksrc", "Clock source", Show::Plain, "What kind of clock the server follows; 6 is another server.";
    SYSTEM_COUNT: "ntp.ctrl.sys_status.count", "Events", Show::Plain, "How many events there were since the last question, at most 15.";
    SYSTEM_CODE: "ntp.ctrl.sys_status.code", "Last event", Show::Plain, "The number of the last event.";
    PEER_CONFIGURED: "ntp.ctrl.peer_status.config", "Configured", Show::Plain, "The association stands in the server's configuration.";
    PEER_AUTHENTICATION: "ntp.ctrl.peer_status.authenable", "Authentication", Show::Plain, "Its messages must carry a check.";
    PEER_AUTHENTIC: "ntp.ctrl.peer_status.authentic", "Authentic", Show::Plain, "Its last message had the right check.";
    PEER_REACHED: "ntp.ctrl.peer_status.reach", "Reachable", Show::Plain, "It has answered lately.";
    PEER_BROADCAST: "ntp.ctrl.peer_status.bcast", "Broadcast", Show::Plain, "It is heard by broadcast.";
    PEER_SELECTION: "ntp.ctrl.peer_status.selection", "Selection", Show::Names(Base::Dec, SELECTIONS), "What the server thinks of this source of time.";
    PEER_COUNT: "ntp.ctrl.peer_status.count", "Events", Show::Plain, "How many events there were since the last question, at most 15.";
    PEER_CODE: "ntp.ctrl.peer_status.code", "Last event", Show::Plain, "The number of the last event.";
    CONTROL_FAILURE: "ntp.ctrl.err_status", "Error code", Show::Names(Base::Dec, FAILURES), "Why it cannot be done.";
    CONTROL_ASSOCIATION: "ntp.ctrl.associd", "Association", Show::Plain, "Which association it is about; 0 is the server itself.";
    CONTROL_OFFSET: "ntp.ctrl.offset", "Offset", Show::Unit("bytes"), "Where in the whole answer this part begins.";
    CONTROL_COUNT: "ntp.ctrl.count", "Length", Show::Unit("bytes"), "The length of this part's data.";
    CONTROL_DATA: "ntp.ctrl.data", "Data", Show::Heading, "Names and values as text, or a list of associations.";
    CONTROL_TEXT: "wirewalk.ntp.ctrl.text", "Text", Show::Plain, "Names and values, such as the server's version.";
    CONTROL_ITEM: "ntp.ctrl.item", "Item", Show::Heading, "An association and its state.";
    PADDING: "wirewalk.ntp.ctrl.padding", "Padding", Show::Plain, "Filling up to a multiple of 4 bytes.";
}

events! {
    REQUEST: "ntp.request", "A host asks what time it is.";
    RESPONSE: "ntp.response", "A server says what time it is.";
    BROADCAST: "ntp.broadcast", "A server tells everyone what time it is, unasked.";
    CONTROL: "ntp.control", "Somebody asks an NTP server about itself, or it answers.";
}

/// The row of NTP.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "ntp",
    name: "Network Time Protocol",
    osi: Osi::Application,
    spec: "RFC 5905",
    claims: &[Claim::UdpPort(123)],
    fields: joined![FIELDS, private::FIELDS],
    events: EVENTS,
    decode,
    talk: None,
};

static LEAPS: Names = &[
    (0, "no warning"),
    (1, "last minute has 61 seconds"),
    (2, "last minute has 59 seconds"),
    (3, "clock not set"),
];

static MODES: Names = &[
    (0, "reserved"),
    (1, "symmetric active"),
    (2, "symmetric passive"),
    (3, "client"),
    (4, "server"),
    (5, "broadcast"),
    (6, "control"),
    (7, "private"),
];

/// Poll intervals that RFC 5905 allows (section 7.3).
static INTERVALS: Names = &[
    (4, "16 s"),
    (5, "32 s"),
    (6, "64 s"),
    (7, "128 s"),
    (8, "256 s"),
    (9, "512 s"),
    (10, "1024 s"),
    (11, "34 min"),
    (12, "68 min"),
    (13, "2.3 h"),
    (14, "4.6 h"),
    (15, "9.1 h"),
    (16, "18 h"),
    (17, "36 h"),
];

static PRECISIONS: Names = &[
    (0, "1 s"),
    (226, "0.93 ns"),
    (227, "1.9 ns"),
    (228, "3.7 ns"),
    (229, "7.5 ns"),
    (230, "15 ns"),
    (231, "30 ns"),
    (232, "60 ns"),
    (233, "119 ns"),
    (234, "238 ns"),
    (235, "477 ns"),
    (236, "954 ns"),
    (237, "1.9 µs"),
    (238, "3.8 µs"),
    (239, "7.6 µs"),
    (240, "15 µs"),
    (241, "31 µs"),
    (242, "61 µs"),
    (243, "122 µs"),
    (244, "244 µs"),
    (245, "488 µs"),
    (246, "977 µs"),
    (247, "2.0 ms"),
    (248, "3.9 ms"),
    (249, "7.8 ms"),
    (250, "16 ms"),
    (251, "31 ms"),
    (252, "63 ms"),
    (253, "125 ms"),
    (254, "250 ms"),
    (255, "500 ms"),
];

/// Extension fields (IANA: NTP extension field types); the older ones of Autokey are not named.
static EXTENSIONS: Names = &[
    (0x0104, "unique identifier"),
    (0x0204, "NTS cookie"),
    (0x0304, "NTS cookie placeholder"),
    (0x0404, "NTS authenticator and encrypted fields"),
    (0x2005, "UDP checksum complement"),
];

static OPERATIONS: Names = &[
    (1, "read status"),
    (2, "read variables"),
    (3, "write variables"),
    (4, "read clock variables"),
    (5, "write clock variables"),
    (6, "set trap"),
    (7, "trap"),
    (8, "configure"),
    (9, "save configuration"),
    (10, "list recent clients"),
    (11, "read ordered list"),
    (12, "ask for a nonce"),
    (31, "unset trap"),
];

static FAILURES: Names = &[
    (0, "unspecified"),
    (1, "authentication failure"),
    (2, "invalid length or format"),
    (3, "invalid operation"),
    (4, "unknown association"),
    (5, "unknown variable"),
    (6, "invalid value"),
    (7, "prohibited"),
];

static SELECTIONS: Names = &[
    (0, "rejected"),
    (1, "false ticker"),
    (2, "excess"),
    (3, "outlier"),
    (4, "candidate"),
    (5, "backup"),
    (6, "followed"),
    (7, "followed, with its pulse per second"),
];

/// A check has a key's number and at most 20 bytes, so what is longer is an extension field (RFC 7822 section 7.5.1).
const CHECK_MAX: usize = 24;

/// An extension field's type and length, and the least that it may have (RFC 7822 section 7.5).
const FIELD_HEAD: usize = 4;
const FIELD_MIN: u16 = 16;

/// Seconds from 1900, where NTP counts from, to 1970; and from there to 2036, where its seconds begin again.
const EPOCH: i64 = 2_208_988_800;
const NEXT_ERA: i64 = 2_085_978_496;

fn stratum(stratum: u64) -> Option<&'static str> {
    let name = match stratum {
        0 => "unspecified, or a refusal",
        1 => "beside a real clock",
        2..=15 => "behind other servers",
        16 => "clock not set",
        _ => return None,
    };
    Some(name)
}

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mode = c.peek_number(0, 1).unwrap_or_default() & 7;
    let (result, event) = match mode {
        6 => (control(c), &CONTROL),
        7 => (private::read(c), &CONTROL),
        _ => (time(c), event_of(mode)),
    };
    c.event(event);
    result
}

fn event_of(mode: u64) -> &'static EventDef {
    match mode {
        2 | 4 => &RESPONSE,
        5 => &BROADCAST,
        _ => &REQUEST,
    }
}

/// The first byte; returns version and mode.
fn flags(c: &mut Cursor<'_, '_>) -> Result<[u64; 2], Fault> {
    let number = c.peek_number(0, 1);
    let heading = c.open(&FLAGS);
    c.bits(&LEAP, 1, 0, 2)?;
    let version = c.bits(&VERSION, 1, 2, 3)?;
    let mode = c.bits(&MODE, 1, 5, 3)?;
    c.take(1)?;
    c.entitle(heading, Value::Num(number.unwrap_or_default()));
    c.close(heading);
    Ok([version, mode])
}

/// What clients, servers and peers exchange.
fn time(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let [version, mode] = flags(c)?;
    let stratum = c.u8(&STRATUM)?;
    c.u8(&POLL)?;
    c.u8(&PRECISION)?;
    in_seconds(c, &ROOT_DELAY)?;
    in_seconds(c, &ROOT_DISPERSION)?;
    let reference = reference(c, stratum)?;
    timestamp(c, &REFERENCE_TIME)?;
    timestamp(c, &ORIGIN)?;
    timestamp(c, &RECEIVE)?;
    let sent = timestamp(c, &TRANSMIT)?;
    let mode = MODE.name_of(mode).unwrap_or("message");
    c.summary(format_args!(
        "NTP version {version}, {mode}, stratum {stratum}{reference}: {sent}"
    ));
    while version >= 4 && c.left() > CHECK_MAX {
        c.group(&EXTENSION, extension)?;
    }
    check(c)
}

/// A length of time in 65536ths of a second, also in seconds.
fn in_seconds(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let span = c.ahead(4);
    let parts = c.u32(def)?;
    let microseconds = (f64::from(parts) * 1e6 / 65_536.0).round();
    let value = Value::Float(microseconds / 1e6);
    c.nest(|c| {
        c.put(&SECONDS, span, value);
        Ok(())
    })
}

/// Where the sender has its time from; for the summary, too.
fn reference(c: &mut Cursor<'_, '_>, stratum: u8) -> Result<String, Fault> {
    let span = c.ahead(4);
    let bytes = c.bytes(&REFERENCE_ID, 4)?;
    let octets: [u8; 4] = bytes.try_into().unwrap_or_default();
    if octets == [0; 4] {
        return Ok(String::new());
    }
    let letters = octets.split(|&b| b == 0).next().unwrap_or_default();
    let text = match str::from_utf8(letters) {
        Ok(letters) if stratum < 2 && letters.bytes().all(|b| b.is_ascii_graphic()) => {
            letters.to_owned()
        }
        _ => Ipv4Addr::from(octets).to_string(),
    };
    c.nest(|c| {
        c.put_text(&REFERENCE, span, &text);
        Ok(())
    })?;
    Ok(format!(" ({text})"))
}

/// A time in seconds since 1900 and a fraction; the seconds begin again in 2036, so small ones are from then on (RFC 4330
/// section 3).
fn timestamp(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<String, Fault> {
    let span = c.ahead(8);
    let seconds = c.peek_number(0, 4).unwrap_or_default().cast_signed();
    let fraction = c.peek_number(4, 4).unwrap_or_default();
    c.take(8)?;
    let text = if (seconds, fraction) == (0, 0) {
        "NULL".to_owned()
    } else {
        let from = if seconds < 1 << 31 { NEXT_ERA } else { -EPOCH };
        let nanoseconds = fraction.saturating_mul(1_000_000_000) >> 32;
        date::utc(seconds.saturating_add(from), nanoseconds as u32)
    };
    c.put_text(def, span, &text);
    Ok(text)
}

fn extension(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&EXTENSION_TYPE)?;
    let length = c.u16(&EXTENSION_LENGTH)?;
    if length < FIELD_MIN || !length.is_multiple_of(4) {
        let rule = "a multiple of 4, and at least 16";
        return Err(c.bad_length(&EXTENSION_LENGTH, u64::from(length), rule));
    }
    let value = usize::from(length).saturating_sub(FIELD_HEAD);
    c.bytes(&EXTENSION_VALUE, value).map(drop)
}

/// The number of a key, and what was computed with it.
fn check(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if c.is_empty() {
        return Ok(());
    }
    c.bytes(&KEY_ID, 4)?;
    match c.left() {
        0 => Ok(()),
        length => c.bytes(&MAC, length).map(drop),
    }
}

/// A question about the server itself, or the answer (RFC 9327).
fn control(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    flags(c)?;
    let number = c.peek_number(0, 1).unwrap_or_default();
    let heading = c.open(&CONTROL_FLAGS);
    let response = c.flag(&CONTROL_RESPONSE, 1, 0)?;
    let error = c.flag(&CONTROL_ERROR, 1, 1)?;
    c.flag(&CONTROL_MORE, 1, 2)?;
    let operation = c.bits(&CONTROL_OPCODE, 1, 3, 5)?;
    c.take(1)?;
    c.entitle(heading, Value::Num(number));
    c.close(heading);
    c.u16(&CONTROL_SEQUENCE)?;
    // Which state it is says the association, two bytes further.
    let association = c.peek_number(2, 2);
    status(c, response, error, association)?;
    c.u16(&CONTROL_ASSOCIATION)?;
    c.u16(&CONTROL_OFFSET)?;
    let length = usize::from(c.u16(&CONTROL_COUNT)?);
    let name = CONTROL_OPCODE.name_of(operation).unwrap_or("message");
    let kind = if response { "answer" } else { "question" };
    c.summary(format_args!("NTP control, {kind}: {name}"));
    if length > 0 {
        let items = operation == 1 && response && !error;
        c.within(&CONTROL_COUNT, length, |c| {
            c.group(&CONTROL_DATA, |c| {
                if !items {
                    return c.text(&CONTROL_TEXT, length).map(drop);
                }
                while !c.is_empty() {
                    c.group(&CONTROL_ITEM, |c| {
                        c.u16(&CONTROL_ASSOCIATION)?;
                        status(c, true, false, Some(1))
                    })?;
                }
                Ok(())
            })
        })?;
    }
    let filling = c.left() & 3;
    if filling > 0 {
        c.bytes(&PADDING, filling)?;
    }
    check(c)
}

/// Sixteen bits whose meaning depends on whether they are about the server, an association or an error.
fn status(
    c: &mut Cursor<'_, '_>,
    response: bool,
    error: bool,
    association: Option<u64>,
) -> Result<(), Fault> {
    let number = c.peek_number(0, 2).unwrap_or_default();
    let heading = c.open(&CONTROL_STATUS);
    match association {
        _ if !response => {}
        _ if error => {
            c.bits(&CONTROL_FAILURE, 2, 0, 8)?;
        }
        Some(0) => {
            c.bits(&SYSTEM_LEAP, 2, 0, 2)?;
            c.bits(&SYSTEM_SOURCE, 2, 2, 6)?;
            c.bits(&SYSTEM_COUNT, 2, 8, 4)?;
            c.bits(&SYSTEM_CODE, 2, 12, 4)?;
        }
        _ => {
            c.flag(&PEER_CONFIGURED, 2, 0)?;
            c.flag(&PEER_AUTHENTICATION, 2, 1)?;
            c.flag(&PEER_AUTHENTIC, 2, 2)?;
            c.flag(&PEER_REACHED, 2, 3)?;
            c.flag(&PEER_BROADCAST, 2, 4)?;
            c.bits(&PEER_SELECTION, 2, 5, 3)?;
            c.bits(&PEER_COUNT, 2, 8, 4)?;
            c.bits(&PEER_CODE, 2, 12, 4)?;
        }
    }
    c.take(2)?;
    c.entitle(heading, Value::Num(number));
    c.close(heading);
    Ok(())
}

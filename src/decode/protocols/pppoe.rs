//! PPPoE: point-to-point connections to a provider over an Ethernet; finding the provider's server, and the session. RFC 2516;
//! packets longer than 1492 bytes RFC 4638.

use crate::decode::{Base, Claim, Cursor, Fault, FieldDef, Names, Next, Protocol, Show, fields};
use crate::model::Osi;

const CODES: Names = &[
    (0x00, "session data"),
    (0x07, "offer (PADO)"),
    (0x09, "initiation (PADI)"),
    (0x19, "request (PADR)"),
    (0x65, "session confirmation (PADS)"),
    (0xa7, "terminate (PADT)"),
];

fields! {
    VERSION: "pppoe.version", "Version", Show::Plain, "Which version of the header this is; there is only 1.";
    TYPE: "pppoe.type", "Type", Show::Plain, "Which type of header this is; there is only 1.";
    CODE: "pppoe.code", "Code", Show::Names(Base::Hex(2), CODES), "A step of finding a server, or data of a session.";
    SESSION_ID: "pppoe.session_id", "Session", Show::Hex(4), "Which session of the two it is; 0 until the server has given out a number.";
    LENGTH: "pppoe.payload_length", "Payload length", Show::Unit("bytes"), "How many bytes follow; behind them Ethernet may have padding.";
    TAGS: "pppoed.tags", "Tags", Show::Heading, "What client and server tell each other.";
    SERVICE: "pppoed.tags.service_name", "Service", Show::Plain, "The service that is asked for or offered; empty for any.";
    SERVER: "pppoed.tags.ac_name", "Server", Show::Plain, "The name of the provider's server, the access concentrator.";
    HOST: "pppoed.tags.host_uniq", "Host's mark", Show::Plain, "Bytes of the client's choice that the server sends back, so that the client knows its answers.";
    COOKIE: "pppoed.tags.ac_cookie", "Server's cookie", Show::Plain, "Bytes that the client has to send back, so that made-up senders cost the server nothing.";
    RELAY: "pppoed.tags.relay_session_id", "Relay's session", Show::Plain, "Bytes by which a device on the way knows where to send the answer.";
    MAX_PAYLOAD: "pppoed.tags.max_payload", "Largest payload", Show::Plain, "The longest PPP packet that the sender can take, when it is more than 1492 bytes.";
    SERVICE_ERROR: "pppoed.tags.service_name_error", "Service refused", Show::Plain, "Why the service that was asked for is not given.";
    SERVER_ERROR: "pppoed.tags.ac_system_error", "Server's error", Show::Plain, "Why the server cannot do what it was asked for.";
    OTHER_ERROR: "pppoed.tags.generic_error", "Error", Show::Plain, "Another error, in words.";
}

/// Finding a server, and beginning and ending a session.
pub(super) static DISCOVERY: Protocol = Protocol {
    key: "pppoed",
    name: "PPP over Ethernet, discovery",
    osi: Osi::Link,
    spec: "RFC 2516",
    claims: &[Claim::EtherType(0x8863)],
    fields: FIELDS,
    events: &[],
    decode: discovery,
    talk: None,
};

/// Data of a session.
pub(super) static SESSION: Protocol = Protocol {
    key: "pppoes",
    name: "PPP over Ethernet, session",
    claims: &[Claim::EtherType(0x8864)],
    decode: session,
    ..DISCOVERY
};

fn discovery(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (code, session) = header(c)?;
    let name = CODE.name_of(u64::from(code)).unwrap_or("unknown code");
    match session {
        0 => c.summary(format_args!("{name}")),
        _ => c.summary(format_args!("{name}, session 0x{session:04x}")),
    }
    c.group(&TAGS, |c| {
        while !c.is_empty() && tag(c)? {}
        Ok(())
    })
}

fn session(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (_, session) = header(c)?;
    c.summary(format_args!("session 0x{session:04x}"));
    c.next(Next::Named("ppp"), c.rest_span());
    Ok(())
}

fn header(c: &mut Cursor<'_, '_>) -> Result<(u8, u16), Fault> {
    c.bits(&VERSION, 1, 0, 4)?;
    c.bits(&TYPE, 1, 4, 4)?;
    c.take(1)?;
    let code = c.u8(&CODE)?;
    let session = c.u16(&SESSION_ID)?;
    let len = c.u16(&LENGTH)?;
    c.bound(usize::from(len), &LENGTH);
    Ok((code, session))
}

/// Reads a tag; false for the one that ends the list.
fn tag(c: &mut Cursor<'_, '_>) -> Result<bool, Fault> {
    let kind = c.take(2)?.iter().fold(0_u16, |n, &b| n << 8 | u16::from(b));
    let len = c.take(2)?.iter().fold(0, |n, &b| n << 8 | usize::from(b));
    let def = match kind {
        0 => return Ok(false),
        0x0101 => &SERVICE,
        0x0102 => &SERVER,
        0x0103 => &HOST,
        0x0104 => &COOKIE,
        0x0110 => &RELAY,
        0x0120 => &MAX_PAYLOAD,
        0x0201 => &SERVICE_ERROR,
        0x0202 => &SERVER_ERROR,
        0x0203 => &OTHER_ERROR,
        _ => return c.take(len).map(|_| true),
    };
    let words: [&FieldDef; 5] = [
        &SERVICE,
        &SERVER,
        &SERVICE_ERROR,
        &SERVER_ERROR,
        &OTHER_ERROR,
    ];
    if len == 0 {
        return Ok(true);
    }
    if words.iter().any(|word| word.key == def.key) {
        c.text(def, len)?;
    } else {
        c.bytes(def, len)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn a_client_looks_for_a_server() {
        // The frame of pppoe.pcap in the corpus of tcpdump.
        let seen = see(
            LinkType::ETHERNET,
            "ffffffffffff000c29903a8b8863 1109 0000 0012 01010000 0120000205dc 0103000416372c16",
        );
        assert_eq!(seen.summary("pppoed"), "initiation (PADI)");
        assert_eq!(seen.first("pppoed.tags.max_payload"), "05:dc");
        assert_eq!(seen.place("pppoed.tags.host_uniq"), Some((34, 4)));
        assert_eq!(seen.place("pppoed.tags"), Some((20, 18)));
        assert!(seen.all_faults().is_empty());
    }

    #[test]
    fn a_session_carries_ppp() {
        // Frame 1 of pppoes.pcap in the corpus of tcpdump, with padding.
        let seen = see(
            LinkType::ETHERNET,
            "020000000001 020000000002 8864 1100 0017 000e c021 096a000ca4cbea340ee2f609 \
             0000000000000000000000000000000000000000000000000000",
        );
        assert_eq!(seen.summary("pppoes"), "session 0x0017");
        assert_eq!(seen.layers(), ["eth", "pppoes", "ppp", "lcp", "eth"]);
    }

    #[test]
    fn a_tag_that_is_too_long() {
        let seen = see(
            LinkType::ETHERNET,
            "ffffffffffff000c29903a8b8863 1107 0000 0006 0102ffff6163",
        );
        assert_eq!(seen.faults(), [("pppoed", "truncated")]);
    }
}

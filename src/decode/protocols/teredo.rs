//! Teredo: IPv6 inside UDP over IPv4, for hosts behind address translation. RFC 4380.

use crate::decode::{Claim, Cursor, Fault, Next, Protocol, Show, Value, fields};
use crate::model::Osi;

fields! {
    AUTH: "teredo.auth", "Authentication", Show::Heading, "Lets the client know that an answer is its server's.";
    ID_LEN: "teredo.auth.idlen", "Client identifier length", Show::Unit("bytes"), "How long the client's name is; 0 where there is none.";
    AUTH_LEN: "teredo.auth.aulen", "Authentication value length", Show::Unit("bytes"), "How long the proof is; 0 where there is none.";
    ID: "teredo.auth.id", "Client identifier", Show::Plain, "Who the client is.";
    VALUE: "teredo.auth.value", "Authentication value", Show::Plain, "The proof, made with a key that client and server share.";
    NONCE: "teredo.auth.nonce", "Nonce", Show::Plain, "A number by chance that the answer has to repeat.";
    CONFIRMATION: "teredo.auth.conf", "Confirmation", Show::Plain, "0 unless the client's key is out of date.";
    ORIGIN: "teredo.orig", "Origin", Show::Heading, "How the server sees the client from outside.";
    PORT: "teredo.orig.port", "Port", Show::Plain, "The client's port outside, each bit turned round so that no translator on the way changes it.";
    ADDRESS: "teredo.orig.addr", "Address", Show::Plain, "The client's IPv4 address outside, each bit turned round.";
}

/// What precedes the packet.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "teredo",
    name: "Teredo IPv6 over UDP tunneling",
    osi: Osi::Network,
    spec: "RFC 4380",
    claims: &[Claim::UdpPort(3544)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.summary(format_args!("IPv6 in UDP"));
    if c.peek_number(0, 2) == Some(1) {
        c.group(&AUTH, authentication)?;
    }
    if c.peek_number(0, 2) == Some(0) {
        c.group(&ORIGIN, origin)?;
    }
    // Other programs use the port too: an IPv6 packet is no longer than its datagram (RFC 4380 section 5.2.3).
    let len = c.peek_number(4, 2).unwrap_or(0).saturating_add(40);
    let there = (c.left() as u64).saturating_add(c.missing().into());
    let is_packet = c.peek_number(0, 1).is_some_and(|byte| byte >> 4 == 6) && len <= there;
    let next = if is_packet {
        Next::EtherType(0x86dd)
    } else {
        Next::Data
    };
    c.tunnel(next, c.rest_span());
    Ok(())
}

fn authentication(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.take(2)?;
    let id = c.u8(&ID_LEN)?;
    let value = c.u8(&AUTH_LEN)?;
    if id > 0 {
        c.bytes(&ID, usize::from(id))?;
    }
    if value > 0 {
        c.bytes(&VALUE, usize::from(value))?;
    }
    c.bytes(&NONCE, 8)?;
    c.bytes(&CONFIRMATION, 1).map(drop)
}

fn origin(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.take(2)?;
    let at = c.ahead(2);
    let port = c.take(2)?.iter().fold(0, |n, &b| n << 8 | u64::from(!b));
    c.put(&PORT, at, Value::Num(port));
    let at = c.ahead(4);
    let octets: [u8; 4] = c.take(4)?.try_into().unwrap_or_default();
    c.put(&ADDRESS, at, Value::Ip4(octets.map(|octet| !octet)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn an_answer_tells_the_client_how_it_looks() {
        // The headers of frame 2 of teredo.pcap in the corpus of nDPI.
        let ip = "4500 0059 00000000 4011 0000 0a000001 0a000002 0dd8 c000 0045 0000";
        let head = "00010000b11b3fea46a9afe900 000032de46f93f46";
        let packet =
            "6000000000003bff fe800000000000008000f227bec861ad fe800000000000000000ffffffffffff";
        let seen = see(LinkType::IPV4, &format!("{ip}{head}{packet}"));
        assert_eq!(seen.first("teredo.orig.port"), "52513");
        assert_eq!(seen.first("teredo.orig.addr"), "185.6.192.185");
        assert_eq!(seen.place("teredo.auth"), Some((28, 13)));
        assert_eq!(seen.layers(), ["ip", "udp", "teredo", "ipv6"]);
        let seen = see(LinkType::IPV4, &format!("{ip}00020000{packet}"));
        assert_eq!(seen.layers(), ["ip", "udp", "teredo", "data"]);
    }
}

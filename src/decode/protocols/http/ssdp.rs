//! SSDP: HTTP's heads in UDP datagrams, by which devices search for and announce services (UPnP Device Architecture 1.1).

use crate::decode::{Claim, Cursor, Fault, Protocol, events};
use crate::model::Osi;

use super::head::{Head, Start};
use super::{FIELDS, headers, start_line};

events! {
    SEARCH: "ssdp.search", "A device asks everybody on the link for a kind of service.";
    NOTIFY: "ssdp.notify", "A device announces its services to everybody on the link.";
    RESPONSE: "ssdp.response", "A device answers a search.";
}

/// The row of SSDP; its fields are those of HTTP.
pub(in crate::decode::protocols) static PROTOCOL: Protocol = Protocol {
    key: "ssdp",
    name: "Simple Service Discovery Protocol",
    osi: Osi::Application,
    spec: "UPnP Device Architecture 1.1",
    claims: &[Claim::UdpPort(1900)],
    fields: FIELDS,
    events: EVENTS,
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let whole = c.rest_span();
    let head = Head::parse(c.peek());
    let event = match head.start {
        Start::Request { version: b"", .. } => {
            return Err(c.bad_value(&super::START, "a request or a response of HTTP"));
        }
        Start::Request { method, .. } if method == b"NOTIFY" => &NOTIFY,
        Start::Request { .. } => &SEARCH,
        Start::Response { .. } => &RESPONSE,
    };
    start_line(c, &head, whole);
    headers::read(c, &head, whole);
    c.skip(head.len);
    let service = head.value("st").or(head.value("nt")).unwrap_or_default();
    let service = String::from_utf8_lossy(service);
    let line = String::from_utf8_lossy(head.line);
    let comma = if service.is_empty() { "" } else { ", " };
    c.summary(format_args!("{line}{comma}{service}"));
    c.event(event);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::{Dissection, Next, decode_span};
    use crate::model::{BufId, LinkType, PacketId, Span, Timestamp};

    #[test]
    fn a_search() {
        let bytes = b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n";
        let mut d = Dissection::default();
        let len = bytes.len() as u32;
        d.begin(
            PacketId(1),
            Timestamp::default(),
            LinkType::default(),
            len,
            len,
        );
        let span = Span::bytes(BufId::FRAME, 0, len);
        decode_span(bytes, &mut d, Next::Udp(50_000, 1900), span);
        assert_eq!(d.events[0].def.id, "ssdp.search");
        assert_eq!(d.layers[0].fault, None);
        let host = d.field("http.host").unwrap().value;
        assert_eq!(d.text(host), "239.255.255.250:1900");
        assert_eq!(
            d.summary(&d.layers[0]),
            "M-SEARCH * HTTP/1.1, upnp:rootdevice"
        );
    }
}

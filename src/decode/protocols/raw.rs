//! Raw IP: frames without a link header, as tunnels and PPP interfaces hand them over (LINKTYPE_RAW).

use crate::decode::{Claim, Cursor, Fault, Next, Protocol};
use crate::model::Osi;

/// Raw IP of either version.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "raw",
    name: "Raw IP",
    osi: Osi::Link,
    spec: "LINKTYPE_RAW",
    claims: &[Claim::Link(101), Claim::Link(12), Claim::Link(14)],
    fields: &[],
    events: &[],
    decode,
    talk: None,
};

#[expect(clippy::unnecessary_wraps, reason = "every decoder has this type")]
fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let version = c.peek_number(0, 1).unwrap_or(0) >> 4;
    c.summary(format_args!("no link header"));
    let next = match version {
        4 => Next::EtherType(0x0800),
        6 => Next::EtherType(0x86dd),
        _ => Next::Data,
    };
    c.next(next, c.rest_span());
    Ok(())
}

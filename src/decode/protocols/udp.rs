//! UDP: datagrams between ports, without connection or acknowledgment. RFC 768; jumbograms RFC 2675.

use crate::decode::checksum::{Checksum, STATUS};
use crate::decode::{Base, Claim, Cursor, Fault, Next, Protocol, Show, Value, fields};
use crate::model::Osi;

fields! {
    SRC: "udp.srcport", "Source port", Show::Plain, "The port of the sending program; a client's is usually chosen at random.";
    DST: "udp.dstport", "Destination port", Show::Plain, "The port of the receiving program; a server's is well known, such as 53 for DNS.";
    LENGTH: "udp.length", "Length", Show::Unit("bytes"), "Length of this header (8 bytes) and its data together.";
    CHECKSUM: "udp.checksum", "Checksum", Show::Hex(4), "Sum over addresses, ports and data that the receiver checks; 0 means that the sender did not compute one (allowed for IPv4).";
    CALCULATED: "udp.checksum_calculated", "Calculated checksum", Show::Hex(4), "What the checksum should be, as the bytes here give it.";
    STATUS_FIELD: "udp.checksum.status", "Checksum status", Show::Names(Base::Dec, STATUS), "Whether the bytes give the checksum; a datagram that they do not give it for is dropped in silence.";
    PAYLOAD: "udp.payload", "Payload", Show::Plain, "What the sending program handed over, in one piece.";
}

static SUM: Checksum = Checksum {
    value: &CHECKSUM,
    status: &STATUS_FIELD,
    calculated: Some(&CALCULATED),
    pseudo: Some(17),
    optional: true,
    in_quotes: true,
};

/// User datagrams.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "udp",
    name: "User Datagram Protocol",
    osi: Osi::Transport,
    spec: "RFC 768",
    claims: &[Claim::IpProto(17)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let src = c.u16(&SRC)?;
    let dst = c.u16(&DST)?;
    let length = c.u16(&LENGTH)?;
    c.checksum(&SUM, (length >= 8).then_some(length.into()))?;
    // In a jumbogram the length does not fit and is 0.
    let said = match length {
        0 => c.left(),
        1..=7 => {
            c.note(c.bad_length(&LENGTH, length.into(), "at least 8"));
            c.left()
        }
        _ => usize::from(length).saturating_sub(8),
    };
    c.summary(format_args!("{src} → {dst}, {said} bytes"));
    if length == 0 && c.left() < 0xffff - 8 {
        c.note(c.bad_length(&LENGTH, 0, "at least 8 outside a jumbogram"));
    }
    c.clip(said, &LENGTH);
    let payload = c.rest_span();
    if payload.len > 0 {
        c.put(&PAYLOAD, payload, Value::Bytes);
    }
    c.next(Next::Udp(src, dst), payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    fn udp(length: &str) -> crate::decode::testing::Seen {
        let header = "45000020000100004011000001020304 05060708";
        see(
            LinkType::RAW,
            &format!("{header} c000c001 {length} 0000 61626364"),
        )
    }

    #[test]
    fn the_length_ends_the_payload() {
        let seen = udp("000b");
        assert_eq!(seen.summary("udp"), "49152 → 49153, 3 bytes");
        assert_eq!(seen.first("udp.payload"), "61:62:63");
        assert_eq!(seen.layers(), ["raw", "ip", "udp", "data"]);
        assert!(seen.faults().is_empty());
    }

    #[test]
    fn impossible_lengths_are_faults_and_the_payload_stays() {
        for length in ["0000", "0007"] {
            let seen = udp(length);
            assert_eq!(seen.faults(), [("udp", "bad-length")], "{length}");
            assert_eq!(seen.first("udp.payload"), "61:62:63:64");
        }
    }
}

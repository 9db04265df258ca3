//! What the codes of ICMPv6 messages mean, by type: the registry of IANA.

use crate::decode::Names;

const UNREACHABLE: Names = &[
    (0, "no route to the destination"),
    (1, "communication administratively prohibited"),
    (2, "beyond the scope of the source address"),
    (3, "address unreachable"),
    (4, "port unreachable"),
    (5, "source address failed a policy"),
    (6, "route rejected"),
    (7, "error in the source routing header"),
    (8, "headers too long"),
];

const EXCEEDED: Names = &[
    (0, "hop limit reached 0 on the way"),
    (1, "fragments did not all arrive in time"),
];

const PROBLEM: Names = &[
    (0, "a header field is wrong"),
    (1, "unknown next header"),
    (2, "unknown option"),
    (3, "first fragment without all headers"),
    (4, "error in a segment routing header"),
    (5, "unknown next header at an intermediate node"),
    (6, "extension header too big"),
    (7, "extension header chain too long"),
    (8, "too many extension headers"),
    (9, "too many options"),
    (10, "option too big"),
];

const RENUMBERING: Names = &[
    (0, "command"),
    (1, "result"),
    (255, "sequence numbers begin anew"),
];

const QUERY: Names = &[
    (0, "about an IPv6 address"),
    (1, "about a name, or about nothing"),
    (2, "about an IPv4 address"),
];

const RESPONSE: Names = &[
    (0, "answered"),
    (1, "refused"),
    (2, "what is asked for is not known"),
];

/// The messages of RPL (RFC 6550, RFC 6997, RFC 6998, RFC 9009).
const RPL: Names = &[
    (0x00, "graph information solicitation (DIS)"),
    (0x01, "graph information (DIO)"),
    (0x02, "destination advertisement (DAO)"),
    (0x03, "destination advertisement acknowledgment (DAO-ACK)"),
    (0x04, "discovery of a route between two nodes (P2P-DRO)"),
    (0x05, "acknowledgment of such a discovery (P2P-DRO-ACK)"),
    (0x06, "measurement"),
    (0x07, "destination cleanup (DCO)"),
    (0x08, "destination cleanup acknowledgment (DCO-ACK)"),
    (0x80, "secured DIS"),
    (0x81, "secured DIO"),
    (0x82, "secured DAO"),
    (0x83, "secured DAO-ACK"),
    (0x84, "secured P2P-DRO"),
    (0x85, "secured P2P-DRO-ACK"),
    (0x86, "secured measurement"),
    (0x87, "secured DCO"),
    (0x88, "secured DCO-ACK"),
    (0x8a, "consistency check"),
];

const EXTENDED: Names = &[
    (0, "no error"),
    (1, "malformed query"),
    (2, "no such interface"),
    (3, "no such table entry"),
    (4, "several interfaces fit the query"),
];

/// What a code means in a message of this type.
pub(super) fn name(kind: u8, code: u8) -> Option<&'static str> {
    let names = match kind {
        1 => UNREACHABLE,
        3 => EXCEEDED,
        4 => PROBLEM,
        138 => RENUMBERING,
        139 => QUERY,
        140 => RESPONSE,
        155 => RPL,
        161 => EXTENDED,
        _ => return None,
    };
    let found = names.iter().find(|row| row.0 == u64::from(code));
    found.map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_code_means_something_within_its_type() {
        assert_eq!(name(1, 4), Some("port unreachable"));
        assert_eq!(name(155, 1), Some("graph information (DIO)"));
        assert_eq!((name(128, 0), name(1, 99)), (None, None));
    }
}

//! What the codes of ICMP messages mean, by type: the registry of IANA, and RFC 1393 for the old traceroute.

use crate::decode::Names;

const UNREACHABLE: Names = &[
    (0, "network unreachable"),
    (1, "host unreachable"),
    (2, "protocol unreachable"),
    (3, "port unreachable"),
    (4, "fragmentation needed, but not allowed"),
    (5, "source route failed"),
    (6, "network unknown"),
    (7, "host unknown"),
    (8, "source host isolated"),
    (9, "network administratively prohibited"),
    (10, "host administratively prohibited"),
    (11, "network unreachable for this type of service"),
    (12, "host unreachable for this type of service"),
    (13, "communication administratively prohibited"),
    (14, "host precedence violation"),
    (15, "precedence cutoff"),
];

const REDIRECT: Names = &[
    (0, "for the network"),
    (1, "for the host"),
    (2, "for the type of service and network"),
    (3, "for the type of service and host"),
];

const EXCEEDED: Names = &[
    (0, "time to live reached 0 on the way"),
    (1, "fragments did not all arrive in time"),
];

const PROBLEM: Names = &[
    (0, "the pointer shows where"),
    (1, "an option is missing"),
    (2, "bad length"),
];

const ALTERNATE: Names = &[(0, "an alternate address for the host")];

const ADVERTISEMENT: Names = &[(0, "ordinary"), (16, "does not route common traffic")];

const TRACEROUTE: Names = &[
    (0, "the packet was forwarded"),
    (1, "no route for the packet, which was dropped"),
];

const SECURITY: Names = &[
    (0, "unknown security parameters"),
    (1, "authentication failed"),
    (2, "decompression failed"),
    (3, "decryption failed"),
    (4, "authentication is needed"),
    (5, "authorization is needed"),
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
        3 => UNREACHABLE,
        5 => REDIRECT,
        6 => ALTERNATE,
        9 => ADVERTISEMENT,
        11 => EXCEEDED,
        12 => PROBLEM,
        30 => TRACEROUTE,
        40 => SECURITY,
        43 => EXTENDED,
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
        assert_eq!(name(3, 3), Some("port unreachable"));
        assert_eq!(name(43, 3), Some("no such table entry"));
        assert_eq!((name(8, 0), name(3, 16)), (None, None));
    }
}

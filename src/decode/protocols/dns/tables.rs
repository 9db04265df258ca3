//! Registered numbers of the DNS and their names, from IANA's registries.

use crate::decode::Names;

/// Record types by their mnemonics.
pub(super) static TYPES: Names = &[
    (1, "A"),
    (2, "NS"),
    (3, "MD"),
    (4, "MF"),
    (5, "CNAME"),
    (6, "SOA"),
    (7, "MB"),
    (8, "MG"),
    (9, "MR"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (14, "MINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (19, "X25"),
    (20, "ISDN"),
    (21, "RT"),
    (22, "NSAP"),
    (23, "NSAP-PTR"),
    (24, "SIG"),
    (25, "KEY"),
    (26, "PX"),
    (27, "GPOS"),
    (28, "AAAA"),
    (29, "LOC"),
    (30, "NXT"),
    (31, "EID"),
    (32, "NIMLOC"),
    (33, "SRV"),
    (34, "ATMA"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (38, "A6"),
    (39, "DNAME"),
    (40, "SINK"),
    (41, "OPT"),
    (42, "APL"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (49, "DHCID"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (53, "SMIMEA"),
    (55, "HIP"),
    (56, "NINFO"),
    (57, "RKEY"),
    (58, "TALINK"),
    (59, "CDS"),
    (60, "CDNSKEY"),
    (61, "OPENPGPKEY"),
    (62, "CSYNC"),
    (63, "ZONEMD"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (66, "DSYNC"),
    (67, "HHIT"),
    (68, "BRID"),
    (99, "SPF"),
    (100, "UINFO"),
    (101, "UID"),
    (102, "GID"),
    (103, "UNSPEC"),
    (104, "NID"),
    (105, "L32"),
    (106, "L64"),
    (107, "LP"),
    (108, "EUI48"),
    (109, "EUI64"),
    (128, "NXNAME"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (253, "MAILB"),
    (254, "MAILA"),
    (255, "ANY"),
    (256, "URI"),
    (257, "CAA"),
    (258, "AVC"),
    (259, "DOA"),
    (260, "AMTRELAY"),
    (261, "RESINFO"),
    (262, "WALLET"),
    (263, "CLA"),
    (264, "IPN"),
    (32768, "TA"),
    (32769, "DLV"),
    (65281, "WINS"),
    (65282, "WINS-R"),
    (65305, "ANAME"),
    (65422, "XPF"),
];

/// Classes.
pub(super) static CLASSES: Names = &[
    (1, "IN"),
    (2, "CS"),
    (3, "CH"),
    (4, "HS"),
    (254, "NONE"),
    (255, "ANY"),
];

/// What a message asks for.
pub(super) static OPCODES: Names = &[
    (0, "query"),
    (1, "inverse query"),
    (2, "status"),
    (4, "notify"),
    (5, "update"),
    (6, "stateful operation"),
];

/// Response codes, also those that need the extension of EDNS or stand in TSIG and TKEY records.
pub(super) static RCODES: Names = &[
    (0, "no error"),
    (1, "format error, FORMERR"),
    (2, "server failure, SERVFAIL"),
    (3, "no such name, NXDOMAIN"),
    (4, "not implemented, NOTIMP"),
    (5, "refused, REFUSED"),
    (6, "name exists, YXDOMAIN"),
    (7, "record set exists, YXRRSET"),
    (8, "record set does not exist, NXRRSET"),
    (9, "not authoritative or not authorized, NOTAUTH"),
    (10, "name out of zone, NOTZONE"),
    (11, "stateful operation not implemented, DSOTYPENI"),
    (16, "bad EDNS version or bad signature, BADVERS/BADSIG"),
    (17, "key not recognized, BADKEY"),
    (18, "signature out of its time window, BADTIME"),
    (19, "bad key exchange mode, BADMODE"),
    (20, "duplicate key name, BADNAME"),
    (21, "algorithm not supported, BADALG"),
    (22, "bad truncation, BADTRUNC"),
    (23, "bad or missing server cookie, BADCOOKIE"),
];

/// DNSSEC algorithms.
pub(super) static ALGORITHMS: Names = &[
    (0, "delete"),
    (1, "RSA/MD5"),
    (2, "Diffie-Hellman"),
    (3, "DSA/SHA-1"),
    (5, "RSA/SHA-1"),
    (6, "DSA-NSEC3-SHA1"),
    (7, "RSASHA1-NSEC3-SHA1"),
    (8, "RSA/SHA-256"),
    (10, "RSA/SHA-512"),
    (12, "GOST R 34.10-2001"),
    (13, "ECDSA P-256 with SHA-256"),
    (14, "ECDSA P-384 with SHA-384"),
    (15, "Ed25519"),
    (16, "Ed448"),
    (17, "SM2 with SM3"),
    (23, "GOST R 34.10-2012"),
    (252, "indirect key"),
    (253, "private, named by a domain name"),
    (254, "private, named by an OID"),
];

/// Digests of DS records.
pub(super) static DIGESTS: Names = &[
    (0, "reserved"),
    (1, "SHA-1"),
    (2, "SHA-256"),
    (3, "GOST R 34.11-94"),
    (4, "SHA-384"),
    (5, "GOST R 34.11-2012"),
    (6, "SM3"),
];

/// Hashes of NSEC3 records.
pub(super) static NSEC3_HASHES: Names = &[(1, "SHA-1")];

/// Address families.
pub(super) static FAMILIES: Names = &[(1, "IPv4"), (2, "IPv6")];

/// EDNS options.
pub(super) static OPTIONS: Names = &[
    (1, "long-lived query"),
    (2, "update lease"),
    (3, "name server identifier, NSID"),
    (5, "DNSSEC algorithms understood"),
    (6, "DS hashes understood"),
    (7, "NSEC3 hashes understood"),
    (8, "client subnet"),
    (9, "expire"),
    (10, "cookie"),
    (11, "TCP keepalive"),
    (12, "padding"),
    (13, "chain"),
    (14, "key tag"),
    (15, "extended error"),
    (16, "client tag"),
    (17, "server tag"),
    (18, "report channel"),
    (19, "zone version"),
];

/// Kinds of versions of a zone (RFC 9660 section 7.2).
pub(super) static ZONE_VERSIONS: Names = &[(0, "serial number")];

/// Extended errors (RFC 8914).
pub(super) static EXTENDED_ERRORS: Names = &[
    (0, "other error"),
    (1, "unsupported DNSKEY algorithm"),
    (2, "unsupported DS digest type"),
    (3, "stale answer"),
    (4, "forged answer"),
    (5, "DNSSEC indeterminate"),
    (6, "DNSSEC bogus"),
    (7, "signature expired"),
    (8, "signature not yet valid"),
    (9, "DNSKEY missing"),
    (10, "RRSIGs missing"),
    (11, "no zone key bit set"),
    (12, "NSEC missing"),
    (13, "cached error"),
    (14, "not ready"),
    (15, "blocked"),
    (16, "censored"),
    (17, "filtered"),
    (18, "prohibited"),
    (19, "stale NXDOMAIN answer"),
    (20, "not authoritative"),
    (21, "not supported"),
    (22, "no reachable authority"),
    (23, "network error"),
    (24, "invalid data"),
    (25, "signature expired before valid"),
    (26, "too early"),
    (27, "unsupported NSEC3 iterations value"),
    (28, "unable to conform to policy"),
    (29, "synthesized"),
    (30, "invalid query type"),
];

/// Service parameters of SVCB and HTTPS records (RFC 9460).
pub(super) static SERVICE_KEYS: Names = &[
    (0, "mandatory"),
    (1, "alpn"),
    (2, "no-default-alpn"),
    (3, "port"),
    (4, "ipv4hint"),
    (5, "ech"),
    (6, "ipv6hint"),
    (7, "dohpath"),
    (8, "ohttp"),
];

/// Certificate types of CERT records.
pub(super) static CERTIFICATES: Names = &[
    (1, "X.509"),
    (2, "SPKI"),
    (3, "OpenPGP"),
    (4, "URL of X.509"),
    (5, "URL of SPKI"),
    (6, "URL of OpenPGP"),
    (7, "attribute certificate"),
    (8, "URL of attribute certificate"),
    (253, "private, named by a URI"),
    (254, "private, named by an OID"),
];

/// Host key algorithms of SSHFP records.
pub(super) static SSH_KEYS: Names = &[
    (1, "RSA"),
    (2, "DSA"),
    (3, "ECDSA"),
    (4, "Ed25519"),
    (6, "Ed448"),
];

/// Fingerprint types of SSHFP records.
pub(super) static SSH_FINGERPRINTS: Names = &[(1, "SHA-1"), (2, "SHA-256")];

/// Certificate usages of TLSA records.
pub(super) static USAGES: Names = &[
    (
        0,
        "PKIX-TA: an authority that public trust must also accept",
    ),
    (
        1,
        "PKIX-EE: the server's certificate, accepted by public trust",
    ),
    (2, "DANE-TA: an authority, trusted because the zone says so"),
    (
        3,
        "DANE-EE: the server's certificate, trusted because the zone says so",
    ),
    (255, "private"),
];

/// What of the certificate a TLSA record holds.
pub(super) static SELECTORS: Names =
    &[(0, "full certificate"), (1, "public key"), (255, "private")];

/// How a TLSA record holds it.
pub(super) static MATCHINGS: Names = &[
    (0, "in full"),
    (1, "SHA-256"),
    (2, "SHA-512"),
    (255, "private"),
];

/// How TKEY establishes a key.
pub(super) static KEY_MODES: Names = &[
    (1, "assigned by the server"),
    (2, "Diffie-Hellman"),
    (3, "GSS-API"),
    (4, "assigned by the resolver"),
    (5, "delete"),
];

/// Gateways of IPSECKEY records.
pub(super) static GATEWAYS: Names = &[
    (0, "none"),
    (1, "IPv4 address"),
    (2, "IPv6 address"),
    (3, "name"),
];

/// Public key algorithms of IPSECKEY and HIP records.
pub(super) static IPSEC_KEYS: Names = &[(0, "none"), (1, "DSA"), (2, "RSA"), (3, "ECDSA")];

/// Schemes of ZONEMD records.
pub(super) static ZONE_SCHEMES: Names = &[(1, "SIMPLE")];

/// Hashes of ZONEMD records.
pub(super) static ZONE_HASHES: Names = &[(1, "SHA-384"), (2, "SHA-512")];

/// Type-length-values of stateful operations (RFC 8490, RFC 8765).
pub(super) static STATEFUL: Names = &[
    (1, "keepalive"),
    (2, "retry delay"),
    (3, "encryption padding"),
    (64, "subscribe"),
    (65, "push"),
    (66, "unsubscribe"),
    (67, "reconfirm"),
];

/// The mnemonic of a type; `TYPE` and its number where it has none (RFC 3597).
pub(super) fn type_name(number: u16) -> String {
    name(TYPES, u64::from(number)).map_or_else(|| format!("TYPE{number}"), str::to_owned)
}

/// The name of a number in a sorted table.
pub(super) fn name(table: Names, number: u64) -> Option<&'static str> {
    let at = table.binary_search_by_key(&number, |row| row.0).ok()?;
    table.get(at).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        let tables = [
            TYPES,
            CLASSES,
            OPCODES,
            RCODES,
            ALGORITHMS,
            DIGESTS,
            OPTIONS,
            EXTENDED_ERRORS,
            SERVICE_KEYS,
            CERTIFICATES,
            SSH_KEYS,
            USAGES,
            STATEFUL,
        ];
        for table in tables {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0), "{table:?}");
        }
    }

    #[test]
    fn mnemonics_agree_with_the_library() {
        use hickory_proto::rr::RecordType;
        for &(number, mnemonic) in TYPES {
            let theirs = RecordType::from(u16::try_from(number).unwrap());
            if !matches!(theirs, RecordType::Unknown(_)) {
                assert_eq!(theirs.to_string(), mnemonic);
            }
        }
    }

    #[test]
    fn a_type_without_a_mnemonic() {
        assert_eq!(type_name(28), "AAAA");
        assert_eq!(type_name(4000), "TYPE4000");
    }
}

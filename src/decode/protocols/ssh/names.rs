//! The numbers of SSH and their names (RFC 4250 and the IANA registry "SSH Protocol Parameters").

use crate::decode::Names;

/// Message numbers; 30 to 49 belong to the key exchange method in use.
pub(super) static MESSAGES: Names = &[
    (1, "Disconnect"),
    (2, "Ignore"),
    (3, "Unimplemented"),
    (4, "Debug"),
    (5, "Service Request"),
    (6, "Service Accept"),
    (7, "Extension Info"),
    (8, "New Compression"),
    (20, "Key Exchange Init"),
    (21, "New Keys"),
    (30, "Key Exchange: client's share"),
    (31, "Key Exchange: server's share, or group"),
    (32, "Group Exchange: client's share"),
    (33, "Group Exchange: server's share"),
    (34, "Group Exchange Request"),
    (50, "User Authentication Request"),
    (51, "User Authentication Failure"),
    (52, "User Authentication Success"),
    (53, "User Authentication Banner"),
    (80, "Global Request"),
    (81, "Request Success"),
    (82, "Request Failure"),
    (90, "Channel Open"),
    (91, "Channel Open Confirmation"),
    (92, "Channel Open Failure"),
    (93, "Channel Window Adjust"),
    (94, "Channel Data"),
    (95, "Channel Extended Data"),
    (96, "Channel EOF"),
    (97, "Channel Close"),
    (98, "Channel Request"),
    (99, "Channel Success"),
    (100, "Channel Failure"),
];

/// Reasons of a DISCONNECT (RFC 4250 section 4.2.2).
pub(super) static DISCONNECT_REASONS: Names = &[
    (1, "host not allowed to connect"),
    (2, "protocol error"),
    (3, "key exchange failed"),
    (4, "reserved"),
    (5, "MAC error"),
    (6, "compression error"),
    (7, "service not available"),
    (8, "protocol version not supported"),
    (9, "host key not verifiable"),
    (10, "connection lost"),
    (11, "by application"),
    (12, "too many connections"),
    (13, "authentication cancelled by user"),
    (14, "no more authentication methods available"),
    (15, "illegal user name"),
];

/// What a key exchange method sends in messages 30 to 34.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Diffie-Hellman over a fixed group (RFC 4253, 8268): two numbers.
    Dh,
    /// Diffie-Hellman over a group that the server picks (RFC 4419).
    GroupExchange,
    /// Elliptic curves (RFC 5656, 8731): two octet strings.
    Ecdh,
    /// A post-quantum KEM and an elliptic curve: lengths of the KEM's public key and of its ciphertext.
    Hybrid { key: usize, ciphertext: usize },
    /// A method that is not taken apart (GSS, RSA).
    Other,
}

impl Method {
    /// The method of this name.
    pub(super) fn of(name: &str) -> Self {
        let starts = |prefix: &str| name.starts_with(prefix);
        if starts("diffie-hellman-group-exchange-") {
            Self::GroupExchange
        } else if starts("diffie-hellman-group") {
            Self::Dh
        } else if starts("ecdh-sha2-") || starts("curve25519-") || starts("curve448-") {
            Self::Ecdh
        } else if starts("sntrup761x25519-") {
            Self::Hybrid {
                key: 1158,
                ciphertext: 1039,
            }
        } else if starts("mlkem768x25519-") || starts("mlkem768nistp256-") {
            Self::Hybrid {
                key: 1184,
                ciphertext: 1088,
            }
        } else if starts("mlkem1024nistp384-") {
            Self::Hybrid {
                key: 1568,
                ciphertext: 1568,
            }
        } else {
            Self::Other
        }
    }
}

/// The cipher authenticates its packets itself: no MAC is in use.
pub(super) fn authenticates(cipher: &str) -> bool {
    cipher.contains("-gcm@")
        || cipher.starts_with("AEAD_")
        || cipher.starts_with("chacha20-poly1305")
}

/// The bytes of the tag with which the cipher ends a packet whose length stays readable.
pub(super) fn clear_length_tag(cipher: &str) -> Option<usize> {
    (cipher.contains("-gcm@") || cipher.starts_with("AEAD_AES_")).then_some(16)
}

/// The bytes that a MAC adds to a packet, and whether it is computed over the ciphertext, so that the length stays readable.
pub(super) fn mac(name: &str) -> Option<(usize, bool)> {
    let name = name.strip_suffix("@openssh.com").unwrap_or(name);
    let (base, over_ciphertext) = match name.strip_suffix("-etm") {
        Some(base) => (base, true),
        None => (name, false),
    };
    let len = match base {
        "none" => 0,
        "umac-64" => 8,
        "hmac-sha1-96" | "hmac-md5-96" => 12,
        "hmac-md5" | "umac-128" => 16,
        "hmac-sha1" | "hmac-ripemd160" => 20,
        "hmac-sha2-256" => 32,
        "hmac-sha2-512" => 64,
        _ => return None,
    };
    Some((len, over_ciphertext))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        for table in [MESSAGES, DISCONNECT_REASONS] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
        }
    }

    #[test]
    fn methods_by_name() {
        assert_eq!(Method::of("diffie-hellman-group14-sha256"), Method::Dh);
        assert_eq!(
            Method::of("diffie-hellman-group-exchange-sha256"),
            Method::GroupExchange
        );
        assert_eq!(Method::of("curve25519-sha256@libssh.org"), Method::Ecdh);
        assert_eq!(Method::of("ecdh-sha2-nistp521"), Method::Ecdh);
        assert!(matches!(
            Method::of("mlkem768x25519-sha256"),
            Method::Hybrid { key: 1184, .. }
        ));
        assert_eq!(Method::of("rsa2048-sha256"), Method::Other);
    }

    #[test]
    fn lengths_of_macs() {
        assert_eq!(mac("hmac-sha2-256-etm@openssh.com"), Some((32, true)));
        assert_eq!(mac("umac-64@openssh.com"), Some((8, false)));
        assert_eq!(mac("hmac-sha3-999"), None);
        assert_eq!(clear_length_tag("aes256-gcm@openssh.com"), Some(16));
        assert_eq!(clear_length_tag("chacha20-poly1305@openssh.com"), None);
        assert!(authenticates("chacha20-poly1305@openssh.com"));
    }
}

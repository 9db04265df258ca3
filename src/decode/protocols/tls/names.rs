//! Names of the numbers in TLS, spelled as in the IANA registries (cipher suites have their own file).

use crate::decode::Names;

use super::suites::SUITES;

/// The registered name of a cipher suite.
pub(super) fn suite(number: u64) -> Option<&'static str> {
    find(SUITES, number)
}

/// The name of a cipher in SSL 2's form: three bytes, or a suite behind a zero.
pub(super) fn cipher_spec(number: u64) -> Option<&'static str> {
    if number <= 0xffff {
        return suite(number);
    }
    Some(match number {
        0x01_0080 => "SSL2_RC4_128_WITH_MD5",
        0x02_0080 => "SSL2_RC4_128_EXPORT40_WITH_MD5",
        0x03_0080 => "SSL2_RC2_128_CBC_WITH_MD5",
        0x04_0080 => "SSL2_RC2_128_CBC_EXPORT40_WITH_MD5",
        0x05_0080 => "SSL2_IDEA_128_CBC_WITH_MD5",
        0x06_0040 => "SSL2_DES_64_CBC_WITH_MD5",
        0x07_00c0 => "SSL2_DES_192_EDE3_CBC_WITH_MD5",
        0x08_0080 => "SSL2_RC4_64_WITH_MD5",
        _ => return None,
    })
}

/// The registered name of a group.
pub(super) fn group(number: u64) -> Option<&'static str> {
    find(GROUP_NAMES, number)
}

/// The registered name of a signature scheme.
pub(super) fn scheme(number: u64) -> Option<&'static str> {
    find(SCHEME_NAMES, number)
}

/// The registered name of an extension.
pub(super) fn extension(number: u64) -> Option<&'static str> {
    find(EXTENSION_NAMES, number)
}

/// The name of a protocol version.
pub(super) fn version(number: u64) -> Option<&'static str> {
    find(VERSION_NAMES, number)
}

/// A protocol negotiated by ALPN, as the name that others claim; `None` for names that are not known.
pub(super) fn alpn(name: &[u8]) -> Option<&'static str> {
    ALPN_NAMES
        .iter()
        .copied()
        .find(|known| known.as_bytes() == name)
}

/// True for the suites whose TLS 1.2 records begin with 8 bytes of nonce (RFC 5288, RFC 6655).
pub(super) fn has_explicit_nonce(number: u16) -> bool {
    suite(number.into()).is_some_and(|name| name.contains("_GCM") || name.contains("_CCM"))
}

/// True for the numbers that clients send at random, so that servers stay tolerant of unknown ones (RFC 8701).
pub(super) const fn is_grease(number: u64) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

fn find(names: Names, number: u64) -> Option<&'static str> {
    if is_grease(number) {
        return Some("Reserved (GREASE)");
    }
    let at = names.binary_search_by_key(&number, |row| row.0).ok()?;
    names.get(at).map(|row| row.1)
}

/// TLS ContentType (RFC 8446 section 5.1, RFC 6520, RFC 9146).
pub(super) const CONTENT_TYPES: Names = &[
    (20, "change_cipher_spec"),
    (21, "alert"),
    (22, "handshake"),
    (23, "application_data"),
    (24, "heartbeat"),
    (25, "tls12_cid"),
    (26, "ACK"),
    (27, "return_routability_check"),
];

/// Protocol versions as they stand in the version fields.
pub(super) const VERSION_NAMES: Names = &[
    (0x0002, "SSL 2.0"),
    (0x0300, "SSL 3.0"),
    (0x0301, "TLS 1.0"),
    (0x0302, "TLS 1.1"),
    (0x0303, "TLS 1.2"),
    (0x0304, "TLS 1.3"),
    (0x7f0e, "TLS 1.3 (draft 14)"),
    (0x7f0f, "TLS 1.3 (draft 15)"),
    (0x7f10, "TLS 1.3 (draft 16)"),
    (0x7f11, "TLS 1.3 (draft 17)"),
    (0x7f12, "TLS 1.3 (draft 18)"),
    (0x7f13, "TLS 1.3 (draft 19)"),
    (0x7f14, "TLS 1.3 (draft 20)"),
    (0x7f15, "TLS 1.3 (draft 21)"),
    (0x7f16, "TLS 1.3 (draft 22)"),
    (0x7f17, "TLS 1.3 (draft 23)"),
    (0x7f18, "TLS 1.3 (draft 24)"),
    (0x7f19, "TLS 1.3 (draft 25)"),
    (0x7f1a, "TLS 1.3 (draft 26)"),
    (0x7f1b, "TLS 1.3 (draft 27)"),
    (0x7f1c, "TLS 1.3 (draft 28)"),
    (0xfb17, "TLS 1.3 (Facebook draft 23)"),
    (0xfb1a, "TLS 1.3 (Facebook draft 26)"),
    (0xfefc, "DTLS 1.3"),
    (0xfefd, "DTLS 1.2"),
    (0xfeff, "DTLS 1.0"),
];

/// TLS HandshakeType.
pub(super) const HANDSHAKE_TYPES: Names = &[
    (0, "hello_request"),
    (1, "client_hello"),
    (2, "server_hello"),
    (3, "hello_verify_request"),
    (4, "new_session_ticket"),
    (5, "end_of_early_data"),
    (6, "hello_retry_request"),
    (8, "encrypted_extensions"),
    (9, "request_connection_id"),
    (10, "new_connection_id"),
    (11, "certificate"),
    (12, "server_key_exchange"),
    (13, "certificate_request"),
    (14, "server_hello_done"),
    (15, "certificate_verify"),
    (16, "client_key_exchange"),
    (17, "client_certificate_request"),
    (20, "finished"),
    (21, "certificate_url"),
    (22, "certificate_status"),
    (23, "supplemental_data"),
    (24, "key_update"),
    (25, "compressed_certificate"),
    (26, "ekt_key"),
    (67, "next_protocol"),
    (254, "message_hash"),
];

/// AlertLevel.
pub(super) const ALERT_LEVELS: Names = &[(1, "warning"), (2, "fatal")];

/// TLS Alerts.
pub(super) const ALERTS: Names = &[
    (0, "close_notify"),
    (1, "end_of_early_data"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (52, "too_many_cids_requested"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (117, "general_error"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

/// TLS ExtensionType Values, and a few that browsers used without registering them.
pub(super) const EXTENSION_NAMES: Names = &[
    (0, "server_name"),
    (1, "max_fragment_length"),
    (2, "client_certificate_url"),
    (3, "trusted_ca_keys"),
    (4, "truncated_hmac"),
    (5, "status_request"),
    (6, "user_mapping"),
    (7, "client_authz"),
    (8, "server_authz"),
    (9, "cert_type"),
    (10, "supported_groups"),
    (11, "ec_point_formats"),
    (12, "srp"),
    (13, "signature_algorithms"),
    (14, "use_srtp"),
    (15, "heartbeat"),
    (16, "application_layer_protocol_negotiation"),
    (17, "status_request_v2"),
    (18, "signed_certificate_timestamp"),
    (19, "client_certificate_type"),
    (20, "server_certificate_type"),
    (21, "padding"),
    (22, "encrypt_then_mac"),
    (23, "extended_master_secret"),
    (24, "token_binding"),
    (25, "cached_info"),
    (26, "tls_lts"),
    (27, "compress_certificate"),
    (28, "record_size_limit"),
    (29, "pwd_protect"),
    (30, "pwd_clear"),
    (31, "password_salt"),
    (32, "ticket_pinning"),
    (33, "tls_cert_with_extern_psk"),
    (34, "delegated_credential"),
    (35, "session_ticket"),
    (36, "TLMSP"),
    (37, "TLMSP_proxying"),
    (38, "TLMSP_delegate"),
    (39, "supported_ekt_ciphers"),
    (41, "pre_shared_key"),
    (42, "early_data"),
    (43, "supported_versions"),
    (44, "cookie"),
    (45, "psk_key_exchange_modes"),
    (47, "certificate_authorities"),
    (48, "oid_filters"),
    (49, "post_handshake_auth"),
    (50, "signature_algorithms_cert"),
    (51, "key_share"),
    (52, "transparency_info"),
    (53, "connection_id (deprecated)"),
    (54, "connection_id"),
    (55, "external_id_hash"),
    (56, "external_session_id"),
    (57, "quic_transport_parameters"),
    (58, "ticket_request"),
    (59, "dnssec_chain"),
    (60, "sequence_number_encryption_algorithms"),
    (61, "rrc"),
    (62, "tls_flags"),
    (13172, "next_protocol_negotiation"),
    (17513, "application_settings (draft)"),
    (17613, "application_settings"),
    (30031, "channel_id (old)"),
    (30032, "channel_id"),
    (64768, "ech_outer_extensions"),
    (65037, "encrypted_client_hello"),
    (65281, "renegotiation_info"),
    (65445, "quic_transport_parameters (draft)"),
    (65486, "encrypted_server_name (draft)"),
];

/// TLS Supported Groups: elliptic curves, finite fields, and hybrids with a post-quantum part.
pub(super) const GROUP_NAMES: Names = &[
    (0x0001, "sect163k1"),
    (0x0002, "sect163r1"),
    (0x0003, "sect163r2"),
    (0x0004, "sect193r1"),
    (0x0005, "sect193r2"),
    (0x0006, "sect233k1"),
    (0x0007, "sect233r1"),
    (0x0008, "sect239k1"),
    (0x0009, "sect283k1"),
    (0x000a, "sect283r1"),
    (0x000b, "sect409k1"),
    (0x000c, "sect409r1"),
    (0x000d, "sect571k1"),
    (0x000e, "sect571r1"),
    (0x000f, "secp160k1"),
    (0x0010, "secp160r1"),
    (0x0011, "secp160r2"),
    (0x0012, "secp192k1"),
    (0x0013, "secp192r1"),
    (0x0014, "secp224k1"),
    (0x0015, "secp224r1"),
    (0x0016, "secp256k1"),
    (0x0017, "secp256r1"),
    (0x0018, "secp384r1"),
    (0x0019, "secp521r1"),
    (0x001a, "brainpoolP256r1"),
    (0x001b, "brainpoolP384r1"),
    (0x001c, "brainpoolP512r1"),
    (0x001d, "x25519"),
    (0x001e, "x448"),
    (0x001f, "brainpoolP256r1tls13"),
    (0x0020, "brainpoolP384r1tls13"),
    (0x0021, "brainpoolP512r1tls13"),
    (0x0022, "GC256A"),
    (0x0023, "GC256B"),
    (0x0024, "GC256C"),
    (0x0025, "GC256D"),
    (0x0026, "GC512A"),
    (0x0027, "GC512B"),
    (0x0028, "GC512C"),
    (0x0029, "curveSM2"),
    (0x0100, "ffdhe2048"),
    (0x0101, "ffdhe3072"),
    (0x0102, "ffdhe4096"),
    (0x0103, "ffdhe6144"),
    (0x0104, "ffdhe8192"),
    (0x0200, "MLKEM512"),
    (0x0201, "MLKEM768"),
    (0x0202, "MLKEM1024"),
    (0x11eb, "SecP256r1MLKEM768"),
    (0x11ec, "X25519MLKEM768"),
    (0x11ed, "SecP384r1MLKEM1024"),
    (0x11ee, "curveSM2MLKEM768"),
    (0x6399, "X25519Kyber768Draft00"),
    (0x639a, "SecP256r1Kyber768Draft00"),
    (0xff01, "arbitrary_explicit_prime_curves"),
    (0xff02, "arbitrary_explicit_char2_curves"),
];

/// TLS SignatureScheme; the pairs of hash and signature that only TLS 1.2 knows (RFC 5246 section 7.4.1.4.1) are spelled out.
pub(super) const SCHEME_NAMES: Names = &[
    (0x0101, "rsa with md5"),
    (0x0102, "dsa with md5"),
    (0x0103, "ecdsa with md5"),
    (0x0201, "rsa_pkcs1_sha1"),
    (0x0202, "dsa with sha1"),
    (0x0203, "ecdsa_sha1"),
    (0x0301, "rsa with sha224"),
    (0x0302, "dsa with sha224"),
    (0x0303, "ecdsa with sha224"),
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0402, "dsa with sha256"),
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0420, "rsa_pkcs1_sha256_legacy"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0502, "dsa with sha384"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0520, "rsa_pkcs1_sha384_legacy"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0602, "dsa with sha512"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0620, "rsa_pkcs1_sha512_legacy"),
    (0x0704, "eccsi_sha256"),
    (0x0705, "iso_ibs1"),
    (0x0706, "iso_ibs2"),
    (0x0707, "iso_chinese_ibs"),
    (0x0708, "sm2sig_sm3"),
    (0x0709, "gostr34102012_256a"),
    (0x070a, "gostr34102012_256b"),
    (0x070b, "gostr34102012_256c"),
    (0x070c, "gostr34102012_256d"),
    (0x070d, "gostr34102012_512a"),
    (0x070e, "gostr34102012_512b"),
    (0x070f, "gostr34102012_512c"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"),
    (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
    (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"),
    (0x0904, "mldsa44"),
    (0x0905, "mldsa65"),
    (0x0906, "mldsa87"),
    (0x0911, "slhdsa_sha2_128s"),
    (0x0912, "slhdsa_sha2_128f"),
    (0x0913, "slhdsa_sha2_192s"),
    (0x0914, "slhdsa_sha2_192f"),
    (0x0915, "slhdsa_sha2_256s"),
    (0x0916, "slhdsa_sha2_256f"),
    (0x0917, "slhdsa_shake_128s"),
    (0x0918, "slhdsa_shake_128f"),
    (0x0919, "slhdsa_shake_192s"),
    (0x091a, "slhdsa_shake_192f"),
    (0x091b, "slhdsa_shake_256s"),
    (0x091c, "slhdsa_shake_256f"),
];

/// TLS HashAlgorithm (TLS 1.2).
pub(super) const HASHES: Names = &[
    (0, "none"),
    (1, "md5"),
    (2, "sha1"),
    (3, "sha224"),
    (4, "sha256"),
    (5, "sha384"),
    (6, "sha512"),
    (8, "Intrinsic"),
];

/// TLS SignatureAlgorithm (TLS 1.2).
pub(super) const SIGNATURES: Names = &[
    (0, "anonymous"),
    (1, "rsa"),
    (2, "dsa"),
    (3, "ecdsa"),
    (7, "ed25519"),
    (8, "ed448"),
    (64, "gostr34102012_256"),
    (65, "gostr34102012_512"),
];

/// TLS EC Point Formats.
pub(super) const POINT_FORMATS: Names = &[
    (0, "uncompressed"),
    (1, "ansiX962_compressed_prime"),
    (2, "ansiX962_compressed_char2"),
];

/// TLS EC Curve Types.
pub(super) const CURVE_TYPES: Names = &[
    (1, "explicit_prime"),
    (2, "explicit_char2"),
    (3, "named_curve"),
];

/// TLS ClientCertificateType Identifiers: what kind of certificate a server asks for.
pub(super) const CERTIFICATE_TYPES: Names = &[
    (1, "rsa_sign"),
    (2, "dss_sign"),
    (3, "rsa_fixed_dh"),
    (4, "dss_fixed_dh"),
    (5, "rsa_ephemeral_dh_RESERVED"),
    (6, "dss_ephemeral_dh_RESERVED"),
    (20, "fortezza_dms_RESERVED"),
    (64, "ecdsa_sign"),
    (65, "rsa_fixed_ecdh"),
    (66, "ecdsa_fixed_ecdh"),
    (67, "gost_sign256"),
    (68, "gost_sign512"),
];

/// TLS Certificate Types (RFC 7250).
pub(super) const CERTIFICATE_FORMATS: Names = &[
    (0, "X509"),
    (1, "OpenPGP"),
    (2, "Raw Public Key"),
    (3, "1609Dot2"),
];

/// TLS PskKeyExchangeMode.
pub(super) const PSK_MODES: Names = &[(0, "psk_ke"), (1, "psk_dhe_ke")];

/// TLS Compression Method Identifiers.
pub(super) const COMPRESSIONS: Names = &[(0, "NULL"), (1, "DEFLATE"), (64, "LZS")];

/// TLS Certificate Compression Algorithm IDs.
pub(super) const CERTIFICATE_COMPRESSIONS: Names = &[(1, "zlib"), (2, "brotli"), (3, "zstd")];

/// TLS Certificate Status Types.
pub(super) const STATUS_TYPES: Names = &[(1, "ocsp"), (2, "ocsp_multi_RESERVED")];

/// Kinds of name in server_name (RFC 6066 section 3).
pub(super) const NAME_TYPES: Names = &[(0, "host_name")];

/// TLS Heartbeat Modes.
pub(super) const HEARTBEAT_MODES: Names =
    &[(1, "peer_allowed_to_send"), (2, "peer_not_allowed_to_send")];

/// TLS Heartbeat Message Types.
pub(super) const HEARTBEAT_TYPES: Names = &[(1, "heartbeat_request"), (2, "heartbeat_response")];

/// Codes of max_fragment_length (RFC 6066 section 4).
pub(super) const FRAGMENT_LENGTHS: Names = &[
    (1, "2^9 bytes"),
    (2, "2^10 bytes"),
    (3, "2^11 bytes"),
    (4, "2^12 bytes"),
];

/// KeyUpdateRequest (RFC 8446 section 4.6.3).
pub(super) const KEY_UPDATES: Names = &[(0, "update_not_requested"), (1, "update_requested")];

/// Kinds of ClientHello in encrypted_client_hello (RFC 9849).
pub(super) const CLIENT_HELLO_KINDS: Names = &[(0, "outer"), (1, "inner")];

/// TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs.
const ALPN_NAMES: &[&str] = &[
    "http/0.9",
    "http/1.0",
    "http/1.1",
    "spdy/1",
    "spdy/2",
    "spdy/3",
    "spdy/3.1",
    "stun.turn",
    "stun.nat-discovery",
    "h2",
    "h2c",
    "webrtc",
    "c-webrtc",
    "ftp",
    "imap",
    "pop3",
    "managesieve",
    "coap",
    "co",
    "xmpp-client",
    "xmpp-server",
    "acme-tls/1",
    "mqtt",
    "dot",
    "ntske/1",
    "sunrpc",
    "h3",
    "smb",
    "irc",
    "nntp",
    "nnsp",
    "doq",
    "sip/2",
    "tds/8.0",
    "dicom",
    "postgresql",
    "radius/1.0",
    "radius/1.1",
    "smtp",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        for names in [
            SUITES,
            GROUP_NAMES,
            SCHEME_NAMES,
            EXTENSION_NAMES,
            VERSION_NAMES,
            ALERTS,
            HANDSHAKE_TYPES,
        ] {
            assert!(names.is_sorted_by(|a, b| a.0 < b.0));
        }
    }

    #[test]
    fn numbers_have_their_registered_names() {
        assert_eq!(suite(0x1302), Some("TLS_AES_256_GCM_SHA384"));
        assert_eq!(suite(0xc02f), Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        assert_eq!(group(0x11ec), Some("X25519MLKEM768"));
        assert_eq!(scheme(0x0804), Some("rsa_pss_rsae_sha256"));
        assert_eq!(extension(65037), Some("encrypted_client_hello"));
        assert_eq!(suite(0x5a5a), Some("Reserved (GREASE)"));
        assert_eq!(suite(0x5a6a), None);
        assert_eq!(alpn(b"h2"), Some("h2"));
        assert_eq!(alpn(b"h2x"), None);
    }
}

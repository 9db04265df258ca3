//! Records of real sessions, and some that are sealed here.

use super::*;
use ring::aead;

fn unhex(text: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

fn open(log: &str, sealed: &Sealed<'_>) -> Result<(u8, Vec<u8>), Unopened> {
    let mut keys = KeyLog::default();
    keys.add(log.as_bytes());
    let mut out = b"before".to_vec();
    let kind = KeyRing::default()
        .key(&keys, sealed)
        .and_then(|key| key.open(sealed, &mut out));
    assert!(out.starts_with(b"before"));
    assert!(kind.is_ok() || out.len() == 6);
    kind.map(|kind| (kind, out.split_off(6)))
}

// The client's Finished of sample `curl-https`, TLS_AES_256_GCM_SHA384.
#[test]
fn a_record_of_tls_13_is_opened() {
    let log = "CLIENT_HANDSHAKE_TRAFFIC_SECRET c07ab26df64beb02b1364088ebb33d4d2a70fd2a63c1fc9dd5473778c3f3e7b5 \
         b1ab58a40dd1c52dc94a1a5ec0742e250dfab69facf0dbd436fe964ff0a60096c9ee7768f062e84006f13c751777bed\
        4";
    let record = unhex(
        "17030300454bf25239f82d9b1b539d6ecdbb42d89be18f0f5b4ca8f2f0b49e3b6ed30b2732ea176e5a8ab243ac9c7fd6\
        050fad233ae3182ba128b450c956e632890ffbfb31de630fd94a",
    );
    let random = unhex("c07ab26df64beb02b1364088ebb33d4d2a70fd2a63c1fc9dd5473778c3f3e7b5");
    let sealed = Sealed {
        version: TlsVersion::Tls13,
        suite: 0x1302,
        client_random: random.first_chunk().unwrap(),
        server_random: &[0; 32],
        from: Side::Client,
        epoch: Epoch::Handshake,
        sequence: 0,
        header: *record.first_chunk().unwrap(),
        body: &record[5..],
        encrypt_then_mac: false,
    };
    let (kind, clear) = open(log, &sealed).unwrap();
    assert_eq!(kind, 22);
    // Finished, 48 bytes of HMAC-SHA-384, and the type behind it.
    assert_eq!((&clear[..4], clear.len()), (&[20, 0, 0, 48][..], 53));
    assert_eq!(clear.last(), Some(&22));

    let failed = Some(Unopened::Failed);
    let with = |sealed: Sealed<'_>| open(log, &sealed).err();
    assert_eq!(
        with(Sealed {
            sequence: 1,
            ..sealed
        }),
        failed
    );
    assert_eq!(
        with(Sealed {
            suite: 0x1301,
            ..sealed
        }),
        failed
    );
    assert_eq!(
        with(Sealed {
            body: &record[5..20],
            ..sealed
        }),
        failed
    );
    assert_eq!(
        with(Sealed {
            suite: 0x1306,
            ..sealed
        }),
        Some(Unopened::Cipher)
    );
    assert_eq!(
        with(Sealed {
            from: Side::Server,
            ..sealed
        }),
        Some(Unopened::NoKey)
    );
    assert_eq!(
        with(Sealed {
            client_random: &[0; 32],
            ..sealed
        }),
        Some(Unopened::NoKey)
    );
}

// The client's Finished of sample `curl-https-tls12`, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384.
#[test]
fn a_record_of_tls_12_is_opened() {
    let log = "CLIENT_RANDOM 6ebcd3a3915cc4cb103874758e01dcff3e5b82567014dc29cf4295aadc2bdf0e 470fd5ff4f28d7dea\
        87633874d28fb9160a6aaf6656d7a4e89dfcda98daa6230f3a3b54992dbfaa09eec84cf329f784c";
    let record = unhex(
        "160303002802c0c985dd73b60fdfac40e5fcabc5bc7e58d41368473655eb7333cc78208ca155f550058458dec6",
    );
    let client = unhex("6ebcd3a3915cc4cb103874758e01dcff3e5b82567014dc29cf4295aadc2bdf0e");
    let server = unhex("00ed604b6a238ecc0a5a49474c40cbcd3aa4d49c3544a0e6444f574e47524401");
    let sealed = Sealed {
        version: TlsVersion::Tls12,
        suite: 0xc02c,
        client_random: client.first_chunk().unwrap(),
        server_random: server.first_chunk().unwrap(),
        from: Side::Client,
        epoch: Epoch::Application(0),
        sequence: 0,
        header: *record.first_chunk().unwrap(),
        body: &record[5..],
        encrypt_then_mac: false,
    };
    let (kind, clear) = open(log, &sealed).unwrap();
    assert_eq!(kind, 22);
    assert_eq!((&clear[..4], clear.len()), (&[20, 0, 0, 12][..], 16));
    assert_eq!(
        open(
            log,
            &Sealed {
                from: Side::Server,
                ..sealed
            }
        ),
        Err(Unopened::Failed)
    );
    // A suite with ARIA.
    assert_eq!(
        open(
            log,
            &Sealed {
                suite: 0xc05d,
                ..sealed
            }
        ),
        Err(Unopened::Cipher)
    );
}

// Nonces with the whole sequence number, sealed here with the keys that the standard derives.
#[test]
fn a_record_of_chacha20_is_opened() {
    let suite = suite(0x1303, TlsVersion::Tls13).unwrap();
    let cipher = &aead::CHACHA20_POLY1305;
    let secret = [7; 32];
    let updated = expand_label(suite.hkdf, &secret, "traffic upd", 32).unwrap();
    let key = expand_label(suite.hkdf, &updated, "key", 32).unwrap();
    let mut nonce = expand_label(suite.hkdf, &updated, "iv", 12).unwrap();
    nonce[11] ^= 5;
    let header = [23, 3, 3, 0, 5 + 3 + 16];
    let mut body = b"hello\x17\0\0".to_vec();
    aead::LessSafeKey::new(aead::UnboundKey::new(cipher, &key).unwrap())
        .seal_in_place_append_tag(
            aead::Nonce::try_assume_unique_for_key(&nonce).unwrap(),
            aead::Aad::from(header),
            &mut body,
        )
        .unwrap();
    let log = format!(
        "SERVER_TRAFFIC_SECRET_0 {} {}",
        "00".repeat(32),
        "07".repeat(32)
    );
    let sealed = Sealed {
        version: TlsVersion::Tls13,
        suite: 0x1303,
        client_random: &[0; 32],
        server_random: &[0; 32],
        from: Side::Server,
        epoch: Epoch::Application(1),
        sequence: 5,
        header,
        body: &body,
        encrypt_then_mac: false,
    };
    assert_eq!(open(&log, &sealed), Ok((23, b"hello\x17\0\0".to_vec())));
}

/// The client's first sealed records of a session of OpenSSL 3.0, the first of which is Finished.
struct Session {
    version: TlsVersion,
    suite: u16,
    encrypt_then_mac: bool,
    client_random: &'static str,
    server_random: &'static str,
    master: &'static str,
    records: [&'static str; 2],
    /// What the second record says.
    said: &'static [u8],
}

const SESSIONS: [Session; 7] = [
    // TLS_RSA_WITH_AES_128_CBC_SHA: an empty record comes before what is said, against guessed initialization vectors.
    Session {
        version: TlsVersion::Tls10,
        suite: 0x002f,
        encrypt_then_mac: false,
        client_random: "8990ebb1d4241c098ac88b141388235eb321215dddbb8bb14c136a3c3727673a",
        server_random: "4307b7a8f5708116d280cc5cf71150c81f6b3a209fad4603aa4ccbba27e66395",
        master: "8c20bab48bd41d86f819ecc7df68692c9d2a26029801aa5228c76a6145ea261bc42452f8b9d22ef9086efe947d19fd2e",
        records: [
            "16030100308160b2d8cbc655619c4cba533a012757c8c47a97d27a851f7f8ec0946030dd1c2133a3d5dab3b1bf4be4da8d8dfe6444",
            "1703010020603e6419146dc20a3ad4bde4c3724a7f015921ee1eb2e6c86839d39447e9d027",
        ],
        said: b"",
    },
    // TLS_RSA_WITH_CAMELLIA_256_CBC_SHA.
    Session {
        version: TlsVersion::Tls11,
        suite: 0x0084,
        encrypt_then_mac: false,
        client_random: "6b6fb6709dce9a8980c04fa2a75275ac2a2c7e29bcf4f00f786a08d20156e4b9",
        server_random: "fbab628426386cd9421fd7abd9050709f54cfcc58cbd0f9e1b1152bc9aa1c2d0",
        master: "02c13a8144efa56abee0637c5a07998a2009a4c4088c46318a369d918146c4179d31f3d38e3cc1cd1650d6bd26debe31",
        records: [
            "1603020040dfcd54dded22f0076d943c1da71c65d4771f90c33c7375c77a45a4c4c6ac3b45d1266a6c14eaafb9dff32eba673bb687a8f4986f3e9ff7a6b5a20ac3689c9ead",
            "170302004072d4f5b5c5b81377f1b6c0d1cda21521314b4c757e888da562ae5ba941f0c5a150998cfb8b74d312d545e11807b45f15bf42594743821bb017a3c46e4914e764",
        ],
        said: SAID,
    },
    // TLS_RSA_WITH_AES_256_CBC_SHA256, with encrypt-then-MAC.
    Session {
        version: TlsVersion::Tls12,
        suite: 0x003d,
        encrypt_then_mac: true,
        client_random: "540ebd6e08f53dbd2c091632cbe2a82c1429abd647b8f071b05fdef6e508c249",
        server_random: "9f36da31da1f95fe34d6f5089a9d604379bfe98fe4417fd879d770506f814ef7",
        master: "c95475eee53640fe424882159ed0d3b7b3fe78f97783e3a3b26b4a325ccd49e549c2ccf126feb7faa942b9690085a146",
        records: [
            "160303005047e934c6a0499862d6f2444ce1cff32fcebfc22107d44d567392ac05e281721e65a07717a67eadbd825b2be5ec3a1a42a1717f60694cc0643a047afd389a7d83719ff60ad716bbe97666d13156c80640",
            "17030300503505d0c86d78ddf768f7bc522bf7f0ea80c7135aeefe5e90c6b7d4a900d2d3c1b07333485700016e9daa93cb0dafd5bef9e5a657c8737b6b90438efc386df062d78059467948dd2b2931f22144a599c7",
        ],
        said: SAID,
    },
    // TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256.
    Session {
        version: TlsVersion::Tls12,
        suite: 0x00ba,
        encrypt_then_mac: false,
        client_random: "71c00befca55a695fd8f44bf9b1c430e6239f8af9399bb3ca794bed59839c9e1",
        server_random: "4e81cba0e8f2455bf17917eb200f000d3a2b86b20b68d407d64c66653c9f7afd",
        master: "759173e31dfeb7c09ca868e0dac7f9d4f4450b3335b39e5eadc0f023be3a8ce744f6c91758b865a5420c25d749d4b8e9",
        records: [
            "1603030050cd87e67a74d69e1c3abaf22e1d282f5c95246c1986799451d58f1d3f6fba58cc92136ce577157dffa6455b238e735e239bba53e5aaf84aac4f7b52d40ad9370f3cf5af400e322da252f04a9e428a977b",
            "17030300503de489b8773c7615817fb2360c994d3a946d26d52b555c94f5a33b74bb2bc335fd2ad8f9e0803c07d80cf048f6d9bee875beebb03d020dc74fa8dff6d3bd100398e8053c55350b54dd00a79308d8e21c",
        ],
        said: SAID,
    },
    // TLS_RSA_WITH_AES_128_CCM_8.
    Session {
        version: TlsVersion::Tls12,
        suite: 0xc0a0,
        encrypt_then_mac: false,
        client_random: "4fe57ab599728dafac5c0d1bb65c4dcf5ada64f27275b9521e7e19e7af1ec95e",
        server_random: "9f386618c8a4c39654cd0f24361aee0a2ca825a0843fab271e4d52624ab19473",
        master: "528726714537693cf71b1386aed4be6aabbae56fff7b79d7f407373dc91c5d880d1fa695f32da5dfd1743c8c20f128fd",
        records: [
            "16030300200000000000000000b64a675466371ad277cf5e522a8287a1084cc5a3564e5d1c",
            "1703030022000000000000000188294ed14478700106e57d228e024e2fd9c3e23b3a234d4a6ec8",
        ],
        said: SAID,
    },
    // TLS_RSA_WITH_AES_256_CCM.
    Session {
        version: TlsVersion::Tls12,
        suite: 0xc09d,
        encrypt_then_mac: false,
        client_random: "1c17d2a8c33914593151473089a2d87c3dd0968ea159d46ff3a83d7b144a00ff",
        server_random: "7eee592871e301a152589263907dd08b1d4b02ab2ac366586e7216cef930512a",
        master: "6465e85800ff3c7d633bf850e57c4ce0f74f01e79642b348459cb25087ec0f3ba58ac1ed057418df8429225cabfe3aca",
        records: [
            "160303002800000000000000003628e2b20389c1d71835002bd2fc00c0c78defea560e3eabf5b8d7f4520e8a14",
            "170303002a0000000000000001a0c8b67fb5578c5f4722874e7f3a8d6f570bbc353075a5fc78494955ac97679c02b1",
        ],
        said: SAID,
    },
    // TLS_RSA_WITH_NULL_SHA256.
    Session {
        version: TlsVersion::Tls12,
        suite: 0x003b,
        encrypt_then_mac: true,
        client_random: "b26718bddfedf35f679ca63e0ea164caf11dc9313ddf83c1c833aeed9485782e",
        server_random: "45ebf58f8b802d04f0dde6fb1e8d7a28a823c7696d4caa8524e8b2616ca58ceb",
        master: "fe508af3c18d3ffcad5fe2d74d8277231e10ec9c691dcfd8c063a37673a5dd014c6dab51a801148de670b55c6cc37aaa",
        records: [
            "16030300301400000c5e3e33933db6ac4828f6455302337ec70983b572e7ecb686fac44fdbcb470579fb76057920e83a1586969cdc",
            "1703030032474554202f20485454502f312e300d0a0d0a0bf74392e9d66d65b53e594c905f159fffa305473a039afb808e82a1cf032012",
        ],
        said: SAID,
    },
];

const SAID: &[u8] = b"GET / HTTP/1.0\r\n\r\n";

#[test]
fn records_of_older_ciphers_are_opened() {
    for session in SESSIONS {
        let mut log = KeyLog::default();
        log.add(format!("CLIENT_RANDOM {} {}", session.client_random, session.master).as_bytes());
        let client = unhex(session.client_random);
        let server = unhex(session.server_random);
        let records = session.records.map(unhex);
        let sealed = |number: usize| Sealed {
            version: session.version,
            suite: session.suite,
            client_random: client.first_chunk().unwrap(),
            server_random: server.first_chunk().unwrap(),
            from: Side::Client,
            epoch: Epoch::Application(0),
            sequence: number as u64,
            header: *records[number].first_chunk().unwrap(),
            body: &records[number][5..],
            encrypt_then_mac: session.encrypt_then_mac,
        };
        let mut keys = KeyRing::default();
        let mut open = |sealed: &Sealed<'_>| {
            let mut out = Vec::new();
            let kind = keys.key(&log, sealed)?.open(sealed, &mut out)?;
            Ok((kind, out))
        };
        let named = format!("{:?} {:04x}", session.version, session.suite);
        let chained = session.version == TlsVersion::Tls10;
        let second = Ok((23, session.said.to_vec()));
        // In TLS 1.0 a record continues the one before it.
        let alone = if chained {
            Err(Unopened::Failed)
        } else {
            second.clone()
        };
        assert_eq!(open(&sealed(1)), alone, "{named}");
        let (kind, clear) = open(&sealed(0)).unwrap();
        assert_eq!(
            (kind, &clear[..4], clear.len()),
            (22, &[20, 0, 0, 12][..], 16),
            "{named}"
        );
        assert_eq!(open(&sealed(1)), second, "{named}");

        // Each byte counts, and so do the record's number and type.
        for at in 0..sealed(0).body.len() {
            let mut body = sealed(0).body.to_vec();
            body[at] ^= 0x10;
            let damaged = Sealed {
                body: &body,
                ..sealed(0)
            };
            assert_eq!(open(&damaged), Err(Unopened::Failed), "{named}: byte {at}");
        }
        for len in 0..sealed(0).body.len() {
            let cut = Sealed {
                body: &sealed(0).body[..len],
                ..sealed(0)
            };
            assert_eq!(open(&cut), Err(Unopened::Failed), "{named}: {len} bytes");
        }
        let renumbered = Sealed {
            sequence: 7,
            ..sealed(0)
        };
        assert_eq!(open(&renumbered), Err(Unopened::Failed), "{named}");
        let mut header = sealed(0).header;
        header[0] = 23;
        let other = Sealed {
            header,
            ..sealed(0)
        };
        assert_eq!(open(&other), Err(Unopened::Failed), "{named}");
    }
}

#[test]
fn a_record_of_triple_des_is_opened() {
    use cbc::cipher::block_padding::NoPadding;
    use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
    let seed = [1; 64];
    let keys = prf(
        TlsVersion::Tls11,
        ring::hmac::HMAC_SHA256,
        &[7; 48],
        b"key expansion",
        &seed,
        104,
    );
    let header = [23, 3, 2, 0, 40];
    let mac = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &keys[..20]);
    let mut proved = vec![0; 8];
    proved.extend([23, 3, 2, 0, 5]);
    proved.extend(b"hello");
    let mut body = b"hello".to_vec();
    body.extend(ring::hmac::sign(&mac, &proved).as_ref());
    body.extend([6; 7]);
    let iv = [9; 8];
    let cbc = cbc::Encryptor::<des::TdesEde3>::new_from_slices(&keys[40..64], &iv).unwrap();
    let len = body.len();
    cbc.encrypt_padded::<NoPadding>(&mut body, len).unwrap();
    let body = [&iv[..], &body].concat();
    let sealed = Sealed {
        version: TlsVersion::Tls11,
        suite: 0x000a,
        client_random: &[1; 32],
        server_random: &[1; 32],
        from: Side::Client,
        epoch: Epoch::Application(0),
        sequence: 0,
        header,
        body: &body,
        encrypt_then_mac: false,
    };
    let log = format!("CLIENT_RANDOM {} {}", "01".repeat(32), "07".repeat(48));
    assert_eq!(open(&log, &sealed), Ok((23, b"hello".to_vec())));
}

//! What is told of TLS conversations, with keys and without: from the samples, through flow tracking and decryption.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::path::Path;

use wirewalk::capture::{Block, Capture};
use wirewalk::decode::{BufferKind, Dissection, FactValue};
use wirewalk::flow::{Flows, Want};
use wirewalk::model::{PacketId, Side};
use wirewalk::secrets::Secrets;

/// What was found in a sample.
#[derive(Debug, Default)]
struct Told {
    /// Events of TLS: who raised them, their id, and whether their bytes were sealed.
    events: Vec<(Side, &'static str, bool)>,
    /// Facts of the TLS conversation, by name.
    facts: Vec<(&'static str, String)>,
    /// Layers inside TLS, by protocol.
    layers: Vec<&'static str>,
}

impl Told {
    fn fact(&self, name: &str) -> Option<&str> {
        let found = self.facts.iter().find(|fact| fact.0 == name)?;
        Some(&found.1)
    }

    fn ids(&self, side: Side) -> Vec<&'static str> {
        let said = self.events.iter().filter(|event| event.0 == side);
        said.map(|event| event.1).collect()
    }
}

fn read(sample: &str, with_keys: bool, detail: bool) -> Told {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(format!("{sample}.pcapng"));
    let mut capture = Capture::open(&path).unwrap();
    let mut flows = Flows::new(if detail { Want::Fields } else { Want::Events });
    let mut secrets = Secrets::new();
    let mut d = Dissection::default();
    let mut told = Told::default();
    let (mut number, mut over) = (0, Vec::new());
    while let Some(block) = capture.next().unwrap() {
        let frame = match block {
            Block::Frame(frame) => frame,
            Block::Secrets(text) if with_keys => {
                assert!(secrets.add_key_log(text) > 0);
                continue;
            }
            _ => continue,
        };
        number += 1;
        let len = frame.bytes.len() as u32;
        d.begin(
            PacketId(number),
            frame.time,
            frame.link,
            frame.wire_len,
            len,
        );
        flows.feed(frame.bytes, &mut d, &mut secrets);
        for event in d.events.iter().filter(|e| e.def.id.starts_with("tls.")) {
            let buffer = &d.buffers[usize::from(event.span.buf.0)];
            let sealed = buffer.kind == BufferKind::Decrypted;
            told.events
                .push((d.flow.unwrap().from, event.def.id, sealed));
        }
        told.layers
            .extend(d.layers.iter().map(|layer| layer.protocol.key));
        for layer in &d.layers {
            assert_eq!(layer.fault, None, "{sample} frame {number}");
        }
        over.extend(flows.ended());
    }
    flows.finish();
    over.extend(flows.ended());
    for fact in over.iter().flat_map(|flow| flow.facts()) {
        if fact.protocol == "tls" {
            let value = match fact.value {
                FactValue::Text(text) => text,
                FactValue::Flag(set) => set.to_string(),
            };
            told.facts.push((fact.name, value));
        }
    }
    told
}

#[test]
fn tls_13_is_told_whole_with_keys() {
    let told = read("curl-https", true, true);
    assert_eq!(
        told.ids(Side::Client),
        [
            "tls.client_hello",
            "tls.change_cipher_spec",
            "tls.finished",
            "tls.alert"
        ]
    );
    assert_eq!(
        told.ids(Side::Server),
        [
            "tls.server_hello",
            "tls.change_cipher_spec",
            "tls.encrypted_extensions",
            "tls.certificate",
            "tls.certificate_verify",
            "tls.finished",
            "tls.new_session_ticket",
            "tls.new_session_ticket",
        ]
    );
    let clear = [
        "tls.client_hello",
        "tls.server_hello",
        "tls.change_cipher_spec",
    ];
    for (_, id, sealed) in &told.events {
        assert_eq!(*sealed, !clear.contains(id), "{id}");
    }
    assert_eq!(told.fact("version"), Some("TLS 1.3"));
    assert_eq!(told.fact("cipher_suite"), Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!(told.fact("group"), Some("x25519"));
    assert_eq!(told.fact("sni"), Some("www.example.test"));
    assert_eq!(told.fact("alpn"), Some("http/1.1"));
    assert_eq!(told.fact("resumed"), Some("false"));
    assert_eq!(told.fact("decrypted"), Some("true"));
    assert!(told.layers.contains(&"x509af"));
}

#[test]
fn tls_13_without_keys_says_so_once_a_side() {
    for detail in [true, false] {
        let told = read("curl-https", false, detail);
        assert_eq!(
            told.ids(Side::Client),
            [
                "tls.client_hello",
                "tls.change_cipher_spec",
                "tls.encrypted"
            ]
        );
        assert_eq!(
            told.ids(Side::Server),
            [
                "tls.server_hello",
                "tls.change_cipher_spec",
                "tls.encrypted"
            ]
        );
        assert_eq!(told.fact("decrypted"), Some("false"));
        assert_eq!(told.fact("alpn"), None);
        assert!(!told.layers.contains(&"x509af"));
    }
}

#[test]
fn tls_12_shows_its_certificate_to_all_and_its_end_to_those_with_keys() {
    let open = [
        "tls.server_hello",
        "tls.certificate",
        "tls.server_key_exchange",
        "tls.server_hello_done",
    ];
    let told = read("curl-https-tls12", true, true);
    let server = told.ids(Side::Server);
    assert_eq!(server[..4], open);
    assert!(server.contains(&"tls.finished"));
    assert_eq!(
        told.ids(Side::Client)[..4],
        [
            "tls.client_hello",
            "tls.client_key_exchange",
            "tls.change_cipher_spec",
            "tls.finished"
        ]
    );
    assert_eq!(told.fact("version"), Some("TLS 1.2"));
    assert_eq!(told.fact("decrypted"), Some("true"));

    let told = read("curl-https-tls12", false, true);
    let server = told.ids(Side::Server);
    assert_eq!(server[..4], open);
    assert_eq!(server.last(), Some(&"tls.encrypted"));
    assert!(!server.contains(&"tls.finished"));
    assert!(told.layers.contains(&"x509af"));
}

#[test]
fn skimming_and_detail_agree_with_keys_too() {
    for sample in ["curl-https", "curl-https-tls12", "expired-certificate"] {
        let (skimmed, detailed) = (read(sample, true, false), read(sample, true, true));
        assert_eq!(skimmed.events, detailed.events, "{sample}");
        assert_eq!(skimmed.facts, detailed.facts, "{sample}");
    }
}

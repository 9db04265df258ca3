//! What the TCP analysis says of every segment of the samples, held against a list that was compared with Wireshark's.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use wirewalk::capture::Block;
use wirewalk::decode::{Dissection, Field, Opener, Sealed, Unopened, Value};
use wirewalk::flow::{Flows, Want};
use wirewalk::model::PacketId;
use wirewalk::samples::SAMPLES;

/// Opens nothing: TCP is in clear.
struct Closed;

impl Opener for Closed {
    fn open(&mut self, _: &Sealed<'_>, _: &mut Vec<u8>) -> Result<u8, Unopened> {
        Err(Unopened::NoKey)
    }
}

/// One line a frame of which there is something to say; the handshake's round trip only where it changes.
fn analysed() -> String {
    let mut list = String::new();
    let mut d = Dissection::default();
    for sample in SAMPLES {
        let mut capture = sample.open().unwrap();
        let mut flows = Flows::new(Want::Fields);
        let (mut number, mut rtt) = (0, String::new());
        list.extend([sample.name, "\n"]);
        while let Some(block) = capture.next().unwrap() {
            let Block::Frame(frame) = block else { continue };
            number += 1;
            let len = frame.bytes.len() as u32;
            d.begin(
                PacketId(number),
                frame.time,
                frame.link,
                frame.wire_len,
                len,
            );
            flows.feed(frame.bytes, &mut d, &mut Closed);
            let mut line = format!("{number}");
            for layer in &d.layers {
                let fields = d.fields_of(layer);
                let is_found = |field: &&Field| field.def.key.starts_with("tcp.analysis");
                let found: Vec<_> = fields.iter().skip_while(|f| !is_found(f)).collect();
                assert!(found.is_empty() || layer.protocol.key == "tcp");
                assert!(found.iter().all(is_found), "behind the layer's own");
                for field in found {
                    assert_eq!(field.span.len, 0, "it is not on the wire");
                    let said = match field.value {
                        Value::Num(n) => format!("={n}"),
                        Value::Text(..) => format!("={}", d.text(field.value)),
                        _ => String::new(),
                    };
                    let name = field.def.key.trim_start_matches("tcp.analysis.");
                    if name == "initial_rtt" && std::mem::replace(&mut rtt, said.clone()) == said {
                        continue;
                    }
                    if !["tcp.analysis", "flags"].contains(&name) {
                        line.extend([" ", name, said.as_str()]);
                    }
                }
            }
            if line.contains(' ') {
                list.extend([line.as_str(), "\n"]);
            }
        }
    }
    list
}

#[test]
fn every_segment_of_the_samples() {
    insta::assert_snapshot!("samples", analysed());
}

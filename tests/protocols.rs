//! What every protocol must keep to: well-formed rows, and frames that are cut anywhere.

use std::collections::{HashMap, HashSet};

use wirewalk::capture::Block;
use wirewalk::decode::{Dissection, Field, Show, Value, decode_frame, protocols};
use wirewalk::model::{BufId, LinkType, PacketId, Timestamp};
use wirewalk::samples::SAMPLES;

#[test]
fn rows_are_well_formed() {
    let mut wrong = Vec::new();
    let mut helps: HashMap<&str, (&str, &str)> = HashMap::new();
    for protocol in protocols() {
        let mut keys = HashSet::new();
        for field in protocol.fields {
            let help = field.help;
            if !help.ends_with('.') || help.split(' ').count() < 3 {
                wrong.push(format!("{}: the help is one sentence: `{help}`", field.key));
            }
            if !keys.insert(field.key) {
                wrong.push(format!(
                    "{}: declared twice in `{}`",
                    field.key, protocol.key
                ));
            }
            if field.key.contains(char::is_whitespace) {
                wrong.push(format!(
                    "{}: a key of `{}` has no spaces",
                    field.key, protocol.key
                ));
            }
            if let Show::Names(_, names) = field.show
                && !names.is_sorted_by(|a, b| a.0 < b.0)
            {
                wrong.push(format!(
                    "{}: its names are not sorted, or double",
                    field.key
                ));
            }
            if let Some((label, other)) = helps.insert(field.key, (field.label, help))
                && (label, other) != (field.label, help)
                && keys.len() > 1
            {
                wrong.push(format!(
                    "{}: two protocols describe it differently",
                    field.key
                ));
            }
        }
        for event in protocol.events {
            if !event.id.contains('.') || !event.help.ends_with('.') {
                wrong.push(format!(
                    "event `{}`: an id with a dot, and a sentence",
                    event.id
                ));
            }
        }
        if protocol.decode as usize == 0 || protocol.name.is_empty() {
            wrong.push(format!("{}: has no name", protocol.key));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn claims_are_made_once() {
    let mut made = HashMap::new();
    for protocol in protocols() {
        for claim in protocol.claims {
            if let Some(other) = made.insert(claim, protocol.key) {
                panic!(
                    "{claim:?} is claimed by `{other}` and by `{}`",
                    protocol.key
                );
            }
        }
    }
}

fn dissect(link: LinkType, bytes: &[u8], wire_len: u32, d: &mut Dissection) {
    d.begin(
        PacketId(1),
        Timestamp(0),
        link,
        wire_len,
        bytes.len() as u32,
    );
    d.detail = true;
    decode_frame(bytes, d);
}

/// What a field says, free of the dissection that holds its text.
fn said(frame: &[u8], d: &Dissection, field: &Field) -> (&'static str, u32, u32, String) {
    let mut text = String::new();
    let bytes = d.bytes(frame, field.span).unwrap_or_default();
    field
        .def
        .display(field.value, bytes, d.text(field.value), &mut text);
    (field.def.key, field.span.at, field.span.len, text)
}

#[test]
fn a_cut_frame_tells_the_same_up_to_the_cut() {
    let (mut whole, mut cut) = (Dissection::default(), Dissection::default());
    let mut cuts = 0;
    for sample in SAMPLES {
        let mut capture = sample.open().unwrap();
        while let Some(block) = capture.next().unwrap() {
            let Block::Frame(frame) = block else { continue };
            dissect(frame.link, frame.bytes, frame.wire_len, &mut whole);
            for len in 0..frame.bytes.len() {
                let bytes = &frame.bytes[..len];
                dissect(frame.link, bytes, frame.wire_len, &mut cut);
                cuts += 1;
                for field in &cut.fields {
                    let inside = field.span.buf != BufId::FRAME || field.span.end() as usize <= len;
                    assert!(
                        inside,
                        "{}: {} reaches past the cut at {len}",
                        sample.name, field.def.key
                    );
                }
                // Layers before the one that met the cut are as in the whole frame, field by field.
                for (layer, same) in cut.layers.iter().zip(&whole.layers) {
                    if layer.fault.is_some()
                        || layer.protocol.key != same.protocol.key
                        || layer.span != same.span
                    {
                        break;
                    }
                    // What touches the cut may be cut itself: payload that a header shows as a field of its own.
                    // A checksum is judged only when all bytes under it are there.
                    let judged =
                        |field: &&Field| field.span.len == 0 && field.def.key.contains(".checksum");
                    let before =
                        |field: &&Field| (field.span.end() as usize) < len && !judged(field);
                    let ours: Vec<_> = cut
                        .fields_of(layer)
                        .iter()
                        .filter(before)
                        .map(|f| said(bytes, &cut, f))
                        .collect();
                    let theirs: Vec<_> = whole
                        .fields_of(same)
                        .iter()
                        .filter(before)
                        .map(|f| said(frame.bytes, &whole, f))
                        .collect();
                    assert_eq!(
                        ours, theirs,
                        "{}: {} cut at {len}",
                        sample.name, layer.protocol.key
                    );
                }
            }
        }
    }
    assert!(cuts > 10_000, "only {cuts} cuts were tried");
}

#[test]
fn headings_have_no_value_and_flags_are_bits() {
    let mut d = Dissection::default();
    let mut seen = 0;
    for sample in SAMPLES {
        let mut capture = sample.open().unwrap();
        while let Some(block) = capture.next().unwrap() {
            let Block::Frame(frame) = block else { continue };
            dissect(frame.link, frame.bytes, frame.wire_len, &mut d);
            for field in &d.fields {
                seen += 1;
                if let (Value::Num(number), true) = (field.value, field.span.bits > 0) {
                    assert!(
                        number < 1 << field.span.bits,
                        "{} does not fit its bits",
                        field.def.key
                    );
                }
            }
        }
    }
    assert!(seen > 1_000);
}

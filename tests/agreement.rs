//! Skimming and detail tell the same: the same conversations, the same events from the same bytes of the same frames.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::fs;
use std::path::Path;

use wirewalk::capture::{Block, Capture};
use wirewalk::decode::{Dissection, Opener, Sealed, Unopened};
use wirewalk::flow::{Flows, Want};
use wirewalk::model::PacketId;

/// Opens nothing: what stays sealed has to be told alike too.
struct Closed;

impl Opener for Closed {
    fn open(&mut self, _: &Sealed<'_>, _: &mut Vec<u8>) -> Result<u8, Unopened> {
        Err(Unopened::NoKey)
    }
}

/// What one way of reading finds, a line each, in an order that does not depend on when it was noticed.
#[derive(Debug, PartialEq)]
struct Found {
    conversations: Vec<String>,
    endings: Vec<String>,
    events: Vec<String>,
}

fn read(path: &Path, want: Want) -> Found {
    let mut capture = Capture::open(path).unwrap();
    let mut flows = Flows::new(want);
    let mut d = Dissection::default();
    let (mut number, mut over, mut events) = (0, Vec::new(), Vec::new());
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
        for event in &d.events {
            let mut bytes = Vec::new();
            d.trace(event.span, |p| bytes.push((p.packet.0, p.offset, p.len)));
            let flow = d.flow.map(|flow| (flow.id, flow.from));
            let about = event.about.map(|packet| packet.0);
            events.push(format!(
                "frame {number} {flow:?} {bytes:?} {} about {about:?}",
                event.def.id
            ));
        }
        over.extend(flows.ended());
    }
    flows.finish();
    over.extend(flows.ended());
    over.sort_by_key(|flow| flow.id);
    events.sort();
    let endings = over
        .iter()
        .map(|flow| format!("{} {:?}", flow.id, flow.endings));
    let endings = endings.collect();
    let conversations = over.iter().map(|flow| {
        format!(
            "{} {} {:?} {} {} {} {}..{} {} {:?} {:?} {} {:?} {:?}",
            flow.id,
            flow.transport,
            flow.stream,
            flow.app,
            flow.client,
            flow.server,
            flow.first.0,
            flow.last.0,
            flow.frames,
            flow.bytes,
            flow.outcome(),
            flow.history(),
            flow.tcp(),
            flow.facts(),
        )
    });
    Found {
        conversations: conversations.collect(),
        endings,
        events,
    }
}

#[test]
fn skimming_and_detail_agree_on_every_sample() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "pcapng") {
            continue;
        }
        let listed = read(&path, Want::Conversations);
        let skimmed = read(&path, Want::Events);
        let detailed = read(&path, Want::Fields);
        let name = path.display();
        assert_eq!(skimmed.conversations, detailed.conversations, "{name}");
        assert_eq!(listed.conversations, skimmed.conversations, "{name}");
        assert_eq!(skimmed.endings, detailed.endings, "{name}");
        assert_eq!(skimmed.events, detailed.events, "{name}");
        assert!(!skimmed.conversations.is_empty(), "{name}: no conversation");
        count += 1;
    }
    assert!(count > 0, "no sample was found");
}

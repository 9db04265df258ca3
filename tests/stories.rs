//! Every sample becomes the journey that its README row names, with every event in exactly one step.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::collections::BTreeMap;

use wirewalk::capture::{Block, Frame, Merged};
use wirewalk::decode::Dissection;
use wirewalk::flow::{Flows, Want};
use wirewalk::model::{PacketId, Timestamp};
use wirewalk::samples::SAMPLES;
use wirewalk::secrets::Secrets;
use wirewalk::story::journey::{Journey, Outcome};
use wirewalk::story::scripts::Library;
use wirewalk::story::witness::Witness;
use wirewalk::story::{Narrator, Stray};
use wirewalk::view::telling::Voice;
use wirewalk::view::timeline::Depth;

/// A witness and a narrator who see frames one by one.
struct Show {
    flows: Flows,
    secrets: Secrets,
    dissection: Dissection,
    witness: Witness,
    narrator: Narrator,
    frames: u64,
}

impl Show {
    fn new() -> Self {
        let library = Library::built_in().map_err(|(file, mistake)| format!("{file}: {mistake:?}"));
        let library = library.unwrap();
        Self {
            flows: Flows::new(Want::Events),
            secrets: Secrets::new(),
            dissection: Dissection::default(),
            witness: Witness::new(&library),
            narrator: Narrator::new(library),
            frames: 0,
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, time: Timestamp) {
        self.frames += 1;
        let (d, packet) = (&mut self.dissection, PacketId(self.frames));
        let len = frame.bytes.len() as u32;
        d.begin(packet, time, frame.link, frame.wire_len, len);
        self.flows.feed(frame.bytes, d, &mut self.secrets);
        let (flows, narrator) = (&self.flows, &mut self.narrator);
        let seen = self.witness.see(frame.bytes, d, flows, |happening| {
            narrator.hear(happening);
            Ok::<(), ()>(())
        });
        seen.unwrap();
        self.ended();
    }

    fn ended(&mut self) {
        for flow in self.flows.ended() {
            self.narrator.hear(self.witness.ended(flow));
        }
    }

    /// All that is told, and who told it.
    fn end(mut self) -> (Vec<Journey>, Narrator) {
        self.flows.finish();
        self.ended();
        let mut narrator = self.narrator;
        narrator.hear(self.witness.end());
        let told = std::iter::from_fn(|| narrator.told()).collect();
        (told, narrator)
    }
}

/// What is told of a sample, and the events that were raised in it, by id.
fn tell(name: &str) -> (Vec<Journey>, BTreeMap<&'static str, u32>, Narrator) {
    let sample = SAMPLES.iter().find(|sample| sample.name == name).unwrap();
    let mut captures = Merged::new(vec![sample.open().unwrap()]);
    let mut show = Show::new();
    let mut raised = BTreeMap::new();
    while let Some(block) = captures.next().unwrap() {
        match block {
            Block::Frame(frame) => {
                show.frame(&frame, frame.time);
                for event in &show.dissection.events {
                    *raised.entry(event.def.id).or_default() += 1;
                }
            }
            Block::Secrets(text) => {
                show.secrets.add_key_log(text);
            }
            Block::Name { .. } => {}
        }
    }
    let (told, narrator) = show.end();
    (told, raised, narrator)
}

#[test]
fn every_sample_is_one_journey_and_nothing_is_left_over() {
    let ok = Outcome::Ok;
    let failed = Outcome::Failed;
    let expected = [
        ("curl-https", "curl-https", ok),
        ("curl-https-tls12", "curl-https", ok),
        ("curl-http", "curl-http", ok),
        ("ssh-login", "ssh", ok),
        ("dns-lookup", "dns", ok),
        ("dhcp-join", "dhcp", ok),
        ("ping", "ping", ok),
        ("traceroute", "traceroute", ok),
        ("lossy-download", "curl-http", ok),
        ("connection-refused", "curl-http", failed),
        ("expired-certificate", "curl-https", failed),
        ("nxdomain", "dns", failed),
    ];
    for (sample, story, outcome) in expected {
        let (told, raised, narrator) = tell(sample);
        let found: Vec<_> = told.iter().map(|j| (j.story, j.outcome)).collect();
        assert_eq!(found, [(story, outcome)], "{sample}");
        assert_eq!(narrator.stray().frames, 0, "{sample}");
        let mut counted: BTreeMap<&str, u32> = BTreeMap::new();
        for moment in told.iter().flat_map(Journey::moments) {
            *counted.entry(moment.def.id).or_default() += moment.count;
        }
        for (id, count) in raised {
            assert_eq!(counted.get(id), Some(&count), "{sample}: {id}");
        }
    }
}

#[test]
fn silence_that_was_seen_is_no_end_of_the_capture() {
    /// The frame of `curl-http` that ends the handshake: alone it tells nothing.
    const ACK: u64 = 9;
    let mut show = Show::new();
    let discover = SAMPLES.iter().find(|s| s.name == "dhcp-join").unwrap();
    let other = SAMPLES.iter().find(|s| s.name == "curl-http").unwrap();
    // A question for an address, and ten minutes later a bare ACK of somebody else.
    for (number, (sample, place)) in (1..).zip([(discover, 1), (other, ACK)]) {
        let mut capture = sample.open().unwrap();
        (1..place).for_each(|_| assert!(capture.next().unwrap().is_some()));
        let Some(Block::Frame(frame)) = capture.next().unwrap() else {
            panic!("frames come first");
        };
        show.frame(&frame, Timestamp(number * 600_000_000_000));
    }
    assert!(show.dissection.events.is_empty());
    let told = show.narrator.told().unwrap();
    assert_eq!((told.story, told.outcome), ("dhcp", Outcome::Failed));
}

/// The two fragments of a frame with an IPv4 packet without options, after `at` bytes of what it carries.
fn fragments(frame: &[u8], at: usize) -> [Vec<u8>; 2] {
    const HEADERS: usize = 14 + 20;
    let (headers, carried) = frame.split_at(HEADERS);
    let (first, second) = carried.split_at(at);
    [(first, 0x2000_u16), (second, (at / 8) as u16)].map(|(part, place)| {
        let mut fragment = headers.to_vec();
        fragment[16..18].copy_from_slice(&(20 + part.len() as u16).to_be_bytes());
        fragment[20..22].copy_from_slice(&place.to_be_bytes());
        fragment.extend_from_slice(part);
        fragment
    })
}

#[test]
fn fragments_belong_to_the_message_that_is_put_together_from_them() {
    let sample = SAMPLES.iter().find(|s| s.name == "dns-lookup").unwrap();
    let mut capture = sample.open().unwrap();
    let mut show = Show::new();
    while let Some(block) = capture.next().unwrap() {
        let Block::Frame(frame) = block else { continue };
        let answer = frame.bytes.get(34..36) == Some(&[0, 53]);
        if !answer {
            show.frame(&frame, frame.time);
            continue;
        }
        for bytes in fragments(frame.bytes, 48) {
            let piece = Frame {
                bytes: &bytes,
                wire_len: bytes.len() as u32,
                ..frame
            };
            show.frame(&piece, frame.time);
        }
    }
    let (told, narrator) = show.end();
    let whole = tell("dns-lookup").0;
    assert_eq!(told.len(), whole.len());
    for (journey, whole) in told.iter().zip(&whole) {
        assert_eq!(
            (journey.story, journey.outcome),
            (whole.story, whole.outcome)
        );
        let answers = journey.moments().filter(|m| m.is("dns.response")).count();
        let pieces: u32 = journey
            .moments()
            .filter(|m| m.is("ip.fragment"))
            .map(|m| m.count)
            .sum();
        assert_eq!(pieces as usize, 2 * answers);
        assert!(answers > 0);
    }
    assert_eq!(*narrator.stray(), Stray::default());
}

#[test]
fn hops_of_the_traceroute() {
    let (told, ..) = tell("traceroute");
    let hops: Vec<_> = told[0]
        .moments()
        .filter(|m| m.def.id.starts_with("traceroute."))
        .map(|m| (m.def.id, m.src.unwrap().to_string()))
        .collect();
    let hops: Vec<_> = hops.iter().map(|(id, src)| (*id, src.as_str())).collect();
    assert_eq!(
        hops,
        [
            ("traceroute.hop", "192.168.1.1"),
            ("traceroute.hop", "100.64.0.1"),
            ("traceroute.silent", "192.168.1.100"),
            ("traceroute.hop", "198.51.100.6"),
            ("traceroute.arrived", "203.0.113.10"),
        ]
    );
}

#[test]
fn phases_follow_each_other() {
    let (told, ..) = tell("curl-https");
    let phases: Vec<_> = told[0].phases.iter().map(|p| p.name).collect();
    assert_eq!(
        phases,
        [
            "link", "name", "connect", "secure", "request", "wait", "transfer", "close"
        ]
    );
    for pair in told[0].phases.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{pair:?}");
    }
}

#[test]
fn what_was_told_before_changes_nothing() {
    for depth in [Depth::Brief, Depth::Deep] {
        let mut voice = Voice::new(depth, false);
        for sample in SAMPLES.iter().chain(SAMPLES) {
            for journey in &tell(sample.name).0 {
                let again = voice.tell(1, journey, journey.start);
                let fresh = Voice::new(depth, false).tell(1, journey, journey.start);
                assert_eq!(
                    serde_json::to_string(&again).unwrap(),
                    serde_json::to_string(&fresh).unwrap(),
                    "{}",
                    sample.name
                );
                assert_eq!(format!("{again:?}"), format!("{fresh:?}"));
            }
        }
    }
}

#[test]
fn nothing_unfilled_and_no_secret_is_ever_said() {
    for sample in SAMPLES {
        let (told, ..) = tell(sample.name);
        let mut voice = Voice::new(Depth::Deep, false);
        for (id, journey) in (1..).zip(&told) {
            let view = voice.tell(id, journey, journey.start);
            let json = serde_json::to_string(&view).unwrap();
            // The cookie that the samples' server sets.
            assert!(!json.contains("3f9a1c52e07b"), "{}", sample.name);
            for step in &view.steps {
                let words = &step.words;
                let said = [step.title.text(), words.text(), step.sees.text()];
                for text in said {
                    assert!(!text.contains(['{', '}']), "{}: {text}", sample.name);
                }
                assert!(!step.title.is_empty(), "{}: {}", sample.name, step.id);
            }
            assert!(!view.verdict.is_empty(), "{}", sample.name);
        }
    }
}

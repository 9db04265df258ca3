//! Every sample becomes the journey that its README row names, with every event in exactly one step.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::collections::BTreeMap;
use std::sync::Arc;

use wirewalk::capture::{Block, Frame, Merged};
use wirewalk::decode::Dissection;
use wirewalk::flow::{Flows, Want};
use wirewalk::model::{PacketId, Timestamp};
use wirewalk::samples::SAMPLES;
use wirewalk::secrets::Secrets;
use wirewalk::story::Narrator;
use wirewalk::story::journey::{Journey, Outcome};
use wirewalk::story::scripts::Library;
use wirewalk::story::witness::Witness;
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
            narrator: Narrator::new(Arc::new(library)),
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
    show.flows.finish();
    show.ended();
    let mut narrator = show.narrator;
    narrator.hear(show.witness.end());
    let told = std::iter::from_fn(|| narrator.told()).collect();
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

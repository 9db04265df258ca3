//! The one door and the only wiring: captures go in, frames, conversations and stories come out.

mod ahead;
mod order;
mod relay;

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use crate::capture::{Block, Capture, Frame, Info, Merged};
use crate::decode::skim::Skim;
use crate::decode::{DecodeAs, Dissection};
use crate::error::Error;
use crate::flow::{Flow, Flows, Names, Want};
use crate::model::{Claim, PacketId, Timestamp};
use crate::samples::Sample;
use crate::secrets::Secrets;
use crate::story::journey::Journey as Told;
use crate::story::scripts::Library;
use crate::story::witness::{Happening, Witness};
use crate::story::{Narrator, Over};
use crate::view::captures::{CaptureView, NoteView, utc};
use crate::view::conversations::Conversation;
use crate::view::frame::FrameView;
use crate::view::telling::Voice;
use crate::view::timeline::{Depth, GENERATOR, Journey, Record, SCHEMA, Stray, Timeline};

use ahead::read_ahead;
use order::InOrder;
use relay::{Bundles, Outlet, relay};

/// The largest key log that is read, in bytes.
const KEYS_MAX: u64 = 256 << 20;

/// What happens goes to the narrator like this.
const HAPPENINGS: Bundles = Bundles {
    together: 128,
    waiting: 16,
};
/// Journeys that are over go to whoever tells them like this: they are large.
const JOURNEYS: Bundles = Bundles {
    together: 16,
    waiting: 32,
};
/// Conversations, when nothing else is asked for.
const CONVERSATIONS: Bundles = Bundles {
    together: 512,
    waiting: 64,
};

/// How many ended journeys may wait for one that began before them and goes on.
const JOURNEYS_WAITING_MAX: usize = 2_000;
/// How many ended conversations may wait for an earlier one that goes on.
const WAITING_MAX: usize = 16_384;

/// Where a capture comes from.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file; `-` is standard input.
    File(PathBuf),
    /// A built-in sample.
    Sample(&'static Sample),
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// TLS key logs.
    pub keys: Vec<PathBuf>,
    /// What is spoken where, as `tcp.port=8443:tls`.
    pub decode_as: Vec<String>,
    /// Show secrets instead of masking them.
    pub reveal_secrets: bool,
    /// Stop after so many frames.
    pub frames_max: Option<u64>,
}

/// An opened capture, to be read once.
pub struct Session {
    captures: Merged,
    several: bool,
    options: Options,
    decode_as: DecodeAs,
    secrets: Secrets,
}

/// What the frames of a capture go through, in their order.
struct Passage {
    flows: Flows,
    dissection: Dissection,
    start: Timestamp,
    frames: u64,
}

/// What the frames tell the narrator.
enum Heard {
    Happening(Happening),
    Claim(Claim),
}

/// What the narrator hands on.
enum Found {
    Ended(Ended<Over>, Timestamp),
    Claim(Claim),
}

/// Something that is over.
enum Ended<J> {
    Conversation(Box<Flow>),
    /// A journey: [`Over`], or told.
    Journey(J),
}

impl Passage {
    /// Takes in a frame.
    fn take(&mut self, frame: &Frame<'_>, skim: Option<&Skim>, secrets: &mut Secrets) {
        if self.frames == 0 {
            self.start = frame.time;
        }
        self.frames += 1;
        let (number, captured) = (PacketId(self.frames), frame.bytes.len() as u32);
        let d = &mut self.dissection;
        d.begin(number, frame.time, frame.link, frame.wire_len, captured);
        self.flows.feed_skimmed(frame.bytes, skim, d, secrets);
    }
}

impl Session {
    /// Opens captures, to be told as one in time order.
    ///
    /// # Errors
    /// When one of them, or a key log, cannot be opened or is not what it should be.
    pub fn open(inputs: &[Input], options: Options) -> Result<Self, Error> {
        let captures = inputs.iter().map(|input| match input {
            Input::File(path) => Capture::open(path),
            Input::Sample(sample) => sample.open(),
        });
        Self::new(captures.collect::<Result<_, _>>()?, options)
    }

    /// Takes captures that are open already.
    ///
    /// # Errors
    /// When a key log cannot be opened, or an option is not what it should be.
    pub fn new(captures: Vec<Capture>, options: Options) -> Result<Self, Error> {
        let decode_as = DecodeAs::read(&options.decode_as).map_err(|bad| Error::Usage {
            what: bad.what,
            because: bad.because,
            hint: bad.hint,
        })?;
        let mut secrets = Secrets::new();
        for path in &options.keys {
            read_keys(path, &mut secrets)?;
        }
        Ok(Self {
            several: captures.len() > 1,
            captures: Merged::new(captures),
            options,
            decode_as,
            secrets,
        })
    }

    /// Sends every frame through decoding and flow tracking, and then to `each`, which gets `None` when the next frame may
    /// be long in coming; the capture's own secrets are used.
    fn pass(
        &mut self,
        want: Want,
        mut each: impl FnMut(Option<&Frame<'_>>, &mut Passage) -> Result<(), Error>,
    ) -> Result<Passage, Error> {
        let mut passage = Passage {
            flows: Flows::new(want),
            dissection: Dissection::default(),
            start: Timestamp::default(),
            frames: 0,
        };
        passage.dissection.decode_as = self.decode_as.clone();
        let frames_max = self.options.frames_max.unwrap_or(u64::MAX);
        let secrets = &mut self.secrets;
        read_ahead(&mut self.captures, frames_max, |portion| {
            let Some(portion) = portion else {
                return each(None, &mut passage);
            };
            for (block, skim) in portion.blocks() {
                match block {
                    Block::Frame(frame) => {
                        passage.take(&frame, skim, secrets);
                        each(Some(&frame), &mut passage)?;
                    }
                    Block::Secrets(text) => {
                        secrets.add_key_log(text);
                    }
                    Block::Name { addr, name } => passage.flows.name(addr, name),
                }
            }
            Ok(())
        })?;
        passage.flows.finish();
        Ok(passage)
    }

    /// Calls `each` with every frame, dissected in full.
    ///
    /// # Errors
    /// When a capture cannot be read, or `each` says so.
    pub fn frames(
        &mut self,
        mut each: impl FnMut(FrameView) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (several, reveal) = (self.several, self.options.reveal_secrets);
        let mut names = Names::default();
        self.pass(Want::Fields, |frame, passage| {
            let Some(frame) = frame else { return Ok(()) };
            passage.flows.claims().for_each(|claim| names.learn(claim));
            let mut view = FrameView::new(frame.bytes, &passage.dissection, passage.start, reveal);
            view.introduce(&passage.dissection, &names);
            view.comments = frame.comments.to_vec();
            if several {
                view.file = Some(frame.file);
                view.file_number = Some(frame.file_number);
            }
            passage.flows.ended().for_each(drop);
            each(view)
        })?;
        Ok(())
    }

    /// Calls `each` with every conversation, in the order of their numbers.
    ///
    /// # Errors
    /// When a capture cannot be read, or `each` says so.
    pub fn conversations(
        &mut self,
        mut each: impl FnMut(Conversation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut queue = InOrder::new(WAITING_MAX);
        let (mut next, mut start) = (1, Timestamp::default());
        relay(
            CONVERSATIONS,
            |outlet| {
                let mut names = Names::default();
                let mut send = |passage: &mut Passage, outlet: &mut Outlet<_>| {
                    passage.flows.claims().for_each(|claim| names.learn(claim));
                    let mut ended = passage.flows.ended();
                    ended.try_for_each(|mut flow| {
                        if !names.is_empty() {
                            names.introduce(&mut flow);
                        }
                        outlet.send((flow, passage.start))
                    })
                };
                let mut passage = self.pass(Want::Conversations, |frame, passage| {
                    if passage.flows.has_news() {
                        send(passage, outlet)?;
                    }
                    if frame.is_none() {
                        outlet.flush()?;
                    }
                    Ok(())
                })?;
                send(&mut passage, outlet)
            },
            |(flow, capture_start)| {
                start = capture_start;
                queue.add(flow.id, flow);
                while let Some(flow) = queue.next(|id| *id <= next) {
                    next = next.max(flow.id + 1);
                    each(Conversation::new(&flow, start))?;
                }
                Ok(())
            },
        )?;
        let mut rest = queue.rest();
        rest.try_for_each(|flow| each(Conversation::new(&flow, start)))
    }

    /// Calls `each` with every conversation and journey as it ends, at last with the captures and what was not recognised.
    ///
    /// # Errors
    /// When a capture cannot be read, or `each` says so.
    pub fn records(
        &mut self,
        depth: Depth,
        mut each: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut voice = self.voice(depth);
        let mut number = 0;
        let stray = self.tell(is_named(depth), |ended, start| match ended {
            Ended::Conversation(flow) => each(Record::Conversation(Box::new(Conversation::new(
                &flow, start,
            )))),
            Ended::Journey(told) => {
                number += 1;
                each(Record::Journey(Box::new(voice.tell(number, &told, start))))
            }
        })?;
        for capture in self.captures() {
            each(Record::Capture(Box::new(capture)))?;
        }
        each(Record::Stray(stray))
    }

    /// As [`Self::records`]; conversations come in the order of their numbers, and journeys as from [`Self::journeys`].
    ///
    /// # Errors
    /// When a capture cannot be read, or `each` says so.
    pub fn records_in_order(
        &mut self,
        depth: Depth,
        mut each: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut voice = self.voice(depth);
        let conversation =
            |flow: &Flow, start| Record::Conversation(Box::new(Conversation::new(flow, start)));
        let mut number = 0;
        let mut journey = |told: &Told, start| {
            number += 1;
            Record::Journey(Box::new(voice.tell(number, told, start)))
        };
        let mut flows = InOrder::new(WAITING_MAX);
        let mut journeys = InOrder::new(JOURNEYS_WAITING_MAX);
        let (mut next, mut count, mut start) = (1, 0, Timestamp::default());
        let stray = self.tell(is_named(depth), |ended, capture_start| {
            start = capture_start;
            match ended {
                Ended::Conversation(flow) => {
                    flows.add(flow.id, flow);
                    while let Some(flow) = flows.next(|id| *id <= next) {
                        next = next.max(flow.id + 1);
                        each(conversation(&flow, start))?;
                    }
                }
                Ended::Journey(told) => {
                    count += 1;
                    journeys.add((told.first, count), told);
                    if let Some(told) = journeys.next(|_| false) {
                        each(journey(&told, start))?;
                    }
                }
            }
            Ok(())
        })?;
        for flow in flows.rest() {
            each(conversation(&flow, start))?;
        }
        for told in journeys.rest() {
            each(journey(&told, start))?;
        }
        for capture in self.captures() {
            each(Record::Capture(Box::new(capture)))?;
        }
        each(Record::Stray(stray))
    }

    /// Calls `each` with every journey, in the order of their first frames, and returns what was not recognised.
    /// Journeys wait for those that began before them, up to two thousand of them.
    ///
    /// # Errors
    /// When a capture cannot be read, or `each` says so.
    pub fn journeys(
        &mut self,
        depth: Depth,
        mut each: impl FnMut(Journey) -> Result<(), Error>,
    ) -> Result<Stray, Error> {
        let mut voice = self.voice(depth);
        let mut number = 0;
        let mut view = |told: &Told, start| {
            number += 1;
            each(voice.tell(number, told, start))
        };
        let mut queue = InOrder::new(JOURNEYS_WAITING_MAX);
        let (mut count, mut start) = (0, Timestamp::default());
        let stray = self.tell(true, |ended, capture_start| {
            start = capture_start;
            if let Ended::Journey(told) = ended {
                count += 1;
                queue.add((told.first, count), told);
                if let Some(told) = queue.next(|_| false) {
                    view(&told, start)?;
                }
            }
            Ok(())
        })?;
        let mut rest = queue.rest();
        rest.try_for_each(|told| view(&told, start))?;
        Ok(stray)
    }

    /// Everything at once, as one value.
    ///
    /// # Errors
    /// When a capture cannot be read.
    pub fn timeline(&mut self, depth: Depth) -> Result<Timeline, Error> {
        let (mut conversations, mut journeys, mut strays) =
            (Vec::new(), Vec::new(), Stray::default());
        self.records(depth, |record| {
            match record {
                Record::Conversation(conversation) => conversations.push(*conversation),
                Record::Journey(journey) => journeys.push(*journey),
                Record::Stray(stray) => strays = stray,
                Record::Capture(_) => {}
            }
            Ok(())
        })?;
        conversations.sort_by_key(|conversation| conversation.id);
        journeys.sort_by_key(|journey| (journey.first, journey.id));
        for (journey, number) in journeys.iter_mut().zip(1..) {
            journey.id = number;
        }
        Ok(Timeline {
            schema: SCHEMA,
            generator: GENERATOR,
            captures: self.captures(),
            conversations,
            journeys,
            stray: strays,
        })
    }

    /// Sends the captures through the narrator; `each` gets what ended, and the time of the first frame. Who takes part has
    /// names where they are wanted.
    fn tell(
        &mut self,
        named: bool,
        mut each: impl FnMut(Ended<Told>, Timestamp) -> Result<(), Error>,
    ) -> Result<Stray, Error> {
        let library = Library::built_in().map_err(|(name, mistake)| Error::Usage {
            what: format!("the built-in script `{name}` is not right"),
            because: mistake.what,
            hint: "this is a fault of wirewalk; another version may be without it".to_owned(),
        })?;
        let mut witness = Witness::new(&library);
        let mut narrator = Narrator::new(Arc::clone(&library));
        let see = |outlet: &mut Outlet<(Heard, Timestamp)>| {
            let mut passage = self.pass(Want::Events, |frame, passage| {
                let start = passage.start;
                for claim in passage.flows.claims().filter(|_| named) {
                    outlet.send((Heard::Claim(claim), start))?;
                }
                if let Some(frame) = frame {
                    let (d, flows) = (&passage.dissection, &passage.flows);
                    let mut send = |happening| outlet.send((Heard::Happening(happening), start));
                    witness.see(frame.bytes, d, flows, &mut send)?;
                } else {
                    outlet.send((Heard::Happening(Happening::Pause), start))?;
                    outlet.flush()?;
                }
                let ended = passage.flows.ended().map(|flow| witness.ended(flow));
                let mut ended = ended.map(Heard::Happening);
                ended.try_for_each(|ended| outlet.send((ended, start)))
            })?;
            let start = passage.start;
            for claim in passage.flows.claims().filter(|_| named) {
                outlet.send((Heard::Claim(claim), start))?;
            }
            for flow in passage.flows.ended() {
                outlet.send((Heard::Happening(witness.ended(flow)), start))?;
            }
            outlet.send((Heard::Happening(witness.end()), start))
        };
        let find = |outlet: &mut Outlet<Found>| {
            relay(HAPPENINGS, see, |(heard, start)| {
                let happening = match heard {
                    Heard::Happening(happening) => happening,
                    Heard::Claim(claim) => return outlet.send(Found::Claim(claim)),
                };
                let pauses = matches!(happening, Happening::Pause);
                if let Some(flow) = narrator.hear(happening) {
                    outlet.send(Found::Ended(Ended::Conversation(flow), start))?;
                }
                while let Some(over) = narrator.over() {
                    outlet.send(Found::Ended(Ended::Journey(over), start))?;
                }
                if pauses { outlet.flush() } else { Ok(()) }
            })?;
            let stray = narrator.stray();
            Ok(Stray {
                frames: stray.frames,
                conversations: stray.conversations.clone(),
            })
        };
        let mut names = Names::default();
        relay(JOURNEYS, find, |found| match found {
            Found::Claim(claim) => {
                names.learn(claim);
                Ok(())
            }
            Found::Ended(Ended::Conversation(flow), start) => {
                each(Ended::Conversation(flow), start)
            }
            Found::Ended(Ended::Journey(over), start) => {
                let Some(mut told) = over.tell(&library) else {
                    return Ok(());
                };
                if named {
                    told.introduce(&mut names);
                }
                each(Ended::Journey(told), start)
            }
        })
    }

    fn voice(&self, depth: Depth) -> Voice {
        Voice::new(depth, self.options.reveal_secrets)
    }

    /// What is known about the captures so far.
    #[must_use]
    pub fn captures(&self) -> Vec<CaptureView> {
        self.captures.infos().map(capture_view).collect()
    }
}

/// What programs read says least at its shortest: who takes part has no names there.
fn is_named(depth: Depth) -> bool {
    depth > Depth::Brief
}

fn capture_view(info: &Info) -> CaptureView {
    CaptureView {
        name: info.name.clone(),
        format: info.format.name(),
        link_types: info
            .link_types
            .iter()
            .map(|link| {
                link.name()
                    .map_or_else(|| link.0.to_string(), str::to_owned)
            })
            .collect(),
        packets: info.packets,
        bytes: info.bytes,
        first: info.first.map(utc),
        duration_ns: info.duration_ns(),
        notes: info
            .notes
            .iter()
            .map(|note| NoteView {
                code: note.code,
                text: note.text.clone(),
                frame: note.frame,
            })
            .collect(),
        comments: info.comments.clone(),
    }
}

#[expect(clippy::disallowed_methods, reason = "key logs are opened here")]
fn read_keys(path: &std::path::Path, secrets: &mut Secrets) -> Result<(), Error> {
    let name = path.to_string_lossy().into_owned();
    let file = std::fs::File::open(path).map_err(|source| Error::Open {
        name: name.clone(),
        source,
    })?;
    let mut text = Vec::new();
    file.take(KEYS_MAX)
        .read_to_end(&mut text)
        .map_err(|source| Error::Read { name, source })?;
    secrets.add_key_log(&text);
    Ok(())
}

//! What the two sides of a connection say: finds out the protocol, cuts both directions into its messages, and has each
//! decoded in the frame that completes it.

use std::any::Any;

use crate::decode::{
    Ask, BodyPart, Claim, Extent, Fact, Guess, Next, Protocol, Talk, claimed, credentials,
    decode_message, protocols, usual,
};
use crate::model::{EventDef, Side, Span};

use super::Want;
use super::hearing::Hearing;
use super::stream::cut;
use super::waiting::{Run, Source, Waiting};

/// Bytes of one direction that may wait for the end of their message.
const WAITING_MAX: usize = 1 << 20;
/// Bytes of one direction after which the protocol has to be known.
const GUESS_MAX: usize = 4096;
/// Segments of a connection that was open before the capture, after which its protocol has to be known.
const TRIES_MAX: u8 = 32;
/// How deep protocols may carry each other.
const DEPTH_MAX: u8 = 4;
/// How often in a row a protocol may say something without taking a byte.
const IDLE_MAX: u8 = 4;

/// A conversation over a byte stream.
#[derive(Debug)]
pub(super) struct Dialogue {
    /// The server's port: a hint to the protocol.
    port: Option<u16>,
    state: State,
    /// The protocol that was found first.
    app: Option<&'static Protocol>,
    lanes: [Lane; 2],
    /// What the protocol carries in turn.
    inner: Option<Box<Dialogue>>,
    /// What was known by protocols that are over.
    past: Vec<Fact>,
    /// The port usually carries another protocol, which is still to be said.
    odd_port: Option<(u16, &'static Protocol)>,
    tries: u8,
    depth: u8,
}

#[derive(Debug)]
enum State {
    /// Too few bytes have been heard to know the protocol.
    Unknown,
    /// The protocol is known.
    Talking(Speaker),
    /// No protocol is known, or it has nothing more to tell.
    Silent,
}

#[derive(Debug)]
struct Speaker {
    protocol: &'static Protocol,
    talk: &'static Talk,
    memory: Box<dyn Any + Send>,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    waiting: Waiting,
    /// How many of the waiting bytes are a head, and body behind it, that is decoded as a whole once it is complete.
    held: usize,
    /// How many of them are the head.
    head: usize,
    /// The head was told when it was complete.
    head_told: bool,
    /// The event whose body is being counted.
    body_of: Option<&'static EventDef>,
    /// Bytes of a body are what comes next.
    in_body: bool,
    /// Bytes that are missing before the next ones.
    lost: u64,
    /// After a gap: bytes are passed over until a message may begin.
    seeking: bool,
    done: bool,
}

impl Dialogue {
    /// A conversation with a server on this port. `midway`: the capture does not show its beginning.
    pub(super) fn new(port: Option<u16>, midway: bool) -> Self {
        let mut new = Self {
            port,
            state: State::Unknown,
            app: None,
            lanes: Default::default(),
            inner: None,
            past: Vec::new(),
            odd_port: None,
            tries: 0,
            depth: 0,
        };
        if midway {
            for lane in &mut new.lanes {
                lane.lost = 1;
                lane.seeking = true;
            }
        }
        new
    }

    /// A conversation that is said to be of this protocol.
    pub(super) fn said(protocol: &'static Protocol, midway: bool) -> Self {
        let mut new = Self::new(None, midway);
        new.become_protocol(Some(protocol));
        new
    }

    fn within(next: Next, depth: u8) -> Self {
        let port = match next {
            Next::TcpPort(port) => Some(port),
            _ => None,
        };
        let mut new = Self::new(port, false);
        new.depth = depth;
        if depth > DEPTH_MAX {
            new.state = State::Silent;
        } else if !matches!(next, Next::TcpPort(_)) {
            new.become_protocol(claimed(next, &[]));
        }
        new
    }

    /// The protocol, once it is known.
    pub(super) const fn app(&self) -> Option<&'static Protocol> {
        self.app
    }

    /// True when no byte is wanted any more.
    pub(super) const fn is_silent(&self) -> bool {
        matches!(self.state, State::Silent)
    }

    /// True when bytes of this side are wanted.
    pub(super) fn wants(&self, side: Side) -> bool {
        !self.is_silent() && !self.lanes[side.index()].done
    }

    /// Bytes of memory for what waits.
    pub(super) fn held(&self) -> usize {
        let inner = self.inner.as_ref().map_or(0, |inner| inner.held());
        let lanes: usize = self.lanes.iter().map(|lane| lane.waiting.held()).sum();
        inner + lanes
    }

    /// What is known of the conversation as a whole.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let mut facts = self.past.clone();
        if let State::Talking(speaker) = &self.state {
            facts.extend((speaker.talk.facts)(&*speaker.memory));
        }
        if let Some(inner) = &self.inner {
            facts.extend(inner.facts());
        }
        facts
    }

    /// Bytes of one side, in order.
    pub(super) fn hear(
        &mut self,
        side: Side,
        bytes: &[u8],
        source: Source<'_>,
        h: &mut Hearing<'_>,
    ) {
        if !self.wants(side) {
            if let Source::Here(span) = source {
                h.show(span);
            }
            return;
        }
        if let Source::Here(span) = source
            && self.lanes[side.index()].seeking
        {
            self.hush(side, span, h);
        }
        let mut waiting = std::mem::take(&mut self.lanes[side.index()].waiting);
        let (here, pieces): (_, &[_]) = match source {
            Source::Here(span) => (Some((waiting.bytes.len(), span)), &[]),
            Source::Before(pieces) => (None, pieces),
        };
        if waiting.bytes.is_empty() {
            let run = Run {
                bytes,
                pieces,
                here,
                ended: false,
            };
            let used = self.cut(side, run, h);
            waiting.add(bytes, source, used, h.d);
        } else {
            waiting.add(bytes, source, 0, h.d);
            let run = waiting.run(here, false);
            let used = self.cut(side, run, h);
            waiting.drop_first(used);
        }
        self.put_back(side, waiting, h);
    }

    /// Nothing more comes from this side.
    pub(super) fn end(&mut self, side: Side, h: &mut Hearing<'_>) {
        if !self.wants(side) {
            return;
        }
        let mut waiting = std::mem::take(&mut self.lanes[side.index()].waiting);
        if matches!(self.state, State::Unknown) && waiting.bytes.is_empty() {
            return;
        }
        let used = self.cut(side, waiting.run(None, true), h);
        waiting.drop_first(used);
        self.put_back(side, waiting, h);
        if let Some(mut inner) = self.inner.take() {
            inner.end(side, h);
            self.inner = Some(inner);
        }
    }

    /// Passes over bytes of this side that nobody asks about; returns how many, at most `max`.
    pub(super) fn pass(&mut self, side: Side, max: u32) -> u32 {
        let lane = &self.lanes[side.index()];
        let idle = lane.in_body && !lane.seeking && !lane.done;
        let State::Talking(speaker) = &mut self.state else {
            return 0;
        };
        if !idle || lane.held > 0 || !lane.waiting.bytes.is_empty() {
            return 0;
        }
        (speaker.talk.pass)(&mut *speaker.memory, side, max.into()) as u32
    }

    /// The capture missed bytes of this side: what waits has no end, and the next message has to be found again.
    pub(super) fn lose(&mut self, side: Side, count: u64, h: &mut Hearing<'_>) {
        if !self.wants(side) {
            return;
        }
        let waiting = std::mem::take(&mut self.lanes[side.index()].waiting);
        let held = self.tell_held(side, waiting.run(None, false), 0, h);
        let left = waiting.bytes.len().saturating_sub(held) as u64;
        let lane = &mut self.lanes[side.index()];
        lane.lost = lane.lost.saturating_add(count).saturating_add(left);
        lane.seeking = true;
    }

    /// Bytes of this frame whose beginning is not here: marks what may be the rest of a secret.
    pub(super) fn hush(&self, side: Side, span: Span, h: &mut Hearing<'_>) {
        let lane = &self.lanes[side.index()];
        if h.want != Want::Fields || self.is_silent() || lane.in_body {
            return;
        }
        let bytes = h.d.bytes(h.frame, span).unwrap_or_default();
        let begins = match &self.state {
            State::Talking(speaker) => (speaker.talk.resumes)(bytes),
            _ => protocols()
                .iter()
                .filter_map(|protocol| protocol.talk)
                .any(|talk| (talk.resumes)(bytes)),
        };
        if let Some(rest) = credentials::rest_of_line(bytes).filter(|_| !begins) {
            let secret = Span::bytes(span.buf, span.at, rest as u32);
            h.d.secrets.push(secret);
        }
    }

    fn put_back(&mut self, side: Side, waiting: Waiting, h: &mut Hearing<'_>) {
        if !self.wants(side) || waiting.bytes.is_empty() {
            return;
        }
        if h.want == Want::Fields {
            waiting.conceal(h.d);
        }
        let too_long = waiting.bytes.len() > WAITING_MAX;
        self.lanes[side.index()].waiting = waiting;
        if too_long {
            h.limit("a message of more than 1 MiB is not put together");
            self.lose(side, 0, h);
        }
    }

    /// Cuts messages off a run until it needs more bytes; returns how many it used. The head of a message whose body is not
    /// complete is told already: its end may never come.
    fn cut(&mut self, side: Side, run: Run<'_>, h: &mut Hearing<'_>) -> usize {
        let used = self.cut_messages(side, run, h);
        let last = h.ends == Some(side) && self.depth == 0;
        let lane = &mut self.lanes[side.index()];
        if lane.held > 0 && !lane.head_told && !last {
            lane.head_told = true;
            let head = lane.head;
            self.tell(side, run, used, head, h);
        }
        used
    }

    fn cut_messages(&mut self, side: Side, run: Run<'_>, h: &mut Hearing<'_>) -> usize {
        if matches!(self.state, State::Unknown) {
            match self.choose(side, run) {
                Choice::Wait => return 0,
                Choice::PassOver => return run.bytes.len(),
                Choice::Found(protocol) => {
                    self.odd_port = self
                        .port
                        .zip(protocol)
                        .and_then(|(port, protocol)| Some((port, usual(port, protocol.key)?)));
                    self.become_protocol(protocol);
                }
            }
            self.catch_up(side.other(), h);
        }
        let (mut at, mut idle, mut told_end) = (0, 0, false);
        loop {
            let lane = &mut self.lanes[side.index()];
            let held = lane.held;
            let rest = run.bytes.get(at + held..).unwrap_or_default();
            let State::Talking(speaker) = &mut self.state else {
                if let Some((_, span)) = run.here_from(at) {
                    h.show(span);
                }
                return run.bytes.len();
            };
            if rest.is_empty() && (!run.ended || told_end) {
                return at;
            }
            told_end = rest.is_empty();
            if lane.seeking {
                if !(speaker.talk.resumes)(rest) {
                    lane.lost = lane.lost.saturating_add(rest.len() as u64);
                    return run.bytes.len();
                }
                lane.seeking = false;
            }
            let ask = Ask {
                side,
                bytes: rest,
                ended: run.ended,
                lost: std::mem::take(&mut lane.lost),
                detail: h.d.detail,
            };
            let before = at + held;
            let extent = (speaker.talk.extent)(&mut *speaker.memory, ask);
            match extent {
                Extent::Message { body, .. } => lane.in_body = body,
                Extent::Body { last, .. } => lane.in_body = !last,
                _ => {}
            }
            match extent {
                Extent::More => break,
                Extent::Message { len, .. } if len > rest.len() => break,
                Extent::Message { len, body } => {
                    // What was held ended without saying so.
                    at += self.tell_held(side, run, at, h);
                    if body && h.d.detail {
                        let lane = &mut self.lanes[side.index()];
                        (lane.held, lane.head) = (len, len);
                    } else {
                        self.tell(side, run, at, len, h);
                        at += len;
                    }
                }
                Extent::Body { len, last } if held > 0 => {
                    lane.held += len.min(rest.len());
                    if last || lane.held > WAITING_MAX {
                        at += self.tell_held(side, run, at, h);
                    } else if len == 0 {
                        return at;
                    }
                }
                Extent::Body { len, last } => {
                    let len = len.min(rest.len());
                    if let Some(event) = lane.body_of
                        && len > 0
                    {
                        h.d.bodies.push(BodyPart {
                            event,
                            from: side,
                            bytes: len as u64,
                        });
                    }
                    if last {
                        lane.body_of = None;
                    } else if len == 0 {
                        return at;
                    }
                    at += len;
                }
                Extent::Becomes(next) => {
                    at += self.tell_held(side, run, at, h);
                    self.retire();
                    self.state = State::Unknown;
                    let chosen = Self::within(next, self.depth);
                    self.port = chosen.port;
                    self.state = chosen.state;
                    if matches!(self.state, State::Unknown) {
                        return at + self.cut_again(side, run, at, h);
                    }
                    self.catch_up(side.other(), h);
                }
                Extent::Done => {
                    lane.done = true;
                    if self.lanes.iter().all(|lane| lane.done) {
                        self.retire();
                    }
                    if let Some((_, span)) = run.here_from(at + held) {
                        h.show(span);
                    }
                    return run.bytes.len();
                }
            }
            let moved = at + self.lanes[side.index()].held > before;
            idle = if moved { 0 } else { idle + 1 };
            if idle > IDLE_MAX {
                self.retire();
            }
        }
        // The last bytes of this side: what is held is all there is of its message.
        if run.ended {
            at += self.tell_held(side, run, at, h);
        }
        at
    }

    /// Tells the message that is held, as far as it came; returns how many bytes of the run it was.
    fn tell_held(&mut self, side: Side, run: Run<'_>, at: usize, h: &mut Hearing<'_>) -> usize {
        let lane = &mut self.lanes[side.index()];
        let held = std::mem::take(&mut lane.held);
        let again = std::mem::take(&mut lane.head_told);
        if held > 0 {
            h.d.again = again;
            self.tell(side, run, at, held, h);
            h.d.again = false;
        }
        held
    }

    /// Goes on behind `at` with a protocol that has to be found first.
    fn cut_again(&mut self, side: Side, run: Run<'_>, at: usize, h: &mut Hearing<'_>) -> usize {
        let bytes = run.bytes.get(at..).unwrap_or_default();
        if bytes.is_empty() || self.depth > DEPTH_MAX {
            return 0;
        }
        // Counted, so that protocols that become each other end.
        self.depth += 1;
        let (pieces, here) = (cut(run.pieces, at as u32, u32::MAX), run.here_from(at));
        let run = Run {
            bytes,
            pieces: &pieces,
            here,
            ended: run.ended,
        };
        self.cut(side, run, h)
    }

    /// Cuts what this side said before the protocol was known.
    fn catch_up(&mut self, side: Side, h: &mut Hearing<'_>) {
        let mut waiting = std::mem::take(&mut self.lanes[side.index()].waiting);
        if waiting.bytes.is_empty() {
            return;
        }
        let used = self.cut(side, waiting.run(None, false), h);
        waiting.drop_first(used);
        self.put_back(side, waiting, h);
    }

    /// Finds the protocol by the first bytes of the two sides.
    fn choose(&mut self, side: Side, run: Run<'_>) -> Choice {
        let other = &self.lanes[side.other().index()].waiting.bytes;
        let (client, server) = match side {
            Side::Client => (run.bytes, other.as_slice()),
            Side::Server => (other.as_slice(), run.bytes),
        };
        let (mut perhaps, mut more) = (None, false);
        for &protocol in protocols() {
            let Some(talk) = protocol.talk else { continue };
            match (talk.guess)(client, server) {
                Guess::Yes => return Choice::Found(Some(protocol)),
                Guess::Perhaps if self.claims(protocol) => perhaps = perhaps.or(Some(protocol)),
                Guess::More => more = true,
                Guess::No | Guess::Perhaps => {}
            }
        }
        let midway = self.lanes[side.index()].seeking;
        if more && !run.ended && !midway && run.bytes.len() < GUESS_MAX {
            return Choice::Wait;
        }
        if perhaps.is_some() || !midway {
            return Choice::Found(perhaps);
        }
        let by_port = protocols().iter().copied().find(|protocol| {
            let resumes = |talk: &Talk| (talk.resumes)(run.bytes);
            self.claims(protocol) && protocol.talk.is_some_and(resumes)
        });
        self.tries += 1;
        if by_port.is_none() && self.tries < TRIES_MAX {
            return Choice::PassOver;
        }
        Choice::Found(by_port)
    }

    fn claims(&self, protocol: &Protocol) -> bool {
        self.port
            .is_some_and(|port| protocol.claims.contains(&Claim::TcpPort(port)))
    }

    fn become_protocol(&mut self, protocol: Option<&'static Protocol>) {
        let Some((protocol, talk)) = protocol.and_then(|p| p.talk.map(|talk| (p, talk))) else {
            self.state = State::Silent;
            return;
        };
        self.app.get_or_insert(protocol);
        self.state = State::Talking(Speaker {
            protocol,
            talk,
            memory: (talk.begin)(),
        });
    }

    /// Keeps what the protocol knows, and falls silent.
    fn retire(&mut self) {
        if let State::Talking(speaker) = &self.state {
            self.past.extend((speaker.talk.facts)(&*speaker.memory));
        }
        self.state = State::Silent;
    }

    /// Has a message decoded, and hears what it carries.
    fn tell(&mut self, side: Side, run: Run<'_>, at: usize, len: usize, h: &mut Hearing<'_>) {
        let State::Talking(speaker) = &mut self.state else {
            return;
        };
        h.layers();
        let Some(span) = run.span(at, len, h.d) else {
            return;
        };
        let before = h.d.events.len();
        h.d.mute = h.want == Want::Conversations;
        h.d.odd_port = self.odd_port.take();
        decode_message(
            h.frame,
            h.d,
            speaker.protocol,
            span,
            &mut *speaker.memory,
            side,
            h.opener,
        );
        if !h.d.again {
            let raised = h.d.events.get(before..).and_then(<[_]>::last);
            self.lanes[side.index()].body_of = raised.map(|event| event.def);
        }
        for inner in std::mem::take(&mut h.d.inner) {
            let Some(bytes) = h.d.bytes(h.frame, inner.span).map(<[u8]>::to_vec) else {
                continue;
            };
            let mut dialogue = self
                .inner
                .take()
                .unwrap_or_else(|| Box::new(Self::within(inner.next, self.depth + 1)));
            dialogue.hear(side, &bytes, Source::Here(inner.span), h);
            self.inner = Some(dialogue);
        }
    }
}

enum Choice {
    Wait,
    PassOver,
    Found(Option<&'static Protocol>),
}

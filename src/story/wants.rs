//! Which fields stories want of which events, and the copying of their values out of a frame that is about to go.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::decode::{
    BufferKind, Dissection, Field, FieldDef, Hidden, Layer, Raised, Value, protocols,
};
use crate::model::{BufId, Span};

use super::moment::{Captured, Datum, Evidence};
use super::needs::ENGINE;
use super::script::Script;
use super::template::Template;

/// At most this many values of one event are kept: hostile messages repeat fields without end.
const VALUES_MAX: usize = 256;
/// A text is kept up to this many bytes.
const TEXT_MAX: usize = 4096;

/// What is wanted of one kind of event beyond its own fields: rows of keys that stand in other layers of its frame.
type Wanted = Vec<Row>;

/// What is wanted of the fields that one protocol records.
#[derive(Debug)]
struct Row {
    /// The address of the protocol's definition.
    protocol: usize,
    fields: Fields,
}

/// The tables of wanted fields.
#[derive(Debug)]
pub(super) struct Wants {
    keys: FxHashMap<String, u16>,
    /// Keys by event id, as the scripts name them.
    named: BTreeMap<String, Vec<String>>,
    /// The wanted definitions of fields.
    fields: Fields,
    /// By the address of an event's definition; filled as events are met for the first time.
    events: FxHashMap<usize, Wanted>,
    /// Where values are collected before their number is known.
    values: Vec<Captured>,
}

/// The number of a wanted field's key, by the address of its definition. Most fields of a frame are not wanted: for nearly
/// all of those one bit says so.
#[derive(Debug)]
struct Fields {
    maybe: Box<[u64]>,
    numbers: FxHashMap<usize, u16>,
}

impl Fields {
    fn new(numbers: impl Iterator<Item = (&'static FieldDef, u16)>) -> Self {
        let numbers: FxHashMap<_, _> = numbers.map(|(def, key)| (address(def), key)).collect();
        let words = (numbers.len() / 4).next_power_of_two();
        let mut maybe = vec![0; words].into_boxed_slice();
        for at in numbers.keys() {
            let number = spread(*at);
            maybe[number / 64 % words] |= 1 << (number % 64);
        }
        Self { maybe, numbers }
    }

    fn number(&self, def: &'static FieldDef) -> Option<u16> {
        let at = address(def);
        let number = spread(at);
        let word = self.maybe[(number / 64) & (self.maybe.len() - 1)];
        if word & 1 << (number % 64) == 0 {
            return None;
        }
        self.numbers.get(&at).copied()
    }
}

/// Definitions stand next to each other.
const fn spread(at: usize) -> usize {
    let number = at / align_of::<FieldDef>();
    number ^ number >> 12
}

impl Wants {
    /// Collects what these scripts quote and match, and what the engine needs.
    pub(super) fn new<'a>(scripts: impl Iterator<Item = &'a Script>) -> Self {
        let mut wants = Self {
            keys: FxHashMap::default(),
            named: BTreeMap::new(),
            fields: Fields::new(std::iter::empty()),
            events: FxHashMap::default(),
            values: Vec::new(),
        };
        for (event, keys) in ENGINE {
            for key in *keys {
                wants.want(event, key);
            }
        }
        for script in scripts {
            wants.read(script);
        }
        let fields = protocols().iter().flat_map(|protocol| protocol.fields);
        wants.fields =
            Fields::new(fields.filter_map(|def| Some((*def, *wants.keys.get(def.key)?))));
        wants
    }

    fn want(&mut self, event: &str, key: &str) {
        let next = self.keys.len() as u16;
        self.keys.entry(key.to_owned()).or_insert(next);
        self.named
            .entry(event.to_owned())
            .or_default()
            .push(key.to_owned());
    }

    fn read(&mut self, script: &Script) {
        for step in &script.steps {
            let step = step.get_ref();
            let texts = step
                .texts()
                .chain(step.variant.iter().flat_map(super::script::Variant::texts));
            for key in texts.flat_map(Template::fields) {
                self.want(&step.id, key);
            }
            for key in step.named() {
                self.want(&step.id, key);
            }
            if let Some(pair) = &step.pair {
                for key in &step.by {
                    self.want(pair, key);
                }
            }
        }
        for then in &script.then {
            for key in then.matches.keys() {
                self.want(&then.on, key);
            }
        }
        let ends = script.verdicts.iter().map(|v| &v.say);
        for key in ends.chain([&script.title]).flat_map(Template::fields) {
            self.want("", key);
        }
    }

    /// Copies the wanted values of an event: its own fields first, then those of the layers below it.
    pub(super) fn capture(
        &mut self,
        frame: &[u8],
        d: &Dissection,
        raised: &Raised,
    ) -> Box<[Captured]> {
        let mut values = std::mem::take(&mut self.values);
        self.collect(frame, d, raised, &mut values);
        let captured = values.drain(..).collect();
        self.values = values;
        captured
    }

    fn collect(
        &mut self,
        frame: &[u8],
        d: &Dissection,
        raised: &Raised,
        values: &mut Vec<Captured>,
    ) {
        let hidden = Hidden::of(d);
        let mut own = 0_u64;
        let (from, to) = (raised.fields.0 as usize, raised.fields.1 as usize);
        for field in d.fields.get(from..to).unwrap_or_default() {
            if let Some(key) = self.fields.number(field.def) {
                own |= 1 << (key % 64);
                take(frame, d, &hidden, field, values);
            }
        }
        let own_count = values.len();
        let top = raised
            .layer
            .map_or(d.layers.len(), |layer| usize::from(layer) + 1)
            .min(d.layers.len());
        let raising = raised.layer.and_then(|l| d.layers.get(usize::from(l)));
        let inside_quote = raising.is_some_and(|l| l.quoted);
        // Around a tunnel other links and other packets are spoken of.
        let inside_tunnels = raising.map_or(d.tunnels, |l| l.tunnels);
        self.prepare(raised);
        let Some(wanted) = self.events.get(&address(raised.def)) else {
            return;
        };
        let raiser = raising.filter(|_| to > from);
        let depth = d.fields.get(from).map_or(0, |field| field.depth);
        // What the message holds as layers of their own (its first certificate), then what carries it, innermost first.
        let held = d.layers.iter().enumerate().skip(top);
        let held = held.filter(|(_, layer)| raiser.is_some() && lies_in(layer, raised.span));
        let below = d.layers.iter().enumerate().take(top).rev();
        let mut seen = 0_u32;
        for (at, layer) in held.chain(below) {
            let raises = raiser.is_some() && raised.layer == Some(at as u16);
            // Other layers of the raiser's protocol hold other messages.
            let others =
                !raises && raiser.is_some_and(|r| std::ptr::eq(r.protocol, layer.protocol));
            if layer.quoted != inside_quote || layer.tunnels != inside_tunnels || others {
                continue;
            }
            let protocol = address(layer.protocol);
            let mut rows = wanted.iter().enumerate();
            let Some((row, wanted)) = rows.find(|(_, row)| row.protocol == protocol) else {
                continue;
            };
            let row = row % 32;
            // Only the innermost layer of each protocol: tunnels repeat them.
            if seen & (1 << row) != 0 {
                continue;
            }
            seen |= 1 << row;
            for (index, field) in (layer.fields.0 as usize..).zip(d.fields_of(layer)) {
                // Of the raiser's own layer only what frames the message, such as a record's header.
                if raises && (index >= from || field.depth > depth) {
                    continue;
                }
                let Some(key) = wanted.fields.number(field.def) else {
                    continue;
                };
                let taken = own & (1 << (key % 64)) != 0
                    && values
                        .iter()
                        .take(own_count)
                        .any(|v| v.def.key == field.def.key);
                if !taken {
                    take(frame, d, &hidden, field, values);
                }
            }
        }
    }

    /// Works out, once for each kind of event, what is wanted of lower layers.
    fn prepare(&mut self, raised: &Raised) {
        let at = address(raised.def);
        if self.events.contains_key(&at) {
            return;
        }
        let id = raised.def.id;
        let protocol = id.find('.').map_or(id, |dot| &id[..=dot]);
        let keys: FxHashSet<&str> = [id, protocol]
            .iter()
            .filter_map(|event| self.named.get(*event))
            .flatten()
            .map(String::as_str)
            .collect();
        // Of several protocols that record a key, the last counts.
        let mut owners: FxHashMap<&str, usize> = FxHashMap::default();
        for (at, protocol) in protocols().iter().enumerate() {
            let named = protocol.fields.iter().map(|def| def.key);
            owners.extend(named.filter(|key| keys.contains(key)).map(|key| (key, at)));
        }
        let rows = protocols().iter().enumerate().map(|(at, protocol)| Row {
            protocol: address(*protocol),
            fields: Fields::new(
                protocol
                    .fields
                    .iter()
                    .filter(|def| owners.get(def.key) == Some(&at))
                    .filter_map(|def| Some((*def, *self.keys.get(def.key)?))),
            ),
        });
        let wanted: Wanted = rows.filter(|row| !row.fields.numbers.is_empty()).collect();
        self.events.insert(at, wanted);
    }
}

fn lies_in(layer: &Layer, span: Span) -> bool {
    layer.span.buf == span.buf && layer.span.at >= span.at && layer.span.at < span.end()
}

fn address<T>(of: &'static T) -> usize {
    std::ptr::from_ref(of).addr()
}

fn take(frame: &[u8], d: &Dissection, hidden: &Hidden, field: &Field, values: &mut Vec<Captured>) {
    if values.len() >= VALUES_MAX {
        return;
    }
    let bytes = d.bytes(frame, field.span).unwrap_or_default();
    let datum = match field.value {
        Value::Text(..) => Datum::Text(cut(d.text(field.value)).into()),
        Value::Bytes => {
            let mut text = String::new();
            let bytes = bytes.get(..TEXT_MAX).unwrap_or(bytes);
            field.def.display(Value::Bytes, bytes, "", &mut text);
            Datum::Text(text.into())
        }
        plain => Datum::Plain(plain),
    };
    let secret = secret(hidden, field.span, bytes, &datum);
    values.push(Captured::new(field.def, datum, secret));
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The part of a value's text that is secret, from the first secret byte to the last; all of it where the text is not made
/// of the bytes as they are.
fn secret(hidden: &Hidden, span: Span, bytes: &[u8], datum: &Datum) -> Option<(u32, u32)> {
    let parts = hidden.parts(span);
    let (from, to) = parts.reduce(|all, part| (all.0, part.1))?;
    match datum {
        Datum::Text(text) if bytes.starts_with(text.as_bytes()) => Some((from as u32, to as u32)),
        _ => Some((0, u32::MAX)),
    }
}

/// How the bytes of an event are known: through keys, when its buffer or one below it was decrypted.
pub(super) fn evidence(d: &Dissection, span: Span) -> Evidence {
    let kind = |buf: BufId| d.buffers.get(usize::from(buf.0)).map(|b| b.kind);
    let decrypted = match kind(span.buf) {
        Some(BufferKind::Decrypted) => true,
        Some(BufferKind::Frame) | None => false,
        // Put together again from what keys opened: some decrypted buffer holds the same captured bytes.
        Some(_) => {
            let mut found = false;
            d.trace(span, |piece| {
                found |= d
                    .buffers
                    .iter()
                    .filter(|b| b.kind == BufferKind::Decrypted)
                    .flat_map(|b| &b.pieces)
                    .any(|p| {
                        p.packet == piece.packet
                            && p.offset < piece.offset + piece.len
                            && piece.offset < p.offset + p.len
                    });
            });
            found
        }
    };
    if decrypted {
        Evidence::Decrypted
    } else {
        Evidence::Observed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Block;
    use crate::flow::{Flows, Want};
    use crate::model::PacketId;
    use crate::samples::SAMPLES;
    use crate::secrets::Secrets;
    use crate::story::scripts::Library;

    /// What is wanted of a layer: each key, its place and its value.
    type Found = Vec<(&'static str, Span, String)>;

    /// The layers of all frames of a sample, by frame, protocol and place.
    fn layers(sample: &crate::samples::Sample, want: Want) -> BTreeMap<String, Found> {
        let library = Library::built_in().map_err(|(name, mistake)| format!("{name}: {mistake:?}"));
        let wants = Wants::new(library.unwrap().all());
        let mut capture = sample.open().unwrap();
        let (mut flows, mut secrets) = (Flows::new(want), Secrets::new());
        let mut d = Dissection::default();
        let mut found = BTreeMap::new();
        let mut number = 0;
        while let Some(block) = capture.next().unwrap() {
            match block {
                Block::Frame(frame) => {
                    number += 1;
                    let len = frame.bytes.len() as u32;
                    let packet = PacketId(number);
                    d.begin(packet, frame.time, frame.link, frame.wire_len, len);
                    flows.feed(frame.bytes, &mut d, &mut secrets);
                    for layer in &d.layers {
                        let place = format!("{number} {} {:?}", layer.protocol.key, layer.span);
                        let fields = d.fields_of(layer).iter();
                        let wanted = fields.filter(|f| wants.fields.number(f.def).is_some());
                        let told = |f: &Field| {
                            let text = match f.value {
                                Value::Text(..) => d.text(f.value).to_owned(),
                                plain => format!("{plain:?}"),
                            };
                            (f.def.key, f.span, text)
                        };
                        found.insert(place, wanted.map(told).collect());
                    }
                }
                Block::Secrets(text) => {
                    secrets.add_key_log(text);
                }
                Block::Name { .. } => {}
            }
        }
        found
    }

    #[test]
    fn what_stories_want_is_there_without_detail() {
        for sample in SAMPLES {
            let detailed = layers(sample, Want::Fields);
            let brief = layers(sample, Want::Events);
            assert!(!brief.is_empty());
            for (place, found) in brief {
                if let Some(all) = detailed.get(&place) {
                    assert_eq!(&found, all, "{}: {place}", sample.name);
                }
            }
        }
    }
}

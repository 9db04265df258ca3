//! Makes texts of a told journey: fills placeholders, picks the depth, masks secrets. What is said is the script's.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::decode::Value;
use crate::model::Timestamp;
use crate::story::journey as told;
use crate::story::moment::{self, Captured, Datum, Moment};
use crate::story::script;
use crate::story::template::{Form, Part, Sentence, Template};
use crate::story::words::{Spoken, WORDS};

use super::frame::{MASK, ValueView};
use super::timeline::{
    Actor, Body, Chapter, Coverage, Depth, Evidence, Journey, Outcome, Phase, Rich, Role, Step,
    Text, Values,
};

/// How a journey is to be told.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// The time of the capture's first frame.
    pub start: Timestamp,
    /// How much is said.
    pub depth: Depth,
    /// Show secrets instead of masking them.
    pub reveal: bool,
}

impl Journey {
    /// The view of a told journey.
    #[must_use]
    pub fn new(id: u32, journey: &told::Journey, manner: Manner) -> Self {
        let reader = Reader {
            journey,
            manner,
            said: said(journey),
        };
        let steps: Vec<Step> = journey.steps.iter().map(|step| reader.step(step)).collect();
        let mut coverage = Coverage::default();
        for step in &steps {
            let count = match step.evidence {
                Evidence::Observed => &mut coverage.observed,
                Evidence::Decrypted => &mut coverage.decrypted,
                Evidence::Host => &mut coverage.host,
                Evidence::Inferred => &mut coverage.inferred,
                Evidence::Hidden => &mut coverage.hidden,
                Evidence::Absent => &mut coverage.absent,
            };
            *count += 1;
        }
        let mut conversations: Vec<u32> = journey.conversation_ids().collect();
        conversations.sort_unstable();
        Self {
            id,
            first: journey.first.0,
            story: journey.story,
            title: reader.title(),
            outcome: match journey.outcome {
                told::Outcome::Ok => Outcome::Ok,
                told::Outcome::Failed => Outcome::Failed,
                told::Outcome::Incomplete => Outcome::Incomplete,
            },
            verdict: reader.verdict(),
            start_ns: journey.start.since(manner.start),
            duration_ns: journey.end.since(journey.start),
            conversations,
            frames: journey.frames(),
            actors: journey.actors.iter().map(actor).collect(),
            chapters: chapters(journey),
            phases: journey
                .phases
                .iter()
                .map(|phase| Phase {
                    name: phase.name,
                    start_ns: phase.start.since(manner.start),
                    duration_ns: phase.end.since(phase.start),
                })
                .collect(),
            coverage,
            steps,
        }
    }
}

/// The keys of all values. Most fields come many times: they are told apart by the place of their definition first.
fn said(journey: &told::Journey) -> FxHashSet<&'static str> {
    let mut known = FxHashSet::default();
    let values = journey.moments().flat_map(|moment| moment.values.iter());
    values
        .filter(|value| known.insert(std::ptr::from_ref(value.def).addr()))
        .map(|value| value.def.key)
        .collect()
}

/// The chapters that have steps, in the order of the script.
fn chapters(journey: &told::Journey) -> Vec<Chapter> {
    let mut used: Vec<usize> = journey.steps.iter().map(|step| step.chapter).collect();
    used.sort_unstable();
    used.dedup();
    used.into_iter()
        .filter_map(|at| journey.chapter(at))
        .map(|chapter| Chapter {
            id: chapter.id.as_str().into(),
            title: chapter.title.as_str().into(),
            osi: chapter.osi,
        })
        .collect()
}

fn actor(actor: &told::Actor) -> Actor {
    Actor {
        role: actor.role.word(),
        ip: actor.ip.map(|ip| ip.to_string()),
        mac: actor.mac.map(|mac| mac.to_string()),
        name: actor.name.as_deref().map(str::to_owned),
    }
}

/// Reads the texts of one journey.
struct Reader<'a> {
    journey: &'a told::Journey,
    manner: Manner,
    /// The keys of all values: most placeholders that have none are found here.
    said: FxHashSet<&'static str>,
}

impl Reader<'_> {
    fn title(&self) -> Rich {
        let title = self.fill(&self.journey.script.title, None);
        if title.is_empty() {
            Rich::plain(self.journey.story)
        } else {
            title
        }
    }

    /// The sentence that ends the journey; one that quotes nothing where its own lacks a value.
    fn verdict(&self) -> Rich {
        let own = self.journey.verdict();
        let own = own.map(|text| self.fill(text, None)).unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let outcome = self.journey.outcome.word();
        let common = &self.journey.common.verdicts;
        let plain = common
            .iter()
            .rfind(|v| v.outcome == outcome && v.when.is_empty());
        plain.map_or_else(Rich::default, |v| self.fill(&v.say, None))
    }

    fn step(&self, told: &told::Told) -> Step {
        let step = self.journey.step(told);
        let moment = told.moment.as_ref();
        let (title, say, more, deep) = self.texts(told, step);
        let depth = self.manner.depth;
        let because = self.because(told, step);
        // What only the longest answer holds.
        let all = step.filter(|_| depth >= Depth::Deep);
        let mut text = say.text();
        for more in [&more, &deep] {
            for (at, (run, _)) in more.0.iter().enumerate() {
                if at == 0 && !text.is_empty() {
                    text.to_mut().push(' ');
                }
                text.to_mut().push_str(run);
            }
        }
        let protocol = match moment {
            Some(moment) => moment.protocol,
            None => step.map_or("", |step| step.id.split('.').next().unwrap_or("")),
        };
        let osi = step
            .and_then(|step| step.osi)
            .or(moment.map(|m| m.osi))
            .or_else(|| self.journey.chapter(told.chapter).map(|c| c.osi))
            .unwrap_or(7);
        Step {
            id: match (moment, step) {
                (Some(moment), _) => moment.def.id.into(),
                (None, Some(step)) => step.id.as_str().into(),
                (None, None) => Text::default(),
            },
            chapter: self
                .journey
                .chapter(told.chapter)
                .map(|chapter| chapter.id.as_str().into())
                .unwrap_or_default(),
            leg: told.leg,
            round: told.round,
            title,
            say,
            more,
            deep,
            text,
            evidence: evidence(told.evidence),
            because,
            osi,
            layers: moment.map_or_else(
                || vec![osi],
                |m| (1..=7).filter(|n| m.layers & (1 << n) != 0).collect(),
            ),
            protocol: short_name(protocol),
            frames: moment
                .map(|m| m.packets.iter().map(|packet| packet.0).collect())
                .unwrap_or_default(),
            count: moment.map_or(0, |m| m.count),
            time_ns: moment.map(|m| m.time.since(self.manner.start)),
            duration_ns: told.duration_ns,
            from: told.from.map(who),
            to: told.to.map(who),
            fields: self.fields(told, step),
            refs: self
                .journey
                .variant(told)
                .and_then(|variant| variant.refs.as_deref())
                .or_else(|| step.map(|step| step.refs.as_slice()))
                .unwrap_or_default()
                .into(),
            ask: all.map_or_else(Vec::new, |step| self.ask(told, step)),
            sees: all.map_or_else(Rich::default, |step| self.fill(&step.sees, Some(told))),
            look: step.map_or(&[][..], |step| step.look.as_slice()).into(),
            body: moment.and_then(|m| m.body.as_deref()).map(body),
            host: Vec::new(),
        }
    }

    /// Title, one sentence, more, and all of it.
    fn texts(
        &self,
        told: &told::Told,
        step: Option<&'static script::Step>,
    ) -> (Rich, Rich, Rich, Rich) {
        let Some(step) = step else {
            let Some(moment) = &told.moment else {
                return Default::default();
            };
            return (
                Rich::plain(moment.def.id),
                Rich::plain(moment.def.help),
                Rich::default(),
                Rich::default(),
            );
        };
        let variant = self.journey.variant(told);
        let fill = |other: Option<&'static Option<Template>>, own: &'static Template| {
            let text = other.and_then(Option::as_ref).unwrap_or(own);
            self.fill(text, Some(told))
        };
        let reason = told.reason.and_then(|at| step.absent.get(at));
        let title = match reason {
            Some(reason) => fill(Some(&reason.title), &step.title),
            None => fill(variant.map(|v| &v.title), &step.title),
        };
        // Of a title without its values, the step's name.
        let title = if title.is_empty() {
            Rich::plain(step.name.as_deref().unwrap_or(step.id.as_str()))
        } else {
            title
        };
        if let Some(reason) = reason {
            // What the step would say did not happen: only the reason is true here.
            let say = self.fill(&reason.say, Some(told));
            return (title, say, Rich::default(), Rich::default());
        }
        let mut say = fill(variant.map(|v| &v.say), &step.say);
        if say.is_empty()
            && let Some(moment) = &told.moment
        {
            // The message is odd and lacks what the sentence quotes.
            say = Rich::plain(moment.def.help);
        }
        let from = |depth, other: Option<&'static Option<Template>>, own| {
            if self.manner.depth >= depth {
                fill(other, own)
            } else {
                Rich::default()
            }
        };
        (
            title,
            say,
            from(Depth::Normal, variant.map(|v| &v.text), &step.text),
            from(Depth::Deep, variant.map(|v| &v.deep), &step.deep),
        )
    }

    fn ask(&self, told: &told::Told, step: &'static script::Step) -> Vec<(Text, Text)> {
        let say = |text| self.fill(text, Some(told)).text();
        step.ask
            .iter()
            .map(|ask| (say(&ask.q), say(&ask.a)))
            .filter(|(q, a)| !q.is_empty() && !a.is_empty())
            .collect()
    }

    fn because(&self, told: &told::Told, step: Option<&'static script::Step>) -> Option<Rich> {
        let text = match told.evidence {
            moment::Evidence::Hidden => step?.hidden.as_ref()?,
            moment::Evidence::Absent => &step?.absent.get(told.reason?)?.say,
            moment::Evidence::Inferred => {
                let said = told.moment.as_ref().and_then(|m| {
                    m.values
                        .iter()
                        .find(|value| value.def.key.ends_with(".because"))
                });
                match said.and_then(Captured::text) {
                    Some(said) => return Some(Rich::plain(said.to_owned())),
                    None => step?.inferred.as_ref()?,
                }
            }
            _ => return None,
        };
        Some(self.fill(text, Some(told)))
    }

    /// The values that a step carries: those that its words quote, match or point at.
    fn fields(
        &self,
        told: &told::Told,
        step: Option<&'static script::Step>,
    ) -> BTreeMap<Text, Values> {
        let mut fields = BTreeMap::new();
        let (Some(step), Some(moment)) = (step, &told.moment) else {
            return fields;
        };
        let variant = self.journey.variant(told);
        let texts = [&step.title, &step.say, &step.text, &step.deep]
            .into_iter()
            .chain(
                variant
                    .into_iter()
                    .flat_map(|v| [&v.title, &v.say, &v.text, &v.deep])
                    .flatten(),
            );
        let quoted = texts
            .flat_map(Template::parts)
            .filter_map(|part| match part {
                Part::Field(key, _) => Some(key.as_str()),
                _ => None,
            });
        let named = step
            .fields
            .iter()
            .chain(&step.look)
            .chain(step.matches.keys())
            .chain(variant.into_iter().flat_map(|v| v.matches.keys()))
            .map(String::as_str);
        for key in quoted.chain(named) {
            if fields.contains_key(key) {
                continue;
            }
            let mut values: Vec<ValueView> =
                moment.all(key).map(|value| self.value(value)).collect();
            let value = match values.len() {
                0 => continue,
                1 => Values::One(values.remove(0)),
                _ => Values::Many(values),
            };
            fields.insert(key.into(), value);
        }
        fields
    }

    /// Fills the placeholders of a text; a sentence that lacks a value is left out.
    fn fill(&self, text: &'static Template, told: Option<&told::Told>) -> Rich {
        let mut runs = Runs::default();
        for sentence in &text.sentences {
            let (count, len) = (runs.0.len(), runs.0.last().map_or(0, |run| run.0.len()));
            if self.say(sentence, told, &mut runs).is_none() {
                runs.0.truncate(count);
                if let Some((last, _)) = runs.0.last_mut() {
                    cut(last, len);
                }
            }
        }
        if let Some((last, _)) = runs.0.last_mut() {
            let len = last.trim_end().len();
            cut(last, len);
        }
        runs.0.retain(|run| !run.0.is_empty());
        Rich(runs.0)
    }

    fn say(
        &self,
        sentence: &'static Sentence,
        told: Option<&told::Told>,
        runs: &mut Runs,
    ) -> Option<()> {
        for (at, part) in sentence.parts.iter().enumerate() {
            match part {
                Part::Text(text) => runs.plain(text.as_str()),
                Part::Field(key, form) => {
                    let value = self.quote(key, *form, told)?;
                    runs.0.push((value.into(), Role::Value));
                }
                Part::Word(word) => match (WORDS.get(*word)?.value)(self.journey, told)? {
                    Spoken::Plain(text) => runs.plain(text),
                    Spoken::Value(text) => runs.0.push((text.into(), Role::Value)),
                    Spoken::Actor(role) => runs.actor(role, at == 0),
                },
                Part::Unknown(_) => return None,
            }
        }
        Some(())
    }

    /// A field's value in a sentence: of the step's event, else of what was said before it in the conversation.
    fn quote(&self, key: &str, form: Form, told: Option<&told::Told>) -> Option<String> {
        let own = told.and_then(|told| told.moment.as_deref());
        // What did not happen has no values, and nobody else's are its own.
        if told.is_some_and(|told| told.evidence == moment::Evidence::Absent) {
            return None;
        }
        let moment = own
            .filter(|m| m.value(key).is_some())
            .or_else(|| self.earlier(key, own))?;
        if form == Form::Count {
            return Some(moment.all(key).count().to_string());
        }
        let mut values: Vec<String> = moment
            .all(key)
            .map(|value| self.display(value, form))
            .collect();
        match form {
            Form::First => values.truncate(1),
            Form::Last => values = values.split_off(values.len().checked_sub(1)?),
            _ => {}
        }
        // The same value again (one a record, say) tells nothing new.
        let mut seen = Vec::new();
        values.retain(|value| {
            let new = !seen.contains(value);
            if new {
                seen.push(value.clone());
            }
            new
        });
        values.retain(|value| !value.is_empty());
        (!values.is_empty()).then(|| values.join(", "))
    }

    fn earlier(&self, key: &str, own: Option<&Moment>) -> Option<&Moment> {
        if !self.said.contains(key) {
            return None;
        }
        let Some(own) = own else {
            return self.journey.moments().find(|m| m.value(key).is_some());
        };
        let before = self.journey.steps.iter().rev();
        before
            .filter_map(|told| told.moment.as_deref())
            .filter(|m| m.flow == own.flow && m.first() <= own.first())
            .find(|m| m.value(key).is_some())
    }

    fn display(&self, value: &Captured, form: Form) -> String {
        if let Datum::Plain(Value::Num(number)) = value.datum {
            match form {
                Form::Value => return number.to_string(),
                Form::Name => {
                    if let Some(name) = value.def.name_of(number) {
                        return name.to_owned();
                    }
                }
                _ => {}
            }
        }
        match &value.datum {
            Datum::Text(text) => self.masked(value, text),
            Datum::Plain(_) if self.is_hidden(value) => MASK.to_owned(),
            Datum::Plain(plain) => {
                let mut out = String::new();
                value.def.display(*plain, &[], "", &mut out);
                out
            }
        }
    }

    fn value(&self, value: &Captured) -> ValueView {
        match &value.datum {
            Datum::Text(text) => ValueView::Text(self.masked(value, text)),
            Datum::Plain(_) if self.is_hidden(value) => ValueView::Text(MASK.to_owned()),
            Datum::Plain(plain) => match *plain {
                Value::Bool(flag) => ValueView::Flag(flag),
                Value::Num(number) => ValueView::Number(number),
                Value::Int(number) => ValueView::Signed(number),
                Value::Float(number) => ValueView::Float(number),
                other => {
                    let mut out = String::new();
                    value.def.display(other, &[], "", &mut out);
                    ValueView::Text(out)
                }
            },
        }
    }

    fn is_hidden(&self, value: &Captured) -> bool {
        value.secret.is_some() && !self.manner.reveal
    }

    /// The text with its secret part masked; all of it where that does not fit it.
    fn masked(&self, value: &Captured, text: &str) -> String {
        let Some((from, to)) = value.secret.filter(|_| !self.manner.reveal) else {
            return text.to_owned();
        };
        let (before, after) = (text.get(..from as usize), text.get(to as usize..));
        match (before, after) {
            (Some(before), Some(after)) => format!("{before}{MASK}{after}"),
            _ => MASK.to_owned(),
        }
    }
}

/// Keeps the first `len` bytes of a text.
fn cut(text: &mut Text, len: usize) {
    match text {
        Text::Borrowed(whole) => *whole = whole.get(..len).unwrap_or(whole),
        Text::Owned(whole) => whole.truncate(len),
    }
}

/// A text that grows; plain words that follow each other are one run.
#[derive(Default)]
struct Runs(Vec<(Text, Role)>);

impl Runs {
    fn plain(&mut self, text: impl Into<Text>) {
        let text = text.into();
        match self.0.last_mut() {
            Some((last, Role::Plain)) => last.to_mut().push_str(&text),
            _ => self.0.push((text, Role::Plain)),
        }
    }

    /// An actor with "the" before it, unless that stands there; `first` in its sentence with a capital.
    fn actor(&mut self, role: told::Role, first: bool) {
        let said = self
            .0
            .last()
            .is_some_and(|(text, _)| text.ends_with("the ") || text.ends_with("The "));
        let name = match (role, first) {
            (told::Role::Everyone, true) => "Everyone",
            _ => role.word(),
        };
        if role != told::Role::Everyone && (first || !said) {
            self.plain(if first { "The " } else { "the " });
        }
        self.0.push((name.into(), Role::Actor));
    }
}

fn evidence(evidence: moment::Evidence) -> Evidence {
    match evidence {
        moment::Evidence::Observed => Evidence::Observed,
        moment::Evidence::Decrypted => Evidence::Decrypted,
        moment::Evidence::Host => Evidence::Host,
        moment::Evidence::Inferred => Evidence::Inferred,
        moment::Evidence::Hidden => Evidence::Hidden,
        moment::Evidence::Absent => Evidence::Absent,
    }
}

fn who(who: told::Who) -> Text {
    match who {
        told::Who::Role(role) => role.word().into(),
        told::Who::Address(ip) => ip.to_string().into(),
    }
}

fn body(body: &moment::Body) -> Body {
    Body {
        first: body.first.0,
        last: body.last.0,
        count: body.count,
        bytes: body.bytes,
    }
}

/// A protocol's key as people write its name.
fn short_name(key: &'static str) -> Text {
    match key {
        "host" | "net" | "server" | "client" => Text::default(),
        "http2" => "HTTP/2".into(),
        "http3" => "HTTP/3".into(),
        "icmpv6" => "ICMPv6".into(),
        "mdns" => "mDNS".into(),
        "traceroute" => "ICMP".into(),
        key => key.to_ascii_uppercase().into(),
    }
}

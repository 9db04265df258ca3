//! Makes views of told journeys. What is said is the script's; what it quotes is read by the `Reader`.

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::{Timestamp, push_ip};
use crate::story::journey as told;
use crate::story::key::Key;
use crate::story::moment::{self, Captured};
use crate::story::script;
use crate::story::template::Template;

use super::names::{self, MacView};
use super::reading::Reader;
use super::timeline::{
    Actor, Body, Chapter, Coverage, Depth, Entry, Evidence, Fields, Journey, Outcome, Phase, Rich,
    Step, Stock, Text, Values, Words,
};

/// The most steps that are kept for further journeys.
const STOCK_MAX: usize = 4096;

/// Tells journeys, all in one manner.
#[derive(Debug)]
pub struct Voice {
    /// How much is said.
    depth: Depth,
    /// Show secrets instead of masking them.
    reveal: bool,
    /// Most steps that no frame shows are told in the same words of every journey.
    stock: FxHashMap<Unseen, Arc<Stock>>,
}

/// What the words of a step depend on that no frame shows, if it quotes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Unseen {
    /// The script's step, by its address.
    step: usize,
    variant: Option<usize>,
    reason: Option<usize>,
    chapter: usize,
    leg: u32,
    /// The roles of the journey that somebody has.
    roles: u8,
}

impl Voice {
    /// A voice that says so much, with or without secrets.
    #[must_use]
    pub fn new(depth: Depth, reveal: bool) -> Self {
        Self {
            depth,
            reveal,
            stock: FxHashMap::default(),
        }
    }

    /// The view of a told journey; `start` is the time of the capture's first frame.
    #[must_use]
    pub fn tell(&mut self, id: u32, journey: &told::Journey, start: Timestamp) -> Journey {
        let mut teller = Teller {
            reader: Reader::new(journey, self.reveal),
            voice: self,
            journey,
            start,
        };
        let entries = journey.steps.iter().map(|told| teller.entry(told));
        let steps: Vec<Entry> = entries.collect();
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
        Journey {
            id,
            first: journey.first.0,
            story: journey.story,
            title: teller.title(),
            outcome: match journey.outcome {
                told::Outcome::Ok => Outcome::Ok,
                told::Outcome::Failed => Outcome::Failed,
                told::Outcome::Incomplete => Outcome::Incomplete,
            },
            verdict: teller.verdict(),
            start_ns: journey.start.since(start),
            duration_ns: journey.end.since(journey.start),
            conversations,
            frames: journey.frames(),
            actors: {
                let actors = journey.actors.iter();
                actors.map(|one| actor(one, teller.voice.depth)).collect()
            },
            chapters: chapters(journey),
            phases: journey
                .phases
                .iter()
                .map(|phase| Phase {
                    name: phase.name,
                    start_ns: phase.start.since(start),
                    duration_ns: phase.end.since(phase.start),
                })
                .collect(),
            coverage,
            steps,
        }
    }
}

/// The chapters that have steps, in the order of the script.
fn chapters(journey: &told::Journey) -> Vec<Chapter> {
    let mut used: Vec<usize> = journey.steps.iter().map(|step| step.chapter).collect();
    used.sort_unstable();
    used.dedup();
    used.into_iter()
        .filter_map(|at| journey.chapter(at))
        .map(|chapter| Chapter {
            id: &chapter.id,
            title: &chapter.title,
            osi: chapter.osi,
        })
        .collect()
}

fn actor(actor: &told::Actor, depth: Depth) -> Actor {
    let mac = actor.mac.filter(|_| depth > Depth::Brief);
    let owner = mac.map(MacView::of).unwrap_or_default();
    Actor {
        role: actor.role.word(),
        ip: actor.ip.map(ip_text),
        mac: actor.mac.map(|mac| mac.to_string()),
        name: actor.name.as_deref().map(str::to_owned),
        names: names::views(&actor.names),
        vendor: owner.vendor,
        mac_kind: owner.kind,
    }
}

/// Tells one journey.
struct Teller<'a> {
    voice: &'a mut Voice,
    reader: Reader<'a>,
    journey: &'a told::Journey,
    start: Timestamp,
}

impl Teller<'_> {
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

    fn fill(&self, text: &'static Template, told: Option<&told::Told>) -> Rich {
        self.reader.fill(text, told)
    }

    fn entry(&mut self, told: &told::Told) -> Entry {
        let unseen = self.unseen(told);
        if let Some(known) = unseen.and_then(|unseen| self.voice.stock.get(&unseen)) {
            return Entry::Stock(Arc::clone(known));
        }
        self.reader.forget_quotes();
        let step = self.step(told);
        let unseen =
            unseen.filter(|_| !self.reader.has_quoted() && self.voice.stock.len() < STOCK_MAX);
        let Some(unseen) = unseen else {
            return step.into();
        };
        match Stock::new(step) {
            Ok(stock) => {
                let stock = Arc::new(stock);
                self.voice.stock.insert(unseen, Arc::clone(&stock));
                Entry::Stock(stock)
            }
            Err(step) => Entry::Own(step),
        }
    }

    /// What a step is among those that no frame shows.
    fn unseen(&self, told: &told::Told) -> Option<Unseen> {
        let nobody = told.moment.is_none() && told.from.is_none() && told.to.is_none();
        if !nobody || told.duration_ns.is_some() || told.round != 1 {
            return None;
        }
        Some(Unseen {
            step: std::ptr::from_ref(self.journey.step(told)?).addr(),
            variant: told.variant,
            reason: told.reason,
            chapter: told.chapter,
            leg: told.leg,
            roles: self.reader.roles(),
        })
    }

    fn step(&self, told: &told::Told) -> Step {
        let step = self.journey.step(told);
        let moment = told.moment.as_ref();
        let (title, words) = self.texts(told, step);
        // What only the longest answer holds.
        let all = step.filter(|_| self.voice.depth >= Depth::Deep);
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
                (Some(moment), _) => moment.def.id,
                (None, Some(step)) => step.id.as_str(),
                (None, None) => "",
            },
            chapter: self
                .journey
                .chapter(told.chapter)
                .map_or("", |chapter| chapter.id.as_str()),
            leg: told.leg,
            round: told.round,
            title,
            words,
            evidence: evidence(told.evidence),
            because: self.because(told, step),
            osi,
            layers: moment.map_or_else(|| 1 << (osi & 7), |m| m.layers),
            protocol,
            frames: moment
                .map(|m| m.packets.iter().map(|packet| packet.0).collect())
                .unwrap_or_default(),
            count: moment.map_or(0, |m| m.count),
            time_ns: moment.map(|m| m.time.since(self.start)),
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

    /// The title, and what is said.
    fn texts(&self, told: &told::Told, step: Option<&'static script::Step>) -> (Rich, Words) {
        let Some(step) = step else {
            let Some(moment) = &told.moment else {
                return Default::default();
            };
            return (
                Rich::plain(moment.def.id),
                Words::new(Rich::plain(moment.def.help)),
            );
        };
        let variant = self.journey.variant(told);
        let which = |other: Option<&'static Option<Template>>, own: &'static Template| {
            other.and_then(Option::as_ref).unwrap_or(own)
        };
        let fill = |other, own| self.fill(which(other, own), Some(told));
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
            return (title, Words::new(self.fill(&reason.say, Some(told))));
        }
        let mut say = fill(variant.map(|v| &v.say), &step.say);
        if say.is_empty()
            && let Some(moment) = &told.moment
        {
            // The message is odd and lacks what the sentence quotes.
            say = Rich::plain(moment.def.help);
        }
        let mut words = Words::new(say);
        let behind = |text| move |out: &mut Rich| self.reader.write(text, Some(told), out);
        if self.voice.depth >= Depth::Normal {
            words = words.explain(behind(which(variant.map(|v| &v.text), &step.text)));
        }
        if self.voice.depth >= Depth::Deep {
            words = words.deepen(behind(which(variant.map(|v| &v.deep), &step.deep)));
        }
        (title, words)
    }

    fn ask(&self, told: &told::Told, step: &'static script::Step) -> Vec<(Rich, Rich)> {
        let say = |text| self.fill(text, Some(told));
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

    /// The values that a step carries.
    fn fields(&self, told: &told::Told, step: Option<&'static script::Step>) -> Fields {
        let (Some(step), Some(moment)) = (step, &told.moment) else {
            return Fields::default();
        };
        let variant = self.journey.variant(told);
        let keys = variant.map_or(&step.carried, |variant| &variant.carried);
        let values = |key: &'static Key| {
            let mut values = moment.of(key).map(|value| self.reader.value(value));
            let first = values.next()?;
            let Some(second) = values.next() else {
                return Some((&**key, Values::One(first)));
            };
            let several = [first, second].into_iter().chain(values).collect();
            Some((&**key, Values::Many(several)))
        };
        let mut rows = Vec::with_capacity(keys.len());
        rows.extend(keys.iter().filter_map(values));
        Fields::in_order(rows)
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

fn ip_text(ip: IpAddr) -> String {
    let mut text = String::new();
    push_ip(ip, &mut text);
    text
}

fn who(who: told::Who) -> Text {
    match who {
        told::Who::Role(role) => role.word().into(),
        told::Who::Address(ip) => ip_text(ip).into(),
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

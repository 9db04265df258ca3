//! A journey that is over becomes steps: each event is told by exactly one step of its script or of the common one, and
//! what no frame shows stands where the script has it.

mod ends;
mod gather;
mod genre;
mod people;
mod seats;

use std::iter;
use std::net::IpAddr;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::{Side, Timestamp};

use super::journey::{Actor, Journey, Role, Told, Who, Words};
use super::key::Key;
use super::moment::{Evidence, Moment, fingerprint};
use super::script::{AnyOf, Literal, Matches, Repeat, Script, Step, Variant, Verdict};
use super::scripts::{Known, Library};
use super::strand::Strand;
use super::tale::{Placed, Tale};
use super::{diagnosis, ledger, traceroute};

use gather::gather;
use people::url;
use seats::{Group, Seat};

/// Tells a root strand and all that belong to it. `now` is how far the capture has come.
pub(super) fn tell(
    strands: Vec<(u32, Box<Strand>)>,
    library: &Library,
    now: Timestamp,
) -> Option<Journey> {
    let mut tale = gather(strands, now)?;
    if tale.story == "traceroute" {
        traceroute::add_hops(&mut tale);
    }
    tale.outcome = diagnosis::outcome(&tale);
    let url = url(&tale);
    let phases = ledger::phases(&tale);
    let (own, common) = (library.own(tale.story), library.common());
    let script = own.unwrap_or(common).script;
    let verdict = verdict(&tale, &script.verdicts)
        .map(Words::Own)
        .or_else(|| verdict(&tale, &common.script.verdicts).map(Words::Common));
    let first = tale.moments.iter().map(|p| p.moment.first()).min()?;
    let start = tale.moments.iter().map(|p| p.moment.time).min()?;
    let teller = Teller {
        tale: &tale,
        script,
        own,
        common,
        unseen: &own.unwrap_or(common).unseen,
        addresses: ROLES.map(|role| tale.address(role)),
    };
    let (choices, seats) = teller.choices();
    let steps = told(&choices, &seats, std::mem::take(&mut tale.moments));
    let mut actors = std::mem::take(&mut tale.actors);
    if steps
        .iter()
        .any(|told| told.to == Some(Who::Role(Role::Everyone)))
    {
        actors.push(Actor {
            role: Role::Everyone,
            ip: None,
            mac: None,
            name: None,
            names: Vec::new(),
        });
    }
    Some(Journey {
        story: tale.story,
        script,
        common: common.script,
        outcome: tale.outcome,
        verdict,
        first,
        start,
        end: tale.end,
        conversations: tale.conversations,
        folded: tale.folded,
        actors,
        name: tale.name,
        url,
        phases,
        steps,
    })
}

fn verdict(tale: &Tale, verdicts: &[Verdict]) -> Option<usize> {
    verdicts
        .iter()
        .position(|v| v.outcome == tale.outcome.word() && tale.holds(&v.when))
}

/// True when an event has all these values.
pub(super) fn fits(matches: &Matches, moment: &Moment) -> bool {
    matches.iter().all(|(key, wanted)| {
        moment.of(key).any(|value| {
            let is = |literal: &Literal| match literal {
                Literal::Flag(flag) => value.number() == Some(u64::from(*flag)),
                Literal::Number(number) => value.number() == Some(*number),
                Literal::Text(text) => {
                    value.text() == Some(text.as_str())
                        || value.address().is_some_and(|ip| ip.to_string() == *text)
                }
            };
            match wanted {
                AnyOf::One(literal) => is(literal),
                AnyOf::Many(literals) => literals.iter().any(is),
            }
        })
    })
}

/// True when an event has all these fields.
fn has(fields: &[Key], moment: &Moment) -> bool {
    fields.iter().all(|key| moment.of(key).next().is_some())
}

/// How many steps that no frame shows most journeys have at most.
const UNSEEN: usize = 32;

/// Who may act in a step, in the order of their roles.
const ROLES: [Role; 4] = [Role::Client, Role::Server, Role::Resolver, Role::Router];

/// Chooses words for the events of a tale.
struct Teller<'a> {
    tale: &'a Tale,
    /// The script of the journey.
    script: &'static Script,
    /// That of its story, if it has one.
    own: Option<&'a Known>,
    common: &'a Known,
    /// The steps of the script that may be told although no frame shows them.
    unseen: &'a [(usize, &'static Step)],
    /// Where those of [`ROLES`] are.
    addresses: [Option<IpAddr>; 4],
}

/// What is folded into one step: its words, leg, side and variant, and the values by which it is told apart.
type Fold = (Words, u32, Option<Side>, Option<usize>, u64);

/// A step, still without its event.
struct Choice {
    told: Told,
    /// Its event, by its place among those of the tale.
    moment: Option<usize>,
    /// Events that are folded into it.
    folded: Vec<usize>,
    /// The chapter, when its step names one.
    chapter: Option<usize>,
}

impl Teller<'_> {
    /// All steps, and in which order they are told.
    fn choices(&self) -> (Vec<Choice>, Vec<Seat>) {
        let mut choices = self.choose();
        self.pair(&mut choices);
        self.count_rounds(&mut choices);
        self.place_asides(&mut choices);
        let mut seats = Vec::with_capacity(choices.len() + UNSEEN);
        let seated = choices.iter().enumerate();
        seats.extend(seated.map(|(at, choice)| Seat::new(choice, at)));
        // Stable: within a chapter time decides.
        seats.sort_by_key(|seat| (seat.leg, seat.chapter));
        self.add_unseen(&mut choices, &mut seats);
        (choices, seats)
    }

    fn moment(&self, choice: &Choice) -> Option<&Moment> {
        Some(&self.tale.moments.get(choice.moment?)?.moment)
    }

    /// One step for each event, or one for several where they are folded.
    fn choose(&self) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::with_capacity(self.tale.moments.len() + UNSEEN);
        let mut once: Vec<(Words, u32)> = Vec::new();
        let mut folds: FxHashMap<Fold, usize> = FxHashMap::default();
        for (place, placed) in self.tale.moments.iter().enumerate() {
            let moment = &placed.moment;
            let (words, step) = self.words(moment, placed.leg, &mut once);
            let variant = step.and_then(|step| {
                step.variant.iter().position(|v: &Variant| {
                    fits(&v.matches, moment) && has(&v.has, moment) && self.tale.holds(&v.when)
                })
            });
            if let Some(step) = step
                && step.repeat == Repeat::Fold
            {
                let next = choices.len();
                let apart = step.by.iter().flat_map(|key| moment.all(key));
                let fold = (words, placed.leg, moment.from, variant, fingerprint(apart));
                let first = *folds.entry(fold).or_insert(next);
                if let Some(known) = choices.get_mut(first) {
                    known.folded.push(place);
                    continue;
                }
            }
            let (from, to) = self.who(moment);
            choices.push(Choice {
                moment: Some(place),
                folded: Vec::new(),
                chapter: step.and_then(|step| self.chapter(words, step)),
                told: Told {
                    words,
                    variant,
                    reason: None,
                    chapter: 0,
                    leg: placed.leg,
                    round: 1,
                    evidence: moment.evidence,
                    moment: None,
                    // A hop's answer is part of its step.
                    duration_ns: (moment.protocol == "traceroute" && moment.until > moment.time)
                        .then(|| moment.until.since(moment.time)),
                    from,
                    to,
                },
            });
        }
        choices
    }

    /// The first step of the script that fits an event, else of the common script.
    fn words(
        &self,
        moment: &Moment,
        leg: u32,
        once: &mut Vec<(Words, u32)>,
    ) -> (Words, Option<&Step>) {
        let own = self.own.map_or(&[][..], |own| own.steps(moment.def.id));
        let own = own.iter().map(|at| Words::Own(*at));
        // Most events are told by the story's own script.
        let common = iter::once_with(|| self.common.steps(moment.def.id)).flatten();
        for words in own.chain(common.map(|at| Words::Common(*at))) {
            let Some(step) = self.step(words) else {
                continue;
            };
            if !fits(&step.matches, moment)
                || !has(&step.has, moment)
                || !self.tale.holds(&step.when)
            {
                continue;
            }
            if step.repeat == Repeat::Once {
                if once.contains(&(words, leg)) {
                    continue;
                }
                once.push((words, leg));
            }
            return (words, Some(step));
        }
        (Words::Nowhere, None)
    }

    fn step(&self, words: Words) -> Option<&Step> {
        match words {
            Words::Own(at) => self.script.steps.get(at),
            Words::Common(at) => self.common.script.steps.get(at),
            Words::Nowhere => None,
        }
        .map(toml::Spanned::get_ref)
    }

    /// The chapter of the journey's script that a step names.
    fn chapter(&self, words: Words, step: &Step) -> Option<usize> {
        if matches!(words, Words::Own(_)) {
            return step.place;
        }
        let id = step.chapter.as_deref()?;
        self.script.chapters.iter().position(|c| c.id == id)
    }

    /// The time from a question to its answer.
    fn pair(&self, choices: &mut [Choice]) {
        for at in 0..choices.len() {
            let Some(choice) = choices.get(at) else { break };
            let (Some(step), Some(question)) = (self.step(choice.told.words), self.moment(choice))
            else {
                continue;
            };
            let Some(pair) = step.pair.as_deref() else {
                continue;
            };
            let answer = choices
                .iter()
                .skip(at + 1)
                .filter_map(|c| self.moment(c))
                .find(|answer| answer.def.id == pair && answers(question, answer, &step.by));
            let Some(duration) = answer.map(|answer| answer.time.since(question.time)) else {
                continue;
            };
            if let Some(choice) = choices.get_mut(at) {
                choice.told.duration_ns = Some(duration.max(0));
            }
        }
    }

    /// Numbers the rounds of loops, for each conversation.
    fn count_rounds(&self, choices: &mut [Choice]) {
        for row in &self.script.loops {
            let mut begun: FxHashMap<(u32, Option<u32>), u32> = FxHashMap::default();
            let mut ended: FxHashMap<(u32, Option<u32>), u32> = FxHashMap::default();
            for choice in choices.iter_mut() {
                let Some(moment) = self.moment(choice) else {
                    continue;
                };
                let key = (choice.told.leg, moment.flow);
                if moment.def.id == row.begins {
                    let round = begun.entry(key).or_insert(0);
                    *round += 1;
                    choice.told.round = *round;
                } else if moment.def.id == row.ends {
                    let round = ended.entry(key).or_insert(0);
                    // Interim answers (1xx) end nothing.
                    let interim =
                        super::tale::status(moment).is_some_and(|s| !super::tale::is_final(s));
                    choice.told.round = *round + 1;
                    *round += u32::from(!interim);
                } else {
                    let round = begun.get(&key).copied().unwrap_or(1);
                    choice.told.round = choice.told.round.max(round);
                }
            }
        }
    }

    /// Steps without a chapter stand in that of the step before them in the same conversation, else in the next one's.
    fn place_asides(&self, choices: &mut [Choice]) {
        let key = |c: &Choice| self.moment(c).and_then(|m| m.flow);
        let flows = self.tale.conversations.len() + 1;
        let mut last: FxHashMap<Option<u32>, usize> =
            FxHashMap::with_capacity_and_hasher(flows, FxBuildHasher);
        let mut in_leg: FxHashMap<u32, usize> = FxHashMap::default();
        let mut homeless = Vec::new();
        for (at, choice) in choices.iter_mut().enumerate() {
            let flow = key(choice);
            let chapter = choice
                .chapter
                .or_else(|| last.get(&flow).copied())
                .or_else(|| in_leg.get(&choice.told.leg).copied());
            match chapter {
                Some(chapter) => {
                    choice.told.chapter = chapter;
                    last.insert(flow, chapter);
                    in_leg.insert(choice.told.leg, chapter);
                }
                None => homeless.push(at),
            }
        }
        for at in homeless {
            let leg = choices.get(at).map_or(1, |c| c.told.leg);
            let next = choices
                .iter()
                .skip(at + 1)
                .filter(|c| c.told.leg == leg)
                .find_map(|c| c.chapter);
            if let (Some(choice), Some(next)) = (choices.get_mut(at), next) {
                choice.told.chapter = next;
            }
        }
    }

    /// Adds what no frame shows: hidden steps, and those whose absence has a reason here.
    fn add_unseen(&self, choices: &mut Vec<Choice>, seats: &mut Vec<Seat>) {
        let mut group: Option<Group> = None;
        for &(rank, step) in self.unseen {
            let (evidence, reason) = if step.hidden.is_some() {
                if !self.tale.holds(&step.when) || self.tale.seen(&step.id) {
                    continue;
                }
                (Evidence::Hidden, None)
            } else {
                let happened = || {
                    self.tale
                        .all(&step.id)
                        .any(|moment| fits(&step.matches, moment) && has(&step.has, moment))
                };
                let reason = step.absent.iter().position(|a| self.tale.holds(&a.when));
                if reason.is_none() || happened() {
                    continue;
                }
                (Evidence::Absent, reason)
            };
            let chapter = step.place.unwrap_or(0);
            let group = match &mut group {
                Some(group) if group.chapter == chapter => group,
                other => other.insert(Group::of(seats, chapter)),
            };
            let variant = step
                .variant
                .iter()
                .position(|v| v.matches.is_empty() && v.has.is_empty() && self.tale.holds(&v.when));
            let choice = Choice {
                moment: None,
                folded: Vec::new(),
                chapter: Some(chapter),
                told: Told {
                    words: Words::Own(rank),
                    variant,
                    reason,
                    chapter,
                    leg: group.leg,
                    round: 1,
                    evidence,
                    moment: None,
                    duration_ns: None,
                    from: None,
                    to: None,
                },
            };
            group.take_in(Seat::new(&choice, choices.len()), seats);
            choices.push(choice);
        }
    }
}

/// Seats the steps, and gives each its event, or all that are folded into it.
fn told(choices: &[Choice], seats: &[Seat], moments: Vec<Placed>) -> Vec<Told> {
    let mut moments: Vec<Option<Box<Moment>>> =
        moments.into_iter().map(|p| Some(p.moment)).collect();
    let mut take = |at: usize| moments.get_mut(at).and_then(Option::take);
    let choices = seats.iter().filter_map(|seat| choices.get(seat.choice));
    let mut steps = Vec::with_capacity(seats.len());
    steps.extend(choices.map(|choice| {
        let mut moment = choice.moment.and_then(&mut take);
        for other in choice.folded.iter().filter_map(|at| take(*at)) {
            if let Some(moment) = &mut moment {
                moment.take_in(*other, usize::MAX);
            }
        }
        if let Some(moment) = &mut moment {
            moment.packets.sort_unstable();
            moment.packets.dedup();
        }
        Told {
            moment,
            ..choice.told.clone()
        }
    }));
    steps
}

/// True when one event answers another.
fn answers(question: &Moment, answer: &Moment, by: &[String]) -> bool {
    if by.is_empty() {
        return answer.flow == question.flow
            && (answer.from.is_none() || answer.from != question.from);
    }
    by.iter().all(|key| {
        let ends = ["port", ".src", ".dst"]
            .iter()
            .any(|end| key.ends_with(end));
        match (question.value(key), answer.value(key)) {
            _ if ends => answer.flow == question.flow,
            (Some(a), Some(b)) => a.equals(b),
            _ => false,
        }
    })
}

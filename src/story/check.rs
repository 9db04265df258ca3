//! Checks a script against what exists: events, fields, facts, words, chapters. Says where it is wrong and what was meant.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::decode::protocols;
use crate::model::nearest;

use super::facts::{Condition, FACTS};
use super::journey::Outcome;
use super::ledger;
use super::script::{Mistake, Script};
use super::template::{Part, Template};
use super::traceroute;
use super::words::WORDS;

/// All that is wrong with a script that can be read.
#[must_use]
pub fn check(script: &Script) -> Vec<Mistake> {
    let known = Known::new(script);
    let mut mistakes = Vec::new();
    let mut say = |at: &Range<usize>, what: Option<String>| {
        if let Some(what) = what {
            mistakes.push(Mistake {
                at: at.clone(),
                what,
            });
        }
    };
    for step in &script.steps {
        let (at, step) = (step.span(), step.get_ref());
        if step.hidden.is_none() {
            say(&at, known.event(&step.id));
        }
        if let Some(chapter) = &step.chapter {
            say(&at, known.chapter(chapter));
        } else if step.hidden.is_some() || !step.absent.is_empty() {
            say(
                &at,
                Some(format!(
                    "`{}` is not always seen, so it needs a chapter",
                    step.id
                )),
            );
        }
        if step.title.is_empty() || step.say.is_empty() {
            say(
                &at,
                Some(format!("`{}` needs a `title` and a `say`", step.id)),
            );
        }
        if let Some(pair) = &step.pair {
            say(&at, known.event(pair));
        }
        if let Some(after) = &step.after {
            let ids = || script.steps.iter().map(|s| s.get_ref().id.as_str());
            say(
                &at,
                (!ids().any(|id| id == after)).then(|| unknown("step", after, ids())),
            );
        }
        let texts = step
            .texts()
            .chain(step.variant.iter().flat_map(super::script::Variant::texts));
        for text in texts {
            for part in text.parts() {
                say(&at, known.part(part));
            }
        }
        for key in step.named() {
            say(&at, known.field(key));
        }
        let conditions = step
            .when
            .iter()
            .chain(step.variant.iter().flat_map(|v| &v.when))
            .chain(step.absent.iter().flat_map(|a| &a.when));
        for condition in conditions {
            say(&at, fact(condition));
        }
        let osi = step.osi.is_none_or(|osi| (1..=7).contains(&osi));
        if !osi {
            say(&at, Some(format!("`{}`: OSI layers are 1 to 7", step.id)));
        }
    }
    let nowhere = 0..0;
    let texts = script.verdicts.iter().map(|v| &v.say);
    for part in texts.chain([&script.title]).flat_map(Template::parts) {
        say(&nowhere, known.part(part));
    }
    for verdict in &script.verdicts {
        for condition in &verdict.when {
            say(&nowhere, fact(condition));
        }
        let outcomes = [Outcome::Ok, Outcome::Failed, Outcome::Incomplete].map(Outcome::word);
        if !outcomes.contains(&verdict.outcome.as_str()) {
            say(
                &nowhere,
                Some(unknown("outcome", &verdict.outcome, outcomes)),
            );
        }
    }
    for chapter in &script.chapters {
        if !(1..=7).contains(&chapter.osi) {
            say(
                &nowhere,
                Some(format!("chapter `{}`: OSI layers are 1 to 7", chapter.id)),
            );
        }
        if let Some(phase) = &chapter.phase
            && !ledger::NAMES.contains(&phase.as_str())
        {
            say(
                &nowhere,
                Some(unknown("phase", phase, ledger::NAMES.iter().copied())),
            );
        }
    }
    for row in &script.loops {
        say(&nowhere, known.event(&row.begins));
        say(&nowhere, known.event(&row.ends));
    }
    for then in &script.then {
        say(&nowhere, known.event(&then.on));
        for key in then.matches.keys() {
            say(&nowhere, known.field(key));
        }
        if then.link != "location" {
            say(&nowhere, Some(unknown("link", &then.link, ["location"])));
        }
    }
    mistakes
}

/// Events that no frame of this version raises: logs of the machine show them, or protocols that are only named.
const UNRAISED: &[&str] = &[
    "http2.preface",
    "http2.settings",
    "http2.request",
    "http2.response",
    "http2.goaway",
    "http3.request",
    "http3.response",
    "quic.initial",
    "quic.retry",
    "quic.handshake",
    "quic.one_rtt",
    "quic.close",
    "ssh.service_request",
    "ssh.auth_request",
    "ssh.auth_failure",
    "ssh.auth_success",
    "ssh.channel_open",
    "ssh.channel_request",
    "ssh.channel_close",
];

/// The ids of all events that exist.
#[must_use]
pub fn events() -> BTreeSet<&'static str> {
    let decoded = protocols().iter().flat_map(|p| p.events.iter().copied());
    decoded
        .chain(crate::flow::EVENTS.iter().copied())
        .chain(traceroute::EVENTS.iter().copied())
        .map(|event| event.id)
        .chain(UNRAISED.iter().copied())
        .collect()
}

struct Known<'a> {
    events: BTreeSet<&'static str>,
    fields: BTreeSet<&'static str>,
    chapters: Vec<&'a str>,
}

impl<'a> Known<'a> {
    fn new(script: &'a Script) -> Self {
        Self {
            events: events(),
            fields: protocols()
                .iter()
                .flat_map(|p| p.fields)
                .map(|field| field.key)
                .collect(),
            chapters: script.chapters.iter().map(|c| c.id.as_str()).collect(),
        }
    }

    fn event(&self, id: &str) -> Option<String> {
        (!self.events.contains(id)).then(|| unknown("event", id, self.events.iter().copied()))
    }

    fn field(&self, key: &str) -> Option<String> {
        (!self.fields.contains(key)).then(|| unknown("field", key, self.fields.iter().copied()))
    }

    fn chapter(&self, id: &str) -> Option<String> {
        (!self.chapters.contains(&id))
            .then(|| unknown("chapter", id, self.chapters.iter().copied()))
    }

    fn part(&self, part: &Part) -> Option<String> {
        match part {
            Part::Text(_) | Part::Word(_) => None,
            Part::Field(key, _) => self.field(key),
            Part::Unknown(name) => Some(unknown(
                "placeholder",
                name,
                WORDS.iter().map(|word| word.name),
            )),
        }
    }
}

fn fact(condition: &Condition) -> Option<String> {
    let name = condition
        .text
        .strip_prefix("not:")
        .unwrap_or(&condition.text);
    condition
        .fact
        .is_none()
        .then(|| unknown("fact", name, FACTS.iter().map(|fact| fact.name)))
}

fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("no {kind} is called `{name}`; did you mean `{near}`?"),
        None => format!("no {kind} is called `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripts::BUILT_IN;
    use super::*;

    #[test]
    fn the_scripts_in_the_program_say_nothing_that_does_not_exist() {
        let mut wrong = Vec::new();
        for (file, text) in BUILT_IN {
            let script = Script::read(text).unwrap_or_else(|m| panic!("{file}: {}", m.what));
            for mistake in check(&script) {
                let line = text[..mistake.at.start].lines().count() + 1;
                wrong.push(format!("{file}:{line}: {}", mistake.what));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_mistake_says_what_was_meant() {
        let text = r#"
            story = "x"
            [[chapter]]
            id = "name"
            title = "Name"
            osi = 7
            [[step]]
            id = "traceroute.hops"
            chapter = "nam"
            title = "A {clint}"
            say = "B {no.such.field}."
            when = ["not:ipv7"]
        "#;
        let script = Script::read(text).unwrap();
        let said: Vec<String> = check(&script).into_iter().map(|m| m.what).collect();
        assert_eq!(
            said,
            [
                "no event is called `traceroute.hops`; did you mean `traceroute.hop`?",
                "no chapter is called `nam`; did you mean `name`?",
                "no placeholder is called `clint`; did you mean `client`?",
                "no field is called `no.such.field`",
                "no fact is called `ipv7`; did you mean `ipv6`?",
            ]
        );
    }
}

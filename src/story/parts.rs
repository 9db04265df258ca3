//! Parts of scripts: steps and verdicts that several stories share, such as the way to an open TCP connection.
//!
//! A script names them in `include`. Of a part it takes the steps of those chapters that it has itself, in the order of
//! `include`. Its own steps stand behind them, or behind the step that they name in `after`; a step with the id and the
//! chapter of an included one takes its place, as a later part's does. Verdicts of parts stand before its own.

use serde::Deserialize;
use toml::Spanned;

use super::script::{Mistake, Script, Step, Verdict};
use super::scripts::COMMON;

/// The parts in the program: name and text.
pub const PARTS: &[(&str, &str)] = &[
    ("curl", include_str!("scripts/parts/curl.toml")),
    ("groups", include_str!("scripts/parts/groups.toml")),
    ("host", include_str!("scripts/parts/host.toml")),
    ("http", include_str!("scripts/parts/http.toml")),
    ("link", include_str!("scripts/parts/link.toml")),
    ("name", include_str!("scripts/parts/name.toml")),
    ("reverse", include_str!("scripts/parts/reverse.toml")),
    ("tcp", include_str!("scripts/parts/tcp.toml")),
    ("tls", include_str!("scripts/parts/tls.toml")),
];

/// What a part holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its steps.
    #[serde(default, rename = "step")]
    pub steps: Vec<Spanned<Step>>,
    /// Its verdicts.
    #[serde(default, rename = "verdict")]
    pub verdicts: Vec<Verdict>,
}

impl Part {
    /// Reads a part.
    ///
    /// # Errors
    /// A [`Mistake`] that says where the text is not a part.
    pub fn read(text: &str) -> Result<Self, Mistake> {
        toml::from_str(text).map_err(|e| Mistake {
            at: e.span().unwrap_or(0..0),
            what: e.message().to_owned(),
        })
    }
}

/// Puts the parts that a script includes into it.
pub(super) fn include(mut script: Script) -> Result<Script, Mistake> {
    let mut steps: Vec<(usize, Spanned<Step>)> = Vec::new();
    let mut verdicts = Vec::new();
    for (origin, name) in script.include.iter().enumerate() {
        let Some((_, text)) = PARTS.iter().find(|(part, _)| part == name) else {
            let names: Vec<&str> = PARTS.iter().map(|(part, _)| *part).collect();
            return Err(Mistake {
                at: 0..0,
                what: format!("no part is called `{name}`; there are {}", names.join(", ")),
            });
        };
        let part = Part::read(text).map_err(|mistake| Mistake {
            at: 0..0,
            what: format!("part `{name}`: {}", mistake.what),
        })?;
        for step in part.steps {
            let mut step = step.into_inner();
            let told = script
                .chapters
                .iter()
                .any(|chapter| Some(&chapter.id) == step.chapter.as_ref());
            if script.story == COMMON {
                // What others do not tell is what happened, not what did not.
                step.absent.clear();
                if step.hidden.is_some() {
                    continue;
                }
            }
            if told || step.chapter.is_none() {
                place(&mut steps, origin, Spanned::new(0..0, step));
            }
        }
        verdicts.extend(part.verdicts);
    }
    let origin = script.include.len();
    for step in std::mem::take(&mut script.steps) {
        place(&mut steps, origin, step);
    }
    script.steps = steps.into_iter().map(|(_, step)| step).collect();
    verdicts.append(&mut script.verdicts);
    script.verdicts = verdicts;
    Ok(script)
}

/// Puts a step into its place among those before it; `origin` counts the texts they come from.
fn place(steps: &mut Vec<(usize, Spanned<Step>)>, origin: usize, step: Spanned<Step>) {
    let same = |other: &Spanned<Step>| {
        let (a, b) = (other.get_ref(), step.get_ref());
        a.id == b.id && a.chapter == b.chapter
    };
    let earlier = steps.iter().position(|(of, s)| *of < origin && same(s));
    if let Some(at) = earlier {
        steps.retain(|(of, s)| *of == origin || !same(s));
        steps.insert(at, (origin, step));
        return;
    }
    // Further steps of the same event stay with the one that took a place.
    let after = match &step.get_ref().after {
        Some(id) => steps.iter().rposition(|(_, s)| s.get_ref().id == *id),
        None => steps.iter().rposition(|(of, s)| *of == origin && same(s)),
    };
    match after {
        Some(at) => steps.insert(at + 1, (origin, step)),
        None => steps.push((origin, step)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::check;
    use super::super::script::Chapter;
    use super::*;

    fn ids(script: &Script) -> Vec<&str> {
        script
            .steps
            .iter()
            .map(|step| step.get_ref().id.as_str())
            .collect()
    }

    #[test]
    fn a_script_takes_the_chapters_that_it_has_and_its_own_words_come_first() {
        let text = r#"
            story = "x"
            include = ["host"]
            [[chapter]]
            id = "before"
            title = "Before"
            osi = 7
            [[step]]
            id = "host.services"
            chapter = "before"
            after = "host.config"
            title = "Services"
            say = "Services."
            hidden = "A file."
            [[step]]
            id = "host.exec"
            chapter = "before"
            title = "Mine"
            say = "Mine."
            hidden = "Mine."
            [[step]]
            id = "tcp.reset"
            title = "Reset"
            say = "Reset."
        "#;
        let script = Script::read(text).unwrap();
        assert_eq!(
            ids(&script),
            [
                "host.shell",
                "host.fork",
                "host.exec",
                "host.config",
                "host.services",
                "host.nsswitch",
                "host.hosts",
                "host.resolv",
                "host.route",
                "tcp.reset",
            ],
            "host.exit is of a chapter that the script does not have"
        );
        let exec = script
            .steps
            .iter()
            .find(|s| s.get_ref().id == "host.exec")
            .unwrap();
        assert!(exec.span().start > 0, "its own step took the part's place");
    }

    #[test]
    fn a_part_that_does_not_exist_is_named() {
        let wrong = Script::read("story = \"x\"\ninclude = [\"hots\"]").unwrap_err();
        assert!(
            wrong
                .what
                .starts_with("no part is called `hots`; there are curl")
        );
    }

    #[test]
    fn the_parts_say_nothing_that_does_not_exist() {
        let mut wrong = Vec::new();
        for (name, text) in PARTS {
            let part = Part::read(text).unwrap_or_else(|m| {
                let line = text[..m.at.start].lines().count();
                panic!("{name}.toml:{line}: {}", m.what)
            });
            let mut script = Script {
                story: (*name).to_owned(),
                ..Script::default()
            };
            for step in &part.steps {
                let id = step.get_ref().chapter.clone().unwrap();
                script.chapters.push(Chapter {
                    id,
                    title: String::new(),
                    osi: 7,
                    phase: None,
                });
            }
            script.steps = part.steps;
            script.verdicts = part.verdicts;
            for mistake in check(&script) {
                let line = text[..mistake.at.start].lines().count() + 1;
                wrong.push(format!("parts/{name}.toml:{line}: {}", mistake.what));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

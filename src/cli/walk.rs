//! `wirewalk walk`: the story of a capture, as a timeline over the OSI layers.

use std::io::Write as _;
use std::ops::RangeInclusive;

use clap::Args;

use wirewalk::error::Error;
use wirewalk::render::line::Line;
use wirewalk::render::text::{self, Clock, Telling};
use wirewalk::session::Session;
use wirewalk::view::timeline::{GENERATOR, Journey, Record, SCHEMA, Stray};

use super::options::{Clocks, Face, Format, Level, Source};
use super::output::Output;
use super::packed::Packed;
use super::replay::{Going, Pace, Speed};
use super::{Told, notes, say};

/// The most journeys of which the lines at the end remind.
const REMEMBERED_MAX: usize = 1000;

/// Tell the story: an OSI-layered timeline of every journey
#[derive(Args)]
#[command(
    long_about = "Tell the story of a capture: every journey (a web page, a login, a lookup, a lease) from its first cause to \
        its last packet, chapter by chapter. Each step has its time, an arrow in the direction of the frames, the OSI layers \
        that they pass through, their numbers, and a mark for how it is known:\n\n  \
        \u{25cf} observed    bytes in clear show it\n  \
        \u{25d0} decrypted   bytes show it, through keys\n  \
        \u{25a3} host        a log of the machine shows it\n  \
        \u{25c7} inferred    shape, order or size shows it, and the step says which\n  \
        \u{25cb} hidden      it happens, and no capture can show it\n  \
        \u{2205} absent      it could have been seen, and was not; the step says why that can be",
    after_long_help = EXAMPLES
)]
pub(crate) struct Walk {
    #[command(flatten)]
    source: Source,

    /// brief: a sentence a step; normal: a paragraph; deep: all, with RFCs and what an interviewer asks next
    #[arg(long, value_name = "DEPTH", value_enum, default_value_t = Level::Brief, hide_possible_values = true, help_heading = "What is told")]
    depth: Level,

    /// Only journey N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "What is told")]
    journey: Option<u32>,

    /// Only steps A to B of each journey
    #[arg(long, value_name = "A-B", value_parser = steps, help_heading = "What is told")]
    steps: Option<RangeInclusive<usize>>,

    /// Tell the steps at the pace they happened, or SPEED times as fast; long gaps are shortened
    #[arg(
        long,
        value_name = "SPEED",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1",
        conflicts_with = "step",
        help_heading = "In front of people"
    )]
    replay: Option<Speed>,

    /// Wait for a key before each step: space or enter for the next, q to end
    #[arg(long, help_heading = "In front of people")]
    step: bool,

    #[command(flatten)]
    face: Face,

    #[command(flatten)]
    clock: Clocks,
}

pub(super) const EXAMPLES: &str = "Examples:\n  \
    wirewalk                                   a built-in sample: curl https, everything cold\n  \
    wirewalk ssh-login --depth normal          another sample, with a paragraph on each step\n  \
    wirewalk x.pcapng --keys keys.log          your own capture, decrypted with a TLS key log\n  \
    tcpdump -w - -c 100 | wirewalk -           from a pipe\n  \
    wirewalk x.pcapng --journey 2 --steps 5-9  a part of it\n  \
    wirewalk curl-https --replay 0.02          in front of people, fifty times slower than it was\n  \
    wirewalk x.pcapng --format json | jq '.journeys[].verdict'";

/// Reads `A-B` or one number.
fn steps(text: &str) -> Result<RangeInclusive<usize>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        let number = text
            .trim()
            .parse::<usize>()
            .ok()
            .filter(|number| *number > 0);
        number.ok_or_else(|| format!("`{text}` is no step number; write 5-9"))
    };
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("{first}-{last} runs backwards"));
    }
    Ok(first..=last)
}

impl Walk {
    pub(crate) fn run(self) -> Result<Told, Error> {
        let pace = Pace::new(self.replay, self.step);
        if pace != Pace::AtOnce && self.face.format != Format::Text {
            return Err(Error::Usage {
                what: "`--replay` and `--step` tell a story to people".to_owned(),
                because: "`--format` asks for a story for programs".to_owned(),
                hint: "leave one of them out".to_owned(),
            });
        }
        if pace == Pace::ByKey {
            super::replay::check()?;
        }
        let mut session = self.source.open()?;
        let mut out = Output::open(&self.face, self.source.paths())?;
        let told = match self.face.format {
            Format::Text => self.tell(&mut session, &mut out, pace)?,
            Format::Json => self.object(&mut session, &mut out)?,
            Format::Ndjson => self.records(&mut session, &mut out)?,
        };
        out.flush()?;
        notes(&session.captures());
        match told {
            Told::Something if self.source.files.is_empty() => say(
                "try: `wirewalk --depth normal`, `wirewalk show --frames 10`, `wirewalk samples`, `wirewalk --help`",
            ),
            Told::Nothing if self.journey.is_some() => {
                say("wirewalk: the capture has no such journey");
            }
            Told::Nothing => say("wirewalk: the capture has no journey and no conversation"),
            Told::Something => {}
        }
        Ok(told)
    }

    /// For people.
    fn tell(&self, session: &mut Session, out: &mut Output, pace: Pace) -> Result<Told, Error> {
        let mut options = text::Options {
            depth: self.depth.into(),
            clock: self.clock.time.into(),
            first: None,
            steps: self.steps.clone(),
        };
        let mut story = Story {
            out,
            pace,
            told: 0,
            reminders: Vec::new(),
            going: Going::On,
        };
        let stray = if options.clock == Clock::Utc {
            // The time of day is known when the capture is.
            let mut journeys = Vec::new();
            let stray = session.journeys(options.depth, |journey| {
                journeys.push(journey);
                Ok(())
            })?;
            options.first = text::beginning(&session.captures());
            for journey in &journeys {
                self.one(journey, &options, &mut story)?;
            }
            stray
        } else {
            session.journeys(options.depth, |journey| {
                self.one(&journey, &options, &mut story)
            })?
        };
        story.finish(session, &stray, self.journey.is_some())
    }

    fn one(
        &self,
        journey: &Journey,
        options: &text::Options,
        story: &mut Story,
    ) -> Result<(), Error> {
        if self.journey.is_some_and(|wanted| wanted != journey.id) || story.going == Going::Away {
            return Ok(());
        }
        story.tell(journey, options)
    }

    /// For programs, as one object.
    fn object(&self, session: &mut Session, out: &mut Output) -> Result<Told, Error> {
        let mut told = Told::Nothing;
        let mut journeys = 0;
        let mut conversations = Packed::new();
        let mut captures = Vec::new();
        let mut strays = Stray::default();
        let begin = format!("{{\"schema\":{SCHEMA},\"generator\":\"{GENERATOR}\",\"journeys\":[");
        out.with(|out| out.write_all(begin.as_bytes()))?;
        session.records_in_order(self.depth.into(), |record| {
            match record {
                Record::Journey(mut journey) if self.wants(&journey) => {
                    self.cut(&mut journey);
                    told = Told::Something;
                    journeys += 1;
                    if journeys > 1 {
                        out.with(|out| out.write_all(b","))?;
                    }
                    return out.json(&journey, b"");
                }
                Record::Journey(_) => {}
                Record::Conversation(conversation) => {
                    if self.journey.is_none() {
                        told = Told::Something;
                    }
                    out.with(|_| conversations.add(&conversation))?;
                }
                Record::Capture(capture) => captures.push(capture),
                Record::Stray(stray) => strays = stray,
            }
            Ok(())
        })?;
        out.with(|out| {
            out.write_all(b"],\"conversations\":[")?;
            conversations.unpack(out)?;
            out.write_all(b"],\"captures\":")
        })?;
        out.json(&captures, b",\"stray\":")?;
        out.json(&strays, b"}\n")?;
        Ok(told)
    }

    /// For programs, as a line for each thing that ends.
    fn records(&self, session: &mut Session, out: &mut Output) -> Result<Told, Error> {
        let mut told = Told::Nothing;
        session.records(self.depth.into(), |mut record| {
            match &mut record {
                Record::Journey(journey) => {
                    if !self.wants(journey) {
                        return Ok(());
                    }
                    self.cut(journey);
                    told = Told::Something;
                }
                Record::Conversation(_) if self.journey.is_none() => told = Told::Something,
                _ => {}
            }
            out.record(&record)
        })?;
        Ok(told)
    }

    fn wants(&self, journey: &Journey) -> bool {
        self.journey.is_none_or(|wanted| wanted == journey.id)
    }

    fn cut(&self, journey: &mut Journey) {
        if let Some(wanted) = &self.steps {
            let mut number = 0;
            journey.steps.retain(|_| {
                number += 1;
                wanted.contains(&number)
            });
        }
    }
}

/// A story on its way out.
struct Story<'a> {
    out: &'a mut Output,
    pace: Pace,
    told: usize,
    reminders: Vec<Line>,
    going: Going,
}

impl Story<'_> {
    fn tell(&mut self, journey: &Journey, options: &text::Options) -> Result<(), Error> {
        let look = self.out.look;
        let telling = Telling::new(journey, &look, options);
        if self.told > 0 {
            self.out.lines(&[look.line(), look.line()])?;
        }
        self.told += 1;
        if self.reminders.len() < REMEMBERED_MAX {
            self.reminders.push(text::overview(journey, &look));
        }
        if self.pace == Pace::AtOnce {
            self.out.lines(telling.lines())?;
            return Ok(());
        }
        self.out.lines(telling.curtain())?;
        let mut before = None;
        for (at, step) in telling.steps() {
            self.out.flush()?;
            let (going, note) = self.pace.wait(before, step.time_ns)?;
            self.going = going;
            if going == Going::Away {
                return Ok(());
            }
            before = step.time_ns.or(before);
            if let Some(note) = note {
                self.out.lines(&[telling.aside(&note)])?;
            }
            self.out.lines(telling.step(at))?;
        }
        self.out.lines(telling.ending())
    }

    /// What was read, and a reminder of the journeys where there were several.
    fn finish(self, session: &Session, stray: &Stray, only_one: bool) -> Result<Told, Error> {
        let look = self.out.look;
        if self.going == Going::Away {
            return Ok(Told::Something);
        }
        let conversations = stray.conversations.len();
        if self.told == 0 && (only_one || conversations == 0) {
            return Ok(Told::Nothing);
        }
        let mut lines = vec![look.line()];
        if self.told != 1 {
            lines.extend(self.reminders);
        }
        if self.told == 0 {
            lines.extend(text::remark(
                "No journey that wirewalk knows. `wirewalk list` shows the conversations, `wirewalk show` the frames.",
                &look,
            ));
        }
        lines.extend(text::captures(&session.captures(), &look));
        self.out.lines(&lines)?;
        Ok(Told::Something)
    }
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn ranges_of_steps() {
        assert_eq!(steps("5-9"), Ok(5..=9));
        assert_eq!(steps("3"), Ok(3..=3));
        for wrong in ["", "0", "9-5", "a-b", "1-"] {
            assert!(steps(wrong).is_err(), "{wrong}");
        }
    }
}

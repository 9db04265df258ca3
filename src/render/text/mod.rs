//! The story for people: title and verdict, where the time went, who takes part, and the steps chapter by chapter.

mod grid;
mod head;
mod ladder;
mod step;
mod waterfall;

#[cfg(test)]
pub(super) mod fixture;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Look;
use super::line::Line;
use super::theme::Ink;
use super::units::Scale;
use crate::model::Timestamp;
use crate::view::captures::CaptureView;
use crate::view::timeline::{Depth, Journey, Role, Step};

use grid::Grid;

pub(super) use head::time_of_day;
pub use head::{captures, overview, remark};

/// Which times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// Since the first frame of the capture.
    #[default]
    Relative,
    /// Since the step before.
    Delta,
    /// The time of day in UTC.
    Utc,
}

/// What is told of a journey, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How much each step tells.
    pub depth: Depth,
    /// Which times are shown.
    pub clock: Clock,
    /// When the capture begins; without it no time of day is known.
    pub first: Option<Timestamp>,
    /// The steps that are told, from 1; all without it.
    pub steps: Option<RangeInclusive<usize>>,
}

/// A journey about to be told, piece by piece.
#[derive(Debug)]
pub struct Telling<'a> {
    journey: &'a Journey,
    look: &'a Look,
    options: &'a Options,
    times: Vec<String>,
    grid: Grid,
    explained: Vec<Option<usize>>,
}

impl<'a> Telling<'a> {
    /// Lays out a journey.
    #[must_use]
    pub fn new(journey: &'a Journey, look: &'a Look, options: &'a Options) -> Self {
        let times = times(journey, options);
        let grid = Grid::new(journey, &times, look);
        Self {
            journey,
            look,
            options,
            times,
            grid,
            explained: explained(journey, options),
        }
    }

    /// What stands before the first step.
    #[must_use]
    pub fn opening(&self) -> Vec<Line> {
        head::opening(self.journey, self.look)
    }

    /// What stands before the first step, without how it ends: for telling it in front of people.
    #[must_use]
    pub fn curtain(&self) -> Vec<Line> {
        head::curtain(self.journey, self.look)
    }

    /// What [`Telling::curtain`] leaves out.
    #[must_use]
    pub fn ending(&self) -> Vec<Line> {
        head::ending(self.journey, self.look)
    }

    /// The steps to tell, by their place in the journey.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &'a Step)> {
        let wanted = self.options.steps.clone();
        self.journey
            .steps
            .iter()
            .map(|entry| &**entry)
            .enumerate()
            .filter(move |(at, _)| wanted.as_ref().is_none_or(|w| w.contains(&(at + 1))))
    }

    /// One step, under the heading of its chapter where that begins.
    #[must_use]
    pub fn step(&self, at: usize) -> Vec<Line> {
        let Some(step) = self.journey.steps.get(at) else {
            return Vec::new();
        };
        let told = |at: &usize| {
            let wanted = self.options.steps.as_ref();
            wanted.is_none_or(|wanted| wanted.contains(&(at + 1)))
        };
        let before = at.checked_sub(1).filter(told);
        let before = before.and_then(|before| self.journey.steps.get(before).map(|entry| &**entry));
        let mut lines = self.heading(step, before);
        lines.extend(step::lines(self, at, step));
        lines
    }

    /// The whole journey.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = self.opening();
        for (at, _) in self.steps() {
            lines.extend(self.step(at));
        }
        lines
    }

    /// A remark between two steps.
    #[must_use]
    pub fn aside(&self, text: &str) -> Line {
        self.between(text)
    }

    /// The heading of a chapter, and the line between two connections or rounds.
    fn heading(&self, step: &Step, before: Option<&Step>) -> Vec<Line> {
        let mut lines = Vec::new();
        let chapter = self
            .journey
            .chapters
            .iter()
            .position(|chapter| chapter.id == step.chapter);
        if before.is_none_or(|before| before.chapter != step.chapter)
            && let Some(chapter) = chapter
        {
            lines.push(self.look.line());
            lines.extend(head::chapter(
                chapter + 1,
                &self.journey.chapters[chapter],
                self.look,
            ));
        }
        let Some(before) = before else {
            return lines;
        };
        if before.leg != step.leg {
            lines.push(self.between(&format!("connection {}", step.leg)));
        } else if before.round != step.round {
            lines.push(self.between(&format!("round {}", step.round)));
        }
        lines
    }

    fn between(&self, what: &str) -> Line {
        let mut line = self.look.line();
        let dots = self.look.charset.dotted();
        line.to(self.grid.scene)
            .fill(Ink::Faint, dots, 3)
            .push(Ink::Faint, &format!(" {what} "))
            .fill(Ink::Faint, dots, 3);
        line
    }
}

/// For every step the earlier one that is told with the same words, whatever the values in them.
fn explained(journey: &Journey, options: &Options) -> Vec<Option<usize>> {
    let mut first = BTreeMap::new();
    let steps = journey.steps.iter().enumerate();
    steps
        .map(|(at, step)| {
            let told = options.steps.as_ref().is_none_or(|w| w.contains(&(at + 1)));
            if !told || (step.words.more().is_empty() && step.words.deep().is_empty()) {
                return None;
            }
            let words = [step.words.more(), step.words.deep()].map(|text| {
                let plain = text.runs().filter(|(_, role)| *role == Role::Plain);
                plain.map(|(text, _)| text).collect::<Vec<_>>()
            });
            let earlier = *first.entry((step.id, words)).or_insert(at);
            (earlier != at).then_some(earlier)
        })
        .collect()
}

/// The time of every step as it is shown; empty for what no frame shows.
fn times(journey: &Journey, options: &Options) -> Vec<String> {
    let steps = || journey.steps.iter().filter_map(|step| step.time_ns);
    let first = steps().min().unwrap_or(journey.start_ns);
    let last = steps().max().unwrap_or(journey.start_ns);
    let span = last.saturating_sub(first);
    let largest = match options.clock {
        Clock::Delta => span,
        _ => first.saturating_abs().max(last.saturating_abs()),
    };
    let scale = Scale::new(largest, span);
    let mut before = None;
    let mut text = |time: i64| match (options.clock, options.first) {
        (Clock::Utc, Some(start)) => time_of_day(Timestamp(start.0.saturating_add(time))),
        (Clock::Delta, _) => {
            let since = before.replace(time).map_or(0, |before: i64| time - before);
            let sign = if since < 0 { "" } else { "+" };
            format!("{sign}{}", scale.time(since))
        }
        _ => scale.time(time),
    };
    journey
        .steps
        .iter()
        .map(|step| step.time_ns.map(&mut text).unwrap_or_default())
        .collect()
}

/// When the earliest of the captures begins.
#[must_use]
pub fn beginning(captures: &[CaptureView]) -> Option<Timestamp> {
    captures
        .iter()
        .filter_map(|capture| capture.first.as_ref()?.parse::<jiff::Timestamp>().ok())
        .min()
        .and_then(|first| i64::try_from(first.as_nanosecond()).ok())
        .map(Timestamp)
}

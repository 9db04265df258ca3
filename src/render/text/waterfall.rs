//! Where the time went: one bar a phase, all on the same axis.

use unicode_width::UnicodeWidthStr;

use super::super::Look;
use super::super::line::Line;
use super::super::theme::Ink;
use super::super::units;
use crate::view::timeline::{Evidence, Journey, Phase};

/// The bars of a journey's phases.
pub(super) fn lines(journey: &Journey, look: &Look) -> Vec<Line> {
    let phases = &journey.phases;
    let Some(start) = phases.iter().map(|phase| phase.start_ns).min() else {
        return Vec::new();
    };
    let end = phases.iter().map(end_of).max().unwrap_or(start);
    let total = end.saturating_sub(start).max(1);
    let names = phases.iter().map(|p| p.name.width()).max().unwrap_or(0);
    let lengths = phases
        .iter()
        .map(|phase| units::duration(phase.duration_ns))
        .collect::<Vec<_>>();
    let shares = phases
        .iter()
        .map(|phase| share(phase.duration_ns as f64 / total as f64 * 100.0))
        .collect::<Vec<_>>();
    let longest = lengths.iter().map(|text| text.width()).max().unwrap_or(0);
    let widest = shares.iter().map(|text| text.width()).max().unwrap_or(0);
    let from = 3 + names + 2;
    let cells = look
        .columns()
        .saturating_sub(from + 2 + longest + 1 + widest);
    let mut lines = vec![look.line()];
    lines[0]
        .push(Ink::Plain, "   ")
        .push(Ink::Strong, "where the time went");
    for ((phase, length), share) in phases.iter().zip(&lengths).zip(&shares) {
        let mut line = look.line();
        line.push(Ink::Plain, "   ")
            .push(Ink::Label, phase.name)
            .to(from);
        let at = |time: i64| {
            let halves = 2.0 * cells as f64;
            time.saturating_sub(start) as f64 / total as f64 * halves
        };
        let first = (at(phase.start_ns) as usize).min(2 * cells - 1);
        let last = (at(end_of(phase)).ceil() as usize).clamp(first + 1, 2 * cells);
        bar(&mut line, look, cells, (first, last));
        line.right(from + cells + 2 + longest, Ink::Plain, length)
            .right(look.columns(), Ink::Faint, share);
        lines.push(line);
    }
    lines
}

fn share(percent: f64) -> String {
    if percent > 0.0 && percent < 1.0 {
        "<1 %".to_owned()
    } else {
        format!("{percent:.0} %")
    }
}

fn end_of(phase: &Phase) -> i64 {
    phase.start_ns.saturating_add(phase.duration_ns.max(0))
}

/// A bar from one half cell to another.
fn bar(line: &mut Line, look: &Look, cells: usize, (first, last): (usize, usize)) {
    let (full, left, right) = look.charset.bar();
    let ink = Ink::Known(Evidence::Observed);
    for cell in 0..cells {
        let (a, b) = (2 * cell, 2 * cell + 1);
        match ((first..last).contains(&a), (first..last).contains(&b)) {
            (true, true) => line.fill(ink, full, 1),
            (true, false) => line.fill(ink, left, 1),
            (false, true) => line.fill(ink, right, 1),
            (false, false) => line.fill(Ink::Faint, look.charset.dot(), 1),
        };
    }
}

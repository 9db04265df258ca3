//! One rung of the ladder: who says what to whom, with an arrow in the direction of the frames.

use super::super::Look;
use super::super::line::{Line, columns};
use super::super::theme::Ink;
use super::super::wrap::runs;
use super::grid::{self, Grid, SHAFT};
use crate::view::timeline::Step;

/// The two ends of a rung. The client stands on the left, whoever speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scene<'a> {
    /// The name on the left.
    pub(super) left: &'a str,
    /// The name on the right.
    pub(super) right: &'a str,
    /// Whether the arrow points to the right.
    pub(super) rightwards: bool,
}

/// The ends of a step between two actors; nothing for what happens at one of them.
pub(super) fn scene(step: &Step) -> Option<Scene<'_>> {
    let (from, to) = (step.from.as_deref()?, step.to.as_deref()?);
    if from == to {
        return None;
    }
    let rightwards = to != "client";
    let (left, right) = if rightwards { (from, to) } else { (to, from) };
    Some(Scene {
        left,
        right,
        rightwards,
    })
}

/// Draws a step's rung, or its title where nothing travels. True when the title stands in it.
pub(super) fn draw(step: &Step, grid: &Grid, look: &Look, line: &mut Line) -> bool {
    let title = columns(step.title.text(), look.charset);
    let Some(scene) = scene(step) else {
        let fits = title <= grid.room();
        if fits {
            push_title(step, line);
        } else if let Some(actor) = step.from.as_deref().or(step.to.as_deref()) {
            line.push(Ink::Actor, &grid::name(actor, look));
        }
        return fits;
    };
    let ink = Ink::Known(step.evidence);
    let shaft = look.charset.shaft(step.evidence);
    let fits = grid.titled && title + SHAFT <= grid.shaft;
    let start = line.width();
    line.push(Ink::Actor, &grid::name(scene.left, look))
        .to(start + grid.left + 1);
    let from = line.width();
    let end = from + grid.shaft;
    if scene.rightwards {
        line.fill(ink, shaft.body, 2);
    } else {
        line.push(ink, &shaft.left.to_string())
            .fill(ink, shaft.body, 1);
    }
    if fits {
        line.push(Ink::Plain, " ");
        push_title(step, line);
        line.push(Ink::Plain, " ");
    }
    let tip = usize::from(scene.rightwards);
    line.fill(ink, shaft.body, (end - tip).saturating_sub(line.width()));
    if scene.rightwards {
        line.push(ink, &shaft.right.to_string());
    }
    line.push(Ink::Plain, " ")
        .push(Ink::Actor, &grid::name(scene.right, look));
    fits
}

fn push_title(step: &Step, line: &mut Line) {
    for (ink, text) in runs(&step.title, Ink::Strong) {
        line.push(ink, text);
    }
}

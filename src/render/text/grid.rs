//! The columns of a story: computed once a journey, so that every step stands in line.

use unicode_width::UnicodeWidthStr;

use super::super::Look;
use super::super::line::{columns, cut_middle};
use super::super::units;
use super::ladder;
use crate::view::timeline::{Journey, Step};

/// The most columns of an actor's name in the ladder; longer addresses are cut in their middle.
const NAME_MAX: usize = 17;

/// The most columns for frame numbers; the rest is counted.
const FRAMES_MAX: usize = 9;

/// The most columns for a protocol's name.
const PROTOCOL_MAX: usize = 8;

/// The columns that a line between two actors needs besides its title.
pub(super) const SHAFT: usize = 6;

/// Digits of the seven layers.
pub(super) const STRIP: usize = 7;

/// Below this width the protocol is left to the title.
const PROTOCOL_FROM: usize = 96;

/// A shorter line between actors carries no titles at all, rather than a few short ones.
const TITLED_FROM: usize = 20;

/// Where things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Columns of the step's number.
    pub(super) number: usize,
    /// Where times end.
    pub(super) time: usize,
    /// Where the ladder and all prose begin.
    pub(super) scene: usize,
    /// Columns of the names on the left.
    pub(super) left: usize,
    /// Columns of the names on the right.
    pub(super) right: usize,
    /// Columns of the line between them.
    pub(super) shaft: usize,
    /// Whether titles stand in that line, where they fit.
    pub(super) titled: bool,
    /// Where the protocol's name begins, if it is shown.
    pub(super) protocol: Option<usize>,
    /// Where the strip of layers begins.
    pub(super) strip: usize,
    /// Where frame numbers begin.
    pub(super) frames: usize,
    /// One past the last column.
    pub(super) end: usize,
}

impl Grid {
    pub(super) fn new(journey: &Journey, times: &[String], look: &Look) -> Self {
        let end = look.columns();
        let number = journey.steps.len().to_string().len();
        let time = times.iter().map(|time| time.width()).max().unwrap_or(0);
        let time = 1 + number + 3 + time;
        let scene = time + 2;
        let steps = || journey.steps.iter();
        let widest = |width: &dyn Fn(&Step) -> usize| steps().map(|step| width(step)).max();
        let frames = widest(&|step| frames(step).width()).unwrap_or(0);
        let frames = end - frames;
        let strip = frames - 2 - STRIP;
        let protocol =
            widest(&|step| columns(&step.protocol_name(), look.charset).min(PROTOCOL_MAX))
                .filter(|width| *width > 0 && end >= PROTOCOL_FROM)
                .map(|width| strip - 2 - width);
        let mut left = 0;
        let mut right = 0;
        for step in steps() {
            if let Some(scene) = ladder::scene(step) {
                left = left.max(name(scene.left, look).width());
                right = right.max(name(scene.right, look).width());
            }
        }
        let room = (protocol.unwrap_or(strip) - 2).saturating_sub(scene);
        let shaft = room.saturating_sub(left + right + 2);
        let titled = shaft >= TITLED_FROM;
        Self {
            number,
            time,
            scene,
            left,
            right,
            shaft: if titled { shaft } else { shaft.min(10) },
            titled,
            protocol,
            strip,
            frames,
            end,
        }
    }

    /// Columns between the ladder's beginning and the columns on the right.
    pub(super) fn room(&self) -> usize {
        (self.protocol.unwrap_or(self.strip) - 2).saturating_sub(self.scene)
    }
}

/// An actor's name as the ladder shows it.
pub(super) fn name(name: &str, look: &Look) -> String {
    cut_middle(name, NAME_MAX, look.charset)
}

/// A step's frames as its row shows them.
pub(super) fn frames(step: &Step) -> String {
    units::frames(&step.frames, FRAMES_MAX)
}

/// A protocol's name as a row shows it.
pub(super) fn protocol(step: &Step, look: &Look) -> String {
    super::super::line::cut(&step.protocol_name(), PROTOCOL_MAX, look.charset)
}

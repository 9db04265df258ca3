//! A frame in one line: number, time, who to whom, protocol, and what it is about.

use super::super::Look;
use super::super::line::{Line, columns, cut, cut_middle};
use super::super::text::Clock;
use super::super::theme::Ink;
use super::super::units;
use super::stack::time_of_day;
use crate::view::frame::{FrameView, LayerView};
use crate::view::timeline::short_name;

/// Layers that are a part of another layer's message, not one of their own.
const PARTS: &[&str] = &["data", "x509af", "x509if", "sct"];

/// Fields that hold the source and the destination, as a pair of one layer.
const ENDS: &[(&str, &str)] = &[
    ("ip.src", "ip.dst"),
    ("ipv6.src", "ipv6.dst"),
    ("eth.src", "eth.dst"),
    ("sll.src.eth", ""),
];

/// Below this width times and addresses are short, so that something is left for what a frame is about.
const NARROW: usize = 72;

/// From so many seconds on nobody counts in seconds.
const LONG: f64 = 100_000.0;

/// Draws frames as they come. Columns only ever grow, up to a share of the line.
#[derive(Debug)]
pub struct Rows<'a> {
    look: &'a Look,
    clock: Clock,
    before: Option<i64>,
    number: usize,
    time: usize,
    source: usize,
    destination: usize,
    protocol: usize,
}

impl<'a> Rows<'a> {
    /// Begins a table.
    #[must_use]
    pub fn new(look: &'a Look, clock: Clock) -> Self {
        Self {
            look,
            clock,
            before: None,
            number: 4,
            time: usize::from(clock == Clock::Delta) + if look.columns() < NARROW { 6 } else { 10 },
            source: 13,
            destination: 13,
            protocol: 4,
        }
    }

    /// The line of the next frame.
    pub fn line(&mut self, frame: &FrameView) -> Line {
        let look = self.look;
        let address = if look.columns() < NARROW {
            13
        } else {
            (look.columns() / 5).max(15)
        };
        let (source, destination) = ends(frame);
        let source = cut_middle(source, address, look.charset);
        let destination = cut_middle(destination, address, look.charset);
        let (protocol, summary) = about(frame);
        let protocol = cut(&short_name(protocol), 8, look.charset);
        let number = frame.number.to_string();
        let time = self.time_of(frame);
        grow(&mut self.number, &number, look);
        grow(&mut self.time, &time, look);
        grow(&mut self.source, &source, look);
        grow(&mut self.destination, &destination, look);
        grow(&mut self.protocol, &protocol, look);
        let mut line = look.line();
        line.right(1 + self.number, Ink::Faint, &number)
            .right(1 + self.number + 2 + self.time, Ink::Faint, &time)
            .push(Ink::Plain, "  ");
        let at = line.width();
        line.push(Ink::Value, &source)
            .to(at + self.source)
            .push(Ink::Faint, &format!(" {} ", look.charset.arrow()));
        let at = line.width();
        line.push(Ink::Value, &destination)
            .to(at + self.destination)
            .push(Ink::Plain, "  ");
        let at = line.width();
        line.push(Ink::Strong, &protocol)
            .to(at + self.protocol)
            .push(Ink::Plain, "  ");
        let faulty = frame.layers.iter().any(|layer| layer.fault.is_some());
        let room = look.width.saturating_sub(line.width());
        let ink = if faulty { Ink::Warn } else { Ink::Plain };
        line.push(ink, &cut(&summary, room, look.charset))
            .clip(look.width);
        line
    }

    fn time_of(&mut self, frame: &FrameView) -> String {
        let since = frame.since_start;
        let before = self.before.replace(since).unwrap_or(since);
        let seconds = |ns: i64| {
            let seconds = ns as f64 / 1e9;
            if seconds.abs() >= LONG {
                units::duration(ns)
            } else if self.look.columns() < NARROW {
                format!("{seconds:.4}")
            } else {
                format!("{seconds:.6} s")
            }
        };
        match self.clock {
            Clock::Relative => seconds(since),
            Clock::Delta => {
                let sign = if since < before { "" } else { "+" };
                format!("{sign}{}", seconds(since.saturating_sub(before)))
            }
            Clock::Utc => time_of_day(&frame.time),
        }
    }
}

fn grow(width: &mut usize, text: &str, look: &Look) {
    *width = (*width).max(columns(text, look.charset));
}

/// The innermost addresses that are the frame's own.
fn ends(frame: &FrameView) -> (&str, &str) {
    for layer in frame.layers.iter().rev().filter(|layer| !layer.quoted) {
        let field = |key: &str| {
            let field = layer.fields.iter().find(|field| field.key == key)?;
            Some(field.display.as_str())
        };
        for (source, destination) in ENDS {
            if let Some(source) = field(source) {
                return (source, field(destination).unwrap_or_default());
            }
        }
    }
    ("", "")
}

/// The protocol that says something in a frame, and all that it says.
fn about(frame: &FrameView) -> (&str, String) {
    let own = || frame.layers.iter().filter(|layer| !layer.quoted);
    let speaker = own()
        .rev()
        .find(|layer| !PARTS.contains(&layer.protocol))
        .or_else(|| own().next_back());
    let Some(speaker) = speaker else {
        return ("", String::new());
    };
    let mut said: Vec<&str> = Vec::new();
    for layer in own().filter(|layer| layer.protocol == speaker.protocol) {
        if said.last() != Some(&layer.summary.as_str()) {
            said.push(&layer.summary);
        }
    }
    let mut summary = said.join("; ");
    if let Some(fault) = own().find_map(fault) {
        summary = format!("{summary} [{fault}]");
    }
    (speaker.protocol, summary)
}

fn fault(layer: &LayerView) -> Option<&str> {
    layer.fault.as_ref().map(|fault| fault.code)
}

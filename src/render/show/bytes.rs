//! Bytes in hexadecimal, broken where a layer begins, with the layer's name in the margin: no colour is needed to tell them apart.

use super::super::Look;
use super::super::line::{Line, cut};
use super::super::theme::Ink;
use super::bits::{byte_at, masked};
use crate::view::frame::{BufferView, FrameView};

/// The most columns of a layer's name in the margin.
const NAME_MAX: usize = 10;

/// How many lines are drawn before they are written.
const TOGETHER: usize = 1024;

/// Bytes from one layer's beginning to the next one's.
#[derive(Debug)]
struct Region {
    from: u32,
    to: u32,
    osi: u8,
    name: String,
}

/// A buffer's bytes; those of the `marked` spans stand in brackets.
pub(super) fn draw<E>(
    frame: &FrameView,
    buffer: &BufferView,
    marked: &[(u32, u32)],
    look: &Look,
    each: &mut impl FnMut(&[Line]) -> Result<(), E>,
) -> Result<(), E> {
    let regions = regions(frame, buffer);
    let margin = regions
        .iter()
        .map(|region| region.name.len().min(NAME_MAX))
        .max()
        .unwrap_or(0);
    let offset = if buffer.length > 0xffff { 8 } else { 4 };
    // Margin, offset, and for each byte three columns of hexadecimal and one of text.
    let fixed = 3 + margin + 1 + offset + 1 + 1;
    let per_row = if fixed + 16 * 4 <= look.columns() {
        16
    } else {
        8
    };
    // Air around the bytes where there is room for it.
    let air = usize::from(fixed + per_row as usize * 4 + 2 <= look.columns());
    let layout = Layout {
        air,
        buffer,
        marked,
        per_row,
        start: 3 + margin + 1,
        offset,
    };
    let mut lines = vec![heading(frame, buffer, look)];
    if !buffer.masked.is_empty() {
        let mut line = look.line();
        line.push(Ink::Warn, " ** is a secret; --reveal-secrets shows it");
        lines.push(line);
    }
    for region in &regions {
        let mut at = region.from;
        while at < region.to {
            let to = region.to.min(at + per_row);
            let mut line = look.line();
            if at == region.from {
                if region.osi > 0 {
                    line.push(Ink::Plain, " ")
                        .push(Ink::Layer(region.osi), &region.osi.to_string());
                }
                line.to(3).push(
                    Ink::Layer(region.osi),
                    &cut(&region.name, NAME_MAX, look.charset),
                );
            }
            layout.draw(&mut line, region, at, to, look);
            lines.push(line);
            if lines.len() >= TOGETHER {
                each(&lines)?;
                lines.clear();
            }
            at = to;
        }
    }
    each(&lines)
}

fn heading(frame: &FrameView, buffer: &BufferView, look: &Look) -> Line {
    let mut line = look.line();
    line.push(Ink::Plain, " ");
    if buffer.id == 0 {
        line.push(Ink::Strong, "The frame");
    } else {
        line.push(Ink::Strong, &format!("Buffer {}", buffer.id))
            .push(Ink::Plain, &format!(", {}", buffer.kind));
    }
    let length = super::super::units::count(buffer.length as u64, "byte");
    line.push(Ink::Plain, &format!(", {length}"));
    let mut frames: Vec<u64> = buffer.pieces.iter().map(|piece| piece.frame).collect();
    frames.sort_unstable();
    frames.dedup();
    let room = look
        .columns()
        .saturating_sub(line.width() + ", from ".len());
    if !frames.is_empty() && frames != [frame.number] {
        line.push(
            Ink::Faint,
            &format!(", from {}", super::super::units::frames(&frames, room)),
        );
    }
    line
}

/// How rows of one buffer are drawn.
struct Layout<'a> {
    buffer: &'a BufferView,
    marked: &'a [(u32, u32)],
    per_row: u32,
    start: usize,
    offset: usize,
    air: usize,
}

impl Layout<'_> {
    fn draw(&self, line: &mut Line, region: &Region, from: u32, to: u32, look: &Look) {
        let ink = Ink::Layer(region.osi);
        line.to(self.start)
            .push(Ink::Faint, &format!("{from:0width$x}", width = self.offset))
            .fill(Ink::Plain, ' ', self.air);
        let mut text = Vec::new();
        let mut inside = false;
        for at in from..to {
            let mark = self.is_marked(at);
            let gap = match (inside, mark) {
                (false, true) => "[",
                (true, false) => "]",
                _ => " ",
            };
            let byte_ink = if mark { Ink::Marked } else { ink };
            // The wider gap in the middle stands outside of the brackets.
            let wide = at - from == 8;
            if wide && !inside {
                line.push(Ink::Plain, " ");
            }
            line.push(within(inside || mark), gap);
            if wide && inside {
                line.push(within(mark), " ");
            }
            inside = mark;
            if masked(self.buffer, at) {
                line.push(Ink::Warn, "**");
                text.push((Ink::Warn, "*".to_owned()));
                continue;
            }
            let Some(byte) = byte_at(self.buffer, at) else {
                break;
            };
            line.push(byte_ink, &format!("{byte:02x}"));
            text.push(if byte == b' ' || byte.is_ascii_graphic() {
                (byte_ink, char::from(byte).to_string())
            } else {
                (Ink::Faint, look.charset.dot().to_string())
            });
        }
        if inside {
            line.push(Ink::Marked, "]");
        }
        let wide = usize::from(self.per_row > 8);
        line.to(self.start + self.offset + self.per_row as usize * 3 + wide + 1 + 2 * self.air);
        for (ink, c) in text {
            line.push(ink, &c);
        }
    }

    fn is_marked(&self, at: u32) -> bool {
        self.marked
            .iter()
            .any(|(from, to)| (*from..*to).contains(&at))
    }
}

/// The ink of a gap inside or outside of marked bytes.
fn within(marked: bool) -> Ink {
    if marked { Ink::Marked } else { Ink::Plain }
}

/// The buffer cut at the beginnings and ends of its layers; what no layer claims has no name.
fn regions(frame: &FrameView, buffer: &BufferView) -> Vec<Region> {
    let length = buffer.length.min(buffer.hex.len() / 2) as u32;
    let mut layers: Vec<_> = frame
        .layers
        .iter()
        .filter(|layer| layer.buffer == buffer.id && layer.length > 0 && layer.offset < length)
        .collect();
    layers.sort_by_key(|layer| layer.offset);
    let mut regions = Vec::new();
    let mut at = 0;
    for (number, layer) in layers.iter().enumerate() {
        let next = layers.get(number + 1).map_or(length, |next| next.offset);
        let (from, to) = (
            layer.offset.max(at),
            layer
                .offset
                .saturating_add(layer.length)
                .min(next.max(layer.offset))
                .min(length),
        );
        if from > at {
            regions.push(nameless(at, from));
        }
        if to > from {
            regions.push(Region {
                from,
                to,
                osi: layer.osi,
                name: layer.protocol.to_owned(),
            });
        }
        at = at.max(to);
    }
    if at < length {
        regions.push(nameless(at, length));
    }
    regions
}

fn nameless(from: u32, to: u32) -> Region {
    Region {
        from,
        to,
        osi: 0,
        name: String::new(),
    }
}

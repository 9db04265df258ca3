//! A frame layer by layer: every field with its label, its value and its key, and the bytes below.

use std::fmt::Write as _;

use super::super::Look;
use super::super::line::{Line, columns, cut, cut_middle};
use super::super::names;
use super::super::text::time_of_day as of_day;
use super::super::theme::Ink;
use super::super::units;
use super::super::wrap::wrap;
use super::{bits, bytes};
use crate::model::{Osi, Timestamp};
use crate::view::frame::{FieldView, FrameView, LayerView, ValueView};
use crate::view::names::told;
use crate::view::timeline::Depth;

/// What is shown of a frame.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Layers only, fields and bytes, or with a sentence on every field.
    pub depth: Depth,
    /// Keys of fields whose bytes are marked.
    pub mark: Vec<String>,
}

/// Where fields begin.
const INDENT: usize = 3;

/// The most columns for labels, with their indentation.
const LABEL_MAX: usize = 36;

/// Draws a frame; `each` gets its lines, some at a time, as those of large buffers together take very much memory.
///
/// # Errors
/// When `each` says so.
pub fn draw<E>(
    frame: &FrameView,
    look: &Look,
    options: &Options,
    mut each: impl FnMut(&[Line]) -> Result<(), E>,
) -> Result<(), E> {
    let mut lines = vec![title(frame, look)];
    lines.extend(facts(frame, look));
    for layer in &frame.layers {
        lines.push(look.line());
        lines.extend(heading(layer, look));
        if options.depth > Depth::Brief {
            lines.extend(fields(frame, layer, look, options));
        }
        each(&lines)?;
        lines.clear();
    }
    each(&lines)?;
    if options.depth > Depth::Brief {
        for buffer in &frame.buffers {
            let marked: Vec<(u32, u32)> = frame
                .layers
                .iter()
                .flat_map(|layer| &layer.fields)
                .filter(|field| field.buffer == buffer.id && is_marked(field, options))
                .map(|field| (field.offset, field.offset.saturating_add(field.length)))
                .collect();
            each(&[look.line()])?;
            bytes::draw(frame, buffer, &marked, look, &mut each)?;
        }
    }
    each(&[look.line()])
}

fn title(frame: &FrameView, look: &Look) -> Line {
    let between = look.charset.between();
    let facts = format!(
        "{}{between}{}",
        units::duration(frame.since_start),
        units::count(u64::from(frame.wire_len), "byte")
    );
    let mut line = look.line();
    line.push(Ink::Plain, " ")
        .push(Ink::Title, &format!("Frame {}", frame.number))
        .push(Ink::Plain, " ");
    let rule = look
        .columns()
        .saturating_sub(line.width() + columns(&facts, look.charset) + 1);
    line.fill(Ink::Faint, look.charset.rule(), rule)
        .push(Ink::Plain, " ")
        .push(Ink::Strong, &facts);
    line
}

/// Its time of day, what was not captured, where it came from, and comments.
fn facts(frame: &FrameView, look: &Look) -> Vec<Line> {
    let date = date(&frame.time);
    let mut text = vec![(Ink::Faint, date.as_str())];
    let (mut cut, mut file) = (String::new(), String::new());
    if frame.captured_len < frame.wire_len {
        let _ = write!(cut, ", {} bytes captured", frame.captured_len);
        text.push((Ink::Warn, &cut));
    }
    if let (Some(of), Some(number)) = (frame.file, frame.file_number) {
        let _ = write!(file, ", frame {number} of file {}", of + 1);
        text.push((Ink::Faint, &file));
    }
    let mut lines = indented(&text, INDENT, look);
    for comment in &frame.comments {
        // Comments are someone's text in lines of their own; each of them is shown as one.
        for comment in comment.lines() {
            lines.extend(indented(
                &[(Ink::Label, "comment  "), (Ink::Plain, comment)],
                INDENT,
                look,
            ));
        }
    }
    lines
}

/// A layer's OSI number, name and summary, and where it lies.
fn heading(layer: &LayerView, look: &Look) -> Vec<Line> {
    let end = layer.offset.saturating_add(layer.length);
    let mut place = match layer.length {
        0 => format!("at byte {}", layer.offset),
        _ => format!("bytes {}-{}", layer.offset, end - 1),
    };
    if layer.buffer > 0 {
        let _ = write!(place, " of buffer {}", layer.buffer);
    }
    let known = Osi::ALL.iter().any(|osi| osi.number() == layer.osi);
    let mut line = look.line();
    line.push(Ink::Plain, " ");
    if known {
        line.push(Ink::OwnLayer(layer.osi), &layer.osi.to_string());
    }
    line.to(INDENT).push(Ink::Title, layer.name);
    if layer.quoted {
        line.push(Ink::Faint, " (quoted)");
    }
    line.right(look.columns(), Ink::Faint, &format!("  {place}"));
    let mut lines = vec![line];
    if !layer.summary.is_empty() {
        lines.extend(indented(&[(Ink::Strong, &layer.summary)], INDENT, look));
    }
    if let Some(fault) = &layer.fault {
        let text = format!("{} at byte {}: ", fault.code, fault.offset);
        lines.extend(indented(
            &[(Ink::Bad, &text), (Ink::Warn, &fault.text)],
            INDENT,
            look,
        ));
    }
    lines
}

fn fields(frame: &FrameView, layer: &LayerView, look: &Look, options: &Options) -> Vec<Line> {
    let labels = layer
        .fields
        .iter()
        .map(|field| start(field) + columns(field.label, look.charset))
        .max()
        .unwrap_or(0)
        .min(LABEL_MAX.min(look.columns() / 2));
    let mut lines = Vec::new();
    for field in &layer.fields {
        let mut line = look.line();
        let ink = if is_marked(field, options) {
            Ink::Marked
        } else {
            Ink::Label
        };
        let room = labels.saturating_sub(start(field)).max(8);
        line.to(start(field))
            .push(ink, &cut(field.label, room, look.charset));
        let column = (labels + 2).max(line.width() + 2);
        let mut value = look.line();
        if let Some(bits) = bits::drawing(field, &frame.buffers) {
            value.push(Ink::Faint, &bits).push(Ink::Faint, " = ");
        }
        let key = columns(field.key, look.charset);
        let room = look
            .columns()
            .saturating_sub(column + value.width() + 2 + key);
        value.push(Ink::Value, &shown(field, room, look));
        // A long value is wrapped in its column; the key stands at the end of the first line that has room, or alone.
        let mut value: Vec<_> = value
            .runs()
            .map(|(ink, run)| (ink, run.to_owned()))
            .collect();
        let between = (Ink::Faint, look.charset.between().to_owned());
        for (name, by) in told(&field.names) {
            value.push(between.clone());
            value.extend(names::runs(name, &by, Ink::Plain, look));
        }
        if let Some(words) = field.vendor.or(field.mac_kind) {
            let room = room.saturating_sub(columns(&field.display, look.charset) + 3);
            let owner = names::owner(words, room).to_owned();
            value.extend([between, (Ink::Faint, owner)]);
        }
        let value = value.iter().map(|(ink, run)| (*ink, run.as_str()));
        let fits = |line: &Line| line.width() + 2 + key <= look.columns();
        let mut keyed = false;
        let width = look.columns().saturating_sub(column);
        for part in wrap(value, width, look.charset) {
            line.to(column).append(&part);
            if !keyed && fits(&line) {
                keyed = true;
                key_at_end(&mut line, field, look);
            }
            lines.push(std::mem::replace(&mut line, look.line()));
        }
        if !keyed {
            if !line.is_empty() && !fits(&line) {
                lines.push(std::mem::replace(&mut line, look.line()));
            }
            key_at_end(&mut line, field, look);
            lines.push(line);
        }
        if options.depth >= Depth::Deep && !field.help.is_empty() {
            lines.extend(indented(
                &[(Ink::Faint, field.help)],
                start(field) + 2,
                look,
            ));
        }
    }
    lines
}

fn start(field: &FieldView) -> usize {
    INDENT + 2 * usize::from(field.depth.min(8))
}

fn key_at_end(line: &mut Line, field: &FieldView, look: &Look) {
    let key = cut_middle(field.key, look.columns(), look.charset);
    line.right(look.columns(), Ink::Faint, &key);
}

/// A value; long runs of bytes end in an ellipsis, because all of them stand below.
fn shown(field: &FieldView, room: usize, look: &Look) -> String {
    let bytes = matches!(field.value, ValueView::Text(_))
        && field.display.len() > 47
        && field.display.split(':').all(|pair| pair.len() == 2)
        && field
            .display
            .chars()
            .all(|c| c == ':' || c.is_ascii_hexdigit());
    if !bytes {
        return field.display.clone();
    }
    let end = format!(
        "{} ({} bytes)",
        look.charset.ellipsis(),
        field.display.split(':').count()
    );
    let kept = room.saturating_sub(end.len()).clamp(6, 48) / 3;
    format!("{}{end}", field.display.get(..kept * 3).unwrap_or_default())
}

fn is_marked(field: &FieldView, options: &Options) -> bool {
    options.mark.iter().any(|key| key == field.key)
}

fn indented(runs: &[(Ink, &str)], indent: usize, look: &Look) -> Vec<Line> {
    wrap(runs.iter().copied(), look.columns() - indent, look.charset)
        .iter()
        .map(|part| {
            let mut line = look.line();
            line.to(indent).append(part);
            line
        })
        .collect()
}

/// Seconds since the epoch with nine decimals, as the view writes them.
fn parse(time: &str) -> Option<Timestamp> {
    let (seconds, nanos) = time.split_once('.')?;
    let seconds: i64 = seconds.parse().ok()?;
    let nanos: i64 = nanos.parse().ok()?;
    Some(Timestamp(
        seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?,
    ))
}

/// `07:14:00.123456`.
pub(super) fn time_of_day(time: &str) -> String {
    parse(time).map(of_day).unwrap_or_default()
}

/// `2026-11-20 07:14:00.123456789 UTC`.
fn date(time: &str) -> String {
    let time = parse(time)
        .and_then(|time| jiff::Timestamp::from_nanosecond(i128::from(time.0)).ok())
        .map(|time| time.to_zoned(jiff::tz::TimeZone::UTC));
    time.map_or(String::new(), |time| {
        format!(
            "{} {:02}:{:02}:{:02}.{:09} UTC",
            time.date(),
            time.hour(),
            time.minute(),
            time.second(),
            time.subsec_nanosecond()
        )
    })
}

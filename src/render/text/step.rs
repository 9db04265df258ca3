//! One step: its row, its sentence, and what the chosen depth adds to it.

use super::super::line::{Line, columns};
use super::super::theme::Ink;
use super::super::units;
use super::super::wrap::{runs, wrap};
use super::grid::{frames, protocol};
use super::{Telling, ladder};
use crate::view::frame::ValueView;
use crate::view::timeline::{Depth, Evidence, Slice, Step, Values};

/// Keeps together what belongs together: a number and its unit, an RFC and its section.
const NO_BREAK: &str = "\u{a0}";

/// A step's lines.
pub(super) fn lines(telling: &Telling<'_>, at: usize, step: &Step) -> Vec<Line> {
    let mut lines = Vec::new();
    let (row, titled) = row(telling, at, step);
    lines.push(row);
    let mut prose = Prose {
        telling,
        lines: &mut lines,
    };
    prose.say(step, titled);
    // A step that says nothing but the reason has said it.
    let said = step.words.say().text();
    let because = step
        .because
        .as_ref()
        .filter(|because| !because.is_empty() && because.text() != said);
    let depth = telling.options.depth;
    if let Some(because) = because
        && (depth > Depth::Brief || step.evidence != Evidence::Hidden)
    {
        prose.rich("because", because, Ink::Faint);
    }
    let earlier = telling.explained.get(at).copied().flatten();
    if depth >= Depth::Normal {
        match earlier {
            None => prose.rich("", step.words.more(), Ink::Plain),
            Some(earlier) => {
                let see = format!("Step {} explains it.", earlier + 1);
                prose.write("", [(Ink::Faint, see.as_str())]);
            }
        }
        prose.host(step);
    }
    if depth >= Depth::Deep {
        if earlier.is_none() {
            prose.rich("deeper", step.words.deep(), Ink::Plain);
        }
        prose.look_at(step);
    }
    if depth >= Depth::Deep && earlier.is_none() {
        prose.rich("who sees", &step.sees, Ink::Plain);
        prose.read(step);
        prose.ask(step);
    }
    if depth >= Depth::Normal {
        lines.push(telling.look.line());
    }
    lines
}

/// Number, mark, time, ladder, protocol, layers, frames. True when the title stands in it.
fn row(telling: &Telling<'_>, at: usize, step: &Step) -> (Line, bool) {
    let (grid, look) = (&telling.grid, telling.look);
    let mark = look.charset.mark(step.evidence);
    let mut line = look.line();
    line.right(1 + grid.number, Ink::Faint, &(at + 1).to_string())
        .push(Ink::Plain, " ")
        .push(Ink::Known(step.evidence), &mark.to_string())
        .right(
            grid.time,
            Ink::Faint,
            telling.times.get(at).map_or("", String::as_str),
        )
        .to(grid.scene);
    let titled = ladder::draw(step, grid, look, &mut line);
    if let Some(column) = grid.protocol {
        line.to(column).push(Ink::Plain, &protocol(step, look));
    }
    line.to(grid.strip);
    let on_the_wire =
        step.layers != 0 && !matches!(step.evidence, Evidence::Hidden | Evidence::Absent);
    for osi in (1..=7_u8).rev() {
        let digit = osi.to_string();
        if osi == step.osi && on_the_wire {
            line.push(Ink::OwnLayer(osi), &digit);
        } else if osi == step.osi || step.passes(osi) {
            line.push(Ink::Layer(osi), &digit);
        } else {
            line.push(Ink::Faint, &look.charset.dot().to_string());
        }
    }
    line.to(grid.frames).push(Ink::Faint, &frames(step));
    (line, titled)
}

/// What is written under a row: prose in its column, with labels in the margin before it.
struct Prose<'a, 'b> {
    telling: &'a Telling<'b>,
    lines: &'a mut Vec<Line>,
}

impl Prose<'_, '_> {
    fn width(&self) -> usize {
        self.telling.grid.end - self.telling.grid.scene
    }

    /// Writes text in its column, with a label before its first line.
    fn write<'t>(&mut self, label: &str, text: impl IntoIterator<Item = (Ink, &'t str)>) {
        let look = self.telling.look;
        let scene = self.telling.grid.scene;
        for (number, text) in wrap(text, self.width(), look.charset).iter().enumerate() {
            let mut line = look.line();
            if number == 0 {
                line.right(scene - 2, Ink::Label, label);
            }
            line.to(scene).append(text);
            self.lines.push(line);
        }
    }

    fn rich<'b>(&mut self, label: &str, text: impl Into<Slice<'b>>, plain: Ink) {
        let text = text.into();
        if !text.is_empty() {
            self.write(label, runs(text, plain));
        }
    }

    /// The sentence, behind the title where the row had no room for it, and before what was counted.
    fn say(&mut self, step: &Step, titled: bool) {
        let counted = self.counted(step);
        let title = step.title.text();
        let say = step.words.say().text();
        let mut text: Vec<(Ink, &str)> = Vec::new();
        if !titled && !say.contains(title.trim_end_matches(['?', '.'])) {
            text.extend(runs(&step.title, Ink::Strong));
            text.push((
                Ink::Plain,
                if title.ends_with(['?', '!', '.', ':']) {
                    " "
                } else {
                    ". "
                },
            ));
        }
        text.extend(runs(step.words.say(), Ink::Plain));
        if !counted.is_empty() {
            text.push((Ink::Faint, &counted));
        }
        self.write("", text);
    }

    /// How often, how long until the answer, and the body.
    fn counted(&self, step: &Step) -> String {
        let mut facts = Vec::new();
        if step.count > 1 {
            facts.push(format!(
                "{}{}",
                step.count,
                self.telling.look.charset.times()
            ));
        }
        if let Some(ns) = step.duration_ns {
            facts.push(format!("answered in {}", units::duration(ns)));
        }
        if let Some(body) = step.body {
            facts.push(format!(
                "body: {} in {}, {}",
                units::bytes(body.bytes),
                units::count(body.count, "frame"),
                units::span(body.first, body.last)
            ));
        }
        if facts.is_empty() {
            String::new()
        } else {
            let facts = facts.iter().map(|fact| fact.replace(' ', NO_BREAK));
            let facts: Vec<_> = facts.collect();
            format!(" [{}]", facts.join(self.telling.look.charset.between()))
        }
    }

    /// Lines of the machine's logs.
    fn host(&mut self, step: &Step) {
        for host in &step.host {
            let label = format!("{}:{}", host.source, host.line);
            let fits = columns(&label, self.telling.look.charset) + 3 <= self.telling.grid.scene;
            let long = format!("{label} ");
            let mut text = vec![(Ink::Value, host.text.as_str())];
            if !fits {
                text.insert(0, (Ink::Label, &long));
            }
            self.write(if fits { &label } else { "" }, text);
        }
    }

    /// The fields that are worth a look, with their values.
    fn look_at(&mut self, step: &Step) {
        let charset = self.telling.look.charset;
        let rows: Vec<(&str, String)> = step
            .look
            .iter()
            .filter_map(|key| Some((key.as_str(), values(step.fields.get(key.as_str())?))))
            .collect();
        let keys = rows
            .iter()
            .map(|(key, _)| columns(key, charset))
            .max()
            .unwrap_or(0);
        for (number, (key, value)) in rows.iter().enumerate() {
            let label = if number == 0 { "look at" } else { "" };
            let space = " ".repeat(keys + 2 - columns(key, charset));
            // The padding is in front of a value that stays whole, so it is written as a line of its own kind.
            let indent = keys + 2;
            let room = self.width().saturating_sub(indent);
            if room < 16 {
                self.write(
                    label,
                    [(Ink::Faint, *key), (Ink::Plain, "  "), (Ink::Value, value)],
                );
                continue;
            }
            for (part, text) in wrap([(Ink::Value, value.as_str())], room, charset)
                .iter()
                .enumerate()
            {
                let mut line = self.telling.look.line();
                if part == 0 {
                    line.right(self.telling.grid.scene - 2, Ink::Label, label)
                        .to(self.telling.grid.scene)
                        .push(Ink::Faint, key)
                        .push(Ink::Plain, &space);
                }
                line.to(self.telling.grid.scene + indent).append(text);
                self.lines.push(line);
            }
        }
    }

    fn read(&mut self, step: &Step) {
        let refs = step.refs.iter().map(|r| r.replace(' ', NO_BREAK));
        let refs = refs.collect::<Vec<_>>().join("; ");
        if !refs.is_empty() {
            self.write("read", [(Ink::Plain, refs.as_str())]);
        }
    }

    fn ask(&mut self, step: &Step) {
        for (number, (question, answer)) in step.ask.iter().enumerate() {
            let label = if number == 0 { "asked next" } else { "" };
            self.write(label, [(Ink::Strong, question.text())]);
            self.write("", [(Ink::Plain, answer.text())]);
        }
    }
}

fn values(values: &Values) -> String {
    match values {
        Values::One(value) => value_text(value),
        Values::Many(values) => values.iter().map(value_text).collect::<Vec<_>>().join(", "),
    }
}

fn value_text(value: &ValueView) -> String {
    match value {
        ValueView::Number(number) => number.to_string(),
        ValueView::Signed(number) => number.to_string(),
        ValueView::Float(number) => number.to_string(),
        ValueView::Flag(flag) => if *flag { "set" } else { "not set" }.to_owned(),
        ValueView::Text(text) => text.clone(),
    }
}

//! What stands above the steps: the capture, the title with its verdict, who takes part, how things are known, and chapters.

use jiff::tz::TimeZone;

use super::super::Look;
use super::super::line::{Line, columns, cut, cut_middle};
use super::super::names;
use super::super::theme::Ink;
use super::super::units;
use super::super::wrap::{runs, wrap};
use super::waterfall;
use crate::model::{Osi, Timestamp};
use crate::view::captures::CaptureView;
use crate::view::names::told;
use crate::view::timeline::{Actor, Chapter, Evidence, Journey, Outcome};

/// Where everything under a title begins.
const INDENT: usize = 3;

/// One line a capture: what was read.
#[must_use]
pub fn captures(captures: &[CaptureView], look: &Look) -> Vec<Line> {
    let between = look.charset.between();
    captures
        .iter()
        .map(|capture| {
            let mut facts = vec![
                capture.link_types.join(", "),
                units::count(capture.packets, "frame"),
                units::bytes(capture.bytes),
            ];
            if let Some(Ok(first)) = capture.first.as_ref().map(|first| first.parse()) {
                facts.push(date(first));
            }
            facts.retain(|fact| !fact.is_empty());
            let name = columns(&capture.name, look.charset).min(look.columns() / 2);
            let room = |facts: &[String]| {
                let facts = columns(&facts.join(between), look.charset);
                look.columns().saturating_sub(1 + facts + 2)
            };
            // The name is what tells captures apart; the link type is the first to give way.
            while facts.len() > 1 && room(&facts) < name {
                facts.remove(0);
            }
            let (room, facts) = (room(&facts), facts.join(between));
            let mut line = look.line();
            line.push(Ink::Faint, " ")
                .push(Ink::Faint, &cut_middle(&capture.name, room, look.charset))
                .right(look.columns(), Ink::Faint, &format!("  {facts}"));
            line
        })
        .collect()
}

/// A sentence in place of a story.
#[must_use]
pub fn remark(text: &str, look: &Look) -> Vec<Line> {
    let width = look.columns() - INDENT;
    indented(wrap([(Ink::Plain, text)], width, look.charset), look)
}

/// One journey of several, in one line.
#[must_use]
pub fn overview(journey: &Journey, look: &Look) -> Line {
    let end = format!(
        "{}{}{}",
        units::count(journey.frames, "frame"),
        look.charset.between(),
        units::duration(journey.duration_ns)
    );
    let mut line = look.line();
    line.right(4, Ink::Faint, &journey.id.to_string())
        .push(Ink::Plain, " ")
        .push(
            verdict_ink(journey.outcome),
            &look.charset.outcome(journey.outcome).to_string(),
        )
        .push(Ink::Plain, " ");
    let room = look
        .columns()
        .saturating_sub(line.width() + 2 + columns(&end, look.charset));
    line.push(Ink::Plain, &cut(journey.title.text(), room, look.charset))
        .right(look.columns(), Ink::Faint, &end);
    line
}

/// Title and actors, without how it ends.
pub(super) fn curtain(journey: &Journey, look: &Look) -> Vec<Line> {
    let mut lines = marked(Ink::Plain, ' ', journey, look);
    lines.push(rule(look));
    lines.extend(actors(&journey.actors, look));
    lines
}

/// How it ended and where the time went: what [`curtain`] leaves out.
pub(super) fn ending(journey: &Journey, look: &Look) -> Vec<Line> {
    let mut lines = vec![look.line()];
    lines.extend(title(journey, look));
    lines.push(rule(look));
    lines.extend(verdict(journey, look));
    lines.push(look.line());
    lines.extend(waterfall::lines(journey, look));
    lines
}

/// Title, verdict, actors, times and the legend of marks.
pub(super) fn opening(journey: &Journey, look: &Look) -> Vec<Line> {
    let mut lines = title(journey, look);
    lines.push(rule(look));
    lines.extend(verdict(journey, look));
    for section in [
        actors(&journey.actors, look),
        waterfall::lines(journey, look),
        known(journey, look),
    ] {
        if !section.is_empty() {
            lines.push(look.line());
            lines.extend(section);
        }
    }
    lines
}

fn verdict(journey: &Journey, look: &Look) -> Vec<Line> {
    let width = look.columns() - INDENT;
    indented(
        wrap(runs(&journey.verdict, Ink::Plain), width, look.charset),
        look,
    )
}

fn title(journey: &Journey, look: &Look) -> Vec<Line> {
    let between = look.charset.between();
    let outcome = match journey.outcome {
        Outcome::Ok => "ok",
        Outcome::Failed => "failed",
        Outcome::Incomplete => "incomplete",
    };
    let ink = verdict_ink(journey.outcome);
    let facts = format!(
        "{between}{}{between}{}",
        units::count(journey.frames, "frame"),
        units::duration(journey.duration_ns)
    );
    let facts_width = outcome.len() + columns(&facts, look.charset);
    let mark = look.charset.outcome(journey.outcome);
    let mut lines = marked(ink, mark, journey, look);
    if lines
        .last()
        .is_none_or(|last| last.width() + 2 + facts_width > look.columns())
    {
        lines.push(look.line());
    }
    if let Some(last) = lines.last_mut() {
        last.to(look.columns() - facts_width)
            .push(ink, outcome)
            .push(Ink::Faint, &facts);
    }
    lines
}

/// The title behind a mark.
fn marked(ink: Ink, mark: char, journey: &Journey, look: &Look) -> Vec<Line> {
    let width = look.columns() - INDENT;
    let title = journey.title.text();
    let mut lines = wrap([(Ink::Title, title)], width, look.charset);
    for (number, line) in lines.iter_mut().enumerate() {
        let mut indented = look.line();
        if number == 0 {
            indented.push(Ink::Plain, " ").push(ink, &mark.to_string());
        }
        indented.to(INDENT).append(line);
        *line = indented;
    }
    lines
}

fn rule(look: &Look) -> Line {
    let mut line = look.line();
    line.push(Ink::Plain, " ")
        .fill(Ink::Faint, look.charset.rule(), look.columns() - 1);
    line
}

/// Who takes part, one line each. Names that do not fit into it stand below, from where the addresses begin.
fn actors(actors: &[Actor], look: &Look) -> Vec<Line> {
    let width = |cell: &dyn Fn(&Actor) -> &str| {
        actors
            .iter()
            .map(|actor| columns(cell(actor), look.charset))
            .max()
            .unwrap_or(0)
    };
    let ip = |actor: &Actor| actor.ip.clone().unwrap_or_default();
    let roles = width(&|actor| actor.role);
    let ips = width(&|actor| actor.ip.as_deref().unwrap_or_default());
    let macs = width(&|actor| actor.mac.as_deref().unwrap_or_default());
    let start = INDENT + roles + 2;
    let mut lines = Vec::new();
    // Everyone on the link has no address to show.
    let somebody =
        |actor: &&Actor| actor.ip.is_some() || actor.mac.is_some() || actor.name.is_some();
    for actor in actors.iter().filter(somebody) {
        let mut line = look.line();
        line.to(INDENT).push(Ink::Actor, actor.role).to(start);
        let mut at = line.width();
        line.push(Ink::Value, &ip(actor));
        at += ips + 2;
        if at + macs <= look.columns() && macs > 0 {
            line.to(at)
                .push(Ink::Faint, actor.mac.as_deref().unwrap_or_default());
            at += macs + 2;
            let room = look.columns().saturating_sub(at);
            if let Some(owner) = actor.vendor.or(actor.mac_kind).filter(|_| room >= 8) {
                let owner = cut(names::owner(owner, room), room, look.charset);
                line.to(at).push(Ink::Faint, &owner);
                at = line.width() + 2;
            }
        }
        let names = called(actor, look);
        let names = || names.iter().map(|(ink, run)| (*ink, run.as_str()));
        let width: usize = names().map(|(_, run)| columns(run, look.charset)).sum();
        let fits = at + width <= look.columns();
        if fits && width > 0 {
            line.to(at);
            names().for_each(|(ink, run)| _ = line.push(ink, run));
        }
        lines.push(line);
        if fits {
            continue;
        }
        let below = look.columns().saturating_sub(start);
        for part in wrap(names(), below, look.charset) {
            let mut line = look.line();
            line.to(start).append(&part);
            lines.push(line);
        }
    }
    lines
}

/// What someone's address is called, and by whom.
fn called(actor: &Actor, look: &Look) -> Vec<(Ink, String)> {
    let mut told = told(&actor.names);
    if let Some(name) = actor.name.as_deref().filter(|_| told.is_empty()) {
        told.push((name, "asked for".to_owned()));
    }
    let mut runs = Vec::new();
    for (name, by) in &told {
        if !runs.is_empty() {
            runs.push((Ink::Plain, ", ".to_owned()));
        }
        runs.extend(names::runs(name, by, Ink::Value, look));
    }
    runs
}

/// How many steps are known in which way: also the legend of the marks.
fn known(journey: &Journey, look: &Look) -> Vec<Line> {
    let coverage = &journey.coverage;
    let ways = [
        (Evidence::Observed, coverage.observed, "seen in clear"),
        (
            Evidence::Decrypted,
            coverage.decrypted,
            "decrypted with keys",
        ),
        (Evidence::Host, coverage.host, "from the machine's logs"),
        (Evidence::Inferred, coverage.inferred, "inferred"),
        (Evidence::Hidden, coverage.hidden, "not on the wire"),
        (Evidence::Absent, coverage.absent, "absent here"),
    ];
    let items: Vec<Line> = ways
        .iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(evidence, count, words)| {
            let mut item = look.line();
            item.push(
                Ink::Known(*evidence),
                &look.charset.mark(*evidence).to_string(),
            )
            .push(Ink::Strong, &format!(" {count}"))
            .push(Ink::Faint, &format!(" {words}"));
            item
        })
        .collect();
    if items.is_empty() {
        return Vec::new();
    }
    let mut lines = flow("steps", items, look);
    let layers = Osi::ALL.iter().rev().map(|osi| {
        let mut item = look.line();
        item.push(Ink::Layer(osi.number()), &osi.number().to_string())
            .push(Ink::Faint, &format!(" {}", osi.name()));
        item
    });
    lines.extend(flow("layers", layers.collect(), look));
    lines
}

/// Items side by side, as many as fit into a line, behind a label.
fn flow(label: &str, items: Vec<Line>, look: &Look) -> Vec<Line> {
    let start = INDENT + 8;
    let mut lines = Vec::new();
    let mut line = look.line();
    line.to(INDENT).push(Ink::Label, label).to(start);
    for item in items {
        if line.width() > start && line.width() + 2 + item.width() > look.columns() {
            lines.push(std::mem::replace(&mut line, look.line()));
            line.to(start);
        }
        if line.width() > start {
            line.push(Ink::Plain, "  ");
        }
        line.append(&item);
    }
    lines.push(line);
    lines
}

/// The heading of a chapter.
pub(super) fn chapter(number: usize, chapter: &Chapter, look: &Look) -> Vec<Line> {
    let osi = Osi::ALL
        .iter()
        .find(|osi| osi.number() == chapter.osi)
        .map_or(String::new(), |osi| {
            format!("layer {} {}", chapter.osi, osi.name())
        });
    let mut line = look.line();
    line.push(Ink::Faint, &format!(" {number} "))
        .push(
            Ink::Title,
            &cut(chapter.title, look.columns() - 28, look.charset),
        )
        .push(Ink::Plain, " ");
    let rule = look
        .columns()
        .saturating_sub(line.width() + columns(&osi, look.charset) + 1);
    line.fill(Ink::Faint, look.charset.rule(), rule)
        .push(Ink::Plain, " ")
        .push(Ink::Layer(chapter.osi), &osi);
    vec![line]
}

fn indented(lines: Vec<Line>, look: &Look) -> Vec<Line> {
    lines
        .into_iter()
        .map(|line| {
            let mut out = look.line();
            out.to(INDENT).append(&line);
            out
        })
        .collect()
}

fn verdict_ink(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Ok => Ink::Good,
        Outcome::Failed => Ink::Bad,
        Outcome::Incomplete => Ink::Warn,
    }
}

/// `2026-11-20 07:14:00 UTC`.
fn date(time: jiff::Timestamp) -> String {
    let time = time.to_zoned(TimeZone::UTC);
    format!(
        "{} {:02}:{:02}:{:02} UTC",
        time.date(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// `07:14:00.123456`.
pub(in crate::render) fn time_of_day(time: Timestamp) -> String {
    let Ok(time) = jiff::Timestamp::from_nanosecond(i128::from(time.0)) else {
        return String::new();
    };
    let time = time.to_zoned(TimeZone::UTC);
    format!(
        "{:02}:{:02}:{:02}.{:06}",
        time.hour(),
        time.minute(),
        time.second(),
        time.subsec_nanosecond() / 1000
    )
}

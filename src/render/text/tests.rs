//! What the story looks like, at the widths that people have.

use super::fixture::{capture, journey};
use super::{Clock, Options, Telling, beginning, captures};
use crate::render::Look;
use crate::render::glyphs::Charset;
use crate::render::line::Line;
use crate::render::theme::Theme;
use crate::view::names::NameView;
use crate::view::timeline::{Depth, Journey, Rich, Role, Step, Words};

fn look(width: usize) -> Look {
    Look {
        width,
        charset: Charset::Unicode,
        theme: Theme::standard(),
        colour: false,
    }
}

fn told(look: &Look, options: &Options) -> String {
    let mut out = Vec::new();
    look.write(&mut out, captures(&[capture()], look)).unwrap();
    look.write(&mut out, Telling::new(&journey(), look, options).lines())
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn at_60_columns() {
    insta::assert_snapshot!(told(&look(60), &Options::default()));
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(told(&look(80), &Options::default()));
}

#[test]
fn at_140_columns() {
    insta::assert_snapshot!(told(&look(140), &Options::default()));
}

#[test]
fn at_100_columns() {
    insta::assert_snapshot!(told(&look(100), &Options::default()));
}

/// The lines on who takes part.
fn actors(journey: &Journey, width: usize) -> String {
    let (look, options) = (look(width), Options::default());
    let lines = Telling::new(journey, &look, &options).curtain();
    assert!(lines.iter().all(|line| line.width() <= width));
    let lines: Vec<&str> = lines.iter().skip(2).map(Line::text).collect();
    lines.join("\n")
}

#[test]
fn names_stand_beside_addresses_with_those_who_claim_them() {
    let mut journey = journey();
    let server = journey.actors.last_mut().unwrap();
    server.vendor = Some("Intel Corporate");
    let hostile = NameView {
        name: "evil\u{1b}[2J\u{202e}.test".into(),
        by: "capture",
        frame: None,
        label: "capture's name records",
    };
    let more = ["third.test", "fourth.test"].map(|name| NameView {
        name: name.into(),
        ..hostile.clone()
    });
    server.names.push(hostile);
    server.names.extend(more);
    journey.actors[0].name = Some("asked.test".to_owned());
    journey.actors[1].mac_kind = Some("locally administered, perhaps randomised");
    insta::assert_snapshot!(
        [60, 80, 140]
            .map(|width| actors(&journey, width))
            .join("\n\n")
    );
}

fn only(steps: std::ops::RangeInclusive<usize>, depth: Depth, clock: Clock) -> Options {
    Options {
        depth,
        clock,
        first: beginning(&[capture()]),
        steps: Some(steps),
    }
}

#[test]
fn deeper() {
    insta::assert_snapshot!(told(&look(80), &only(5..=6, Depth::Normal, Clock::Delta)));
    insta::assert_snapshot!(told(&look(80), &only(5..=5, Depth::Deep, Clock::Utc)));
    insta::assert_snapshot!(told(&look(60), &only(5..=5, Depth::Deep, Clock::Relative)));
}

#[test]
fn in_ascii() {
    let ascii = Look {
        charset: Charset::Ascii,
        ..look(80)
    };
    let text = told(&ascii, &Options::default());
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn every_line_fits_at_every_width() {
    let mut journey = journey();
    let mut change = |at: usize, change: &dyn Fn(&mut Step)| {
        let mut step = Step::clone(&journey.steps[at]);
        change(&mut step);
        journey.steps[at] = step.into();
    };
    change(4, &|step| {
        step.from = Some("2001:db8:85a3:8d3:1319:8a2e:370:7348".into());
    });
    change(6, &|step| {
        step.title = Rich::plain("a title\u{202e} with \u{1b}[31mcontrols and 北京");
    });
    change(8, &|step| {
        let say = [
            ("a cookie of one long word: ", Role::Plain),
            (&"0123456789abcdef".repeat(20), Role::Value),
        ];
        step.words = Words::new(say.into_iter().collect());
    });
    for depth in [Depth::Brief, Depth::Deep] {
        let options = Options {
            depth,
            ..Options::default()
        };
        for width in 60..=125 {
            for line in Telling::new(&journey, &look(width), &options).lines() {
                assert!(line.width() <= width, "{width}: {}", line.text());
                assert!(
                    !line
                        .text()
                        .chars()
                        .any(|c| c.is_control() || c == '\u{202e}')
                );
            }
        }
    }
}

#[test]
fn colour_adds_only_sequences() {
    super::super::ansi::decide(true);
    for theme in crate::render::theme::THEMES {
        let coloured = Look {
            theme,
            colour: true,
            ..look(100)
        };
        let text = told(&coloured, &Options::default());
        let plain = told(&look(100), &Options::default());
        assert!(text.contains("\u{1b}["));
        let mut bare = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            bare += before;
            rest = after.split_once('m').unwrap().1;
        }
        bare += rest;
        assert_eq!(bare, plain, "{}", theme.name);
    }
}

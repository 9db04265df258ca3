//! The rules of the house, held as a test: who may import whom, and how files look.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "it reads the sources, and fails when it cannot"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms a room may name. `main` and `cli` stand together; `error` is open to every room but the pure ones.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("capture", &["model", "error"]),
    ("samples", &["capture", "error"]),
    ("decode", &["model"]),
    ("secrets", &["model", "decode"]),
    ("flow", &["model", "decode"]),
    ("story", &["model", "flow", "decode"]),
    ("view", &["model", "decode", "flow", "story"]),
    ("render", &["view", "model"]),
    (
        "session",
        &[
            "model", "error", "capture", "samples", "decode", "secrets", "flow", "story", "view",
        ],
    ),
    ("cli", &["session", "render", "error", "samples", "view"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    assert!(files.len() > 20, "the sources were not found");
    files
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The room a file belongs to: its first folder, or its own name at the top.
fn room(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    match first.trim_end_matches(".rs") {
        "main" => "cli",
        room => room,
    }
}

/// The lines that count: no comments, and nothing from the tests at the foot of a file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..end]
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The first segments of the paths that a line names behind `crate::` or `wirewalk::`.
fn named(line: &str) -> Vec<&str> {
    ["crate::", "wirewalk::"]
        .iter()
        .flat_map(|start| {
            line.match_indices(start)
                .map(|(at, _)| &line[at + start.len()..])
        })
        .map(|rest| {
            rest.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .next()
                .unwrap_or("")
        })
        .filter(|name| ROOMS.iter().any(|(room, _)| room == name) || *name == "error")
        .collect()
}

#[test]
fn rooms_name_only_the_rooms_they_may() {
    let mut wrong = Vec::new();
    for (file, text) in all() {
        let room = room(&file);
        if room == "lib" || room == "error" {
            continue;
        }
        let (_, allowed) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{file}: no such room in the table"));
        for (number, line) in code(&text) {
            for name in named(line) {
                if name != room && !allowed.contains(&name) {
                    wrong.push(format!("src/{file}:{number}: {room} names {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn protocols_do_not_know_each_other() {
    let mut wrong = Vec::new();
    for (file, text) in all() {
        let Some(inside) = file.strip_prefix("decode/protocols/") else {
            continue;
        };
        if inside == "mod.rs" {
            continue;
        }
        let own = inside
            .split('/')
            .next()
            .unwrap_or("")
            .trim_end_matches(".rs")
            .to_owned();
        let depth = inside.matches('/').count();
        for (number, line) in code(&text) {
            let foreign = line
                .match_indices("protocols::")
                .map(|(at, start)| &line[at + start.len()..])
                .any(|rest| !rest.starts_with(&own));
            // A file of its own reaches siblings with one `super::`, a file in a folder with one more.
            let climbs =
                line.contains(&"super::".repeat(depth + 1)) && !line.contains("use super::*");
            if foreign || climbs {
                wrong.push(format!(
                    "src/decode/protocols/{inside}:{number}: {}",
                    line.trim()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_reach_for_nothing_outside() {
    let banned = [
        (
            "model",
            &["std::io", "std::fs", "std::env", "std::time", "serde"][..],
        ),
        (
            "decode",
            &["std::io", "std::fs", "std::env", "std::time", "serde"][..],
        ),
        (
            "flow",
            &["std::io", "std::fs", "std::env", "std::time", "serde"][..],
        ),
        (
            "story",
            &["std::io", "std::fs", "std::env", "std::time"][..],
        ),
        ("view", &["std::io", "std::fs", "std::env", "std::time"][..]),
        (
            "render",
            &["std::fs", "std::env", "stdout()", "stderr()"][..],
        ),
    ];
    let mut wrong = Vec::new();
    for (file, text) in all() {
        for (name, words) in banned {
            if room(&file) == name {
                for (number, line) in code(&text) {
                    if words.iter().any(|word| line.contains(word)) {
                        wrong.push(format!("src/{file}:{number}: {}", line.trim()));
                    }
                }
            }
        }
        let colours = file == "render/ansi.rs";
        for (number, line) in code(&text) {
            if !colours && line.contains("colored::") {
                wrong.push(format!(
                    "src/{file}:{number}: only render/ansi.rs touches the colour crate"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_stays_readable() {
    let mut wrong = Vec::new();
    for (file, text) in all() {
        if !text.starts_with("//! ") {
            wrong.push(format!(
                "src/{file}: begins with a sentence that says what it is"
            ));
        }
        let lines = text.lines().count();
        if lines > 600 {
            wrong.push(format!(
                "src/{file}: {lines} lines; files past 600 are split"
            ));
        }
        let marks = ["TO", "FIX", "XX"].map(|start| {
            format!(
                "{start}{}",
                if start == "TO" {
                    "DO"
                } else if start == "FIX" {
                    "ME"
                } else {
                    "X"
                }
            )
        });
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| {
                line.split(|c: char| !c.is_alphanumeric())
                    .any(|word| word == mark)
            }) {
                wrong.push(format!(
                    "src/{file}:{}: something is left to do",
                    number + 1
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Prints the verdict of every journey in a capture: `cargo run --example one_sentence FILE`.
//! Shows how stories are read: journeys come in the order of their first frames, each with its steps and their evidence.

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::path::PathBuf;

use wirewalk::error::Error;
use wirewalk::samples::sample;
use wirewalk::session::{Input, Options, Session};
use wirewalk::view::timeline::Depth;

fn main() -> Result<(), Error> {
    let input = match std::env::args().nth(1) {
        Some(path) => Input::File(PathBuf::from(path)),
        None => Input::Sample(sample("expired-certificate")?),
    };
    Session::open(&[input], Options::default())?.journeys(Depth::Brief, |journey| {
        println!(
            "{} ({}): {}",
            journey.title.text(),
            journey.story,
            journey.verdict.text()
        );
        for step in &journey.steps {
            println!(
                "  {:?} {} {}",
                step.evidence,
                step.id,
                step.words.say().text()
            );
        }
        Ok(())
    })?;
    Ok(())
}

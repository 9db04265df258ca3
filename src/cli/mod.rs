//! The command line: one file a command. Reads arguments and the environment, opens outputs, and asks the session.

mod completions;
mod list;
mod man;
mod options;
mod output;
mod packed;
mod replay;
mod samples;
mod show;
mod walk;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use wirewalk::render::escape;
use wirewalk::view::captures::CaptureView;

#[derive(Parser)]
#[command(
    name = "wirewalk",
    version,
    about = "Turns a packet capture into the story of what happened, layer by layer, with the bytes that prove it",
    long_about = "Turns a packet capture into the story of what happened, layer by layer, with the bytes that prove it.\n\n\
        Without a command it walks: `wirewalk FILE` is `wirewalk walk FILE`. Without a file it walks a built-in sample, \
        so that a first look needs no capture, no root and no network.",
    after_long_help = walk::EXAMPLES,
    max_term_width = 100,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    walk: walk::Walk,
}

#[derive(Subcommand)]
enum Command {
    Walk(walk::Walk),
    List(list::List),
    Show(show::Show),
    Samples(samples::Samples),
    Completions(completions::Completions),
    Man(man::Man),
}

/// How a command ended that could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// It had something to tell.
    Something,
    /// It ran, and there was nothing to tell.
    Nothing,
}

/// Runs the command that the arguments name. 0: told; 1: nothing to tell; 2: it could not run.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse_from(arguments(std::env::args_os()));
    let result = match cli.command.unwrap_or(Command::Walk(cli.walk)) {
        Command::Walk(walk) => walk.run(),
        Command::List(list) => list.run(),
        Command::Show(show) => show.run(),
        Command::Samples(samples) => samples.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    };
    match result {
        Ok(Told::Something) => ExitCode::SUCCESS,
        Ok(Told::Nothing) => ExitCode::from(1),
        Err(error) => {
            say(&format!("wirewalk: {error}"));
            say(&format!("  because: {}", error.because()));
            say(&format!("  try:     {}", error.hint()));
            ExitCode::from(2)
        }
    }
}

/// The arguments, with the speed behind `--replay` tied to it: what else stands there is a file.
fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    for argument in given {
        let speed = argument
            .to_str()
            .is_some_and(|text| text.parse::<replay::Speed>().is_ok());
        match arguments.last_mut() {
            Some(last) if speed && last == "--replay" => {
                last.push("=");
                last.push(argument);
            }
            _ => arguments.push(argument),
        }
    }
    arguments
}

/// Says a line on standard error; names of files and devices are someone else's text, so it is made safe to print.
fn say(line: &str) {
    // Nobody is left to hear that standard error is closed.
    let _ = writeln!(io::stderr(), "{}", escape::visible(line, output::charset()));
}

/// Says what the reader should know about the captures.
fn notes(captures: &[CaptureView]) {
    for capture in captures {
        for note in &capture.notes {
            let at = note
                .frame
                .map_or(String::new(), |frame| format!(" after frame {frame}"));
            say(&format!("note: {}{at}: {}", capture.name, note.text));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::CommandFactory as _;

    use super::{Cli, arguments};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_speed_is_tied_to_its_option_and_a_file_is_not() {
        let tied = |text: &str| {
            let given = text.split(' ').map(OsString::from);
            let words: Vec<_> = arguments(given)
                .iter()
                .map(|w| w.to_string_lossy().into_owned())
                .collect();
            words.join(" ")
        };
        assert_eq!(
            tied("wirewalk --replay 0.5 x.pcap"),
            "wirewalk --replay=0.5 x.pcap"
        );
        assert_eq!(
            tied("wirewalk --replay x.pcap 2"),
            "wirewalk --replay x.pcap 2"
        );
    }
}

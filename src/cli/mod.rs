//! The command line: one file a command. Reads arguments and the environment, opens outputs, and asks the session.

mod completions;
mod man;
mod options;
mod output;
mod samples;
mod show;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use wirewalk::render::escape;
use wirewalk::view::captures::CaptureView;

const ABOUT: &str = "Turns a packet capture into the story of what happened";

#[derive(Parser)]
#[command(
    name = "wirewalk",
    version,
    about = ABOUT,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Show(show) => show.run(),
        Command::Samples(samples) => samples.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    };
    match result {
        Ok(Told::Something) => ExitCode::SUCCESS,
        Ok(Told::Nothing) => ExitCode::from(1),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("wirewalk: {error}"));
            say(&format!("  because: {}", error.because()));
            say(&format!("  try:     {}", error.hint()));
            ExitCode::from(2)
        }
    }
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

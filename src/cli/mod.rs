//! The command line: one file a command. Reads arguments and the environment, opens outputs, and asks the session.

mod show;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use wirewalk::error::Error;

#[derive(Parser)]
#[command(name = "wirewalk", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Show(show::Show),
}

/// Runs the command that the arguments name. 0: told; 1: nothing to tell; 2: it could not run.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Show(show) => show.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

fn complain(error: &Error) {
    eprintln!(
        "wirewalk: {error}\n  because: {}\n  try:     {}",
        error.because(),
        error.hint()
    );
}

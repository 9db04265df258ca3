//! The program: hands the command line to `cli` and its answer to the shell.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}

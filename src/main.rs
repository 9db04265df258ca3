//! The program: hands the command line to `cli` and its answer to the shell.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Journeys are made on one thread and freed on another, in many small pieces: with the system's allocator a third of
/// `walk`'s time would be spent in it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run()
}

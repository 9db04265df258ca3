//! `wirewalk completions`: scripts that let a shell complete commands, options and files.

use std::iter;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use wirewalk::error::Error;

use super::output::Output;
use super::{Cli, Told};

/// Print a completion script for a shell
#[derive(Args)]
#[command(after_long_help = "Examples:\n  \
        wirewalk completions bash > ~/.local/share/bash-completion/completions/wirewalk\n  \
        wirewalk completions zsh > ~/.zfunc/_wirewalk\n  \
        wirewalk completions fish > ~/.config/fish/completions/wirewalk.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<Told, Error> {
        // The generator panics when its output does: it writes to memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "wirewalk", &mut script);
        let mut out = Output::raw(None, iter::empty())?;
        out.with(|out| std::io::Write::write_all(out, &script))?;
        out.flush()?;
        Ok(Told::Something)
    }
}

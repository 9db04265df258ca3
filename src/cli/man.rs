//! `wirewalk man`: the manual, from the same words as the help.

use std::iter;

use clap::{Args, CommandFactory as _};

use wirewalk::error::Error;

use super::output::Output;
use super::{Cli, Told};

/// Print the manual page, of wirewalk or of one of its commands
#[derive(Args)]
#[command(after_long_help = "Examples:\n  \
        wirewalk man | man -l -\n  \
        wirewalk man show > ~/.local/share/man/man1/wirewalk-show.1")]
pub(crate) struct Man {
    /// The command whose page it is
    command: Option<String>,
}

impl Man {
    pub(crate) fn run(self) -> Result<Told, Error> {
        let mut all = Cli::command();
        all.build();
        let command = match &self.command {
            None => all,
            Some(name) => {
                let names: Vec<_> = all
                    .get_subcommands()
                    .map(|c| c.get_name().to_owned())
                    .collect();
                all.find_subcommand(name)
                    .cloned()
                    .ok_or_else(|| Error::Usage {
                        what: format!("there is no command `{name}`"),
                        because: format!("the commands are {}", names.join(", ")),
                        hint: "`wirewalk man` alone prints the page of all of them".to_owned(),
                    })?
            }
        };
        let mut out = Output::raw(None, iter::empty())?;
        out.with(|out| clap_mangen::Man::new(command).render(out))?;
        out.flush()?;
        Ok(Told::Something)
    }
}

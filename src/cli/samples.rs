//! `wirewalk samples`: lists the captures that are built in, or writes one out.

use std::io::Write as _;
use std::iter;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use wirewalk::error::Error;
use wirewalk::render::line::columns;
use wirewalk::render::theme::Ink;
use wirewalk::render::wrap::wrap;
use wirewalk::samples::{SAMPLES, sample};

use super::Told;
use super::output::Output;

/// List the captures that are built in, or write one to a file
#[derive(Args)]
#[command(
    long_about = "List the captures that are built in, or write one to a file. They are recordings of real programs in a \
        small network, with the TLS secrets inside where there are some. A sample's name can stand wherever a FILE can.",
    after_long_help = "Examples:\n  \
        wirewalk samples\n  \
        wirewalk samples ssh-login -o ssh-login.pcapng    to open it in Wireshark\n  \
        wirewalk ssh-login                                to walk it"
)]
pub(crate) struct Samples {
    /// The sample to write out
    #[arg(requires = "output")]
    name: Option<String>,

    /// Where to write it; `-` is standard output
    #[arg(short = 'o', long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "name")]
    output: Option<PathBuf>,
}

impl Samples {
    pub(crate) fn run(self) -> Result<Told, Error> {
        if let Some(name) = &self.name {
            let sample = sample(name)?;
            let mut out = Output::raw(self.output.as_deref(), iter::empty())?;
            out.with(|out| out.write_all(sample.bytes))?;
            out.flush()?;
            return Ok(Told::Something);
        }
        let mut out = Output::standard()?;
        let look = out.look;
        let names = SAMPLES
            .iter()
            .map(|sample| columns(sample.name, look.charset));
        let indent = 1 + names.max().unwrap_or(0) + 2;
        for sample in SAMPLES {
            let width = look.columns() - indent;
            let command = wrap([(Ink::Value, sample.command)], width, look.charset);
            let about = wrap([(Ink::Plain, sample.about)], width, look.charset);
            let mut lines = Vec::new();
            for (number, text) in command.iter().chain(&about).enumerate() {
                let mut line = look.line();
                line.push(Ink::Plain, " ");
                if number == 0 {
                    line.push(Ink::Strong, sample.name);
                }
                line.to(indent).append(text);
                lines.push(line);
            }
            out.lines(&lines)?;
        }
        out.flush()?;
        Ok(Told::Something)
    }
}

//! `wirewalk list`: the conversations of a capture, one line each.

use clap::Args;

use wirewalk::error::Error;
use wirewalk::render::list;

use super::options::{Face, Format, Source};
use super::output::Output;
use super::{Told, notes, say};

/// Lines that are laid out together; a larger capture begins a new table after as many.
const TOGETHER: usize = 1000;

/// List the conversations: who talked to whom, how much, and how it ended
#[derive(Args)]
#[command(
    long_about = "List the conversations, one line each: number, protocol, client and server, how it ended, frames, payload \
        bytes of the client (up) and the server (down), how long it took, when it began, and the server's name with who claims \
        it. What does not fit into the width is left out from the right.\n\n\
        It ended closed (FIN both ways), reset (RST), refused (RST or ICMP to the first packet), unanswered, half-closed \
        (one FIN) or open.",
    after_long_help = "Examples:\n  \
        wirewalk list curl-https                  the conversations of a built-in sample\n  \
        wirewalk list x.pcapng --width 200        with all columns\n  \
        wirewalk list *.pcap --format json | jq 'select(.outcome == \"reset\")'"
)]
pub(crate) struct List {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    face: Face,
}

impl List {
    pub(crate) fn run(self) -> Result<Told, Error> {
        let mut session = self.source.open()?;
        let mut out = Output::open(&self.face, self.source.paths())?;
        let look = out.look;
        let mut told = Told::Nothing;
        let mut table = Vec::new();
        session.conversations(|conversation| {
            told = Told::Something;
            if self.face.format != Format::Text {
                return out.record(&conversation);
            }
            table.push(conversation);
            if table.len() == TOGETHER {
                out.lines(list::lines(&table, &look))?;
                table.clear();
            }
            Ok(())
        })?;
        out.lines(list::lines(&table, &look))?;
        out.flush()?;
        notes(&session.captures());
        if told == Told::Nothing {
            say("wirewalk: the capture has no conversation");
        }
        Ok(told)
    }
}

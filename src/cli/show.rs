//! `wirewalk show`: frames layer by layer, every field with its bytes.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use wirewalk::error::Error;
use wirewalk::session::{Input, Options, Session};

/// Show frames layer by layer, every field with its bytes
#[derive(Args)]
pub(crate) struct Show {
    files: Vec<PathBuf>,
    #[arg(long)]
    frames: Option<String>,
    #[arg(long)]
    format: Option<String>,
    #[arg(long)]
    reveal_secrets: bool,
    #[arg(long)]
    keys: Vec<PathBuf>,
}

impl Show {
    pub(crate) fn run(self) -> Result<(), Error> {
        let options = Options {
            keys: self.keys,
            reveal_secrets: self.reveal_secrets,
            ..Options::default()
        };
        let inputs: Vec<_> = self.files.into_iter().map(Input::File).collect();
        let mut out = BufWriter::new(io::stdout().lock());
        let fail = |source| Error::Write {
            name: "standard output".to_owned(),
            source,
        };
        Session::open(&inputs, options)?.frames(|frame| {
            serde_json::to_writer(&mut out, &frame).map_err(|e| fail(e.into()))?;
            out.write_all(b"\n").map_err(fail)
        })?;
        out.flush().map_err(fail)
    }
}

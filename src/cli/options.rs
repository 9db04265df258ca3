//! Options that several commands share: what is read, and what the answer looks like.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use wirewalk::error::Error;
use wirewalk::render::MIN_WIDTH;
use wirewalk::render::text::Clock;
use wirewalk::render::theme::{THEMES, Theme};
use wirewalk::samples::{SAMPLES, sample};
use wirewalk::session::{Input, Options, Session};
use wirewalk::view::timeline::Depth;

/// What is read.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What is read")]
pub(crate) struct Source {
    /// Captures: pcap or pcapng, also under gzip, zstd or lz4
    ///
    /// Several are read as one, in time order. `-` is standard input. The name of a built-in sample stands for it where no file
    /// has that name; without any name the sample `curl-https` is read.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Stop after N frames
    #[arg(short = 'c', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,

    /// TLS key log to decrypt with; may be given again
    ///
    /// What a browser or curl writes with SSLKEYLOGFILE set (RFC 9850). Secrets inside a pcapng are used without asking.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) keys: Vec<PathBuf>,

    /// Say what is spoken where, such as tcp.port=8443:tls; may be given again
    ///
    /// Ports and EtherTypes are only a convention, and a TCP conversation is known by its bytes. Where neither helps, say it
    /// yourself: a selector (tcp.port, udp.port or eth.type), `=`, a number, `:` and a protocol. `data` leaves the bytes undecoded.
    #[arg(long, value_name = "SELECTOR:PROTOCOL")]
    pub(crate) decode_as: Vec<String>,

    /// Show passwords, cookies and other secrets instead of masking them
    #[arg(long)]
    pub(crate) reveal_secrets: bool,
}

/// What the answer looks like.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What it looks like")]
pub(crate) struct Face {
    /// For people, or for programs
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text, hide_possible_values = true, help = "text, json or ndjson")]
    pub(crate) format: Format,

    /// When to use colour: auto, always or never
    ///
    /// auto means on a terminal, unless NO_COLOR is set. No sign is in the colour alone.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto, hide_possible_values = true)]
    pub(crate) color: When,

    /// Colours by name: default, contrast (projectors) or mono
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = theme, hide_default_value = true)]
    pub(crate) theme: &'static Theme,

    /// Columns to draw for, from 60; otherwise those of the terminal, or 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(MIN_WIDTH as i64..))]
    pub(crate) width: Option<u16>,

    /// Write to a file instead of standard output
    #[arg(short = 'o', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// Which times are shown.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// Times since the first frame (relative), since the one before (delta), or of the day (utc)
    #[arg(long, value_name = "CLOCK", value_enum, default_value_t = Time::Relative, hide_possible_values = true, help_heading = "What it looks like")]
    pub(crate) time: Time,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// The 30-second answer.
    Brief,
    /// The 2-minute answer.
    Normal,
    /// The 10-minute answer.
    Deep,
}

impl From<Level> for Depth {
    fn from(level: Level) -> Self {
        match level {
            Level::Brief => Self::Brief,
            Level::Normal => Self::Normal,
            Level::Deep => Self::Deep,
        }
    }
}

/// What an answer is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// JSON.
    Json,
    /// JSON, one record a line.
    Ndjson,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal.
    Auto,
    /// In pipes and files too.
    Always,
    /// Not at all.
    Never,
}

/// Which times are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Time {
    /// Since the first frame of the capture.
    Relative,
    /// Since the one before.
    Delta,
    /// Of the day, in UTC.
    Utc,
}

impl From<Time> for Clock {
    fn from(time: Time) -> Self {
        match time {
            Time::Relative => Self::Relative,
            Time::Delta => Self::Delta,
            Time::Utc => Self::Utc,
        }
    }
}

fn theme(name: &str) -> Result<&'static Theme, String> {
    Theme::named(name).ok_or_else(|| {
        let names: Vec<_> = THEMES.iter().map(|theme| theme.name).collect();
        format!("the themes are {}", names.join(", "))
    })
}

impl Source {
    /// Opens what is named.
    pub(crate) fn open(&self) -> Result<Session, Error> {
        if self.files.is_empty() {
            super::say("note: no FILE is given, so this is the built-in sample `curl-https`");
        }
        Session::open(&self.inputs()?, self.options())
    }

    /// What the session is asked for.
    pub(crate) fn options(&self) -> Options {
        Options {
            keys: self.keys.clone(),
            decode_as: self.decode_as.clone(),
            reveal_secrets: self.reveal_secrets,
            frames_max: self.count,
        }
    }

    /// The files and samples that are named; the first sample where none is.
    pub(crate) fn inputs(&self) -> Result<Vec<Input>, Error> {
        let Some(first) = SAMPLES.first() else {
            return Ok(Vec::new());
        };
        if self.files.is_empty() {
            return Ok(vec![Input::Sample(first)]);
        }
        self.files.iter().map(|path| input(path)).collect()
    }

    /// Every file that is read, which no output may overwrite.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().chain(&self.keys).map(PathBuf::as_path)
    }
}

fn input(path: &Path) -> Result<Input, Error> {
    if path.as_os_str() == "-" {
        if super::output::reads_terminal() {
            return Err(Error::Usage {
                what: "standard input is a terminal".to_owned(),
                because: "`-` reads a capture from a pipe or a redirect, and nobody types one"
                    .to_owned(),
                hint: "`tcpdump -w - | wirewalk -`, or leave `-` out to walk a built-in sample"
                    .to_owned(),
            });
        }
        return Ok(Input::File(path.to_owned()));
    }
    let named = path.to_str().and_then(|name| sample(name).ok());
    Ok(match named {
        Some(sample) if !path.exists() => Input::Sample(sample),
        _ => Input::File(path.to_owned()),
    })
}

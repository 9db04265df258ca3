//! Where an answer goes, and how it may look there: standard output or a file, colour, width and characters.

use std::borrow::Borrow;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use serde::Serialize;

use wirewalk::error::Error;
use wirewalk::render::glyphs::Charset;
use wirewalk::render::line::Line;
use wirewalk::render::theme::Theme;
use wirewalk::render::{Look, MIN_WIDTH, ansi, json};

use super::options::{Face, When};

/// Columns where nobody says how many there are.
const WIDTH: usize = 100;

/// How many bytes are written together, and how much room is kept for the next record.
const TOGETHER: usize = 1 << 16;

/// An opened output.
pub(crate) struct Output {
    name: String,
    to: BufWriter<Box<dyn Write>>,
    /// The record that is being written.
    record: Vec<u8>,
    /// How text looks there.
    pub(crate) look: Look,
}

impl Output {
    /// Opens what the options name. `inputs` are the files that are being read; none of them is overwritten.
    pub(crate) fn open<'a>(
        face: &Face,
        inputs: impl Iterator<Item = &'a Path>,
    ) -> Result<Self, Error> {
        let path = face
            .output
            .as_deref()
            .filter(|path| path.as_os_str() != "-");
        let terminal = path.is_none() && io::stdout().is_terminal();
        let (name, to) = match path {
            Some(path) => (path.display().to_string(), create(path, inputs)?),
            None => standard(),
        };
        let look = look(face.color, face.width, face.theme, terminal);
        ansi::decide(look.colour);
        Ok(Self::new(name, to, look))
    }

    /// Opens an output of bytes that is neither drawn nor coloured.
    pub(crate) fn raw<'a>(
        path: Option<&Path>,
        inputs: impl Iterator<Item = &'a Path>,
    ) -> Result<Self, Error> {
        let (name, to) = match path.filter(|path| path.as_os_str() != "-") {
            Some(path) => (path.display().to_string(), create(path, inputs)?),
            None => standard(),
        };
        let look = Look {
            width: WIDTH,
            charset: charset(),
            theme: Theme::standard(),
            colour: false,
        };
        Ok(Self::new(name, to, look))
    }

    fn new(name: String, to: Box<dyn Write>, look: Look) -> Self {
        Self {
            name,
            to: BufWriter::with_capacity(TOGETHER, to),
            record: Vec::new(),
            look,
        }
    }

    /// Standard output, drawn as a terminal or a pipe is without any options.
    pub(crate) fn standard() -> Result<Self, Error> {
        let terminal = io::stdout().is_terminal();
        let mut out = Self::raw(None, std::iter::empty())?;
        out.look = look(When::Auto, None, Theme::standard(), terminal);
        ansi::decide(out.look.colour);
        Ok(out)
    }

    /// Writes lines.
    pub(crate) fn lines(
        &mut self,
        lines: impl IntoIterator<Item: Borrow<Line>>,
    ) -> Result<(), Error> {
        let look = self.look;
        let written = look.write(&mut self.to, lines);
        written.map_err(|source| self.error(source))
    }

    /// Writes a record as one line of JSON.
    pub(crate) fn record(&mut self, record: &impl Serialize) -> Result<(), Error> {
        self.json(record, b"\n")
    }

    /// Writes a value as JSON, and what stands behind it.
    pub(crate) fn json(&mut self, value: &impl Serialize, after: &[u8]) -> Result<(), Error> {
        self.record.clear();
        // One long record does not keep its room.
        self.record.shrink_to(TOGETHER);
        let written = json::write(value, &mut self.record).map_err(io::Error::from);
        self.record.extend_from_slice(after);
        let written = written.and_then(|()| self.to.write_all(&self.record));
        written.map_err(|source| self.error(source))
    }

    /// Writes with a function.
    pub(crate) fn with(
        &mut self,
        write: impl FnOnce(&mut BufWriter<Box<dyn Write>>) -> io::Result<()>,
    ) -> Result<(), Error> {
        let written = write(&mut self.to);
        written.map_err(|source| self.error(source))
    }

    /// Hands everything on.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.to.flush();
        flushed.map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> Error {
        Error::Write {
            name: self.name.clone(),
            source,
        }
    }
}

fn standard() -> (String, Box<dyn Write>) {
    let name = "standard output".to_owned();
    // Rust's own handle looks for the last line end in all that it is handed.
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        if let Ok(to) = io::stdout().as_fd().try_clone_to_owned() {
            return (name, Box::new(File::from(to)));
        }
    }
    (name, Box::new(io::stdout()))
}

/// Creates a file, if it is none of those that are read.
fn create<'a>(
    path: &Path,
    mut inputs: impl Iterator<Item = &'a Path>,
) -> Result<Box<dyn Write>, Error> {
    let name = path.display().to_string();
    if inputs.any(|input| same_file(input, path)) {
        return Err(Error::Usage {
            what: format!("`{name}` is not overwritten"),
            because: "it is being read".to_owned(),
            hint: "give `-o` another name".to_owned(),
        });
    }
    match File::create(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(source) => Err(Error::Write { name, source }),
    }
}

/// True when two paths lead to one file, by whatever name.
fn same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if let (Ok(a), Ok(b)) = (fs::metadata(a), fs::metadata(b)) {
            return a.dev() == b.dev() && a.ino() == b.ino();
        }
    }
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

fn look(color: When, width: Option<u16>, theme: &'static Theme, terminal: bool) -> Look {
    let colour = match color {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            terminal
                && environment("NO_COLOR").is_none()
                && environment("TERM").as_deref() != Some("dumb")
        }
    };
    let width = match width {
        Some(width) => usize::from(width),
        None if terminal => crossterm::terminal::size()
            .ok()
            .map(|(columns, _)| usize::from(columns))
            .filter(|columns| *columns > 0)
            .unwrap_or(WIDTH)
            .max(MIN_WIDTH),
        None => WIDTH,
    };
    Look {
        width,
        charset: charset(),
        theme,
        colour,
    }
}

/// ASCII where the locale says that nothing else is understood.
pub(crate) fn charset() -> Charset {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(environment);
    let Some(locale) = locale else {
        return Charset::Unicode;
    };
    let locale = locale.to_lowercase();
    if locale.contains("utf-8") || locale.contains("utf8") {
        Charset::Unicode
    } else {
        Charset::Ascii
    }
}

/// A variable that is set to something.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the environment is read"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// True when standard input is someone's keyboard.
pub(crate) fn reads_terminal() -> bool {
    io::stdin().is_terminal()
}

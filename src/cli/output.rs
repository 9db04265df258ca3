//! Where an answer goes, and how it may look there: standard output or a file, colour, width and characters.

use std::borrow::Borrow;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use serde::Serialize;

use wirewalk::error::Error;
use wirewalk::render::glyphs::Charset;
use wirewalk::render::line::Line;
use wirewalk::render::theme::Theme;
use wirewalk::render::{Look, MIN_WIDTH, ansi};

use super::options::{Face, When};

/// Columns where nobody says how many there are.
const WIDTH: usize = 100;

/// How many bytes are written together.
const TOGETHER: usize = 1 << 16;

/// An opened output.
pub(crate) struct Output {
    name: String,
    /// Someone watches: what is written is seen at once, as more may be long in coming.
    watched: bool,
    to: Waiting,
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
        Ok(Self::new(name, to, look, terminal))
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
        Ok(Self::new(name, to, look, false))
    }

    fn new(name: String, to: Box<dyn Write>, look: Look, watched: bool) -> Self {
        Self {
            name,
            watched,
            to: Waiting {
                bytes: Vec::new(),
                to,
            },
            look,
        }
    }

    /// Standard output, drawn as a terminal or a pipe is without any options.
    pub(crate) fn standard() -> Result<Self, Error> {
        let terminal = io::stdout().is_terminal();
        let mut out = Self::raw(None, std::iter::empty())?;
        out.watched = terminal;
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
        self.with(|out| look.write(out, lines))
    }

    /// Writes a record as one line of JSON.
    pub(crate) fn record(&mut self, record: &impl Serialize) -> Result<(), Error> {
        self.json(record, b"\n")
    }

    /// Writes a value as JSON, and what stands behind it.
    pub(crate) fn json(&mut self, value: &impl Serialize, after: &[u8]) -> Result<(), Error> {
        self.with(|out| {
            serde_json::to_writer(&mut out.bytes, value)?;
            out.write_all(after)
        })
    }

    /// Writes with a function.
    pub(crate) fn with(
        &mut self,
        write: impl FnOnce(&mut Waiting) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut written = write(&mut self.to);
        if self.watched {
            written = written.and_then(|()| self.to.flush());
        }
        written.map_err(|source| self.error(source))
    }

    /// Hands everything on.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.to.flush();
        flushed.map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::BrokenPipe {
            gone();
        }
        Error::Write {
            name: self.name.clone(),
            source,
        }
    }
}

/// Whoever read our answer went away: no error for a filter in a pipe, and nothing is left to do. Threads that wait for
/// input are not waited for: it may be long in coming.
#[expect(
    clippy::exit,
    reason = "waiting for these threads is what returning would mean"
)]
fn gone() -> ! {
    std::process::exit(0)
}

/// What is going to be written together. Unlike in a `BufWriter`, records are put together where they wait.
pub(crate) struct Waiting {
    bytes: Vec<u8>,
    to: Box<dyn Write>,
}

impl Waiting {
    fn hand_on(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.bytes);
        // Nothing is written twice, and one long record does not keep its room.
        self.bytes.clear();
        self.bytes.shrink_to(2 * TOGETHER);
        written
    }
}

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= TOGETHER {
            self.hand_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()?;
        self.to.flush()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // What came before an error is still told.
        let _ = self.flush();
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

//! Faces of the view: what is drawn for people and for programs. Every face writes to an `impl Write` that it is handed.

pub mod ansi;
pub mod escape;
pub mod glyphs;
pub mod line;
pub mod list;
mod names;
pub mod show;
pub mod text;
pub mod theme;
pub mod units;
pub mod wrap;

use std::borrow::Borrow;
use std::io::{self, Write};

use glyphs::Charset;
use line::Line;
use theme::Theme;

/// The narrowest line that the faces draw for.
pub const MIN_WIDTH: usize = 60;

/// Lines are not made longer than this on wider terminals: nobody reads them.
pub const MAX_WIDTH: usize = 120;

/// How a face looks: decided once by the command line.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of a line.
    pub width: usize,
    /// Which characters may be drawn.
    pub charset: Charset,
    /// Which style each role has.
    pub theme: &'static Theme,
    /// Whether styles are written at all.
    pub colour: bool,
}

impl Look {
    /// An empty line of this look.
    #[must_use]
    pub fn line(&self) -> Line {
        Line::new(self.charset)
    }

    /// The columns that tables and prose use.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.clamp(MIN_WIDTH, MAX_WIDTH)
    }

    /// Writes lines, each with its line end.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(
        &self,
        out: &mut impl Write,
        lines: impl IntoIterator<Item: Borrow<Line>>,
    ) -> io::Result<()> {
        let mut text = String::new();
        for line in lines {
            let line = line.borrow();
            if self.colour {
                for (ink, run) in line.runs() {
                    ansi::paint(self.theme.style(ink), run, &mut text);
                }
            } else {
                text.push_str(line.text());
            }
            let end = text.trim_end_matches(' ').len();
            text.truncate(end);
            text.push('\n');
        }
        out.write_all(text.as_bytes())
    }
}

//! A line in the making: runs of text with a role each, and how many columns they take.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape;
use super::glyphs::Charset;
use super::theme::Ink;

/// A line of runs of text. All text passes through [`escape`] on its way in, so that it is safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    charset: Charset,
    text: String,
    /// The role of each run, and where in the text it ends.
    runs: Vec<(Ink, usize)>,
    width: usize,
}

/// Texts that stand below each other, safe to print and measured once.
#[derive(Clone, Debug)]
pub struct Cells {
    charset: Charset,
    text: String,
    /// Where in the text each of them ends, and how many columns it takes.
    ends: Vec<(usize, usize)>,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new(charset: Charset) -> Self {
        Self {
            charset,
            text: String::with_capacity(128),
            runs: Vec::with_capacity(16),
            width: 0,
        }
    }

    /// Its runs: what each is, and what it says.
    pub fn runs(&self) -> impl Iterator<Item = (Ink, &str)> {
        let mut start = 0;
        self.runs.iter().map(move |&(ink, end)| {
            let text = &self.text[start..end];
            start = end;
            (ink, text)
        })
    }

    /// How many columns it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// True when nothing stands in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What it says, without roles.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Appends text.
    pub fn push(&mut self, ink: Ink, text: &str) -> &mut Self {
        self.width += escape::push(text, self.charset, &mut self.text);
        self.end(ink)
    }

    /// Appends a cell.
    pub fn cell(&mut self, ink: Ink, cells: &Cells, row: usize) -> &mut Self {
        self.text.push_str(cells.text(row));
        self.width += cells.width(row);
        self.end(ink)
    }

    /// Ends what was appended as a run of this role.
    fn end(&mut self, ink: Ink) -> &mut Self {
        let (start, end) = (self.runs.last().map_or(0, |run| run.1), self.text.len());
        match self.runs.last_mut() {
            _ if start == end => {}
            Some(last) if last.0 == ink => last.1 = end,
            _ => self.runs.push((ink, end)),
        }
        self
    }

    /// Appends one character `count` times.
    pub fn fill(&mut self, ink: Ink, c: char, count: usize) -> &mut Self {
        let mut bytes = [0; 4];
        let c: &str = c.encode_utf8(&mut bytes);
        for _ in 0..count {
            self.width += escape::push(c, self.charset, &mut self.text);
        }
        self.end(ink)
    }

    /// Appends spaces.
    pub fn space(&mut self, count: usize) -> &mut Self {
        self.to(self.width + count)
    }

    /// Appends spaces up to a column.
    pub fn to(&mut self, column: usize) -> &mut Self {
        const SPACES: &str = "                                ";
        if column <= self.width {
            return self;
        }
        while self.width < column {
            let spaces = SPACES.len().min(column - self.width);
            self.text.push_str(&SPACES[..spaces]);
            self.width += spaces;
        }
        self.end(Ink::Plain)
    }

    /// Appends text that ends at a column, if it is not past its beginning already.
    pub fn right(&mut self, column: usize, ink: Ink, text: &str) -> &mut Self {
        let width = columns(text, self.charset);
        self.to(column.saturating_sub(width)).push(ink, text)
    }

    /// Cuts off what stands behind a column.
    pub fn clip(&mut self, column: usize) -> &mut Self {
        while self.width > column {
            let Some((ink, _)) = self.runs.pop() else {
                break;
            };
            let start = self.runs.last().map_or(0, |run| run.1);
            self.width -= self.text[start..].width();
            let kept = prefix(&self.text[start..], column.saturating_sub(self.width)).len();
            self.text.truncate(start + kept);
            self.width += self.text[start..].width();
            self.end(ink);
        }
        self
    }

    /// Appends another line.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        for (ink, text) in other.runs() {
            self.push(ink, text);
        }
        self
    }
}

impl Cells {
    /// No cells.
    #[must_use]
    pub const fn new(charset: Charset) -> Self {
        Self {
            charset,
            text: String::new(),
            ends: Vec::new(),
        }
    }

    /// Adds one below the last.
    pub fn push(&mut self, text: &str) {
        let width = escape::push(text, self.charset, &mut self.text);
        self.ends.push((self.text.len(), width));
    }

    /// What a cell says; nothing where there is none.
    #[must_use]
    pub fn text(&self, row: usize) -> &str {
        let end = |row: usize| self.ends.get(row).map_or(self.text.len(), |cell| cell.0);
        let start = row.checked_sub(1).map_or(0, end);
        &self.text[start..end(row)]
    }

    /// How many columns a cell takes.
    #[must_use]
    pub fn width(&self, row: usize) -> usize {
        self.ends.get(row).map_or(0, |cell| cell.1)
    }

    /// How many columns the widest takes.
    #[must_use]
    pub fn widest(&self) -> usize {
        self.ends.iter().map(|cell| cell.1).max().unwrap_or(0)
    }

    /// The same, with those that are wider than `width` cut in their middle.
    #[must_use]
    pub fn narrowed(&self, width: usize) -> Self {
        let mut narrow = Self::new(self.charset);
        for row in 0..self.ends.len() {
            narrow.push(&cut_middle(self.text(row), width, self.charset));
        }
        narrow
    }
}

/// How many columns a text takes when it is shown.
#[must_use]
pub fn columns(text: &str, charset: Charset) -> usize {
    if escape::is_plain(text) {
        return text.len();
    }
    escape::push(text, charset, &mut String::new())
}

/// A text cut to `width` columns at its end, between words where that loses little, with an ellipsis where it was cut.
#[must_use]
pub fn cut(text: &str, width: usize, charset: Charset) -> String {
    let text = escape::visible(text, charset);
    if text.width() <= width {
        return text;
    }
    let mut kept = prefix(&text, width.saturating_sub(1));
    let word = kept.trim_end().rfind(' ').unwrap_or(0);
    let whole = text[kept.len()..].starts_with(' ');
    if !whole && word * 3 >= kept.len() * 2 {
        kept = &kept[..word];
    }
    format!("{}{}", kept.trim_end(), charset.ellipsis())
}

/// A name cut to `width` columns in its middle: both ends of an address tell.
#[must_use]
pub fn cut_middle(text: &str, width: usize, charset: Charset) -> String {
    let text = escape::visible(text, charset);
    if text.width() <= width {
        return text;
    }
    let keep = width.saturating_sub(1);
    let tail: String = text.chars().rev().collect();
    let tail: String = prefix(&tail, keep / 2).chars().rev().collect();
    format!(
        "{}{}{tail}",
        prefix(&text, keep - keep / 2),
        charset.ellipsis()
    )
}

/// As much of a text's beginning as fits into `width` columns.
fn prefix(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Charset, Ink, Line, cut, cut_middle};

    #[test]
    fn columns_are_counted_not_bytes() {
        let mut line = Line::new(Charset::Unicode);
        line.push(Ink::Plain, "北京").to(6).push(Ink::Faint, "x");
        assert_eq!((line.text(), line.width()), ("北京  x", 7));
        line.right(12, Ink::Plain, "\x1b[");
        assert_eq!(line.text(), "北京  x\\x1b[");
        assert_eq!(line.clip(7).text(), "北京  x");
        assert_eq!(line.clip(3).text(), "北", "half a character is none");
    }

    #[test]
    fn cuts_keep_words() {
        let cut = |text, width| cut(text, width, Charset::Unicode);
        assert_eq!(cut("short", 5), "short");
        assert_eq!(
            cut("query 0x1a2b A www.example.test", 20),
            "query 0x1a2b A…"
        );
        assert_eq!(cut("query 0x1a2b A", 13), "query 0x1a2b…");
        assert_eq!(cut("abcdefghijklmnop", 8), "abcdefg…");
        assert_eq!(
            cut_middle("2001:db8:85a3::8a2e:370:7334", 15, Charset::Unicode),
            "2001:db…70:7334"
        );
    }
}

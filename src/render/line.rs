//! A line in the making: runs of text with a role each, and how many columns they take.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape;
use super::glyphs::Charset;
use super::theme::Ink;

/// A run of text with one role; its text is safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What it is.
    pub ink: Ink,
    /// What it says.
    pub text: String,
}

/// A line of runs. All text passes through [`escape`] on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    charset: Charset,
    runs: Vec<Run>,
    width: usize,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new(charset: Charset) -> Self {
        Self {
            charset,
            runs: Vec::new(),
            width: 0,
        }
    }

    /// Its runs.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// How many columns it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// True when nothing stands in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// What it says, without roles.
    #[must_use]
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// Appends text.
    pub fn push(&mut self, ink: Ink, text: &str) -> &mut Self {
        let text = escape::visible(text, self.charset);
        if text.is_empty() {
            return self;
        }
        self.width += text.width();
        match self.runs.last_mut() {
            Some(last) if last.ink == ink => last.text.push_str(&text),
            _ => self.runs.push(Run { ink, text }),
        }
        self
    }

    /// Appends one character `count` times.
    pub fn fill(&mut self, ink: Ink, c: char, count: usize) -> &mut Self {
        self.push(ink, &c.to_string().repeat(count))
    }

    /// Appends spaces up to a column.
    pub fn to(&mut self, column: usize) -> &mut Self {
        self.fill(Ink::Plain, ' ', column.saturating_sub(self.width))
    }

    /// Appends text that ends at a column, if it is not past its beginning already.
    pub fn right(&mut self, column: usize, ink: Ink, text: &str) -> &mut Self {
        let width = columns(text, self.charset);
        self.to(column.saturating_sub(width)).push(ink, text)
    }

    /// Cuts off what stands behind a column.
    pub fn clip(&mut self, column: usize) -> &mut Self {
        while self.width > column {
            let Some(mut last) = self.runs.pop() else {
                break;
            };
            self.width -= last.text.width();
            let kept = prefix(&last.text, column.saturating_sub(self.width)).len();
            last.text.truncate(kept);
            if !last.text.is_empty() {
                self.width += last.text.width();
                self.runs.push(last);
            }
        }
        self
    }

    /// Appends another line.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        for run in &other.runs {
            self.push(run.ink, &run.text);
        }
        self
    }
}

/// How many columns a text takes when it is shown.
#[must_use]
pub fn columns(text: &str, charset: Charset) -> usize {
    escape::visible(text, charset).width()
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
        assert_eq!((line.text().as_str(), line.width()), ("北京  x", 7));
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

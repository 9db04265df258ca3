//! Wraps text of several roles to a width. A word is broken only when it is longer than a line.

use textwrap::core::Fragment;
use textwrap::wrap_algorithms::wrap_first_fit;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape;
use super::glyphs::Charset;
use super::line::Line;
use super::theme::Ink;
use crate::view::timeline::{Role, Slice};

/// A word: runs without a space between them.
#[derive(Debug, Default)]
struct Word {
    runs: Vec<(Ink, String)>,
    width: usize,
    /// 1 when a space follows it, 0 when it is a piece of a longer word.
    space: usize,
}

impl Fragment for Word {
    fn width(&self) -> f64 {
        self.width as f64
    }

    fn whitespace_width(&self) -> f64 {
        self.space as f64
    }

    fn penalty_width(&self) -> f64 {
        0.0
    }
}

/// The runs of a rich text with their inks. Values and actors have their own, other words have `plain`.
pub fn runs<'a>(rich: impl Into<Slice<'a>>, plain: Ink) -> impl Iterator<Item = (Ink, &'a str)> {
    rich.into().runs().map(move |(text, role)| match role {
        Role::Plain => (plain, text),
        Role::Value => (Ink::Value, text),
        Role::Actor => (Ink::Actor, text),
    })
}

/// Wraps runs of text into lines of at most `width` columns. An empty line in the text begins a paragraph.
pub fn wrap<'a>(
    text: impl IntoIterator<Item = (Ink, &'a str)>,
    width: usize,
    charset: Charset,
) -> Vec<Line> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in paragraphs(text, charset) {
        if !lines.is_empty() {
            lines.push(Line::new(charset));
        }
        let words: Vec<_> = paragraph
            .into_iter()
            .flat_map(|word| pieces(word, width))
            .collect();
        for words in wrap_first_fit(&words, &[width as f64]) {
            let mut line = Line::new(charset);
            let mut words = words.iter().peekable();
            while let Some(word) = words.next() {
                for (ink, text) in &word.runs {
                    line.push(*ink, text);
                }
                // A space takes the ink of the run it stands in, so that a long value stays one run.
                if let (Some(next), Some((ink, _))) = (words.peek(), word.runs.last())
                    && word.space > 0
                {
                    let same = next.runs.first().is_some_and(|(after, _)| after == ink);
                    line.push(if same { *ink } else { Ink::Plain }, " ");
                }
            }
            lines.push(line);
        }
    }
    lines
}

/// Words by paragraph. In our prose any white space ends a word; in a value only a space does, the rest is shown.
fn paragraphs<'a>(
    text: impl IntoIterator<Item = (Ink, &'a str)>,
    charset: Charset,
) -> Vec<Vec<Word>> {
    let mut paragraphs = vec![Vec::new()];
    let mut word = Word::default();
    let mut ends = 0;
    for (ink, text) in text {
        let prose = ink != Ink::Value;
        for part in text.split_inclusive([' ', '\n', '\t']) {
            let space = match part.as_bytes().last() {
                Some(b' ') => true,
                Some(b'\n' | b'\t') => prose,
                _ => false,
            };
            let said = if space { &part[..part.len() - 1] } else { part };
            if !said.is_empty() {
                if ends > 1 && paragraphs.last().is_some_and(|p| !p.is_empty()) {
                    paragraphs.push(Vec::new());
                }
                ends = 0;
                let said = escape::visible(said, charset);
                word.width += said.width();
                word.runs.push((ink, said));
            }
            if space {
                finish(&mut word, &mut paragraphs);
                ends += usize::from(part.ends_with('\n'));
            }
        }
    }
    finish(&mut word, &mut paragraphs);
    paragraphs.retain(|words| !words.is_empty());
    paragraphs
}

fn finish(word: &mut Word, paragraphs: &mut [Vec<Word>]) {
    let mut word = std::mem::take(word);
    if word.width > 0
        && let Some(paragraph) = paragraphs.last_mut()
    {
        word.space = 1;
        paragraph.push(word);
    }
}

/// A word as it is, or in pieces of at most `width` columns, cut behind punctuation where there is some near the end.
fn pieces(word: Word, width: usize) -> Vec<Word> {
    if word.width <= width {
        return vec![word];
    }
    let letters: Vec<(Ink, char)> = word
        .runs
        .iter()
        .flat_map(|(ink, text)| text.chars().map(|c| (*ink, c)))
        .collect();
    let mut pieces = Vec::new();
    let mut rest = letters.as_slice();
    while !rest.is_empty() {
        let mut used = 0;
        let fits = rest
            .iter()
            .take_while(|(_, c)| {
                used += c.width().unwrap_or(0);
                used <= width
            })
            .count()
            .max(1);
        let cut = if fits == rest.len() {
            fits
        } else {
            rest.iter()
                .take(fits)
                .rposition(|(_, c)| matches!(c, '/' | '.' | '-' | ',' | ';' | ':' | '&' | '='))
                .map(|at| at + 1)
                .filter(|&cut| cut * 2 > fits)
                .unwrap_or(fits)
        };
        let (head, tail) = rest.split_at(cut);
        let mut piece = Word::default();
        for (ink, c) in head {
            piece.width += c.width().unwrap_or(0);
            match piece.runs.last_mut() {
                Some((last, text)) if last == ink => text.push(*c),
                _ => piece.runs.push((*ink, c.to_string())),
            }
        }
        piece.space = if tail.is_empty() { word.space } else { 0 };
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::{Charset, Ink, wrap};

    fn texts(text: &[(Ink, &str)], width: usize) -> Vec<String> {
        wrap(text.iter().copied(), width, Charset::Unicode)
            .iter()
            .map(|line| line.text().to_owned())
            .collect()
    }

    #[test]
    fn words_stay_whole_across_roles() {
        let text = [
            (Ink::Plain, "Ask where "),
            (Ink::Value, "www.example.test"),
            (Ink::Plain, ", the name, lives."),
        ];
        assert_eq!(
            texts(&text, 20),
            ["Ask where", "www.example.test,", "the name, lives."]
        );
    }

    #[test]
    fn paragraphs_and_line_ends_of_prose() {
        let text = [
            (Ink::Plain, "One\ntwo.\n\nThree\tfour."),
            (Ink::Value, "a\nb"),
        ];
        assert_eq!(texts(&text, 40), ["One two.", "", "Three four.a\\nb"]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_cut_behind_punctuation() {
        let text = [(Ink::Value, "https://www.example.test/a/long/path?key=value")];
        assert_eq!(
            texts(&text, 22),
            ["https://www.example.", "test/a/long/path?key=", "value"]
        );
    }

    proptest! {
        #[test]
        fn lines_fit_and_words_are_whole(text in "([a-z.]{1,12}|[ \n]|北京|\u{1b}\\[){0,60}", width in 4_usize..40) {
            let lines = texts(&[(Ink::Plain, &text)], width);
            let words = |text: &str| -> Vec<String> {
                crate::render::escape::visible(&text.replace('\n', " "), Charset::Unicode)
                    .split_whitespace().map(str::to_owned).collect()
            };
            let before = words(&text);
            for line in &lines {
                prop_assert!(line.width() <= width, "{line:?}");
                prop_assert_eq!(line.trim(), line.as_str());
            }
            if before.iter().all(|word| word.width() <= width) {
                let after: Vec<String> = lines.iter().flat_map(|line| words(line)).collect();
                prop_assert_eq!(before, after);
            } else {
                prop_assert_eq!(before.concat(), lines.concat().replace(' ', ""));
            }
        }
    }
}

//! Text in which values and actors are marked, so that a face can style them.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use smallvec::SmallVec;

/// What a run of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ordinary words.
    Plain,
    /// A value from the capture.
    Value,
    /// An actor of the story.
    Actor,
}

/// Words: most stand in a script, which lives as long as the program, and are not copied.
pub type Text = Cow<'static, str>;

/// How much longer a text is expected to become when something is added to it, in bytes.
const ROOM: usize = 120;

/// Text in runs of one role each; serializes as the plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich {
    text: Text,
    /// Where it is not plain, in order: from and to in bytes.
    marks: SmallVec<[(u32, u32, Role); 2]>,
}

impl Rich {
    /// Plain words.
    #[must_use]
    pub fn plain(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            marks: SmallVec::new(),
        }
    }

    /// The text without roles.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its runs in order; none is empty.
    pub fn runs(&self) -> impl Iterator<Item = (&str, Role)> {
        Slice::from(self).runs()
    }

    /// The part between two places that no run stands across, in bytes.
    pub(super) fn slice(&self, from: usize, to: usize) -> Slice<'_> {
        let (start, end) = (from as u32, to as u32);
        let first = self.marks.partition_point(|mark| mark.0 < start);
        let last = self.marks.partition_point(|mark| mark.0 < end);
        Slice {
            text: self.text.get(from..to).unwrap_or_default(),
            marks: self.marks.get(first..last).unwrap_or_default(),
            start,
        }
    }

    /// Adds plain words that live as long as the program.
    pub(super) fn say(&mut self, words: &'static str) {
        if self.text.is_empty() {
            self.text = words.into();
        } else {
            self.grow().push_str(words);
        }
    }

    /// Adds what `write` writes.
    pub(super) fn add<R>(&mut self, role: Role, write: impl FnOnce(&mut String) -> R) -> R {
        let from = self.text.len();
        let text = self.grow();
        let written = write(text);
        let to = text.len();
        if role != Role::Plain && to > from {
            self.marks.push((from as u32, to as u32, role));
        }
        written
    }

    /// Takes back all but its first `len` bytes.
    pub(super) fn cut(&mut self, len: usize) {
        match &mut self.text {
            Text::Borrowed(whole) => *whole = whole.get(..len).unwrap_or(whole),
            Text::Owned(whole) => whole.truncate(len),
        }
        while let Some((from, to, _)) = self.marks.last_mut()
            && *to as usize > len
        {
            *to = len as u32;
            if *from < *to {
                break;
            }
            self.marks.pop();
        }
    }

    fn grow(&mut self) -> &mut String {
        if let Text::Borrowed(words) = self.text {
            let mut text = String::with_capacity(words.len() + ROOM);
            text.push_str(words);
            self.text = text.into();
        }
        self.text.to_mut()
    }
}

/// A part of a rich text.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    text: &'a str,
    marks: &'a [(u32, u32, Role)],
    /// Where it begins in the whole text that the marks are of.
    start: u32,
}

impl<'a> Slice<'a> {
    /// The text without roles.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// True when there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its runs in order; none is empty.
    pub fn runs(self) -> impl Iterator<Item = (&'a str, Role)> {
        let mut at = 0;
        let mut marks = self.marks.iter().peekable();
        let place = move |at: u32| (at - self.start) as usize;
        std::iter::from_fn(move || {
            let (end, role) = match marks.peek() {
                Some((from, to, role)) if place(*from) == at => {
                    marks.next();
                    (place(*to), *role)
                }
                Some((from, ..)) => (place(*from), Role::Plain),
                None => (self.text.len(), Role::Plain),
            };
            let run = self.text.get(at..end).filter(|run| !run.is_empty())?;
            at = end;
            Some((run, role))
        })
    }
}

impl<'a> From<&'a Rich> for Slice<'a> {
    fn from(rich: &'a Rich) -> Self {
        Self {
            text: &rich.text,
            marks: &rich.marks,
            start: 0,
        }
    }
}

impl<T: AsRef<str>> FromIterator<(T, Role)> for Rich {
    fn from_iter<I: IntoIterator<Item = (T, Role)>>(runs: I) -> Self {
        let mut rich = Self::default();
        rich.extend(runs);
        rich
    }
}

impl<T: AsRef<str>> Extend<(T, Role)> for Rich {
    fn extend<I: IntoIterator<Item = (T, Role)>>(&mut self, runs: I) {
        for (run, role) in runs {
            self.add(role, |text| text.push_str(run.as_ref()));
        }
    }
}

impl Serialize for Rich {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(rich: &Rich) -> Vec<(&str, Role)> {
        rich.runs().collect()
    }

    #[test]
    fn runs_come_as_they_were_added() {
        let all = [
            ("the ", Role::Plain),
            ("client", Role::Actor),
            ("80", Role::Value),
            ("443", Role::Value),
            (".", Role::Plain),
        ];
        let rich: Rich = all.into_iter().collect();
        assert_eq!(runs(&rich), all);
        assert_eq!(rich.text(), "the client80443.");
        let unmarked: Rich = [("a", Role::Plain), ("", Role::Value), ("b", Role::Plain)]
            .into_iter()
            .collect();
        assert_eq!(runs(&unmarked), [("ab", Role::Plain)]);
        assert_eq!(runs(&Rich::default()), []);
    }

    #[test]
    fn what_is_cut_takes_its_marks_along() {
        let mut rich = Rich::plain("It is ");
        rich.add(Role::Value, |text| text.push_str("1234"));
        rich.say("!");
        rich.cut(10);
        assert_eq!(
            runs(&rich),
            [("It is ", Role::Plain), ("1234", Role::Value)]
        );
        rich.cut(8);
        assert_eq!(runs(&rich), [("It is ", Role::Plain), ("12", Role::Value)]);
        rich.cut(5);
        assert_eq!(runs(&rich), [("It is", Role::Plain)]);
        assert_eq!(rich, Rich::plain("It is"));
    }
}

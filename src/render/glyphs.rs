//! The characters that are drawn, in Unicode and in ASCII for terminals that cannot show more.

use crate::view::timeline::{Evidence, Outcome};

/// Which characters may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// All of Unicode that is one or two columns wide.
    Unicode,
    /// The 95 printable ones of ASCII.
    Ascii,
}

/// What a line between two actors is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shaft {
    /// Repeated between the ends.
    pub body: char,
    /// The head when it points right.
    pub right: char,
    /// The head when it points left.
    pub left: char,
}

impl Charset {
    fn pick<T>(self, unicode: T, ascii: T) -> T {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// The mark of a way of knowing: a different shape each.
    #[must_use]
    pub fn mark(self, evidence: Evidence) -> char {
        match evidence {
            Evidence::Observed => self.pick('●', '*'),
            Evidence::Decrypted => self.pick('◐', 'k'),
            Evidence::Host => self.pick('▣', '#'),
            Evidence::Inferred => self.pick('◇', '?'),
            Evidence::Hidden => self.pick('○', 'o'),
            Evidence::Absent => self.pick('∅', '-'),
        }
    }

    /// The mark of how a journey ended.
    #[must_use]
    pub fn outcome(self, outcome: Outcome) -> char {
        match outcome {
            Outcome::Ok => self.pick('✓', '+'),
            Outcome::Failed => self.pick('✗', 'x'),
            Outcome::Incomplete => self.pick('…', '~'),
        }
    }

    /// The line from one actor to another: double through keys, dotted where it is a conclusion.
    #[must_use]
    pub fn shaft(self, evidence: Evidence) -> Shaft {
        let body = match evidence {
            Evidence::Decrypted => self.pick('═', '='),
            Evidence::Inferred | Evidence::Absent => self.pick('┄', '.'),
            _ => self.pick('─', '-'),
        };
        Shaft {
            body,
            right: self.pick('►', '>'),
            left: self.pick('◄', '<'),
        }
    }

    /// The line under titles.
    #[must_use]
    pub fn rule(self) -> char {
        self.pick('─', '-')
    }

    /// The line between the rounds of a story.
    #[must_use]
    pub fn dotted(self) -> char {
        self.pick('┄', '.')
    }

    /// A layer that is not lit, and other empty places.
    #[must_use]
    pub fn dot(self) -> char {
        self.pick('·', '.')
    }

    /// Between two values of one line.
    #[must_use]
    pub fn between(self) -> &'static str {
        self.pick(" · ", " | ")
    }

    /// From the left to the right.
    #[must_use]
    pub fn arrow(self) -> char {
        self.pick('→', '>')
    }

    /// Where something was left out.
    #[must_use]
    pub fn ellipsis(self) -> &'static str {
        self.pick("…", "~")
    }

    /// Times so many.
    #[must_use]
    pub fn times(self) -> char {
        self.pick('×', 'x')
    }

    /// A bar: full cells, its left half and its right half.
    #[must_use]
    pub fn bar(self) -> (char, char, char) {
        self.pick(('█', '▌', '▐'), ('#', '#', '#'))
    }

    /// The side of a box.
    #[must_use]
    pub fn side(self) -> char {
        self.pick('│', '|')
    }

    /// A character of our own prose in ASCII; nothing for what has no likeness.
    #[must_use]
    pub(super) fn likeness(c: char) -> Option<&'static str> {
        Some(match c {
            '→' | '►' => "->",
            '←' | '◄' => "<-",
            '↑' => "^",
            '↓' => "v",
            '·' => ".",
            '…' => "...",
            '–' | '—' | '−' => "-",
            '‘' | '’' => "'",
            '“' | '”' => "\"",
            '×' => "x",
            'µ' | 'μ' => "u",
            '≥' => ">=",
            '≤' => "<=",
            _ => return None,
        })
    }
}

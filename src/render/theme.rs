//! The stylesheet: what every role looks like, in each theme. Colour is never the only sign.

use crate::view::timeline::Evidence;

/// What a run of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Ordinary words.
    Plain,
    /// What the eye should land on.
    Strong,
    /// What supports: units, rules, keys.
    Faint,
    /// A title.
    Title,
    /// A value from the capture.
    Value,
    /// Who takes part.
    Actor,
    /// A label of a table.
    Label,
    /// It went well.
    Good,
    /// It did not.
    Bad,
    /// It is not known, or something to look at.
    Warn,
    /// A mark, an arrow or a bar of something known in this way.
    Known(Evidence),
    /// An OSI layer that the frames pass through.
    Layer(u8),
    /// The OSI layer that a step is about.
    OwnLayer(u8),
    /// Bytes that were asked for.
    Marked,
}

/// The sixteen colours that every terminal has; which shade they are is the terminal's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Red.
    Red,
    /// Green.
    Green,
    /// Yellow.
    Yellow,
    /// Magenta.
    Magenta,
    /// Cyan.
    Cyan,
    /// Bright red.
    BrightRed,
    /// Bright green.
    BrightGreen,
    /// Bright yellow.
    BrightYellow,
    /// Bright blue.
    BrightBlue,
    /// Bright magenta.
    BrightMagenta,
    /// Bright cyan.
    BrightCyan,
    /// Bright white.
    BrightWhite,
}

/// What a run looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Its colour; the terminal's own without one.
    pub colour: Option<Colour>,
    /// Bold.
    pub bold: bool,
    /// Dim.
    pub dim: bool,
    /// Underlined.
    pub underline: bool,
    /// Foreground and background exchanged.
    pub reverse: bool,
}

/// A named stylesheet.
#[derive(Debug)]
pub struct Theme {
    /// Its name.
    pub name: &'static str,
    /// What it is good for.
    pub about: &'static str,
    style: fn(Ink) -> Style,
}

/// All themes; the first is the default.
pub static THEMES: &[Theme] = &[
    Theme {
        name: "default",
        about: "colours that a dark and a light terminal both show",
        style: default,
    },
    Theme {
        name: "contrast",
        about: "bright and bold, nothing dim: for projectors, on a dark background",
        style: contrast,
    },
    Theme {
        name: "mono",
        about: "bold, dim, underlined and reversed, without any colour",
        style: mono,
    },
];

impl Theme {
    /// The theme that is used when none is named.
    #[must_use]
    pub fn standard() -> &'static Self {
        &THEMES[0]
    }

    /// The theme of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        THEMES.iter().find(|theme| theme.name == name)
    }

    /// What a role looks like.
    #[must_use]
    pub fn style(&self, ink: Ink) -> Style {
        (self.style)(ink)
    }
}

impl Style {
    const fn of(colour: Colour) -> Self {
        Self {
            colour: Some(colour),
            ..Self::PLAIN
        }
    }

    const PLAIN: Self = Self {
        colour: None,
        bold: false,
        dim: false,
        underline: false,
        reverse: false,
    };
    const BOLD: Self = Self {
        bold: true,
        ..Self::PLAIN
    };
    const DIM: Self = Self {
        dim: true,
        ..Self::PLAIN
    };

    const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    const fn reverse(self) -> Self {
        Self {
            reverse: true,
            ..self
        }
    }

    const fn underline(self) -> Self {
        Self {
            underline: true,
            ..self
        }
    }
}

fn default(ink: Ink) -> Style {
    match ink {
        // Labels stay in the terminal's own colour: its blue is hard to read on black.
        Ink::Plain | Ink::Label => Style::PLAIN,
        Ink::Strong | Ink::Actor | Ink::Title => Style::BOLD,
        Ink::Faint => Style::DIM,
        Ink::Value => Style::of(Colour::Cyan),
        Ink::Good => Style::of(Colour::Green).bold(),
        Ink::Bad => Style::of(Colour::Red).bold(),
        Ink::Warn => Style::of(Colour::Yellow),
        Ink::Known(evidence) => match evidence {
            Evidence::Observed => Style::of(Colour::Green),
            Evidence::Decrypted => Style::of(Colour::Cyan),
            Evidence::Host => Style::of(Colour::BrightBlue).bold(),
            Evidence::Inferred => Style::of(Colour::Yellow),
            Evidence::Hidden => Style::DIM,
            Evidence::Absent => Style::of(Colour::Magenta),
        },
        Ink::Layer(osi) => Style::of(layer(osi)),
        Ink::OwnLayer(osi) => Style::of(layer(osi)).bold().reverse(),
        Ink::Marked => Style::BOLD.reverse(),
    }
}

/// The colour of an OSI layer, warm at the top.
fn layer(osi: u8) -> Colour {
    match osi {
        7 => Colour::Magenta,
        6 | 5 => Colour::Red,
        4 => Colour::Yellow,
        3 => Colour::Green,
        2 => Colour::Cyan,
        _ => Colour::BrightBlue,
    }
}

fn contrast(ink: Ink) -> Style {
    match ink {
        Ink::Plain | Ink::Faint => Style::PLAIN,
        Ink::Strong | Ink::Actor => Style::of(Colour::BrightWhite).bold(),
        Ink::Title => Style::of(Colour::BrightWhite).bold().underline(),
        Ink::Value => Style::of(Colour::BrightCyan).bold(),
        Ink::Label => Style::of(Colour::BrightBlue).bold(),
        Ink::Good => Style::of(Colour::BrightGreen).bold(),
        Ink::Bad => Style::of(Colour::BrightRed).bold().reverse(),
        Ink::Warn | Ink::Layer(_) => Style::of(Colour::BrightYellow).bold(),
        Ink::Known(evidence) => match evidence {
            Evidence::Observed => Style::of(Colour::BrightGreen).bold(),
            Evidence::Decrypted => Style::of(Colour::BrightCyan).bold(),
            Evidence::Host => Style::of(Colour::BrightBlue).bold(),
            Evidence::Inferred => Style::of(Colour::BrightYellow).bold(),
            Evidence::Hidden => Style::PLAIN,
            Evidence::Absent => Style::of(Colour::BrightMagenta).bold(),
        },
        Ink::OwnLayer(_) | Ink::Marked => Style::of(Colour::BrightYellow).bold().reverse(),
    }
}

fn mono(ink: Ink) -> Style {
    match ink {
        Ink::Plain | Ink::Value | Ink::Layer(_) | Ink::Warn | Ink::Label => Style::PLAIN,
        Ink::Strong | Ink::Actor | Ink::Good | Ink::Known(_) => Style::BOLD,
        Ink::Title => Style::BOLD.underline(),
        Ink::Faint => Style::DIM,
        Ink::Bad | Ink::OwnLayer(_) | Ink::Marked => Style::BOLD.reverse(),
    }
}

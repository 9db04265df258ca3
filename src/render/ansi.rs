//! Styles as the escape sequences of terminals. The only file that touches the colour crate.

use std::fmt::Write as _;

use colored::{Color, ColoredString, Colorize};

use super::theme::{Colour, Style};

/// Decides once for the whole program whether styles are written.
pub fn decide(colour: bool) {
    colored::control::set_override(colour);
}

/// Appends `text` in its style to `out`.
pub fn paint(style: Style, text: &str, out: &mut String) {
    if style == Style::default() {
        out.push_str(text);
        return;
    }
    let mut painted = ColoredString::from(text);
    if let Some(colour) = style.colour {
        painted = painted.color(color(colour));
    }
    for (wanted, add) in [
        (style.bold, ColoredString::bold as fn(_) -> _),
        (style.dim, ColoredString::dimmed),
        (style.underline, ColoredString::underline),
        (style.reverse, ColoredString::reversed),
    ] {
        if wanted {
            painted = add(painted);
        }
    }
    let _ = write!(out, "{painted}");
}

fn color(colour: Colour) -> Color {
    match colour {
        Colour::Red => Color::Red,
        Colour::Green => Color::Green,
        Colour::Yellow => Color::Yellow,
        Colour::Magenta => Color::Magenta,
        Colour::Cyan => Color::Cyan,
        Colour::BrightRed => Color::BrightRed,
        Colour::BrightGreen => Color::BrightGreen,
        Colour::BrightYellow => Color::BrightYellow,
        Colour::BrightBlue => Color::BrightBlue,
        Colour::BrightMagenta => Color::BrightMagenta,
        Colour::BrightCyan => Color::BrightCyan,
        Colour::BrightWhite => Color::BrightWhite,
    }
}

#[cfg(test)]
mod tests {
    use super::super::theme::{Ink, Theme};
    use super::{decide, paint};

    #[test]
    fn styles_become_sequences_of_the_sixteen_colours() {
        decide(true);
        let mut out = String::new();
        let theme = Theme::standard();
        paint(theme.style(Ink::Plain), "a", &mut out);
        paint(theme.style(Ink::Good), "ok", &mut out);
        paint(theme.style(Ink::Faint), "b", &mut out);
        assert_eq!(out, "a\u{1b}[1;32mok\u{1b}[0m\u{1b}[2mb\u{1b}[0m");
    }
}

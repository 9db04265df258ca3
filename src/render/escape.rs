//! Makes every text safe to print: what a terminal would obey, reorder or hide is shown as a visible escape.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::glyphs::Charset;

/// A space at which no line ends; it is shown as a space.
pub const NO_BREAK: char = '\u{a0}';

/// Appends `text` to `out`, with visible escapes for what must not reach a terminal, and returns how many columns it takes.
/// Escaping twice changes nothing.
pub fn push(text: &str, charset: Charset, out: &mut String) -> usize {
    let mut columns = 0;
    let mut rest = text;
    loop {
        // A byte of ASCII is a character: texts may be cut before and behind it.
        let plain = rest.bytes().position(|byte| !is_plain_byte(byte));
        let (shown, other) = rest.split_at(plain.unwrap_or(rest.len()));
        out.push_str(shown);
        columns += shown.len();
        if other.is_empty() {
            return columns;
        }
        let len = other.bytes().position(is_plain_byte);
        let (other, behind) = other.split_at(len.unwrap_or(other.len()));
        let start = out.len();
        other.chars().for_each(|c| push_other(c, charset, out));
        columns += out[start..].width();
        rest = behind;
    }
}

/// True for texts that are shown as they are, a column for each byte.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(is_plain_byte)
}

const fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Appends a character that is not plain ASCII.
fn push_other(c: char, charset: Charset, out: &mut String) {
    if c == NO_BREAK {
        out.push(' ');
    } else if hides(c) {
        push_escape(c, out);
    } else if charset == Charset::Ascii {
        match Charset::likeness(c) {
            Some(text) => out.push_str(text),
            None => push_escape(c, out),
        }
    } else {
        out.push(c);
    }
}

/// `text` with visible escapes.
#[must_use]
pub fn visible(text: &str, charset: Charset) -> String {
    let mut out = String::with_capacity(text.len());
    push(text, charset, &mut out);
    out
}

/// True for what a terminal obeys, what changes the direction of its neighbours, and what takes no room or shows nothing:
/// controls, format characters, combining marks, line separators, fillers, tags, private use and noncharacters.
fn hides(c: char) -> bool {
    match c.width() {
        None | Some(0) => true,
        Some(_) => matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{2000}'..='\u{200f}'
                | '\u{2028}'..='\u{202f}'
                | '\u{205f}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffc}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{10ffff}'
        ),
    }
}

fn push_escape(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0'..='\u{ff}' => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let byte = c as usize;
            out.push_str("\\x");
            for digit in [byte >> 4, byte & 15] {
                out.push(DIGITS.get(digit).map_or('?', |&digit| char::from(digit)));
            }
        }
        _ => out.extend(c.escape_unicode()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::{Charset, visible};

    #[test]
    fn terminal_controls_are_shown() {
        let seen = |text| visible(text, Charset::Unicode);
        assert_eq!(
            seen("\x1b[2J\x1b]0;owned\x07"),
            "\\x1b[2J\\x1b]0;owned\\x07"
        );
        assert_eq!(seen("a\r\nb\tc\0"), "a\\r\\nb\\tc\\x00");
        assert_eq!(seen("\u{9b}31m"), "\\x9b31m", "the C1 form of ESC [");
        assert_eq!(seen("\u{7f}"), "\\x7f");
    }

    #[test]
    fn what_turns_or_hides_text_is_shown() {
        let seen = |text| visible(text, Charset::Unicode);
        assert_eq!(seen("user\u{202e}txt.exe"), "user\\u{202e}txt.exe");
        assert_eq!(seen("a\u{2066}b\u{2069}"), "a\\u{2066}b\\u{2069}");
        assert_eq!(seen("pay\u{200b}pal"), "pay\\u{200b}pal");
        assert_eq!(seen("\u{feff}x\u{ad}y"), "\\u{feff}x\\xady");
        assert_eq!(seen("tag\u{e0041}"), "tag\\u{e0041}");
        assert_eq!(
            seen("e\u{301}"),
            "e\\u{301}",
            "combining marks take no column"
        );
        assert_eq!(seen("\u{2028}\u{3164}"), "\\u{2028}\\u{3164}");
    }

    #[test]
    fn words_of_people_stay() {
        let text = "Übergröße 北京 naïve — “yes” →";
        assert_eq!(visible(text, Charset::Unicode), text);
        assert_eq!(
            visible("31 µs → “ok”…", Charset::Ascii),
            "31 us -> \"ok\"..."
        );
        assert_eq!(visible("京", Charset::Ascii), "\\u{4eac}");
    }

    proptest! {
        #[test]
        fn nothing_invisible_is_left(text in "\\PC*|(?s:.)*") {
            let once = visible(&text, Charset::Unicode);
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(visible(&once, Charset::Unicode), once.clone());
            let columns: usize = once.chars().map(|c| c.to_string().width()).sum();
            prop_assert_eq!(once.width(), columns);
            let ascii = visible(&text, Charset::Ascii);
            prop_assert!(ascii.chars().all(|c| c == ' ' || c.is_ascii_graphic()));
        }
    }
}

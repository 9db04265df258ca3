//! Names beside addresses, with those who claim them, as runs of text that lines are made of.

use super::Look;
use super::escape::{NO_BREAK, visible};
use super::theme::Ink;

/// A name, and behind it in parentheses who claims it; no line ends inside of one claim.
pub(super) fn runs(name: &str, by: &str, ink: Ink, look: &Look) -> [(Ink, String); 2] {
    let claims: Vec<String> = by
        .split("; ")
        .map(|claim| claim.replace(' ', NO_BREAK.encode_utf8(&mut [0; 2])))
        .collect();
    // It is escaped here, so that nothing in it can end a line.
    [
        (ink, visible(name, look.charset)),
        (Ink::Faint, format!(" ({})", claims.join("; "))),
    ]
}

/// What a MAC address tells of its owner, in fewer words where there is no room for all.
pub(super) fn owner(words: &'static str, room: usize) -> &'static str {
    const LOCAL: [&str; 2] = ["locally administered", "local address"];
    if words.len() <= room || !words.starts_with(LOCAL[0]) {
        return words;
    }
    if LOCAL[0].len() <= room {
        LOCAL[0]
    } else {
        LOCAL[1]
    }
}

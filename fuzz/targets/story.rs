//! A story script, or a part of one, read and checked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wirewalk::story::check::check;
use wirewalk::story::parts::Part;
use wirewalk::story::script::{Mistake, Script};

/// A mistake is shown with its line: it has to lie in the text, between characters.
fn lies_in(text: &str, mistake: &Mistake) {
    assert!(text.get(mistake.at.clone()).is_some(), "{mistake:?}");
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Script::read(text) {
        Ok(script) => check(&script)
            .iter()
            .for_each(|mistake| lies_in(text, mistake)),
        Err(mistake) => lies_in(text, &mistake),
    }
    if let Err(mistake) = Part::read(text) {
        lies_in(text, &mistake);
    }
});

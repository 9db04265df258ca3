//! A file of any kind, through everything.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wirewalk::capture::Capture;
use wirewalk::render::Look;
use wirewalk::render::glyphs::Charset;
use wirewalk::render::list;
use wirewalk::render::text::{self, Telling};
use wirewalk::render::theme::Theme;
use wirewalk::session::{Options, Session};
use wirewalk::view::timeline::{Depth, Record};

const LOOK: fn() -> Look = || Look {
    width: 80,
    charset: Charset::Ascii,
    theme: Theme::standard(),
    colour: false,
};

fn session(data: &[u8]) -> Option<Session> {
    let source = Box::new(std::io::Cursor::new(data.to_vec()));
    let capture = Capture::from_reader("fuzz", source).ok()?;
    let options = Options {
        // A small file may unpack to very many.
        frames_max: Some(2_000),
        ..Options::default()
    };
    Session::new(vec![capture], options).ok()
}

fuzz_target!(|data: &[u8]| {
    let Some(mut shown) = session(data) else {
        return;
    };
    let _ = shown.frames(|frame| {
        serde_json::to_vec(&frame).unwrap();
        Ok(())
    });
    let mut conversations = Vec::new();
    let _ = session(data).unwrap().conversations(|conversation| {
        conversations.push(conversation);
        Ok(())
    });
    list::lines(&conversations, &LOOK()).for_each(drop);
    let mut ended = 0;
    let _ = session(data)
        .unwrap()
        .records_in_order(Depth::Deep, |record| {
            serde_json::to_vec(&record).unwrap();
            match record {
                Record::Journey(journey) => {
                    let _ = Telling::new(&journey, &LOOK(), &text::Options::default()).lines();
                }
                Record::Conversation(_) => ended += 1,
                _ => {}
            }
            Ok(())
        });
    assert_eq!(ended, conversations.len());
});

//! A file of any kind, read as a capture to its end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wirewalk::capture::{Block, Capture};

fuzz_target!(|data: &[u8]| {
    let Ok(mut capture) =
        Capture::from_reader("fuzz", Box::new(std::io::Cursor::new(data.to_vec())))
    else {
        return;
    };
    let mut frames = 0;
    loop {
        match capture.next() {
            Ok(Some(Block::Frame(frame))) => {
                assert_eq!(frame.file_number, frames + 1);
                frames += 1;
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            // A frame of a link type that nothing reads was counted.
            Err(_) => return,
        }
        // A small file may unpack to very many.
        if frames > 100_000 {
            break;
        }
    }
    assert_eq!(capture.info().packets, frames);
});

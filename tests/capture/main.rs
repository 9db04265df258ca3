//! Reading captures: files built byte by byte for each feature, cut and damaged everywhere.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod broken;
mod build;
mod compressed;
mod formats;
mod merged;

use std::io::Cursor;

use wirewalk::capture::{Block, Capture, Info};
use wirewalk::error::Error;
use wirewalk::model::LinkType;

/// What a test looks at in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    time: i64,
    link: LinkType,
    bytes: Vec<u8>,
    wire_len: u32,
    comments: Vec<String>,
    number: u64,
}

/// Everything that a capture hands out.
#[derive(Debug)]
struct Told {
    frames: Vec<Seen>,
    secrets: Vec<String>,
    names: Vec<String>,
    info: Info,
}

impl Told {
    fn codes(&self) -> Vec<&str> {
        self.info.notes.iter().map(|note| note.code).collect()
    }
}

fn read(bytes: impl Into<Vec<u8>>) -> Result<Told, Error> {
    read_all(Capture::from_reader(
        "test",
        Box::new(Cursor::new(bytes.into())),
    )?)
}

fn read_all(mut capture: Capture) -> Result<Told, Error> {
    let (mut frames, mut secrets, mut names) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(block) = capture.next()? {
        match block {
            Block::Frame(frame) => frames.push(Seen {
                time: frame.time.0,
                link: frame.link,
                bytes: frame.bytes.to_vec(),
                wire_len: frame.wire_len,
                comments: frame.comments.to_vec(),
                number: frame.file_number,
            }),
            Block::Secrets(text) => secrets.push(String::from_utf8_lossy(text).into_owned()),
            Block::Name { addr, name } => names.push(format!("{addr} {name}")),
        }
    }
    assert!(capture.next()?.is_none(), "the end stays the end");
    let info = capture.info().clone();
    assert_eq!(info.packets, frames.len() as u64);
    Ok(Told {
        frames,
        secrets,
        names,
        info,
    })
}

fn refusal(bytes: &[u8]) -> String {
    match read(bytes) {
        Err(error) => format!("{error}: {}", error.because()),
        Ok(told) => panic!("read as a capture: {told:?}"),
    }
}

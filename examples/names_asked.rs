//! Prints every name that was asked for in a capture, with the frame that asked: `cargo run --example names_asked FILE`.
//! Shows how fields are read: each has Wireshark's key, its value, and the bytes that hold it.

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::path::PathBuf;

use wirewalk::error::Error;
use wirewalk::samples::sample;
use wirewalk::session::{Input, Options, Session};

fn main() -> Result<(), Error> {
    let input = match std::env::args().nth(1) {
        Some(path) => Input::File(PathBuf::from(path)),
        None => Input::Sample(sample("dns-lookup")?),
    };
    Session::open(&[input], Options::default())?.frames(|frame| {
        for field in frame.layers.iter().flat_map(|layer| &layer.fields) {
            if field.key == "dns.qry.name" {
                let (from, to) = (field.offset, field.offset + field.length);
                println!(
                    "frame {}: {} (bytes {from} to {to})",
                    frame.number, field.display
                );
            }
        }
        Ok(())
    })
}

//! Prints who talked to whom, and what TLS agreed on: `cargo run --example who_talks FILE`.
//! Shows how conversations are read: in one pass, in bounded memory, in the order of their first frames.

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::net::IpAddr;
use std::path::PathBuf;

use wirewalk::error::Error;
use wirewalk::samples::sample;
use wirewalk::session::{Input, Options, Session};

fn main() -> Result<(), Error> {
    let input = match std::env::args().nth(1) {
        Some(path) => Input::File(PathBuf::from(path)),
        None => Input::Sample(sample("curl-https")?),
    };
    Session::open(&[input], Options::default())?.conversations(|talk| {
        let end = |ip: Option<IpAddr>| ip.map_or(String::new(), |ip| ip.to_string());
        print!(
            "{}: {} to {}, {} frames",
            talk.app,
            end(talk.client.ip),
            end(talk.server.ip),
            talk.frames.count
        );
        if let Some(tls) = &talk.tls {
            print!(", {:?}", tls.get("cipher_suite"));
        }
        println!(", {}", talk.outcome);
        Ok(())
    })
}

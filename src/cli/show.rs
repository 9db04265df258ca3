//! `wirewalk show`: frames in one line each, or layer by layer with every field and its bytes.

use std::ops::RangeInclusive;

use clap::Args;

use wirewalk::error::Error;
use wirewalk::render::show::{self, Rows};

use super::options::{Clocks, Face, Format, Level, Source};
use super::output::Output;
use super::{Told, notes, say};

/// Show frames: one line each, or layer by layer, every field with its bytes
#[derive(Args)]
#[command(
    long_about = "Show frames: one line each, or with --frames layer by layer from the link upwards: every field with \
        its value and its key, the word that Wireshark's display filters use, and the bytes of each buffer with the layer's \
        name in the margin. Buffers are the frame itself, and what was reassembled, decrypted or decompressed from it.",
    after_long_help = "Examples:\n  \
        wirewalk show curl-https                          one line a frame of a built-in sample\n  \
        wirewalk show curl-https --frames 1,10            two frames, field by field\n  \
        wirewalk show x.pcapng --frames 9 --mark ip.ttl   the byte that holds the TTL stands in brackets\n  \
        wirewalk show x.pcapng --frames 9 --depth deep    each field with a sentence on what it is for\n  \
        wirewalk show x.pcapng --format json | jq .       one object a line, fields with offsets"
)]
pub(crate) struct Show {
    #[command(flatten)]
    source: Source,

    /// Which frames, layer by layer: numbers and ranges such as 1,4-9, or all
    #[arg(long, value_name = "LIST", value_parser = wanted, help_heading = "What is shown")]
    frames: Option<Wanted>,

    /// brief: layers; normal: fields and bytes; deep: what each field is for
    #[arg(long, value_name = "DEPTH", value_enum, default_value_t = Level::Normal, hide_possible_values = true, help_heading = "What is shown")]
    depth: Level,

    /// Mark the bytes of a field, by its key; may be given again
    #[arg(long, value_name = "KEY", help_heading = "What is shown")]
    mark: Vec<String>,

    #[command(flatten)]
    face: Face,

    #[command(flatten)]
    clock: Clocks,
}

/// The frames that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted(Vec<RangeInclusive<u64>>);

impl Wanted {
    fn contains(&self, number: u64) -> bool {
        self.0.iter().any(|range| range.contains(&number))
    }

    fn last(&self) -> u64 {
        self.0.iter().map(|range| *range.end()).max().unwrap_or(0)
    }
}

/// Reads `1,4-9` or `all`.
fn wanted(text: &str) -> Result<Wanted, String> {
    if text == "all" {
        return Ok(Wanted(vec![1..=u64::MAX]));
    }
    let number = |text: &str| match text.trim().parse::<u64>() {
        Ok(0) => Err("frames are numbered from 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("`{text}` is no frame number; write 1,4-9 or all")),
    };
    let ranges = text.split(',').map(|part| {
        let Some((first, last)) = part.split_once('-') else {
            let number = number(part)?;
            return Ok(number..=number);
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(format!("{first}-{last} runs backwards"));
        }
        Ok(first..=last)
    });
    ranges.collect::<Result<_, _>>().map(Wanted)
}

impl Show {
    pub(crate) fn run(self) -> Result<Told, Error> {
        let mut source = self.source.clone();
        if let Some(wanted) = &self.frames {
            let last = wanted.last();
            source.count = Some(source.count.map_or(last, |count| count.min(last)));
        }
        let mut session = source.open()?;
        let mut out = Output::open(&self.face, source.paths())?;
        let look = out.look;
        let options = show::Options {
            depth: self.depth.into(),
            mark: self.mark,
        };
        let mut rows = Rows::new(&look, self.clock.time.into());
        let mut told = Told::Nothing;
        session.frames(|frame| {
            if self
                .frames
                .as_ref()
                .is_some_and(|wanted| !wanted.contains(frame.number))
            {
                return Ok(());
            }
            told = Told::Something;
            if self.face.format != Format::Text {
                return out.record(&frame);
            }
            match self.frames {
                Some(_) => show::draw(&frame, &look, &options, |lines| out.lines(lines)),
                None => out.lines(&[rows.line(&frame)]),
            }
        })?;
        out.flush()?;
        notes(&session.captures());
        if told == Told::Nothing {
            say(match self.frames {
                Some(_) => "wirewalk: the capture has no such frame",
                None => "wirewalk: the capture has no frame",
            });
        }
        Ok(told)
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};

    #[test]
    fn lists_of_frames() {
        assert_eq!(wanted("1,4-9"), Ok(Wanted(vec![1..=1, 4..=9])));
        assert!(wanted("all").unwrap().contains(u64::MAX));
        assert_eq!(wanted("3").unwrap().last(), 3);
        for wrong in ["", "0", "9-4", "1,,2", "x", "1-", "-1", "1-2-3"] {
            assert!(wanted(wrong).is_err(), "{wrong}");
        }
    }
}

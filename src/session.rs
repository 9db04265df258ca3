//! The one door and the only wiring: captures go in, frames, conversations and stories come out.

use std::path::PathBuf;

use crate::capture::{Block, Capture, Info, Merged};
use crate::decode::{Dissection, decode_frame};
use crate::error::Error;
use crate::model::PacketId;
use crate::samples::Sample;
use crate::view::captures::{CaptureView, NoteView, utc};
use crate::view::frame::FrameView;

/// Where a capture comes from.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file; `-` is standard input.
    File(PathBuf),
    /// A built-in sample.
    Sample(&'static Sample),
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// TLS key logs.
    pub keys: Vec<PathBuf>,
    /// Show secrets instead of masking them.
    pub reveal_secrets: bool,
    /// Stop after so many frames.
    pub frames_max: Option<u64>,
}

/// An opened capture, to be read once.
pub struct Session {
    captures: Merged,
    several: bool,
    options: Options,
}

impl Session {
    /// Opens captures, to be told as one in time order.
    ///
    /// # Errors
    /// When one of them, or a key log, cannot be opened or is not what it should be.
    pub fn open(inputs: &[Input], options: Options) -> Result<Self, Error> {
        let captures = inputs
            .iter()
            .map(|input| match input {
                Input::File(path) => Capture::open(path),
                Input::Sample(sample) => sample.open(),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            captures: Merged::new(captures),
            several: inputs.len() > 1,
            options,
        })
    }

    /// Calls `each` with every frame, dissected in full.
    ///
    /// # Errors
    /// When a capture cannot be read, or `each` says so.
    pub fn frames(
        &mut self,
        mut each: impl FnMut(FrameView) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut d = Dissection::default();
        let mut start = None;
        let mut number = 0;
        while let Some(block) = self.captures.next()? {
            if let Block::Frame(frame) = block {
                if self.options.frames_max.is_some_and(|max| number >= max) {
                    break;
                }
                number += 1;
                let start = *start.get_or_insert(frame.time);
                d.begin(
                    PacketId(number),
                    frame.time,
                    frame.link,
                    frame.wire_len,
                    frame.bytes.len() as u32,
                );
                decode_frame(frame.bytes, &mut d);
                let mut view = FrameView::new(frame.bytes, &d, start, self.options.reveal_secrets);
                view.comments = frame.comments.to_vec();
                if self.several {
                    view.file = Some(frame.file);
                    view.file_number = Some(frame.file_number);
                }
                each(view)?;
            }
        }
        Ok(())
    }

    /// What is known about the captures so far.
    #[must_use]
    pub fn captures(&self) -> Vec<CaptureView> {
        self.captures.infos().map(capture_view).collect()
    }
}

fn capture_view(info: &Info) -> CaptureView {
    CaptureView {
        name: info.name.clone(),
        format: info.format.name(),
        link_types: info
            .link_types
            .iter()
            .map(|link| {
                link.name()
                    .map_or_else(|| link.0.to_string(), str::to_owned)
            })
            .collect(),
        packets: info.packets,
        bytes: info.bytes,
        first: info.first.map(utc),
        duration_ns: info.duration_ns(),
        notes: info
            .notes
            .iter()
            .map(|note| NoteView {
                code: note.code,
                text: note.text.clone(),
                frame: note.frame,
            })
            .collect(),
        comments: info.comments.clone(),
    }
}

//! The one door and the only wiring: a capture goes in, frames, conversations and stories come out.

use std::path::PathBuf;

use crate::capture::{Block, Merged};
use crate::decode::{Dissection, decode_frame};
use crate::error::Error;
use crate::model::PacketId;
use crate::view::frame::FrameView;

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// TLS key logs.
    pub keys: Vec<PathBuf>,
    /// Show secrets instead of masking them.
    pub reveal_secrets: bool,
}

/// Calls `each` with every frame, dissected in full.
///
/// # Errors
/// When a capture cannot be read, or `each` says so.
pub fn frames(
    mut captures: Merged,
    options: &Options,
    mut each: impl FnMut(FrameView) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut d = Dissection::default();
    let mut start = None;
    let mut number = 0;
    while let Some(block) = captures.next()? {
        if let Block::Frame(frame) = block {
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
            let mut view = FrameView::new(frame.bytes, &d, start, options.reveal_secrets);
            view.comments = frame.comments.to_vec();
            each(view)?;
        }
    }
    Ok(())
}

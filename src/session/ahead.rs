//! Captures are read, and their frames skimmed, on a thread of their own, a few portions ahead of whoever takes them.

use std::panic::resume_unwind;
use std::thread;

use crossbeam_channel::{TryRecvError, bounded};

use crate::capture::{Batch, Block, Merged};
use crate::decode::skim::{Skim, skim};
use crate::error::Error;

/// How many portions are on their way.
const PORTIONS: usize = 3;

/// Frames in a row, with what was found by skimming them.
#[derive(Default)]
pub(super) struct Portion {
    batch: Batch,
    skims: Vec<Option<Skim>>,
}

impl Portion {
    /// What it holds, and what was found in frames.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (Block<'_>, Option<&Skim>)> {
        let skims = self.skims.iter().map(Option::as_ref);
        self.batch.blocks().zip(skims)
    }

    fn skim(&mut self) {
        let skims = self.batch.blocks().map(|block| match block {
            Block::Frame(frame) => skim(frame.link, frame.bytes, frame.wire_len),
            _ => None,
        });
        self.skims.clear();
        self.skims.extend(skims);
    }
}

/// Reads captures up to so many frames; `each` gets their portions, and `None` when the next one may be long in coming.
///
/// # Errors
/// When a capture cannot be read, or `each` says so.
pub(super) fn read_ahead(
    captures: &mut Merged,
    frames_max: u64,
    mut each: impl FnMut(Option<&Portion>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (to_full, full) = bounded(PORTIONS);
    let (to_empty, empty) = bounded(PORTIONS);
    for _ in 0..PORTIONS {
        to_empty.try_send(Portion::default()).ok();
    }
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut left = frames_max;
            for mut portion in empty {
                let (frames, goes_on) = captures.batch(&mut portion.batch, left)?;
                left -= frames;
                portion.skim();
                // Nobody listens any more after a failure, which is told elsewhere.
                if to_full.send(portion).is_err() || !goes_on {
                    break;
                }
            }
            Ok(())
        });
        let used = loop {
            let portion = match full.try_recv() {
                Ok(portion) => portion,
                Err(TryRecvError::Empty) => {
                    if let Err(error) = each(None) {
                        break Err(error);
                    }
                    let Ok(portion) = full.recv() else {
                        break Ok(());
                    };
                    portion
                }
                Err(TryRecvError::Disconnected) => break Ok(()),
            };
            if let Err(error) = each(Some(&portion)) {
                break Err(error);
            }
            // At the end nobody needs it.
            to_empty.try_send(portion).ok();
        };
        drop((full, to_empty));
        let read = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
        used.and(read)
    })
}

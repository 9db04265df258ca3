//! Several captures as one, in time order; equal and backward times keep the order of the files.

use std::path::Path;

use crate::error::Error;
use crate::model::Timestamp;

use super::source::{Found, Next};
use super::{Batch, Block, Capture, Info};

/// Captures that are read side by side. The frame that is earliest among those next in each file comes first.
#[derive(Debug)]
pub struct Merged {
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    capture: Capture,
    head: Head,
}

/// What comes next in a file.
enum Head {
    Unread,
    Frame(Timestamp, Found),
    Ended,
}

impl Merged {
    /// Merges captures; their place in `captures` is the number that their frames carry.
    #[must_use]
    pub fn new(captures: Vec<Capture>) -> Self {
        let sources = captures
            .into_iter()
            .zip(0_u32..)
            .map(|(mut capture, file)| {
                capture.set_file(file);
                Source {
                    capture,
                    head: Head::Unread,
                }
            });
        Self {
            sources: sources.collect(),
        }
    }

    /// Opens the files at `paths` in this order; `-` is standard input.
    ///
    /// # Errors
    /// One of them cannot be opened or read, or is no capture.
    pub fn open<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let captures = paths
            .into_iter()
            .map(Capture::open)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(captures))
    }

    /// The next frame of all; secrets and names come as soon as they are the next of their file.
    ///
    /// # Errors
    /// As for [`Capture::next`], for any of them.
    #[expect(
        clippy::should_implement_trait,
        reason = "lends bytes of the buffer, which an iterator cannot"
    )]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Block<'_>>, Error> {
        if self.sources.len() > 1 {
            return self.next_of_several();
        }
        match self.sources.first_mut() {
            Some(only) => only.capture.next(),
            None => Ok(None),
        }
    }

    /// Fills a batch with what is in hand, or else with what comes next, up to so many frames. Returns how many frames there
    /// are in it, and whether more may come.
    ///
    /// # Errors
    /// As for [`Self::next`].
    pub fn batch(&mut self, batch: &mut Batch, frames_max: u64) -> Result<(u64, bool), Error> {
        if let [only] = self.sources.as_mut_slice() {
            return only.capture.batch(batch, frames_max);
        }
        batch.clear();
        batch.bytes.clear();
        let mut frames = 0;
        while frames < frames_max {
            let full = batch.is_full() || !batch.is_empty() && self.is_drained();
            if full {
                return Ok((frames, true));
            }
            let Some(block) = self.next_of_several()? else {
                break;
            };
            frames += u64::from(matches!(block, Block::Frame(_)));
            batch.add_copy(&block);
        }
        Ok((frames, false))
    }

    /// True when nothing is in hand: the next frame has to be read, and may be long in coming.
    fn is_drained(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source.head, Head::Unread) && source.capture.is_drained())
    }

    /// What is known about each of them so far. Each is read one frame ahead.
    pub fn infos(&self) -> impl Iterator<Item = &Info> {
        self.sources.iter().map(|source| source.capture.info())
    }

    fn next_of_several(&mut self) -> Result<Option<Block<'_>>, Error> {
        let mut earliest: Option<(Timestamp, usize)> = None;
        let mut other = None;
        for (at, source) in self.sources.iter_mut().enumerate() {
            if let Head::Unread = source.head {
                source.head = match source.capture.advance()? {
                    Next::Found(Found::Frame(record, number)) => {
                        Head::Frame(record.time, Found::Frame(record, number))
                    }
                    Next::Found(found) => {
                        other = Some((at, found));
                        break;
                    }
                    Next::Later | Next::End => Head::Ended,
                };
            }
            if let Head::Frame(time, _) = source.head
                && earliest.is_none_or(|(before, _)| time < before)
            {
                earliest = Some((time, at));
            }
        }
        if let Some((at, found)) = other {
            return Ok(self
                .sources
                .get(at)
                .map(|source| source.capture.block(&found)));
        }
        let Some(source) = earliest.and_then(|(_, at)| self.sources.get_mut(at)) else {
            return Ok(None);
        };
        let Head::Frame(_, found) = std::mem::replace(&mut source.head, Head::Unread) else {
            return Ok(None);
        };
        Ok(Some(source.capture.block(&found)))
    }
}

impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unread => "unread",
            Self::Frame(..) => "frame",
            Self::Ended => "ended",
        })
    }
}

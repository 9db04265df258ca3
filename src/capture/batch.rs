//! What a capture holds, in portions that own their bytes: they can go to another thread while the next one is read.

use super::Block;
use super::source::Found;

/// How many bytes of several captures go together.
const COPIED: usize = 256 * 1024;

/// Frames, secrets and names in their order. One that was gone through can be filled again.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) bytes: Vec<u8>,
    found: Vec<(Found, u32)>,
    /// Comments on what stands at these places; hardly any frame has one.
    comments: Vec<(usize, Vec<String>)>,
}

impl Batch {
    /// What it holds.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let mut remarks = self.comments.as_slice();
        let found = self.found.iter().enumerate();
        found.map(move |(place, (found, file))| {
            let comments = match remarks {
                [(at, comments), rest @ ..] if *at == place => {
                    remarks = rest;
                    comments.as_slice()
                }
                _ => &[],
            };
            found.block(&self.bytes, comments, *file)
        })
    }

    /// Forgets what it holds, but for the bytes.
    pub(super) fn clear(&mut self) {
        self.found.clear();
        self.comments.clear();
    }

    /// True when nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// True when it holds as many bytes as should wait for each other.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= COPIED
    }

    /// Adds something that was found in its bytes.
    #[inline]
    pub(super) fn add(&mut self, found: Found, comments: &[String], file: u32) {
        if !comments.is_empty() {
            self.comments.push((self.found.len(), comments.to_vec()));
        }
        self.found.push((found, file));
    }

    /// Adds a copy of something that stands elsewhere.
    pub(super) fn add_copy(&mut self, block: &Block<'_>) {
        let start = self.bytes.len();
        let (bytes, comments, file) = match block {
            Block::Frame(frame) => (frame.bytes, frame.comments, frame.file),
            Block::Secrets(text) => (*text, &[][..], 0),
            Block::Name { name, .. } => (name.as_bytes(), &[][..], 0),
        };
        self.bytes.extend_from_slice(bytes);
        let found = Found::of(block, start..self.bytes.len());
        self.add(found, comments, file);
    }
}

//! Records that have to wait for their turn in an answer, packed meanwhile: of a flood there are millions, all alike.

use std::io::{self, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::Serialize;

/// Records as JSON, with commas between them.
pub(super) struct Packed {
    packer: DeflateEncoder<Vec<u8>>,
    begun: bool,
    record: Vec<u8>,
}

impl Packed {
    pub(super) fn new() -> Self {
        Self {
            packer: DeflateEncoder::new(Vec::new(), Compression::fast()),
            begun: false,
            record: Vec::new(),
        }
    }

    /// Adds a record.
    pub(super) fn add(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.record.clear();
        if self.begun {
            self.record.push(b',');
        }
        self.begun = true;
        serde_json::to_writer(&mut self.record, record)?;
        self.packer.write_all(&self.record)
    }

    /// Writes all of them.
    pub(super) fn unpack(self, out: &mut impl Write) -> io::Result<()> {
        let packed = self.packer.finish()?;
        io::copy(&mut DeflateDecoder::new(packed.as_slice()), out)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Packed;

    #[test]
    fn records_come_out_as_they_went_in() {
        let mut packed = Packed::new();
        let numbers: Vec<u32> = (0..100_000).collect();
        for number in &numbers {
            packed.add(number).unwrap();
        }
        let mut out = b"[".to_vec();
        packed.unpack(&mut out).unwrap();
        out.push(b']');
        assert_eq!(serde_json::from_slice::<Vec<u32>>(&out).unwrap(), numbers);
        let mut none = Vec::new();
        Packed::new().unpack(&mut none).unwrap();
        assert!(none.is_empty());
    }
}

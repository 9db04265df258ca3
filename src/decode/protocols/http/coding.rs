//! Content codings: compressed bodies and what they were before (RFC 9110 section 8.4.1; gzip RFC 1952, deflate RFC 1950, Brotli
//! RFC 7932, Zstandard RFC 8878).

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Most bytes that a body is decompressed to.
pub(super) const DECOMPRESSED_MAX: usize = 1024 * 1024;

/// The largest window of a Zstandard body (RFC 9659 section 3).
const ZSTD_WINDOW_MAX: u64 = 8 * 1024 * 1024;

/// Clear bytes, and whether the body ended as it should.
type Clear = (Vec<u8>, bool);

/// What became of a coded body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Undone {
    /// Clear bytes, and whether the body ended as it should.
    Clear(Vec<u8>, bool),
    /// The bytes are not of their coding.
    Wrong,
    /// Nobody knows the coding here.
    Unknown,
}

/// Undoes the codings of a header line, the last one first.
pub(super) fn undo(codings: &[u8], bytes: &[u8]) -> Undone {
    let mut clear: Option<Clear> = None;
    for coding in codings.rsplit(|&b| b == b',').map(<[u8]>::trim_ascii) {
        let (bytes, whole) = clear
            .as_ref()
            .map_or((bytes, true), |(c, w)| (c.as_slice(), *w));
        let undone = match coding.to_ascii_lowercase().as_slice() {
            b"" | b"identity" => continue,
            b"gzip" | b"x-gzip" => gzip(bytes),
            b"deflate" => Some(match inflate(bytes, true) {
                // Some servers send the bare stream that "deflate" seems to promise.
                (clear, _) if clear.is_empty() => inflate(bytes, false),
                whole => whole,
            }),
            b"br" => Some(brotli(bytes)),
            b"zstd" => zstd(bytes),
            _ => return Undone::Unknown,
        };
        match undone {
            Some((inner, all)) => clear = Some((inner, all && whole)),
            None => return Undone::Wrong,
        }
    }
    clear.map_or(Undone::Unknown, |(clear, whole)| {
        Undone::Clear(clear, whole)
    })
}

fn gzip(bytes: &[u8]) -> Option<Clear> {
    let body = bytes.get(gzip_header(bytes)?..)?;
    Some(inflate(body, false))
}

/// Unpacks as far as the body and the bound allow.
fn brotli(bytes: &[u8]) -> Clear {
    let memory = StandardAlloc::default;
    let mut state = BrotliState::new(memory(), memory(), memory());
    let (mut waiting, mut read) = (bytes.len(), 0);
    let mut clear = Vec::new();
    let mut part = [0; 4096];
    loop {
        let (mut room, mut written, mut total) = (part.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut waiting,
            &mut read,
            bytes,
            &mut room,
            &mut written,
            &mut part,
            &mut total,
            &mut state,
        );
        clear.extend_from_slice(part.get(..written).unwrap_or_default());
        match result {
            BrotliResult::ResultSuccess => return (clear, true),
            BrotliResult::NeedsMoreOutput if clear.len() < DECOMPRESSED_MAX => {}
            _ => return (clear, false),
        }
    }
}

/// Unpacks as far as the body and the bound allow.
fn zstd(mut bytes: &[u8]) -> Option<Clear> {
    const STEP: BlockDecodingStrategy = BlockDecodingStrategy::UptoBytes(64 * 1024);
    /// An empty last block and room for a checksum: what was unpacked before a body broke off is handed out.
    const CLOSE: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];
    zstd_window(bytes).filter(|&window| window <= ZSTD_WINDOW_MAX)?;
    let mut frame = FrameDecoder::new();
    frame.init(&mut bytes).ok()?;
    let mut clear = Vec::new();
    loop {
        let step = frame.decode_blocks(&mut bytes, STEP);
        if step.is_err() {
            // What is wrong was seen; this only gives back what came before it.
            let _ = frame.decode_blocks(&mut &CLOSE[..], BlockDecodingStrategy::All);
        }
        clear.extend(frame.collect().unwrap_or_default());
        match step {
            Ok(true) => return Some((clear, true)),
            Ok(false) if clear.len() < DECOMPRESSED_MAX => {}
            _ => return Some((clear, false)),
        }
    }
}

/// The window that the header of a Zstandard frame asks for (RFC 8878 section 3.1.1.1); `None` when it is none.
fn zstd_window(bytes: &[u8]) -> Option<u64> {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor, rest @ ..] = bytes else {
        return None;
    };
    // Without a window the whole content is one segment, whose size stands behind the number of the dictionary.
    if descriptor & 0x20 == 0 {
        let byte = u64::from(*rest.first()?);
        let base = 1_u64 << (byte >> 3).saturating_add(10);
        return Some(base.saturating_add((base >> 3).saturating_mul(byte & 7)));
    }
    let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3))?;
    let len = 1_usize << (descriptor >> 6);
    let size = rest.get(*dictionary..)?.get(..len)?;
    let size = size.iter().rev().fold(0_u64, |n, &b| n << 8 | u64::from(b));
    // Sizes of two bytes count from 256.
    Some(if len == 2 {
        size.saturating_add(256)
    } else {
        size
    })
}

/// The length of a gzip header (RFC 1952 section 2.3); `None` when it is none.
fn gzip_header(bytes: &[u8]) -> Option<usize> {
    let [0x1f, 0x8b, 8, flags, ..] = *bytes else {
        return None;
    };
    let mut at = 10_usize;
    if flags & 4 != 0 {
        let [low, high, ..] = *bytes.get(at..)? else {
            return None;
        };
        let extra = usize::from(u16::from_le_bytes([low, high]));
        at = at.saturating_add(2).saturating_add(extra);
    }
    for text in [8, 16] {
        if flags & text != 0 {
            let end = memchr::memchr(0, bytes.get(at..)?)?;
            at = at.saturating_add(end).saturating_add(1);
        }
    }
    if flags & 2 != 0 {
        at = at.saturating_add(2);
    }
    Some(at)
}

/// Inflates as far as the stream and the bound allow; true when the stream ended as it should.
fn inflate(bytes: &[u8], zlib: bool) -> (Vec<u8>, bool) {
    let mut inflater = Decompress::new(zlib);
    let mut clear = Vec::with_capacity(bytes.len().saturating_mul(4).clamp(1024, DECOMPRESSED_MAX));
    loop {
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        let before = (read, clear.len());
        let rest = bytes.get(read..).unwrap_or_default();
        let status = inflater.decompress_vec(rest, &mut clear, FlushDecompress::None);
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        match status {
            Ok(Status::StreamEnd) => return (clear, true),
            Ok(_) if clear.len() >= DECOMPRESSED_MAX => return (clear, false),
            Ok(_) if clear.len() == clear.capacity() => {
                let more = DECOMPRESSED_MAX.saturating_sub(clear.len());
                clear.reserve_exact(more.min(clear.len().max(1024)));
            }
            Ok(_) if (read, clear.len()) != before => {}
            _ => return (clear, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'hello hello hello' | gzip -n`, and the same through Python's `zlib.compress`.
    const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcbH\xcd\xc9\xc9W\xc8@\x90\x00\x80\x88\xf9\xe5\x11\x00\x00\x00";
    const ZLIB: &[u8] = b"x\x9c\xcbH\xcd\xc9\xc9W\xc8@\x90\x00:.\x06}";

    #[test]
    fn content_codings() {
        let header = gzip_header(GZIP).unwrap();
        let text = b"hello hello hello".to_vec();
        assert_eq!(inflate(&GZIP[header..], false), (text.clone(), true));
        assert_eq!(inflate(ZLIB, true), (text, true));
        let cut = inflate(&ZLIB[..ZLIB.len() - 8], true);
        assert!(!cut.1 && b"hello hello hello".starts_with(&cut.0));
        assert_eq!(gzip_header(b"\x1f\x8b\x08\x08"), None);
        assert_eq!(gzip_header(b"\x1f\x8b\x08\x08\0\0\0\0\0\0name\0"), Some(15));
    }

    /// What the programs `brotli` and `zstd` make of short texts.
    const BROTLI: &[u8] = b"\x0b\x02\x80hello\x03";
    const ZSTD: &[u8] =
        b"\x28\xb5\x2f\xfd\x04\x58\x65\x00\x00\x30hello \x01\x00\x31\x4a\x11\xa2\xed\x1e\x0c";

    #[test]
    fn several_codings_are_undone_in_turn() {
        let whole = |text: &str| Undone::Clear(text.as_bytes().to_vec(), true);
        assert_eq!(undo(b"br", BROTLI), whole("hello"));
        assert_eq!(undo(b"zstd", ZSTD), whole("hello hello hello"));
        assert_eq!(undo(b"identity, GZIP", GZIP), whole("hello hello hello"));
        let mut twice = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        // One stored block that ends the stream.
        let len = BROTLI.len() as u8;
        twice.extend([1, len, 0, !len, 0xff]);
        twice.extend(BROTLI);
        assert_eq!(undo(b"br, gzip", &twice), whole("hello"));
        assert_eq!(undo(b"compress", GZIP), Undone::Unknown);
        assert_eq!(undo(b"zstd", GZIP), Undone::Wrong);
        for body in [BROTLI, ZSTD] {
            for len in 0..body.len() {
                let coding: &[u8] = if body == ZSTD { b"zstd" } else { b"br" };
                assert_ne!(undo(coding, &body[..len]), whole("hello hello hello"));
            }
        }
    }

    #[test]
    fn a_window_that_is_too_large_is_not_opened() {
        assert_eq!(zstd_window(ZSTD), Some(2 * 1024 * 1024));
        assert_eq!(zstd_window(b"\x28\xb5\x2f\xfd\x20\x11"), Some(17));
        assert_eq!(
            undo(b"zstd", b"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00"),
            Undone::Wrong
        );
    }

    #[test]
    fn a_bomb_is_stopped() {
        let mut bomb = flate2::Compress::new(flate2::Compression::best(), false);
        let mut packed = Vec::with_capacity(64 * 1024);
        let zeros = vec![0; 8 * 1024 * 1024];
        let flush = flate2::FlushCompress::Finish;
        bomb.compress_vec(&zeros, &mut packed, flush).unwrap();
        let (clear, whole) = inflate(&packed, false);
        assert!(!whole);
        assert!(clear.len() >= DECOMPRESSED_MAX && clear.len() < 2 * DECOMPRESSED_MAX);
    }
}

//! Bodies: chunks put together, content codings undone (RFC 9112 section 7.1, RFC 9110 section 8.4, RFC 1950 to 1952).

use flate2::{Decompress, FlushDecompress, Status};

use crate::decode::{BufferKind, Cursor, Fault, FaultKind, Limit, Value};
use crate::model::{Piece, Span};

use super::framing::{Framing, chunk_size};
use super::head::Head;
use super::{
    CHUNK_BOUNDARY, CHUNK_DATA, CHUNK_SIZE, CONTENT_ENCODING, ENCODED, FILE_DATA, TRAILER,
};

/// Most bytes that a body is decompressed to.
const DECOMPRESSED_MAX: usize = 1024 * 1024;

/// Bytes of a message that are put together; a longer body ends in the middle here although it goes on.
const WHOLE_MAX: usize = 1024 * 1024;

/// Reads the body behind a head, as far as it is part of this message.
pub(super) fn read(c: &mut Cursor<'_, '_>, head: &Head<'_>, framing: Framing) -> Result<(), Fault> {
    if c.is_empty() {
        return Ok(());
    }
    let coding = head.value("content-encoding").unwrap_or_default();
    let long = c.layer_bytes().len() >= WHOLE_MAX;
    let result = match framing {
        Framing::Chunked => chunked(c, coding),
        Framing::Length(length) => plain(c, coding, usize::try_from(length).unwrap_or(usize::MAX)),
        _ => plain(c, coding, c.left()),
    };
    match result {
        Err(fault) if long && fault.code() == "truncated" => {
            Err(c.bad(FaultKind::Limit("only the first MiB of the body is shown")))
        }
        result => result,
    }
}

/// A body as it is, so many bytes long.
fn plain(c: &mut Cursor<'_, '_>, coding: &[u8], wanted: usize) -> Result<(), Fault> {
    let short = (wanted > c.left()).then(|| {
        c.bad(FaultKind::Truncated {
            needed: u32::try_from(wanted).unwrap_or(u32::MAX),
            have: c.left() as u32,
            limit: Limit::Length("http.content_length"),
        })
    });
    let span = c.ahead(wanted);
    let bytes = c.take(wanted.min(c.left()))?;
    if is_coded(coding) {
        c.put(&ENCODED, span, Value::Bytes);
        let mut pieces = Vec::new();
        c.trace(span, 0, &mut pieces);
        decoded(c, coding, bytes, pieces)?;
    } else {
        put(c, bytes, span);
    }
    short.map_or(Ok(()), Err)
}

/// Chunks, the trailer, and what the chunks make together.
fn chunked(c: &mut Cursor<'_, '_>, coding: &[u8]) -> Result<(), Fault> {
    let (mut body, mut pieces) = (Vec::new(), Vec::new());
    let result = chunks(c, &mut body, &mut pieces);
    if is_coded(coding) {
        decoded(c, coding, &body, pieces)?;
    } else if !body.is_empty() {
        shown(c, &body, &pieces)?;
    }
    result
}

fn chunks(
    c: &mut Cursor<'_, '_>,
    body: &mut Vec<u8>,
    pieces: &mut Vec<Piece>,
) -> Result<(), Fault> {
    loop {
        let len = line_length(c)?;
        let span = c.ahead(len);
        let Some(size) = chunk_size(c.peek().get(..len).unwrap_or_default().trim_ascii_end())
        else {
            return Err(c.bad_value(&CHUNK_SIZE, "a hexadecimal number"));
        };
        c.skip(len);
        c.put(&CHUNK_SIZE, span, Value::Num(size));
        if size == 0 {
            return trailer(c);
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        c.nest(|c| {
            let span = c.ahead(size);
            c.trace(span, body.len() as u32, pieces);
            body.extend_from_slice(c.peek().get(..size).unwrap_or(c.peek()));
            c.bytes(&CHUNK_DATA, size)?;
            let end = line_length(c)?;
            c.bytes(&CHUNK_BOUNDARY, end).map(drop)
        })?;
    }
}

/// Header lines behind the last chunk, up to the empty line.
fn trailer(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    loop {
        let len = line_length(c)?;
        let span = c.ahead(len);
        let line = c.take(len)?.trim_ascii_end();
        if line.is_empty() {
            return Ok(());
        }
        c.put_text(&TRAILER, span, &String::from_utf8_lossy(line));
    }
}

/// The length of the next line with its end.
fn line_length(c: &Cursor<'_, '_>) -> Result<usize, Fault> {
    match memchr::memchr(b'\n', c.peek()) {
        Some(end) => Ok(end.saturating_add(1)),
        None => Err(c.bad(FaultKind::Truncated {
            needed: (c.left() as u32).saturating_add(1),
            have: c.left() as u32,
            limit: Limit::Buffer,
        })),
    }
}

fn is_coded(coding: &[u8]) -> bool {
    !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
}

/// Undoes the coding, where it is one that can be undone.
fn decoded(
    c: &mut Cursor<'_, '_>,
    coding: &[u8],
    bytes: &[u8],
    mut pieces: Vec<Piece>,
) -> Result<(), Fault> {
    let clear = match coding.to_ascii_lowercase().as_slice() {
        b"gzip" | b"x-gzip" => gzip_header(bytes)
            .and_then(|header| bytes.get(header..))
            .map(|bytes| inflate(bytes, false)),
        b"deflate" => Some(match inflate(bytes, true) {
            // Some servers send the bare stream that "deflate" seems to promise.
            (clear, _) if clear.is_empty() => inflate(bytes, false),
            whole => whole,
        }),
        _ => return Ok(()),
    };
    let Some((clear, whole)) = clear.filter(|(clear, whole)| *whole || !clear.is_empty()) else {
        return Err(c.bad_value(&CONTENT_ENCODING, "the coding that the body has"));
    };
    // Compressed bytes have no place of their own in what they become: the pieces only say which frames carried them.
    pieces.retain(|piece| (piece.at as usize) < clear.len());
    for piece in &mut pieces {
        piece.len = piece.len.min((clear.len() as u32).saturating_sub(piece.at));
    }
    shown(c, &clear, &pieces)?;
    if whole {
        return Ok(());
    }
    if clear.len() >= DECOMPRESSED_MAX {
        return Err(c.bad(FaultKind::Limit("the body decompresses to more than 1 MiB")));
    }
    Err(c.bad_value(&CONTENT_ENCODING, "the coding of the whole body"))
}

/// Records a body that lies in a buffer of its own.
fn shown(c: &mut Cursor<'_, '_>, body: &[u8], pieces: &[Piece]) -> Result<(), Fault> {
    let Some(span) = c.assemble(BufferKind::Decompressed, body, pieces) else {
        return Err(c.bad(FaultKind::Limit("too many buffers in one frame")));
    };
    c.elsewhere(span, |c| {
        put(c, c.peek(), c.rest_span());
        Ok(())
    })
}

/// Records a body as text, or as bytes where it is none.
fn put(c: &mut Cursor<'_, '_>, body: &[u8], span: Span) {
    let control = |&b: &u8| b < b' ' && !matches!(b, b'\t' | b'\r' | b'\n');
    if body.iter().any(control) {
        c.put(&FILE_DATA, span, Value::Bytes);
    } else {
        c.put_text(&FILE_DATA, span, &String::from_utf8_lossy(body));
    }
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

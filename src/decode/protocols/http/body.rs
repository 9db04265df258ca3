//! Bodies: chunks put together, content codings undone (RFC 9112 section 7.1, RFC 9110 section 8.4).

use crate::decode::{BufferKind, Cursor, Fault, FaultKind, Limit, Value};
use crate::model::{Piece, Span};

use super::coding::{self, DECOMPRESSED_MAX, Undone};
use super::framing::{Framing, chunk_size};
use super::head::Head;
use super::{
    CHUNK_BOUNDARY, CHUNK_DATA, CHUNK_SIZE, CONTENT_ENCODING, ENCODED, FILE_DATA, TRAILER,
};

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
    let (clear, whole) = match coding::undo(coding, bytes) {
        Undone::Clear(clear, whole) if whole || !clear.is_empty() => (clear, whole),
        Undone::Unknown => return Ok(()),
        _ => return Err(c.bad_value(&CONTENT_ENCODING, "the coding that the body has")),
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

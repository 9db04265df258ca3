//! A bit field drawn in its bytes: `.... ..1.`.

use crate::view::frame::{BufferView, FieldView};

/// The most bytes that are drawn.
const BYTES_MAX: u32 = 2;

/// The bytes that hold a field's bits, with dots for the bits of others. Nothing where they are masked, absent or many.
pub(super) fn drawing(field: &FieldView, buffers: &[BufferView]) -> Option<String> {
    let (first, count) = field.bits?;
    let (first, count) = (u32::from(first), u32::from(count));
    let buffer = buffers.iter().find(|buffer| buffer.id == field.buffer)?;
    let from = first / 8;
    let to = (first + count.max(1) - 1) / 8 + 1;
    if to - from > BYTES_MAX {
        return None;
    }
    let mut out = String::new();
    for byte in from..to {
        let at = field.offset.checked_add(byte)?;
        if masked(buffer, at) {
            return None;
        }
        let value = byte_at(buffer, at)?;
        for bit in 0..8 {
            let number = byte * 8 + bit;
            let mine = (first..first + count).contains(&number);
            if bit % 4 == 0 && !out.is_empty() {
                out.push(' ');
            }
            out.push(match (mine, value >> (7 - bit) & 1) {
                (false, _) => '.',
                (true, 0) => '0',
                (true, _) => '1',
            });
        }
    }
    Some(out)
}

/// A byte of a buffer.
pub(super) fn byte_at(buffer: &BufferView, at: u32) -> Option<u8> {
    let at = usize::try_from(at).ok()?.checked_mul(2)?;
    u8::from_str_radix(buffer.hex.get(at..at + 2)?, 16).ok()
}

/// True when a byte is a secret that is not shown.
pub(super) fn masked(buffer: &BufferView, at: u32) -> bool {
    let before = buffer.masked.partition_point(|(from, _)| *from <= at);
    let run = before.checked_sub(1).and_then(|at| buffer.masked.get(at));
    run.is_some_and(|(from, len)| at < from.saturating_add(*len))
}

//! The cursor's fields: each read takes bytes, records the field with its span, and moves on.
//!
//! A read past the end is a [`Fault`], here and everywhere.

use crate::model::Span;

use super::{Cursor, FIELDS_MAX};
use crate::decode::{Fault, FieldDef, Value, lossy};

impl<'b> Cursor<'b, '_> {
    /// Records a field with any value and span (computed values have length 0).
    pub fn put(&mut self, def: &'static FieldDef, span: Span, value: Value) {
        if !self.d.mute && self.d.fields.len() < FIELDS_MAX {
            self.d.push(def, span, value, self.depth);
        }
    }

    /// Records a field with a text value.
    pub fn put_text(&mut self, def: &'static FieldDef, span: Span, text: &str) {
        let value = self.d.keep(text);
        self.put(def, span, value);
    }

    /// Records a value that is not on the wire.
    pub fn computed(&mut self, def: &'static FieldDef, value: Value) {
        self.put(def, self.ahead(0), value);
    }

    /// Records a text that is not on the wire.
    pub fn computed_text(&mut self, def: &'static FieldDef, text: &str) {
        self.put_text(def, self.ahead(0), text);
    }

    /// A big-endian unsigned number of 1 to 8 bytes.
    ///
    /// # Errors
    /// A [`Fault`] past the end; so for all reads below.
    pub fn number(&mut self, def: &'static FieldDef, len: usize) -> Result<u64, Fault> {
        let at = self.at;
        let number = self
            .take(len)?
            .iter()
            .fold(0, |n, &b| n << 8 | u64::from(b));
        let span = Span::bytes(self.buf, at as u32, len as u32);
        self.put(def, span, Value::Num(number));
        Ok(number)
    }

    /// As [`Self::number`]: a length that is known when the program is built costs much less.
    fn fixed<const N: usize>(&mut self, def: &'static FieldDef) -> Result<[u8; N], Fault> {
        let at = self.at;
        let Some(bytes) = self.peek().first_chunk::<N>() else {
            return Err(self.short(N));
        };
        self.at += N;
        let number = bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b));
        let span = Span::bytes(self.buf, at as u32, N as u32);
        self.put(def, span, Value::Num(number));
        Ok(*bytes)
    }

    /// One byte.
    pub fn u8(&mut self, def: &'static FieldDef) -> Result<u8, Fault> {
        self.fixed(def).map(u8::from_be_bytes)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self, def: &'static FieldDef) -> Result<u16, Fault> {
        self.fixed(def).map(u16::from_be_bytes)
    }

    /// Three bytes, big-endian.
    pub fn u24(&mut self, def: &'static FieldDef) -> Result<u32, Fault> {
        self.number(def, 3).map(|n| n as u32)
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self, def: &'static FieldDef) -> Result<u32, Fault> {
        self.fixed(def).map(u32::from_be_bytes)
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self, def: &'static FieldDef) -> Result<u64, Fault> {
        self.fixed(def).map(u64::from_be_bytes)
    }

    /// One byte that is a flag: true when not 0.
    pub fn bool(&mut self, def: &'static FieldDef) -> Result<bool, Fault> {
        let span = self.ahead(1);
        let set = self.take(1)?.iter().any(|&b| b != 0);
        self.put(def, span, Value::Bool(set));
        Ok(set)
    }

    /// `count` bits from bit `first` of the next `len` bytes (bit 0 the highest of the first byte), as a number. The cursor stays.
    pub fn bits(
        &mut self,
        def: &'static FieldDef,
        len: usize,
        first: u8,
        count: u8,
    ) -> Result<u64, Fault> {
        let (span, number) = self.cut(len, first, count)?;
        self.put(def, span, Value::Num(number));
        Ok(number)
    }

    /// One bit of the next `len` bytes, as a flag. The cursor stays.
    pub fn flag(&mut self, def: &'static FieldDef, len: usize, bit: u8) -> Result<bool, Fault> {
        let (span, number) = self.cut(len, bit, 1)?;
        self.put(def, span, Value::Bool(number != 0));
        Ok(number != 0)
    }

    fn cut(&mut self, len: usize, first: u8, count: u8) -> Result<(Span, u64), Fault> {
        let at = self.at;
        let whole = self
            .take(len)?
            .iter()
            .fold(0, |n, &b| n << 8 | u64::from(b));
        self.at = at;
        let shift = (len as u32 * 8).saturating_sub(u32::from(first) + u32::from(count));
        let mask = if count >= 64 {
            u64::MAX
        } else {
            (1 << count) - 1
        };
        let span = Span {
            buf: self.buf,
            bit: first,
            bits: count,
            at: at as u32,
            len: len as u32,
        };
        Ok((span, whole.checked_shr(shift).unwrap_or(0) & mask))
    }

    /// An IPv4 address.
    pub fn ip4(&mut self, def: &'static FieldDef) -> Result<[u8; 4], Fault> {
        let span = self.ahead(4);
        let octets = self.take(4)?.try_into().unwrap_or_default();
        self.put(def, span, Value::Ip4(octets));
        Ok(octets)
    }

    /// An IPv6 address.
    pub fn ip6(&mut self, def: &'static FieldDef) -> Result<[u8; 16], Fault> {
        let span = self.ahead(16);
        let octets = self.take(16)?.try_into().unwrap_or_default();
        self.put(def, span, Value::Ip6(octets));
        Ok(octets)
    }

    /// A MAC address.
    pub fn mac(&mut self, def: &'static FieldDef) -> Result<[u8; 6], Fault> {
        let span = self.ahead(6);
        let octets = self.take(6)?.try_into().unwrap_or_default();
        self.put(def, span, Value::Mac(octets));
        Ok(octets)
    }

    /// `len` bytes, shown as they are.
    pub fn bytes(&mut self, def: &'static FieldDef, len: usize) -> Result<&'b [u8], Fault> {
        let span = self.ahead(len);
        let bytes = self.take(len)?;
        self.put(def, span, Value::Bytes);
        Ok(bytes)
    }

    /// `len` bytes of text; what is not UTF-8 is replaced by U+FFFD.
    pub fn text(&mut self, def: &'static FieldDef, len: usize) -> Result<&'b [u8], Fault> {
        let span = self.ahead(len);
        let bytes = self.take(len)?;
        if !self.mute() {
            self.put_text(def, span, &lossy(bytes));
        }
        Ok(bytes)
    }
}

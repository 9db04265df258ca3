//! A field: its definition, its value, and how the value is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::{Span, push_ip};

pub(crate) use crate::model::push_hex as hex;

/// A sorted table of numbers and their registered names.
pub type Names = &'static [(u64, &'static str)];

/// In which base a number is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Decimal.
    Dec,
    /// Hexadecimal with this many digits.
    Hex(u8),
}

/// How a field's value is shown.
#[derive(Clone, Copy, Debug)]
pub enum Show {
    /// As its value suggests: decimal numbers, addresses, text, `aa:bb` bytes, set or not set.
    Plain,
    /// A number in hexadecimal with this many digits.
    Hex(u8),
    /// A number with its name; the table is sorted by number.
    Names(Base, Names),
    /// A number whose name is found by a function (ranges, computed names).
    Named(Base, fn(u64) -> Option<&'static str>),
    /// A number with its unit, such as `bytes` or `s`.
    Unit(&'static str),
    /// No value of its own: it heads the fields below it.
    Heading,
}

/// The definition of a field; one `static` a field, compared by its key.
#[derive(Debug)]
pub struct FieldDef {
    /// Wireshark's display-filter name, or `wirewalk.<protocol>.<name>` for what Wireshark lacks.
    pub key: &'static str,
    /// The label that a person reads.
    pub label: &'static str,
    /// How the value is shown.
    pub show: Show,
    /// What it is for: one concrete sentence for a student.
    pub help: &'static str,
}

/// A decoded value. Byte strings are not copied: they are the field's span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A heading.
    None,
    /// A flag.
    Bool(bool),
    /// An unsigned number.
    Num(u64),
    /// A signed number.
    Int(i64),
    /// A number with a fraction, in the unit of its field.
    Float(f64),
    /// An IPv4 address.
    Ip4([u8; 4]),
    /// An IPv6 address.
    Ip6([u8; 16]),
    /// A MAC address.
    Mac([u8; 6]),
    /// The bytes of the field's span.
    Bytes,
    /// Text kept by the dissection: where it begins, and its length in bytes.
    Text(u32, u32),
}

/// A decoded field: what, where, and the value.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its definition.
    pub def: &'static FieldDef,
    /// Where it lies.
    pub span: Span,
    /// Its value.
    pub value: Value,
    /// How deep it stands below its layer, from 0.
    pub depth: u8,
}

/// Joins lists of fields; `LEN` is their length together. Used through `joined!`.
pub(crate) const fn join<const LEN: usize>(
    parts: &[&[&'static FieldDef]],
) -> [&'static FieldDef; LEN] {
    static NONE: FieldDef = FieldDef {
        key: "",
        label: "",
        show: Show::Plain,
        help: "",
    };
    let mut all = [&NONE; LEN];
    let (mut part, mut field, mut at) = (0, 0, 0);
    while part < parts.len() {
        if field == parts[part].len() {
            (part, field) = (part + 1, 0);
        } else {
            all[at] = parts[part][field];
            (field, at) = (field + 1, at + 1);
        }
    }
    all
}

impl FieldDef {
    /// The name of a number by this field's table, if it has one.
    #[must_use]
    pub fn name_of(&self, number: u64) -> Option<&'static str> {
        match self.show {
            Show::Names(_, names) => names
                .binary_search_by_key(&number, |row| row.0)
                .ok()
                .and_then(|i| names.get(i))
                .map(|row| row.1),
            Show::Named(_, name) => name(number),
            _ => None,
        }
    }

    /// Writes a value as a person reads it; `bytes` are those of the field's span and `text` the value's text.
    pub fn display(&self, value: Value, bytes: &[u8], text: &str, out: &mut String) {
        match value {
            Value::None => {}
            Value::Bool(set) => out.push_str(if set { "set" } else { "not set" }),
            Value::Num(number) => self.display_number(number, out),
            Value::Int(number) => {
                out.push_str(itoa::Buffer::new().format(number));
                self.display_unit(out);
            }
            Value::Float(number) => {
                let _ = write!(out, "{number}");
                self.display_unit(out);
            }
            Value::Ip4(octets) => push_ip(octets.into(), out),
            Value::Ip6(octets) => push_ip(octets.into(), out),
            Value::Mac(octets) => hex(&octets, out),
            Value::Bytes => hex(bytes, out),
            Value::Text(..) => {
                out.push_str(text);
                self.display_unit(out);
            }
        }
    }

    fn display_number(&self, number: u64, out: &mut String) {
        let base = match self.show {
            Show::Hex(digits) => Base::Hex(digits),
            Show::Names(base, _) | Show::Named(base, _) => base,
            _ => Base::Dec,
        };
        match base {
            Base::Dec => out.push_str(itoa::Buffer::new().format(number)),
            Base::Hex(digits) => {
                let _ = write!(out, "0x{number:0width$x}", width = usize::from(digits));
            }
        }
        if let Some(name) = self.name_of(number) {
            out.extend([" (", name, ")"]);
        }
        self.display_unit(out);
    }

    fn display_unit(&self, out: &mut String) {
        if let Show::Unit(unit) = self.show {
            out.extend([" ", unit]);
        }
    }
}

/// Bytes as text; what is not UTF-8 is replaced by U+FFFD. Nearly all text is UTF-8, and to see that takes little.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

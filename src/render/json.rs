//! JSON of the view, byte for byte as `serde_json` writes it, in a fraction of its time: names of members are known to
//! need no escapes, and texts are looked through sixteen bytes at a time.

use serde::Serialize;
use serde::ser::{self, Error as _};
use serde_json::Error;

/// How `serde_json` marks what is JSON already.
const RAW: &str = "$serde_json::private::RawValue";

/// Appends a value to `out`.
///
/// # Errors
/// When the value cannot be JSON: the keys of a map must be texts.
pub fn write(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(Json { out, ready: false })
}

/// Where JSON is appended.
struct Json<'a> {
    out: &'a mut Vec<u8>,
    /// What comes is a text that is JSON already.
    ready: bool,
}

impl Json<'_> {
    fn number(self, number: impl itoa::Integer) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number);
        self.out.extend_from_slice(digits.as_bytes());
    }

    /// Rare values are left to `serde_json`.
    fn rare(self, value: impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(self.out, &value)
    }
}

fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    if needs_escapes(text.as_bytes()) {
        escape(text, out);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
}

/// True when a byte must not stand in a JSON text as it is: a quotation mark, a backslash, a control character.
fn needs_escapes(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<16>();
    // The last bytes of a chunk may be looked at twice.
    match (
        bytes.last_chunk::<16>(),
        bytes.first_chunk::<8>(),
        bytes.last_chunk::<8>(),
    ) {
        (Some(last), ..) => chunks.iter().any(any_odd) || any_odd(last),
        (None, Some(first), Some(last)) => any_odd(first) || any_odd(last),
        _ => rest.iter().any(|byte| is_odd(*byte)),
    }
}

/// All bytes at once: there is an instruction for that.
fn any_odd<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.iter().fold(false, |odd, byte| odd | is_odd(*byte))
}

fn is_odd(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| is_odd(*byte)) {
        let (plain, odd) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, after)) = odd.split_first() else {
            break;
        };
        let short = match byte {
            b'"' | b'\\' => *byte,
            0x08 => b'b',
            0x09 => b't',
            0x0a => b'n',
            0x0c => b'f',
            0x0d => b'r',
            _ => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                rest = after;
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
        rest = after;
    }
    out.extend_from_slice(rest);
}

/// The inside of an array or an object.
struct Inside<'a> {
    out: &'a mut Vec<u8>,
    /// Something stands in it, and a comma comes next.
    begun: bool,
    /// What closes it, if anything does.
    end: Option<u8>,
    /// It is the only member of an object, which is closed too.
    of_variant: bool,
}

impl<'a> Inside<'a> {
    fn array(out: &'a mut Vec<u8>) -> Self {
        Self::new(out, b'[', b']', false)
    }

    fn object(out: &'a mut Vec<u8>) -> Self {
        Self::new(out, b'{', b'}', false)
    }

    fn new(out: &'a mut Vec<u8>, begin: u8, end: u8, of_variant: bool) -> Self {
        out.push(begin);
        Self {
            out,
            begun: false,
            end: Some(end),
            of_variant,
        }
    }

    /// The inside of the only member of an object.
    fn of_variant(out: &'a mut Vec<u8>, name: &str, begin: u8, end: u8) -> Self {
        out.push(b'{');
        quote(name, out);
        out.push(b':');
        Self::new(out, begin, end, true)
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if self.begun {
            self.out.push(b',');
        }
        self.begun = true;
        write(value, self.out)
    }

    #[expect(
        clippy::inline_always,
        reason = "names are then known where they are copied"
    )]
    #[inline(always)]
    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if name == RAW {
            return value.serialize(Json {
                out: self.out,
                ready: true,
            });
        }
        // Single bytes are stored where this stands; a slice is a call.
        if self.begun {
            self.out.push(b',');
        }
        self.begun = true;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        self.out.push(b':');
        write(value, self.out)
    }

    fn close(self) {
        self.out.extend(self.end);
        if self.of_variant {
            self.out.push(b'}');
        }
    }
}

impl<'a> ser::Serializer for Json<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Inside<'a>;
    type SerializeTuple = Inside<'a>;
    type SerializeTupleStruct = Inside<'a>;
    type SerializeTupleVariant = Inside<'a>;
    type SerializeMap = Inside<'a>;
    type SerializeStruct = Inside<'a>;
    type SerializeStructVariant = Inside<'a>;

    fn serialize_bool(self, v: bool) -> Result<(), Error> {
        if v {
            self.out.extend(*b"true");
        } else {
            self.out.extend(*b"false");
        }
        Ok(())
    }

    fn serialize_i8(self, v: i8) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_i16(self, v: i16) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_i32(self, v: i32) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_i64(self, v: i64) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_u8(self, v: u8) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_u16(self, v: u16) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_u32(self, v: u32) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_u64(self, v: u64) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }

    fn serialize_f32(self, v: f32) -> Result<(), Error> {
        self.rare(v)
    }

    fn serialize_f64(self, v: f64) -> Result<(), Error> {
        self.rare(v)
    }

    fn serialize_char(self, v: char) -> Result<(), Error> {
        self.rare(v)
    }

    fn serialize_str(self, v: &str) -> Result<(), Error> {
        if self.ready {
            self.out.extend_from_slice(v.as_bytes());
        } else {
            quote(v, self.out);
        }
        Ok(())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Error> {
        self.rare(v)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend(*b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.out.push(b'"');
        self.out.extend_from_slice(variant.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = Inside::object(self.out);
        object.member(variant, value)?;
        object.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'a>, Error> {
        Ok(Inside::array(self.out))
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'a>, Error> {
        Ok(Inside::array(self.out))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Error> {
        Ok(Inside::array(self.out))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'a>, Error> {
        Ok(Inside::of_variant(self.out, variant, b'[', b']'))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'a>, Error> {
        Ok(Inside::object(self.out))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Inside<'a>, Error> {
        if name != RAW {
            return Ok(Inside::object(self.out));
        }
        // Nothing stands around what is JSON already.
        Ok(Inside {
            out: self.out,
            begun: false,
            end: None,
            of_variant: false,
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'a>, Error> {
        Ok(Inside::of_variant(self.out, variant, b'{', b'}'))
    }
}

impl ser::SerializeSeq for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTuple for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        if self.begun {
            self.out.push(b',');
        }
        self.begun = true;
        let at = self.out.len();
        write(key, self.out)?;
        if self.out.get(at) != Some(&b'"') {
            return Err(Error::custom("a key is a text"));
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        write(value, self.out)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Inside<'_> {
    type Ok = ();
    type Error = Error;

    #[expect(
        clippy::inline_always,
        reason = "names are then known where they are copied"
    )]
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.member(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Inside<'_> {
    type Ok = ();
    type Error = Error;

    #[expect(
        clippy::inline_always,
        reason = "names are then known where they are copied"
    )]
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.member(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::value::to_raw_value;

    use super::*;

    fn same(value: &impl Serialize) {
        let mut ours = Vec::new();
        write(value, &mut ours).unwrap();
        assert_eq!(
            String::from_utf8(ours).unwrap(),
            serde_json::to_string(value).unwrap()
        );
    }

    #[derive(Serialize)]
    struct Pair(u8, Option<&'static str>);

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Kind {
        Alone,
        One(i64),
        Two(u8, u8),
        Named { a: u8, b: char },
    }

    #[derive(Serialize)]
    #[serde(tag = "record")]
    enum Record {
        Pair { first: f64, second: Vec<()> },
    }

    #[test]
    fn every_kind_of_value_is_as_serde_json_has_it() {
        same(&(true, false, (), None::<u8>, Some(Unit)));
        same(&(i8::MIN, i16::MIN, i32::MIN, i64::MIN));
        same(&(u8::MAX, u16::MAX, u32::MAX, u64::MAX));
        same(&(0.1_f32, -1.5e300, f64::NAN, 1.0, '"'));
        same(&[Pair(1, None), Pair(2, Some("x"))]);
        same(&[Kind::Alone, Kind::One(-7), Kind::Two(1, 2)]);
        same(&Kind::Named { a: 1, b: 'b' });
        same(&Record::Pair {
            first: 1e-7,
            second: vec![(), ()],
        });
        same(&BTreeMap::from([("a\n", vec![1]), ("b", Vec::new())]));
        same(&[to_raw_value(&Pair(1, Some("\""))).unwrap()]);
    }

    #[test]
    fn texts_are_escaped_wherever_it_is_needed() {
        for odd in (0..=0x7f_u8).map(char::from).chain(['é', '京', '\u{202e}']) {
            for before in 0..20 {
                for after in [0, 1, 7, 8, 9] {
                    let text = format!("{}{odd}{}", "~".repeat(before), " ".repeat(after));
                    same(&text);
                }
            }
        }
        same(&"\u{1}\"\\\r\n\t\u{8}\u{c}\u{7f}\u{1f}".repeat(3));
    }

    #[test]
    fn keys_are_texts() {
        let wrong = write(&BTreeMap::from([(1, 2)]), &mut Vec::new());
        assert_eq!(wrong.unwrap_err().to_string(), "a key is a text");
    }
}

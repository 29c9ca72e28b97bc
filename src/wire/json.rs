//! Serialisation of values as compact JSON, byte for byte like the recorded server.
//!
//! - strings: `<`, `>`, `&`, U+2028 and U+2029 as `\u003c` and so on, in lower-case hex; `\b \f \n \r \t`; other control
//!   characters as `\u00xx`; 0x7F raw; bytes (`serialize_bytes`, as [`Text`](super::Text) uses it) as a string with
//!   `\ufffd` for each byte that is part of no UTF-8 sequence
//! - floating point: shortest digits in ECMAScript's layout, no negative zero, `null` for what is not finite
//! - fields and map entries in the order in which the value gives them

use std::fmt;

use serde::{Serialize, Serializer, ser};

use super::{json_number, json_string, raw_json::RAW_JSON};

/// Typical size of a body in bytes.
const USUAL_SIZE: usize = 256;

/// Serialises `value` without a trailing line feed.
///
/// A value without a JSON form (a map whose keys are not scalars, or an error of the value's own `Serialize`) becomes
/// `null`: that is a bug of the type, never a property of the data.
#[must_use]
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL_SIZE);
    append(&mut out, value);
    out
}

/// Serialises `value` and adds a line feed. See [`to_vec`].
#[must_use]
pub fn to_line<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = to_vec(value);
    out.push(b'\n');
    out
}

/// Appends `value` to `out`. See [`to_vec`].
pub fn append<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if value.serialize(Writer { out, raw: false }).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

/// Errors of serialisation.
#[derive(Debug)]
struct NotJson;

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("value has no JSON form")
    }
}

impl std::error::Error for NotJson {}

impl ser::Error for NotJson {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// True inside a [`RawJson`](super::RawJson): its string is JSON already.
    raw: bool,
}

impl<'o> Writer<'o> {
    fn open(self, opening: &[u8], closing: &'static [u8]) -> Compound<'o> {
        self.out.extend_from_slice(opening);
        Compound { out: self.out, closing, first: true }
    }

    /// Opens `{"variant":` and its content.
    fn open_variant(self, variant: &str, opening: u8, closing: &'static [u8]) -> Compound<'o> {
        self.out.push(b'{');
        json_string::push_str(self.out, variant);
        self.open(&[b':', opening], closing)
    }

    fn integer(self, value: impl itoa::Integer) -> Result<(), NotJson> {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<(), NotJson> {
            self.integer(value)
        })*
    };
}

impl<'o> Serializer for Writer<'o> {
    type Ok = ();
    type Error = NotJson;
    type SerializeSeq = Compound<'o>;
    type SerializeTuple = Compound<'o>;
    type SerializeTupleStruct = Compound<'o>;
    type SerializeTupleVariant = Compound<'o>;
    type SerializeMap = Compound<'o>;
    type SerializeStruct = Compound<'o>;
    type SerializeStructVariant = Compound<'o>;

    integers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128);
    integers!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128);

    fn serialize_bool(self, value: bool) -> Result<(), NotJson> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), NotJson> {
        json_number::push_f32(self.out, value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), NotJson> {
        json_number::push_f64(self.out, value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), NotJson> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), NotJson> {
        if self.raw {
            self.out.extend_from_slice(value.as_bytes());
        } else {
            json_string::push_str(self.out, value);
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), NotJson> {
        json_string::push_bytes(self.out, value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), NotJson> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotJson> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NotJson> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NotJson> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), NotJson> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), NotJson> {
        value.serialize(Writer { raw: name == RAW_JSON, ..self })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), NotJson> {
        let mut object = self.open(b"{", b"}");
        object.field(variant, value)?;
        object.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'o>, NotJson> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'o>, NotJson> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'o>, NotJson> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'o>, NotJson> {
        Ok(self.open_variant(variant, b'[', b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'o>, NotJson> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'o>, NotJson> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'o>, NotJson> {
        Ok(self.open_variant(variant, b'{', b"}}"))
    }
}

/// Array or object being written.
struct Compound<'o> {
    out: &'o mut Vec<u8>,
    closing: &'static [u8],
    first: bool,
}

impl Compound<'_> {
    fn comma(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotJson> {
        value.serialize(Writer { out: self.out, raw: false })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotJson> {
        self.comma();
        self.value(value)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NotJson> {
        self.comma();
        json_string::push_str(self.out, name);
        self.out.push(b':');
        self.value(value)
    }

    /// Writes a map's key. Numbers and booleans are quoted; other types are refused.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotJson> {
        self.comma();
        let start = self.out.len();
        self.value(key)?;
        match self.out.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.out.insert(start, b'"');
                self.out.push(b'"');
            }
            _ => return Err(NotJson),
        }
        self.out.push(b':');
        Ok(())
    }

    fn close(self) -> Result<(), NotJson> {
        self.out.extend_from_slice(self.closing);
        Ok(())
    }
}

macro_rules! arrays {
    ($($kind:ident::$method:ident),*) => {
        $(impl ser::$kind for Compound<'_> {
            type Ok = ();
            type Error = NotJson;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotJson> {
                self.element(value)
            }

            fn end(self) -> Result<(), NotJson> {
                self.close()
            }
        })*
    };
}

arrays!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! objects {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Compound<'_> {
            type Ok = ();
            type Error = NotJson;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NotJson> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), NotJson> {
                self.close()
            }
        })*
    };
}

objects!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = NotJson;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotJson> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotJson> {
        self.value(value)
    }

    fn end(self) -> Result<(), NotJson> {
        self.close()
    }
}

#[cfg(test)]
mod tests;

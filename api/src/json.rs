//! Reads JSON strictly and says where it is wrong: for bodies of requests and for lines of files alike.
//!
//! Serde's derived types also read an object's fields from a list, by position; here a list is no object. What reads no such lists
//! is `Strict`, a deserializer around serde_json's that asks for a map wherever a struct is wanted, all the way down.

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

/// How it is said that a field stands there twice.
pub const GIVEN_TWICE: &str = "is given twice";

/// How it begins to be said of an object that a field of it is unknown whose name is not repeated.
pub const UNKNOWN_FIELD_HERE: &str = "holds an unknown field";

/// What is wrong with a JSON text.
pub enum JsonFault {
    /// Not well-formed JSON in UTF-8.
    Unreadable(String),
    /// Well-formed, but a field is missing, unknown or wrong: its path, such as `household[0].age`, and why.
    Field(String, String),
}

/// Parses JSON, and names the field that is wrong.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|error| JsonFault::Unreadable(format!("not UTF-8: {error}")))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(Strict(&mut deserializer)).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        match cause.classify() {
            serde_json::error::Category::Data => {
                let (field, why) = name_field(&path, &cause.to_string());
                JsonFault::Field(field, why)
            }
            // For `{}` where a form is to be chosen by its name, serde_json says that the text is broken, which it is not.
            _ if serde_json::from_str::<de::IgnoredAny>(text).is_ok() => {
                let is_number = cause.to_string().starts_with("number out of range");
                JsonFault::Field(
                    path,
                    if is_number { "is a number out of all range" } else { "must hold exactly one form" }.to_owned(),
                )
            }
            _ => JsonFault::Unreadable(cause.to_string()),
        }
    })?;
    deserializer.end().map_err(|error| JsonFault::Unreadable(error.to_string()))?;
    Ok(value)
}

/// Serde names a missing or repeated field in its message and leaves it out of the path, ends the message with a position in the text,
/// and calls an object by the name of our type.
pub fn name_field(path: &str, message: &str) -> (String, String) {
    let why = message.rsplit_once(" at line ").map_or(message, |(why, _)| why);
    let why =
        why.split_once("expected struct ").map_or_else(|| why.to_owned(), |(before, _)| format!("{before}expected an object"));
    let why = without_text(&why);
    let path = if path == "." { "" } else { path };
    let below = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    let named = |prefix: &str| why.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('`'));
    if let Some(field) = named("missing field `") {
        return (below(field), "is missing".to_owned());
    }
    let unknown = why.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "));
    if let Some((name, expected)) = unknown.filter(|(name, _)| !may_be_named(name)) {
        let holder = path.strip_suffix(name).unwrap_or(path);
        return (holder.strip_suffix('.').unwrap_or(holder).to_owned(), format!("{UNKNOWN_FIELD_HERE}, expected {expected}"));
    }
    match named("duplicate field `") {
        Some(field) if !path.ends_with(field) => (below(field), GIVEN_TWICE.to_owned()),
        Some(_) => (path.to_owned(), GIVEN_TWICE.to_owned()),
        None => (path.to_owned(), why),
    }
}

/// Whether an unknown field is named in an answer. What is no word, or is longer than any of ours, makes no readable path.
pub fn may_be_named(field: &str) -> bool {
    const CHARS_MAX: usize = 64;
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    (1..=CHARS_MAX).contains(&field.len()) && field.chars().all(is_plain)
}

/// Leaves out a text that was sent where something else was expected: answers end up in logs, and it may be about a person.
fn without_text(why: &str) -> String {
    match why.split_once("string \"").zip(why.rsplit_once("\", expected ")) {
        Some(((before, _), (_, expected))) if before == "invalid type: " || before == "invalid value: " => {
            format!("{before}string, expected {expected}")
        }
        _ => why.to_owned(),
    }
}

/// Wraps a deserializer, a visitor, an access or a seed, so that everything below it is wrapped too.
struct Strict<I>(I);

/// Forwards the methods that differ from each other in nothing but their name.
macro_rules! forward {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(Strict(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_unit deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Strict(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Strict(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(length, Strict(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, length, Strict(visitor))
    }

    /// The point of it all: a struct is read from an object, never from a list.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Strict(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Strict(visitor))
    }
}

macro_rules! visit {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool(bool) visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64) visit_char(char)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String) visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8])
        visit_byte_buf(Vec<u8>)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Strict(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Strict(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Strict(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict(access))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Strict(access))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Strict(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Strict(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Strict(seed))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Strict<A> {
    type Error = A::Error;
    type Variant = Strict<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(Strict(seed))?;
        Ok((value, Strict(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Strict(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Strict(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Strict(visitor))
    }
}

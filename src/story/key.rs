//! The key of a field, as scripts name it. Whether a value has it is asked millions of times, and nearly always answered by
//! the place of the field's definition, without a look at the text.

use std::cmp::Ordering;
use std::ops::Deref;
use std::ptr;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer};

use crate::decode::{FieldDef, protocols};

/// A field's key.
#[derive(Clone, Debug)]
pub struct Key {
    name: Box<str>,
    /// The definition with this key, if there is exactly one.
    only: Option<&'static FieldDef>,
}

/// The definitions of all keys that one field only has.
static ONLY: LazyLock<FxHashMap<&str, Option<&'static FieldDef>>> = LazyLock::new(|| {
    let mut only: FxHashMap<&str, Option<&'static FieldDef>> = FxHashMap::default();
    for def in protocols().iter().flat_map(|protocol| protocol.fields) {
        let known = only.entry(def.key).or_insert(Some(def));
        if !known.is_some_and(|known| ptr::eq(known, *def)) {
            *known = None;
        }
    }
    only
});

impl Key {
    /// The key of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            only: ONLY.get(name).copied().flatten(),
        }
    }

    /// True when a field has this key.
    #[must_use]
    pub fn is_of(&self, def: &'static FieldDef) -> bool {
        match self.only {
            Some(only) => ptr::eq(only, def),
            None => *self.name == *def.key,
        }
    }
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::new(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_the_fields_that_have_it_and_of_no_other() {
        let fields = || protocols().iter().flat_map(|protocol| protocol.fields);
        for key in [
            "dns.qry.name",
            "tcp.flags",
            "ip.src",
            "http.host",
            "no.such",
        ] {
            let wanted = Key::new(key);
            assert_eq!(&*wanted, key);
            for def in fields() {
                assert_eq!(wanted.is_of(def), def.key == key, "{key} {}", def.key);
            }
        }
        let known = fields().filter(|def| Key::new(def.key).only.is_some());
        assert!(known.count() > fields().count() / 2);
    }
}

//! Reads the fields of one JSON object, notes what is wrong with each, and in the end names the
//! fields that nobody asked for.

use crate::Violations;
use serde_json::{Map, Value};

pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
    read: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// `path` is empty for the outermost object.
    pub fn of(value: &'a Value, path: impl Into<String>, bad: &mut Violations) -> Option<Self> {
        let path = path.into();
        match value.as_object() {
            Some(map) => Some(Self { map, path, read: Vec::new() }),
            None => {
                bad.add(path, "wrong_type", "takes an object");
                None
            }
        }
    }

    pub fn path(&self, name: &str) -> String {
        match self.path.is_empty() {
            true => name.to_owned(),
            false => format!("{}.{name}", self.path),
        }
    }

    /// The raw value; null counts as absent.
    pub fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.read.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// Reads an optional field with `read`; `wanted` completes "takes …".
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        bad: &mut Violations,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(name)?;
        let parsed = read(value);
        if parsed.is_none() {
            bad.add(self.path(name), "wrong_type", format!("takes {wanted}"));
        }
        parsed
    }

    /// Notes a missing field as a violation.
    pub fn require(&mut self, name: &'static str, bad: &mut Violations) {
        if self.map.get(name).is_none_or(Value::is_null) {
            bad.add(self.path(name), "required", "is missing");
        }
    }

    pub fn string(&mut self, name: &'static str, bad: &mut Violations) -> Option<String> {
        self.optional(name, "a string", bad, |value| value.as_str().map(str::to_owned))
    }

    pub fn boolean(&mut self, name: &'static str, bad: &mut Violations) -> Option<bool> {
        self.optional(name, "true or false", bad, Value::as_bool)
    }

    pub fn whole(&mut self, name: &'static str, bad: &mut Violations) -> Option<u32> {
        self.optional(name, "a whole number, 0 or more", bad, |value| {
            value.as_u64().and_then(|n| u32::try_from(n).ok())
        })
    }

    pub fn strings(&mut self, name: &'static str, bad: &mut Violations) -> Vec<String> {
        self.optional(name, "a list of strings", bad, string_list).unwrap_or_default()
    }

    /// Names every field that was not read.
    pub fn finish(self, bad: &mut Violations) {
        for name in self.map.keys().filter(|name| !self.read.contains(&name.as_str())) {
            bad.add(self.path(name), "unknown_field", "is not a field of this object");
        }
    }
}

pub(super) fn string_list(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

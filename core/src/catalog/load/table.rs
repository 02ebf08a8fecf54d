//! Trees of TOML, and one table of them as what it means.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::source::Mistakes;
use super::wording::reworded;

/// A table of a file, such as one `[[services]]`.
pub(super) type Table<'i> = Spanned<DeTable<'i>>;

/// The text a table has at a key.
pub(super) fn text_of<'e>(entry: &'e Table<'_>, key: &str) -> Option<&'e str> {
    entry.get_ref().get(key)?.get_ref().as_str()
}

/// A table as read, and where its keys stand.
pub(super) struct ReadTable<T> {
    pub at: usize,
    keys: Vec<(String, usize)>,
    pub value: T,
}

impl<T> ReadTable<T> {
    /// The place of a key such as `purchase.maximum`, else of the whole.
    pub(super) fn key(&self, name: &str) -> usize {
        self.keys.iter().find(|(key, _)| key == name).map_or(self.at, |(_, at)| *at)
    }

    pub(super) fn split(self) -> (ReadTable<()>, T) {
        (ReadTable { at: self.at, keys: self.keys, value: () }, self.value)
    }
}

/// Reads a table. A field with a mistake is told and taken out, so that the next is told too.
pub(super) fn read<T: DeserializeOwned>(entry: Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<ReadTable<T>> {
    let at = entry.span().start;
    let mut keys = Vec::new();
    collect_keys(entry.get_ref(), "", &mut keys);
    let (span, mut table) = (entry.span(), entry.into_inner());
    let mut taken_out: Vec<String> = Vec::new();
    loop {
        let tree = Spanned::new(span.clone(), DeValue::Table(table.clone()));
        let error = match T::deserialize(ValueDeserializer::from(tree)) {
            Ok(value) => return taken_out.is_empty().then_some(ReadTable { at, keys, value }),
            Err(error) => error,
        };
        let message = error.message().trim_end();
        if taken_out.iter().any(|field| message == format!("missing field `{field}`")) {
            return None;
        }
        let place = error.span().map_or(at, |span| span.start);
        mistakes.add(place, reworded(message, &path_at(&table, place)));
        taken_out.push(take_out(&mut table, place)?);
    }
}

/// Takes out the field that stands there, of a table in the table that one: its neighbours have mistakes of their own.
fn take_out(table: &mut DeTable<'_>, at: usize) -> Option<String> {
    let found = table.iter_mut().find(|(key, value)| key.span().contains(&at) || holds(value, at));
    let (key, value) = found?;
    let name = key.get_ref().to_string();
    if let DeValue::Table(below) = value.get_mut()
        && let Some(field) = take_out(below, at)
    {
        return Some(field);
    }
    table.remove(name.as_str());
    Some(name)
}

fn collect_keys(table: &DeTable<'_>, path: &str, keys: &mut Vec<(String, usize)>) {
    for (key, value) in table {
        let name = key.get_ref();
        let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        if let DeValue::Table(table) = value.get_ref() {
            collect_keys(table, &path, keys);
        }
        keys.push((path, key.span().start));
    }
}

/// The key that stands there, or whose value does, such as `purchase.maximum`; empty for the table as a whole.
fn path_at(table: &DeTable<'_>, at: usize) -> String {
    let found = table.iter().find(|(key, value)| key.span().contains(&at) || holds(value, at));
    let Some((key, value)) = found else { return String::new() };
    let name = key.get_ref().to_string();
    let below = value.get_ref().as_table().map(|table| path_at(table, at)).unwrap_or_default();
    if below.is_empty() { name } else { format!("{name}.{below}") }
}

fn holds(value: &Spanned<DeValue<'_>>, at: usize) -> bool {
    let within = match value.get_ref() {
        DeValue::Table(table) => table.iter().any(|(key, value)| key.span().contains(&at) || holds(value, at)),
        DeValue::Array(rows) => rows.iter().any(|row| holds(row, at)),
        _ => false,
    };
    within || value.span().contains(&at)
}

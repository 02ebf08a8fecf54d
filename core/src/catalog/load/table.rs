//! Trees of TOML, and one table of them as what it means.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::source::Mistakes;
use crate::suggest::nearest_or_all;

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
        mistakes.add(place, reworded(message));
        let field = table.iter().find(|(key, value)| key.span().contains(&place) || holds(value, place));
        let field = field.map(|(key, _)| key.get_ref().to_string())?;
        table.remove(field.as_str());
        taken_out.push(field);
    }
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

fn holds(value: &Spanned<DeValue<'_>>, at: usize) -> bool {
    let within = match value.get_ref() {
        DeValue::Table(table) => table.iter().any(|(key, value)| key.span().contains(&at) || holds(value, at)),
        DeValue::Array(rows) => rows.iter().any(|row| holds(row, at)),
        _ => false,
    };
    within || value.span().contains(&at)
}

/// Of a long list of names, the one that was probably meant.
fn reworded(message: &str) -> String {
    let Some((what, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let Some((noun, unknown)) = what.split_once(" `").filter(|(noun, _)| noun.starts_with("unknown ")) else {
        return message.to_owned();
    };
    let unknown = unknown.trim_end_matches('`');
    let known: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    let hint = nearest_or_all(unknown, &known);
    // To those who write files, a variant is a value.
    format!("{} `{unknown}`; {hint}", noun.replace("variant", "value"))
}

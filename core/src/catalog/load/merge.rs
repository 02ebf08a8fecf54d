//! A file's tables put to those that are there, and overlays laid over them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::overlay::{Mode, OverlayChange};
use super::source::Mistakes;
use super::table::{Table, text_of};
use crate::suggest::nearest_or_all;

/// Tables with one key that says which they are: merging two of them would say two things.
const WHOLE: [&str; 1] = ["date"];

/// One file on its way in.
pub(super) struct Adding<'s, 'i> {
    pub mode: Mode,
    pub file: &'i str,
    pub edition_id: String,
    pub changes: &'s mut Vec<OverlayChange>,
    pub mistakes: &'s mut Mistakes<'i>,
}

impl<'i> Adding<'_, 'i> {
    pub(super) fn head(&mut self, head: &mut Option<Table<'i>>, value: Spanned<DeValue<'i>>) {
        let Some(table) = self.table(value) else { return };
        match head {
            Some(_) => self.mistakes.at(&table, "a second `[edition]`"),
            None => *head = Some(table),
        }
    }

    /// Tables in a list, known by `key`.
    pub(super) fn rows(
        &mut self,
        rows: &mut Vec<Table<'i>>,
        noun: &'static str,
        key: &str,
        value: Spanned<DeValue<'i>>,
    ) {
        let mut own: BTreeMap<String, usize> = BTreeMap::new();
        for row in self.list(value) {
            let Some(id) = text_of(&row, key).map(str::to_owned) else {
                // What is missing is told when it is read.
                rows.push(row);
                continue;
            };
            let at = row.get_ref().get(key).map_or(row.span().start, |id| id.span().start);
            let there = rows.iter_mut().find(|other| text_of(other, key) == Some(&id));
            match there {
                None => {
                    self.change(noun, &id, Vec::new());
                    rows.push(row);
                }
                Some(there) if self.mode == Mode::Overlay && !own.contains_key(&id) => {
                    let mut fields = Vec::new();
                    merge(there.get_mut(), row.into_inner(), "", &mut fields);
                    fields.retain(|field| field != key);
                    self.change(noun, &id, fields);
                }
                Some(there) => {
                    let first = own.get(&id).copied().or_else(|| Some(there.get_ref().get(key)?.span().start));
                    let place = self.mistakes.place(first.unwrap_or_default());
                    self.mistakes.add(at, format!("{noun} `{id}` is already at {place}"));
                }
            }
            own.entry(id).or_insert(at);
        }
    }

    /// Tables known by their key in a table.
    pub(super) fn named(&mut self, tables: &mut DeTable<'i>, noun: &'static str, value: Spanned<DeValue<'i>>) {
        let Some(table) = self.table(value) else { return };
        for (key, value) in table.into_inner() {
            let id = key.get_ref().to_string();
            let at = key.span().start;
            match tables.get_key_value(id.as_str()).map(|(first, _)| first.span().start) {
                None => {
                    self.change(noun, &id, Vec::new());
                    tables.insert(key, value);
                }
                Some(_) if self.mode == Mode::Overlay => {
                    let mut fields = Vec::new();
                    let mut over = DeTable::new();
                    over.insert(key, value);
                    merge(tables, over, "", &mut fields);
                    let below = format!("{id}.");
                    let fields = fields.iter().map(|field| field.strip_prefix(&below).unwrap_or("all").to_owned());
                    let fields = fields.collect();
                    self.change(noun, &id, fields);
                }
                Some(first) => {
                    let place = self.mistakes.place(first);
                    self.mistakes.add(at, format!("{noun} `{id}` is already at {place}"));
                }
            }
        }
    }

    pub(super) fn nameless(&mut self, noun: &'static str, value: Spanned<DeValue<'i>>) -> Vec<Table<'i>> {
        let rows = self.list(value);
        for row in &rows {
            let id = ["code", "service"].iter().find_map(|key| text_of(row, key)).unwrap_or_default();
            self.change(noun, id, Vec::new());
        }
        rows
    }

    pub(super) fn precedence(
        &mut self,
        precedence: &mut Option<Spanned<DeValue<'i>>>,
        key: &Spanned<Cow<'i, str>>,
        value: Spanned<DeValue<'i>>,
    ) {
        match precedence {
            Some(first) if self.mode == Mode::Part => {
                let place = self.mistakes.place(first.span().start);
                self.mistakes.at(key, format!("`precedence` is already at {place}"));
            }
            _ => {
                self.change("response precedence", "", vec!["all".to_owned()]);
                *precedence = Some(value);
            }
        }
    }

    fn change(&mut self, noun: &'static str, id: &str, fields: Vec<String>) {
        if self.mode == Mode::Overlay {
            let (file, edition_id, id) = (self.file.to_owned(), self.edition_id.clone(), id.to_owned());
            self.changes.push(OverlayChange { file, edition_id, noun, id, fields });
        }
    }

    pub(super) fn table(&mut self, value: Spanned<DeValue<'i>>) -> Option<Table<'i>> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Some(Spanned::new(span, table)),
            other => {
                self.mistakes.add(span.start, format!("expected a table, found: {}", other.type_str()));
                None
            }
        }
    }

    fn list(&mut self, value: Spanned<DeValue<'i>>) -> Vec<Table<'i>> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(rows) => rows.into_iter().filter_map(|row| self.table(row)).collect(),
            other => {
                let found = other.type_str();
                self.mistakes.add(span.start, format!("expected a list, as `[[…]]` begins one; found: {found}"));
                Vec::new()
            }
        }
    }

    pub(super) fn unknown(&mut self, key: &Spanned<Cow<'i, str>>, known: &[&str]) {
        let name = key.get_ref();
        let hint = nearest_or_all(name, known);
        self.mistakes.at(key, format!("there is nothing called `{name}`; {hint}"));
    }
}

/// Lays `over` over `table`: tables by key, components by id, all else replaced.
fn merge<'i>(table: &mut DeTable<'i>, over: DeTable<'i>, path: &str, fields: &mut Vec<String>) {
    for (key, value) in over {
        let name = key.get_ref().to_string();
        let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let span = value.span();
        let there = table.get_mut(name.as_str()).map(Spanned::get_mut);
        let value = match (there, value.into_inner()) {
            (Some(DeValue::Table(there)), DeValue::Table(over)) if !WHOLE.contains(&name.as_str()) => {
                merge(there, over, &field, fields);
                continue;
            }
            (Some(DeValue::Array(there)), DeValue::Array(over)) if name == "components" && !over.is_empty() => {
                merge_components(there, over, &field, fields);
                continue;
            }
            // Of countries it is told which they are, also where there were none.
            (None, DeValue::Table(over)) if name == "countries" => {
                let mut countries = DeTable::new();
                merge(&mut countries, over, &field, fields);
                table.insert(key, Spanned::new(span, DeValue::Table(countries)));
                continue;
            }
            (_, value) => value,
        };
        fields.push(field);
        // With its key, which knows where it stands.
        table.remove(name.as_str());
        table.insert(key, Spanned::new(span, value));
    }
}

fn merge_components<'i>(there: &mut DeArray<'i>, over: DeArray<'i>, path: &str, fields: &mut Vec<String>) {
    let id_of = |value: &DeValue<'_>| Some(value.as_table()?.get("id")?.get_ref().as_str()?.to_owned());
    let mut own = BTreeSet::new();
    for component in over {
        let id = id_of(component.get_ref());
        // What one overlay gives twice stays there twice, and is told as such.
        let is_first = id.as_ref().is_some_and(|id| own.insert(id.clone()));
        let twin = there.iter_mut().find(|other| is_first && id_of(other.get_ref()) == id).map(Spanned::get_mut);
        let path = format!("{path}.{}", id.unwrap_or_default());
        match (twin, component.get_ref()) {
            (Some(DeValue::Table(twin)), DeValue::Table(over)) => {
                let mut changed = Vec::new();
                merge(twin, over.clone(), &path, &mut changed);
                fields.extend(changed.into_iter().filter(|field| !field.ends_with(".id")));
            }
            _ => {
                fields.push(path);
                there.push(component);
            }
        }
    }
}

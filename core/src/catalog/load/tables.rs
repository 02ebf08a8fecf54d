//! The tables of one edition, from all its files.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::merge::Adding;
use super::overlay::{Mode, OverlayChange};
use super::source::{Mistakes, Parsed};
use super::table::{Table, text_of};
use crate::model::Canonical;

/// The tables of one edition, from all its files.
#[derive(Default)]
pub(super) struct Tables<'i> {
    /// Where its first file begins.
    start: Option<usize>,
    /// Of its files, in their order.
    texts: Vec<&'i str>,
    pub head: Option<Table<'i>>,
    pub clauses: Vec<Table<'i>>,
    pub groups: Vec<Table<'i>>,
    pub sections: Vec<Table<'i>>,
    pub services: Vec<Table<'i>>,
    pub families: Vec<Table<'i>>,
    pub asides: Vec<Table<'i>>,
    pub targets: Vec<Table<'i>>,
    pub precedence: Option<Spanned<DeValue<'i>>>,
    pub hours: DeTable<'i>,
    pub sets: DeTable<'i>,
    pub remedies: DeTable<'i>,
    pub names: DeTable<'i>,
    pub terms: DeTable<'i>,
    pub why: DeTable<'i>,
    pub changes: Vec<OverlayChange>,
}

impl<'i> Tables<'i> {
    pub(super) fn id(&self) -> Option<&str> {
        text_of(self.head.as_ref()?, "id")
    }

    pub(super) fn head_at(&self) -> usize {
        self.head.as_ref().map_or(self.start.unwrap_or_default(), |head| head.span().start)
    }

    /// Of everything that makes the edition.
    pub(super) fn digest(&self) -> String {
        let mut canonical = Canonical::new("entitled.edition.1");
        for text in &self.texts {
            canonical.text(text);
        }
        hex::encode(canonical.digest())
    }

    /// Takes in the tables of a file.
    pub(super) fn add(&mut self, file: Parsed<'i>, mode: Mode, mistakes: &mut Mistakes<'i>) {
        self.start.get_or_insert(file.start);
        self.texts.push(file.text);
        let edition_id = self.id().unwrap_or_default().to_owned();
        let mut adding = Adding { mode, file: file.name, edition_id, changes: &mut self.changes, mistakes };
        for (key, value) in file.table {
            match key.get_ref().as_ref() {
                "edition" => adding.head(&mut self.head, value),
                "overlay" if mode == Mode::Overlay => {}
                "clauses" => adding.rows(&mut self.clauses, "clause", "code", value),
                "groups" => adding.rows(&mut self.groups, "group", "id", value),
                "sections" => adding.rows(&mut self.sections, "section", "id", value),
                "services" => adding.rows(&mut self.services, "service", "id", value),
                "families" => adding.rows(&mut self.families, "product family", "id", value),
                "asides" => {
                    let asides = adding.nameless("aside", value);
                    self.asides.extend(asides);
                }
                "hours" => adding.named(&mut self.hours, "hours", value),
                "clause_sets" => adding.named(&mut self.sets, "clause set", value),
                "remedies" => adding.named(&mut self.remedies, "remedy", value),
                "names" => adding.named(&mut self.names, "names", value),
                "response" => {
                    let Some(table) = adding.table(value) else { continue };
                    for (key, value) in table.into_inner() {
                        match key.get_ref().as_ref() {
                            "precedence" => adding.precedence(&mut self.precedence, &key, value),
                            "terms" => adding.named(&mut self.terms, "response term", value),
                            "why" => adding.named(&mut self.why, "response why", value),
                            "targets" => {
                                let mut targets = adding.nameless("response target", value);
                                // The first that fits wins: an overlay's come first.
                                if mode == Mode::Overlay {
                                    targets.append(&mut self.targets);
                                    self.targets = targets;
                                } else {
                                    self.targets.append(&mut targets);
                                }
                            }
                            _ => adding.unknown(&key, &["precedence", "targets", "terms", "why"]),
                        }
                    }
                }
                _ => {
                    let known = [
                        "edition",
                        "hours",
                        "clause_sets",
                        "clauses",
                        "groups",
                        "sections",
                        "services",
                        "families",
                        "remedies",
                        "names",
                        "response",
                        "asides",
                    ];
                    adding.unknown(&key, &known);
                }
            }
        }
    }
}

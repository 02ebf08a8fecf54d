//! From TOML files to editions: every reference resolved, every mistake with its file and
//! line.
//!
//! Files are parsed into trees that know where they stand ([`source`]), the trees of one
//! edition are merged ([`tables`], [`merge`]), and only then read as what they mean: each table
//! for itself ([`table`], [`raw`]), then all of them together ([`resolve`], [`resolver`]), with
//! what no type can see ([`check`], [`belonging`], [`kinds`], [`unused`], [`warnings`], [`texts`]).

mod belonging;
mod check;
mod kinds;
mod merge;
mod overlay;
mod raw;
mod resolve;
mod resolver;
mod source;
mod table;
mod tables;
mod texts;
mod unused;
mod warnings;
mod wording;

use self::overlay::Mode;
use self::source::{Mistakes, Parsed, Sources};
use self::tables::Tables;
use super::{Catalog, CatalogError, Edition, Mistake};
use crate::suggest::{hint, nearest};

pub use self::overlay::OverlayChange;

/// The files of one edition: names for messages, and their text.
#[derive(Debug, Clone)]
pub struct EditionSource {
    pub files: Vec<(String, String)>,
}

impl EditionSource {
    /// The edition that is built in.
    pub fn unified_enterprise_2023() -> Self {
        let file = |name: &str, text: &str| (format!("unified-enterprise-2023/{name}"), text.to_owned());
        Self {
            files: vec![
                file("edition.toml", include_str!("editions/unified-enterprise-2023/edition.toml")),
                file("clauses.toml", include_str!("editions/unified-enterprise-2023/clauses.toml")),
                file("services.toml", include_str!("editions/unified-enterprise-2023/services.toml")),
                file("response-targets.toml", include_str!("editions/unified-enterprise-2023/response-targets.toml")),
                file("asides.toml", include_str!("editions/unified-enterprise-2023/asides.toml")),
                file("products.toml", include_str!("editions/unified-enterprise-2023/products.toml")),
            ],
        }
    }
}

/// A file of one's own: its name for messages, and its text or why it could not be read.
#[derive(Debug, Clone)]
pub struct CatalogFile {
    pub name: String,
    pub text: Result<String, String>,
}

/// A catalogue with files of one's own, and what their overlays change in it.
#[derive(Debug)]
pub struct Loaded {
    pub catalog: Catalog,
    pub changes: Vec<OverlayChange>,
    /// What the files say that does nothing, or not what it seems to: no mistakes, and worth a look.
    pub warnings: Vec<Mistake>,
}

impl Edition {
    /// Reads and checks an edition; on failure every mistake is told.
    pub fn load(source: &EditionSource) -> Result<Self, CatalogError> {
        let mut sources = Sources::default();
        for (name, text) in &source.files {
            sources.push(name, text);
        }
        let mut mistakes = Mistakes::new(&sources);
        let mut tables = Tables::default();
        for parsed in sources.parse(&mut mistakes) {
            tables.add(parsed, Mode::Part, &mut mistakes);
        }
        let edition = resolve::edition(tables, &mut mistakes);
        mistakes.into_result(edition)
    }
}

impl Catalog {
    /// The catalogue that is built in.
    pub fn embedded() -> Result<Self, CatalogError> {
        Self::new(vec![Edition::load(&EditionSource::unified_enterprise_2023())?])
    }

    /// The embedded edition, with the files laid over it or set beside it in their order.
    /// Services nobody bought are judged by `default_edition`, else by the embedded one.
    pub fn with_files(files: &[CatalogFile], default_edition: Option<&str>) -> Result<Loaded, CatalogError> {
        Self::from_files(&EditionSource::unified_enterprise_2023(), files, default_edition)
    }

    /// The files alone, without the embedded edition. Services nobody bought are judged by `default_edition`, else by
    /// the first.
    pub fn of_files(files: &[CatalogFile], default_edition: Option<&str>) -> Result<Loaded, CatalogError> {
        Self::from_files(&EditionSource { files: Vec::new() }, files, default_edition)
    }

    fn from_files(
        embedded: &EditionSource,
        files: &[CatalogFile],
        default_edition: Option<&str>,
    ) -> Result<Loaded, CatalogError> {
        let mut sources = Sources::default();
        for (name, text) in &embedded.files {
            sources.push(name, text);
        }
        let mut unread = Vec::new();
        for CatalogFile { name, text } in files {
            match text {
                Ok(text) => sources.push(name, text),
                Err(why) => unread.push(Mistake { file: name.clone(), line: 0, message: why.clone() }),
            }
        }
        let loaded = load(&sources, embedded.files.len(), default_edition, unread.is_empty());
        match loaded {
            Ok(loaded) if unread.is_empty() => Ok(loaded),
            Ok(_) => Err(CatalogError { mistakes: unread }),
            Err(CatalogError { mistakes }) => Err(CatalogError { mistakes: [unread, mistakes].concat() }),
        }
    }
}

/// The first `embedded` files make the first edition, if there are any; each of the others is a whole edition or an
/// overlay.
fn load(
    sources: &Sources,
    embedded: usize,
    default_edition: Option<&str>,
    is_complete: bool,
) -> Result<Loaded, CatalogError> {
    let mut mistakes = Mistakes::new(sources);
    let mut parsed = sources.parse(&mut mistakes).into_iter();
    let mut first = Tables::default();
    for part in parsed.by_ref().take(embedded) {
        first.add(part, Mode::Part, &mut mistakes);
    }
    let mut all_tables = if embedded == 0 { Vec::new() } else { vec![first] };
    for file in parsed {
        place(file, &mut all_tables, &mut mistakes);
    }
    let mut changes = Vec::new();
    let mut editions = Vec::new();
    for mut tables in all_tables {
        changes.append(&mut tables.changes);
        editions.extend(resolve::edition(tables, &mut mistakes));
    }
    let default_row = match default_edition {
        None => Some(0),
        Some(id) => editions.iter().position(|edition| edition.id == id),
    };
    let unknown_default = default_edition.filter(|_| default_row.is_none() && mistakes.is_empty() && is_complete);
    if let Some(id) = unknown_default {
        let known: Vec<_> = editions.iter().map(|edition| format!("`{}`", edition.id)).collect();
        let message = format!("default_edition: there is no edition `{id}`; known are {}", known.join(", "));
        return Err(CatalogError::whole(message));
    }
    let warnings = mistakes.take_warnings(embedded);
    let editions = mistakes.into_result(Some(editions))?;
    let mut catalog = Catalog::new(editions)?;
    catalog.default_edition = default_row.unwrap_or_default();
    Ok(Loaded { catalog, changes, warnings })
}

/// Lays an overlay over its edition, or starts an edition of its own.
fn place<'i>(file: Parsed<'i>, all_tables: &mut Vec<Tables<'i>>, mistakes: &mut Mistakes<'i>) {
    let start = file.start;
    match (file.overlay(), file.table.contains_key("edition")) {
        (Some((at, Some(_))), true) => {
            mistakes.add(at, "a file is an overlay or has an `[edition]` of its own, not both")
        }
        (Some((at, Some(id))), false) => match all_tables.iter_mut().find(|tables| tables.id() == Some(&id)) {
            Some(tables) => tables.add(file, Mode::Overlay, mistakes),
            None => {
                let known = all_tables.iter().filter_map(Tables::id);
                let hint = match nearest(&id, known) {
                    Some(nearest) => hint(Some(&nearest)),
                    None => " among those before it".to_owned(),
                };
                mistakes.add(at, format!("an overlay onto `{id}`, and there is no such edition{hint}"));
            }
        },
        (Some((at, None)), _) => mistakes.add(at, "`overlay` is the id of an edition, in quotes"),
        (None, true) => {
            let mut tables = Tables::default();
            tables.add(file, Mode::Part, mistakes);
            match all_tables.iter().find(|other| other.id().is_some() && other.id() == tables.id()) {
                Some(other) => {
                    let id = tables.id().unwrap_or_default();
                    let place = mistakes.place(other.head_at());
                    let message =
                        format!("edition `{id}` is already at {place}; with `overlay = \"{id}\"` a file changes it");
                    mistakes.add(tables.head_at(), message);
                }
                None => all_tables.push(tables),
            }
        }
        (None, false) => mistakes.add(
            start,
            "neither an `[edition]` table nor, above all tables, `overlay = \"EDITION_ID\"`: a file has one of them",
        ),
    }
}

#[cfg(test)]
mod tests;

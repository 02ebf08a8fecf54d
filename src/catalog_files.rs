//! The catalogue with files of the provider's own, read from disk.

use std::path::Path;

use crate::catalog::{Catalog, CatalogError, CatalogFile, Loaded};
use crate::config::CatalogSettings;
use crate::input;

/// The embedded edition with the files laid over it or set beside it, in their order; without it where files stand
/// alone. Every mistake in them at once.
pub fn load(settings: &CatalogSettings) -> Result<Loaded, CatalogError> {
    let CatalogSettings { alone, files, default_edition, zoneinfo: _ } = settings;
    let read = |path: &Path| CatalogFile {
        name: path.display().to_string(),
        text: input::read_file(path).map_err(|why| why.to_string()),
    };
    let all: Vec<_> = alone.iter().chain(files).map(|path| read(path)).collect();
    let default_edition = default_edition.as_deref();
    if alone.is_empty() { Catalog::with_files(&all, default_edition) } else { Catalog::of_files(&all, default_edition) }
}

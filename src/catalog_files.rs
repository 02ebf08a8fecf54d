//! The catalogue with files of the provider's own, read from disk.

use std::path::Path;

use crate::catalog::{Catalog, CatalogError, CatalogFile, Loaded};
use crate::input;

/// The embedded edition with `files` laid over it or set beside it, in their order; every mistake in them at once.
pub fn load(files: &[impl AsRef<Path>], default_edition: Option<&str>) -> Result<Loaded, CatalogError> {
    let read = |path: &Path| CatalogFile {
        name: path.display().to_string(),
        text: input::read_file(path).map_err(|why| why.to_string()),
    };
    let files: Vec<_> = files.iter().map(|path| read(path.as_ref())).collect();
    Catalog::with_files(&files, default_edition)
}

//! `catalog validate`: the catalogue a server would have with these files, without a server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::catalog::{CatalogError, Edition, Loaded, Mistake, OverlayChange, Rule};
use crate::catalog_files;
use crate::cli::render::catalog;
use crate::cli::screen::{self, Tone};
use crate::cli::{CliContext, Failure, Format};
use crate::config::CatalogSettings;
use crate::legible;

/// Check editions and overlays before a server is given them; needs no server.
///
/// The files are laid over the embedded edition in their order, as `serve --catalog` does it:
/// an overlay stands behind the edition it changes. Every mistake is told with its file and
/// line; without any, what there is then, what the overlays change, and warnings of what does
/// nothing. Exit status: 1 if anything is wrong.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled catalog validate countries.toml
  entitled catalog validate edition.toml overlay.toml --output json
  entitled catalog validate --catalog-only edition.toml
  entitled catalog validate --explain term_expired"
)]
pub(super) struct Validate {
    /// The files, in the order a server is given them.
    #[arg(required_unless_present_any = ["alone", "explain"], value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A file that stands without the embedded edition, as with `serve --catalog-only`; several times.
    #[arg(id = "alone", long = "catalog-only", value_name = "FILE")]
    alone: Vec<PathBuf>,
    /// What a rule of clauses means: when it fails, who enforces it, what it reads and tells.
    #[arg(long, value_name = "RULE", conflicts_with_all = ["files", "alone"])]
    explain: Option<String>,
}

impl Validate {
    pub(super) fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        if let Some(name) = &self.explain {
            let rule = Rule::called(name).map_err(Failure::Usage)?;
            screen::write(&rule.explain())?;
            return Ok(ExitCode::SUCCESS);
        }
        let settings = CatalogSettings { alone: self.alone, files: self.files, ..CatalogSettings::default() };
        match catalog_files::load(&settings) {
            Ok(loaded) => {
                if context.format == Format::Table && !loaded.warnings.is_empty() {
                    screen::write_error(&lines(&loaded.warnings, Tone::Open, "warning:", context));
                }
                let text = match context.format {
                    Format::Table => catalog::loaded(&loaded, &context.screen),
                    Format::Json => pretty(&summary(&loaded))?,
                };
                screen::write(&text)?;
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                match context.format {
                    Format::Table => screen::write_error(&lines(&error.mistakes, Tone::Bad, "error:", context)),
                    Format::Json => screen::write(&pretty(&mistakes(&error))?)?,
                }
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn lines(mistakes: &[Mistake], tone: Tone, label: &str, context: &CliContext) -> String {
    let label = context.errors.paint(tone, label);
    // The name of the file is a stranger's, too.
    let told = mistakes.iter().map(|mistake| format!("{label} {}", legible::lines(&mistake.to_string())));
    told.collect::<Vec<_>>().join("\n")
}

fn told(mistakes: &[Mistake]) -> Vec<Value> {
    let mistake = |mistake: &Mistake| json!({ "file": mistake.file, "line": mistake.line, "message": mistake.message });
    mistakes.iter().map(mistake).collect()
}

fn pretty(value: &Value) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.into()))?;
    Ok(legible::json(&json).into_owned())
}

fn mistakes(error: &CatalogError) -> Value {
    json!({ "mistakes": told(&error.mistakes) })
}

fn summary(loaded: &Loaded) -> Value {
    let default = &loaded.catalog.default_edition().id;
    let edition = |edition: &Edition| {
        json!({
            "edition_id": edition.id,
            "is_default": edition.id == *default,
            "services": edition.services.len(),
            "clauses": edition.clauses.len(),
            "products": edition.products(),
        })
    };
    let change = |change: &OverlayChange| {
        json!({
            "file": change.file,
            "edition_id": change.edition_id,
            "noun": change.noun,
            "id": change.id,
            "fields": change.fields,
        })
    };
    json!({
        "mistakes": [],
        "warnings": told(&loaded.warnings),
        "editions": loaded.catalog.editions().iter().map(edition).collect::<Vec<_>>(),
        "changes": loaded.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

use std::process::ExitCode;

use clap::Args;

use super::{Failure, document, screen};

/// Print the JSON Schema of a document, by which editors complete and check it.
///
/// An editor with the YAML language server reads the line `# yaml-language-server: $schema=FILE` at the
/// top of a document; `entitled export` writes it.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled schema > contract.schema.json"
)]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        screen::write_raw(document::schema::text()?.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

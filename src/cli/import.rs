mod plan;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use prost_types::Timestamp;
use serde_json::json;
use tonic::{Code, Response, Status};
use uuid::Uuid;

use self::plan::Stored;
use super::client::Client;
use super::document::{self, Document, DocumentMistake};
use super::exit;
use super::places::Places;
use super::render::{changes, problem, status};
use super::screen::{self, Screen, Tone};
use super::values::When;
use super::{CliContext, Failure, Format, values};
use crate::error::MOST_VIOLATIONS;
use crate::input::{self, Unread};
use crate::legible::shown;
use crate::model::Zone;
use crate::proto::v1::{ApplyContractRequest, ApplyContractResponse};

/// What the server keeps of the name of a file, in characters.
const LONGEST_FILE_NAME: usize = 255;

/// Store customers and their work orders, one document per file.
///
/// A document holds one `customer` and its `work_orders`, in YAML or JSON, with the names of the
/// API. Quantities may be written short: `400h`, `5d`, `10 credits`; money as `310.00` or `310.00 SGD`
/// (a whole number is in minor units, such as cents, and a note tells which amount that is). Each document is stored whole
/// or not at all, and every mistake is told at once, with its line. The same document again
/// changes nothing. What differs from what is stored is refused, but with the etag that `--plan` told.
/// Exit status: 5 if any document was refused, 7 if it is not known of any
/// whether it was stored.
///
/// Only regular files and standard input are read, up to 8 MiB. With its aliases written out a
/// document has at most as much, and 500,000 values, each up to 64 KiB, on 64 levels.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled import examples/halden-mills.yaml --plan
  entitled import halden-mills.yaml --etag ETAG
  entitled import examples/*.yaml"
)]
pub(super) struct Import {
    /// The documents; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only check everything and show what would change, field by field, and the etag to apply it with.
    #[arg(long)]
    plan: bool,
    /// The etag that a plan told: what differs from what is stored is amended. Without it, it is refused.
    #[arg(long, value_name = "ETAG")]
    etag: Option<String>,
    /// When differences take effect (RFC 3339), or a day. Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    effective: Option<When>,
    /// Refuse what would only be warned of.
    #[arg(long)]
    strict: bool,
}

/// It needs no request id: a document says how everything is to be.
const REPEAT: &str = "import the same document again: what is stored already stays as it is";

/// A document and where it comes from.
#[derive(Debug)]
pub(super) struct SourceFile {
    name: String,
    pub document: Document,
}

impl SourceFile {
    pub(super) fn read(name: &str, text: &str) -> Result<Self, Vec<DocumentMistake>> {
        Ok(Self { name: shown(name).into_owned(), document: document::read(text)? })
    }

    fn request(&self, is_plan: bool) -> ApplyContractRequest {
        ApplyContractRequest {
            request_id: Uuid::now_v7().to_string(),
            validate_only: is_plan,
            provenance: Some(self.document.provenance(file_name(&self.name))),
            ..self.document.request.clone()
        }
    }
}

/// What became of the files so far.
#[derive(Default)]
struct Tally {
    files: usize,
    refused: usize,
    /// Nobody knows whether they were stored.
    unanswered: usize,
    counts: changes::ChangeCounts,
    /// The gravest exit status so far.
    exit: u8,
}

impl Tally {
    fn stored(&self) -> usize {
        self.files.saturating_sub(self.refused).saturating_sub(self.unanswered)
    }
}

impl Import {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        if self.etag.is_some() && self.files.len() > 1 {
            return Err(Failure::Usage("--etag is that of one customer: import one file with it".to_owned()));
        }
        let mut tally = Tally { files: self.files.len(), ..Tally::default() };
        let mut sources = Vec::new();
        for file in &self.files {
            match open(file) {
                Ok(source) => sources.push(source),
                Err(why) => {
                    tally.refused = tally.refused.saturating_add(1);
                    tally.exit = tally.exit.max(why.exit_status());
                    screen::write_error(&why.told(file, context));
                }
            }
        }
        if !sources.is_empty() {
            let connection = context.connect().await?;
            for source in sources {
                self.send(&connection, &source, context, &mut tally).await?;
            }
        }
        self.summary(context, &tally)?;
        Ok(ExitCode::from(tally.exit))
    }

    /// A day is read by the clocks of the host of the document's orders.
    fn effective_time(&self, document: &Document) -> Result<Option<Timestamp>, Failure> {
        let ApplyContractRequest { customer, work_orders, .. } = &document.request;
        let places = customer.as_ref().map(Places::of).unwrap_or_default();
        let zones: BTreeSet<&str> = work_orders.iter().map(|it| places.location(&it.host_location_id).name()).collect();
        let zone = work_orders.first().map_or(Zone::UTC, |order| places.location(&order.host_location_id));
        match self.effective {
            Some(When::Day(_)) if zones.len() > 1 => Err(Failure::Usage(
                "--effective: the document's orders date by different clocks; write an instant, such as \
                 `2026-06-01T00:00:00Z`"
                    .to_owned(),
            )),
            effective => Ok(effective.map(|it| it.at(zone))),
        }
    }

    async fn send(
        &self,
        connection: &Client,
        source: &SourceFile,
        context: &CliContext,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let effective_time = self.effective_time(&source.document)?;
        let stored = match self.plan {
            true => {
                let customer = source.document.request.customer.as_ref();
                Stored::read(connection, customer.map_or("", |it| it.customer_id.as_str()), effective_time).await?
            }
            false => Stored::default(),
        };
        let request = ApplyContractRequest {
            etag: self.etag.clone().unwrap_or_else(|| stored.customer.etag.clone()),
            effective_time,
            strict: self.strict,
            ..source.request(self.plan)
        };
        match connection.contracts().apply_contract(request).await.map(Response::into_inner) {
            Ok(answer) => {
                let differences = stored.differences(&source.document.request)?;
                let places = stored.places(&source.document.request);
                tally.counts.add(&answer.changes);
                for note in source.document.notes() {
                    screen::write_error(&match context.format {
                        Format::Table => format!("{}: note: {note}", source.name),
                        Format::Json => json!({"note": note, "file": source.name}).to_string(),
                    });
                }
                context.answer("entitled.v1.ApplyContractResponse", &answer, |answer, screen| {
                    changes::text(&source.name, answer, &differences, self.plan, &places, screen)
                })
            }
            Err(refusal) => {
                let is_refusal = status::is_refusal(&refusal);
                let count = if is_refusal { &mut tally.refused } else { &mut tally.unanswered };
                *count = count.saturating_add(1);
                let is_settled = is_refusal || self.plan;
                tally.exit = tally.exit.max(if is_settled { status::exit_status(&refusal) } else { exit::UNSETTLED });
                let line_of = |field: &str| source.document.line_of(field);
                let block = match context.format {
                    Format::Json => problem::of_file(&refusal, &source.name, line_of),
                    Format::Table => {
                        let block = if is_settled {
                            status::text(&refusal, &context.errors, line_of)
                        } else {
                            status::unsettled(&refusal, &context.errors, REPEAT)
                        };
                        format!("{}\n{block}\n", context.errors.paint(Tone::Heading, &source.name))
                    }
                };
                screen::write_error(&block);
                Ok(())
            }
        }
    }

    /// One line at the end, for people.
    fn summary(&self, context: &CliContext, tally: &Tally) -> io::Result<()> {
        match context.format {
            Format::Table => screen::write(&summary(tally, self.plan)),
            Format::Json => Ok(()),
        }
    }
}

fn summary(tally: &Tally, is_plan: bool) -> String {
    let Tally { files, refused, unanswered, counts, .. } = tally;
    let mut parts = Vec::new();
    match (counts.is_nothing(), is_plan) {
        (true, _) if tally.stored() == 0 => {}
        (true, true) => parts.push(format!("nothing would change: {}", counts.words())),
        (true, false) => parts.push(format!("nothing changed: {}", counts.words())),
        (false, true) => parts.push(format!("a plan, nothing was written: {}", counts.words())),
        (false, false) => parts.push(counts.words()),
    }
    let noun = if *files == 1 { "file" } else { "files" };
    for (count, word) in [(refused, "refused"), (unanswered, "without an answer")] {
        if *count > 0 {
            parts.push(format!("{count} of {files} {noun} {word}"));
        }
    }
    parts.join("; ")
}

/// Sends one document.
pub(super) async fn send(
    connection: &Client,
    source: &SourceFile,
    is_plan: bool,
) -> Result<ApplyContractResponse, Status> {
    Ok(connection.contracts().apply_contract(source.request(is_plan)).await?.into_inner())
}

/// The name of a file without its folders: where it lies is nobody else's business.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy());
    name.chars().take(LONGEST_FILE_NAME).collect()
}

/// Why a file cannot be sent.
enum Unreadable {
    File(Unread),
    Document(Vec<DocumentMistake>),
}

impl Unreadable {
    fn exit_status(&self) -> u8 {
        match self {
            Self::File(_) => exit::FAILED,
            Self::Document(_) => exit::REFUSED,
        }
    }

    fn told(&self, file: &Path, context: &CliContext) -> String {
        let name = file.display().to_string();
        match (context.format, self) {
            (Format::Table, _) => self.text(file, &context.errors),
            (Format::Json, Self::Document(mistakes)) => problem::of_mistakes(&name, mistakes),
            (Format::Json, Self::File(why)) => {
                let status = problem::own(Code::Unknown, &why.to_string(), "FILE_UNREADABLE", &[]);
                problem::of_file(&status, &name, |_| None)
            }
        }
    }

    fn text(&self, file: &Path, errors: &Screen) -> String {
        let name = errors.paint(Tone::Heading, &shown(&file.display().to_string()));
        let error = errors.paint(Tone::Bad, "error:");
        match self {
            Self::File(why) => {
                let way = if matches!(why, Unread::NotAFile(_)) { "; `-` reads standard input" } else { "" };
                format!("{name}\n{error} {}{way}\n", shown(&why.to_string()))
            }
            Self::Document(mistakes) => {
                let count = match mistakes.len() {
                    1 => "1 mistake".to_owned(),
                    MOST_VIOLATIONS.. => format!("at least {MOST_VIOLATIONS} mistakes"),
                    count => format!("{count} mistakes"),
                };
                format!("{name}\n{error} {count}; nothing was sent\n\n{}\n", changes::mistakes(mistakes, errors))
            }
        }
    }
}

fn open(file: &Path) -> Result<SourceFile, Unreadable> {
    let text = if file == Path::new("-") { input::read(io::stdin().lock()) } else { input::read_file(file) };
    let text = text.map_err(Unreadable::File)?;
    SourceFile::read(&file.display().to_string(), &text).map_err(Unreadable::Document)
}

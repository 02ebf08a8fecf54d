//! Clauses that decided, are open, or are worth telling.

use comfy_table::Cell;

use super::words;
use crate::cli::acts::{Acts, EXCEPTIONS};
use crate::cli::screen::{Screen, Tone, align, keep_whole};
use crate::proto::v1::{Reason, Remedy, RemedyKind};

/// What a table of reasons is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasonKind {
    Failed,
    Open,
}

/// What is worth telling: the words below their code, which may be long.
pub(crate) fn notes(screen: &Screen, notes: &[Reason]) -> String {
    let mut table = screen.table(&["Notes", ""]);
    for note in notes {
        let words = format!("{}\n{}", note.code, note.message);
        table.add_row([screen.cell(Tone::Quiet, &note.clause), Cell::new(words)]);
    }
    keep_whole(&mut table, &[0]);
    screen.laid_out(table)
}

/// The request fields and the flags of `check` that fill them.
const FLAGS: [(&str, &str); 19] = [
    ("customer_id", "--customer"),
    ("location_id", "--location"),
    ("product_id", "--product"),
    ("service_id", "--service"),
    ("check_time", "--at"),
    ("severity", "--severity"),
    ("channel", "--channel"),
    ("language", "--language"),
    ("contact_id", "--contact"),
    ("tenant_id", "--tenant"),
    ("activity", "--activity"),
    ("quantity", "--quantity"),
    ("delivery", "--delivery-start, --delivery-end"),
    ("delivery.start_time", "--delivery-start"),
    ("delivery.end_time", "--delivery-end"),
    ("delivery.mode", "--delivery-mode"),
    ("delivery.requested_time", "--requested"),
    ("delivery.confirmed_time", "--confirmed"),
    ("delivery.solution_ids", "--solution"),
];
const CLOSED: (&str, &str) = ("incident_close_time", "--closed");

/// What is said where the renewal that is told beside it comes first.
const ASK_AGAIN: &str = "Ask again once the order is renewed.";

/// Where a command stands, which is there for copying and is not broken.
const COMMAND: &str = "\u{e000}\u{e001}";

/// A heading and, per clause, its code and section beside its words, what would change it and the command that does.
///
/// `codes` are those of every table beside this one, so that their columns stand in line.
pub(crate) fn table<'a>(
    screen: &Screen,
    kind: ReasonKind,
    reasons: &[Reason],
    acts: &Acts,
    codes: impl Iterator<Item = &'a str>,
) -> String {
    let (heading, tone) = match kind {
        ReasonKind::Failed => ("Why not", Tone::Bad),
        ReasonKind::Open => ("Still open", Tone::Open),
    };
    let mut table = screen.table(&[heading, "section", ""]);
    let mut commands = Vec::new();
    for reason in reasons {
        let words = match remedy(kind, reason) {
            Some(remedy) => match acts.command(reason) {
                // A terminal shows it as wide as it is.
                Some(command) if screen.is_terminal => format!("{}\n→ {remedy}\n{command}", reason.message),
                Some(command) => {
                    commands.push(command);
                    format!("{}\n→ {remedy}\n{COMMAND}", reason.message)
                }
                None if acts.waits_for_renewal(reason) => format!("{}\n→ {remedy}\n{ASK_AGAIN}", reason.message),
                None => format!("{}\n→ {remedy}", reason.message),
            },
            None => reason.message.clone(),
        };
        table.add_row([screen.cell(tone, &reason.code), Cell::new(&reason.clause), Cell::new(words.trim())]);
    }
    align(&mut table, 0, codes);
    commands.iter().fold(screen.laid_out(table), |text, command| text.replacen(COMMAND, command, 1))
}

/// What would change it: the server's words, or where it has none, the bare facts; and the flag.
fn remedy(kind: ReasonKind, reason: &Reason) -> Option<String> {
    let remedy = reason.remedy.as_ref()?;
    let words = if remedy.message.is_empty() { bare(remedy)? } else { remedy.message.clone() };
    let Some(flag) = flag(remedy).filter(|flag| !words.contains(flag)) else { return Some(words) };
    let add = if kind == ReasonKind::Open { "add " } else { "" };
    Some(format!("{} ({add}{flag}).", words.trim_end_matches('.')))
}

fn flag(remedy: &Remedy) -> Option<&'static str> {
    let concerns_request = matches!(remedy.kind(), RemedyKind::ChangeRequest | RemedyKind::WaitUntil);
    let mut flags = FLAGS.iter().chain([&CLOSED]);
    flags.find(|(field, _)| concerns_request && *field == remedy.field).map(|(_, flag)| *flag)
}

fn bare(remedy: &Remedy) -> Option<String> {
    let verb = match remedy.kind() {
        RemedyKind::Buy => "buy",
        RemedyKind::Renew => "renew",
        RemedyKind::WaitUntil => "wait until",
        RemedyKind::DesignateLocation => "designate",
        RemedyKind::AddProduct if remedy.field == EXCEPTIONS => "except no longer",
        RemedyKind::AddProduct => "add product",
        RemedyKind::AddQuantity => "add quantity",
        RemedyKind::RecordWaiver => "record a waiver",
        RemedyKind::ChangeRequest => "ask with another",
        RemedyKind::None | RemedyKind::Unspecified => return None,
    };
    let what = if remedy.kind() == RemedyKind::ChangeRequest { &remedy.field } else { &remedy.value };
    let place = words::item(&remedy.work_order_id, &remedy.item_id);
    let place = if place.is_empty() { place } else { format!("on {place}") };
    Some([verb, what, &place].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

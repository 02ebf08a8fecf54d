//! What a document holds, of the descriptors and their comments.

use prost_reflect::{EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor};

use crate::cli::reflect;

/// What a document may hold; the rest of the request is the call's own.
pub(super) const PARTS: [&str; 2] = ["customer", "work_orders"];
/// The fields that hold money, though their values are numbers.
const MONEY: [&str; 2] = ["unit_price", "flex_allowance"];
/// The fields that hold dates, though their values are texts.
const DATES: [&str; 4] = ["start_date", "end_date", "signed_date", "holidays"];
/// How the comment of a field begins that requests do not set.
const OUTPUT_ONLY: &str = "Output only";
/// By which the comment of a field says that a document must have it.
const REQUIRED: [&str; 3] = ["Required.", "Required, ", "Required: "];

pub(super) const TIMESTAMP: &str = "google.protobuf.Timestamp";
pub(super) const QUANTITY: &str = "entitled.v1.Quantity";

pub(super) fn is_money(field: &str) -> bool {
    MONEY.contains(&field)
}

pub(super) fn is_date(field: &str) -> bool {
    DATES.contains(&field)
}

pub(super) fn is_output_only(field: &FieldDescriptor) -> bool {
    of_field(field).starts_with(OUTPUT_ONLY)
}

pub(super) fn is_required(field: &FieldDescriptor) -> bool {
    let comment = of_field(field);
    REQUIRED.iter().any(|word| comment.contains(word))
}

/// Whether a list has one row at least, as its comment says: `1 to 1,000`.
pub(super) fn is_never_empty(field: &FieldDescriptor) -> bool {
    let comment = of_field(field);
    is_required(field) || (comment.contains("1 to ") && !comment.contains("1 to 64"))
}

/// The fields of a message that a document writes, in the order of the proto.
pub(super) fn fields(message: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    message.fields().filter(|field| !is_output_only(field))
}

/// The values of an enum without their prefix, and what each means.
pub(super) fn values(values: &EnumDescriptor) -> Vec<(String, String)> {
    let prefix = reflect::prefix(values);
    let known = values.values().filter(|value| value.number() != 0);
    let file = values.parent_file();
    known.map(|value| (value.name().trim_start_matches(&prefix).to_owned(), comment(&file, value.path()))).collect()
}

pub(super) fn of_field(field: &FieldDescriptor) -> String {
    comment(&field.parent_file(), field.path())
}

pub(super) fn of_message(message: &MessageDescriptor) -> String {
    comment(&message.parent_file(), message.path())
}

/// The comment before an element, on one line.
fn comment(file: &FileDescriptor, place: &[i32]) -> String {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let location = source.and_then(|source| source.location.iter().find(|location| location.path == place));
    let comment = location.and_then(|location| location.leading_comments.as_deref()).unwrap_or_default();
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! `docs/API.md`, of the descriptors that the server reflects.

use std::collections::BTreeSet;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ServiceDescriptor};

use super::comments::{PACKAGE, cell, paragraphs, pool};

pub(super) const PAGE: &str = "docs/API.md";

const INTRODUCTION: &str = "# API reference

`make docs` writes this page from [`proto/entitled/v1`](../proto/entitled/v1): change it there. [CLIENTS.md](CLIENTS.md) says
how to call it, [ERRORS.md](ERRORS.md) what a client can be refused for.

The role is the one that the caller needs, where callers have to sign in; see [OPERATIONS.md](OPERATIONS.md#identity).
";

pub(super) fn page() -> String {
    let pool = pool();
    let mut services: Vec<_> = pool.services().filter(|service| service.package_name() == PACKAGE).collect();
    let mut messages: Vec<_> = pool.all_messages().filter(is_own_message).collect();
    let mut enums: Vec<_> = pool.all_enums().filter(|kind| kind.package_name() == PACKAGE).collect();
    services.sort_by(|one, other| one.full_name().cmp(other.full_name()));
    messages.sort_by(|one, other| one.full_name().cmp(other.full_name()));
    enums.sort_by(|one, other| one.full_name().cmp(other.full_name()));

    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| service | calls |\n|---|---|\n");
    page.extend(services.iter().map(overview));
    page.extend(services.iter().map(service));
    page.push_str("\n## Messages\n");
    page.extend(messages.iter().map(message));
    page.push_str("\n## Enums\n");
    page.extend(enums.iter().map(enumeration));
    page
}

fn is_own_message(message: &MessageDescriptor) -> bool {
    message.package_name() == PACKAGE && !message.is_map_entry()
}

/// Without the package.
fn own_name(full_name: &str) -> &str {
    full_name.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('.')).unwrap_or(full_name)
}

/// A link to the heading of a type of this API; a type of others is a name.
fn link(full_name: &str) -> String {
    let name = own_name(full_name);
    if name == full_name { format!("`{name}`") } else { format!("[{name}](#{})", slug(name)) }
}

/// As GitHub makes the anchor of a heading.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

fn overview(service: &ServiceDescriptor) -> String {
    let calls: Vec<_> =
        service.methods().map(|method| format!("[{0}](#{1})", method.name(), slug(method.name()))).collect();
    format!("| [{0}](#{1}) | {2} |\n", service.name(), slug(service.name()), calls.join(", "))
}

fn service(service: &ServiceDescriptor) -> String {
    let text = paragraphs(&service.parent_file(), service.path()).join("\n\n");
    let mut section = format!("\n## {}\n\n{text}\n", service.name());
    section.extend(service.methods().map(|method| call(&method)));
    section
}

fn call(method: &MethodDescriptor) -> String {
    let text = paragraphs(&method.parent_service().parent_file(), method.path()).join("\n\n");
    let (input, output) = (link(method.input().full_name()), link(method.output().full_name()));
    let stream = if method.is_server_streaming() { "a stream of " } else { "" };
    let role = required_role(method);
    format!("\n### {}\n\n{input} → {stream}{output} · role: {role}\n\n{text}\n", method.name())
}

fn required_role(method: &MethodDescriptor) -> String {
    let option = method.parent_pool().get_extension_by_name("entitled.v1.required_role").unwrap();
    let options = method.options();
    if !options.has_extension(&option) {
        return "any".to_owned();
    }
    let number = options.get_extension(&option).as_enum_number().unwrap();
    let kind = option.kind();
    let value = kind.as_enum().unwrap().get_value(number).unwrap();
    format!("[`{}`](#role)", value.name())
}

fn message(message: &MessageDescriptor) -> String {
    let text = paragraphs(&message.parent_file(), message.path()).join("\n\n");
    let mut section = format!("\n### {}\n\n{text}\n", own_name(message.full_name()));
    if message.fields().len() > 0 {
        section.push_str("\n| | field | type | meaning |\n|--:|---|---|---|\n");
        section.extend(message.fields().map(|each| field(&each)));
    }
    section
}

fn field(field: &FieldDescriptor) -> String {
    let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
    let oneof = oneof.map(|oneof| format!(", one of `{}`", oneof.name())).unwrap_or_default();
    let label = match (field.is_map(), field.is_list(), field.field_descriptor_proto().proto3_optional()) {
        (true, ..) => map(field),
        (_, true, _) => format!("repeated {}", kind(&field.kind())),
        (.., true) => format!("optional {}", kind(&field.kind())),
        _ => kind(&field.kind()),
    };
    let meaning = cell(&field.parent_file(), field.path());
    format!("| {} | `{}` | {label}{oneof} | {meaning} |\n", field.number(), field.name())
}

fn map(field: &FieldDescriptor) -> String {
    let kind_of_entry = field.kind();
    let entry = kind_of_entry.as_message().unwrap();
    format!("map of {} to {}", kind(&entry.map_entry_key_field().kind()), kind(&entry.map_entry_value_field().kind()))
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => link(message.full_name()),
        Kind::Enum(values) => link(values.full_name()),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

fn enumeration(values: &EnumDescriptor) -> String {
    let file = values.parent_file();
    let text = paragraphs(&file, values.path()).join("\n\n");
    let mut section =
        format!("\n### {}\n\n{text}\n\n| | value | meaning |\n|--:|---|---|\n", own_name(values.full_name()));
    section.extend(
        values
            .values()
            .map(|value| format!("| {} | `{}` | {} |\n", value.number(), value.name(), cell(&file, value.path()))),
    );
    section
}

/// Every link within the page has its heading, and no two headings share an anchor.
#[test]
fn links_lead_somewhere() {
    let page = page();
    let headings: Vec<_> = page.lines().filter(|line| line.starts_with('#')).collect();
    let anchors: BTreeSet<_> = headings.iter().map(|line| slug(line.trim_start_matches(['#', ' ']))).collect();
    assert_eq!(anchors.len(), headings.len());
    let links: BTreeSet<_> = page.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()).collect();
    assert!(links.len() > 100, "{links:?}");
    assert_eq!(links.difference(&anchors).collect::<Vec<_>>(), Vec::<&String>::new());
}

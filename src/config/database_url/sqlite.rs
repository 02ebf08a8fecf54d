//! A URL of SQLite, read as the driver reads it.

use percent_encoding::percent_decode_str;

use super::parameter::{self, Parameter};

/// A server writes, and several connections read what it wrote: what forbids that is refused.
const KNOWN: [Parameter; 4] = [
    Parameter {
        name: "mode",
        check: |value| match value {
            "rwc" => Ok(()),
            "ro" => no("a server writes: a database cannot be read-only"),
            "memory" => no("a database in memory is lost at the end, and connections do not share it: name a file"),
            _ => no("expected `rwc`: the file is written, and made where there is none"),
        },
    },
    Parameter {
        name: "cache",
        check: |value| match value {
            "private" => Ok(()),
            _ => no("expected `private`: with a shared cache readers wait for writers"),
        },
    },
    Parameter {
        name: "immutable",
        check: |value| match value {
            "false" | "0" => Ok(()),
            _ => no("expected `false`: a server writes"),
        },
    },
    Parameter { name: "vfs", check: |_| no("only the usual one is taken: others may lock nothing, or keep nothing") },
];

fn no(why: &str) -> Result<(), String> {
    Err(why.to_owned())
}

/// As the driver takes it apart.
pub(super) fn path_and_parameters(url: &str) -> (&str, &str) {
    let rest = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
    rest.split_once('?').unwrap_or((rest, ""))
}

pub(super) fn check((path, parameters): (&str, &str)) -> Result<(), String> {
    parameter::check(parameters, &KNOWN)?;
    let path = percent_decode_str(path).decode_utf8();
    let path = path.map_err(|_| "the path of the database is no UTF-8 text, percent-decoded")?;
    if path.is_empty() {
        return no("expected the path of a file behind `sqlite:`");
    }
    if path.contains('\0') {
        return no("a path has no byte zero");
    }
    // Either SQLite takes for something else than a path.
    if path.contains(":memory:") {
        return no("a database in memory is lost at the end, and connections do not share it: name a file");
    }
    if path.starts_with("file:") {
        return no("expected a path behind `sqlite:`, not another URL");
    }
    Ok(())
}

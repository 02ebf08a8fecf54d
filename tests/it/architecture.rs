//! The pure rooms import nothing but each other, and their files never each other in a circle: whoever reads one
//! file then knows which to read before it.
//!
//! A name counts as imported from the file that defines it, whichever module hands it on. Tests are left out.

mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;

use self::source::{File, Import};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
const ROOMS: [&str; 5] = ["catalog", "engine", "ledger", "model", "purchase"];
/// What lies below the rooms.
const BELOW: [&str; 4] = ["error", "input", "legible", "suggest"];
const CRATES: [&str; 7] = ["chrono", "chrono_tz", "serde", "sha2", "std", "toml", "uuid"];

#[test]
fn no_files_of_the_pure_rooms_import_each_other_in_a_circle() {
    let circles = circles(&Rooms::read());
    assert!(circles.is_empty(), "import circles:\n{}", circles.join("\n"));
}

#[test]
fn a_pure_room_imports_pure_rooms_alone() {
    let rooms = Rooms::read();
    assert!(rooms.files.len() > 50, "found {} files", rooms.files.len());
    for (module, file) in &rooms.files {
        for import in &file.imports {
            if let Some(outside) = rooms.outside(module, import) {
                let is_allowed = BELOW.contains(&outside) || import.is_use && CRATES.contains(&outside);
                assert!(is_allowed, "{module} imports {}", import.path.join("::"));
            }
        }
    }
}

#[test]
fn a_circle_is_found_whichever_module_hands_the_name_on() {
    let of = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(module, text)| ((*module).to_owned(), File::new(text)));
        circles(&Rooms { files: files.collect() })
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
    fn read() -> Self {
        let mut rooms = Self { files: BTreeMap::new() };
        let mut unread: Vec<String> = ROOMS.map(str::to_owned).into();
        while let Some(module) = unread.pop() {
            let path = format!("{SOURCES}/{}.rs", module.replace("::", "/"));
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

    /// The crate, or the module of this one, that a path leads to outside the rooms.
    fn outside<'i>(&self, module: &str, import: &'i Import) -> Option<&'i str> {
        match self.start(module, &import.path) {
            None => import.path.first().filter(|_| import.is_use).map(String::as_str),
            Some((at, rest)) if at.is_empty() => rest.first().map(String::as_str).filter(|room| !ROOMS.contains(room)),
            Some(_) => None,
        }
    }
}

/// Each as `a -> b -> a`, the shortest through its first file.
fn circles(rooms: &Rooms) -> Vec<String> {
    let imported = |(module, file): (&String, &File)| {
        let found: BTreeSet<String> =
            file.imports.iter().filter_map(|import| rooms.file_of(module, &import.path)).collect();
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

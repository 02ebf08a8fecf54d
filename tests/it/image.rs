//! The image is not built here. What its build reads has to be in its context, and what it copies has to exist;
//! `make lint` has hadolint look at the rest.

use std::path::{Component, Path, PathBuf};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: impl AsRef<Path>) -> String {
    std::fs::read_to_string(project().join(file)).unwrap()
}

/// What `.dockerignore` lets in: everything is left out, but for the paths after `!`.
fn let_in() -> Vec<String> {
    let text = read(".dockerignore");
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(lines.next(), Some("*"));
    lines.map(|line| line.strip_prefix('!').unwrap().to_owned()).collect()
}

fn is_let_in(path: &Path) -> bool {
    let_in().iter().any(|allowed| path.starts_with(allowed))
}

/// The instructions of the Dockerfile, each on one line.
fn instructions() -> Vec<String> {
    let text = read("Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Without `..`: a path from the root of the project.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => assert!(plain.pop()),
            Component::CurDir => {}
            component => plain.push(component),
        }
    }
    plain
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(project().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn what_is_let_into_the_build_exists() {
    for path in let_in() {
        assert!(project().join(&path).exists(), "{path}");
    }
}

#[test]
fn the_build_gets_every_file_it_reads() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let members = members.iter().map(|member| PathBuf::from(member.as_str().unwrap()).join("Cargo.toml"));
    // cargo looks for every bench that is named.
    let benches = manifest["bench"].as_array().unwrap().iter().map(|bench| {
        let file = format!("benches/{}.rs", bench["name"].as_str().unwrap());
        PathBuf::from(bench.get("path").map_or(file.as_str(), |path| path.as_str().unwrap()))
    });
    let named =
        ["Cargo.lock", "build.rs", "proto/entitled/v1", "LICENSE", "scripts/strip.sh", "scripts/third_party.py"];
    let mut needed: Vec<_> = members.chain(benches).chain(named.map(PathBuf::from)).collect();

    let mut sources = Vec::new();
    for folder in ["src", "core/src", "migrations/src"] {
        rust_files(Path::new(folder), &mut sources);
    }
    // Tests are not compiled there.
    let is_test =
        |path: &PathBuf| path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"));
    for source in sources.iter().filter(|path| !is_test(path)) {
        let text = read(source);
        for included in ["include_str!(\"", "include_bytes!(\""].iter().flat_map(|name| text.split(name).skip(1)) {
            let included = included.split('"').next().unwrap();
            needed.push(source.parent().unwrap().join(included));
        }
    }
    let needed: Vec<_> = needed.iter().map(|path| plain(path)).collect();
    assert!(
        needed.iter().any(|path| path.starts_with("examples")),
        "the samples of `serve --demo` are found: {needed:?}"
    );
    let missing: Vec<_> = needed.iter().filter(|path| !is_let_in(path) || !project().join(path).exists()).collect();
    assert!(missing.is_empty(), "not in the context of the image: {missing:?}");
}

#[test]
fn what_is_copied_into_the_image_was_made_before() {
    let instructions = instructions();
    let made: Vec<_> = instructions.iter().filter(|line| line.starts_with("RUN ")).cloned().collect();
    let made = made.join(" ");
    let copies: Vec<_> = instructions.iter().filter_map(|line| line.strip_prefix("COPY ")).collect();
    assert_eq!(copies.len(), 6, "{copies:?}");
    for copy in copies {
        let (flags, words): (Vec<_>, Vec<_>) = copy.split(' ').partition(|word| word.starts_with("--"));
        let [sources @ .., _] = words.as_slice() else { panic!("{copy}") };
        match flags.iter().find_map(|flag| flag.strip_prefix("--from=")) {
            // The stage exists, and a command in a stage before named the file.
            Some(stage) => {
                assert!(
                    instructions
                        .iter()
                        .any(|line| line.starts_with("FROM ") && line.ends_with(&format!(" AS {stage}")))
                );
                for source in sources {
                    let name = source.strip_prefix("/source/").unwrap_or(source);
                    let folder = name.rsplit_once('/').map_or(name, |(folder, _)| folder);
                    assert!(made.contains(name) || made.contains(&format!("{folder}/ ")), "{copy}");
                }
            }
            None => assert!(sources.iter().all(|source| project().join(source).exists()), "{copy}"),
        }
    }
}

#[test]
fn the_image_runs_as_the_chart_expects() {
    let instructions = instructions();
    let last = instructions.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    let image = &instructions[last..];
    for line in ["USER 65532:65532", "VOLUME /data", "ENTRYPOINT [\"entitled\"]", "CMD [\"serve\"]", "EXPOSE 50051"] {
        assert!(image.iter().any(|instruction| instruction == line), "{line}");
    }
    assert!(!image.iter().any(|line| line.starts_with("RUN ")), "there is no shell in it");
    for label in ["title", "description", "licenses", "version", "revision"] {
        assert!(image.iter().any(|line| line.contains(&format!("org.opencontainers.image.{label}="))), "{label}");
    }
}

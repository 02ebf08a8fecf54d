//! The built program is given files of strangers: it ends soon, in little memory, and writes
//! nothing to a terminal that acts on it.

use std::path::Path;
use std::process::{Command, Output};

/// Runs in less memory than any of these files would take, and in bounded time. An address nobody
/// answers at: none of them gets as far as a server.
fn entitled(arguments: &[&str]) -> Output {
    let limited = "ulimit -v 4000000; exec timeout 60 \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_entitled")]).args(arguments);
    command.env("ENTITLED_ADDRESS", "http://127.0.0.1:1").output().unwrap()
}

/// What is told of a file that is refused.
fn refused(arguments: &[&str]) -> String {
    let output = entitled(arguments);
    let told = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2 | 5)), "{:?}: {told}", output.status);
    let control = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
    assert!(!told.contains(control), "{told:?}");
    assert!(told.len() < 10_000, "{} bytes", told.len());
    told
}

fn write<'a>(path: &'a Path, text: &str) -> &'a str {
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap()
}

#[test]
fn a_document_that_is_a_bomb_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bomb.yaml");
    let import = |text: &str| refused(&["import", write(&file, text), "--output", "table"]);
    let aliases = vec!["*a"; 100_000].join(",");
    assert!(import(&format!("a: &a {}\nb: [{aliases}]\n", "x".repeat(200_000))).contains("too long"));
    assert!(import(&format!("a: &a {}\nb: [{aliases}]\n", "x".repeat(60_000))).contains("too large"));
    assert!(import(&format!("customer: {}\n", "x".repeat(2_000_000))).contains("too long"));
    assert!(import(&format!("customer: {}\n", "x".repeat(8 << 20))).contains("larger than 8 MiB"));
    assert!(import(&"[".repeat(1_000_000)).contains("1 mistake"));
    let keys: String = (0..200_000).map(|number| format!("k{number}: 1\n")).collect();
    let output = entitled(&["import", write(&file, &keys), "--output", "json"]);
    assert_eq!(output.status.code(), Some(5));
    let told: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    let details = told["details"].as_array().unwrap();
    let bad = details.iter().find(|it| it["@type"].as_str().unwrap().ends_with(".BadRequest")).unwrap();
    assert_eq!(bad["field_violations"].as_array().unwrap().len(), 1_000);
}

#[test]
fn escape_sequences_of_a_file_and_of_its_name_are_told_by_code_point() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("\u{1b}[31m\u{202e}.yaml");
    let evil = "customer: {\"\\e]0;OWNED\\a\\e[2J\\e[31mFORGED\\e[0m\": 1}\n";
    let told = refused(&["import", write(&file, evil)]);
    assert!(told.contains(r"\u{1b}]0;OWNED\u{7}\u{1b}[2J") && told.contains(r"\u{1b}[31m\u{202e}.yaml"), "{told}");
    let toml = "\"\\u001b[2JFORGED\" = 1\n";
    for command in [["catalog", "validate"], ["serve", "--catalog"], ["serve", "--config"]] {
        refused(&[command[0], command[1], write(&file, toml)]);
    }
    refused(&["check", "--severity", "\u{1b}[2J"]);
}

#[test]
fn only_regular_files_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (pipe, directory) = (pipe.to_str().unwrap(), directory.path().to_str().unwrap());
    for (file, kind) in [("/dev/zero", "a device"), (pipe, "a pipe"), (directory, "a directory")] {
        for command in [&["import"][..], &["catalog", "validate"], &["serve", "--catalog"], &["serve", "--config"]] {
            let told = refused(&[command, &[file]].concat());
            assert!(told.contains(&format!("this is {kind}; only regular files are read")), "{command:?}: {told}");
        }
    }
    let told = refused(&["import", "/etc/passwd"]);
    assert!(told.contains("found text") && !told.contains("root"), "{told}");
}

#[test]
fn standard_input_is_read_to_a_limit() {
    let script = "ulimit -v 4000000; yes | timeout 60 \"$0\" import -";
    let output = Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_entitled")]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("larger than 8 MiB"), "{told}");
}

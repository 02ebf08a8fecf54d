use std::ffi::{OsStr, OsString};

use clap::Command;
use clap_complete::engine;

use super::*;

/// How the last word may go on.
fn continued(line: &str) -> Vec<String> {
    let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    let last = words.len() - 1;
    let found = engine::complete(&mut command(), words, last, None).unwrap();
    found.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
}

#[test]
fn commands_flags_and_ids_of_the_catalogue_are_completed() {
    assert_eq!(continued("entitled che"), ["check"]);
    assert!(continued("entitled check --loc").contains(&"--location".to_owned()));
    assert_eq!(continued("entitled check --service rapid"), ["rapid-response"]);
    assert!(continued("entitled list --product azure/").iter().all(|id| id.starts_with("azure/")));
    assert_eq!(continued("entitled hours consume --service enhanced-d"), ["enhanced-designated-engineering"]);
    assert_eq!(continued("entitled list --group base"), ["base-package"]);
}

#[test]
fn where_no_server_answers_no_customer_is_completed() {
    assert_eq!(ids::customers(OsStr::new("")), Vec::new());
    assert_eq!(ids::locations(OsStr::new("")), Vec::new());
}

#[test]
fn every_flag_that_takes_an_id_of_a_customer_or_service_completes_it() {
    fn look(command: &Command, seen: &mut usize) {
        for argument in command.get_arguments() {
            if matches!(argument.get_long(), Some("customer" | "location" | "service" | "product" | "group")) {
                assert!(argument.get::<ArgValueCompleter>().is_some(), "{}: {argument}", command.get_name());
                *seen += 1;
            }
        }
        command.get_subcommands().for_each(|command| look(command, seen));
    }
    let mut seen = 0;
    look(&command(), &mut seen);
    assert!(seen >= 20, "{seen}");
}

#[test]
fn the_server_is_the_one_the_line_names() {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let flags = ids::server_flags(&words("entitled -- entitled --address=x:1 check --ca a.pem --insecure --customer"));
    assert_eq!((flags.address.as_str(), flags.ca, flags.insecure), ("x:1", Some("a.pem".into()), true));
}

//! Settings as the built program takes them from its environment.

use std::process::{Command, Output};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["60", env!("CARGO_BIN_EXE_entitled")]).args(arguments).envs(variables.iter().copied());
    command.output().unwrap()
}

#[test]
fn a_variable_nobody_reads_refuses_the_start_but_no_client() {
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate", "--dry-run"]] {
        let variables = [("ENTITLED_MAX_STALENES", "s3cret"), ("ENTITLED_TOKEN", "s3cret"), ("ENTITLED_ADDRESS", "x")];
        let output = run(command, &variables);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        let expected = "error: there is no variable `ENTITLED_MAX_STALENES`; did you mean `ENTITLED_MAX_STALENESS`?\n";
        assert_eq!(told, expected);
    }
    let output = run(&["catalog", "validate", "/dev/null"], &[("ENTITLED_MAX_STALENES", "1s")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_setting_out_of_its_range_refuses_the_start() {
    for (variable, value) in [
        ("ENTITLED_MAX_STALENESS", "18446744073709551615ms"),
        ("ENTITLED_MAX_STALENESS", "0s"),
        ("ENTITLED_DRAIN_TIMEOUT", "11m"),
        ("ENTITLED_LEDGER_GRACE", "367d"),
        ("ENTITLED_MAX_CONNECTIONS", "0"),
    ] {
        let output = run(&["serve", "--listen", "127.0.0.1:0"], &[(variable, value)]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with(&format!("error: {variable}: expected a ")), "{told}");
    }
}

#[test]
fn the_help_shows_no_value_of_the_environment() {
    let output =
        run(&["check", "--help"], &[("ENTITLED_ADDRESS", "http://s3cret\u{1b}[2J"), ("ENTITLED_TOKEN", "s3cret")]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("ENTITLED_ADDRESS") && !told.contains("s3cret") && !told.contains('\u{1b}'), "{told}");
}

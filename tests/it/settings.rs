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

#[test]
fn the_settings_are_shown_with_their_origin_and_without_their_secrets() {
    let variables = [("ENTITLED_DATABASE_URL", "postgres://me:s3cret@db/e"), ("ENTITLED_MAX_CALLS", "7")];
    let arguments = ["config", "show", "--output", "json", "--listen", "127.0.0.1:7"];
    let output = run(&arguments, &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!told.contains("s3cret"), "{told}");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&told).unwrap();
    let row = |key: &str| rows.iter().find(|row| row["key"] == key).unwrap();
    assert_eq!(
        (&row("database")["value"], &row("database")["origin"]),
        (&"postgres://…".into(), &"ENTITLED_DATABASE_URL".into())
    );
    assert_eq!((&row("max_calls")["value"], &row("max_calls")["origin"]), (&"7".into(), &"ENTITLED_MAX_CALLS".into()));
    assert_eq!((&row("listen")["value"], &row("listen")["origin"]), (&"127.0.0.1:7".into(), &"--listen".into()));
    assert_eq!((&row("log")["origin"], &row("metrics_listen")["value"]), (&"default".into(), &serde_json::Value::Null));
    let table = run(&["config", "show", "--output", "table"], &variables);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("ENTITLED_MAX_CALLS") && !table.contains("s3cret"), "{table}");
}

#[test]
fn the_check_of_the_settings_names_every_mistake_at_once() {
    assert_eq!(run(&["config", "check"], &[]).status.code(), Some(0));
    let wrong = run(&["config", "check"], &[("ENTITLED_MAX_CALLS", "none"), ("ENTITLED_LISTEN", "here")]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert!(told.contains("ENTITLED_MAX_CALLS: ") && told.contains("ENTITLED_LISTEN: "), "{told}");
    let no_catalog = run(&["config", "check", "--catalog", "/nowhere/at/all"], &[]);
    assert_eq!(no_catalog.status.code(), Some(2), "{no_catalog:?}");
}

#[test]
fn the_collector_may_be_told_by_its_usual_name() {
    let shown = |variables: &[(&str, &str)]| {
        let output = run(&["config", "show", "--output", "json"], variables);
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        rows.into_iter().find(|row| row["key"] == "otel_endpoint").unwrap()
    };
    let usual = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://there:4317");
    assert_eq!(shown(&[usual])["origin"], "OTEL_EXPORTER_OTLP_ENDPOINT");
    assert_eq!(shown(&[usual, ("ENTITLED_OTEL_ENDPOINT", "http://here:4317")])["value"], "http://here:4317");
}

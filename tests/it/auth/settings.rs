//! Which settings of identity the program starts with.

use std::path::Path;
use std::process::{Command, Output};

use crate::process::Process;

fn serve(arguments: &[&str], variables: &[(&str, &str)], directory: &Path) -> Output {
    let database = format!("sqlite:{}", directory.join("e.db").display());
    let mut command = Command::new("timeout");
    command.args(["-s", "TERM", "20", env!("CARGO_BIN_EXE_entitled"), "serve", "--database", &database]);
    command.args(arguments).envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn a_server_that_lets_anybody_in_from_elsewhere_does_not_start_by_accident() {
    let directory = tempfile::tempdir().unwrap();
    let told = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = serve(arguments, variables, directory.path());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let open = told(&["--listen", "0.0.0.0:0"], &[]);
    assert!(open.starts_with("error: listen is 0.0.0.0:0, which others can reach"), "{open}");
    assert!(open.contains("auth_tokens_file") && open.contains("set insecure to `true`"), "{open}");
    let listen = ["--listen", "127.0.0.1:0"];
    let required = told(&listen, &[("ENTITLED_AUTH_MODE", "required")]);
    assert!(required.contains("auth_mode is `required` and nothing says who may call"), "{required}");
    let none = told(&listen, &[("ENTITLED_AUTH_MODE", "none"), ("ENTITLED_AUTH_TOKENS_FILE", "x")]);
    assert!(none.contains("auth_mode is `none` and auth_tokens_file is set"), "{none}");
}

#[test]
fn a_file_of_tokens_that_is_wrong_ends_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tokens.toml");
    std::fs::write(&file, "[[token]]\nprincipal = \"a\"\nsha256 = \"dead\"\nroles = []\ncustomers = []\n").unwrap();
    let database = format!("sqlite:{}", directory.path().join("e.db").display());
    let told = Process::refused(&database, &["--auth-tokens-file", &file.display().to_string()]);
    assert!(told.contains("tokens.toml:1: sha256: expected the 64") && !told.contains("dead"), "{told}");
    let told = Process::refused(&database, &["--auth-tokens-file", "/no/such/file"]);
    assert!(told.contains("/no/such/file: No such file"), "{told}");
}

#[tokio::test]
async fn insecure_is_told_at_every_start() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("e.db").display());
    for is_insecure in ["true", "false"] {
        let log = directory.path().join("log");
        let errors = std::fs::File::create(&log).unwrap();
        let server = Process::start_with(&database, &[("ENTITLED_INSECURE", is_insecure)], Some(errors.into()));
        server.until_up().await;
        tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
        let told = std::fs::read_to_string(&log).unwrap();
        assert_eq!(told.contains("insecure: calls need no credentials"), is_insecure == "true", "{told}");
    }
}

#[test]
fn a_token_is_made_and_its_row_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tokens.toml");
    let make = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_entitled")).args(["token", "new"]).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let path = file.display().to_string();
    let (code, token) = make(&["--principal", "a", "--role", "reader", "--all-customers", "--file", &path]);
    assert_eq!(code, Some(0));
    assert_eq!(token.trim_end().len(), "entitled_".len() + 43, "{token}");
    let rows = std::fs::read_to_string(&file).unwrap();
    assert!(
        rows.starts_with("[[token]]\nprincipal = \"a\"\nsha256 = \"") && !rows.contains(token.trim_end()),
        "{rows}"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let (code, told) = make(&["--principal", "a", "--role", "reader", "--role", "consumer", "--customer", "contoso"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("\n\n[[token]]\n") && told.contains("roles = [\"reader\", \"consumer\"]"), "{told}");
    for wrong in
        [&["--principal", "a b", "--role", "reader", "--all-customers"][..], &["--principal", "a", "--role", "x"]]
    {
        assert_eq!(make(wrong).0, Some(2), "{wrong:?}");
    }
}

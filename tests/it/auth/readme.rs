//! "Secure it" of the README, carried out line by line as it is written.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::jwt::issuer::{Signer, jwks};
use super::jwt::signed;

const README: &str = include_str!("../../../README.md");
/// Where the README has its server, and its issuer.
const PORT: &str = "50051";
const ISSUER: &str = "https://login.example.org/realms/support";

/// How a line that serves is carried out: the server before ends, and this one takes calls before the next line.
const SERVE: &str = r#"
set -e
server=
stop() { if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; }
trap stop EXIT
serve() {
    stop
    entitled serve --listen "127.0.0.1:$port" "$@" &
    server=$!
    until (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do kill -0 "$server"; sleep 0.05; done
}
"#;

/// The commands of each block of the section.
fn blocks() -> Vec<String> {
    let section = README.split("\n## Secure it\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks = section.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| block.lines().map(|line| format!("{}\n", line.trim_start_matches("$ "))).collect()).collect()
}

/// Carries out blocks in a shell of their own.
async fn run(directory: &Path, blocks: &[String], issuer: &str) -> Output {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let commands = blocks.concat().replace("entitled serve ", "serve ").replace(PORT, &port).replace(ISSUER, issuer);
    let program = Path::new(env!("CARGO_BIN_EXE_entitled")).parent().unwrap().display().to_string();
    let mut command = Command::new("timeout");
    command.args(["120", "bash", "-c", &format!("PATH={program}:$PATH port={port}\n{SERVE}{commands}")]);
    command.current_dir(directory).env("ENTITLED_OUTPUT", "json");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What the commands tell; each of them succeeds.
async fn told(directory: &TempDir, blocks: &[String], issuer: &str) -> String {
    let output = run(directory.path(), blocks, issuer).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn tls_and_a_token_take_as_many_lines_as_the_readme_has() {
    let directory = tempfile::tempdir().unwrap();
    let blocks = blocks();
    let [tls, token, _] = blocks.as_slice() else { panic!("{blocks:?}") };
    let told = told(&directory, &[tls.clone(), token.clone()], ISSUER).await;
    assert!(told.contains("\"service_id\": \"rapid-response\""), "{told}");
    assert!(told.contains("\"principal\": \"me\"") && told.contains("STATIC_TOKEN"), "{told}");
    assert!(told.contains("ROLE_CONTRACT_ADMIN") && told.contains("\"all_customers\": true"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_takes_at_most_ten_lines() {
    let directory = tempfile::tempdir().unwrap();
    let blocks = blocks();
    let [tls, _, oidc] = blocks.as_slice() else { panic!("{blocks:?}") };
    assert!((4..=10).contains(&oidc.lines().count()), "{oidc}");
    let signer = Signer::ec("one");
    let issuer = serve_issuer(jwks(std::slice::from_ref(&signer))).await;
    let claims = json!({"iss": issuer, "realm_access": {"roles": ["leads", "offline_access"]}, "roles": ["operator"]});
    std::fs::write(directory.path().join("token"), signed(&signer, claims)).unwrap();
    let certificate = tls.split("entitled serve").next().unwrap().to_owned();
    let told = told(&directory, &[certificate.clone(), oidc.clone()], &issuer).await;
    assert!(told.contains("\"principal\": \"ada\"") && told.contains("SIGNED_TOKEN"), "{told}");
    assert!(told.contains("ROLE_CONSUMER") && !told.contains("OPERATOR"), "{told}");
    assert!(told.contains("\"all_customers\": true"), "{told}");

    // The same lines refuse a token that another one signed.
    let stranger = signed(&Signer::ec("one"), json!({"iss": issuer}));
    std::fs::write(directory.path().join("token"), stranger).unwrap();
    let output = run(directory.path(), &[certificate, oidc.clone()], &issuer).await;
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("CREDENTIALS_INVALID"), "{told}");
}

/// An issuer with these keys, as discovery finds it; its URL.
async fn serve_issuer(keys: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let url = format!("http://{address}/realms/support");
    let discovery = json!({"issuer": url, "jwks_uri": format!("http://{address}/keys")}).to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let body = if request.starts_with(b"GET /keys ") {
                &keys
            } else {
                assert!(request.starts_with(b"GET /realms/support/.well-known/openid-configuration "));
                &discovery
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

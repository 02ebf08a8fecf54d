//! What safety costs a check: the same program as a process of its own, open and without telemetry, with tokens and
//! telemetry, and behind TLS as well; asked by the same client, in turn, in one run. `make bench`, or
//! `cargo bench --bench secured`.

// Benches say what they expect and stop there, as tests do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench that does not find its case has nothing to measure"
)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::{CheckEntitlementRequest, Decision};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Server};
use tonic::{Request, Response, Status};

const PROGRAM: &str = env!("CARGO_BIN_EXE_entitled");
const CUSTOMER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/halden-mills.yaml");

/// Each asks again as soon as it is answered.
const CALLERS: usize = 64;
/// Callers share connections, as those of a real client do.
const CONNECTIONS: usize = 4;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let files = Files::new(directory.path());
    let collector = serve_collector().await;
    let contestants = [
        Contestant::start("open, no telemetry", &files, None, false, false).await,
        Contestant::start("tokens, telemetry", &files, Some(collector), true, false).await,
        Contestant::start("and TLS", &files, Some(collector), true, true).await,
    ];
    let mut seen = contestants.each_ref().map(|_| (Vec::new(), Vec::new()));
    // Not counted: connections open, caches fill.
    for contestant in &contestants {
        contestant.round(ROUND / 4).await;
    }
    for _ in 0..ROUNDS {
        for ((rates, slowest), contestant) in seen.iter_mut().zip(&contestants) {
            let mut latencies = contestant.round(ROUND).await;
            latencies.sort_unstable();
            rates.push(latencies.len() as f64 / ROUND.as_secs_f64());
            slowest.push(latencies[latencies.len() * 99 / 100].as_secs_f64() * 1e3);
        }
    }
    let figures = seen.map(|(rates, slowest)| (median(rates), median(slowest)));
    println!("checks, {CALLERS} callers, medians of {ROUNDS} rounds of {} s", ROUND.as_secs());
    println!("  {:<20} {:>9} {:>7} {:>9} {:>7}", "", "a second", "ratio", "p99 in ms", "ratio");
    let mut before = figures[0];
    for (contestant, (rate, p99)) in contestants.iter().zip(figures) {
        println!("  {:<20} {rate:>9.0} {:>7.2} {p99:>9.2} {:>7.2}", contestant.name, rate / before.0, p99 / before.1);
        before = (rate, p99);
    }
    println!("each ratio is to the line above");
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A certificate that is its own authority, and a token with its row.
struct Files {
    directory: PathBuf,
    token: String,
}

impl Files {
    fn new(directory: &Path) -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(directory.join("cert.pem"), certified.cert.pem()).unwrap();
        std::fs::write(directory.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
        let new_token =
            ["token", "new", "--principal", "bench", "--role", "contract-admin", "--all-customers", "--file"];
        let made = Command::new(PROGRAM).args(new_token).arg(directory.join("tokens.toml")).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        std::fs::write(directory.join("token"), &made.stdout).unwrap();
        Self { directory: directory.to_owned(), token: String::from_utf8(made.stdout).unwrap().trim().to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

struct Contestant {
    name: &'static str,
    server: Child,
    clients: Vec<EntitlementServiceClient<Channel>>,
    bearer: Option<AsciiMetadataValue>,
}

impl Contestant {
    /// A server with one customer. With a `collector` it sends it metrics and traces, and has metrics to be scraped too.
    async fn start(
        name: &'static str,
        files: &Files,
        collector: Option<SocketAddr>,
        has_tokens: bool,
        has_tls: bool,
    ) -> Self {
        let port = free_port();
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database"]);
        command.arg(format!("sqlite:{}", files.path(&format!("{port}.db")).display()));
        if let Some(collector) = collector {
            command.args(["--otel-endpoint", &format!("http://{collector}")]);
            command.args(["--metrics-listen", &format!("127.0.0.1:{}", free_port())]);
        }
        let mut import = Command::new(PROGRAM);
        import.args(["import", CUSTOMER]);
        if has_tokens {
            command.arg("--auth-tokens-file").arg(files.path("tokens.toml"));
            import.arg("--token-file").arg(files.path("token"));
        }
        let scheme = if has_tls { "https" } else { "http" };
        if has_tls {
            command.arg("--tls-cert").arg(files.path("cert.pem")).arg("--tls-key").arg(files.path("key.pem"));
            import.arg("--ca").arg(files.path("cert.pem"));
        }
        let address = format!("{scheme}://localhost:{port}");
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(EntitlementServiceClient::new(connect(&address, files, has_tls).await));
        }
        let imported = import.args(["--address", &address]).output().unwrap();
        assert!(imported.status.success(), "{imported:?}");
        let bearer = has_tokens.then(|| format!("Bearer {}", files.token).parse().unwrap());
        let contestant = Self { name, server, clients, bearer };
        let answer = contestant.clients[0].clone().check_entitlement(contestant.question()).await.unwrap();
        assert_eq!(answer.into_inner().decision(), Decision::Entitled);
        contestant
    }

    fn question(&self) -> Request<CheckEntitlementRequest> {
        let mut question = Request::new(CheckEntitlementRequest {
            customer_id: "halden-mills".to_owned(),
            location_id: "nl-utrecht".to_owned(),
            product_id: "azure".to_owned(),
            service_id: "enhanced-designated-engineering".to_owned(),
            ..Default::default()
        });
        if let Some(bearer) = &self.bearer {
            question.metadata_mut().insert("authorization", bearer.clone());
        }
        question
    }

    /// How long each call of one round took.
    async fn round(&self, round: Duration) -> Vec<Duration> {
        let stop = Arc::new(AtomicBool::new(false));
        let callers = self.clients.iter().cycle().take(CALLERS).map(|client| {
            let (mut client, stop, bearer) = (client.clone(), Arc::clone(&stop), self.question());
            let (metadata, _, question) = bearer.into_parts();
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let question =
                        Request::from_parts(metadata.clone(), tonic::Extensions::default(), question.clone());
                    let asked = Instant::now();
                    client.check_entitlement(question).await.unwrap();
                    latencies.push(asked.elapsed());
                }
                latencies
            })
        });
        let callers: Vec<_> = callers.collect();
        tokio::time::sleep(round).await;
        stop.store(true, Ordering::Relaxed);
        let mut latencies = Vec::new();
        for caller in callers {
            latencies.extend(caller.await.unwrap());
        }
        latencies
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

async fn connect(address: &str, files: &Files, has_tls: bool) -> Channel {
    let mut endpoint = Endpoint::from_shared(address.to_owned()).unwrap();
    if has_tls {
        let authority = Certificate::from_pem(std::fs::read(files.path("cert.pem")).unwrap());
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(authority)).unwrap();
    }
    let begun = Instant::now();
    loop {
        match endpoint.connect().await {
            Ok(channel) => return channel,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{address}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Takes what it is sent and does nothing with it.
struct Collector;

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        _: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        _: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(Default::default()))
    }
}

async fn serve_collector() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder()
        .add_service(TraceServiceServer::new(Collector))
        .add_service(MetricsServiceServer::new(Collector));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

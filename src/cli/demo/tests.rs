//! The samples, asked of a real server what `examples/README.md` says of them.

use clap::Parser;

use super::*;
use crate::cli::{Cli, CliCommand};
use crate::model::Zone;
use crate::proto::v1::Decision::{self, Conditional, Entitled, NotEntitled};

#[test]
fn the_samples_are_documents_named_by_their_customers() {
    for (name, text) in SAMPLES {
        let source = SourceFile::read(name, text).unwrap_or_else(|mistakes| panic!("{name}: {mistakes:#?}"));
        let customer = source.document.request.customer.unwrap();
        assert_eq!(format!("{}.yaml", customer.customer_id), name);
    }
}

/// Checks as typed, without the time; and what comes back, with its first clause.
const CHECKS: [(&str, Decision, &str); 9] = [
    ("halden-mills nl-utrecht azure enhanced-designated-engineering --quantity 8h", Entitled, ""),
    ("halden-mills nl-tilburg azure enhanced-designated-engineering", NotEntitled, "LOCATION_NOT_DESIGNATED"),
    (
        "halden-mills nl-tilburg azure problem-resolution-support --contact joris --channel phone",
        NotEntitled,
        "CHANNEL_NOT_ALLOWED",
    ),
    ("meridian-foods au-perth windows-server unified-enhanced-response", Conditional, "SEVERITY_NOT_COVERED"),
    ("meridian-foods au-perth windows-server unified-enhanced-response --severity A", Entitled, ""),
    (
        "meridian-foods fr-lyon dynamics-365 enhanced-designated-engineering --delivery-mode on-site \
         --delivery-start 2026-11-24T09:00:00+01:00",
        Entitled,
        "",
    ),
    (
        "meridian-foods fr-lyon dynamics-365 enhanced-designated-engineering --delivery-mode on-site \
         --delivery-start 2027-01-12T09:00:00+01:00",
        NotEntitled,
        "ONSITE_NOT_INCLUDED",
    ),
    (
        "aurora-clinics se-malmo windows-server cybersecurity-incident-response --language en --activity decryption",
        NotEntitled,
        "CYBER_OUT_OF_SCOPE",
    ),
    ("aurora-clinics se-malmo azure rapid-response", NotEntitled, "NOT_PURCHASED"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_answer_as_their_readme_says() {
    let mut config = Config::default();
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let _demo = Demo::prepare(&mut config).unwrap();
    let (ready, is_ready) = oneshot::channel();
    let server =
        tokio::spawn(server::serve(config, move |address| ready.send(address).unwrap(), std::future::pending::<()>()));
    let address = is_ready.await.unwrap();
    fill(address, ServerFlags::default()).await.unwrap();

    let flags = ServerFlags { address: address.to_string(), ..ServerFlags::default() };
    let connection = Client::open(&flags).await.unwrap();
    for (typed, decision, code) in CHECKS {
        let flags = ["--customer", "--location", "--product", "--service"];
        let mut words = typed.split_whitespace();
        let named = flags.into_iter().flat_map(|flag| [flag, words.next().unwrap()]).collect::<Vec<_>>();
        let line = ["entitled", "check", "--at", "2026-11-22T10:00:00Z"].into_iter().chain(named).chain(words);
        let CliCommand::Check(check) = Cli::try_parse_from(line).unwrap().command else { panic!("{typed}") };
        let answer = connection.entitlements().check_entitlement(check.request(Zone::UTC)).await.unwrap().into_inner();
        let first = answer.reasons.first().or(answer.open_conditions.first());
        assert_eq!((answer.decision(), first.map_or("", |reason| reason.code.as_str())), (decision, code), "{typed}");
    }
    server.abort();
}

#[test]
fn no_demo_pretends_to_speak_tls() {
    let mut config = Config::default();
    config.tls.cert = Some("cert.pem".into());
    assert!(matches!(Demo::prepare(&mut config), Err(Failure::Usage(_))));
}

//! R54: a server that may open no more files serves those it has, and goes on once it may.

use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use futures_util::future::join_all;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::Channel;

use crate::process::Process;
use crate::sample::check;

async fn is_answered(channel: Channel) {
    let status = EntitlementServiceClient::new(channel).check_entitlement(check("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_files_for_new_connections_those_there_are_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::start(&format!("sqlite:{}", directory.path().join("a.db").display()));
    let channel = server.channel().await;
    is_answered(channel.clone()).await;
    // Fewer than are open already.
    let before = server.limit_open_files(10);
    // The kernel takes them on; the server does not.
    let address = server.address();
    let waiting = join_all((0..50).map(|_| async move { TcpStream::connect(address).await.unwrap() })).await;
    for _ in 0..100 {
        is_answered(channel.clone()).await;
    }
    drop(waiting);
    server.limit_open_files(before);
    is_answered(server.channel().await).await;
    server.stop();
}

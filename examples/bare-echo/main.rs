//! `cargo run --release --example bare-echo -- LISTEN SERVER`: asks SERVER one check of the demo data, and answers every
//! check at LISTEN with that answer, by tonic alone. `make load` measures a server beside it.

mod echo;

use entitled::error::BoxError;
use entitled::proto::v1::CheckEntitlementRequest;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use tokio::net::TcpListener;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(server)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bare-echo LISTEN SERVER, such as 127.0.0.1:50052 http://127.0.0.1:50051".into());
    };
    let question = CheckEntitlementRequest {
        customer_id: "demo-11".to_owned(),
        location_id: "hq".to_owned(),
        product_id: "azure".to_owned(),
        service_id: "problem-resolution-support".to_owned(),
        ..Default::default()
    };
    let answer = EntitlementServiceClient::connect(server).await?.check_entitlement(question).await?.into_inner();
    echo::serve(TcpListener::bind(listen).await?, answer).await?;
    Ok(())
}

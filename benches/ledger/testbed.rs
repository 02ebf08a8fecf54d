//! A server, and customers with hours on it.

use std::net::{Ipv4Addr, SocketAddr};

use entitled::cli::document;
use entitled::config::Config;
use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tonic::transport::Channel;
use uuid::Uuid;

/// Contracts applied at a time while a test bed is filled.
const AT_ONCE: usize = 16;

pub(crate) struct TestBed {
    pub address: String,
}

impl TestBed {
    /// A server on a new database, with so many customers, each with one block that no bench
    /// can empty.
    pub(crate) async fn start(database: &str, customers: usize) -> Self {
        let mut config = Config::default();
        config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.store.database = database.parse().unwrap();
        entitled::server::migrate(&config, false).await.unwrap();
        let (ready, bound) = tokio::sync::oneshot::channel();
        let ready = move |address| ready.send(address).unwrap_or_default();
        tokio::spawn(async move { entitled::server::serve(config, ready, std::future::pending()).await.unwrap() });
        let address = format!("http://{}", bound.await.unwrap());
        let contracts = ContractServiceClient::connect(address.clone()).await.unwrap();
        let applied = (0..customers).map(|row| apply(contracts.clone(), row));
        futures_util::stream::iter(applied).buffer_unordered(AT_ONCE).collect::<()>().await;
        Self { address }
    }
}

/// One minute of a customer's hours, asked for as a portal does: by location, product and
/// service, under an id of its own.
pub(crate) fn minute(row: usize) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        customer_id: customer_id(row),
        location_id: "gb-london".to_owned(),
        product_id: "azure/app-service".to_owned(),
        service_id: "enhanced-designated-engineering".to_owned(),
        quantity: Some(v1::Quantity { amount: 1, unit: v1::Unit::Minutes.into() }),
        note: "case 4711".to_owned(),
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    }
}

fn customer_id(row: usize) -> String {
    format!("customer-{row}")
}

async fn apply(mut contracts: ContractServiceClient<Channel>, row: usize) {
    let document = document::read(&contract(&customer_id(row)).to_string()).unwrap();
    let request = v1::ApplyContractRequest { request_id: Uuid::now_v7().to_string(), ..document.request };
    contracts.apply_contract(request).await.unwrap_or_else(|status| panic!("{}: {}", status.code(), status.message()));
}

fn contract(customer_id: &str) -> Value {
    json!({
        "customer": {
            "customer_id": customer_id,
            "display_name": customer_id,
            "locations": [{
                "location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"
            }],
            "contacts": [{ "contact_id": "ada", "roles": ["SUPPORT_ADMINISTRATOR"] }]
        },
        "work_orders": [{
            "work_order_id": "wo-1", "edition_id": "unified-enterprise-2023", "start_date": "2020-01-01",
            "end_date": "2099-12-31", "host_location_id": "gb-london", "covered_products": ["*"], "currency": "GBP",
            "items": [
                { "item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true },
                {
                    "item_id": "ede", "service_id": "enhanced-designated-engineering",
                    "quantity": { "amount": 10_000_000, "unit": "HOURS" },
                    "location_ids": ["gb-london"], "product_ids": ["azure/*"]
                }
            ]
        }]
    })
}

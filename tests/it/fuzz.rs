//! Requests of mutated bytes: whatever is sent, the answer is one the API knows, and the server
//! goes on.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use entitled::proto::v1;
use futures_util::StreamExt as _;
use prost::Message as _;
use tonic::Code;

use crate::raw;
use crate::sample::{Refusal, add_on, at_least, base, check, create, customer, document, hours, stored, time};
use crate::server::{Backend, TestServer};

const IN_FLIGHT: usize = 64;
/// The name of every thread of the server under test: other tests may panic as they like.
const THREADS: &str = "fuzzed";
const SEED: u64 = 0x5eed_ba11;
/// Stands in every write; its last digits are drawn anew, so that writes do not stop at their id.
const REQUEST_ID: &str = "00000000-0000-7000-8000-000000000000";

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn mutated_requests_are_answered_in_the_words_of_the_api() {
    survive(10_000);
}

#[test]
#[ignore = "takes minutes: `make test-fuzz`"]
fn many_more_mutated_requests_are_answered_too() {
    survive(100_000);
}

fn survive(requests: usize) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some(THREADS) {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        before(panic);
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_name(THREADS).enable_all().build().unwrap();
    let codes = runtime.block_on(run(requests));
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "the server panicked");
    assert_eq!(codes.values().sum::<usize>(), requests);
    // The mutations reach all the way in, and not only the doorstep.
    let leasts = [
        (Code::Ok, requests / 10),
        (Code::InvalidArgument, requests / 10),
        (Code::NotFound, requests / 100),
        (Code::FailedPrecondition, requests / 2_000),
        (Code::AlreadyExists, requests / 2_000),
    ];
    for (code, least) in leasts {
        let count = codes.get(&format!("{code:?}")).copied().unwrap_or_default();
        assert!(count >= least, "{code:?}: {codes:?}");
    }
}

async fn run(count: usize) -> BTreeMap<String, usize> {
    let server = TestServer::start(Backend::Sqlite).await;
    let revision = stored(&server, "contoso").await;
    let seeds = seeds(&server, &revision).await;
    let mut random = Random(SEED);
    let requests = (0..count).map(|_| {
        let (path, message) = &seeds[pick(&mut random, &seeds)];
        (*path, mutated(&mut random, message))
    });
    let calls = futures_util::stream::iter(requests).map(|(path, message)| {
        let channel = server.channel.clone();
        // On the runtime's threads, so that both cores are busy.
        tokio::spawn(async move { (path, message.clone(), raw::call(channel, path, message).await) })
    });
    let mut calls = calls.buffer_unordered(IN_FLIGHT);
    let mut codes = BTreeMap::new();
    while let Some(call) = calls.next().await {
        let (path, message, answer) = call.unwrap();
        let code = match answer {
            Ok(_) => Code::Ok,
            Err(status) => {
                assert!(is_allowed(status.code()), "{path} with {message:02x?}: {status:?}");
                Refusal::of(&status).code
            }
        };
        *codes.entry(format!("{code:?}")).or_default() += 1;
    }
    drop(calls);
    let answer = server.entitlements().check_entitlement(check("contoso")).await.unwrap().into_inner();
    assert_eq!(answer.decision(), v1::Decision::Entitled);
    server.stop().await;
    codes
}

fn is_allowed(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::NotFound
            | Code::AlreadyExists
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::Unavailable
    )
}

/// Most requests are reads: a write of SQLite waits for its disk.
fn pick(random: &mut Random, seeds: &[(&'static str, Vec<u8>)]) -> usize {
    let is_write = random.below(20) == 0;
    loop {
        let row = random.below(seeds.len());
        let path = seeds[row].0;
        if is_write == (path.contains("/Create") || path.contains("/Update") || path.contains("/Apply")) {
            return row;
        }
    }
}

fn request_id() -> String {
    REQUEST_ID.to_owned()
}

/// A full and valid message of every call.
async fn seeds(server: &TestServer, revision: &str) -> Vec<(&'static str, Vec<u8>)> {
    let full_check = v1::CheckEntitlementRequest {
        known_time: time("2026-05-01T10:00:00.25Z"),
        severity: v1::Severity::A.into(),
        channel: v1::Channel::Web.into(),
        language: Some("en-GB".to_owned()),
        contact_id: Some("ada".to_owned()),
        tenant_id: Some("tenant".to_owned()),
        activity: Some("forensic-analysis".to_owned()),
        quantity: hours(8),
        delivery: Some(v1::Delivery {
            start_time: time("2026-06-02T09:00:00.25Z"),
            end_time: time("2026-06-02T12:00:00.25Z"),
            mode: v1::DeliveryMode::Remote.into(),
            requested_time: time("2026-05-02T09:00:00Z"),
            confirmed_time: time("2026-05-02T09:00:00Z"),
            solution_ids: vec!["shop".to_owned()],
        }),
        incident_close_time: time("2026-06-02T12:00:00Z"),
        consistency: at_least(revision),
        locale: Some("id".to_owned()),
        view: v1::View::Full.into(),
        ..check("contoso")
    };
    let bare = v1::CheckEntitlementRequest { known_time: None, consistency: None, ..full_check.clone() };
    let batch = v1::BatchCheckEntitlementsRequest {
        checks: vec![check("contoso"), check("fabrikam"), bare.clone()],
        at_least_revisions: vec![revision.to_owned()],
        consistency: None,
        view: v1::View::Full.into(),
    };
    let list = v1::ListEntitlementsRequest {
        customer_id: "contoso".to_owned(),
        location_id: Some("ie-dublin".to_owned()),
        product_id: Some("azure/app-service".to_owned()),
        check_time: time("2026-06-02T09:00:00.25Z"),
        group: Some("enhanced".to_owned()),
        decision: v1::Decision::Entitled.into(),
        view: v1::View::Full.into(),
        locale: Some("id".to_owned()),
        consistency: at_least(revision),
        page_size: 1,
        page_token: String::new(),
    };
    let first = v1::ListEntitlementsRequest { group: None, decision: 0, ..list.clone() };
    let page_token = server.entitlements().list_entitlements(first).await.unwrap().into_inner().next_page_token;
    let second = v1::ListEntitlementsRequest { group: None, decision: 0, page_token, ..list.clone() };
    let mut rich = add_on("contoso", "wo-3");
    rich.flex_allowance = Some(1_000_000);
    rich.signed_date = Some("2026-01-15".to_owned());
    rich.items[0].waivers = vec![v1::Waiver {
        code: "ONSITE_NOT_INCLUDED".to_owned(),
        reference: "amendment 3".to_owned(),
        start_date: Some("2026-03-01".to_owned()),
        ..v1::Waiver::default()
    }];
    rich.items[1].included_hours =
        Some(v1::IncludedHours { reactive_support_management: 40, service_delivery_management: 60 });
    rich.items.push(v1::Item {
        quantity: Some(v1::Quantity { amount: 3, unit: v1::Unit::Events.into() }),
        events: vec![v1::PlannedEvent {
            event_id: "sale".to_owned(),
            solution_id: "shop".to_owned(),
            product_ids: vec!["azure/*".to_owned()],
            start_time: time("2026-11-20T00:00:00.25Z"),
            end_time: time("2026-11-24T00:00:00Z"),
            confirmed_time: time("2026-08-01T00:00:00Z"),
        }],
        ..crate::sample::item("aem", "azure-event-management")
    });
    let mut forbidden = base("contoso");
    forbidden.items.push(crate::sample::item("direct", "office-365-engineering-direct"));
    let contoso = || Some(customer("contoso"));
    let with_id = |service_id: &str| v1::GetServiceRequest {
        edition_id: Some(crate::sample::EDITION.to_owned()),
        service_id: service_id.to_owned(),
        locale: Some("id".to_owned()),
    };
    vec![
        ("/entitled.v1.EntitlementService/CheckEntitlement", check("contoso").encode_to_vec()),
        ("/entitled.v1.EntitlementService/CheckEntitlement", full_check.encode_to_vec()),
        ("/entitled.v1.EntitlementService/CheckEntitlement", bare.encode_to_vec()),
        ("/entitled.v1.EntitlementService/BatchCheckEntitlements", batch.encode_to_vec()),
        ("/entitled.v1.EntitlementService/ListEntitlements", list.encode_to_vec()),
        ("/entitled.v1.EntitlementService/ListEntitlements", second.encode_to_vec()),
        (
            "/entitled.v1.ContractService/GetCustomer",
            v1::GetCustomerRequest { customer_id: "contoso".to_owned() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ListCustomers",
            v1::ListCustomersRequest { page_size: 2, page_token: String::new() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/GetWorkOrder",
            v1::GetWorkOrderRequest { customer_id: "contoso".to_owned(), work_order_id: "wo-1".to_owned() }
                .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ListWorkOrders",
            v1::ListWorkOrdersRequest { customer_id: "contoso".to_owned(), page_size: 1, page_token: String::new() }
                .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateCustomer",
            v1::CreateCustomerRequest { customer: contoso(), request_id: request_id(), validate_only: false }
                .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/UpdateCustomer",
            v1::UpdateCustomerRequest { customer: contoso(), request_id: request_id(), ..Default::default() }
                .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateWorkOrder",
            v1::CreateWorkOrderRequest { request_id: request_id(), ..create(base("contoso")) }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateWorkOrder",
            v1::CreateWorkOrderRequest { request_id: request_id(), ..create(rich.clone()) }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateWorkOrder",
            v1::CreateWorkOrderRequest {
                request_id: request_id(),
                ..create(v1::WorkOrder { work_order_id: "wo-9".to_owned(), ..forbidden })
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ApplyContract",
            v1::ApplyContractRequest { request_id: request_id(), ..document("contoso") }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ApplyContract",
            v1::ApplyContractRequest {
                work_orders: vec![rich, base("")],
                validate_only: true,
                request_id: request_id(),
                ..document("contoso")
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/ListEditions",
            v1::ListEditionsRequest { page_size: 1, ..Default::default() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/GetEdition",
            v1::GetEditionRequest { edition_id: crate::sample::EDITION.to_owned(), locale: None }.encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/ListServices",
            v1::ListServicesRequest { page_size: 3, ..Default::default() }.encode_to_vec(),
        ),
        ("/entitled.v1.CatalogService/GetService", with_id("workshops").encode_to_vec()),
        (
            "/entitled.v1.CatalogService/ListProducts",
            v1::ListProductsRequest { page_size: 3, ..Default::default() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/ListClauses",
            v1::ListClausesRequest { page_size: 3, ..Default::default() }.encode_to_vec(),
        ),
    ]
}

/// Up to three mutations; fewer of what is long and soon broken.
fn mutated(random: &mut Random, message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    let most = if message.len() < 300 { 4 } else { 2 };
    for _ in 0..random.below(most) {
        mutate(random, &mut bytes);
    }
    if let Some(start) = bytes.windows(REQUEST_ID.len()).position(|window| window == REQUEST_ID.as_bytes()) {
        let end = start + REQUEST_ID.len();
        bytes[end - 12..end].copy_from_slice(format!("{:012x}", random.next() >> 16).as_bytes());
    }
    bytes
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    let place = random.below(bytes.len() + 1);
    match random.below(10) {
        0 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = random.next() as u8;
            }
        }
        2 => bytes.truncate(place),
        3 => bytes.splice(place..place, extreme_varint(random)).for_each(drop),
        // Whole fields, as deep as the message goes.
        4 => change_field(random, bytes, 0, |_, _, _| Vec::new()),
        5 => change_field(random, bytes, 0, |_, tag, value| [tag, value, tag, value].concat()),
        6 => change_field(random, bytes, 0, |random, tag, _| [tag, &delimited(&text(random))].concat()),
        7 => change_field(random, bytes, 0, |random, tag, _| [tag, &extreme_varint(random)].concat()),
        8 => change_field(random, bytes, 0, |random, _, value| {
            let mut tag = Vec::new();
            prost::encoding::encode_varint(((1 + random.below(20)) << 3 | 2) as u64, &mut tag);
            [&tag, value].concat()
        }),
        _ => {
            let nested =
                (0..random.below(200)).fold(Vec::new(), |inner, _| [&[0x0a], delimited(&inner).as_slice()].concat());
            bytes.extend(nested);
        }
    }
}

/// Changes one field, given as tag and value; of a message in it with some luck instead, with the
/// lengths around it put right.
fn change_field(
    random: &mut Random,
    bytes: &mut Vec<u8>,
    depth: usize,
    change: impl Fn(&mut Random, &[u8], &[u8]) -> Vec<u8>,
) {
    let fields = fields(bytes);
    if fields.is_empty() {
        return;
    }
    let (start, value, end) = fields[random.below(fields.len())];
    let mut inner = bytes[value..end].to_vec();
    let is_delimited = bytes[start] & 7 == 2;
    let content = is_delimited.then(|| varint(&inner)).flatten().map(|(_, length)| inner.split_off(length));
    let changed = match content {
        Some(mut content) if depth < 4 && random.below(3) > 0 && !self::fields(&content).is_empty() => {
            change_field(random, &mut content, depth + 1, change);
            [&bytes[start..value], &delimited(&content)].concat()
        }
        _ => change(random, &bytes[start..value], &bytes[value..end]),
    };
    bytes.splice(start..end, changed);
}

/// Start, start of the value and end of every field; none if it is no message.
fn fields(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut fields = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let Some((tag, length)) = varint(&bytes[start..]) else { return Vec::new() };
        let value = start + length;
        let rest = &bytes[value..];
        let size = match tag & 7 {
            0 => varint(rest).map(|(_, length)| length),
            1 => Some(8),
            2 => varint(rest).and_then(|(size, length)| usize::try_from(size).ok()?.checked_add(length)),
            5 => Some(4),
            _ => None,
        };
        match size {
            Some(size) if tag >> 3 > 0 && size <= rest.len() => {
                fields.push((start, value, value + size));
                start = value + size;
            }
            _ => return Vec::new(),
        }
    }
    fields
}

/// A varint and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut rest = bytes;
    let value = prost::encoding::decode_varint(&mut rest).ok()?;
    Some((value, bytes.len() - rest.len()))
}

fn delimited(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

fn extreme_varint(random: &mut Random) -> Vec<u8> {
    let extremes = [
        0,
        1,
        u64::MAX,
        i64::MAX as u64,
        i64::MIN as u64,
        u64::from(u32::MAX),
        i32::MIN as u64,
        253_402_300_799,
        253_402_300_800,
        1_000_000_000_000,
        999_999_999,
    ];
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(extremes[random.below(extremes.len())], &mut bytes);
    bytes
}

fn text(random: &mut Random) -> Vec<u8> {
    const TEXTS: [&str; 22] = [
        "",
        "contoso",
        "fabrikam",
        "*",
        "/",
        "azure",
        "azure/*",
        "azure/a/b",
        "\0",
        "9999-12-31",
        "1970-01-01",
        "2026-02-30",
        "wo-1",
        "wo-2",
        "🏢",
        "' OR 1=1 --",
        "%s%n",
        "en",
        "UTC",
        "Asia/Kathmandu",
        "workshops",
        "unified-enterprise-base",
    ];
    match random.below(4) {
        0 => vec![b'a'; random.below(300)],
        1 => (0..random.below(20)).map(|_| random.next() as u8).collect(),
        _ => TEXTS[random.below(TEXTS.len())].as_bytes().to_vec(),
    }
}

/// SplitMix64: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

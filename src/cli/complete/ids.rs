//! Ids that begin as the word does which is being typed. Whatever goes wrong, there are none: nobody wants an error in the
//! middle of a command line.

use std::ffi::OsStr;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::CompletionCandidate;

use crate::catalog::{Catalog, Locale};
use crate::cli::client::{Client, PAGE_SIZE};
use crate::cli::server_flags::ServerFlags;
use crate::config::variable;
use crate::legible::shown;
use crate::proto::v1::{GetCustomerRequest, ListCustomersRequest, ListWorkOrdersRequest};

/// How long a server may take, from the connection to the last answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// More nobody reads.
const MOST: usize = 200;

pub(super) fn services(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(catalog) = Catalog::embedded() else { return Vec::new() };
    let services = &catalog.default_edition().services;
    matching(current, services.iter().map(|service| (service.id.clone(), service.name.get(Locale::English).to_owned())))
}

pub(super) fn groups(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(catalog) = Catalog::embedded() else { return Vec::new() };
    let groups = &catalog.default_edition().groups;
    matching(current, groups.iter().map(|group| (group.id.clone(), group.name.get(Locale::English).to_owned())))
}

/// Families, and the components that have a name.
pub(super) fn products(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(catalog) = Catalog::embedded() else { return Vec::new() };
    let products = catalog.default_edition().families.iter().flat_map(|family| {
        let components = family.components.iter();
        let components =
            components.map(|component| (format!("{}/{}", family.id, component.id), component.name.clone()));
        [(family.id.clone(), family.name.clone())].into_iter().chain(components)
    });
    matching(current, products)
}

pub(super) fn customers(current: &OsStr) -> Vec<CompletionCandidate> {
    let prefix = current.to_string_lossy();
    matching(current, ask(async |client| customers_of(client, &prefix).await))
}

/// Those of the customer that is named before.
pub(super) fn work_orders(current: &OsStr) -> Vec<CompletionCandidate> {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let Some(customer_id) = given(&words, "--customer") else { return Vec::new() };
    let orders = ask(async |client| {
        let request = ListWorkOrdersRequest { customer_id, page_size: PAGE_SIZE, page_token: String::new() };
        let orders = client.contracts().list_work_orders(request).await.ok()?.into_inner().work_orders.into_iter();
        Some(orders.map(|order| (order.work_order_id, format!("{} – {}", order.start_date, order.end_date))).collect())
    });
    matching(current, orders)
}

/// Those of the customer that is named before.
pub(super) fn locations(current: &OsStr) -> Vec<CompletionCandidate> {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let Some(customer_id) = given(&words, "--customer") else { return Vec::new() };
    let locations = ask(async |client| {
        let answer = client
            .contracts()
            .get_customer(GetCustomerRequest { customer_id, as_of_time: None })
            .await
            .ok()?
            .into_inner();
        let locations = answer.customer?.locations.into_iter();
        Some(locations.map(|location| (location.location_id, location.display_name)).collect())
    });
    matching(current, locations)
}

/// Pages of customers are in the order of their ids.
async fn customers_of(client: Client, prefix: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListCustomersRequest { page_size: PAGE_SIZE, page_token };
        let page = client.contracts().list_customers(request).await.ok()?.into_inner();
        let is_past = page
            .customers
            .last()
            .is_some_and(|last| last.customer_id.as_str() > prefix && !last.customer_id.starts_with(prefix));
        let of_prefix = page.customers.into_iter().filter(|customer| customer.customer_id.starts_with(prefix));
        found.extend(of_prefix.map(|customer| (customer.customer_id, customer.display_name)));
        page_token = page.next_page_token;
        if is_past || page_token.is_empty() || found.len() >= MOST {
            return Some(found);
        }
    }
}

/// Asks the server that the flags or the environment name.
fn ask<F>(question: impl FnOnce(Client) -> F) -> Vec<(String, String)>
where
    F: Future<Output = Option<Vec<(String, String)>>>,
{
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let answer = runtime.block_on(async {
        let answer = async { question(Client::open(&server_flags(&words)).await.ok()?).await };
        tokio::time::timeout(PATIENCE, answer).await
    });
    // A name that is being looked up must not hold up the shell.
    runtime.shutdown_background();
    answer.ok().flatten().unwrap_or_default()
}

/// As clap would read them from a whole command line; this one is not whole yet.
pub(super) fn server_flags(words: &[String]) -> ServerFlags {
    let value = |flag: &str, name: &str| given(words, flag).or_else(|| variable(name));
    ServerFlags {
        address: value("--address", "ENTITLED_ADDRESS").unwrap_or_default(),
        ca: value("--ca", "ENTITLED_CA").map(PathBuf::from),
        cert: value("--cert", "ENTITLED_CERT").map(PathBuf::from),
        key: value("--key", "ENTITLED_KEY").map(PathBuf::from),
        token: value("--token", "ENTITLED_TOKEN"),
        token_file: value("--token-file", "ENTITLED_TOKEN_FILE").map(PathBuf::from),
        insecure: words.iter().any(|word| word == "--insecure"),
    }
}

/// The value of a flag among the words: `--flag value` or `--flag=value`.
fn given(words: &[String], flag: &str) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == flag {
            return words.next().cloned();
        }
        if let Some(value) = word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}

fn matching(current: &OsStr, ids: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let prefix = current.to_string_lossy();
    let fitting = ids.into_iter().filter(|(id, _)| id.starts_with(&*prefix)).take(MOST);
    fitting.map(|(id, name)| CompletionCandidate::new(id).help(Some(shown(&name).into_owned().into()))).collect()
}

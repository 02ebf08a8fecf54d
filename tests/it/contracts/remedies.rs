//! Each remedy that names an act on a contract is carried out by one call, and its reason is gone.
//!
//! The cases are those of `tests/corpus/`: a customer of its own for each, so that no remedy helps another.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entitled::catalog::Catalog;
use entitled::cli::document;
use entitled::proto::v1;
use serde_json::Value;
use tonic::Status;

use super::changes::{in_days, stamp};
use crate::corpus::{ask, explain, files, list, load, over};
use crate::server::{BOTH, TestServer, request_id};

/// What a remedy may call for of the contract, besides buying.
const ACTS: [&str; 5] = ["RENEW", "RECORD_WAIVER", "ADD_PRODUCT", "ADD_QUANTITY", "DESIGNATE_LOCATION"];

/// What cannot be carried out by one call, and why.
const EXCUSED: [(&str, &str, &str); 1] = [(
    "BASE_AGREEMENT_TERMINATED",
    "RENEW",
    "a termination is final, the renewal of the base begins a day later, and a later base revives nothing: what leaned on \
     the ended one is to be renewed beside the new one",
)];

/// How many cases were carried out, by code, kind and field.
type Done = BTreeMap<(String, String, String), usize>;

/// Cases of one code, kind and field that are carried out, at most: the corpus has many alike.
const ALIKE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_that_a_remedy_names_can_be_carried_out() {
    let told = told_by_the_documentation();
    for backend in BOTH {
        let server = TestServer::start(backend).await;
        let mut failures = Vec::new();
        let mut done = Done::new();
        for file in files() {
            let case = load(&file);
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            for (row, check) in list(&case, "checks").iter().enumerate() {
                carry_out_all(&server, &format!("{name}-{row}"), &case, check, (&mut done, &mut failures)).await;
            }
        }
        server.stop().await;
        assert!(failures.is_empty(), "on {backend:?}, {} of them:\n{}", failures.len(), failures.join("\n"));
        let carried: BTreeSet<_> = done.keys().map(|(code, kind, _)| (code.clone(), kind.clone())).collect();
        let is_excused = |(code, act): &&(String, String)| EXCUSED.iter().any(|it| (it.0, it.1) == (code, act));
        let missing: Vec<_> = told.difference(&carried).filter(|pair| !is_excused(pair)).collect();
        assert!(missing.is_empty(), "no case carries out {missing:?}");
    }
}

/// Every clause with the acts that turn it, as docs/ERRORS.md publishes them; all of them are in the catalogue.
fn told_by_the_documentation() -> BTreeSet<(String, String)> {
    let catalog = Catalog::embedded().unwrap();
    let documentation = include_str!("../../../docs/ERRORS.md");
    let mut told = BTreeSet::new();
    for clause in &catalog.default_edition().clauses {
        let row = documentation.lines().find(|line| line.starts_with(&format!("| `{}` |", clause.code)));
        let row = row.unwrap_or_else(|| panic!("{} is not published", clause.code));
        let remedies = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        let acts = ACTS.into_iter().filter(|act| remedies.contains(&format!("`{act}`")));
        told.extend(acts.map(|act| (clause.code.clone(), act.to_owned())));
    }
    assert!(told.len() > ACTS.len());
    told
}

async fn carry_out_all(
    server: &TestServer,
    name: &str,
    case: &Value,
    check: &Value,
    (done, failures): (&mut Done, &mut Vec<String>),
) {
    if ["codes", "first", "open"].iter().all(|key| check.get(*key).is_none()) {
        return;
    }
    let question = over(&case["ask"], &check["ask"]);
    let mut row = 0;
    let first = copy(server, case, &format!("{name}-first")).await;
    let answer = ask(server, &first, &question).await;
    for reason in told(&answer) {
        let kind = reason["remedy"]["kind"].as_str().unwrap_or_default().trim_start_matches("REMEDY_KIND_");
        if !ACTS.contains(&kind) {
            continue;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = (text(&reason["code"]), kind.to_owned(), text(&reason["remedy"]["field"]));
        if EXCUSED.iter().any(|(code, act, _)| *code == key.0 && *act == kind) {
            continue;
        }
        // A terminated order changes no more: its own reason tells to renew it.
        let all = list(&answer, "reasons");
        // And work that begins before the order does is judged by the contract of before.
        let is_early =
            |reason: &Value| reason["metadata"]["scope"] == "delivery" && reason["code"] == "WORK_ORDER_NOT_STARTED";
        if kind != "RENEW" && all.iter().any(|reason| reason["code"] == "WORK_ORDER_TERMINATED" || is_early(reason)) {
            continue;
        }
        let count = done.entry(key.clone()).or_default();
        if *count >= ALIKE {
            continue;
        }
        *count += 1;
        row += 1;
        // Whole microseconds: an act takes effect in such.
        let time = |value: &Value| value.as_str().map(|text| text.parse::<DateTime<Utc>>().unwrap());
        let asked = time(&answer["check_time"]).unwrap();
        // The contract of when the work begins judges it.
        let at = time(&question["delivery"]["start_time"]).map_or(asked, |start| start.min(asked));
        let customer_id = copy(server, case, &format!("{name}-{row}")).await;
        let act = Act { server, customer_id: &customer_id, at, reason };
        let label = format!("{name}: {key:?} {}", reason["remedy"]);
        if let Err(status) = act.carry_out(kind).await {
            failures.push(format!("{label}: {}", explain(&status)));
            continue;
        }
        let mut again = question.clone();
        again["check_time"] = Value::from(answer["check_time"].as_str().unwrap());
        let answer = ask(server, &customer_id, &again).await;
        // What is in force now may still have to begin.
        let is_left =
            |reason: &&Value| reason["code"] == *key.0 && reason["remedy"]["kind"] != "REMEDY_KIND_WAIT_UNTIL";
        if answer.get("error").is_some() || told(&answer).any(|reason| is_left(&reason)) {
            failures.push(format!("{label}: it is still there: {}", answer["reasons"]));
        }
    }
}

/// The reasons of an answer, and what is open.
fn told(answer: &Value) -> impl Iterator<Item = &Value> {
    ["reasons", "open_conditions"].into_iter().flat_map(|part| list(answer, part))
}

/// The customer of a case under another id.
async fn copy(server: &TestServer, case: &Value, customer_id: &str) -> String {
    let mut document = case["document"].clone();
    document["customer"]["customer_id"] = Value::from(customer_id);
    let document = document::read(&document.to_string()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
    server.contracts().apply_contract(request).await.unwrap_or_else(|status| panic!("{}", explain(&status)));
    customer_id.to_owned()
}

/// A remedy, and what it is for.
struct Act<'a> {
    server: &'a TestServer,
    customer_id: &'a str,
    at: DateTime<Utc>,
    reason: &'a Value,
}

impl Act<'_> {
    fn remedy(&self, name: &str) -> &str {
        self.reason["remedy"][name].as_str().unwrap_or_default()
    }

    async fn order(&self) -> Result<v1::WorkOrder, Status> {
        let request = v1::GetWorkOrderRequest {
            customer_id: self.customer_id.to_owned(),
            work_order_id: self.remedy("work_order_id").to_owned(),
            as_of_time: Some(stamp(self.at)),
            ..Default::default()
        };
        Ok(self.server.contracts().get_work_order(request).await?.into_inner().work_order.unwrap())
    }

    /// One call.
    async fn carry_out(&self, kind: &str) -> Result<(), Status> {
        match kind {
            "RECORD_WAIVER" => self.record_waiver().await,
            "RENEW" => self.renew().await,
            _ => self.amend(self.changed(self.order().await?)).await,
        }
    }

    async fn record_waiver(&self) -> Result<(), Status> {
        assert_eq!(self.remedy("field"), "work_order.items.waivers");
        let request = v1::RecordWaiverRequest {
            customer_id: self.customer_id.to_owned(),
            work_order_id: self.remedy("work_order_id").to_owned(),
            item_id: self.remedy("item_id").to_owned(),
            waiver: Some(v1::Waiver {
                code: self.remedy("value").to_owned(),
                reference: "a letter".to_owned(),
                ..Default::default()
            }),
            request_id: request_id(),
            ..Default::default()
        };
        self.server.contracts().record_waiver(request).await.map(drop)
    }

    /// Resumes, activates or renews the order.
    async fn renew(&self) -> Result<(), Status> {
        let order = self.order().await?;
        let mut contracts = self.server.contracts();
        let (customer_id, work_order_id) = (self.customer_id.to_owned(), order.work_order_id.clone());
        match (self.remedy("field"), order.state()) {
            ("work_order.state", v1::WorkOrderState::Suspended) => {
                let request = v1::ResumeWorkOrderRequest {
                    customer_id,
                    work_order_id,
                    effective_time: Some(stamp(self.within(&order))),
                    request_id: request_id(),
                    ..Default::default()
                };
                contracts.resume_work_order(request).await.map(drop)
            }
            ("work_order.state", v1::WorkOrderState::Draft) => {
                self.amend(v1::WorkOrder { state: v1::WorkOrderState::Active.into(), ..order }).await
            }
            ("work_order.state", v1::WorkOrderState::Terminated) | ("work_order.end_date", _)
                if self.remedy("item_id").is_empty() =>
            {
                let request = v1::RenewWorkOrderRequest {
                    customer_id,
                    work_order_id,
                    new_work_order_id: "wo-renewed".to_owned(),
                    end_date: Some((self.at.max(in_days(0)) + Duration::days(2)).date_naive().to_string()),
                    request_id: request_id(),
                    ..Default::default()
                };
                match contracts.renew_work_order(request).await {
                    // Nothing to lean on in a term of its own: the field that is named is moved.
                    Err(status) if explain(&status).contains("BASE_AGREEMENT_REQUIRED") => {
                        self.amend(self.longer(order)).await
                    }
                    other => other.map(drop),
                }
            }
            _ => self.amend(self.longer(order)).await,
        }
    }

    /// The last day of the order, and of the item that is named, moved behind the instant.
    fn longer(&self, mut order: v1::WorkOrder) -> v1::WorkOrder {
        let last = (self.at + Duration::days(2)).date_naive().to_string();
        order.end_date = order.end_date.max(last.clone());
        let item_id = self.remedy("item_id").to_owned();
        for item in order.items.iter_mut().filter(|item| item.item_id == item_id) {
            item.end_date = item.end_date.take().map(|end| end.max(last.clone()));
        }
        order
    }

    /// The instant that is asked about, or the nearest one of the order's term.
    fn within(&self, order: &v1::WorkOrder) -> DateTime<Utc> {
        let noon = |date: &str| format!("{date}T12:00:00Z").parse::<DateTime<Utc>>().unwrap();
        self.at.clamp(noon(&order.start_date), noon(&order.end_date) - Duration::hours(12))
    }

    async fn amend(&self, order: v1::WorkOrder) -> Result<(), Status> {
        let effective_time = Some(stamp(self.within(&order)));
        let request = v1::AmendWorkOrderRequest {
            work_order: Some(order),
            effective_time,
            request_id: request_id(),
            ..Default::default()
        };
        self.server.contracts().amend_work_order(request).await.map(drop)
    }

    /// The order with the value that would do.
    fn changed(&self, mut order: v1::WorkOrder) -> v1::WorkOrder {
        let (value, item_id) = (self.remedy("value").to_owned(), self.remedy("item_id").to_owned());
        let item = order.items.iter_mut().find(|item| item.item_id == item_id);
        match (self.remedy("field"), item) {
            ("work_order.covered_products", _) => order.covered_products.push(value),
            ("work_order.covered_products_except", _) => {
                let count = order.covered_products_except.len();
                order.covered_products_except.retain(|pattern| *pattern != value);
                assert!(order.covered_products_except.len() < count, "{}", self.reason);
            }
            ("work_order.items.product_ids", Some(item)) => item.product_ids.push(value),
            ("work_order.items.location_ids", Some(item)) if self.reason["code"] == "SINGLE_LOCATION_ONLY" => {
                (item.all_locations, item.location_ids) = (false, vec![value]);
            }
            ("work_order.items.location_ids", Some(item)) => item.location_ids.push(value),
            ("work_order.downstream_location_ids", item) => {
                item.into_iter().for_each(|item| item.location_ids.push(value.clone()));
                order.downstream_location_ids.push(value);
            }
            ("work_order.items.quantity", Some(item)) => self.add(item, &value),
            ("work_order.items.quantity", None) => {
                // A further item like the one that answers.
                let like = self.reason["metadata"]["item_id"].as_str().unwrap_or_default();
                let answering = order.items.iter().find(|item| item.item_id == like);
                let mut further = v1::Item {
                    item_id: "further".to_owned(),
                    quantity: None,
                    predefined_offering: None,
                    funding: v1::Funding::Purchased.into(),
                    ..answering.expect("an item that answers").clone()
                };
                self.add(&mut further, &value);
                order.items.push(further);
            }
            other => panic!("{other:?}"),
        }
        order
    }

    /// So much more, in the unit that the reason names.
    fn add(&self, item: &mut v1::Item, value: &str) {
        let unit = self.reason["metadata"]["unit"].as_str().unwrap_or_default();
        let unit = v1::Unit::from_str_name(&format!("UNIT_{unit}")).unwrap_or_else(|| panic!("{}", self.reason));
        let more: i64 = value.parse().unwrap();
        let had = match item.quantity {
            Some(quantity) if quantity.unit() == v1::Unit::Hours => quantity.amount * 60,
            Some(quantity) => quantity.amount,
            // What is sold by the piece is one without a number.
            None if unit == v1::Unit::Engagements && !item.item_id.starts_with("further") => 1,
            None => 0,
        };
        item.quantity = Some(v1::Quantity { amount: had + more, unit: unit.into() });
    }
}

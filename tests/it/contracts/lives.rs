//! Random lives of a work order, beside a plain reckoning of what it must be like at any instant as known at any other.

mod compare;
mod model;
mod uses;

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;
use tonic::Status;

use self::model::{Order, PRODUCTS, Standing, WAIVERS};
use super::changes::*;
use super::get_order;
use crate::ledger::samples::{House, entries_of, told};
use crate::server::{BOTH, TestServer, request_id};

const SEEDS: u64 = 4;
const STEPS: usize = 28;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_lives_are_what_a_plain_reckoning_makes_of_them() {
    for backend in BOTH {
        for seed in 1..=SEEDS {
            let server = TestServer::start(backend).await;
            let house = House { server, backend };
            let mut life = Life::begin(&house.server, seed).await;
            for _ in 0..STEPS {
                life.step(&house.server).await;
                life.compare(&house.server).await;
            }
            life.end(&house.server).await;
            house.stop().await;
        }
    }
}

/// Always the same numbers for a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn row(&mut self, limit: usize) -> usize {
        self.below(limit.try_into().unwrap()).try_into().unwrap()
    }

    fn days(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below((to - from).try_into().unwrap())).unwrap()
    }
}

/// What was known at an instant.
#[derive(Debug, Clone)]
struct Known {
    since: DateTime<Utc>,
    order: Order,
    used: i64,
    reserved: i64,
}

struct Life {
    seed: u64,
    draw: Draw,
    /// Every state of knowledge, in order; the last one is that of now.
    history: Vec<Known>,
    versions: usize,
    /// Reservations, and what each holds in minutes.
    holds: Vec<(String, i64)>,
    /// How often a change was made and how often it was refused.
    outcomes: (usize, usize),
    renewals: usize,
    log: Vec<String>,
}

impl Life {
    async fn begin(server: &TestServer, seed: u64) -> Self {
        stored(server).await;
        let order = Order::of(&current(server, "wo-2").await);
        let first = Known { since: now(), order, used: 0, reserved: 0 };
        let (history, holds, log) = (vec![first], Vec::new(), Vec::new());
        Self { seed, draw: Draw(seed), history, versions: 1, holds, outcomes: (0, 0), renewals: 0, log }
    }

    fn known(&self) -> &Known {
        self.history.last().unwrap()
    }

    fn told(&self) -> String {
        format!("seed {}:\n{}", self.seed, self.log.join("\n"))
    }

    /// In the past, in the future or, if none, now; never twice the same.
    fn from(&mut self) -> Option<DateTime<Utc>> {
        let days = match self.draw.below(3) {
            0 => return None,
            1 => self.draw.days(-150, 0),
            _ => self.draw.days(1, 90),
        };
        Some(in_days(days) + Duration::seconds(self.draw.days(0, 3_600)))
    }

    async fn step(&mut self, server: &TestServer) {
        let from = self.from();
        let step = self.draw.below(17);
        self.log.push(format!("{step} from {from:?}"));
        match step {
            0..=4 => self.amend(server, from).await,
            5 | 6 => {
                let made = suspend(server, "wo-2", from).await;
                self.set_held(made, true, from, "WORK_ORDER_NOT_ACTIVE");
            }
            7 | 8 => {
                let made = resume(server, "wo-2", from).await;
                self.set_held(made, false, from, "WORK_ORDER_NOT_SUSPENDED");
            }
            9 => self.record_waiver(server, from).await,
            10 => self.revoke_waiver(server, from).await,
            11 if self.history.len() > STEPS / 3 => self.terminate(server, from).await,
            12 if self.history.len() > STEPS / 2 => self.renew(server).await,
            13 => self.reserve(server).await,
            14 => self.commit(server).await,
            15 => self.withdraw(server, from).await,
            _ => self.consume(server).await,
        }
    }

    /// A change was made: from when on, and what the order is like by the reckoning.
    fn made(
        &mut self,
        order: &v1::WorkOrder,
        from: Option<DateTime<Utc>>,
        work: impl FnOnce(&mut Order, DateTime<Utc>),
    ) {
        let recorded = instant(order.record_time);
        let from = from.unwrap_or(recorded);
        self.log.push(format!("  version {} from {from}: {:?}", order.version, Standing::of(order)));
        let mut known = Known { since: recorded, ..self.known().clone() };
        work(&mut known.order, from);
        let versions = known.order.versions_since(&self.known().order, from);
        self.versions += versions;
        self.outcomes.0 += 1;
        // Where nothing changed, the answer tells when the order was recorded before.
        if versions > 0 {
            self.history.push(known);
        }
    }

    /// A change was refused, for the reason that was to be expected.
    fn refused(&mut self, status: &Status, expected: &[&str]) {
        let reason = told(status).1;
        assert!(expected.contains(&reason.as_str()), "{reason} is none of {expected:?}: {status:?}\n{}", self.told());
        self.outcomes.1 += 1;
    }

    fn has_ended(&self, at: DateTime<Utc>) -> bool {
        self.known().order.has_ended(at)
    }

    async fn amend(&mut self, server: &TestServer, from: Option<DateTime<Utc>>) {
        // As an administrator does it: reads what stands then, and changes some of it.
        let get = v1::GetWorkOrderRequest { as_of_time: from.map(stamp), ..get_order("wo-2") };
        let mut order = read(server, get).await;
        let item = &mut order.items[0];
        match self.draw.below(4) {
            0 => item.quantity = crate::sample::hours(self.draw.days(200, 600)),
            1 => item.unit_price = Some(self.draw.days(1, 1_000)),
            2 => {
                let row = self.draw.row(3);
                match item.product_ids.iter().position(|named| named == PRODUCTS[row]) {
                    Some(place) => drop(item.product_ids.remove(place)),
                    None => item.product_ids.push(PRODUCTS[row].to_owned()),
                }
            }
            _ if self.renewals == 0 => {
                order.end_date = in_days(self.draw.days(120, 400)).date_naive().to_string();
            }
            _ => order.items[0].quantity = crate::sample::hours(self.draw.days(200, 600)),
        }
        let to = Standing::of(&order);
        let at = from.unwrap_or_else(now);
        match amend(server, order, from).await {
            Ok(made) => {
                assert!(!self.has_ended(at), "{}", self.told());
                self.made(&made, from, |order, from| order.amend(from, &to));
            }
            Err(status) if self.has_ended(at) => self.refused(&status, &["WORK_ORDER_ALREADY_TERMINATED"]),
            // An item without a product, also later on.
            Err(status) => self.refused(&status, &["PRODUCTS_REQUIRED", "FIELD_REQUIRED"]),
        }
    }

    fn set_held(&mut self, made: Result<v1::WorkOrder, Status>, to: bool, from: Option<DateTime<Utc>>, reason: &str) {
        let at = from.unwrap_or_else(now);
        let (is_held, has_ended) = (self.known().order.is_held(at), self.has_ended(at));
        match made {
            Ok(order) => {
                assert!(!has_ended && is_held != to, "{}", self.told());
                self.made(&order, from, |order, from| order.set_held(from, to));
            }
            Err(status) => {
                assert!(has_ended || is_held == to, "{status:?}\n{}", self.told());
                self.refused(&status, &[if has_ended { "WORK_ORDER_ALREADY_TERMINATED" } else { reason }]);
            }
        }
    }

    async fn terminate(&mut self, server: &TestServer, from: Option<DateTime<Utc>>) {
        match terminate(server, "wo-2", from).await {
            Ok(order) => {
                // It is known from now on, also if it lies in the future.
                let recorded = instant(order.record_time);
                let (end, known) = (from.unwrap_or(recorded), from.unwrap_or(recorded).min(recorded));
                assert!(!self.has_ended(known), "{}", self.told());
                self.made(&order, Some(known), |order, _| order.terminate(known, end));
            }
            Err(status) => {
                // What renews it begins when it was planned to end.
                let has_ended = self.has_ended(from.unwrap_or_else(now).min(now()));
                self.refused(&status, &[if has_ended { "WORK_ORDER_ALREADY_TERMINATED" } else { "RENEWAL_OVERLAPS" }]);
            }
        }
    }

    /// Takes a planned end back by an amendment.
    async fn withdraw(&mut self, server: &TestServer, from: Option<DateTime<Utc>>) {
        let at = from.unwrap_or_else(now);
        let get = v1::GetWorkOrderRequest { as_of_time: from.map(stamp), ..get_order("wo-2") };
        let stored = read(server, get).await;
        let order = v1::WorkOrder { state: v1::WorkOrderState::Active.into(), terminate_time: None, ..stored };
        match amend(server, order, from).await {
            Ok(made) => {
                assert!(!self.has_ended(at) && !self.known().order.is_held(at), "{}", self.told());
                self.made(&made, from, |order, from| order.withdraw_end(from));
            }
            Err(status) if self.has_ended(at) => self.refused(&status, &["WORK_ORDER_ALREADY_TERMINATED"]),
            Err(status) if self.known().order.is_held(at) => self.refused(&status, &["FIELD_CONFLICT"]),
            // What was renewed in the meantime does not go on.
            Err(status) => self.refused(&status, &["RENEWAL_OVERLAPS"]),
        }
    }

    async fn record_waiver(&mut self, server: &TestServer, from: Option<DateTime<Utc>>) {
        let row = self.draw.row(WAIVERS.len());
        let from = from.unwrap_or_else(|| in_days(0));
        let request = v1::RecordWaiverRequest {
            customer_id: "contoso".to_owned(),
            work_order_id: "wo-2".to_owned(),
            item_id: "ede".to_owned(),
            waiver: Some(v1::Waiver {
                code: "ONSITE_NOT_INCLUDED".to_owned(),
                reference: WAIVERS[row].to_owned(),
                ..Default::default()
            }),
            effective_time: Some(stamp(from)),
            request_id: request_id(),
            ..Default::default()
        };
        match server.contracts().record_waiver(request).await {
            Ok(answer) => {
                let order = answer.into_inner().work_order.unwrap();
                self.made(&order, Some(from), |order, from| order.set_waiver(from, row, true));
            }
            Err(status) => self.refused(&status, &["WORK_ORDER_ALREADY_TERMINATED"]),
        }
    }

    async fn revoke_waiver(&mut self, server: &TestServer, from: Option<DateTime<Utc>>) {
        let row = self.draw.row(WAIVERS.len());
        let request = v1::RevokeWaiverRequest {
            customer_id: "contoso".to_owned(),
            work_order_id: "wo-2".to_owned(),
            item_id: "ede".to_owned(),
            code: "ONSITE_NOT_INCLUDED".to_owned(),
            reference: WAIVERS[row].to_owned(),
            effective_time: from.map(stamp),
            request_id: request_id(),
            ..Default::default()
        };
        let is_there = *self.known().order.waivers[row].at(from.unwrap_or_else(now));
        match server.contracts().revoke_waiver(request).await {
            Ok(answer) => {
                assert!(is_there, "{}", self.told());
                let order = answer.into_inner().work_order.unwrap();
                self.made(&order, from, |order, from| order.set_waiver(from, row, false));
            }
            Err(status) => self.refused(&status, &["WAIVER_NOT_FOUND", "WORK_ORDER_ALREADY_TERMINATED"]),
        }
    }

    async fn renew(&mut self, server: &TestServer) {
        let request = v1::RenewWorkOrderRequest {
            customer_id: "contoso".to_owned(),
            work_order_id: "wo-2".to_owned(),
            new_work_order_id: format!("wo-2-{}", self.renewals),
            request_id: request_id(),
            ..Default::default()
        };
        match server.contracts().renew_work_order(request).await {
            Ok(_) => self.renewals += 1,
            // Its base ends with it or soon after; and the old term may still be longer until a planned end.
            Err(status) => self.refused(&status, &["RENEWAL_OVERLAPS", "BASE_AGREEMENT_REQUIRED"]),
        }
    }
}

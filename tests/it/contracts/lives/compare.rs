//! Whether every answer is what the reckoning says.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;

use super::super::changes::*;
use super::super::get_order;
use super::{Known, Life, PRODUCTS, STEPS, Standing, entries_of};
use crate::sample::hours;
use crate::server::TestServer;

impl Life {
    pub(super) async fn compare(&mut self, server: &TestServer) {
        for _ in 0..3 {
            let at = in_days(self.draw.days(-180, 110)) + Duration::seconds(self.draw.days(0, 7_200));
            let row = self.draw.row(self.history.len());
            let is_all = row + 1 == self.history.len();
            let known = if is_all { None } else { Some(self.history[row].since) };
            let expected = self.history[row].clone();
            self.compare_order(server, at, known, &expected).await;
            self.compare_check(server, at, known, &expected).await;
        }
        self.compare_order(server, now(), None, &self.known().clone()).await;
        self.compare_block(server).await;
        // None is lost. A list of texts in another order, which the reckoning does not tell apart, may be one more.
        let versions = self.versions_told(server).await;
        assert!(versions >= self.versions, "{versions} of {}: {}", self.versions, self.told());
        self.versions = versions;
    }

    async fn compare_order(
        &self,
        server: &TestServer,
        at: DateTime<Utc>,
        known: Option<DateTime<Utc>>,
        expected: &Known,
    ) {
        let get =
            v1::GetWorkOrderRequest { as_of_time: Some(stamp(at)), known_time: known.map(stamp), ..get_order("wo-2") };
        let order = read(server, get).await;
        let version = order.version;
        let found = Standing::of(&order);
        assert_eq!(found, expected.order.at(at), "version {version}, {at} as known at {known:?}\n{}", self.told());
    }

    /// Whether one product is served, and how many minutes are left.
    async fn compare_check(
        &mut self,
        server: &TestServer,
        at: DateTime<Utc>,
        known: Option<DateTime<Utc>>,
        expected: &Known,
    ) {
        let row = self.draw.row(PRODUCTS.len());
        let standing = expected.order.at(at);
        // What is left is told of what was taken by the time it was known.
        let left = standing.hours * 60 - expected.used - expected.reserved;
        let is_over = standing.terminate_time.is_some_and(|end| end <= at);
        let is_active = standing.state == v1::WorkOrderState::Active
            || standing.state == v1::WorkOrderState::Terminated && !is_over;
        let is_last_day = at.date_naive().to_string() >= standing.end_date;
        // Later on, holds may have run out by then.
        let is_held = expected.reserved > 0 && at > now();
        if is_active && (is_last_day || is_held) {
            return;
        }
        for (amount, fits) in [(left, true), (left + 1, false)] {
            let quantity = Some(v1::Quantity { amount, unit: v1::Unit::Minutes.into() });
            let product_id = PRODUCTS[row].trim_end_matches("/*").to_owned();
            let question = v1::CheckEntitlementRequest {
                known_time: known.map(stamp),
                quantity: quantity.filter(|_| left > 0).or(hours(1)),
                product_id,
                ..check_at(at)
            };
            let answer = ask(server, question).await;
            let expected = is_active && standing.products[row] && fits && left > 0;
            // What the order covers is not among what varies.
            let is_covered = PRODUCTS[row] != "sql-server/*";
            let label = format!("{at} as known at {known:?}: {amount} of {}, {answer}\n{}", PRODUCTS[row], self.told());
            assert_eq!(answer == "ENTITLED", expected && is_covered, "{label}");
        }
    }

    /// The block is the sum of its entries, and grants what the contract says.
    async fn compare_block(&self, server: &TestServer) {
        use v1::EntryKind::{Adjust, Commit, Consume, Expire, Grant, Release, Reserve};
        let (mut granted, mut used, mut reserved) = (0, 0, 0);
        for entry in entries_of(server, &block()).await {
            match entry.kind() {
                Grant | Adjust => granted += entry.amount,
                Consume => used += entry.amount,
                Reserve => reserved += entry.amount,
                Commit => {
                    used += entry.amount;
                    reserved -= entry.amount;
                }
                Release | Expire => reserved -= entry.amount,
                other => panic!("{other:?}"),
            }
            assert_eq!((entry.granted, entry.used, entry.reserved), (granted, used, reserved), "{}", self.told());
        }
        let block = block_at(server, None).await;
        assert_eq!((block.granted, block.used, block.reserved), (granted, used, reserved), "{}", self.told());
        let known = self.known();
        let expected = (known.order.at(now()).hours * 60, known.used, known.reserved);
        assert_eq!((block.granted, block.used, block.reserved), expected, "{}", self.told());
    }

    async fn versions_told(&self, server: &TestServer) -> usize {
        let request = v1::ListWorkOrderVersionsRequest {
            customer_id: "contoso".to_owned(),
            work_order_id: "wo-2".to_owned(),
            page_size: 1_000,
            ..Default::default()
        };
        let answer = server.contracts().list_work_order_versions(request).await.unwrap().into_inner();
        assert!(answer.next_page_token.is_empty());
        answer.work_order_versions.len()
    }

    /// Most of a life was lived.
    pub(super) async fn end(&self, server: &TestServer) {
        let (made, _) = self.outcomes;
        assert!(made > STEPS / 4, "{:?} {}", self.outcomes, self.told());
        for known in &self.history {
            self.compare_order(server, known.since, Some(known.since), known).await;
        }
    }
}

//! What is taken of the hours meanwhile.

use chrono::Duration;
use entitled::proto::v1;

use super::super::changes::*;
use super::{Known, Life};
use crate::ledger::samples::told;
use crate::server::{TestServer, request_id};

impl Life {
    /// Something of the block was used or held.
    fn took(&mut self, used: i64, reserved: i64) {
        let known = Known { since: now(), ..self.known().clone() };
        self.history.push(Known { used: known.used + used, reserved: known.reserved + reserved, ..known });
    }

    /// Whether the order entitles now.
    fn is_active(&self) -> bool {
        let standing = self.known().order.at(now());
        standing.state == v1::WorkOrderState::Active
    }

    fn may_be_refused(&mut self, status: &tonic::Status) {
        let reason = told(status).1;
        assert!(!self.is_active() && reason.starts_with("WORK_ORDER_"), "{reason}: {status:?}\n{}", self.told());
    }

    /// An hour now, or one of a Wednesday long ago.
    pub(super) async fn consume(&mut self, server: &TestServer) {
        let weeks = self.draw.days(0, 20);
        let start = wednesday() - Duration::weeks(weeks);
        let done = (weeks > 0).then(|| (start, start + Duration::hours(1)));
        match server.ledger().consume_units(consume(1, done)).await {
            Ok(_) => {
                let at = done.map_or_else(now, |(start, _)| start);
                let state = self.known().order.at(at).state;
                let is_over = self.known().order.at(at).terminate_time.is_some_and(|end| end <= at);
                assert!(state == v1::WorkOrderState::Active || !is_over, "{at}\n{}", self.told());
                assert_ne!(state, v1::WorkOrderState::Suspended, "{at}\n{}", self.told());
                self.took(60, 0);
            }
            Err(status) if done.is_none() => self.may_be_refused(&status),
            Err(status) => {
                let state = self.known().order.at(start).state;
                let has_ended = self.known().order.at(now()).terminate_time.is_some();
                let is_refused = state != v1::WorkOrderState::Active || has_ended;
                assert!(is_refused, "{start}: {status:?}\n{}", self.told());
            }
        }
    }

    pub(super) async fn reserve(&mut self, server: &TestServer) {
        let request = v1::ReserveUnitsRequest {
            customer_id: "contoso".to_owned(),
            block_id: block(),
            quantity: crate::sample::hours(2),
            request_id: request_id(),
            ..Default::default()
        };
        match server.ledger().reserve_units(request).await {
            Ok(answer) => {
                let reservation = answer.into_inner().reservation.unwrap();
                self.holds.push((reservation.reservation_id, reservation.amount));
                self.took(0, reservation.amount);
            }
            Err(status) => self.may_be_refused(&status),
        }
    }

    /// What is held can be used, whatever became of the order.
    pub(super) async fn commit(&mut self, server: &TestServer) {
        let Some((reservation_id, amount)) = self.holds.pop() else { return };
        match server.ledger().commit_reservation(commit(&reservation_id, None)).await {
            Ok(_) => self.took(amount, -amount),
            Err(status) => {
                let end = self.known().order.at(now()).terminate_time;
                assert!(end.is_some_and(|end| end <= now()), "{status:?}\n{}", self.told());
                assert_eq!(told(&status).1, "FORFEITED");
            }
        }
    }
}

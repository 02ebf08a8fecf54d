//! Carrying out what a remedy says, by one call.

use chrono::{DateTime, Duration, Utc};
use entitled::catalog::Catalog;
use entitled::proto::v1;
use serde_json::Value;
use tonic::Status;

use super::super::changes::{in_days, stamp};
use crate::server::{TestServer, request_id};

/// A remedy, and what it is for.
pub(super) struct Act<'a> {
    pub server: &'a TestServer,
    pub customer_id: &'a str,
    /// When it takes effect, and when the question is asked: later, where the work begins before.
    pub at: DateTime<Utc>,
    pub asked: DateTime<Utc>,
    pub reason: &'a Value,
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
    pub(super) async fn carry_out(&self, kind: &str) -> Result<(), Status> {
        match kind {
            "RECORD_WAIVER" => self.record_waiver().await,
            "RENEW" => self.renew().await,
            "MOVE" => self.amend(self.longer(self.order().await?)).await,
            "BUY" => self.buy_anew().await,
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
            ("work_order.end_date", _) if self.remedy("item_id").is_empty() => {
                let request = v1::RenewWorkOrderRequest {
                    customer_id,
                    work_order_id,
                    new_work_order_id: "wo-renewed".to_owned(),
                    end_date: Some((self.asked.max(in_days(0)) + Duration::days(2)).date_naive().to_string()),
                    request_id: request_id(),
                    ..Default::default()
                };
                contracts.renew_work_order(request).await.map(drop)
            }
            _ => self.amend(self.longer(order)).await,
        }
    }

    /// The answering item, and a base beside it, on an order of their own.
    async fn buy_anew(&self) -> Result<(), Status> {
        let catalog = Catalog::embedded().unwrap();
        let told = |name: &str| self.reason["metadata"][name].as_str().unwrap_or_default().to_owned();
        let request = v1::GetWorkOrderRequest {
            customer_id: self.customer_id.to_owned(),
            work_order_id: told("work_order_id"),
            as_of_time: Some(stamp(self.at)),
            ..Default::default()
        };
        let order = self.server.contracts().get_work_order(request).await?.into_inner().work_order.unwrap();
        assert_eq!((self.remedy("field"), self.remedy("work_order_id")), ("work_order.items.service_id", ""));
        let leaning = order.items.iter().find(|item| item.item_id == told("item_id")).unwrap();
        assert_eq!(self.remedy("value"), leaning.service_id);
        let anew = v1::Item { start_date: None, end_date: None, waivers: Vec::new(), ..leaning.clone() };
        let base = v1::Item {
            item_id: "new-base".to_owned(),
            service_id: catalog.default_edition().base_package.clone(),
            all_locations: true,
            ..Default::default()
        };
        let work_order = v1::WorkOrder {
            work_order_id: "wo-anew".to_owned(),
            start_date: (self.at - Duration::days(2)).date_naive().to_string(),
            end_date: (self.asked + Duration::days(2)).date_naive().to_string(),
            state: v1::WorkOrderState::Active.into(),
            terminate_time: None,
            base_work_order_id: None,
            renews_work_order_id: None,
            items: vec![base, anew],
            ..order
        };
        let request =
            v1::CreateWorkOrderRequest { work_order: Some(work_order), request_id: request_id(), ..Default::default() };
        self.server.contracts().create_work_order(request).await.map(drop)
    }

    /// The last day of the order, and of the item that is named, moved behind the instant.
    fn longer(&self, mut order: v1::WorkOrder) -> v1::WorkOrder {
        let last = (self.asked + Duration::days(2)).date_naive().to_string();
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
            Some(quantity) if quantity.unit() == v1::Unit::Days => quantity.amount * 8 * 60,
            Some(quantity) => quantity.amount,
            // What is sold by the piece is one without a number.
            None if unit == v1::Unit::Engagements && !item.item_id.starts_with("further") => 1,
            None => 0,
        };
        item.quantity = Some(v1::Quantity { amount: had + more, unit: unit.into() });
    }
}

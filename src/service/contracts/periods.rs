//! A contract over time, put together of the versions of its documents.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::contract::{Document, Period, Timeline};
use crate::model::{Contract, Customer, VersionInfo, WorkOrder};
use crate::store::{DatedDocument, StoredContract};

/// So many changes may take effect behind the instant of a change, and take so many bytes in the store: each is judged
/// with it.
pub(super) const MOST_PERIODS: usize = 2_500;
pub(super) const MOST_BYTES: usize = 64 << 20;

/// A contract over time, and how it came about.
#[derive(Debug)]
pub(super) struct Periods {
    pub timeline: Timeline,
    /// Of what stands at the instant that was asked for.
    pub infos: Infos,
    /// What all of them take in the store.
    pub bytes: usize,
}

/// The versions of a contract that are in effect together.
#[derive(Debug, Clone)]
pub(super) struct Infos {
    pub customer: VersionInfo,
    /// By work order id.
    pub orders: BTreeMap<String, VersionInfo>,
}

impl Infos {
    pub(super) fn of(stored: &StoredContract) -> Self {
        Self { customer: stored.customer_info.clone(), orders: stored.order_infos.clone() }
    }
}

impl Periods {
    /// The documents in the order of [`crate::store::documents_since_in_txn`]; none if they are too many or too large
    /// to be judged together. A period in which nothing is new is part of the one before.
    pub(super) fn of(documents: Vec<DatedDocument>, as_of: DateTime<Utc>, stored: &StoredContract) -> Option<Self> {
        let mut infos: BTreeMap<Option<String>, VersionInfo> = BTreeMap::new();
        let mut later: BTreeMap<DateTime<Utc>, Vec<(Document, usize)>> = BTreeMap::new();
        let mut draft = Draft { customer: (stored.contract.customer.clone(), 0), orders: BTreeMap::new() };
        let mut from = None;
        for DatedDocument { work_order_id, info, document } in documents {
            let begins = info.effective_time;
            // The first version of a document is in effect when the first period begins.
            let later_instant = begins.filter(|_| infos.contains_key(&work_order_id));
            if later_instant.is_none_or(|instant| instant <= as_of) {
                infos.insert(work_order_id, info);
            }
            match (later_instant, document) {
                (_, None) => {}
                (Some(instant), Some(document)) => later.entry(instant).or_default().push(document),
                (None, Some(document)) => {
                    from = from.max(begins);
                    draft.put(document);
                }
            }
        }
        let mut bytes = stored.bytes.saturating_add(draft.bytes());
        let mut periods = vec![draft.period(from)];
        for (instant, documents) in later {
            documents.into_iter().for_each(|document| draft.put(document));
            bytes = bytes.saturating_add(draft.bytes());
            if periods.len() >= MOST_PERIODS || bytes > MOST_BYTES {
                return None;
            }
            periods.push(draft.period(Some(instant)));
        }
        let customer = infos.remove(&None).unwrap_or_else(|| stored.customer_info.clone());
        let orders = infos.into_iter().filter_map(|(id, info)| Some((id?, info))).collect();
        Some(Self { timeline: Timeline::new(periods)?, infos: Infos { customer, orders }, bytes })
    }
}

/// The contract of a period, each document with the bytes it takes.
struct Draft {
    customer: (Customer, usize),
    orders: BTreeMap<String, (WorkOrder, usize)>,
}

impl Draft {
    fn put(&mut self, (document, bytes): (Document, usize)) {
        match document {
            Document::Customer(customer) => self.customer = (customer, bytes),
            Document::WorkOrder(order) => _ = self.orders.insert(order.work_order_id.clone(), (order, bytes)),
        }
    }

    fn bytes(&self) -> usize {
        self.orders.values().map(|(_, bytes)| *bytes).fold(self.customer.1, usize::saturating_add)
    }

    fn period(&self, from: Option<DateTime<Utc>>) -> Period {
        let work_orders = self.orders.values().map(|(order, _)| order.clone()).collect();
        Period { from, contract: Contract { customer: self.customer.0.clone(), work_orders } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EffectivePeriod;

    fn customer(name: &str) -> Customer {
        Customer {
            customer_id: "acme".to_owned(),
            display_name: name.to_owned(),
            locations: Vec::new(),
            contacts: Vec::new(),
            licenses: Vec::new(),
        }
    }

    fn info(version: i64, second: Option<i64>) -> VersionInfo {
        let effective_time = second.map(at);
        VersionInfo { version, record_time: DateTime::UNIX_EPOCH, effective_time, actor: String::new() }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn stored(bytes: usize) -> StoredContract {
        StoredContract {
            contract: Contract { customer: customer("Acme"), work_orders: Vec::new() },
            revision: 1,
            contract_version: 1,
            customer_info: info(1, None),
            order_infos: Default::default(),
            balances: Default::default(),
            period: EffectivePeriod::default(),
            planned_from: None,
            bytes,
            planned: Vec::new(),
        }
    }

    /// The first is there from the beginning, each later one from as many seconds on. Without bytes: nothing new.
    fn documents(bytes: &[Option<usize>]) -> Vec<DatedDocument> {
        let dated = |(second, bytes): (i64, &Option<usize>)| DatedDocument {
            work_order_id: None,
            info: info(second + 1, Some(second).filter(|second| *second > 0)),
            document: bytes.map(|bytes| (Document::Customer(customer(&format!("name {second}"))), bytes)),
        };
        (0..).zip(bytes).map(dated).collect()
    }

    #[test]
    fn a_version_that_says_nothing_new_begins_no_period() {
        let documents = documents(&[Some(10), Some(20), None, Some(30)]);
        let periods = Periods::of(documents, at(2), &stored(5)).unwrap();
        let told: Vec<_> =
            periods.timeline.periods().map(|it| (it.from, it.contract.customer.display_name.as_str())).collect();
        assert_eq!(told, [(None, "name 0"), (Some(at(1)), "name 1"), (Some(at(3)), "name 3")]);
        // It is nevertheless the one that stands.
        assert_eq!(periods.infos.customer.version, 3);
        assert_eq!(periods.bytes, 65);
    }

    #[test]
    fn so_many_periods_of_so_many_bytes_are_judged() {
        let judged = |bytes: Vec<Option<usize>>| Periods::of(documents(&bytes), at(0), &stored(5)).map(|it| it.bytes);
        assert_eq!(judged(vec![Some(1); MOST_PERIODS]), Some(MOST_PERIODS + 5));
        assert_eq!(judged(vec![Some(1); MOST_PERIODS + 1]), None);
        assert_eq!(judged(vec![Some(1), Some(MOST_BYTES - 6)]), Some(MOST_BYTES));
        assert_eq!(judged(vec![Some(1), Some(MOST_BYTES - 5)]), None);
    }
}

//! The answer to one question.

use chrono::{DateTime, Utc};

use super::balances::BlockState;
use super::calendar::Calendar;
use super::context::Context;
use crate::catalog::{Clause, Edition, Locale, RemedyKind, Service, Text};
use crate::model::{Item, Waiver, WorkOrder};
use crate::terms::Span;

/// The answer to one question.
#[derive(Debug)]
pub struct Decision<'a> {
    pub outcome: Outcome,
    /// Every failed clause, in catalogue order.
    pub reasons: Vec<Reason<'a>>,
    /// Every clause that depends on a fact the question lacks.
    pub open_conditions: Vec<Reason<'a>>,
    /// What no machine can decide; empty unless asked for.
    pub notes: Vec<Note<'a>>,
    /// The item that answers; none if nobody bought the service.
    pub coverage: Option<Coverage<'a>>,
    /// The next instant at which time alone changes the answer.
    pub valid_until: Option<DateTime<Utc>>,
    /// The edition that was applied.
    pub edition: &'a Edition,
    pub service: &'a Service,
    /// The instant that was judged.
    pub check_time: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    NotEntitled,
    Conditional,
    Entitled,
}

impl Outcome {
    /// For logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotEntitled => "NOT_ENTITLED",
            Self::Conditional => "CONDITIONAL",
            Self::Entitled => "ENTITLED",
        }
    }
}

/// One clause that decided or is open.
#[derive(Debug, Clone)]
pub struct Reason<'a> {
    pub clause: &'a Clause,
    pub metadata: Vec<(&'static str, String)>,
    pub remedy: Remedy,
}

impl Reason<'_> {
    /// The text of the clause.
    pub fn message(&self, edition: &Edition, locale: Locale) -> String {
        self.clause.text.render(locale, |name| edition.word(locale, name, &|name| self.fact(name)))
    }

    /// The text of the remedy.
    pub fn remedy_message(&self, edition: &Edition, locale: Locale) -> String {
        let fact = |name: &str| self.remedy.fact(name).or_else(|| self.fact(name));
        let text = edition.remedies.get(&self.remedy.kind);
        text.map(|text| text.render(locale, |name| edition.word(locale, name, &fact))).unwrap_or_default()
    }

    pub fn fact(&self, name: &str) -> Option<&str> {
        self.metadata.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// The smallest change that removes a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    pub kind: RemedyKind,
    pub work_order_id: String,
    pub item_id: String,
    /// Path in the request with `ChangeRequest` and `WaitUntil`, else in the contract.
    pub field: &'static str,
    pub value: String,
    /// The times in `value` as the clocks of the place show them, with its zone; empty where there are none.
    pub local_value: String,
}

impl Remedy {
    fn lifts_exception(&self) -> bool {
        self.field == "work_order.covered_products_except"
    }

    pub fn fact(&self, name: &str) -> Option<&str> {
        match name {
            "field" => Some(self.field),
            // Three acts bring an order or an item back; the part of the text that fits is told.
            "renewed_order" => {
                Some(&self.work_order_id).filter(|_| self.field == "work_order.end_date").map(String::as_str)
            }
            "renewed_item" => {
                Some(&self.item_id).filter(|_| self.field == "work_order.items.end_date").map(String::as_str)
            }
            "moved_item" => Some(&self.item_id).filter(|_| self.field == "work_order.end_date").map(String::as_str),
            "activated_order" => {
                Some(&self.work_order_id).filter(|_| self.field == "work_order.state").map(String::as_str)
            }
            // A product is added, or what kept it out is taken away.
            "added_product" => Some(&self.value).filter(|_| !self.lifts_exception()).map(String::as_str),
            "lifted_product" => Some(&self.value).filter(|_| self.lifts_exception()).map(String::as_str),
            "value" => Some(&self.value),
            "local_value" => Some(&self.local_value),
            "work_order_id" => Some(&self.work_order_id),
            "item_id" => Some(&self.item_id),
            _ => None,
        }
    }
}

/// Something worth telling beside a decision.
#[derive(Debug, Clone)]
pub struct Note<'a> {
    pub clause: &'a Clause,
    pub text: &'a Text,
    pub metadata: Vec<(&'static str, String)>,
}

impl Note<'_> {
    pub fn message(&self, edition: &Edition, locale: Locale) -> String {
        self.text.render(locale, |name| edition.word(locale, name, &|name| self.fact(name)))
    }

    pub fn fact(&self, name: &str) -> Option<&str> {
        self.metadata.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// The item that answers, and what it offers.
#[derive(Debug)]
pub struct Coverage<'a> {
    pub order: &'a WorkOrder,
    pub item: &'a Item,
    pub effective: Span,
    /// The order of the base agreement it leans on now; its own for base services.
    pub base: Option<&'a WorkOrder>,
    /// Waivers without which the answer would have been worse.
    pub waivers: Vec<&'a Waiver>,
    /// When it is worked; none if it keeps no hours of its own.
    pub calendar: Option<Calendar<'a>>,
    pub(super) context: Context<'a>,
}

/// A balance as it counts at the time of the check.
#[derive(Debug, Clone, Copy)]
pub struct BlockBalance<'a> {
    pub order: &'a WorkOrder,
    pub item: &'a Item,
    pub block: BlockState,
    /// 0 once the block has ended.
    pub available: i64,
    /// What was left when it ended.
    pub forfeited: i64,
    pub expire_time: DateTime<Utc>,
}

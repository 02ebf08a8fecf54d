use chrono::{DateTime, SecondsFormat, Utc};

use super::base::BaseState;
use super::calendar::Calendar;
use super::context::Context;
use super::note::Note;
use super::prepared::Block;
use super::span::Span;
use super::{event, hours, location, product, quantity, request, term};
use crate::catalog::{Clause, ClauseUse, Edition, RemedyKind, Rule, Service};
use crate::model::{Item, Waiver, WorkOrder};

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

/// One clause that decided or is open.
#[derive(Debug, Clone)]
pub struct Reason<'a> {
    pub clause: &'a Clause,
    pub metadata: Vec<(&'static str, String)>,
    pub remedy: Remedy,
}

impl Reason<'_> {
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.metadata.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// The smallest change that turns a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    pub kind: RemedyKind,
    pub work_order_id: String,
    pub item_id: String,
    /// Path in the request, or in the contract.
    pub field: &'static str,
    pub value: String,
}

impl Remedy {
    pub fn fact(&self, name: &str) -> Option<&str> {
        match name {
            "field" => Some(self.field),
            "value" => Some(&self.value),
            "work_order_id" => Some(&self.work_order_id),
            "item_id" => Some(&self.item_id),
            _ => None,
        }
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
    pub block: Option<BlockBalance>,
    /// When it is worked; none if it keeps no hours of its own.
    pub calendar: Option<Calendar<'a>>,
}

/// A balance as it counts at the time of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockBalance {
    pub block: Block,
    /// 0 once the block has ended.
    pub available: i64,
    /// What was left when it ended.
    pub forfeited: i64,
    pub expire_time: DateTime<Utc>,
}

/// Collects what a reason says.
#[derive(Debug, Default)]
pub(super) struct Explanation {
    metadata: Vec<(&'static str, String)>,
    remedy: Option<Remedy>,
    remedy_at: Option<(String, Option<String>)>,
}

impl Explanation {
    pub fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.metadata.push((name, value.into()));
    }

    pub fn optional_fact(&mut self, name: &'static str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.fact(name, value);
        }
    }

    pub fn remedy(&mut self, kind: RemedyKind, field: &'static str, value: impl Into<String>) {
        self.remedy = Some(Remedy { kind, field, value: value.into(), ..Remedy::default() });
    }

    /// A waiver of the clause at hand, recorded on the item.
    pub fn remedy_waiver(&mut self) {
        self.remedy(RemedyKind::RecordWaiver, "work_order.items.waivers", "");
    }

    /// The remedy is due somewhere else than on the answering item.
    pub fn remedy_at(&mut self, work_order_id: &str, item_id: Option<&str>) {
        self.remedy_at = Some((work_order_id.to_owned(), item_id.map(str::to_owned)));
    }
}

/// The reason a clause gives against a candidate, or the condition it leaves open.
pub(super) fn reason<'a>(
    context: &Context<'a>,
    clause_use: &ClauseUse,
    clause: &'a Clause,
    is_open: bool,
) -> Reason<'a> {
    let mut explanation = Explanation::default();
    explanation.fact("service_id", context.service.id.as_str());
    explanation.fact("location_id", context.location.location_id.as_str());
    explanation.fact("work_order_id", context.order.work_order_id.as_str());
    explanation.fact("item_id", context.item.item_id.as_str());
    explain(context, clause_use.rule, is_open, &mut explanation);
    let mut remedy = explanation.remedy.unwrap_or(Remedy { kind: clause.remedy, ..Remedy::default() });
    if remedy.kind == RemedyKind::RecordWaiver {
        // What cannot be waived for this service has no such remedy.
        remedy = if clause_use.waivable { Remedy { value: clause.code.clone(), ..remedy } } else { Remedy::default() };
    }
    if !matches!(remedy.kind, RemedyKind::ChangeRequest | RemedyKind::None | RemedyKind::WaitUntil) {
        (remedy.work_order_id, remedy.item_id) = match explanation.remedy_at {
            Some((order, item)) => (order, item.unwrap_or_default()),
            None => (context.order.work_order_id.clone(), context.item.item_id.clone()),
        };
    }
    Reason { clause, metadata: explanation.metadata, remedy }
}

fn explain(context: &Context<'_>, rule: Rule, is_open: bool, explanation: &mut Explanation) {
    match rule {
        Rule::HoursAvailable | Rule::QuantityAvailable => quantity::explain(context, explanation),
        Rule::ServiceHours => hours::explain(context, explanation),
        Rule::EventNotice | Rule::EventDuration | Rule::EventSolutions => {
            event::explain(context, rule, is_open, explanation);
        }
        // Each family explains its own rules and leaves the others alone.
        _ => {
            term::explain(context, rule, explanation);
            product::explain(context, rule, explanation);
            location::explain(context, rule, explanation);
            request::explain(context, rule, explanation);
        }
    }
}

/// `NOT_PURCHASED`: nobody's item answers.
pub(super) fn not_purchased<'a>(
    clause: &'a Clause,
    edition: &Edition,
    service: &Service,
    location_id: &str,
) -> Reason<'a> {
    let bought = if service.is_base() { &edition.base_package } else { &service.id };
    let metadata = vec![("service_id", service.id.clone()), ("location_id", location_id.to_owned())];
    let remedy = Remedy {
        kind: RemedyKind::Buy,
        field: "work_order.items.service_id",
        value: bought.clone(),
        ..Remedy::default()
    };
    Reason { clause, metadata, remedy }
}

pub(super) fn coverage<'a>(context: &Context<'a>, waived: u128) -> Coverage<'a> {
    let base = match context.base {
        None => Some(context.order),
        Some(BaseState::Covered { order }) => context.prepared.contract().work_orders.get(order),
        Some(_) => None,
    };
    let used = context.service.clauses.iter().filter(|clause| waived & bit(clause) != 0);
    let waivers = used.filter_map(|clause| context.item.waivers.get(context.waiver(clause)?)).collect();
    let block = (!context.service.is_base()).then_some(context.candidate.block).flatten();
    Coverage {
        order: context.order,
        item: context.item,
        effective: context.effective,
        base,
        waivers,
        block: block.map(|block| balance(context, block)),
        calendar: context.service.service_hours.as_ref().map(|hours| hours::calendar_of(context, hours)),
    }
}

fn balance(context: &Context<'_>, block: Block) -> BlockBalance {
    let expire_time = context.forfeit_time();
    let left = block.available().max(0);
    let (available, forfeited) = if context.at < expire_time { (left, 0) } else { (0, left) };
    BlockBalance { block, available, forfeited, expire_time }
}

/// The bit of a clause in a set of clauses.
pub(super) fn bit(clause: &ClauseUse) -> u128 {
    1u128.checked_shl(u32::from(clause.row)).unwrap_or(0)
}

/// An instant as metadata says it: RFC 3339 in UTC.
pub(super) fn time(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

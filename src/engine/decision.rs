use chrono::{DateTime, SecondsFormat, Utc};

use super::base::BaseState;
use super::calendar::Calendar;
use super::context::Context;
use super::note::Note;
use super::prepared::Block;
use super::span::{End, Span};
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
    /// Path in the request with `ChangeRequest` and `WaitUntil`, else in the contract.
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
    /// When it is worked; none if it keeps no hours of its own.
    pub calendar: Option<Calendar<'a>>,
    context: Context<'a>,
}

impl<'a> Coverage<'a> {
    /// The balances the service can be drawn from, in the order in which they are used up: those of
    /// the item and of the others that serve. Worked out here, for not everyone who asks looks.
    pub fn blocks(&self) -> Vec<BlockBalance<'a>> {
        quantity::drawn_from(&self.context).iter().filter_map(balance).collect()
    }
}

/// A balance as it counts at the time of the check.
#[derive(Debug, Clone, Copy)]
pub struct BlockBalance<'a> {
    pub order: &'a WorkOrder,
    pub item: &'a Item,
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
    remedy_at: Option<(String, String)>,
    is_waivable: bool,
    is_brief: bool,
}

impl Explanation {
    /// Whether anybody reads the remedy: some are searched for.
    pub fn wants_remedy(&self) -> bool {
        !self.is_brief
    }

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

    pub fn ask(&mut self, field: &'static str, value: impl Into<String>) {
        self.remedy(RemedyKind::ChangeRequest, field, value);
    }

    /// The delivery at another time: at one of its ends if that will do.
    pub fn ask_window(&mut self, (start, end): (DateTime<Utc>, DateTime<Utc>), other: Span) {
        if end == other.end {
            self.ask("delivery.start_time", time(other.start));
        } else if start == other.start {
            self.ask("delivery.end_time", time(other.end));
        } else {
            self.ask("delivery", format!("{}/{}", time(other.start), time(other.end)));
        }
    }

    /// A waiver of the clause at hand, recorded on the item; false where it cannot be waived.
    pub fn remedy_waiver(&mut self) -> bool {
        if self.is_waivable {
            self.remedy(RemedyKind::RecordWaiver, "work_order.items.waivers", "");
        }
        self.is_waivable
    }

    /// An order to be in force again, or longer.
    pub fn remedy_renew(&mut self, order: &WorkOrder, cause: Option<End>) {
        match cause {
            Some(End::Terminated) => self.remedy(RemedyKind::Renew, "work_order.state", ACTIVE),
            _ => self.remedy(RemedyKind::Renew, "work_order.end_date", ""),
        }
        self.remedy_at(&order.work_order_id, None);
    }

    /// Something is to be bought, on this order or on a new one.
    pub fn remedy_buy(&mut self, service_id: &str, order: Option<&WorkOrder>) {
        self.remedy(RemedyKind::Buy, "work_order.items.service_id", service_id);
        self.remedy_at(order.map_or("", |order| &order.work_order_id), None);
    }

    /// The remedy is due somewhere else than its field says: on another order, or on an item
    /// that is not there yet.
    pub fn remedy_at(&mut self, work_order_id: &str, item_id: Option<&str>) {
        self.remedy_at = Some((work_order_id.to_owned(), item_id.unwrap_or_default().to_owned()));
    }
}

/// The state of an order in force, as a remedy names it.
pub(super) const ACTIVE: &str = "ACTIVE";

/// The reason a clause gives against a candidate, or the condition it leaves open.
pub(super) fn reason<'a>(
    context: &Context<'a>,
    clause_use: &ClauseUse,
    clause: &'a Clause,
    is_open: bool,
) -> Reason<'a> {
    let explanation = Explanation { is_waivable: clause_use.waivable, ..Explanation::default() };
    let Explanation { metadata, remedy, remedy_at, .. } = explained(context, clause_use, is_open, explanation);
    let mut remedy = remedy.unwrap_or_default();
    if remedy.kind == RemedyKind::RecordWaiver {
        remedy.value.clone_from(&clause.code);
    }
    // What changes on the contract changes on the answering item, unless said otherwise.
    (remedy.work_order_id, remedy.item_id) = match (remedy_at, remedy.field.strip_prefix("work_order.")) {
        (Some(place), _) => place,
        (None, Some(field)) => {
            let item = if field.starts_with("items.") { context.item.item_id.clone() } else { String::new() };
            (context.order.work_order_id.clone(), item)
        }
        (None, None) => Default::default(),
    };
    Reason { clause, metadata, remedy }
}

/// What a failed clause says of a candidate, without what would help.
pub(super) fn facts(context: &Context<'_>, clause_use: &ClauseUse) -> Vec<(&'static str, String)> {
    explained(context, clause_use, false, Explanation { is_brief: true, ..Explanation::default() }).metadata
}

fn explained(
    context: &Context<'_>,
    clause_use: &ClauseUse,
    is_open: bool,
    mut explanation: Explanation,
) -> Explanation {
    explanation.fact("service_id", context.service.id.as_str());
    explanation.fact("location_id", context.location.location_id.as_str());
    explanation.fact("work_order_id", context.order.work_order_id.as_str());
    explanation.fact("item_id", context.item.item_id.as_str());
    explain(context, clause_use.rule, is_open, &mut explanation);
    explanation
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
    Coverage {
        order: context.order,
        item: context.item,
        effective: context.effective,
        base,
        waivers,
        calendar: context.service.service_hours.as_ref().map(|hours| hours::calendar_of(context, hours)),
        context: *context,
    }
}

fn balance<'a>(context: &Context<'a>) -> Option<BlockBalance<'a>> {
    let Context { order, item, .. } = *context;
    let block = context.block()?;
    let expire_time = context.forfeit_time();
    let left = block.available().max(0);
    let (available, forfeited) = if context.at < expire_time { (left, 0) } else { (0, left) };
    Some(BlockBalance { order, item, block, available, forfeited, expire_time })
}

/// The bit of a clause in a set of clauses.
pub(super) fn bit(clause: &ClauseUse) -> u128 {
    1u128.checked_shl(u32::from(clause.row)).unwrap_or(0)
}

/// An instant as metadata says it: RFC 3339 in UTC.
pub(super) fn time(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

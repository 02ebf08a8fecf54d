//! Which decisions turn: services × locations, without a product and for each that is concerned.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::change::Change;
use super::products::turned_products;
use super::rows::Rows;
use super::side::Side;
use crate::catalog::Catalog;
use crate::engine::{Decision, ListQuery, ListRow, Outcome, Prepared, decide, rows};
use crate::error::{Error, Result};
use crate::model::{Balances, ProductId};

/// Most products that decisions are worked out for.
const MOST_PRODUCTS: usize = 16;
/// So much work is done for one preview: fewer products are looked at where there would be more, then fewer questions.
const MOST_WORK: usize = 1_000_000;
/// The work of one question, and as much as one for each item of its service.
const OF_QUESTION: usize = 5;

/// The questions whose answers may turn, ready to be asked one after the other.
#[derive(Debug)]
pub struct Decisions {
    old: Side,
    new: Side,
    effective_time: DateTime<Utc>,
    latest: DateTime<Utc>,
    /// When an order that the change brings begins.
    begins: Option<DateTime<Utc>>,
    pub products: Rows<String>,
    pub questions: Questions,
    /// So many rows are asked about.
    rows: usize,
}

/// How many answers are compared, and for how many there was no room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Questions {
    pub asked: usize,
    pub omitted: usize,
}

/// One question: a location, a service and, if not empty, a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    row: ListRow<'a>,
    product_id: &'a str,
}

/// An answer that is another one with the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionChange {
    pub location_id: String,
    pub service_id: String,
    /// Empty: without one.
    pub product_id: String,
    /// From when on the answers differ.
    pub change_time: DateTime<Utc>,
    /// None: location or service are not known.
    pub old: Option<Answer>,
    pub new: Option<Answer>,
}

/// What is compared of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Outcome,
    /// Of the first reason, or else of the first open condition; empty: there is none.
    pub reason_code: String,
}

impl Decisions {
    pub fn new(catalog: &Arc<Catalog>, change: &Change<'_>, balances: &Balances) -> Self {
        let (effective_time, latest) = (change.effective_time, change.latest());
        let sides = [(change.old, change.recorded), (change.new, Some(change.now))];
        let (instants, begins) = ([effective_time, latest], change.begins());
        let of = |(timeline, recorded)| Side::new(catalog, timeline, &instants, begins, balances, recorded);
        let [old, new] = sides.map(of);
        let (products, questions) = (Rows::default(), Questions::default());
        let mut decisions = Self { old, new, effective_time, latest, begins, products, questions, rows: 0 };
        decisions.bound(turned_products(catalog, change), MOST_WORK);
        decisions
    }

    /// Bounds the work. What is left out is counted.
    pub(super) fn bound(&mut self, products: Vec<String>, most_work: usize) {
        let mut items: HashMap<&str, usize> = HashMap::new();
        let contracts = self.prepared().into_iter().flatten().map(Prepared::contract);
        for item in contracts.flat_map(|contract| &contract.work_orders).flat_map(|order| &order.items) {
            let count = items.entry(item.service_id.as_str()).or_default();
            *count = count.saturating_add(1);
        }
        let of_row =
            |row: ListRow<'_>| items.get(row.service_id).copied().unwrap_or_default().saturating_add(OF_QUESTION);
        let sums = self.rows().into_iter().map(of_row).scan(0_usize, |sum, work| {
            *sum = sum.saturating_add(work);
            Some(*sum)
        });
        let sums: Vec<usize> = sums.collect();
        let all = sums.last().copied().unwrap_or_default();
        let room = most_work.checked_div(all).unwrap_or_default().saturating_sub(1).min(MOST_PRODUCTS);
        let rows = sums.partition_point(|sum| *sum <= most_work);
        self.products = Rows::first(room, products);
        let of_each = self.products.rows.len().saturating_add(1);
        let omitted = sums.len().saturating_sub(rows);
        self.questions = Questions { asked: rows.saturating_mul(of_each), omitted };
        self.rows = rows;
    }

    /// Both contracts when blocks and cover are compared.
    pub fn prepared(&self) -> Option<[&Prepared; 2]> {
        Some([self.old.at(self.latest)?.0, self.new.at(self.latest)?.0])
    }

    /// The questions, by location and then as the catalogue lists the services.
    pub fn asked(&self) -> Vec<Asked<'_>> {
        let products = || self.products.rows.iter().map(String::as_str);
        let of_row = |row| [""].into_iter().chain(products()).map(move |product_id| Asked { row, product_id });
        self.rows().into_iter().take(self.rows).flat_map(of_row).collect()
    }

    /// Rows of the new contract, and those that only the old one has.
    fn rows(&self) -> Vec<ListRow<'_>> {
        let list = |prepared| rows(prepared, &ListQuery::default());
        let Some([old, new]) = self.prepared() else { return Vec::new() };
        let mut all = list(new);
        let known: HashSet<_> = all.iter().map(|row| (row.location_id, row.service_id)).collect();
        let gone: Vec<_> =
            list(old).into_iter().filter(|row| !known.contains(&(row.location_id, row.service_id))).collect();
        all.extend(gone);
        all
    }

    /// The first of the instants at which both answers differ: as the change takes effect, now, at the next change of either
    /// answer, and as what the change brings begins. None if they differ at none.
    pub fn turn(&self, asked: &Asked<'_>) -> Result<Option<DecisionChange>> {
        let mut next = None;
        for instant in [self.effective_time, self.latest] {
            let [old, new] = self.answers(asked, instant)?;
            if differ(&old, &new) {
                return Ok(Some(asked.change(instant, old, new)));
            }
            let ends = [&old, &new].into_iter().filter_map(|told| told.as_ref()?.valid_until);
            next = ends.min();
        }
        let mut later: Vec<_> = next.into_iter().chain(self.begins).collect();
        later.sort_unstable();
        for instant in later {
            let [old, new] = self.answers(asked, instant)?;
            if differ(&old, &new) {
                return Ok(Some(asked.change(instant, old, new)));
            }
        }
        Ok(None)
    }

    fn answers(&self, asked: &Asked<'_>, instant: DateTime<Utc>) -> Result<[Option<Told>; 2]> {
        Ok([asked.answer(&self.old, instant)?, asked.answer(&self.new, instant)?])
    }
}

/// An answer, and until when it holds.
#[derive(Debug)]
struct Told {
    answer: Answer,
    valid_until: Option<DateTime<Utc>>,
}

impl Asked<'_> {
    fn answer(&self, side: &Side, instant: DateTime<Utc>) -> Result<Option<Told>> {
        let Some((prepared, balances)) = side.at(instant) else { return Ok(None) };
        let product = (!self.product_id.is_empty()).then(|| ProductId::new(self.product_id));
        let query = self.row.question(&ListQuery { product, ..ListQuery::default() });
        match decide(prepared, balances, &query, instant) {
            Ok(decision) => Ok(Some(Told { answer: Answer::of(&decision), valid_until: decision.valid_until })),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn change(&self, change_time: DateTime<Utc>, old: Option<Told>, new: Option<Told>) -> DecisionChange {
        let [old, new] = [old, new].map(|told| told.map(|told| told.answer));
        DecisionChange {
            location_id: self.row.location_id.to_owned(),
            service_id: self.row.service_id.to_owned(),
            product_id: self.product_id.to_owned(),
            change_time,
            old,
            new,
        }
    }
}

impl Answer {
    fn of(decision: &Decision<'_>) -> Self {
        let first = decision.reasons.first().or(decision.open_conditions.first());
        Self {
            outcome: decision.outcome,
            reason_code: first.map(|reason| reason.clause.code.to_string()).unwrap_or_default(),
        }
    }
}

/// A location that is not known is entitled to nothing: it comes and goes unseen with what is refused.
fn differ(old: &Option<Told>, new: &Option<Told>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => old.answer != new.answer,
        (Some(told), None) | (None, Some(told)) => told.answer.outcome != Outcome::NotEntitled,
        (None, None) => false,
    }
}

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::block::BoughtBlock;
use crate::engine::base::{self, BaseCoverage, Bases};
use crate::engine::designation::Designations;
use crate::engine::sorted::Sorted;
use crate::model::WorkOrderState;
use crate::terms::{Span, Term};

/// An item that may answer for its service.
#[derive(Debug)]
pub struct Candidate {
    /// Row of the work order.
    pub order: usize,
    /// Row of the item in it.
    pub item: usize,
    /// Whether it is a base package: that answers for every base service.
    pub is_base: bool,
    /// Row of the order's edition in the catalogue.
    pub edition: usize,
    /// Row of the first edition of its family.
    pub family: usize,
    pub host: usize,
    pub term: Term,
    pub state: WorkOrderState,
    pub support: Support,
    pub designations: Designations,
    /// Whether orders that extend a base extend it for this item, too: base items, and what serves from the host.
    pub is_extended: bool,
    /// Whether it serves from the host of a base.
    pub is_at_host: bool,
    /// What it bought, if it is counted.
    pub block: Option<BoughtBlock>,
    /// When its blocks live; of an item without any, its term.
    pub life: Span,
    /// When its blocks end by what is planned, where that is sooner than by the contract as it stands.
    pub planned_end: Option<DateTime<Utc>>,
    /// Of its products and tenants.
    pub products: Sorted,
    /// Folded and sorted.
    pub tenants: Box<[String]>,
    pub waivers: Vec<PreparedWaiver>,
    /// Instants at which time alone can change what this item answers, sorted; besides those of
    /// its base, its designations and its balance.
    pub transitions: Vec<DateTime<Utc>>,
}

/// Which base an item leans on.
#[derive(Debug)]
pub enum Support {
    /// Its own order carries the base; so does a base item itself.
    OwnOrder,
    /// The base named by its order, empty if that is no base, and the row of that order.
    Named(Arc<Bases>, Option<usize>),
    /// Any base that covers the asked location.
    AnyCovering,
}

/// The bases that cover each location, by family of editions.
#[derive(Debug, Default)]
pub struct BasesAt(pub Vec<FamilyBases>);

/// The bases of one family that cover each location.
#[derive(Debug, Default)]
pub struct FamilyBases {
    pub own: Vec<Bases>,
    /// With those that orders in force extend to it.
    pub extended: Vec<Bases>,
}

impl BasesAt {
    pub fn at(&self, family: Option<usize>, location: usize, is_extended: bool) -> &Bases {
        let family = family.and_then(|family| self.0.get(family));
        let bases = family.map(|bases| if is_extended { &bases.extended } else { &bases.own });
        bases.and_then(|bases| bases.get(location)).unwrap_or(&base::NONE)
    }
}

/// A waiver with its days as instants.
#[derive(Debug)]
pub struct PreparedWaiver {
    /// Row among the item's waivers.
    pub row: usize,
    /// Row of the waived clause in the edition.
    pub clause: u8,
    pub valid: Span,
    pub products: Sorted,
}

impl Candidate {
    /// The base cover at a location; none where it needs none.
    pub fn base_coverage<'a>(&'a self, bases_at: &'a BasesAt, location: usize) -> Option<BaseCoverage<'a>> {
        let bases = match &self.support {
            Support::OwnOrder => return None,
            Support::Named(bases, _) => bases,
            Support::AnyCovering => bases_at.at(Some(self.family), location, self.is_extended),
        };
        Some(BaseCoverage::new(bases, self.term.start()))
    }
}

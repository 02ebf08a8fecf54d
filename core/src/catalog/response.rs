use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Severity, Text};
use crate::model::{ProductId, ProductPattern};

/// How soon incidents are answered, and by which offer.
#[derive(Debug, Clone, Default)]
pub struct ResponseTable {
    /// Offers from the most to the least specialised: among equal times the first governs.
    pub precedence: Vec<String>,
    /// The first row that fits an offer, a severity and a product is its target.
    pub targets: Vec<ResponseTarget>,
    /// What targets promise and ask besides the time, by code.
    pub terms: BTreeMap<String, ResponseTerm>,
    /// What is said of an offer that does not govern.
    pub why: BTreeMap<Why, Text>,
}

/// Why an offer does not govern an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    NotEntitled,
    /// It would depend on facts the question lacks.
    Open,
    /// It gives no target for this severity and product.
    NoTarget,
    /// Another answers sooner.
    Slower,
    /// Another, as quick, is more specialised.
    LessSpecialised,
}

impl Why {
    pub const ALL: [Self; 5] = [Self::NotEntitled, Self::Open, Self::NoTarget, Self::Slower, Self::LessSpecialised];

    /// As catalogue files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotEntitled => "not_entitled",
            Self::Open => "open",
            Self::NoTarget => "no_target",
            Self::Slower => "slower",
            Self::LessSpecialised => "less_specialised",
        }
    }
}

/// The target of one offer.
#[derive(Debug, Clone)]
pub struct ResponseTarget {
    /// Id of the service that offers it.
    pub service: String,
    pub severities: Vec<Severity>,
    /// Empty: every product.
    pub products: Vec<ProductPattern>,
    pub except: Vec<ProductPattern>,
    /// To the first contact by a person.
    pub minutes: i64,
    pub clock: Clock,
    pub effort: Effort,
    /// Codes of [`ResponseTable::terms`]: what the provider brings in.
    pub resources: Vec<String>,
    /// Likewise: what the customer owes.
    pub obligations: Vec<String>,
}

/// One thing a target promises or asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseTerm {
    pub text: Text,
    pub within_minutes: Option<i64>,
    pub clock: Option<Clock>,
}

/// Which time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Clock {
    /// All of it.
    Calendar,
    /// Business hours of the location.
    Business,
}

/// When an incident is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Effort {
    Continuous,
    BusinessHours,
}

impl ResponseTable {
    /// The offers that have targets, the most specialised first.
    pub fn offers(&self) -> impl Iterator<Item = &str> {
        self.precedence.iter().map(String::as_str)
    }

    pub fn target(&self, service_id: &str, severity: Severity, product: ProductId<'_>) -> Option<&ResponseTarget> {
        let any = |patterns: &[ProductPattern]| patterns.iter().any(|pattern| pattern.matches(product));
        self.targets.iter().find(|target| {
            target.service == service_id
                && target.severities.contains(&severity)
                && (target.products.is_empty() || any(&target.products))
                && !any(&target.except)
        })
    }
}

//! The rules that clauses name, one row each.
//!
//! A rule is code: its row here, and one function that judges it. Whatever asks about a rule without judging it
//! (the engine, the loader, the ledger) asks its row.

mod manual;
mod row;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use self::row::Belongs;
use self::row::Belongs::{BesideBase, CountedInTime, CountedOtherwise, Everywhere, WhereListed};
use self::row::RuleFamily as Family;
use self::row::Subject::{Amount, End, Hours, Location, Mode, Product, Start};
use self::row::{InPool, Judge, Lifts, RuleRow, by, check};
use super::ClauseKind;
use crate::model::Unit;

#[cfg(test)]
pub(in crate::catalog) use self::row::Judge as RuleJudge;
pub use self::row::{RuleFamily, Subject, Words};

/// Makes the enum and its rows of one list, so that no rule is without a row.
macro_rules! rules {
    ($($rule:ident = $name:literal: $row:expr;)+) => {
        /// The rules clauses can name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule { $($rule,)+ }

        impl Rule {
            pub const ALL: &'static [Self] = &[$(Self::$rule,)+];

            /// As catalogue files write it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)+ }
            }

            pub const fn row(self) -> &'static RuleRow {
                match self { $(Self::$rule => const { &$row },)+ }
            }
        }
    };
}

rules! {
    // contract and term
    Purchased = "purchased": by(Judge::CheckWithoutItem);
    BaseAgreement = "base_agreement": check(Family::Term).belongs(BesideBase).when_written().keeps_out_of_pool()
        .rewords(Words::Base);
    TermNotStarted = "term_not_started": check(Family::Term).belongs(Everywhere).keeps_out_of_pool().subject(Start)
        .rewords(Words::Term).facts(&["start_time", "start_date", "scope"]);
    TermExpired = "term_expired": check(Family::Term).belongs(Everywhere).keeps_out_of_pool()
        .rewords(Words::Term).facts(&["end_time", "end_date", "scope"]);
    TermTerminated = "term_terminated": check(Family::Term).belongs(Everywhere).keeps_out_of_pool()
        .facts(&["terminate_time", "terminate_local_time", "scope"]);
    StateDraft = "state_draft": check(Family::Term).belongs(Everywhere).keeps_out_of_pool();
    StateSuspended = "state_suspended": check(Family::Term).belongs(Everywhere).keeps_out_of_pool();
    BaseExpired = "base_expired": check(Family::Term).belongs(BesideBase).keeps_out_of_pool()
        .facts(&["end_time", "end_date", "base_work_order_id"]);
    BaseTerminated = "base_terminated": check(Family::Term).belongs(BesideBase).keeps_out_of_pool()
        .facts(&["end_time", "terminate_local_time", "base_work_order_id"]);
    IncludedInOrder = "included_in_order": check(Family::Term);
    WindowForfeited = "window_forfeited": check(Family::Term).belongs(Everywhere).keeps_out_of_pool().subject(End)
        .facts(&["end_time", "end_date"]);
    DeliveryStart = "delivery_start": check(Family::Term).when_taken().facts(&["delivery_start_date"])
        .reads(&["delivery_starts"]);

    // products
    ProductCovered = "product_covered": check(Family::Product).keeps_out_of_pool().subject(Product)
        .facts(&["product_id"]);
    ProductPrerelease = "product_prerelease": check(Family::Product).keeps_out_of_pool().subject(Product)
        .facts(&["product_id", "preview_until"]);
    ProductRetired = "product_retired": check(Family::Product).keeps_out_of_pool().subject(Product)
        .facts(&["product_id", "retired_from"]);
    ProductExcluded = "product_excluded": check(Family::Product).when_written().keeps_out_of_pool().subject(Product)
        .lifts(Lifts::Condition).facts(&["product_id", "allowed", "excluded"])
        .reads(&["products_only", "products_except", "products_open"]);
    ProductExcepted = "product_excepted": check(Family::Product).keeps_out_of_pool().subject(Product)
        .facts(&["product_id"]);
    ProductOnItem = "product_on_item": check(Family::Product).keeps_out_of_pool().subject(Product)
        .facts(&["product_id"]);
    RetailProduct = "retail_product": check(Family::Product).when_written().keeps_out_of_pool().subject(Product)
        .facts(&["product_id", "allowed", "excluded"]).reads(&["products_only", "products_except"]);
    CoveredFamily = "covered_family": check(Family::Product).when_taken().facts(&["family"]).reads(&["covered_family"]);

    // location
    Country = "country": check(Family::Location).when_written().when_taken().subject(Location).facts(&["country"])
        .reads(&["countries_only", "countries_except"]);
    LocationDesignated = "location_designated": check(Family::Location).when_written().keeps_out_of_pool()
        .subject(Location)
        .rewords(Words::Extension);
    SingleLocation = "single_location": check(Family::Location).when_written().keeps_out_of_pool().subject(Location);
    ExcludedCountry = "excluded_country": check(Family::Location).when_written().keeps_out_of_pool().subject(Location)
        .facts(&["country"]);
    OnSiteCountry = "on_site_country": check(Family::Location).when_written().when_taken().subject(Mode)
        .facts(&["country"]).reads(&["on_site_countries_only", "on_site_countries_except"]);
    DeliveryMode = "delivery_mode": check(Family::Location).when_taken().subject(Mode).facts(&["delivery_mode"]);

    // reactive services and requests
    AdvisoryLimit = "advisory_limit": check(Family::Request).when_taken().subject(Amount)
        .facts(&["limit_minutes"]).may_carry(&["requested_minutes"])
        .reads(&["longest_minutes", "activities_except"]);
    Contact = "contact": check(Family::Request).facts(&["contact_id"]);
    Channel = "channel": check(Family::Request).facts(&["channel", "allowed"]).reads(&["channels"]);
    Severity = "severity": check(Family::Request).facts(&["allowed"]).reads(&["severities"]);
    Language = "language": check(Family::Request).facts(&["allowed"]).reads(&["languages"]);
    RootCauseTiming = "root_cause_timing": check(Family::Request);
    Tenant = "tenant": check(Family::Request).reads(&["tenants"]);
    Activity = "activity": check(Family::Request).facts(&["activity", "allowed"]).reads(&["activities"]);
    Discretion = "discretion": check(Family::Request).lifts(Lifts::Condition);
    License = "license": check(Family::Request).facts(&["license"]).reads(&["license"]);

    // quantities and hours; what is left, the ledger judges itself
    HoursAvailable = "hours_available": check(Family::Quantity).belongs(CountedInTime).compares_with_pool()
        .facts(&["available", "requested", "unit"]);
    QuantityAvailable = "quantity_available": check(Family::Quantity).belongs(CountedOtherwise).compares_with_pool()
        .facts(&["available", "requested", "unit"]);
    ServiceHours = "service_hours": check(Family::Hours).when_taken().subject(Hours).lifts(Lifts::Part)
        .rewords(Words::Host)
        .facts(&["opens", "closes", "time_zone"]).reads(&["service_hours", "extended_by"]);

    // events
    EventNotice = "event_notice": check(Family::Event).rewords(Words::Amounts).facts(&["notice_days"])
        .reads(&["event"]);
    EventDuration = "event_duration": check(Family::Event).when_written().when_taken().compares_with_pool()
        .subject(Amount).facts(&["event_days"]).may_carry(&["events_needed", "events_available"]).reads(&["event"]);
    EventSolutions = "event_solutions": check(Family::Event).when_written().when_taken().compares_with_pool()
        .subject(Amount).facts(&["events_needed", "events_available", "solutions"]).reads(&["event"]);

    // judged when a contract is written
    WaiverAllowed = "waiver_allowed": by(Judge::Purchase);
    SeparateWorkOrder = "separate_work_order": by(Judge::Purchase);
    MinimumEngagement = "minimum_engagement": by(Judge::Purchase)
        .may_carry(&["least_minutes", "exact_minutes"]).reads(&["purchase.minimum_minutes", "purchase.exact_minutes"]);
    ExtensionSteps = "extension_steps": by(Judge::Purchase).may_carry(&["step_minutes", "least_minutes"])
        .reads(&["purchase.step_minutes"]);
    ProductsRequired = "products_required": by(Judge::Purchase);
    HoursOrPredefined = "hours_or_predefined": by(Judge::Purchase);
    TenantsRequired = "tenants_required": by(Judge::Purchase)
        .may_carry(&["tenants_minimum", "tenants_maximum"]).reads(&["tenants"]);
    MaximumQuantity = "maximum_quantity": by(Judge::Purchase).may_carry(&["most"])
        .reads(&["purchase.maximum", "purchase.maximum_per_contract_year"]);
    ExhibitRequired = "exhibit_required": by(Judge::Purchase);
    SupportAdministrator = "support_administrator": by(Judge::Purchase).reads(&["needs_administrator"]);
    TimeZoneRequired = "time_zone_required": by(Judge::Purchase);

    // allowances and credits
    FlexCreditCap = "flex_credit_cap": by(Judge::NobodyYet);
    FlexNotForSdm = "flex_not_for_sdm": by(Judge::NobodyYet);
    FlexEligible = "flex_eligible": by(Judge::NobodyYet);
    FlexAnnual = "flex_annual": by(Judge::NobodyYet);
    FlexAtSigning = "flex_at_signing": by(Judge::NobodyYet);
    ExchangeValue = "exchange_value": by(Judge::NobodyYet);
    CreditBalance = "credit_balance": by(Judge::NobodyYet);
    CreditLocations = "credit_locations": by(Judge::NobodyYet);

    // what forbids nothing
    IncludedHours = "included_hours": by(Judge::Nobody);
    Note = "note": by(Judge::Nobody);
}

impl Rule {
    /// The family of checks that judges it, if checks do.
    pub const fn family(self) -> Option<RuleFamily> {
        match self.row().judge {
            Judge::Check(family) => Some(family),
            Judge::CheckWithoutItem | Judge::Purchase | Judge::NobodyYet | Judge::Nobody => None,
        }
    }

    /// Who can enforce a clause with it.
    pub fn kinds(self) -> impl Iterator<Item = ClauseKind> {
        let row = self.row();
        let is_of_balance = self.family() == Some(RuleFamily::Quantity);
        let is_of_ledger = row.is_for_taking || is_of_balance || self == Self::IncludedHours;
        let kinds = [
            (ClauseKind::Gate, matches!(row.judge, Judge::Check(_) | Judge::CheckWithoutItem)),
            (ClauseKind::Purchase, row.is_for_purchase),
            (ClauseKind::Ledger, is_of_ledger),
            (ClauseKind::Note, self == Self::Note),
        ];
        kinds.into_iter().filter(|(_, serves)| *serves).map(|(kind, _)| kind)
    }

    /// Whether a clause with it is meant for this kind and no other choice: what checks refuse, the ledger must not
    /// give, and the other way round.
    pub fn needs(self, kind: ClauseKind) -> bool {
        let row = self.row();
        match kind {
            ClauseKind::Gate => matches!(row.judge, Judge::Check(_) | Judge::CheckWithoutItem),
            ClauseKind::Ledger => row.is_for_taking || self.family() == Some(RuleFamily::Quantity),
            ClauseKind::Purchase => row.judge == Judge::Purchase,
            ClauseKind::Note => false,
        }
    }

    /// Whether a service that is of the base package or not, counted in this unit, is subject to it, listed or not.
    pub fn belongs_to(self, is_base: bool, unit: Option<Unit>) -> bool {
        match self.row().belongs {
            WhereListed => false,
            Everywhere => true,
            BesideBase => !is_base,
            CountedInTime => unit.is_some_and(Unit::is_time),
            CountedOtherwise => unit.is_some_and(|unit| !unit.is_time()),
        }
    }

    /// Whether a service to which it belongs may say that it does without it.
    pub fn can_be_left_out(self) -> bool {
        matches!(self.row().belongs, Everywhere | BesideBase)
    }

    /// Whether an item that fails it gives nothing to others.
    pub fn keeps_out_of_pool(self) -> bool {
        self.row().pool == InPool::KeepsOut
    }

    /// Whether it compares with what all items that serve have left.
    pub fn compares_with_pool(self) -> bool {
        self.row().pool == InPool::Compares
    }

    /// Whether its waiver settles what is open without it, and lifts no violation.
    pub fn is_settled_by_waiver(self) -> bool {
        self.row().lifts == Lifts::Condition
    }

    /// Whether its waiver lifts a violation as a whole.
    pub fn is_lifted_by_waiver(self) -> bool {
        self.row().lifts == Lifts::Violation
    }

    /// Whether it speaks of the delivery itself, its hours and its mode.
    pub fn is_of_delivery(self) -> bool {
        matches!(self.row().subject, Hours | Mode)
    }

    /// The rules that read this field of a service.
    pub fn reading(field: &str) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |rule| rule.row().reads.contains(&field))
    }
}

/// Data can only name the rules that are there.
impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::called(&name).map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn a_rule_is_called_in_files_as_it_is_here() {
        for rule in Rule::ALL {
            let letters = format!("{rule:?}");
            assert_eq!(rule.name().replace('_', ""), letters.to_lowercase());
            let capitals = letters.chars().filter(char::is_ascii_uppercase).count();
            assert_eq!(rule.name().split('_').count(), capitals, "{rule:?}");
        }
    }

    /// Who enforces a clause stands in the edition; that somebody does, here.
    #[test]
    fn every_clause_of_the_embedded_edition_is_enforced_by_whom_it_says() {
        let catalog = Catalog::embedded().unwrap();
        for clause in &catalog.default_edition().clauses {
            let (row, has) = (clause.rule.row(), |kind| clause.kinds.contains(&kind));
            assert_eq!(has(ClauseKind::Purchase), row.is_for_purchase, "{} when written", clause.code);
            let is_checked = !matches!(row.judge, Judge::Purchase | Judge::NobodyYet | Judge::Nobody);
            assert_eq!(has(ClauseKind::Gate) && clause.rule != Rule::Note, is_checked, "{} in checks", clause.code);
            let is_of_ledger = row.is_for_taking || clause.rule.compares_with_pool();
            let is_of_ledger = is_of_ledger || clause.rule == Rule::IncludedHours;
            assert_eq!(has(ClauseKind::Ledger), is_of_ledger, "{} when something is taken", clause.code);
            let asides = &catalog.default_edition().asides;
            let is_told = clause.rule == Rule::Note
                || asides.iter().any(|aside| catalog.default_edition().clauses[aside.clause].code == clause.code);
            assert!(!has(ClauseKind::Note) || is_told, "{} as a note", clause.code);
        }
    }
}

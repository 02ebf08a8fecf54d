//! The instants at which time alone may change the evaluation of a candidate.

use chrono::{DateTime, Utc};

use super::context::Context;
use crate::catalog::{Rule, ZoneRule};
use crate::model::LATEST;

/// They come one after the other, each once.
#[derive(Debug, Clone)]
pub(super) struct Transitions<'a> {
    at: DateTime<Utc>,
    own: &'a [DateTime<Utc>],
    bases: &'a [DateTime<Utc>],
    designation: &'a [DateTime<Utc>],
    countries: &'a [DateTime<Utc>],
    others: [Option<DateTime<Utc>>; 8],
    is_brief: bool,
    has_designation_changed: bool,
}

impl<'a> Transitions<'a> {
    /// When a clause may judge it otherwise, behind `at`.
    pub(super) fn new(context: &Context<'a>, at: DateTime<Utc>) -> Self {
        let in_edition = &context.in_edition;
        let (covered, uncovered) =
            context.coverage.and_then(|coverage| coverage.span()).map(|span| (span.start, span.end)).unzip();
        Self {
            at,
            own: &context.candidate.transitions,
            // The host whose hours it keeps may be another one with another base.
            bases: if keeps_hosts_hours(context) { context.prepared.base_transitions() } else { &[] },
            countries: if is_subject(context, Rule::ExcludedCountry) {
                context.prepared.multi_country_turns()
            } else {
                &[]
            },
            designation: context.candidate.designations.at(context.location_row).transitions(),
            others: [
                context.delivery_start,
                in_edition.preview_end,
                in_edition.retired_from,
                covered,
                uncovered,
                context.release_time(),
                context.block_end(),
                context.lost_time().map(|_| context.candidate.life.end),
            ],
            is_brief: false,
            has_designation_changed: false,
        }
    }

    /// And when it may say something else of its base, or lean on another one.
    pub(super) fn in_words(self, context: &Context<'a>) -> Self {
        let bases = if context.coverage.is_some() { context.prepared.base_transitions() } else { self.bases };
        Self { bases, ..self }
    }

    /// Whether an order extends a base to the location has two states, however often it changes:
    /// only the first change behind each other transition.
    pub(super) fn briefly(self) -> Self {
        Self { is_brief: true, ..self }
    }

    fn behind(&self, transitions: &[DateTime<Utc>]) -> Option<DateTime<Utc>> {
        transitions.get(transitions.partition_point(|transition| *transition <= self.at)).copied()
    }
}

fn keeps_hosts_hours(context: &Context<'_>) -> bool {
    let hours = context.service.service_hours.as_ref();
    context.coverage.is_some() && hours.is_some_and(|hours| hours.zone == ZoneRule::Host)
}

fn is_subject(context: &Context<'_>, rule: Rule) -> bool {
    context.service.clauses.iter().any(|clause| clause.rule == rule)
}

impl Iterator for Transitions<'_> {
    type Item = DateTime<Utc>;

    fn next(&mut self) -> Option<DateTime<Utc>> {
        let others = self.others.iter().flatten().filter(|transition| **transition > self.at).copied();
        let next =
            others.chain(self.behind(self.own)).chain(self.behind(self.bases)).chain(self.behind(self.countries)).min();
        let designation =
            if self.is_brief && self.has_designation_changed { None } else { self.behind(self.designation) };
        self.has_designation_changed =
            designation.is_some_and(|designation| next.is_none_or(|next| designation < next));
        // What lies behind the last nameable instant never comes.
        self.at = next.into_iter().chain(designation).min().filter(|transition| *transition < LATEST)?;
        Some(self.at)
    }
}

//! The instants at which time alone may change the evaluation of a candidate.

use chrono::{DateTime, Utc};

use super::context::Context;
use crate::model::LATEST;

/// They come one after the other, each once.
#[derive(Debug, Clone)]
pub(super) struct Transitions<'a> {
    at: DateTime<Utc>,
    own: &'a [DateTime<Utc>],
    bases: &'a [DateTime<Utc>],
    designation: &'a [DateTime<Utc>],
    others: [Option<DateTime<Utc>>; 6],
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
            bases: &[],
            designation: context.candidate.designations.at(context.location_row).transitions(),
            others: [
                in_edition.delivery_start,
                in_edition.preview_end,
                in_edition.retired_from,
                covered,
                uncovered,
                context.release_time(),
            ],
            is_brief: false,
            has_designation_changed: false,
        }
    }

    /// And when it may say something else of its base, or lean on another one.
    pub(super) fn in_words(self, context: &Context<'a>) -> Self {
        let bases = if context.coverage.is_some() { context.prepared.base_transitions() } else { &[] };
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

impl Iterator for Transitions<'_> {
    type Item = DateTime<Utc>;

    fn next(&mut self) -> Option<DateTime<Utc>> {
        let others = self.others.iter().flatten().filter(|transition| **transition > self.at).copied();
        let next = others.chain(self.behind(self.own)).chain(self.behind(self.bases)).min();
        let designation =
            if self.is_brief && self.has_designation_changed { None } else { self.behind(self.designation) };
        self.has_designation_changed =
            designation.is_some_and(|designation| next.is_none_or(|next| designation < next));
        // What lies behind the last nameable instant never comes.
        self.at = next.into_iter().chain(designation).min().filter(|transition| *transition < LATEST)?;
        Some(self.at)
    }
}

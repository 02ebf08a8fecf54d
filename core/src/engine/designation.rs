//! Which locations an item is for (2.4).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::terms::{End, Span};

static NEVER: Designation = Designation::Never;

/// Whether an item is for a location.
#[derive(Debug, Clone)]
pub enum Designation {
    Never,
    Always,
    /// While an order that extends its base to there is in force.
    During(Arc<Extensions>),
}

/// While an order extends its base to a location.
#[derive(Debug, Clone, Copy)]
pub struct Extension {
    pub span: Span,
    pub end_cause: End,
    /// Row of the order that extends.
    pub order: usize,
}

/// The extensions of all orders that extend a base to one location.
#[derive(Debug)]
pub struct Extensions {
    all: Vec<Extension>,
    /// When any begins and none is left, in turn.
    transitions: Vec<DateTime<Utc>>,
}

/// The locations an item is for. Most items of an order share one.
#[derive(Debug, Clone)]
pub struct Designations(Arc<[(usize, Designation)]>);

impl Designation {
    pub fn during(extensions: Vec<Extension>) -> Self {
        if extensions.is_empty() {
            return Self::Never;
        }
        let transitions = transitions_of(extensions.iter().map(|extension| extension.span));
        Self::During(Arc::new(Extensions { all: extensions, transitions }))
    }

    /// Whenever a base that has its host where the item is covers the location: of the bases in force, else of all
    /// of them. Before `start` it is as it is then.
    pub fn from_host(bases: &[(Span, bool)], start: DateTime<Utc>) -> Self {
        let edges = bases.iter().flat_map(|(span, is_host)| [(span.start, 1_i64, *is_host), (span.end, -1, *is_host)]);
        let mut edges: Vec<_> = edges.collect();
        edges.sort_unstable();
        let any = bases.iter().any(|(_, is_host)| *is_host);
        let (mut in_force, mut at_host) = (0_i64, 0_i64);
        let state = |in_force: i64, at_host: i64| if in_force > 0 { at_host > 0 } else { any };
        let mut now = any;
        let mut transitions: Vec<DateTime<Utc>> = Vec::new();
        let mut edges = edges.into_iter().peekable();
        while let Some((instant, change, is_host)) = edges.next() {
            in_force = in_force.saturating_add(change);
            at_host = at_host.saturating_add(if is_host { change } else { 0 });
            if edges.peek().is_some_and(|(next, ..)| *next == instant) {
                continue;
            }
            let then = state(in_force, at_host);
            if then != now && instant > start {
                // As it stood when the item began counts before that, too.
                if transitions.is_empty() && now {
                    transitions.push(DateTime::<Utc>::MIN_UTC);
                }
                transitions.push(instant);
            }
            now = then;
        }
        match (transitions.is_empty(), now) {
            (true, true) => Self::Always,
            (true, false) => Self::Never,
            (false, _) => Self::During(Arc::new(Extensions { all: Vec::new(), transitions })),
        }
    }

    pub fn at(&self, instant: DateTime<Utc>) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::During(extensions) => {
                let passed = extensions.transitions.partition_point(|transition| *transition <= instant);
                !passed.is_multiple_of(2)
            }
        }
    }

    pub fn extensions(&self) -> &[Extension] {
        match self {
            Self::During(extensions) => &extensions.all,
            Self::Never | Self::Always => &[],
        }
    }

    /// The instants at which [`Self::at`] gives another answer, sorted.
    pub fn transitions(&self) -> &[DateTime<Utc>] {
        match self {
            Self::During(extensions) => &extensions.transitions,
            Self::Never | Self::Always => &[],
        }
    }
}

/// When the spans taken together begin and end: those that overlap or adjoin are one.
fn transitions_of(spans: impl Iterator<Item = Span>) -> Vec<DateTime<Utc>> {
    let mut spans: Vec<_> = spans.filter(|span| !span.is_empty()).collect();
    spans.sort_by_key(|span| span.start);
    let mut transitions: Vec<DateTime<Utc>> = Vec::new();
    for span in spans {
        match transitions.last_mut() {
            Some(end) if span.start <= *end => *end = span.end.max(*end),
            _ => transitions.extend([span.start, span.end]),
        }
    }
    transitions
}

impl Designations {
    /// Of the locations, by their rows, the ones it is ever for.
    pub fn new(designations: impl IntoIterator<Item = (usize, Designation)>) -> Self {
        let ever = designations.into_iter().filter(|(_, designation)| !matches!(designation, Designation::Never));
        let mut ever: Vec<_> = ever.collect();
        ever.sort_by_key(|(location, _)| *location);
        ever.dedup_by_key(|(location, _)| *location);
        Self(ever.into())
    }

    pub fn at(&self, location: usize) -> &Designation {
        let found = self.0.binary_search_by_key(&location, |(own, _)| *own).ok();
        found.and_then(|row| self.0.get(row)).map_or(&NEVER, |(_, designation)| designation)
    }

    /// Rows of the locations it is ever for.
    pub fn locations(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(location, _)| *location)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).unwrap()
    }

    proptest! {
        #[test]
        fn it_is_designated_while_any_extension_lasts(drawn in vec((0..20i64, 0..6i64), 0..8), instant in 0..28i64) {
            let span = |(start, length): &(i64, i64)| Span { start: day(*start), end: day(start + length) };
            let extension = |drawn| Extension { span: span(drawn), end_cause: End::Expired, order: 0 };
            let designation = Designation::during(drawn.iter().map(extension).collect());
            let at = |instant| drawn.iter().any(|drawn| span(drawn).contains(day(instant)));
            prop_assert_eq!(designation.at(day(instant)), at(instant));
            let changes: Vec<_> = (0..30).filter(|instant| at(*instant) != at(instant - 1)).map(day).collect();
            prop_assert_eq!(designation.transitions(), changes);
        }
    }
}

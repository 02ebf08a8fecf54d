//! The contracts of other instants than now that the questions of one customer share.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::cache::Snapshot;
use crate::service::MOST_CHANGES_OF_WORK;

/// Contracts of one customer, all of one revision, or known at one time: as many as one delivery may need.
#[derive(Debug, Default)]
pub(super) struct Others(Vec<Arc<Snapshot>>);

impl Others {
    pub(super) fn at(&self, instant: DateTime<Utc>) -> Option<Arc<Snapshot>> {
        self.0.iter().find(|snapshot| snapshot.documents.period.contains(instant)).map(Arc::clone)
    }

    /// The first one gives way to what there is no room for.
    pub(super) fn keep(&mut self, snapshot: &Arc<Snapshot>) {
        if self.0.len() >= MOST_CHANGES_OF_WORK {
            self.0.remove(0);
        }
        self.0.push(Arc::clone(snapshot));
    }
}

//! What a server tells of itself: lines of the log, one for each call among them, and metrics.
//!
//! Nothing here makes a call wait, and nothing fails it: what finds no room is lost and counted.

pub mod call;
mod call_rules;
mod lines;
mod log;
pub mod metrics;
mod resource;

pub use log::{Guard, flush, init, lost_lines};

use std::sync::Arc;

use self::call_rules::CallRules;
use self::metrics::Metrics;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::error::BoxError;

/// What one server tells of itself.
#[derive(Debug)]
pub struct Telemetry {
    /// Which calls are logged.
    pub calls: CallRules,
    pub metrics: Metrics,
}

impl Telemetry {
    /// `catalog`: the services there are.
    pub fn start(config: &Config, catalog: Option<&Catalog>) -> Result<Arc<Self>, BoxError> {
        let metrics = Metrics::start(&config.telemetry, catalog)?;
        Ok(Arc::new(Self { calls: CallRules::new(&config.log), metrics }))
    }
}

//! The API's names in the words people use.

use crate::cli::screen::Tone;
use crate::proto::v1::{Channel, Decision, DeliveryMode, Plan, Severity};

pub(crate) fn decision(decision: Decision) -> (Tone, &'static str) {
    match decision {
        Decision::Entitled => (Tone::Good, "ENTITLED"),
        Decision::Conditional => (Tone::Open, "CONDITIONAL"),
        Decision::NotEntitled => (Tone::Bad, "NOT ENTITLED"),
        // A newer server may know more; nothing unknown entitles.
        Decision::Unspecified => (Tone::Bad, "UNKNOWN"),
    }
}

pub(crate) fn plan(plan: Plan) -> &'static str {
    match plan {
        Plan::Base => "base",
        Plan::AddOn => "add-on",
        Plan::Enhanced => "enhanced",
        Plan::Unspecified => "unknown plan",
    }
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Severity1 => "1",
        Severity::A => "A",
        Severity::B => "B",
        Severity::C => "C",
        Severity::Unspecified => "unknown",
    }
}

pub(crate) fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "phone",
        Channel::Web => "web",
        Channel::CloudPortal => "cloud portal",
        Channel::OnlineServicesPortal => "online services portal",
        Channel::Unspecified => "unknown",
    }
}

pub(crate) fn delivery_mode(mode: DeliveryMode) -> &'static str {
    match mode {
        DeliveryMode::Remote => "remote",
        DeliveryMode::OnSite => "on site",
        DeliveryMode::Unspecified => "unknown",
    }
}

/// `wo-1/ede`.
pub(crate) fn item(work_order_id: &str, item_id: &str) -> String {
    match (work_order_id, item_id) {
        (order, "") => order.to_owned(),
        (order, item) => format!("{order}/{item}"),
    }
}

pub(crate) fn joined<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

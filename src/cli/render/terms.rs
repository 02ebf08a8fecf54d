//! What only the full view tells: the terms of a coverage and the response target.

use super::words;
use crate::cli::screen::Screen;
use crate::proto::v1::{
    Channel, Clock, Coverage, DeliveryMode, Effort, ResponseTarget, ResponseTerm, ServiceHours, Unit,
};

pub(crate) fn coverage(coverage: &Coverage, screen: &Screen) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut tell = |name: &'static str, words: String| {
        if !words.is_empty() {
            facts.push((name, words));
        }
    };
    let texts = |texts: &'_ [String]| words::joined(texts.iter().map(String::as_str));
    tell("products", texts(&coverage.covered_products));
    tell("narrowed to", texts(&coverage.product_ids));
    let modes = coverage.delivery_modes.iter().filter_map(|mode| DeliveryMode::try_from(*mode).ok());
    tell("delivery", words::joined(modes.map(words::delivery_mode)));
    tell("languages", texts(&coverage.languages));
    let channels = coverage.channels.iter().filter_map(|channel| Channel::try_from(*channel).ok());
    tell("channels", words::joined(channels.map(words::channel)));
    tell("hours", coverage.service_hours.as_ref().map(|it| hours(it, screen)).unwrap_or_default());
    facts
}

fn hours(hours: &ServiceHours, screen: &Screen) -> String {
    let ServiceHours { time_zone, opens_at, closes_at, .. } = hours;
    let now = if hours.open_now {
        format!("open now, closes {}", screen.time(hours.next_close_time.as_ref(), "at an unknown time"))
    } else {
        format!("closed now, opens {}", screen.time(hours.next_open_time.as_ref(), "at an unknown time"))
    };
    format!("{opens_at}–{closes_at} {time_zone}, {now}")
}

/// In a check: the offer that governs, and its terms.
pub(crate) fn response_target(target: &ResponseTarget, screen: &Screen) -> Vec<(&'static str, String)> {
    let Some(initial) = &target.initial_response else {
        return vec![("first contact", "no offer governs".to_owned())];
    };
    let within = super::amount::amount(initial.seconds.div_euclid(60), Unit::Minutes);
    let mut facts = vec![("first contact", format!("within {within}, by {}", target.service_id))];
    facts.extend(governing(target, screen));
    facts
}

/// The terms of the target that holds; none if no offer governs.
pub(crate) fn governing(target: &ResponseTarget, screen: &Screen) -> Vec<(&'static str, String)> {
    if target.service_id.is_empty() {
        return Vec::new();
    }
    let clock = match target.clock() {
        Clock::Calendar => "every hour counts",
        Clock::Business => "business hours of the location",
        Clock::Unspecified => "unknown",
    };
    let effort = match target.effort() {
        Effort::Continuous => "around the clock",
        Effort::BusinessHours => "in business hours",
        Effort::Unspecified => "unknown",
    };
    let terms = |terms: &[ResponseTerm]| terms.iter().map(|term| term.message.as_str()).collect::<Vec<_>>().join("\n");
    let mut facts = vec![
        ("due", target.due_time.as_ref().map_or("at an unknown time".to_owned(), |due| screen.second(Some(due)))),
        ("clock", clock.to_owned()),
        ("effort", effort.to_owned()),
        ("brings", terms(&target.resources)),
        ("expects", terms(&target.obligations)),
    ];
    facts.retain(|(_, words)| !words.is_empty());
    facts
}

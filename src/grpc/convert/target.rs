//! Reads and writes response targets.

use prost_types::Duration;

use super::common::{read_consistency, read_locale};
use super::enums::{read_channel, read_severity, write_clock, write_effort, write_outcome};
use super::read::Reader;
use super::reason::write_reasons;
use super::timestamp;
use crate::catalog::{Locale, ResponseTable, ResponseTarget};
use crate::engine::{Alternative, Outcome, TargetAnswer};
use crate::error::{Result, reason};
use crate::proto::v1;
use crate::service::TargetQuestion;
use crate::store::Epoch;

/// `preferred`: the language of texts where the request names none.
pub(crate) fn read_target(
    request: v1::GetResponseTargetRequest,
    preferred: Locale,
    epoch: &Epoch,
) -> Result<TargetQuestion> {
    let v1::GetResponseTargetRequest {
        customer_id,
        location_id,
        product_id,
        severity,
        channel,
        language,
        open_time,
        tenant_id,
        solution_id,
        consistency,
        locale,
        known_time,
    } = request;
    let mut read = Reader::default();
    let customer_id = read.required_id("customer_id", customer_id);
    let location_id = read.required_id("location_id", location_id);
    let product_id = read.required_product("product_id", product_id);
    if severity == 0 {
        read.refuse("severity", reason::FIELD_REQUIRED, "is required");
    }
    let severity = read.optional_enum("severity", severity).and_then(read_severity);
    let question = TargetQuestion {
        location_id,
        product_id: product_id.unwrap_or_default(),
        // A missing one is a violation; the stand-in is never judged.
        severity: severity.unwrap_or(crate::catalog::Severity::C),
        channel: read.optional_enum("channel", channel).and_then(read_channel),
        language: read.optional_language("language", language),
        open_time: read.timestamp("open_time", open_time),
        known_time: read.timestamp("known_time", known_time),
        tenant_id: read.optional_text("tenant_id", tenant_id),
        solution_id: read.optional_id("solution_id", solution_id),
        consistency: read_consistency(&mut read, epoch, "consistency", &customer_id, consistency),
        locale: read_locale(&mut read, locale, preferred),
        customer_id,
    };
    read.finish(question)
}

pub(crate) fn write_target(answer: &TargetAnswer<'_>, locale: Locale) -> v1::ResponseTarget {
    let mut written = v1::ResponseTarget {
        alternatives: answer.alternatives.iter().map(|other| write_alternative(other, locale)).collect(),
        ..v1::ResponseTarget::default()
    };
    if let Some(governing) = &answer.governing {
        let target = governing.target;
        let table = &governing.edition.response;
        written.service_id = target.service.clone();
        written.initial_response = Some(minutes(target.minutes));
        written.due_time = governing.due_time.map(timestamp);
        written.clock = write_clock(target.clock).into();
        written.effort = write_effort(target.effort).into();
        written.resources = write_terms(table, &target.resources, locale);
        written.obligations = write_terms(table, &target.obligations, locale);
    }
    written
}

fn write_alternative(other: &Alternative<'_>, locale: Locale) -> v1::ResponseAlternative {
    let Alternative { decision, target, why } = other;
    let table = &decision.edition.response;
    let text = table.why.get(why);
    // Rights of several offers add up: only the time competes.
    let target_of_right = target.filter(|_| decision.outcome == Outcome::Entitled);
    let terms = |codes: fn(&ResponseTarget) -> &[String]| {
        target_of_right.map(|target| write_terms(table, codes(target), locale)).unwrap_or_default()
    };
    v1::ResponseAlternative {
        service_id: decision.service.id.clone(),
        decision: write_outcome(decision.outcome).into(),
        reasons: write_reasons(&decision.reasons, decision, locale),
        open_conditions: write_reasons(&decision.open_conditions, decision, locale),
        initial_response: target.map(|target| minutes(target.minutes)),
        clock: target.map(|target| write_clock(target.clock).into()).unwrap_or_default(),
        message: text.map(|text| text.get(locale).to_owned()).unwrap_or_default(),
        resources: terms(|target| &target.resources),
        obligations: terms(|target| &target.obligations),
    }
}

fn write_terms(table: &ResponseTable, codes: &[String], locale: Locale) -> Vec<v1::ResponseTerm> {
    let write = |code: &String| {
        let term = table.terms.get(code)?;
        Some(v1::ResponseTerm {
            code: code.clone(),
            message: term.text.get(locale).to_owned(),
            within: term.within_minutes.map(minutes),
            clock: term.clock.map(|clock| write_clock(clock).into()).unwrap_or_default(),
        })
    };
    codes.iter().filter_map(write).collect()
}

fn minutes(minutes: i64) -> Duration {
    Duration { seconds: minutes.saturating_mul(60), nanos: 0 }
}

/// The same answer as a reply of its own.
pub(crate) fn write_target_response(
    target: v1::ResponseTarget,
    open_time: chrono::DateTime<chrono::Utc>,
    revision: String,
) -> v1::GetResponseTargetResponse {
    let v1::ResponseTarget {
        service_id,
        initial_response,
        due_time,
        clock,
        effort,
        resources,
        obligations,
        alternatives,
    } = target;
    v1::GetResponseTargetResponse {
        service_id,
        initial_response,
        due_time,
        clock,
        effort,
        resources,
        obligations,
        alternatives,
        open_time: Some(timestamp(open_time)),
        revision,
    }
}

//! A decision as the decision log keeps it: with everything that is needed to ask the same again.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::convert::enums::{write_channel, write_mode, write_outcome, write_severity, write_unit};
use crate::engine::Reason;
use crate::model::Quantity;
use crate::service::{CheckAnswer, Question};
use crate::telemetry::Telemetry;
use crate::telemetry::call;

/// The line of a decision, if it is one of those that are logged.
pub(super) fn line(telemetry: &Telemetry, answer: &CheckAnswer<'_>) -> Option<Vec<u8>> {
    telemetry.decisions.as_ref().filter(|log| log.wants(&answer.decision_id))?;
    let mut line = serde_json::to_vec(&DecisionRecord::of(answer, call::request_id())).ok()?;
    line.push(b'\n');
    Some(line)
}

/// Logs a decision that was given.
pub(super) fn log(telemetry: &Telemetry, line: Option<Vec<u8>>) {
    if let Some((log, line)) = telemetry.decisions.as_ref().zip(line) {
        log.write(line);
    }
}

/// `request` is a `CheckEntitlementRequest` in JSON; with `check_time` in it, and of a customer at `revision`, it is
/// answered in the same way.
#[derive(Debug, Serialize)]
struct DecisionRecord<'a> {
    decision_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    x_request_id: Option<String>,
    revision: &'a str,
    edition_id: &'a str,
    check_time: String,
    decision: &'static str,
    /// Codes of clauses.
    reasons: Vec<&'a str>,
    open_conditions: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    request: RequestRecord<'a>,
}

#[derive(Debug, Serialize)]
struct RequestRecord<'a> {
    customer_id: &'a str,
    location_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<&'a str>,
    service_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<QuantityRecord>,
    #[serde(skip_serializing_if = "DeliveryRecord::is_empty")]
    delivery: DeliveryRecord<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident_close_time: Option<String>,
}

#[derive(Debug, Serialize)]
struct QuantityRecord {
    amount: i64,
    unit: &'static str,
}

#[derive(Debug, Serialize, PartialEq, Eq, Default)]
struct DeliveryRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_time: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    solution_ids: &'a [String],
}

impl DeliveryRecord<'_> {
    fn is_empty(&self) -> bool {
        *self == DeliveryRecord::default()
    }
}

impl<'a> DecisionRecord<'a> {
    fn of(answer: &'a CheckAnswer<'_>, x_request_id: Option<String>) -> Self {
        let CheckAnswer { decision, question, revision, decision_id, target: _ } = answer;
        Self {
            decision_id,
            x_request_id,
            revision,
            edition_id: &decision.edition.id,
            check_time: time(decision.check_time),
            decision: write_outcome(decision.outcome).as_str_name(),
            reasons: codes(&decision.reasons),
            open_conditions: codes(&decision.open_conditions),
            valid_until: decision.valid_until.map(time),
            request: RequestRecord::of(question),
        }
    }
}

impl<'a> RequestRecord<'a> {
    /// Every field is named: a new one must be thought about.
    fn of(question: &'a Question) -> Self {
        let Question {
            customer_id,
            location_id,
            product_id,
            service_id,
            check_time,
            known_time,
            severity,
            channel,
            language,
            contact_id,
            tenant_id,
            activity,
            quantity,
            start_time,
            end_time,
            mode,
            requested_time,
            confirmed_time,
            solution_ids,
            incident_close_time,
            consistency: _,
            locale: _,
            view: _,
        } = question;
        Self {
            customer_id,
            location_id,
            product_id: product_id.as_deref(),
            service_id,
            check_time: check_time.map(time),
            known_time: known_time.map(time),
            severity: severity.map(|severity| write_severity(severity).as_str_name()),
            channel: channel.map(|channel| write_channel(channel).as_str_name()),
            language: language.as_deref(),
            contact_id: contact_id.as_deref(),
            tenant_id: tenant_id.as_deref(),
            activity: activity.as_deref(),
            quantity: quantity
                .map(|Quantity { amount, unit }| QuantityRecord { amount, unit: write_unit(unit).as_str_name() }),
            delivery: DeliveryRecord {
                start_time: start_time.map(time),
                end_time: end_time.map(time),
                mode: mode.map(|mode| write_mode(mode).as_str_name()),
                requested_time: requested_time.map(time),
                confirmed_time: confirmed_time.map(time),
                solution_ids,
            },
            incident_close_time: incident_close_time.map(time),
        }
    }
}

fn codes<'a>(reasons: &'a [Reason<'_>]) -> Vec<&'a str> {
    reasons.iter().map(|reason| reason.clause.code.as_str()).collect()
}

fn time(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

//! Decisions to the wire.

use chrono::{DateTime, Utc};

use super::target::write_target;
use super::timestamp;
use super::work_order_out::{write_mode, write_patterns, write_unit};
use crate::catalog::{Locale, Plan, RemedyKind};
use crate::engine::{BlockBalance, Calendar, Coverage, Decision, Note, Outcome, Reason};
use crate::proto::v1;
use crate::service::{Answer, View};

pub fn write_response(answer: &Answer<'_>) -> v1::CheckEntitlementResponse {
    let Answer { decision, question, revision, decision_id, target } = answer;
    v1::CheckEntitlementResponse {
        decision: write_outcome(decision.outcome).into(),
        reasons: write_reasons(&decision.reasons, decision, question.locale),
        open_conditions: write_reasons(&decision.open_conditions, decision, question.locale),
        notes: write_notes(&decision.notes, question.locale),
        coverage: write_coverage(decision, question.view, question.product_id.is_none()),
        response_target: target.as_ref().map(|target| write_target(target, question.locale)),
        valid_until: decision.valid_until.map(timestamp),
        revision: revision.clone(),
        edition_id: decision.edition.id.clone(),
        check_time: Some(timestamp(decision.check_time)),
        decision_id: decision_id.clone(),
    }
}

/// One row of a list.
pub fn write_entitlement(
    location_id: &str,
    decision: &Decision<'_>,
    locale: Locale,
    view: View,
    without_product: bool,
) -> v1::Entitlement {
    v1::Entitlement {
        location_id: location_id.to_owned(),
        service_id: decision.service.id.clone(),
        decision: write_outcome(decision.outcome).into(),
        reasons: write_reasons(&decision.reasons, decision, locale),
        open_conditions: write_reasons(&decision.open_conditions, decision, locale),
        notes: write_notes(&decision.notes, locale),
        coverage: write_coverage(decision, view, without_product),
        valid_until: decision.valid_until.map(timestamp),
        edition_id: decision.edition.id.clone(),
    }
}

pub fn write_outcome(outcome: Outcome) -> v1::Decision {
    match outcome {
        Outcome::Entitled => v1::Decision::Entitled,
        Outcome::Conditional => v1::Decision::Conditional,
        Outcome::NotEntitled => v1::Decision::NotEntitled,
    }
}

pub fn write_reasons(reasons: &[Reason<'_>], decision: &Decision<'_>, locale: Locale) -> Vec<v1::Reason> {
    reasons.iter().map(|reason| write_reason(reason, decision, locale)).collect()
}

fn write_reason(reason: &Reason<'_>, decision: &Decision<'_>, locale: Locale) -> v1::Reason {
    let Reason { clause, metadata, remedy } = reason;
    let remedy_text = decision.edition.remedies.get(&remedy.kind);
    let remedy_message = remedy_text
        .map(|text| text.render(locale, |name| remedy.fact(name).or_else(|| reason.fact(name))))
        .unwrap_or_default();
    v1::Reason {
        code: clause.code.clone(),
        clause: clause.section.clone(),
        message: clause.text.render(locale, |name| reason.fact(name)),
        metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        remedy: Some(v1::Remedy {
            kind: write_remedy_kind(remedy.kind).into(),
            work_order_id: remedy.work_order_id.clone(),
            item_id: remedy.item_id.clone(),
            field: remedy.field.to_owned(),
            value: remedy.value.clone(),
            message: remedy_message,
        }),
    }
}

/// A note has no remedy: nothing is to be turned.
fn write_notes(notes: &[Note<'_>], locale: Locale) -> Vec<v1::Reason> {
    let write = |note: &Note<'_>| v1::Reason {
        code: note.clause.code.clone(),
        clause: note.clause.section.clone(),
        message: note.text.render(locale, |name| note.fact(name)),
        metadata: note.metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        remedy: None,
    };
    notes.iter().map(write).collect()
}

fn write_remedy_kind(kind: RemedyKind) -> v1::RemedyKind {
    match kind {
        RemedyKind::Buy => v1::RemedyKind::Buy,
        RemedyKind::Renew => v1::RemedyKind::Renew,
        RemedyKind::WaitUntil => v1::RemedyKind::WaitUntil,
        RemedyKind::DesignateLocation => v1::RemedyKind::DesignateLocation,
        RemedyKind::AddProduct => v1::RemedyKind::AddProduct,
        RemedyKind::AddQuantity => v1::RemedyKind::AddQuantity,
        RemedyKind::RecordWaiver => v1::RemedyKind::RecordWaiver,
        RemedyKind::ChangeRequest => v1::RemedyKind::ChangeRequest,
        RemedyKind::None => v1::RemedyKind::None,
    }
}

fn write_coverage(decision: &Decision<'_>, view: View, without_product: bool) -> Option<v1::Coverage> {
    let coverage = decision.coverage.as_ref()?;
    let mut written = v1::Coverage {
        work_order_id: coverage.order.work_order_id.clone(),
        item_id: coverage.item.item_id.clone(),
        plan: write_plan(decision.service.plan).into(),
        effective_start_time: Some(timestamp(coverage.effective.start)),
        effective_end_time: Some(timestamp(coverage.effective.end)),
        base_work_order_id: coverage.base.map(|order| order.work_order_id.clone()).unwrap_or_default(),
        base_item_id: base_item_id(decision, coverage),
        waivers: write_waivers(coverage),
        blocks: write_blocks(decision, coverage),
        ..v1::Coverage::default()
    };
    if view == View::Full || without_product {
        written.covered_products = write_patterns(&coverage.order.covered_products);
        written.product_ids = write_patterns(&coverage.item.product_ids);
    }
    if view == View::Full {
        write_terms(&mut written, decision, coverage);
    }
    Some(written)
}

/// What was skipped for want of a fact is told as terms.
fn write_terms(written: &mut v1::Coverage, decision: &Decision<'_>, coverage: &Coverage<'_>) {
    let service = decision.service;
    let mut modes = service.included_delivery_modes.clone();
    let sold = if service.is_base() { None } else { coverage.item.delivery_mode };
    modes.extend([crate::model::DeliveryMode::Remote, sold.unwrap_or(service.default_delivery_mode())]);
    let has = |mode| modes.contains(&mode);
    let all = [crate::model::DeliveryMode::Remote, crate::model::DeliveryMode::OnSite];
    written.delivery_modes = all.into_iter().filter(|mode| has(*mode)).map(|mode| write_mode(mode).into()).collect();
    written.languages = service.languages.iter().flat_map(|rule| rule.only.clone()).collect();
    written.channels = service
        .channels
        .iter()
        .flat_map(|rule| &rule.only)
        .map(|channel| super::catalog::write_channel(*channel).into())
        .collect();
    written.service_hours = coverage.calendar.as_ref().map(|calendar| write_hours(calendar, decision.check_time));
}

fn write_hours(calendar: &Calendar<'_>, check_time: DateTime<Utc>) -> v1::ServiceHours {
    v1::ServiceHours {
        time_zone: calendar.zone.name().to_owned(),
        opens_at: calendar.hours.open.format("%H:%M").to_string(),
        closes_at: calendar.hours.close.format("%H:%M").to_string(),
        open_now: calendar.is_open(check_time),
        next_open_time: calendar.next_open(check_time).map(timestamp),
        next_close_time: calendar.next_close(check_time).map(timestamp),
    }
}

fn base_item_id(decision: &Decision<'_>, coverage: &Coverage<'_>) -> String {
    let items = coverage.base.map(|order| order.items.as_slice()).unwrap_or_default();
    let base = items.iter().find(|item| item.service_id == decision.edition.base_package);
    base.map(|item| item.item_id.clone()).unwrap_or_default()
}

fn write_waivers(coverage: &Coverage<'_>) -> Vec<v1::WaiverUse> {
    let write = |waiver: &&crate::model::Waiver| v1::WaiverUse {
        code: waiver.code.clone(),
        reference: waiver.reference.clone(),
        granted_by: waiver.granted_by.clone(),
        work_order_id: coverage.order.work_order_id.clone(),
        item_id: coverage.item.item_id.clone(),
        end_date: waiver.end_date.map(|date| date.to_string()).unwrap_or_default(),
    };
    coverage.waivers.iter().map(write).collect()
}

fn write_blocks(decision: &Decision<'_>, coverage: &Coverage<'_>) -> Vec<v1::Block> {
    let write = |balance: BlockBalance<'_>| v1::Block {
        block_id: balance.block.id.to_string(),
        work_order_id: balance.order.work_order_id.clone(),
        item_id: balance.item.item_id.clone(),
        service_id: decision.service.id.clone(),
        unit: write_unit(balance.block.unit).into(),
        granted: balance.block.granted,
        used: balance.block.used,
        reserved: balance.block.reserved,
        available: balance.available,
        forfeited: balance.forfeited,
        expire_time: Some(timestamp(balance.expire_time)),
        ..v1::Block::default()
    };
    coverage.blocks().into_iter().map(write).collect()
}

pub fn write_plan(plan: Plan) -> v1::Plan {
    match plan {
        Plan::Base => v1::Plan::Base,
        Plan::AddOn => v1::Plan::AddOn,
        Plan::Enhanced => v1::Plan::Enhanced,
    }
}

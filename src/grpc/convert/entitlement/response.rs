//! Writes decisions to the wire.

use chrono::{DateTime, Utc};

use crate::catalog::Locale;
use crate::engine::{BlockBalance, Calendar, Coverage, Decision};
use crate::grpc::convert::enums::{write_channel, write_mode, write_outcome, write_plan, write_unit};
use crate::grpc::convert::reason::{write_notes, write_reasons};
use crate::grpc::convert::target::write_target;
use crate::grpc::convert::{timestamp, write_patterns};
use crate::model::Waiver;
use crate::proto::v1;
use crate::service::{CheckAnswer, View};

pub(crate) fn write_response(answer: &CheckAnswer<'_>) -> v1::CheckEntitlementResponse {
    let CheckAnswer { decision, question, revision, decision_id, target } = answer;
    v1::CheckEntitlementResponse {
        decision: write_outcome(decision.outcome).into(),
        reasons: write_reasons(&decision.reasons, decision, question.locale),
        open_conditions: write_reasons(&decision.open_conditions, decision, question.locale),
        notes: write_notes(&decision.notes, decision, question.locale),
        coverage: write_coverage(decision, question.locale, question.view, question.product_id.is_none()),
        response_target: target.as_ref().map(|target| write_target(target, question.locale)),
        valid_until: decision.valid_until.map(timestamp),
        revision: revision.clone(),
        edition_id: decision.edition.id.clone(),
        check_time: Some(timestamp(decision.check_time)),
        decision_id: decision_id.clone(),
    }
}

/// One row of a list.
pub(crate) fn write_entitlement(
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
        notes: write_notes(&decision.notes, decision, locale),
        coverage: write_coverage(decision, locale, view, without_product),
        valid_until: decision.valid_until.map(timestamp),
        edition_id: decision.edition.id.clone(),
    }
}

fn write_coverage(decision: &Decision<'_>, locale: Locale, view: View, without_product: bool) -> Option<v1::Coverage> {
    let coverage = decision.coverage.as_ref()?;
    let mut written = v1::Coverage {
        work_order_id: coverage.order.work_order_id.clone(),
        item_id: coverage.item.item_id.clone(),
        plan: write_plan(decision.service.plan).into(),
        effective_start_time: Some(timestamp(coverage.effective.start)),
        effective_end_time: Some(timestamp(coverage.effective.end)),
        base_work_order_id: coverage.base.map(|order| order.work_order_id.clone()).unwrap_or_default(),
        base_item_id: coverage.base_item().map(|item| item.item_id.clone()).unwrap_or_default(),
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
        let service = decision.service;
        written.description = service.description.as_ref().map(|text| text.get(locale).to_owned()).unwrap_or_default();
        written.deliverables = service.deliverables.iter().map(|text| text.get(locale).to_owned()).collect();
    }
    Some(written)
}

/// Clauses that were skipped because a fact is missing are written as terms.
fn write_terms(written: &mut v1::Coverage, decision: &Decision<'_>, coverage: &Coverage<'_>) {
    let service = decision.service;
    let modes = coverage.delivery_modes().into_iter();
    written.delivery_modes = modes.map(|mode| write_mode(mode).into()).collect();
    written.languages = service.languages.iter().flat_map(|rule| rule.only.clone()).collect();
    written.channels =
        service.channels.iter().flat_map(|rule| &rule.only).map(|channel| write_channel(*channel).into()).collect();
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

fn write_waivers(coverage: &Coverage<'_>) -> Vec<v1::WaiverUse> {
    let write = |waiver: &&Waiver| v1::WaiverUse {
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

//! Term, state and base agreement (2.1, 2.5): group A of the clauses.

use super::base::BaseState;
use super::context::{Context, Verdict};
use super::decision::{Explanation, time};
use super::span::{End, TermState};
use crate::catalog::{RemedyKind, Rule};
use crate::model::WorkOrderState;

pub(super) fn judge(context: &Context<'_>, rule: Rule) -> Verdict {
    let cause = context.candidate.term.end_cause;
    Verdict::fails_if(match rule {
        Rule::TermNotStarted => match context.term {
            TermState::NotStarted(_) => true,
            TermState::Within => begins_too_early(context),
            TermState::Ended => false,
        },
        Rule::TermExpired => context.term == TermState::Ended && cause == End::Expired,
        Rule::TermTerminated => context.term == TermState::Ended && cause == End::Terminated,
        Rule::StateDraft => context.candidate.state == WorkOrderState::Draft,
        Rule::StateSuspended => context.candidate.state == WorkOrderState::Suspended,
        Rule::BaseAgreement => context.base == Some(BaseState::Missing),
        Rule::BaseExpired => matches!(context.base, Some(BaseState::Ended { cause: End::Expired, .. })),
        Rule::BaseTerminated => matches!(context.base, Some(BaseState::Ended { cause: End::Terminated, .. })),
        Rule::WindowForfeited => ends_too_late(context),
        Rule::DeliveryStart => context.reading.delivery_start.is_some_and(|start| context.at < start),
        _ => false,
    })
}

/// A window with one end is judged for that end only.
fn begins_too_early(context: &Context<'_>) -> bool {
    let delivery = &context.query.delivery;
    let start = context.effective.start;
    delivery.start_time.is_some_and(|begin| begin < start)
        || delivery.end_time.is_some_and(|end| end <= start && end < context.effective.end)
}

fn ends_too_late(context: &Context<'_>) -> bool {
    let delivery = &context.query.delivery;
    let end = context.forfeit_time();
    delivery.start_time.is_some_and(|begin| begin >= end) || delivery.end_time.is_some_and(|finish| finish > end)
}

pub(super) fn explain(context: &Context<'_>, rule: Rule, explanation: &mut Explanation) {
    let term = &context.candidate.term;
    match rule {
        Rule::TermNotStarted => match context.term {
            TermState::NotStarted(scope) => {
                explanation.fact("start_time", time(term.start()));
                explanation.fact("scope", scope.as_str());
                explanation.remedy(RemedyKind::WaitUntil, "check_time", time(term.start()));
            }
            _ => {
                explanation.fact("start_time", time(context.effective.start));
                explanation.fact("scope", "delivery");
                explanation.remedy(RemedyKind::ChangeRequest, "delivery.start_time", time(context.effective.start));
            }
        },
        Rule::TermExpired | Rule::TermTerminated => {
            let name = if rule == Rule::TermExpired { "end_time" } else { "terminate_time" };
            explanation.fact(name, time(term.end));
            explanation.fact("scope", term.end_scope.as_str());
            explanation.remedy(RemedyKind::Renew, "work_order.end_date", "");
        }
        Rule::StateDraft | Rule::StateSuspended => explanation.remedy(RemedyKind::Renew, "work_order.state", "ACTIVE"),
        Rule::BaseAgreement => {
            explanation.remedy(RemedyKind::Buy, "work_order.items.service_id", context.edition.base_package.as_str());
        }
        Rule::BaseExpired | Rule::BaseTerminated => {
            if let Some(BaseState::Ended { order, at, .. }) = context.base {
                explanation.fact("end_time", time(at));
                if let Some(order) = context.prepared.contract().work_orders.get(order) {
                    explanation.fact("base_work_order_id", order.work_order_id.as_str());
                    explanation.remedy(RemedyKind::Renew, "work_order.end_date", "");
                    explanation.remedy_at(&order.work_order_id, None);
                }
            }
        }
        Rule::WindowForfeited => {
            explanation.fact("end_time", time(context.forfeit_time()));
            explanation.remedy(RemedyKind::ChangeRequest, "delivery.end_time", time(context.forfeit_time()));
        }
        Rule::DeliveryStart => {
            if let (Some(date), Some(start)) = (context.service.delivery_starts, context.reading.delivery_start) {
                explanation.fact("delivery_start_date", date.to_string());
                explanation.remedy(RemedyKind::WaitUntil, "check_time", time(start));
            }
        }
        _ => {}
    }
}

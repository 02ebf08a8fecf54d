//! Requests of EntitlementService as questions. Every field is named, so that a new one
//! breaks the build until it is read.

use super::read::Reader;
use crate::catalog::{Channel, Locale, Severity};
use crate::engine::Outcome;
use crate::error::{Result, Violation, reason};
use crate::model::DeliveryMode;
use crate::proto::v1;
use crate::service::{Consistency, ListQuestion, Page, Question, View, revision};

const MOST_SOLUTIONS: usize = 100;

/// `preferred`: the language of texts where the request names none.
pub fn read_check(request: v1::CheckEntitlementRequest, preferred: Locale) -> Result<Question> {
    let v1::CheckEntitlementRequest {
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
        delivery,
        incident_close_time,
        consistency,
        locale,
        view,
    } = request;
    let mut read = Reader::default();
    let customer_id = read.required_id("customer_id", customer_id);
    let location_id = read.required_id("location_id", location_id);
    let product_id = read.required_product("product_id", product_id);
    let v1::Delivery { start_time, end_time, mode, requested_time, confirmed_time, solution_ids } =
        delivery.unwrap_or_default();
    let start_time = read.timestamp("delivery.start_time", start_time);
    let end_time = read.timestamp("delivery.end_time", end_time);
    read.in_order("delivery.end_time", start_time, end_time);
    let question = Question {
        location_id,
        product_id,
        service_id: read.required_id("service_id", service_id),
        check_time: read.timestamp("check_time", check_time),
        known_time: read.timestamp("known_time", known_time),
        severity: read.optional_enum("severity", severity).and_then(severity_of),
        channel: read.optional_enum("channel", channel).and_then(channel_of),
        language: read.optional_language("language", language),
        contact_id: read.optional_id("contact_id", contact_id),
        tenant_id: read.optional_text("tenant_id", tenant_id),
        activity: read.optional_text("activity", activity),
        quantity: read.optional_quantity("quantity", quantity),
        start_time,
        end_time,
        mode: read.optional_enum("delivery.mode", mode).and_then(mode_of),
        requested_time: read.timestamp("delivery.requested_time", requested_time),
        confirmed_time: read.timestamp("delivery.confirmed_time", confirmed_time),
        solution_ids: solutions(&mut read, "delivery.solution_ids", solution_ids),
        incident_close_time: read.timestamp("incident_close_time", incident_close_time),
        consistency: consistency_of(&mut read, "consistency", &customer_id, consistency),
        locale: locale_of(&mut read, locale, preferred),
        view: view_of(&mut read, view),
        customer_id,
    };
    read.finish(question)
}

/// `preferred`: the language of texts where the request names none.
pub fn read_list(request: v1::ListEntitlementsRequest, preferred: Locale) -> Result<ListQuestion> {
    let v1::ListEntitlementsRequest {
        customer_id,
        location_id,
        product_id,
        check_time,
        group,
        decision,
        view,
        locale,
        consistency,
        page_size,
        page_token,
    } = request;
    let mut read = Reader::default();
    let customer_id = read.required_id("customer_id", customer_id);
    let question = ListQuestion {
        location_id: read.optional_id("location_id", location_id),
        product_id: read.optional_product("product_id", product_id),
        check_time: read.timestamp("check_time", check_time),
        group: read.optional_id("group", group),
        outcome: read.optional_enum("decision", decision).and_then(outcome_of),
        consistency: consistency_of(&mut read, "consistency", &customer_id, consistency),
        locale: locale_of(&mut read, locale, preferred),
        view: view_of(&mut read, view),
        page: page_of(&mut read, page_size, page_token),
        customer_id,
    };
    read.finish(question)
}

pub fn page_of(read: &mut Reader, size: i32, token: String) -> Page {
    Page::new(size, token).unwrap_or_else(|| {
        read.refuse("page_size", reason::FIELD_OUT_OF_RANGE, format!("`{size}` is below 0"));
        Page::default()
    })
}

/// An empty locale equals an absent one: texts are then in the language the caller prefers.
pub fn locale_of(read: &mut Reader, locale: Option<String>, preferred: Locale) -> Locale {
    read.optional_language("locale", locale).map_or(preferred, |tag| Locale::from_tag(&tag))
}

pub fn view_of(read: &mut Reader, view: i32) -> View {
    match read.optional_enum("view", view) {
        Some(v1::View::Full) => View::Full,
        Some(v1::View::Basic | v1::View::Unspecified) | None => View::Basic,
    }
}

pub fn consistency_of(
    read: &mut Reader,
    field: &str,
    customer_id: &str,
    consistency: Option<v1::Consistency>,
) -> Consistency {
    use v1::consistency::Requirement;
    match consistency.and_then(|consistency| consistency.requirement) {
        None | Some(Requirement::MinimizeLatency(_) | Requirement::FullyConsistent(false)) => {
            Consistency::MinimizeLatency
        }
        Some(Requirement::FullyConsistent(true)) => Consistency::Full,
        Some(Requirement::AtLeastRevision(token)) if token.is_empty() => Consistency::MinimizeLatency,
        Some(Requirement::AtLeastRevision(token)) => {
            let field = format!("{field}.at_least_revision");
            match revision::of_customer(&field, customer_id, &token) {
                Ok(revision) => Consistency::AtLeast(revision),
                Err(error) => {
                    read.violations.extend(violations_of(error));
                    Consistency::MinimizeLatency
                }
            }
        }
    }
}

fn violations_of(error: crate::error::Error) -> Vec<Violation> {
    match error {
        crate::error::Error::Violations(violations) => violations,
        _ => Vec::new(),
    }
}

/// Each solution once.
pub fn solutions(read: &mut Reader, field: &str, solution_ids: Vec<String>) -> Vec<String> {
    if solution_ids.len() > MOST_SOLUTIONS {
        let message = format!("{} are more than {MOST_SOLUTIONS}", solution_ids.len());
        read.refuse(field, reason::FIELD_OUT_OF_RANGE, message);
        return Vec::new();
    }
    let mut solutions: Vec<String> = Vec::new();
    for (row, id) in solution_ids.into_iter().enumerate() {
        let id = read.required_id(&format!("{field}[{row}]"), id);
        if !solutions.contains(&id) {
            solutions.push(id);
        }
    }
    solutions
}

pub fn severity_of(severity: v1::Severity) -> Option<Severity> {
    match severity {
        v1::Severity::Unspecified => None,
        v1::Severity::Severity1 => Some(Severity::One),
        v1::Severity::A => Some(Severity::A),
        v1::Severity::B => Some(Severity::B),
        v1::Severity::C => Some(Severity::C),
    }
}

pub fn channel_of(channel: v1::Channel) -> Option<Channel> {
    match channel {
        v1::Channel::Unspecified => None,
        v1::Channel::Phone => Some(Channel::Phone),
        v1::Channel::Web => Some(Channel::Web),
        v1::Channel::CloudPortal => Some(Channel::CloudPortal),
        v1::Channel::OnlineServicesPortal => Some(Channel::OnlineServicesPortal),
    }
}

pub fn mode_of(mode: v1::DeliveryMode) -> Option<DeliveryMode> {
    match mode {
        v1::DeliveryMode::Unspecified => None,
        v1::DeliveryMode::Remote => Some(DeliveryMode::Remote),
        v1::DeliveryMode::OnSite => Some(DeliveryMode::OnSite),
    }
}

fn outcome_of(decision: v1::Decision) -> Option<Outcome> {
    match decision {
        v1::Decision::Unspecified => None,
        v1::Decision::Entitled => Some(Outcome::Entitled),
        v1::Decision::Conditional => Some(Outcome::Conditional),
        v1::Decision::NotEntitled => Some(Outcome::NotEntitled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_request_says_of_the_language_comes_first() {
        let indonesian = Locale::Indonesian;
        let cases =
            [(None, indonesian), (Some(""), indonesian), (Some("en"), Locale::English), (Some("fr"), Locale::English)];
        for (own, locale) in cases {
            let mut read = Reader::default();
            assert_eq!(locale_of(&mut read, own.map(str::to_owned), indonesian), locale, "{own:?}");
            assert!(read.violations.is_empty());
        }
    }
}

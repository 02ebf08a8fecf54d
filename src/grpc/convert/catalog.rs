//! The catalogue to the wire.

use super::decision::write_plan;
use super::work_order_out::{write_mode, write_patterns, write_unit};
use crate::catalog::{
    Channel, Clause, ClauseKind, Edition, LifeCycle, Locale, LocationRule, Missing, Service, Severity,
};
use crate::proto::v1;
use crate::service::catalogue::Product;

pub fn write_edition(edition: &Edition, is_default: bool, locale: Locale) -> v1::Edition {
    let group = |group: &crate::catalog::Group| v1::ServiceGroup {
        group_id: group.id.clone(),
        display_name: group.name.get(locale).to_owned(),
    };
    v1::Edition {
        edition_id: edition.id.clone(),
        display_name: edition.name.get(locale).to_owned(),
        is_default,
        base_service_id: edition.base_package.clone(),
        excluded_countries: edition.excluded_countries.clone(),
        groups: edition.groups.iter().map(group).collect(),
    }
}

pub fn write_service(edition: &Edition, service: &Service, locale: Locale) -> v1::Service {
    let clause = |used: &crate::catalog::ClauseUse| {
        let clause = edition.clauses.get(usize::from(used.row))?;
        Some(v1::ServiceClause {
            code: clause.code.clone(),
            missing_fact: write_missing(used.missing).into(),
            waivable: used.waivable,
        })
    };
    let offering = |offering: &crate::catalog::PredefinedOffering| v1::PredefinedOffering {
        offering_id: offering.id.clone(),
        display_name: offering.name.get(locale).to_owned(),
    };
    v1::Service {
        service_id: service.id.clone(),
        display_name: service.name.get(locale).to_owned(),
        plan: write_plan(service.plan).into(),
        group: service.group.clone(),
        unit: service.unit.map(|unit| write_unit(unit).into()).unwrap_or_default(),
        location_rule: match service.location_rule {
            LocationRule::Listed => v1::LocationRule::Listed.into(),
            LocationRule::HostServesAll => v1::LocationRule::HostServesAll.into(),
        },
        delivery_modes: service.delivery_modes.iter().map(|mode| write_mode(*mode).into()).collect(),
        predefined_offerings: service.purchase.predefined.iter().map(offering).collect(),
        languages: service
            .languages
            .iter()
            .map(|rule| v1::LanguageRule { product_ids: write_patterns(&rule.products), languages: rule.only.clone() })
            .collect(),
        channels: service
            .channels
            .iter()
            .map(|rule| v1::ChannelRule {
                product_ids: write_patterns(&rule.products),
                channels: rule.only.iter().map(|channel| write_channel(*channel).into()).collect(),
            })
            .collect(),
        severities: service.severities.iter().map(|severity| write_severity(*severity).into()).collect(),
        product_ids: write_patterns(&service.products_only),
        excluded_product_ids: write_patterns(&service.products_except),
        countries: service.countries_only.clone(),
        excluded_countries: service.countries_except.clone(),
        activities: service.activities.clone(),
        license: service.license.clone().unwrap_or_default(),
        clauses: service.clauses.iter().filter_map(clause).collect(),
    }
}

pub fn write_product(product: Product<'_>) -> v1::Product {
    let Product { id, name, cloud, life_cycle: LifeCycle { preview_until, retired_from } } = product;
    v1::Product {
        product_id: id,
        display_name: name.to_owned(),
        cloud,
        preview_until: preview_until.map(|date| date.to_string()).unwrap_or_default(),
        retired_from: retired_from.map(|date| date.to_string()).unwrap_or_default(),
    }
}

pub fn write_clause(clause: &Clause) -> v1::Clause {
    let kind = |kind: &ClauseKind| match kind {
        ClauseKind::Gate => v1::ClauseKind::Gate.into(),
        ClauseKind::Purchase => v1::ClauseKind::Purchase.into(),
        ClauseKind::Ledger => v1::ClauseKind::Ledger.into(),
        ClauseKind::Note => v1::ClauseKind::Note.into(),
    };
    let texts = [("en", Some(&clause.text.en)), ("id", clause.text.id.as_ref())];
    v1::Clause {
        code: clause.code.clone(),
        section: clause.section.clone(),
        kinds: clause.kinds.iter().map(kind).collect(),
        waivable: clause.waivable,
        missing_fact: write_missing(clause.missing).into(),
        texts: texts.into_iter().filter_map(|(language, text)| Some((language.to_owned(), text?.clone()))).collect(),
    }
}

fn write_missing(missing: Missing) -> v1::MissingFact {
    match missing {
        Missing::Open => v1::MissingFact::Open,
        Missing::Skip => v1::MissingFact::Skip,
    }
}

pub fn write_channel(channel: Channel) -> v1::Channel {
    match channel {
        Channel::Phone => v1::Channel::Phone,
        Channel::Web => v1::Channel::Web,
        Channel::CloudPortal => v1::Channel::CloudPortal,
        Channel::OnlineServicesPortal => v1::Channel::OnlineServicesPortal,
    }
}

fn write_severity(severity: Severity) -> v1::Severity {
    match severity {
        Severity::One => v1::Severity::Severity1,
        Severity::A => v1::Severity::A,
        Severity::B => v1::Severity::B,
        Severity::C => v1::Severity::C,
    }
}

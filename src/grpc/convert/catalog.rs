//! Writes the catalogue to the wire.

use super::enums::{
    write_channel, write_clause_kind, write_location_rule, write_missing, write_mode, write_plan, write_severity,
    write_unit,
};
use super::write_patterns;
use crate::catalog::{Clause, Edition, LifeCycle, Locale, Service};
use crate::proto::v1;
use crate::service::catalogue::Product;

pub(crate) fn write_edition(edition: &Edition, is_default: bool, locale: Locale) -> v1::Edition {
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

pub(crate) fn write_service(edition: &Edition, service: &Service, locale: Locale) -> v1::Service {
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
        grants: offering
            .grants
            .map(|grants| v1::Quantity { amount: grants.amount, unit: write_unit(grants.unit).into() }),
    };
    let section = |id: &String| {
        let section = edition.section(id)?;
        let number = section.id.split('-').next().unwrap_or_default();
        Some(format!("{number} {}", section.title.get(locale)))
    };
    v1::Service {
        service_id: service.id.clone(),
        display_name: service.name.get(locale).to_owned(),
        plan: write_plan(service.plan).into(),
        group: service.group.clone(),
        unit: service.unit.map(|unit| write_unit(unit).into()).unwrap_or_default(),
        location_rule: write_location_rule(service.location_rule).into(),
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
        description: service.description.as_ref().map(|text| text.get(locale).to_owned()).unwrap_or_default(),
        deliverables: service.deliverables.iter().map(|text| text.get(locale).to_owned()).collect(),
        sections: service.source.iter().filter_map(section).collect(),
        open_product_ids: write_patterns(&service.products_open),
        excluded_activities: service.activities_except.clone(),
    }
}

pub(crate) fn write_product(product: &Product<'_>) -> v1::Product {
    let Product { id, name, cloud, life_cycle: LifeCycle { preview_until, retired_from } } = product;
    v1::Product {
        product_id: id.clone(),
        display_name: (*name).to_owned(),
        cloud: *cloud,
        preview_until: preview_until.map(|date| date.to_string()).unwrap_or_default(),
        retired_from: retired_from.map(|date| date.to_string()).unwrap_or_default(),
    }
}

pub(crate) fn write_clause(clause: &Clause) -> v1::Clause {
    let texts = [("en", Some(&clause.text.en)), ("id", clause.text.id.as_ref())];
    v1::Clause {
        code: clause.code.clone(),
        section: clause.section.clone(),
        kinds: clause.kinds.iter().map(|kind| write_clause_kind(*kind).into()).collect(),
        waivable: clause.waivable,
        missing_fact: write_missing(clause.missing).into(),
        texts: texts.into_iter().filter_map(|(language, text)| Some((language.to_owned(), text?.clone()))).collect(),
    }
}

//! Product clauses (2.2, 2.3, 2.5). Without a product in the question none of them is judged.

use crate::catalog::{RemedyKind, Rule, Service};
use crate::engine::context::{Context, Verdict};
use crate::engine::explanation::Explanation;
use crate::model::{ProductId, ProductPattern};

pub(in crate::engine) fn judge(context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    let (service, in_edition, product) = (context.service, &context.in_edition, context.query.product);
    if rule == Rule::ProductExcluded && product.is_some_and(|product| any_matches(&service.products_open, product)) {
        return Some(Verdict::Unknown);
    }
    Some(Verdict::fails_if(match rule {
        Rule::ProductCovered => !context.is_covered,
        Rule::ProductPrerelease => {
            in_edition.preview_end.is_some_and(|end| context.instant() < end)
                && !product.is_some_and(|product| names(&service.products_only, product))
        }
        Rule::ProductRetired => in_edition.retired_from.is_some_and(|start| context.instant() >= start),
        Rule::ProductExcluded | Rule::RetailProduct => product.is_some_and(|product| !service.serves(product)),
        Rule::ProductExcepted => context.is_excepted(),
        Rule::ProductOnItem => !context.is_on_item,
        Rule::CoveredFamily => !covers_family(context),
        _ => return None,
    }))
}

fn any_matches(patterns: &[ProductPattern], product: ProductId<'_>) -> bool {
    patterns.iter().any(|pattern| pattern.matches(product))
}

/// A list names a product only if it spells out the component.
fn names(patterns: &[ProductPattern], product: ProductId<'_>) -> bool {
    patterns.iter().any(|pattern| matches!(pattern, ProductPattern::Component(..)) && pattern.matches(product))
}

fn covers_family(context: &Context<'_>) -> bool {
    let Some(family) = &context.service.covered_family else { return true };
    context.covers_any_of(family)
}

pub(super) fn explain(context: &Context<'_>, rule: Rule, explanation: &mut Explanation) {
    if let (Rule::CoveredFamily, Some(family)) = (rule, &context.service.covered_family) {
        explanation.fact("family", family.as_str());
        match context.exception_of(family) {
            // What is excepted stays so, whatever else is covered.
            Some(pattern) => {
                explanation.remedy(RemedyKind::AddProduct, "work_order.covered_products_except", pattern.to_string());
            }
            None => explanation.remedy(RemedyKind::AddProduct, "work_order.covered_products", format!("{family}/*")),
        }
        return;
    }
    let Some(product) = context.query.product else { return };
    let life_cycle = context.edition.life_cycle(product);
    match rule {
        // No order of the edition can cover a product that the edition does not know.
        Rule::ProductCovered | Rule::ProductOnItem if context.in_edition.family.is_none() => {
            explanation.ask("product_id", "");
        }
        // It is excluded by name: only another product will do.
        Rule::ProductExcepted => explanation.ask("product_id", ""),
        Rule::ProductCovered => {
            explanation.remedy(RemedyKind::AddProduct, "work_order.covered_products", product_pattern(product));
        }
        Rule::ProductOnItem => {
            explanation.remedy(RemedyKind::AddProduct, "work_order.items.product_ids", product_pattern(product));
        }
        Rule::ProductPrerelease | Rule::ProductRetired => {
            let (name, date) = match rule {
                Rule::ProductPrerelease => ("preview_until", life_cycle.preview_until),
                _ => ("retired_from", life_cycle.retired_from),
            };
            explanation.fact(name, date.map(|date| date.to_string()).unwrap_or_default());
            if !explanation.remedy_waiver() {
                explanation.ask("product_id", "");
            }
        }
        Rule::ProductExcluded | Rule::RetailProduct => {
            let is_open = any_matches(&context.service.products_open, product);
            explanation.fact("allowed", joined(&context.service.products_only));
            explanation.fact("excluded", joined(&context.service.products_except));
            if !is_open || !explanation.remedy_waiver() {
                explanation.ask("product_id", products(context));
            }
        }
        _ => {}
    }
}

/// The narrowest pattern that covers the product.
fn product_pattern(product: ProductId<'_>) -> String {
    ProductPattern::from(product.to_string()).to_string()
}

/// Products the service is for and the order does not except, as a request names them.
fn products(context: &Context<'_>) -> String {
    let Service { products_only, products_except, .. } = context.service;
    let plain = |pattern: &ProductPattern| match pattern {
        ProductPattern::All => None,
        ProductPattern::Family(family) => Some(family.clone()),
        ProductPattern::Component(family, component) => Some(format!("{family}/{component}")),
    };
    let mut ids: Vec<_> = products_only.iter().filter_map(plain).collect();
    ids.retain(|id| !any_matches(products_except, ProductId::new(id)) && !context.excepts(ProductId::new(id)));
    ids.join(", ")
}

fn joined(patterns: &[ProductPattern]) -> String {
    patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

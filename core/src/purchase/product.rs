//! Product patterns of orders, items, waivers and events.

use crate::catalog::Edition;
use crate::legible::excerpt;
use crate::model::{ProductPattern, first_hidden, is_id};
use crate::violation::reason;

use super::findings::{Findings, LONGEST_LIST};

/// `field` is the list the patterns stand in. Without an edition only their form is judged.
pub(super) fn judge(
    patterns: &[ProductPattern],
    edition: Option<&Edition>,
    path: &str,
    field: &str,
    findings: &mut Findings,
) {
    findings.at_most(path, field, patterns.len(), LONGEST_LIST);
    for (index, pattern) in patterns.iter().enumerate() {
        let entry = || format!("{field}[{index}]");
        if !is_well_formed(pattern) {
            let pattern = pattern.to_string();
            let hidden = first_hidden(&pattern).map(|hidden| format!("; {hidden}")).unwrap_or_default();
            let pattern = excerpt(&pattern);
            let description =
                format!("`{pattern}` is no product pattern; write `family`, `family/component` or `*`{hidden}");
            findings.add(path, &entry(), reason::FIELD_INVALID, description);
        } else if let (Some(edition), Some(family)) = (edition, pattern.family())
            && edition.family(family).is_none()
        {
            let known = edition.families.iter().map(|known| known.id.as_str());
            findings.unknown(path, &entry(), "product family", family, known);
        }
    }
}

fn is_well_formed(pattern: &ProductPattern) -> bool {
    match pattern {
        ProductPattern::All => true,
        ProductPattern::Family(family) => is_id(family),
        ProductPattern::Component(family, component) => is_id(family) && is_id(component),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_items, check_orders, event, waiver};
    use super::*;

    #[test]
    fn patterns_name_known_families() {
        check_orders(
            "advisor",
            &[
                ("a known family", |o| o.covered_products = vec!["azure".into(), "azure/any".into(), "*".into()], &[]),
                (
                    "an unknown one",
                    |o| o.covered_products = vec!["azur/x".into()],
                    &["covered_products[0] REFERENCE_UNKNOWN"],
                ),
                ("a nameless one", |o| o.covered_products = vec!["".into()], &["covered_products[0] FIELD_INVALID"]),
                (
                    "three parts",
                    |o| o.covered_products = vec!["azure/a/b".into()],
                    &["covered_products[0] FIELD_INVALID"],
                ),
                ("as many as may be", |o| o.covered_products = vec!["azure".into(); 1_000], &[]),
                (
                    "more",
                    |o| o.covered_products = vec!["azure".into(); 1_001],
                    &["covered_products FIELD_OUT_OF_RANGE"],
                ),
            ],
        );
    }

    #[test]
    fn what_cannot_be_seen_in_a_pattern_is_told_by_its_code_point() {
        let rule = "is no product pattern; write `family`, `family/component` or `*`";
        for (pattern, told) in [
            (
                "az\u{200b}ure/app-service",
                "`az\\u{200b}ure/app-service` R; U+200B (zero width space) in column 3 cannot be seen: leave it out",
            ),
            ("azure/\u{430}pp", "`azure/\u{430}pp` R; U+0430 in column 7 only looks like `a`: type `a`"),
            ("azure/a b", "`azure/a b` R"),
        ] {
            let mut findings = Findings::default();
            judge(&[pattern.into()], None, "order", "covered_products", &mut findings);
            let violations = findings.into_violations();
            assert_eq!(violations[0].field, "order.covered_products[0]");
            assert_eq!(violations[0].description, told.replace('R', rule));
        }
    }

    #[test]
    fn patterns_stand_on_items_waivers_and_events() {
        check_items(
            "engineering",
            &[
                ("on an item", |i| i.product_ids = vec!["azur".into()], &["product_ids[0] REFERENCE_UNKNOWN"]),
                (
                    "on a waiver",
                    |i| {
                        i.waivers = vec![waiver("ONSITE_NOT_INCLUDED")];
                        i.waivers[0].product_ids = vec!["azure".into(), "linux".into()];
                    },
                    &["waivers[0].product_ids[1] REFERENCE_UNKNOWN"],
                ),
            ],
        );
        check_items(
            "events",
            &[(
                "on an event",
                |i| {
                    i.events = vec![event("a", "shop", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")];
                    i.events[0].product_ids = vec!["azure".into(), "a b".into()];
                },
                &["events[0].product_ids[1] FIELD_INVALID"],
            )],
        );
    }
}

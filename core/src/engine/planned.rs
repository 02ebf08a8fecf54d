//! What is planned for a contract, as far as it ends blocks: it is known from the moment it is recorded.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::BlockSpec;

/// Which blocks there are from an instant on, in the order of their ids.
pub type BlocksFrom = (DateTime<Utc>, Vec<BlockSpec>);

/// When blocks end by what is planned, where that is sooner than they end by the contract as it stands. `later`: which
/// blocks there are in the periods that follow, one after the other.
///
/// A block ends as the first period begins that does not have it, or at the end that such a period gives it, but never
/// before that begins: until then the contract stands as it does. A later end counts from its own day on.
pub(super) fn planned_ends(
    blocks: &[BlockSpec],
    later: impl IntoIterator<Item = BlocksFrom>,
) -> BTreeMap<Uuid, DateTime<Utc>> {
    // What is still going on, with its end as the last period had it.
    let mut going_on: BTreeMap<Uuid, DateTime<Utc>> = blocks.iter().map(|block| (block.id, block.end)).collect();
    let mut ends = BTreeMap::new();
    for (from, specs) in later {
        going_on.retain(|id, end| {
            let spec = specs.binary_search_by_key(id, |spec| spec.id).ok().and_then(|row| specs.get(row));
            match spec {
                _ if *end <= from => _ = ends.insert(*id, *end),
                None => _ = ends.insert(*id, from),
                Some(spec) => {
                    *end = spec.end.max(from);
                    return true;
                }
            }
            false
        });
    }
    ends.append(&mut going_on);
    let is_sooner = |block: &&BlockSpec| ends.get(&block.id).is_some_and(|end| *end < block.end);
    blocks.iter().filter(is_sooner).filter_map(|block| Some((block.id, *ends.get(&block.id)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(86_400 * day, 0).unwrap()
    }

    fn blocks(ends: &[(u128, i64)]) -> Vec<BlockSpec> {
        let block = |(id, end): &(u128, i64)| BlockSpec {
            id: Uuid::from_u128(*id),
            work_order_id: "wo-1".to_owned(),
            item_id: id.to_string(),
            service_id: "engineering".to_owned(),
            unit: Unit::Minutes,
            days: false,
            granted: 60,
            priority: None,
            start: day(0),
            end: day(*end),
        };
        ends.iter().map(block).collect()
    }

    #[test]
    fn a_block_ends_as_the_first_later_contract_says_that_ends_it() {
        // Of a block that ends with day 90: what the later contracts say, and when it ends then.
        type Later<'a> = &'a [(i64, Option<i64>)];
        let cases: [(&str, Later<'_>, Option<i64>); 12] = [
            ("nothing is planned", &[], None),
            ("something else is planned", &[(30, Some(90))], None),
            ("gone", &[(30, None)], Some(30)),
            ("gone behind its end", &[(95, None)], None),
            ("gone and back", &[(30, None), (40, Some(90))], Some(30)),
            ("gone in the second", &[(30, Some(90)), (40, None)], Some(40)),
            ("ends earlier", &[(30, Some(60))], Some(60)),
            ("ends before that is so", &[(30, Some(20))], Some(30)),
            ("ends earlier, which is withdrawn in time", &[(30, Some(60)), (40, Some(90))], None),
            ("ends earlier, which is withdrawn too late", &[(30, Some(60)), (60, Some(90))], Some(60)),
            ("ends later", &[(30, Some(120))], None),
            ("ends later, and is gone behind its end", &[(30, Some(120)), (100, None)], None),
        ];
        for (name, later, expected) in cases {
            let later = later.iter().map(|(from, end)| {
                let own = end.map(|end| (2, end));
                (day(*from), blocks(&[Some((1, 200)), own, Some((3, 200))].into_iter().flatten().collect::<Vec<_>>()))
            });
            let ends = planned_ends(&blocks(&[(1, 200), (2, 90), (3, 200)]), later);
            let expected: Vec<_> = expected.map(|end| (Uuid::from_u128(2), day(end))).into_iter().collect();
            assert_eq!(ends.into_iter().collect::<Vec<_>>(), expected, "{name}");
        }
    }
}

//! When a block is there, where its contract changes meanwhile.

use crate::ledger::Block;

use super::fixture::{block, block_id, day};

#[test]
fn what_was_true_before_a_change_stays_true() {
    let lived = Block { sequence: 1, ..Block::new(&block(1, 60, 5, 20)) };
    // Since when the contract stands as it does, what it says of the block, and when the block is there then.
    let cases = [
        ("as long as there is one", None, (7, 15), (7, 15)),
        ("before the block began", Some(3), (7, 15), (7, 15)),
        ("as it began", Some(5), (7, 15), (7, 15)),
        ("begins later, which is too late", Some(10), (15, 20), (5, 20)),
        ("begins earlier", Some(10), (2, 20), (2, 20)),
        ("ends earlier", Some(10), (5, 15), (5, 15)),
        ("ends before that is so", Some(10), (5, 8), (5, 10)),
        ("ends as that is so", Some(10), (5, 10), (5, 10)),
        ("ends later", Some(10), (5, 30), (5, 30)),
        ("was never there, which is too late", Some(10), (5, 5), (5, 10)),
        ("is over, and ended before", Some(25), (5, 8), (5, 20)),
        ("is over, and lasts longer", Some(25), (5, 30), (5, 30)),
    ];
    for (name, since, (start, end), (expected_start, expected_end)) in cases {
        let spec = block(1, 60, start, end);
        let continued = lived.continued(&spec, since.map(day));
        assert_eq!(continued, block(1, 60, expected_start, expected_end), "{name}");
        // Whoever does it again finds nothing to do.
        let done = Block { start: continued.start, end: continued.end, contracted: 60, ..lived.clone() };
        assert!(done.is_of(&spec, since.map(day)), "{name}");
    }
    assert_eq!(lived.id, block_id(1));
    let unwritten = Block::new(&block(1, 60, 5, 20));
    assert_eq!(unwritten.continued(&block(1, 60, 15, 20), Some(day(10))), block(1, 60, 15, 20));
}

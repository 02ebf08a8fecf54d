//! Draws that depend on nothing but a seed and the number of a customer, on every machine and in every version.

use sha2::{Digest as _, Sha256};

#[derive(Debug)]
pub(super) struct Draw {
    seed: u64,
    number: u32,
    drawn: u32,
}

impl Draw {
    pub(super) fn new(seed: u64, number: u32) -> Self {
        Self { seed, number, drawn: 0 }
    }

    /// From 0, and less than `limit`.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        self.drawn = self.drawn.saturating_add(1);
        let name = format!("{} {} {}", self.seed, self.number, self.drawn);
        let digest: [u8; 32] = Sha256::digest(name).into();
        let [first, second, third, fourth, ..] = digest;
        u32::from_be_bytes([first, second, third, fourth]).checked_rem(limit).unwrap_or_default()
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<T: Copy + Default, const N: usize>(&mut self, among: &[T; N]) -> T {
        let index = self.below(u32::try_from(N).unwrap_or(u32::MAX));
        usize::try_from(index).ok().and_then(|index| among.get(index).copied()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_the_same_for_ever() {
        let drawn = |seed, number| {
            let mut draw = Draw::new(seed, number);
            [draw.below(1_000), draw.below(1_000), draw.below(1_000)]
        };
        assert_eq!(drawn(1, 1), drawn(1, 1));
        assert_ne!(drawn(1, 1), drawn(2, 1));
        assert_ne!(drawn(1, 1), drawn(1, 2));
        // Another sum would change every demo customer there is.
        assert_eq!(drawn(1, 1), [77, 565, 568]);
    }

    #[test]
    fn every_value_is_drawn_and_none_beyond() {
        let mut draw = Draw::new(7, 7);
        let mut seen = [0; 4];
        for _ in 0..200 {
            seen[draw.pick(&[0_usize, 1, 2, 3])] += 1;
        }
        assert!(seen.iter().all(|&times| times > 20), "{seen:?}");
        assert_eq!(draw.below(0), 0);
    }
}

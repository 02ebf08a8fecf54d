//! What a person reads.

use std::time::Duration;

use super::load::LoadResult;

/// A step that takes a while, told before it begins.
pub(crate) fn step(text: &str) {
    eprintln!("  … {text}");
}

/// The middle of three or five rounds, with the slowest and the fastest.
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    pub(crate) fn new(mut rates: Vec<f64>) -> Self {
        rates.sort_by(f64::total_cmp);
        Self(rates)
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    pub(crate) fn print(&self, name: &str) {
        let (slowest, fastest) = (self.0[0], self.0[self.0.len() - 1]);
        println!("  {name:<44} {:>8.0} a second  ({slowest:.0} – {fastest:.0})", self.median());
    }
}

pub(crate) fn ratio(of: f64, to: f64) {
    println!("  {:<44} {:>8.2}", "ratio", of / to);
}

pub(crate) fn latencies(name: &str, seen: &LoadResult) {
    let millis = |at| Duration::as_secs_f64(&seen.within(at)) * 1_000.0;
    let (half, most, nearly_all, all) = (millis(500), millis(990), millis(999), millis(1_000));
    println!(
        "  {name:<44} p50 {half:.1} ms, p99 {most:.1} ms, p99.9 {nearly_all:.1} ms, longest {all:.1} ms ({} calls)",
        seen.count()
    );
}

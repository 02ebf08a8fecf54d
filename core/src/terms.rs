//! Facts of a contract that both deciding and writing it ask for, worked out in one place.

mod country;
mod order;
mod span;
mod term;
mod window;

pub use country::multi_country_turns;
pub use order::{carries_base, is_base_agreement, is_in_effect, item_term, order_term, year_end};
pub use span::Span;
pub use term::{End, Scope, Term, TermState};
pub use window::{days, end_of_day, events_taken, last_day};

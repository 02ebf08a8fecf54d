//! What people write where a date, a zone or an id is meant, and what they are to write instead. Nothing is guessed: a
//! text that may mean two things is told to be so.

mod dates;
mod names;
mod zones;

pub use dates::{number_or_words_of_date, wrong_date};
pub use names::composed;
pub use zones::unknown_zone;

use std::fmt;

use crate::legible::sentence;

/// One thing that is wrong in a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Empty where it is in no file.
    pub file: String,
    /// 0 for the file as a whole.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => f.write_str(&self.message),
            (file, 0) => write!(f, "{file}: {}", self.message),
            (file, line) => write!(f, "{file}:{line}: {}", self.message),
        }
    }
}

/// Everything that is wrong in a catalogue, one line a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    pub mistakes: Vec<Mistake>,
}

impl CatalogError {
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self { mistakes: vec![Mistake { file: String::new(), line: 0, message: sentence(&message.into()) }] }
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (row, mistake) in self.mistakes.iter().enumerate() {
            write!(f, "{}{mistake}", if row == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogError {}

//! The heads that an earlier verification kept: what was there once must still be there, and be the same.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::check::Finding;
use crate::cli::Failure;
use crate::input::{self, LARGEST_FILE, Unread};
use crate::legible::shown;
use crate::proto::v1::Entry;

/// The last entry of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub customer_id: String,
    pub block_id: String,
    /// How many entries the block has.
    pub sequence: i64,
    pub head_hash: String,
}

/// The part of what `ledger verify --output json` tells that is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    heads: Vec<Head>,
}

/// What an earlier run kept, and this one has not met yet.
#[derive(Debug, Default)]
pub(super) struct KeptHeads {
    unmet: BTreeMap<(String, String), Head>,
}

impl KeptHeads {
    /// Nothing where there is no such file yet.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let refused = |why: String| Failure::Usage(format!("--heads {}: {why}", shown(&path.to_string_lossy())));
        let text = match input::read_file(path) {
            Err(Unread::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(|why| refused(why.to_string()))?,
        };
        let Kept { heads } = serde_json::from_str(&text).map_err(|why| refused(why.to_string()))?;
        Ok(Self::of(heads))
    }

    fn of(heads: Vec<Head>) -> Self {
        let keyed = heads.into_iter().map(|head| ((head.customer_id.clone(), head.block_id.clone()), head));
        Self { unmet: keyed.collect() }
    }

    /// What is wrong with the next entry: the earlier run saw another one in its place.
    pub(super) fn entry(&mut self, customer_id: &str, entry: &Entry) -> Option<Finding> {
        let key = (customer_id.to_owned(), entry.block_id.clone());
        let kept = self.unmet.get(&key).filter(|kept| kept.sequence == entry.sequence)?;
        if kept.head_hash != entry.hash {
            return Some(Finding {
                entry_id: entry.entry_id.clone(),
                ..finding(kept, "an earlier verification saw another entry here")
            });
        }
        self.unmet.remove(&key);
        None
    }

    /// What the earlier run saw and this one, of this customer or of all, did not.
    pub(super) fn missing(&self, customer_id: Option<&str>) -> Option<Finding> {
        let kept = self.unmet.values().find(|kept| customer_id.is_none_or(|id| id == kept.customer_id))?;
        Some(finding(kept, "it is missing; an earlier verification saw it"))
    }

    /// Keeps these heads, and of the customers that this run was not asked for those of before.
    pub(super) fn renew(self, path: &Path, verified: &[Head]) -> Result<(), Failure> {
        let mut heads = verified.to_vec();
        heads.extend(self.unmet.into_values());
        let text = serde_json::to_string(&Kept { heads }).map_err(|error| Failure::Other(error.into()))?;
        if u64::try_from(text.len()).is_ok_and(|length| length > LARGEST_FILE) {
            let why = "there are more heads than one file can have; verify customers one by one, each with a file";
            return Err(Failure::Usage(format!("--heads: {why}")));
        }
        replace(path, &text)
            .map_err(|error| Failure::Other(format!("--heads {}: {error}", shown(&path.to_string_lossy())).into()))
    }
}

/// Replaces the file as a whole, so that a run that is cut off leaves the heads of before.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn finding(kept: &Head, message: &str) -> Finding {
    Finding {
        customer_id: kept.customer_id.clone(),
        block_id: kept.block_id.clone(),
        sequence: kept.sequence,
        message: message.to_owned(),
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(customer_id: &str, block_id: &str, sequence: i64, hash: &str) -> Head {
        let [customer_id, block_id, head_hash] = [customer_id, block_id, hash].map(str::to_owned);
        Head { customer_id, block_id, sequence, head_hash }
    }

    fn entry(block_id: &str, sequence: i64, hash: &str) -> Entry {
        Entry { block_id: block_id.to_owned(), sequence, hash: hash.to_owned(), ..Entry::default() }
    }

    fn told(finding: Option<Finding>) -> String {
        finding.map(|found| format!("{} {} {}", found.block_id, found.sequence, found.message)).unwrap_or_default()
    }

    #[test]
    fn what_was_there_must_be_there_and_be_the_same() {
        let mut kept = KeptHeads::of(vec![head("a", "one", 2, "x"), head("b", "two", 1, "y")]);
        assert_eq!(told(kept.entry("a", &entry("one", 1, "other"))), "", "only the kept number is compared");
        assert_eq!(told(kept.entry("b", &entry("one", 2, "other"))), "", "another customer's");
        assert_eq!(
            told(kept.entry("a", &entry("one", 2, "z"))),
            "one 2 an earlier verification saw another entry here"
        );
        assert_eq!(told(kept.missing(Some("a"))), "one 2 it is missing; an earlier verification saw it");
        assert_eq!(told(kept.entry("a", &entry("one", 2, "x"))), "");
        assert_eq!(told(kept.entry("a", &entry("one", 3, "w"))), "", "written since");
        assert_eq!((told(kept.missing(Some("a"))), told(kept.missing(Some("c")))), (String::new(), String::new()));
        assert_eq!(told(kept.missing(None)), "two 1 it is missing; an earlier verification saw it");
    }

    #[test]
    fn heads_are_kept_for_the_next_run() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("heads.json");
        let none = KeptHeads::read(&file).unwrap();
        none.renew(&file, &[head("a", "one", 2, "x"), head("b", "two", 1, "y")]).unwrap();
        // The next run is asked for one customer alone.
        let mut kept = KeptHeads::read(&file).unwrap();
        assert_eq!(told(kept.entry("a", &entry("one", 2, "x"))), "");
        kept.renew(&file, &[head("a", "one", 5, "w")]).unwrap();
        let heads = KeptHeads::read(&file).unwrap().unmet.into_values().collect::<Vec<_>>();
        assert_eq!(heads, [head("a", "one", 5, "w"), head("b", "two", 1, "y")]);
    }

    #[test]
    fn a_file_that_keeps_no_heads_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "{}", "[]", r#"{"heads": [{"customer_id": "a"}]}"#] {
            std::fs::write(file.path(), text).unwrap();
            assert!(
                matches!(KeptHeads::read(file.path()), Err(Failure::Usage(why)) if why.contains("--heads ")),
                "{text}"
            );
        }
    }
}

//! What the catalogue is made of, and the zone data.

use std::path::PathBuf;

use super::setting::Setting;
use super::value::{Value, short};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CatalogSettings {
    /// Editions and overlays that stand alone, before `files`; with any of them the embedded edition is left out.
    pub alone: Vec<PathBuf>,
    /// Editions beside the embedded one, and overlays onto any before them.
    pub files: Vec<PathBuf>,
    /// The edition that judges what nobody bought; without one the embedded edition.
    pub default_edition: Option<String>,
    /// The directory of the system's zone data; without one that of `TZDIR`, else the usual one.
    pub zoneinfo: Option<PathBuf>,
}

/// Where a client that needs zone data looks, too.
pub(super) const ZONEINFO: &str = "ENTITLED_ZONEINFO";

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "catalog",
        variable: "ENTITLED_CATALOG",
        flag: Some("FILE"),
        default: None,
        value: Value::Files { most: 100, set: |config, files| config.catalog.files = files },
        meaning: "editions and overlays, each laid over what comes before it; in the environment with commas between them",
    },
    Setting {
        key: "catalog_only",
        variable: "ENTITLED_CATALOG_ONLY",
        flag: Some("FILE"),
        default: None,
        value: Value::Files { most: 100, set: |config, files| config.catalog.alone = files },
        meaning: "editions and overlays that leave the embedded edition out; those of `catalog` come after them",
    },
    Setting {
        key: "default_edition",
        variable: "ENTITLED_DEFAULT_EDITION",
        flag: Some("ID"),
        default: None,
        value: Value::Text {
            range: "an edition there is",
            // Whether there is such an edition is seen when the catalogue is loaded.
            set: |config, text| {
                config.catalog.default_edition = Some(short(text)?.to_owned());
                Ok(())
            },
        },
        meaning: "the edition that judges what nobody bought; without it the first there is",
    },
    Setting {
        key: "zoneinfo",
        variable: ZONEINFO,
        flag: Some("DIRECTORY"),
        default: None,
        value: Value::Text {
            range: "a directory",
            set: |config, text| {
                config.catalog.zoneinfo = Some(short(text)?.into());
                Ok(())
            },
        },
        meaning: "the system's zone data, used if it is newer than what is built in; without it `TZDIR`, else `/usr/share/zoneinfo`",
    },
];

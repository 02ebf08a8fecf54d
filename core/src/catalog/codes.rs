//! Names of the API that catalogue files use too.

use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Severity {
    #[serde(rename = "1")]
    One,
    A,
    B,
    C,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    Phone,
    Web,
    CloudPortal,
    OnlineServicesPortal,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "PHONE",
            Self::Web => "WEB",
            Self::CloudPortal => "CLOUD_PORTAL",
            Self::OnlineServicesPortal => "ONLINE_SERVICES_PORTAL",
        }
    }
}

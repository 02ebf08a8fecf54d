//! Whether the pages of browsers may call, and whose.

use url::Url;

use super::setting::Setting;
use super::value::Value;
use crate::legible::excerpt;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebSettings {
    /// gRPC-Web is spoken, also over HTTP/1.1.
    pub grpc_web: bool,
    /// The origins whose pages may call, by CORS.
    pub cors_origins: Vec<String>,
}

impl WebSettings {
    /// An origin is named for no other reason than to be called by its pages.
    pub fn is_on(&self) -> bool {
        self.grpc_web || !self.cors_origins.is_empty()
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "grpc_web",
        variable: "ENTITLED_GRPC_WEB",
        flag: None,
        default: Some("false"),
        value: Value::Words(&[
            ("false", |config| config.web.grpc_web = false),
            ("true", |config| config.web.grpc_web = true),
        ]),
        meaning: "whether browsers may call by gRPC-Web, also over HTTP/1.1; naming an origin turns it on",
    },
    Setting {
        key: "cors_origins",
        variable: "ENTITLED_CORS_ORIGINS",
        flag: None,
        default: None,
        value: Value::List {
            most: 100,
            of: "origins such as `https://app.example.org`",
            set: |config, origins| {
                config.web.cors_origins = origins.iter().map(|text| origin(text)).collect::<Result<_, _>>()?;
                Ok(())
            },
        },
        meaning: "the origins whose pages may call; in the environment with commas between them",
    },
];

/// As browsers write it in the header `Origin`, to be compared byte by byte.
fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let origin = url.map(|url| url.origin().ascii_serialization());
    // A pattern would be taken for a name, and match nothing.
    origin.filter(|origin| origin == text && !text.contains('*')).ok_or_else(|| {
        let expected = "an origin as browsers send it, such as `https://app.example.org` or `http://localhost:8080`";
        format!("expected {expected}; found `{}`", excerpt(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for good in
            ["https://app.example.org", "http://localhost:8080", "http://[::1]:3000", "https://xn--bcher-kva.example"]
        {
            assert_eq!(origin(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "*",
            "null",
            "app.example.org",
            "https://app.example.org/",
            "https://app.example.org/page",
            "https://app.example.org:443",
            "https://App.example.org",
            "https://*.example.org",
            "file:///x",
            "https://bücher.example",
            "https://user@app.example.org",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_turns_it_on() {
        assert!(!WebSettings::default().is_on());
        assert!(WebSettings { grpc_web: true, ..WebSettings::default() }.is_on());
        let cors_origins = vec!["https://app.example.org".to_owned()];
        assert!(WebSettings { cors_origins, ..WebSettings::default() }.is_on());
    }
}

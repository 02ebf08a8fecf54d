use std::fmt;

use serde::{Deserialize, Serialize};

/// A product as a request names it: a family, or a component of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProductId<'a> {
    pub family: &'a str,
    pub component: Option<&'a str>,
}

impl<'a> ProductId<'a> {
    /// Splits `family` or `family/component`; the parts are not judged here.
    pub fn new(product_id: &'a str) -> Self {
        match product_id.split_once('/') {
            Some((family, component)) => Self { family, component: Some(component) },
            None => Self { family: product_id, component: None },
        }
    }
}

impl fmt::Display for ProductId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.component {
            Some(component) => write!(f, "{}/{component}", self.family),
            None => f.write_str(self.family),
        }
    }
}

/// Which products something is for: `family` and `family/*` are the family and every
/// component, `family/component` is that alone, `*` is all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ProductPattern {
    All,
    Family(String),
    Component(String, String),
}

impl ProductPattern {
    pub fn matches(&self, product: ProductId<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Family(family) => family == product.family,
            Self::Component(family, component) => family == product.family && product.component == Some(component),
        }
    }

    /// Whether everything the other matches is matched.
    pub fn includes(&self, other: &Self) -> bool {
        match self {
            Self::All => true,
            Self::Family(family) => other.family() == Some(family),
            Self::Component(..) => self == other,
        }
    }

    /// Whether any product is matched by both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.common(other).is_some()
    }

    /// What both match, if there is anything.
    pub fn common<'a>(&'a self, other: &'a Self) -> Option<&'a Self> {
        if self.includes(other) { Some(other) } else { Some(self).filter(|own| other.includes(own)) }
    }

    /// The family it names; none for `*`.
    pub fn family(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Family(family) | Self::Component(family, _) => Some(family),
        }
    }
}

impl From<String> for ProductPattern {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&str> for ProductPattern {
    fn from(text: &str) -> Self {
        match text.split_once('/') {
            None if text == "*" => Self::All,
            None => Self::Family(text.to_owned()),
            Some((family, "*")) => Self::Family(family.to_owned()),
            Some((family, component)) => Self::Component(family.to_owned(), component.to_owned()),
        }
    }
}

impl From<ProductPattern> for String {
    fn from(pattern: ProductPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for ProductPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Family(family) => write!(f, "{family}/*"),
            Self::Component(family, component) => write!(f, "{family}/{component}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_include_what_is_narrower_and_overlap_both_ways() {
        let cases = [
            ("*", "azure/*", true, true),
            ("azure/*", "azure/stack", true, true),
            ("azure/stack", "azure/*", false, true),
            ("azure/stack", "azure/stack", true, true),
            ("azure/stack", "azure/other", false, false),
            ("azure", "windows-server", false, false),
            ("azure", "*", false, true),
        ];
        for (one, other, includes, overlaps) in cases {
            let (one, other) = (ProductPattern::from(one), ProductPattern::from(other));
            assert_eq!((one.includes(&other), one.overlaps(&other)), (includes, overlaps), "{one} and {other}");
        }
    }

    #[test]
    fn patterns_match_as_written() {
        let cases = [
            ("*", "azure", true),
            ("azure", "azure", true),
            ("azure", "azure/app-service", true),
            ("azure/*", "azure", true),
            ("azure/*", "azure/app-service", true),
            ("azure/app-service", "azure/app-service", true),
            ("azure/app-service", "azure", false),
            ("azure/app-service", "azure/other", false),
            ("azure", "windows-server", false),
        ];
        for (pattern, product, expected) in cases {
            assert_eq!(
                ProductPattern::from(pattern).matches(ProductId::new(product)),
                expected,
                "{pattern} on {product}"
            );
        }
    }
}

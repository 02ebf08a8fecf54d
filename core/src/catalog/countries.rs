//! What countries are called, where an edition does not say it.

use super::Locale;

const COUNTRIES: &str = include_str!("countries.tsv");

/// By ISO 3166-1 code.
pub(super) fn name(code: &str, locale: Locale) -> Option<&'static str> {
    let mut rows = COUNTRIES.lines().map(|row| row.split('\t'));
    let mut row = rows.find_map(|mut row| row.next().is_some_and(|first| first == code).then_some(row))?;
    let english = row.next()?;
    match locale {
        Locale::English => Some(english),
        Locale::Indonesian => Some(row.next().unwrap_or(english)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::model::codes::countries;

    #[test]
    fn every_country_of_a_location_has_a_name_in_both_languages() {
        for code in countries() {
            for locale in [Locale::English, Locale::Indonesian] {
                assert!(name(code, locale).is_some_and(|name| name.len() > 2), "{code}");
            }
        }
        assert_eq!(name("GB", Locale::Indonesian), Some("Inggris Raya"));
        assert_eq!(name("ZZ", Locale::English), None);
    }

    #[test]
    fn an_edition_calls_a_country_as_its_texts_do() {
        let catalog = Catalog::embedded().unwrap();
        let names = &catalog.default_edition().names;
        assert_eq!(names.country("CN", Locale::English), "mainland China");
        assert_eq!(names.country("KR", Locale::Indonesian), "Korea Selatan");
        assert_eq!(names.country("ZZ", Locale::English), "ZZ");
    }
}

//! Money as people write it: `310.00`, `310.00 SGD`. On the wire it is minor units, such as cents.

use iso_currency::Currency;

use crate::legible::excerpt;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    pub minor_units: i64,
    /// Whether it was a whole number where the currency has decimals, as documents had it before they took amounts.
    pub is_bare: bool,
}

/// How many decimals a currency has: 2 for `EUR`, 0 for `JPY`, 3 for `BHD`.
pub fn decimals(currency: &str) -> u32 {
    // Of the few whose list has none, all have two.
    Currency::from_code(currency).and_then(Currency::exponent).map_or(2, u32::from)
}

/// Reads an amount of an order's currency. A whole number is in minor units.
pub fn parse(text: &str, currency: &str) -> Result<Money, String> {
    let decimals = decimals(currency);
    let (number, code) = split(text.trim());
    let is_code = code.is_empty() || (code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()));
    if !is_code {
        return Err(format!("`{}` is no amount of money: write `{}`", excerpt(text), example(currency)));
    }
    if !code.is_empty() && code != currency {
        return Err(format!("`{}` is in another currency than the order, which is in {currency}", excerpt(text)));
    }
    if let Some(plain) = without_separators(number) {
        let plain = excerpt(&plain);
        return Err(format!("`{}` has separators between its digits: write `{plain}`", excerpt(text)));
    }
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_number =
        !whole.is_empty() && [whole, fraction].iter().all(|part| part.bytes().all(|it| it.is_ascii_digit()));
    if !is_number || (fraction.is_empty() && unsigned.contains('.')) {
        return Err(format!("`{}` is no amount of money: write `{}`", excerpt(text), example(currency)));
    }
    let length = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
    if length > decimals {
        let has = if decimals == 0 { "no decimals".to_owned() } else { format!("{decimals} decimals") };
        return Err(format!("`{}`: {currency} has {has}: write `{}`", excerpt(text), example(currency)));
    }
    let is_bare = length == 0 && decimals > 0;
    if is_bare && !code.is_empty() {
        let number = excerpt(number);
        return Err(format!("`{}` has no decimals: write `{number}.{} {code}`", excerpt(text), zeros(decimals)));
    }
    let padding = if is_bare { 0 } else { decimals.saturating_sub(length) };
    let sign = if number.starts_with('-') { "-" } else { "" };
    let minor_units = format!("{sign}{whole}{fraction}{}", zeros(padding)).parse();
    let minor_units = minor_units.map_err(|_| format!("`{}` is more than any amount can be", excerpt(text)))?;
    Ok(Money { minor_units, is_bare })
}

/// `98000.00`, as documents take it.
pub fn plain(minor_units: i64, currency: &str) -> String {
    let places = usize::try_from(decimals(currency)).unwrap_or_default();
    let sign = if minor_units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor_units.unsigned_abs(), width = places.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// `98,000.00 SGD`, for people.
pub fn shown(minor_units: i64, currency: &str) -> String {
    let plain = plain(minor_units, currency);
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && whole.len().saturating_sub(place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction} {currency}")
}

/// What a whole number where decimals are usual may mean: in minor units, and as it would be written by people.
pub fn readings(bare: &str, minor_units: i64, currency: &str) -> [String; 2] {
    [plain(minor_units, currency), format!("{}.{}", bare.trim(), zeros(decimals(currency)))]
}

/// The number, and the currency behind it.
fn split(text: &str) -> (&str, &str) {
    let end = text.rfind(|letter: char| letter.is_ascii_digit()).map_or(0, |at| at.saturating_add(1));
    let (number, code) = text.split_at(end);
    (number.trim(), code.trim())
}

/// `98000.00` for `98,000.00`: what people put between groups of three digits.
fn without_separators(number: &str) -> Option<String> {
    let is_separator = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '\u{2019}' | ',' | '_');
    let is_money = number.contains(is_separator)
        && number.chars().all(|c| c.is_ascii_digit() || is_separator(c) || matches!(c, '.' | '-'));
    is_money.then(|| number.chars().filter(|c| !is_separator(*c)).collect())
}

fn example(currency: &str) -> String {
    match decimals(currency) {
        0 => format!("310` or `310 {currency}"),
        decimals => format!("310.{0}` or `310.{0} {currency}", zeros(decimals)),
    }
}

fn zeros(count: u32) -> String {
    "0".repeat(usize::try_from(count).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let read = |text: &str, currency: &str| parse(text, currency).map(|money| (money.minor_units, money.is_bare));
        for (text, currency, expected) in [
            ("310.00", "SGD", 31_000),
            ("310.00 SGD", "SGD", 31_000),
            ("310.5", "EUR", 31_050),
            ("0.07", "EUR", 7),
            ("-0.07", "EUR", -7),
            ("310", "JPY", 310),
            ("310 JPY", "JPY", 310),
            ("310.000", "BHD", 310_000),
            ("1.5 BHD", "BHD", 1_500),
        ] {
            assert_eq!(read(text, currency), Ok((expected, false)), "{text} {currency}");
        }
        // As documents had it before.
        assert_eq!(read("24500", "EUR"), Ok((24_500, true)));
        for (wrong, currency, told) in [
            ("310.00 USD", "SGD", "another currency than the order, which is in SGD"),
            ("310.000", "EUR", "EUR has 2 decimals: write `310.00` or `310.00 EUR`"),
            ("310.00", "JPY", "JPY has no decimals: write `310` or `310 JPY`"),
            ("310 EUR", "EUR", "has no decimals: write `310.00 EUR`"),
            ("98,000.00", "EUR", "write `98000.00`"),
            ("98 000.00", "EUR", "write `98000.00`"),
            ("310.", "EUR", "is no amount of money"),
            ("", "EUR", "is no amount of money"),
            ("€310.00", "EUR", "is no amount of money"),
            ("1e3", "EUR", "is no amount of money"),
            ("99999999999999999.00", "EUR", "more than any amount can be"),
        ] {
            let found = parse(wrong, currency).unwrap_err();
            assert!(found.contains(told), "{wrong}: {found}");
        }
    }

    #[test]
    fn every_currency_of_a_contract_reads_what_it_writes() {
        let letters = || b'A'..=b'Z';
        let codes =
            letters().flat_map(|one| letters().flat_map(move |two| letters().map(move |three| [one, two, three])));
        let codes = codes.map(|code| String::from_utf8(code.to_vec()).unwrap());
        let mut count = 0;
        for code in codes.filter(|code| crate::model::codes::is_currency(code)) {
            count += 1;
            assert!(Currency::from_code(&code).is_none_or(|it| it.exponent().is_some()), "{code}");
            for amount in [0, 1, 99, 31_000, 1_234_567, -5, i64::MAX] {
                let text = plain(amount, &code);
                assert_eq!(parse(&text, &code).map(|money| money.minor_units), Ok(amount), "{text} {code}");
                let text = format!("{text} {code}");
                assert_eq!(parse(&text, &code), Ok(Money { minor_units: amount, is_bare: false }), "{text}");
            }
        }
        assert!(count > 150, "{count}");
    }

    #[test]
    fn amounts_are_grouped_for_people() {
        let cases = [(9_800_000, "SGD"), (5, "EUR"), (1_234_567, "JPY"), (-1_234_567, "BHD"), (100_000, "EUR")];
        let shown = cases.map(|(amount, currency)| shown(amount, currency));
        assert_eq!(shown, ["98,000.00 SGD", "0.05 EUR", "1,234,567 JPY", "-1,234.567 BHD", "1,000.00 EUR"]);
        assert_eq!(readings("310", 310, "EUR"), ["3.10", "310.00"]);
    }
}

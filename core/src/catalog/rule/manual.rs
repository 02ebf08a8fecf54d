//! What is told of each rule to those who write catalogue files: `docs/CATALOGUE.md` has it as a table.

use super::{Belongs, Rule};
use crate::suggest::nearest_or_all;

/// What a rule is to those who write files.
struct Manual {
    /// When a clause with it fails, or refuses a write.
    says: &'static str,
    /// Fields of the service, the edition or the product it reads.
    reads: &'static [&'static str],
    /// The field of a request without which it is not judged, or is open: `missing` of the clause says which.
    asks: &'static str,
}

/// Fields that rules read, and what they are where nothing is said.
const DEFAULTS: &[(&str, &str)] = &[
    ("activities", "all"),
    ("activities_except", "none"),
    ("channels", "any"),
    ("countries_except", "none"),
    ("countries_only", "everywhere"),
    ("covered_family", "none"),
    ("delivery_modes", "`[\"REMOTE\"]`"),
    ("delivery_starts", "at once"),
    ("event", "none"),
    ("extended_by", "none"),
    ("excluded_countries", "none"),
    ("incident", "`false`"),
    ("included_delivery_modes", "none"),
    ("included_hours", "none"),
    ("languages", "any"),
    ("license", "none"),
    ("life_cycle.preview_until", "no preview"),
    ("life_cycle.retired_from", "never"),
    ("location_rule", "`listed`"),
    ("longest_minutes", "no limit"),
    ("needs_administrator", "`false`"),
    ("on_site_countries_except", "none"),
    ("on_site_countries_only", "everywhere"),
    ("plan", "required"),
    ("products_except", "none"),
    ("products_only", "all"),
    ("products_open", "none"),
    ("purchase.exact_minutes", "any"),
    ("purchase.maximum", "no limit"),
    ("purchase.maximum_per_contract_year", "no limit"),
    ("purchase.minimum_minutes", "any"),
    ("purchase.predefined", "none"),
    ("purchase.quantity", "`none`"),
    ("purchase.step_minutes", "any"),
    ("service_hours", "always"),
    ("severities", "all"),
    ("tenants", "any"),
    ("unit", "not counted"),
];

const fn says(says: &'static str) -> Manual {
    Manual { says, reads: &[], asks: "" }
}

impl Manual {
    const fn reads(self, reads: &'static [&'static str]) -> Self {
        Self { reads, ..self }
    }

    const fn asks(self, asks: &'static str) -> Self {
        Self { asks, ..self }
    }
}

impl Rule {
    const fn manual(self) -> Manual {
        match self {
            Self::Purchased => says("no work order has the service"),
            Self::BaseAgreement => {
                says("no base of the edition's family stands behind what is bought beside one").reads(&["plan"])
            }
            Self::BaseExpired => says("that base has ended").reads(&["plan"]),
            Self::BaseTerminated => says("that base was terminated").reads(&["plan"]),
            Self::TermNotStarted => says("order or item are not in force yet, or the delivery begins before them"),
            Self::TermExpired => says("order or item have ended"),
            Self::TermTerminated => says("the order was terminated"),
            Self::StateDraft => says("the order is a draft"),
            Self::StateSuspended => says("the order is suspended"),
            Self::IncludedInOrder => says("the order leaves the service out of its base package"),
            Self::WindowForfeited => says("the delivery reaches past the effective end, or the block is over already").asks("delivery"),
            Self::DeliveryStart => says("before the first day of delivery").reads(&["delivery_starts"]),
            Self::ProductCovered => {
                says("the order does not cover the product, or the edition does not know it").asks("product_id")
            }
            Self::ProductPrerelease => says("the product is in preview, and `products_only` does not spell it out")
                .reads(&["life_cycle.preview_until", "products_only"])
                .asks("product_id"),
            Self::ProductRetired => {
                says("the product is out of support").reads(&["life_cycle.retired_from"]).asks("product_id")
            }
            Self::ProductExcluded => says(
                "the service does not serve the product; on purchase, none of the item's products. What is in \
                 `products_open` is open until its waiver is recorded",
            )
            .reads(&["products_only", "products_except", "products_open"])
            .asks("product_id"),
            Self::RetailProduct => {
                says("the service does not serve the product; on purchase, none of the item's products")
                    .reads(&["products_only", "products_except"])
                    .asks("product_id")
            }
            Self::ProductExcepted => {
                says("the order excepts the product from those it covers").asks("product_id")
            }
            Self::ProductOnItem => says("the item does not name the product").asks("product_id"),
            Self::ProductsRequired => says("the item names no product"),
            Self::CoveredFamily => says("the order covers nothing of the family").reads(&["covered_family"]),
            Self::Country => {
                says("the location's country is not one it is sold in").reads(&["countries_only", "countries_except"])
            }
            Self::LocationDesignated => says(
                "the item is not for the location; on purchase, the item lists one that its order does not designate. Its \
                 waiver is for remote delivery alone",
            )
            .reads(&["location_rule"]),
            Self::SingleLocation => says("the item is not for exactly one location"),
            Self::ExcludedCountry => {
                says("an excluded country, where the orders in force designate locations in several").reads(&["excluded_countries"])
            }
            Self::SeparateWorkOrder => says("an excluded country shares an order, or has neither a base nor names one")
                .reads(&["excluded_countries"]),
            Self::OnSiteCountry => says("on site in a country where it is delivered remotely only")
                .reads(&["on_site_countries_only", "on_site_countries_except"])
                .asks("delivery.mode"),
            Self::DeliveryMode => says("another way of delivery than sold or included")
                .reads(&["delivery_modes", "included_delivery_modes"])
                .asks("delivery.mode"),
            Self::AdvisoryLimit => {
                says("more time is asked for than one use may take, or an activity out of its scope")
                    .reads(&["longest_minutes", "activities_except"])
                    .asks("quantity")
            }
            Self::Contact => says("the contact has no fitting role").asks("contact_id"),
            Self::Channel => {
                says("the incident comes by another channel").reads(&["channels", "incident"]).asks("channel")
            }
            Self::Severity => says("another severity").reads(&["severities"]).asks("severity"),
            Self::Language => says("another language").reads(&["languages"]).asks("language"),
            Self::RootCauseTiming => says("asked for after the incident was closed").asks("delivery.requested_time"),
            Self::Tenant => says("a tenant the item does not name").reads(&["tenants"]).asks("tenant_id"),
            Self::TenantsRequired => says("too few or too many tenants are named").reads(&["tenants"]),
            Self::Activity => says("an activity that is not in scope").reads(&["activities"]).asks("activity"),
            Self::Discretion => says("never: it is open until its waiver, the recorded assignment, is there"),
            Self::License => says("the customer lacks a licence").reads(&["license"]),
            Self::HoursAvailable | Self::QuantityAvailable => {
                says("not enough is left; where nothing is asked for, nothing at all. Not judged beside a clause that says the item is not in force")
                    .reads(&["unit", "purchase.quantity"])
            }
            Self::ServiceHours => says("the delivery begins or ends outside the hours; its waiver lifts weekends only")
                .reads(&["service_hours", "extended_by"])
                .asks("delivery"),
            Self::EventNotice => says("the event was confirmed too late").reads(&["event"]).asks("delivery"),
            Self::EventDuration => {
                says("the event takes more events than there are").reads(&["event"]).asks("delivery")
            }
            Self::EventSolutions => {
                says("its solutions together take more events than there are").reads(&["event"]).asks("delivery")
            }
            Self::WaiverAllowed => says("a waiver of a clause that is not waivable, or not the service's"),
            Self::MinimumEngagement => {
                says("too little is bought").reads(&["purchase.minimum_minutes", "purchase.exact_minutes"])
            }
            Self::ExtensionSteps => says("it is not bought in whole steps").reads(&["purchase.step_minutes"]),
            Self::HoursOrPredefined => says("bought neither by number nor as an offering, or as both")
                .reads(&["purchase.quantity", "purchase.predefined"]),
            Self::MaximumQuantity => says("more over all items of the order than may be")
                .reads(&["purchase.maximum", "purchase.maximum_per_contract_year"]),
            Self::ExhibitRequired => says("the item names no exhibit"),
            Self::SupportAdministrator => says("no support administrator at the host of an order that carries a base, or a service that needs one")
                .reads(&["needs_administrator"]),
            Self::TimeZoneRequired => says("the item names no time zone"),
            Self::IncludedHours => says("never: the service may bring hours with its item").reads(&["included_hours"]),
            Self::FlexCreditCap
            | Self::FlexNotForSdm
            | Self::FlexEligible
            | Self::FlexAnnual
            | Self::FlexAtSigning
            | Self::ExchangeValue
            | Self::CreditBalance
            | Self::CreditLocations => says("not yet judged: it stands for what allowances and credits will refuse"),
            Self::Note => says("never: it is told"),
        }
    }

    /// When a clause with it fails, or refuses a write.
    pub fn fails_when(self) -> &'static str {
        self.manual().says
    }

    /// The rows of `docs/CATALOGUE.md`, one a rule, below their heading.
    pub fn documentation() -> String {
        let head = "| `rule` | fails, or refuses the write, when | kinds | belongs to | reads (default) | needs | facts |\n\
                    |---|---|---|---|---|---|---|\n";
        Self::ALL.iter().fold(head.to_owned(), |mut table, rule| {
            let Manual { says, asks, .. } = rule.manual();
            let kinds = rule.kinds().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            let reads: Vec<_> = rule.parameters().map(|(field, default)| format!("`{field}` ({default})")).collect();
            let facts: Vec<_> = rule.row().facts.iter().map(|fact| format!("`{fact}`")).collect();
            let asks = if asks.is_empty() { String::new() } else { format!("`{asks}`") };
            let cells = [
                format!("`{}`", rule.name()),
                says.to_owned(),
                kinds,
                rule.belonging().to_owned(),
                reads.join(", "),
                asks,
                facts.join(", "),
            ];
            let cells = cells.map(|cell| if cell.is_empty() { " |".to_owned() } else { format!(" {cell} |") });
            table.push('|');
            table.extend(cells);
            table.push('\n');
            table
        })
    }

    /// All of a rule for people: what the table of the documentation says of it, line by line, and a clause to begin
    /// with.
    pub fn explain(self) -> String {
        let Manual { says, asks, .. } = self.manual();
        let kinds: Vec<_> = self.kinds().map(|kind| format!("\"{}\"", kind.as_str())).collect();
        let (name, is_listed) = (self.name(), self.row().belongs == Belongs::WhereListed);
        let mut lines = vec![
            name.to_owned(),
            format!("  fails when:  {says}"),
            format!("  kinds:       {}", kinds.join(", ")),
            format!(
                "  belongs to:  {}",
                if is_listed { "the services that list a clause with it" } else { self.belonging() }
            ),
        ];
        lines.extend(self.parameters().map(|(field, default)| format!("  reads:       {field} (default: {default})")));
        if !asks.is_empty() {
            let missing = if self.can_be_open() { "`missing` of the clause says what then" } else { "not judged then" };
            lines.push(format!("  needs:       {asks} of the request; {missing}"));
        }
        let facts: Vec<_> = self.row().facts.iter().map(|fact| format!("{{{fact}}}")).collect();
        if !facts.is_empty() {
            lines.push(format!("  facts:       {}", facts.join(", ")));
        }
        let kinds = kinds.join(", ");
        lines.push(format!(
            "\n[[clauses]]\ncode = \"…\"\nsection = \"…\"\nkinds = [{kinds}]\nrule = \"{name}\"\ntext.en = \"…\""
        ));
        lines.join("\n")
    }

    /// The rule of this name; else what was probably meant.
    pub fn called(name: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|rule| rule.name()).collect();
            format!("no function implements the rule `{name}`; {}", nearest_or_all(name, &known))
        })
    }

    /// What it reads, with what each is where nothing is said.
    fn parameters(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let default =
            |field: &str| DEFAULTS.iter().find(|(known, _)| *known == field).map_or("", |(_, default)| *default);
        self.manual().reads.iter().map(move |field| (*field, default(field)))
    }

    fn belonging(self) -> &'static str {
        match self.row().belongs {
            Belongs::WhereListed => "",
            Belongs::Everywhere => "every service",
            Belongs::BesideBase => "every service beside a base",
            Belongs::CountedInTime => "what is counted in time",
            Belongs::CountedOtherwise => "what is counted otherwise",
        }
    }

    /// Whether a clause with it may be open: the other rules hold where the request says nothing.
    pub fn can_be_open(self) -> bool {
        matches!(
            self,
            Self::Severity
                | Self::Language
                | Self::RootCauseTiming
                | Self::Tenant
                | Self::EventNotice
                | Self::EventDuration
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a rule has for itself it reads, and every field has its default.
    #[test]
    fn the_manual_agrees_with_the_rows() {
        for rule in Rule::ALL {
            let reads = rule.manual().reads;
            for field in rule.row().reads {
                assert!(reads.contains(field), "{rule:?} reads `{field}`");
            }
            for (field, default) in rule.parameters() {
                assert!(!default.is_empty(), "`{field}` of {rule:?} has no default");
            }
            assert!(!rule.can_be_open() || !rule.manual().asks.is_empty(), "{rule:?} may be open for want of nothing");
        }
    }

    #[test]
    fn a_rule_is_explained() {
        let told = Rule::called("severity").unwrap().explain();
        for part in [
            "fails when:  another severity",
            "kinds:       \"gate\"",
            "reads:       severities (default: all)",
            "needs:       severity of the request; `missing` of the clause says what then",
            "facts:       {allowed}",
            "rule = \"severity\"",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
        assert!(Rule::called("term_expired").unwrap().explain().contains("belongs to:  every service"));
        assert_eq!(
            Rule::called("severty").unwrap_err(),
            "no function implements the rule `severty`; did you mean `severity`?"
        );
    }
}

//! Where demo customers sit, and what they are called.

/// The head office: every demo customer has it.
pub(super) const HEAD_OFFICE: &str = "hq";
/// A location in a country that stands on an order of its own.
pub(super) const OVERSEAS: &str = "overseas";

/// A city, and what is known of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub city: &'static str,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    pub time_zone: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// Month and day.
    pub holidays: [&'static str; 3],
}

const fn place(
    city: &'static str,
    country: &'static str,
    time_zone: &'static str,
    currency: &'static str,
    holidays: [&'static str; 3],
) -> Place {
    Place { city, country, time_zone, currency, holidays }
}

/// Places that can stand together on one order.
pub(super) const PLACES: [Place; 24] = [
    place("Utrecht", "NL", "Europe/Amsterdam", "EUR", ["01-01", "04-27", "12-25"]),
    place("Leeds", "GB", "Europe/London", "GBP", ["01-01", "12-25", "12-26"]),
    place("Cardiff", "GB", "Europe/London", "GBP", ["01-01", "12-25", "12-26"]),
    place("Lyon", "FR", "Europe/Paris", "EUR", ["01-01", "07-14", "12-25"]),
    place("Hamburg", "DE", "Europe/Berlin", "EUR", ["01-01", "10-03", "12-25"]),
    place("Leipzig", "DE", "Europe/Berlin", "EUR", ["01-01", "10-03", "12-25"]),
    place("Turin", "IT", "Europe/Rome", "EUR", ["01-01", "06-02", "12-25"]),
    place("Zaragoza", "ES", "Europe/Madrid", "EUR", ["01-01", "10-12", "12-25"]),
    place("Porto", "PT", "Europe/Lisbon", "EUR", ["01-01", "06-10", "12-25"]),
    place("Malmö", "SE", "Europe/Stockholm", "SEK", ["01-01", "06-06", "12-25"]),
    place("Bergen", "NO", "Europe/Oslo", "NOK", ["01-01", "05-17", "12-25"]),
    place("Aarhus", "DK", "Europe/Copenhagen", "DKK", ["01-01", "12-25", "12-26"]),
    place("Tampere", "FI", "Europe/Helsinki", "EUR", ["01-01", "12-06", "12-25"]),
    place("Poznań", "PL", "Europe/Warsaw", "PLN", ["01-01", "11-11", "12-25"]),
    place("Brno", "CZ", "Europe/Prague", "CZK", ["01-01", "10-28", "12-25"]),
    place("Graz", "AT", "Europe/Vienna", "EUR", ["01-01", "10-26", "12-25"]),
    place("Zürich", "CH", "Europe/Zurich", "CHF", ["01-01", "08-01", "12-25"]),
    place("Cork", "IE", "Europe/Dublin", "EUR", ["01-01", "03-17", "12-25"]),
    place("Denver", "US", "America/Denver", "USD", ["01-01", "07-04", "12-25"]),
    place("Atlanta", "US", "America/New_York", "USD", ["01-01", "07-04", "12-25"]),
    place("Montréal", "CA", "America/Toronto", "CAD", ["01-01", "07-01", "12-25"]),
    place("Curitiba", "BR", "America/Sao_Paulo", "BRL", ["01-01", "09-07", "12-25"]),
    place("Surabaya", "ID", "Asia/Jakarta", "IDR", ["01-01", "08-17", "12-25"]),
    place("Singapore", "SG", "Asia/Singapore", "SGD", ["01-01", "08-09", "12-25"]),
];

/// Places in countries that need an order of their own in the edition `unified-enterprise-2023`.
pub(super) const SEPARATE_PLACES: [Place; 4] = [
    place("Perth", "AU", "Australia/Perth", "AUD", ["01-01", "01-26", "12-25"]),
    place("Osaka", "JP", "Asia/Tokyo", "JPY", ["01-01", "02-11", "11-03"]),
    place("Pune", "IN", "Asia/Kolkata", "INR", ["01-26", "08-15", "10-02"]),
    place("Nelson", "NZ", "Pacific/Auckland", "NZD", ["01-01", "02-06", "12-25"]),
];

/// Harbours, for the edition `lodestar-care-2026`.
pub(super) const HARBOURS: [Place; 3] = [
    place("Fujairah", "AE", "Asia/Dubai", "AED", ["01-01", "12-02", "12-03"]),
    place("Damietta", "EG", "Africa/Cairo", "EGP", ["01-07", "07-23", "10-06"]),
    place("Port Said", "EG", "Africa/Cairo", "EGP", ["01-07", "07-23", "10-06"]),
];

/// The two halves of a company's name.
pub(super) const NAMES: ([&str; 20], [&str; 16]) = (
    [
        "Alder",
        "Amber",
        "Birch",
        "Cobalt",
        "Cormorant",
        "Dunlin",
        "Ember",
        "Fallow",
        "Granite",
        "Heron",
        "Juniper",
        "Kestrel",
        "Larch",
        "Marram",
        "Osprey",
        "Quarry",
        "Rowan",
        "Saffron",
        "Tarn",
        "Willow",
    ],
    [
        "Bakeries",
        "Breweries",
        "Clinics",
        "Couriers",
        "Energy",
        "Foods",
        "Foundries",
        "Insurance",
        "Logistics",
        "Mills",
        "Motors",
        "Optics",
        "Papers",
        "Seeds",
        "Textiles",
        "Waterworks",
    ],
);

/// Those who administer support.
pub(super) const PEOPLE: [&str; 12] = [
    "Ada Brandt",
    "Bruno Costa",
    "Chiara Neri",
    "Dewi Lestari",
    "Emil Novak",
    "Farah Aziz",
    "Greta Lind",
    "Hugo Marchand",
    "Ines Rocha",
    "Jonas Berg",
    "Kaya Tan",
    "Liam Byrne",
];

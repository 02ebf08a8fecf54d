//! The things calls address.

use std::fmt;

/// A kind of thing that has an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    Customer,
    Location,
    WorkOrder,
    WorkOrderVersion,
    Item,
    Waiver,
    Service,
    ProductFamily,
    Edition,
    Block,
    Reservation,
    Entry,
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer",
            Self::Location => "location",
            Self::WorkOrder => "work order",
            Self::WorkOrderVersion => "version of the work order",
            Self::Item => "item",
            Self::Waiver => "waiver",
            Self::Service => "service",
            Self::ProductFamily => "product family",
            Self::Edition => "edition",
            Self::Block => "block",
            Self::Reservation => "reservation",
            Self::Entry => "entry",
        })
    }
}

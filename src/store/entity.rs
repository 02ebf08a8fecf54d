//! The tables, as sea-orm sees them. Nothing of this leaves the store.

pub mod customer;
pub mod customer_version;
pub mod work_order_version;

//! The tables, as sea-orm sees them. Only the store uses these types.

pub mod customer;
pub mod customer_version;
pub mod work_order_version;

//! The tables, as sea-orm sees them. Only the store uses these types.

pub(super) mod customer;
pub(super) mod customer_version;
pub(super) mod work_order_version;

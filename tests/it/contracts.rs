//! Customers and work orders: every write is once, whole and seen by the reads that ask for it.

mod around_suspension;
mod at_once;
mod batches;
mod belonging;
mod bought_anew;
mod changes;
mod clocks;
mod corrected;
mod documents;
mod drafts;
mod effects;
mod forfeited;
mod freshness;
mod idempotency;
mod late_ends;
mod lengthened;
mod life;
mod lives;
mod many_plans;
mod many_versions;
mod pages;
mod past_terms;
mod planned;
mod planned_block_ends;
mod planned_order_end;
mod proof;
mod records;
mod refusals;
pub(crate) mod remedies;
mod versions;

use entitled::proto::v1;

use crate::server::request_id;

fn create_customer(customer: v1::Customer) -> v1::CreateCustomerRequest {
    v1::CreateCustomerRequest { customer: Some(customer), request_id: request_id(), ..Default::default() }
}

fn update(customer: v1::Customer) -> v1::UpdateCustomerRequest {
    v1::UpdateCustomerRequest { customer: Some(customer), request_id: request_id(), ..Default::default() }
}

fn get_customer(customer_id: &str) -> v1::GetCustomerRequest {
    v1::GetCustomerRequest { customer_id: customer_id.to_owned(), ..Default::default() }
}

fn get_order(work_order_id: &str) -> v1::GetWorkOrderRequest {
    v1::GetWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: work_order_id.to_owned(),
        ..Default::default()
    }
}

/// As it was sent: without what only answers carry.
fn content(customer: &v1::Customer) -> v1::Customer {
    let customer = v1::Customer { version: 0, record_time: None, effective_time: None, ..customer.clone() };
    v1::Customer { actor: String::new(), etag: String::new(), ..customer }
}

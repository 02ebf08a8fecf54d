//! What is wrong with a request is told in full, in the words of the API, and changes nothing.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod addressed;
mod checks;
mod documents;
mod fields;
mod lists;
mod transport;

use entitled::proto::v1;

/// Another character in the middle.
fn altered(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

fn order_of(request: &mut v1::ApplyContractRequest) -> &mut v1::WorkOrder {
    &mut request.work_orders[0]
}

fn item_of(request: &mut v1::ApplyContractRequest) -> &mut v1::Item {
    &mut request.work_orders[0].items[0]
}

fn location_of(request: &mut v1::ApplyContractRequest) -> &mut v1::Location {
    &mut request.customer.as_mut().unwrap().locations[0]
}

fn contact_of(request: &mut v1::ApplyContractRequest) -> &mut v1::Contact {
    &mut request.customer.as_mut().unwrap().contacts[0]
}

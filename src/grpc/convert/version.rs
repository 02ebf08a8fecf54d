//! Reads and writes what is asked and told of the versions of work orders.

use super::common::read_page;
use super::read::Reader;
use super::work_order::response::write_work_order;
use crate::contract::Difference;
use crate::error::{Result, reason};
use crate::model::Provenance;
use crate::proto::v1;
use crate::service::{Page, VersionDifference, WorkOrderQuestion};
use crate::store::StoredVersion;

/// Fields that are told of each version of a list.
const MOST_FIELDS_TOLD: usize = 100;
/// Lines of one document, and characters of a path or of the name of a file.
const MOST_LINES: usize = 10_000;
const LONGEST_PATH: usize = 255;

pub(crate) fn read_work_order_question(request: v1::GetWorkOrderRequest) -> Result<WorkOrderQuestion> {
    let v1::GetWorkOrderRequest { customer_id, work_order_id, version, known_time, as_of_time } = request;
    let mut read = Reader::default();
    let question = WorkOrderQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        work_order_id: read.required_id("work_order_id", work_order_id),
        version: read_number(&mut read, "version", version),
        known_time: read.timestamp("known_time", known_time),
        as_of_time: read.timestamp("as_of_time", as_of_time),
    };
    if question.version.is_some() && (question.known_time.is_some() || question.as_of_time.is_some()) {
        let message = "a number selects one version; leave out `known_time` and `as_of_time`, or `version`";
        read.refuse("version", reason::FIELD_CONFLICT, message);
    }
    read.finish(question)
}

/// The customer, the order and the page.
pub(crate) fn read_versions(request: v1::ListWorkOrderVersionsRequest) -> Result<(String, String, Page)> {
    let v1::ListWorkOrderVersionsRequest { customer_id, work_order_id, page_size, page_token } = request;
    let mut read = Reader::default();
    let customer_id = read.required_id("customer_id", customer_id);
    let work_order_id = read.required_id("work_order_id", work_order_id);
    let page = read_page(&mut read, page_size, page_token);
    read.finish((customer_id, work_order_id, page))
}

/// The customer, the order, and the numbers of the older and the newer version.
pub(crate) fn read_diff(
    request: v1::DiffWorkOrderVersionsRequest,
) -> Result<(String, String, Option<i64>, Option<i64>)> {
    let v1::DiffWorkOrderVersionsRequest { customer_id, work_order_id, old_version, new_version } = request;
    let mut read = Reader::default();
    let customer_id = read.required_id("customer_id", customer_id);
    let work_order_id = read.required_id("work_order_id", work_order_id);
    let old = read_number(&mut read, "old_version", old_version);
    let new = read_number(&mut read, "new_version", new_version);
    read.finish((customer_id, work_order_id, old, new))
}

fn read_number(read: &mut Reader, field: &str, version: Option<i64>) -> Option<i64> {
    if version.is_some_and(|version| version < 1) {
        read.refuse(field, reason::FIELD_OUT_OF_RANGE, "versions are numbered from 1");
    }
    version
}

pub(crate) fn read_provenance(read: &mut Reader, provenance: Option<v1::Provenance>) -> Option<Provenance> {
    let v1::Provenance { file, lines } = provenance?;
    let file = read.optional_text("provenance.file", Some(file));
    if file.is_none() {
        read.refuse(
            "provenance.file",
            reason::FIELD_REQUIRED,
            "is required; leave `provenance` out where nothing is known",
        );
    }
    if file.as_ref().is_some_and(|file| file.chars().count() > LONGEST_PATH) {
        read.refuse("provenance.file", reason::FIELD_OUT_OF_RANGE, format!("is longer than {LONGEST_PATH} characters"));
    }
    let is_wrong = |(path, line): (&String, &i32)| path.chars().count() > LONGEST_PATH || *line < 1;
    if lines.len() > MOST_LINES || lines.iter().any(is_wrong) {
        let message = format!("at most {MOST_LINES} paths of at most {LONGEST_PATH} characters, with lines from 1 on");
        read.refuse("provenance.lines", reason::FIELD_OUT_OF_RANGE, message);
    }
    Some(Provenance { file: file?, lines: lines.into_iter().collect() })
}

pub(crate) fn write_version(version: &StoredVersion, changes: &[Difference]) -> v1::WorkOrderVersion {
    let StoredVersion { order, info, request_id, provenance, bytes: _ } = version;
    let omitted = changes.len().saturating_sub(MOST_FIELDS_TOLD);
    v1::WorkOrderVersion {
        work_order: Some(write_work_order(order, Some(info))),
        request_id: request_id.clone(),
        changes: changes.iter().take(MOST_FIELDS_TOLD).map(write_field_change).collect(),
        omitted_changes: i32::try_from(omitted).unwrap_or(i32::MAX),
        provenance: provenance.as_ref().map(write_provenance),
    }
}

pub(crate) fn write_diff(difference: &VersionDifference) -> v1::DiffWorkOrderVersionsResponse {
    let VersionDifference { old_version, new_version, changes } = difference;
    v1::DiffWorkOrderVersionsResponse {
        old_version: *old_version,
        new_version: *new_version,
        changes: changes.iter().map(write_field_change).collect(),
    }
}

pub(crate) fn write_field_change(difference: &Difference) -> v1::FieldChange {
    let Difference { field, stored, sent } = difference;
    v1::FieldChange { field: field.clone(), old_value: stored.clone(), new_value: sent.clone() }
}

fn write_provenance(provenance: &Provenance) -> v1::Provenance {
    let Provenance { file, lines } = provenance;
    let lines = lines.iter().map(|(path, line)| (path.clone(), *line)).collect();
    v1::Provenance { file: file.clone(), lines }
}

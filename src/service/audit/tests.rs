use super::*;

/// What this version keeps; every later version has to read it.
#[test]
fn what_is_kept_stays_readable() {
    for text in [
        "{}",
        r#"{"blocks":[{"id":"01890a5d-ac96-774b-bcce-b302099a8059","unit":"MINUTES",
            "before":{"granted":600,"used":0,"reserved":0},"after":{"granted":600,"used":60,"reserved":0}}]}"#,
        r#"{"documents":[{"resource":"customer","id":"contoso","version_before":1,"version_after":2,"fields":[
            {"field":"customer.display_name","old":"Contoso","new":"Contoso plc"}],"omitted":3},
            {"resource":"work_order","id":"wo-1","version_before":0,"version_after":1}]}"#,
    ] {
        let text: String = text.lines().map(str::trim_start).collect();
        let effects: Effects = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&effects).unwrap(), text);
    }
}

fn stored(method: &str, outcome: &str) -> crate::store::StoredAudit {
    crate::store::StoredAudit {
        customer_id: "contoso".to_owned(),
        request_id: "r1".to_owned(),
        record_time: DateTime::UNIX_EPOCH,
        method: method.to_owned(),
        outcome: outcome.to_owned(),
        actor: None,
        peer_address: None,
        user_agent: None,
        work_order_ids: None,
        content: None,
    }
}

#[test]
fn an_older_record_is_told_as_far_as_its_outcome_tells() {
    let ledger = r#"{"revision":7,"record_time":"2026-03-02T09:00:00.000001Z",
        "entry_ids":["01890a5d-ac96-774b-bcce-b302099a8057"],"reservation":{"id":"01890a5d-ac96-774b-bcce-b302099a8058",
        "state":"OPEN"},"balances":[{"id":"01890a5d-ac96-774b-bcce-b302099a8059","work_order_id":"wo-1",
        "item_id":"hours","unit":"MINUTES","contracted":600,"granted":600,"used":30,"reserved":60,"sequence":3}]}"#;
    let record = record_of(stored("ReserveUnits", ledger)).unwrap();
    assert_eq!((record.revision, record.work_order_ids, record.entry_ids.len()), (7, vec!["wo-1".to_owned()], 1));
    let after = Totals { granted: 600, used: 30, reserved: 60 };
    assert_eq!((record.blocks[0].before, record.blocks[0].after), (None, after));
    assert!(record.reservation_id.is_some() && record.actor.is_empty());

    let contract = r#"{"revision":3,"contract_version":3,"changes":[{"kind":"updated","resource":"customer",
        "id":"contoso","fields":["customer.display_name"]},{"kind":"added","resource":"work_order",
        "id":"wo-1","fields":[]}],"customer_info":null,"order_info":null}"#;
    let record = record_of(stored("ApplyContract", contract)).unwrap();
    assert_eq!((record.work_order_ids, record.documents.len()), (vec!["wo-1".to_owned()], 2));
    assert_eq!(record.documents[0].fields[0].field, "customer.display_name");
    assert!(record_of(stored("ApplyContract", "{")).is_err());
}

//! Many checks in one call.

use std::collections::BTreeSet;

use entitled::proto::v1;
use prost::Message as _;
use tonic::{Code, Request};
use tonic_types::pb;

use super::{batch, checks_of_all_kinds, results};
use crate::sample::{DUBLIN, LONDON, Refusal, check, fully_consistent, refused, stored};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    a_batch_answers_as_single_checks_do,
    a_full_batch_is_answered,
    a_batch_that_is_too_large_for_a_client_says_how_much_fits,
    a_batch_is_judged_at_one_instant_and_revision,
    each_refused_check_of_a_batch_tells_the_id_of_the_call,
);

async fn a_batch_answers_as_single_checks_do(server: &TestServer) {
    stored(server, "contoso").await;
    stored(server, "fabrikam").await;
    let checks = checks_of_all_kinds();
    let answers = results(server, batch(checks.clone())).await;
    assert_eq!(answers.len(), checks.len());
    let mut refused = 0;
    for (check, answer) in checks.into_iter().zip(answers) {
        match (server.entitlements().check_entitlement(check.clone()).await, answer) {
            (Ok(single), v1::batch_check_result::Result::Response(one)) => {
                assert_eq!(one, single.into_inner(), "{check:?}")
            }
            (Err(single), v1::batch_check_result::Result::Status(one)) => {
                refused += 1;
                let single_message = pb::Status::decode(single.details()).unwrap();
                assert_eq!(sorted(one), sorted(single_message), "{check:?}");
                Refusal::of(&single);
            }
            (single, one) => panic!("{check:?}: alone {single:?}, in a batch {one:?}"),
        }
    }
    assert_eq!(refused, 8);
}

/// Metadata is a map, and has no order on the wire. The id of the call is that of the call alone.
fn sorted(status: pb::Status) -> (i32, String, Vec<(String, Vec<u8>)>) {
    let details = status.details.into_iter().map(|detail| {
        let mut bytes = detail.value;
        if detail.type_url.ends_with("google.rpc.ErrorInfo") {
            let mut info = pb::ErrorInfo::decode(bytes.as_slice()).unwrap();
            info.metadata.remove("x_request_id");
            bytes = info.encode_to_vec();
        }
        bytes.sort_unstable();
        (detail.type_url, bytes)
    });
    (status.code, status.message, details.collect())
}

async fn a_full_batch_is_answered(server: &TestServer) {
    stored(server, "contoso").await;
    let locations = [LONDON, DUBLIN];
    let checks: Vec<_> = (0..1_000)
        .map(|row| v1::CheckEntitlementRequest {
            location_id: locations[row % 2].to_owned(),
            tenant_id: Some(format!("row-{row}")),
            ..check("contoso")
        })
        .collect();
    // In the full view fewer fit into an answer.
    let in_full = v1::BatchCheckEntitlementsRequest { view: v1::View::Full.into(), ..batch(checks[..500].to_vec()) };
    let answers_in_full = results(server, in_full).await;
    let answers = results(server, batch(checks)).await;
    let mut ids = BTreeSet::new();
    for (row, answer) in answers.iter().enumerate() {
        let v1::batch_check_result::Result::Response(answer) = answer else { panic!("row {row}: {answer:?}") };
        let wanted = [v1::Decision::NotEntitled, v1::Decision::Entitled][row % 2];
        assert_eq!(answer.decision(), wanted, "row {row}");
        ids.insert(&answer.decision_id);
    }
    assert_eq!(ids.len(), 1_000);
    for answer in &answers_in_full {
        let v1::batch_check_result::Result::Response(answer) = answer else { panic!("{answer:?}") };
        assert!(ids.contains(&answer.decision_id), "a view decides nothing");
    }
    // As many customers nobody knows.
    let checks = (0..1_000).map(|row| check(&format!("nobody-{row}"))).collect();
    for (row, answer) in results(server, batch(checks)).await.into_iter().enumerate() {
        let v1::batch_check_result::Result::Status(status) = answer else { panic!("row {row}: {answer:?}") };
        assert_eq!(status.code, i32::from(Code::NotFound));
        assert!(status.message.contains(&format!("`nobody-{row}`")), "{status:?}");
    }
}

async fn each_refused_check_of_a_batch_tells_the_id_of_the_call(server: &TestServer) {
    stored(server, "contoso").await;
    stored(server, "fabrikam").await;
    for given in [Some("case-4711"), None] {
        let mut request = Request::new(batch(checks_of_all_kinds()));
        if let Some(id) = given {
            request.metadata_mut().insert("x-request-id", id.parse().unwrap());
        }
        let answer = server.entitlements().batch_check_entitlements(request).await.unwrap();
        let id = answer.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned();
        assert!(given.is_none_or(|given| id == given), "{id}");
        let results = answer.into_inner().results.into_iter().map(|result| result.result.unwrap());
        let refused = results.filter_map(|result| match result {
            v1::batch_check_result::Result::Status(status) => Some(status),
            v1::batch_check_result::Result::Response(_) => None,
        });
        let refused: Vec<_> = refused.collect();
        assert_eq!(refused.len(), 8);
        for status in refused {
            let any = status.details.iter().find(|any| any.type_url.ends_with("google.rpc.ErrorInfo")).unwrap();
            let info = pb::ErrorInfo::decode(any.value.as_slice()).unwrap();
            assert_eq!(info.metadata.get("x_request_id"), Some(&id), "{status:?}");
        }
    }
}

async fn a_batch_is_judged_at_one_instant_and_revision(server: &TestServer) {
    let revisions = [stored(server, "contoso").await, stored(server, "fabrikam").await];
    let now = |customer_id: &str| v1::CheckEntitlementRequest { check_time: None, ..check(customer_id) };
    let checks: Vec<_> = (0..40).map(|row| now(["contoso", "fabrikam"][row % 2])).collect();
    let bounds = [
        (revisions.to_vec(), None),
        (vec![revisions[1].clone()], None),
        (Vec::new(), fully_consistent()),
        (Vec::new(), None),
    ];
    for (at_least_revisions, consistency) in bounds {
        let request = v1::BatchCheckEntitlementsRequest { at_least_revisions, consistency, ..batch(checks.clone()) };
        let mut instants = Vec::new();
        for (row, answer) in results(server, request).await.into_iter().enumerate() {
            let v1::batch_check_result::Result::Response(answer) = answer else { panic!("{answer:?}") };
            assert_eq!(answer.revision, revisions[row % 2]);
            instants.push(answer.check_time.unwrap());
        }
        assert!(instants.windows(2).all(|pair| pair[0] == pair[1]), "{instants:?}");
    }
}

async fn a_batch_that_is_too_large_for_a_client_says_how_much_fits(server: &TestServer) {
    stored(server, "contoso").await;
    // In the full view a service that was not bought has many notes.
    let one = v1::CheckEntitlementRequest {
        service_id: "cybersecurity-incident-response".to_owned(),
        severity: v1::Severity::A.into(),
        locale: Some("id".to_owned()),
        ..check("contoso")
    };
    let ask = |count: usize| v1::BatchCheckEntitlementsRequest {
        view: v1::View::Full.into(),
        ..batch(vec![one.clone(); count])
    };
    let refusal = refused(server.entitlements().batch_check_entitlements(ask(1_000)).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::ResourceExhausted, "ANSWER_TOO_LARGE"), "{refusal:?}");
    assert!(!refusal.has_retry_info, "to repeat it does not help");
    let fitting: usize = refusal.metadata("fitting").unwrap().parse().unwrap();
    assert!((100..1_000).contains(&fitting), "{refusal:?}");
    let answer = server.entitlements().batch_check_entitlements(ask(fitting)).await.unwrap().into_inner();
    assert_eq!(answer.results.len(), fitting);
    assert!(answer.encoded_len() <= 4 << 20, "{} bytes", answer.encoded_len());
    assert!(server.entitlements().batch_check_entitlements(ask(fitting + 1)).await.is_err());
}

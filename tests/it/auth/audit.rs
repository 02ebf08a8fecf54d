//! Whom the audit names, and who may read it.

use std::process::Command;

use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::service::Role;
use serde_json::Value;
use tonic::{Code, Request};

use super::requests::document;
use super::{Bearer, Guarded};
use crate::sample::{mistake, refused};
use crate::server::BOTH;

#[tokio::test]
async fn a_record_names_who_wrote_and_is_read_by_those_who_may_see_the_customer() {
    let all: &[&str] = &["*"];
    let admin: &[Role] = &[Role::ContractAdmin, Role::Delegate];
    let rows = [("portal", admin, all), ("ada", admin, &["contoso"][..]), ("eve", &[Role::Operator][..], all)];
    for backend in BOTH {
        let (guarded, tokens) = Guarded::start(backend, &rows).await;
        let channel = || guarded.server.channel.clone();
        let [mut portal, mut ada, mut eve] =
            [0, 1, 2].map(|row| ContractServiceClient::with_interceptor(channel(), Bearer::new(&tokens[row])));
        let mut for_bob = Request::new(document("fabrikam"));
        for_bob.metadata_mut().insert("x-entitled-on-behalf-of", "bob".parse().unwrap());
        portal.apply_contract(for_bob).await.unwrap();
        ada.apply_contract(document("contoso")).await.unwrap();
        portal.apply_contract(document("contoso2")).await.unwrap();

        let of =
            |customer_id: &str| v1::ListAuditRecordsRequest { customer_id: customer_id.into(), ..Default::default() };
        let by = |actor: &str| v1::ListAuditRecordsRequest { actor: actor.into(), ..Default::default() };
        for (asked, expected) in [
            (by("portal"), vec![("contoso2", "portal"), ("fabrikam", "portal for bob")]),
            (by("portal for bob"), vec![("fabrikam", "portal for bob")]),
            (by("bob"), vec![]),
            (of("contoso"), vec![("contoso", "ada")]),
        ] {
            let found = portal.list_audit_records(asked).await.unwrap().into_inner().audit_records;
            let found: Vec<_> = found.iter().map(|it| (it.customer_id.as_str(), it.actor.as_str())).collect();
            assert_eq!(found, expected);
        }
        assert_eq!(ada.list_audit_records(of("contoso")).await.unwrap().into_inner().audit_records.len(), 1);
        let denied = refused(ada.list_audit_records(of("fabrikam")).await);
        assert_eq!((denied.code, denied.reason.as_str()), (Code::PermissionDenied, "CUSTOMER_NOT_ALLOWED"));
        assert_eq!(mistake(ada.list_audit_records(by("portal")).await), "customer_id FIELD_REQUIRED");
        let denied = refused(eve.list_audit_records(of("contoso")).await);
        assert_eq!((denied.code, denied.reason.as_str()), (Code::PermissionDenied, "PERMISSION_MISSING"));

        let address = guarded.server.address.to_string();
        let token = tokens[0].clone();
        let audit = move |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
            command.args(["audit", "--address", &address]).args(arguments).env("ENTITLED_TOKEN", &token);
            command.output().unwrap()
        };
        let told = tokio::task::spawn_blocking(move || {
            let json = audit(&["--actor", "portal", "--limit", "1", "--output", "json"]);
            let table = audit(&["--customer", "fabrikam", "--order", "wo-1", "--output", "table"]);
            (json, table, audit(&["--customer", "contoso", "--action", "Apply"]), audit(&[]))
        });
        let (json, table, misspelt, every) = told.await.unwrap();
        let answer: Value = serde_json::from_slice(&json.stdout).unwrap_or_else(|_| panic!("{json:?}"));
        assert_eq!(answer["audit_records"][0]["customer_id"], "contoso2");
        assert!(answer["audit_records"].as_array().unwrap().len() == 1 && answer["next_page_token"] != "", "{answer}");
        let text = String::from_utf8(table.stdout).unwrap();
        for part in ["portal for bob", "ApplyContract", "wo-1", "version 1", "127.0.0.1:"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert_eq!((misspelt.status.code(), every.status.code()), (Some(5), Some(0)), "{misspelt:?}");
        let every = String::from_utf8(every.stdout).unwrap();
        assert!(["contoso/", "contoso2/", "fabrikam/"].iter().all(|customer| every.contains(customer)), "{every}");
        assert!(String::from_utf8(misspelt.stderr).unwrap().contains("ApplyContract"));
        guarded.server.stop().await;
    }
}

//! The clients against a server that answers from a script.

use std::sync::{Arc, Mutex};

use clap::CommandFactory;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::client::{Client, pages};
use super::import::{self, SourceFile};
use super::places::Places;
use super::render::{changes, decision, list, status};
use super::screen::Screen;
use super::*;
use crate::proto::v1::contract_service_server::{ContractService, ContractServiceServer};
use crate::proto::v1::entitlement_service_server::{EntitlementService, EntitlementServiceServer};
use crate::proto::v1::*;

/// Remembers what it was asked, and says what it was told to.
#[derive(Debug, Clone, Default)]
struct Script {
    asked: Arc<Mutex<Vec<(String, ApplyContractRequest)>>>,
    refusal: Arc<Mutex<Option<Status>>>,
}

#[tonic::async_trait]
impl ContractService for Script {
    async fn apply_contract(
        &self,
        request: Request<ApplyContractRequest>,
    ) -> Result<Response<ApplyContractResponse>, Status> {
        let bearer = request.metadata().get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
        assert!(request.metadata().contains_key("grpc-timeout"));
        let request = request.into_inner();
        self.asked.lock().unwrap().push((bearer, request.clone()));
        if let Some(refusal) = self.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        let change = |kind: ChangeKind, resource_type: ResourceType, id: &str| Change {
            kind: kind.into(),
            resource_type: resource_type.into(),
            id: id.to_owned(),
            fields: Vec::new(),
        };
        let customer_id = request.customer.unwrap().customer_id;
        let mut changes = vec![change(ChangeKind::Unchanged, ResourceType::Customer, &customer_id)];
        let orders = request.work_orders.iter().map(|order| &order.work_order_id);
        changes.extend(orders.map(|id| change(ChangeKind::Added, ResourceType::WorkOrder, id)));
        Ok(Response::new(ApplyContractResponse {
            changes,
            revision: "r1".to_owned(),
            etag: "e1".to_owned(),
            ..Default::default()
        }))
    }

    async fn create_customer(
        &self,
        _: Request<CreateCustomerRequest>,
    ) -> Result<Response<CreateCustomerResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn get_customer(&self, _: Request<GetCustomerRequest>) -> Result<Response<GetCustomerResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn list_customers(
        &self,
        _: Request<ListCustomersRequest>,
    ) -> Result<Response<ListCustomersResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn update_customer(
        &self,
        _: Request<UpdateCustomerRequest>,
    ) -> Result<Response<UpdateCustomerResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn create_work_order(
        &self,
        _: Request<CreateWorkOrderRequest>,
    ) -> Result<Response<CreateWorkOrderResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn get_work_order(&self, _: Request<GetWorkOrderRequest>) -> Result<Response<GetWorkOrderResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn list_work_orders(
        &self,
        _: Request<ListWorkOrdersRequest>,
    ) -> Result<Response<ListWorkOrdersResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn list_work_order_versions(
        &self,
        _: Request<ListWorkOrderVersionsRequest>,
    ) -> Result<Response<ListWorkOrderVersionsResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn diff_work_order_versions(
        &self,
        _: Request<DiffWorkOrderVersionsRequest>,
    ) -> Result<Response<DiffWorkOrderVersionsResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn amend_work_order(
        &self,
        _: Request<AmendWorkOrderRequest>,
    ) -> Result<Response<AmendWorkOrderResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn renew_work_order(
        &self,
        _: Request<RenewWorkOrderRequest>,
    ) -> Result<Response<RenewWorkOrderResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn suspend_work_order(
        &self,
        _: Request<SuspendWorkOrderRequest>,
    ) -> Result<Response<SuspendWorkOrderResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn resume_work_order(
        &self,
        _: Request<ResumeWorkOrderRequest>,
    ) -> Result<Response<ResumeWorkOrderResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn terminate_work_order(
        &self,
        _: Request<TerminateWorkOrderRequest>,
    ) -> Result<Response<TerminateWorkOrderResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn record_waiver(&self, _: Request<RecordWaiverRequest>) -> Result<Response<RecordWaiverResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn revoke_waiver(&self, _: Request<RevokeWaiverRequest>) -> Result<Response<RevokeWaiverResponse>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn list_audit_records(
        &self,
        _: Request<ListAuditRecordsRequest>,
    ) -> Result<Response<ListAuditRecordsResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[tonic::async_trait]
impl EntitlementService for Script {
    async fn check_entitlement(
        &self,
        request: Request<CheckEntitlementRequest>,
    ) -> Result<Response<CheckEntitlementResponse>, Status> {
        let asked = request.into_inner().customer_id;
        let details = ErrorDetails::with_error_info(
            "CUSTOMER_NOT_FOUND",
            "entitled.v1",
            [("customer_id".to_owned(), asked.clone()), ("nearest".to_owned(), "contoso".to_owned())],
        );
        Err(Status::with_error_details(Code::NotFound, format!("customer `{asked}` does not exist"), details))
    }

    async fn batch_check_entitlements(
        &self,
        _: Request<BatchCheckEntitlementsRequest>,
    ) -> Result<Response<BatchCheckEntitlementsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    /// Three pages of one row.
    async fn list_entitlements(
        &self,
        request: Request<ListEntitlementsRequest>,
    ) -> Result<Response<ListEntitlementsResponse>, Status> {
        let page: u32 = request.into_inner().page_token.parse().unwrap_or(0);
        let row = Entitlement {
            location_id: "gb-london".to_owned(),
            service_id: format!("service-{page}"),
            decision: Decision::Entitled.into(),
            ..Entitlement::default()
        };
        let next_page_token = if page < 2 { page.saturating_add(1).to_string() } else { String::new() };
        Ok(Response::new(ListEntitlementsResponse { entitlements: vec![row], next_page_token, ..Default::default() }))
    }

    async fn get_response_target(
        &self,
        _: Request<GetResponseTargetRequest>,
    ) -> Result<Response<GetResponseTargetResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

/// The script behind a port, and its address.
async fn serve(script: &Script) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = Server::builder()
        .add_service(ContractServiceServer::new(script.clone()))
        .add_service(EntitlementServiceServer::new(script.clone()));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

fn at(address: &str) -> ServerFlags {
    ServerFlags { address: address.to_owned(), ..ServerFlags::default() }
}

fn signed(address: &str, token: &str) -> ServerFlags {
    ServerFlags { token: Some(token.to_owned()), ..at(address) }
}

const DOCUMENT: &str = "customer:\n  customer_id: contoso\nwork_orders:\n  - work_order_id: wo-1\n    items:\n      \
                        - item_id: ede\n        quantity: 400h\n";

#[test]
fn the_flags_are_consistent() {
    Cli::command().debug_assert();
}

#[tokio::test]
async fn an_import_signs_in_and_names_its_write() {
    let script = Script::default();
    let connection = Client::open(&signed(&serve(&script).await, "s3cret")).await.unwrap();
    let source = SourceFile::read("contoso.yaml", DOCUMENT).unwrap();
    let answer = import::send(&connection, &source, true).await.unwrap();
    import::send(&connection, &source, false).await.unwrap();

    let asked = script.asked.lock().unwrap().clone();
    let [(bearer, first), (_, second)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(bearer, "Bearer s3cret");
    assert!(first.validate_only && !second.validate_only);
    let ids = [first, second].map(|request| uuid::Uuid::parse_str(&request.request_id).unwrap());
    assert_eq!(ids.map(|id| id.get_version_num()), [7, 7]);
    assert_ne!(ids[0], ids[1]);
    assert_eq!(
        changes::text("contoso.yaml", &answer, &Default::default(), false, &Default::default(), &Screen::plain(80)),
        "contoso.yaml\n  = customer contoso\n  + work order wo-1\n  revision r1"
    );
}

#[tokio::test]
async fn a_refusal_is_told_with_the_lines_of_the_document() {
    let mut details = ErrorDetails::with_error_info("MINIMUM_ENGAGEMENT", "entitled.v1", []);
    details.add_bad_request_violation("work_orders[0].items[0].quantity.amount", "at least 40 hours");
    details.add_bad_request_violation("customer.display_name", "it is required");
    let script = Script::default();
    *script.refusal.lock().unwrap() =
        Some(Status::with_error_details(Code::FailedPrecondition, "the document is refused", details));
    let connection = Client::open(&at(&serve(&script).await)).await.unwrap();
    let source = SourceFile::read("contoso.yaml", DOCUMENT).unwrap();
    let refusal = import::send(&connection, &source, false).await.unwrap_err();
    let text = status::text(&refusal, &Screen::plain(100), |field| source.document.line_of(field));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines[0], "error: FAILED_PRECONDITION MINIMUM_ENGAGEMENT");
    assert_eq!(lines[1], "the document is refused");
    assert!(lines.contains(&"1   customer.display_name                     it is required"), "{text}");
    assert!(lines.contains(&"7   work_orders[0].items[0].quantity.amount   at least 40 hours"), "{text}");
}

#[tokio::test]
async fn an_unknown_name_is_told_with_the_one_that_was_meant() {
    let connection = Client::open(&at(&serve(&Script::default()).await)).await.unwrap();
    let request = CheckEntitlementRequest { customer_id: "contosso".to_owned(), ..Default::default() };
    let refusal = connection.entitlements().check_entitlement(request).await.unwrap_err();
    let text = Failure::from(refusal).text(&Screen::plain(80));
    assert!(text.starts_with("error: NOT_FOUND CUSTOMER_NOT_FOUND\n  customer `contosso` does not exist\n"), "{text}");
    assert!(text.ends_with("  did you mean `contoso`?"), "{text}");
}

#[tokio::test]
async fn no_control_of_a_refusal_reaches_the_terminal() {
    let evil = "\u{1b}]0;OWNED\u{7}\u{1b}[2J\u{9b}31m\u{202e}\nFORGED";
    let mut details = ErrorDetails::with_error_info(evil, "entitled.v1", [(evil.to_owned(), evil.to_owned())]);
    details.add_bad_request_violation(evil, evil);
    let hint = ErrorDetails::with_error_info("X", "entitled.v1", [("nearest".to_owned(), evil.to_owned())]);
    for details in [details, hint] {
        let refusal = Status::with_error_details(Code::InvalidArgument, evil, details);
        let texts = [
            Failure::from(refusal.clone()),
            Failure::of_write(Status::unknown(evil), evil),
            Failure::Unreachable { address: evil.to_owned(), cause: evil.to_owned() },
            Failure::Tls { address: evil.to_owned(), cause: evil.to_owned() },
            Failure::Usage(evil.to_owned()),
            Failure::Other(evil.into()),
        ]
        .map(|failure| failure.text(&Screen::plain(80)));
        for text in texts {
            assert!(!text.contains(|letter: char| letter != '\n' && letter.is_control()), "{text:?}");
            assert!(!text.contains('\u{202e}') && text.contains("\\u{1b}]0;"), "{text:?}");
        }
        let text = Failure::from(refusal).text(&Screen::plain(80));
        assert!(!text.lines().any(|line| line.trim_start().starts_with("FORGED")), "{text}");
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page() {
    let connection = Client::open(&at(&serve(&Script::default()).await)).await.unwrap();
    let read = pages(|page_token| {
        let mut client = connection.entitlements();
        let request = ListEntitlementsRequest { page_token, ..Default::default() };
        async move {
            let page = client.list_entitlements(request).await?.into_inner();
            Ok((page.entitlements, page.next_page_token))
        }
    });
    let rows: Vec<Entitlement> = read.await.unwrap().into_iter().flatten().collect();
    assert_eq!(
        rows.iter().map(|row| row.service_id.as_str()).collect::<Vec<_>>(),
        ["service-0", "service-1", "service-2"]
    );
    let answer = ListEntitlementsResponse { entitlements: rows, ..Default::default() };
    let text = list::text(&answer, &Places::default(), &Screen::plain(80));
    assert_eq!(text.lines().last(), Some("3 entitled, 0 conditional, 0 not entitled at now"));

    let endless = pages(|_| async { Ok(((), "same".to_owned())) }).await;
    assert!(matches!(endless, Err(Failure::Other(_))));
}

#[tokio::test]
async fn where_nobody_answers_the_way_out_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let failure = Client::open(&at(&address)).await.unwrap_err();
    let text = failure.text(&Screen::plain(80));
    assert!(text.starts_with(&format!("error: no server answers at http://{address}: connection refused")), "{text}");
    assert!(text.contains("entitled serve --demo") && text.contains("--address"), "{text}");
    assert!(matches!(Client::open(&at("http://")).await, Err(Failure::Usage(_))));
    assert!(matches!(Client::open(&signed(&address, "a\nb")).await, Err(Failure::Usage(_))));
}

#[test]
fn only_a_clear_yes_is_success() {
    let statuses = [Decision::Entitled, Decision::NotEntitled, Decision::Conditional, Decision::Unspecified];
    assert_eq!(statuses.map(decision::exit_status), [0, 3, 4, 1]);
}

use super::*;
use crate::cli::acts::command::EXCEPTIONS;
use crate::cli::values::time;
use crate::proto::v1::{Delivery, Item, Quantity, Reason, Remedy, RemedyKind, ServiceClause, Unit, WorkOrderState};

/// Of which nothing could be read.
fn acts() -> Acts {
    let request = CheckEntitlementRequest { customer_id: "c".to_owned(), ..Default::default() };
    Acts { request, ..Acts::default() }
}

#[test]
fn a_remedy_that_is_an_act_has_its_command() {
    let told = |kind: RemedyKind, order: &str, item: &str, field: &str, value: &str| {
        let remedy = Remedy {
            kind: kind.into(),
            work_order_id: order.to_owned(),
            item_id: item.to_owned(),
            field: field.to_owned(),
            value: value.to_owned(),
            ..Remedy::default()
        };
        let metadata = [("unit", "MINUTES"), ("base_work_order_id", "wo-0")];
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        acts().command(&Reason { remedy: Some(remedy), metadata, ..Reason::default() })
    };
    let amend = "entitled orders amend wo-1 --customer c";
    let covered = told(RemedyKind::AddProduct, "wo-1", "", "work_order.covered_products", "azure/*");
    assert_eq!(covered.unwrap(), format!("{amend} --add-product 'azure/*'"));
    let of_item = told(RemedyKind::AddProduct, "wo-1", "ede", "work_order.items.product_ids", "azure, power-bi");
    assert_eq!(of_item.unwrap(), format!("{amend} --item ede --add-product azure"));
    let lifted = told(RemedyKind::AddProduct, "wo-1", "", EXCEPTIONS, "azure/*");
    assert_eq!(lifted.unwrap(), format!("{amend} --remove-exception 'azure/*'"));
    let place = told(RemedyKind::DesignateLocation, "wo-1", "", "work_order.downstream_location_ids", "kl");
    assert_eq!(place.unwrap(), format!("{amend} --add-location kl"));
    let hours = told(RemedyKind::AddQuantity, "wo-1", "ede", "work_order.items.quantity", "90");
    assert_eq!(hours.unwrap(), format!("{amend} --item ede --add-quantity 90m"));
    let waiver = told(RemedyKind::RecordWaiver, "wo-1", "ede", "work_order.items.waivers", "ONSITE_NOT_INCLUDED");
    assert!(waiver.unwrap().contains("--work-order wo-1 --item ede --code ONSITE_NOT_INCLUDED"));
    let renew = told(RemedyKind::Renew, "wo-1", "", "work_order.end_date", "");
    assert_eq!(renew.unwrap(), "entitled orders renew wo-1 --customer c --as NEW-ID");
    let in_state = |state: &str| {
        let remedy = Remedy {
            kind: RemedyKind::Renew.into(),
            work_order_id: "wo-1".to_owned(),
            field: "work_order.state".to_owned(),
            value: "ACTIVE".to_owned(),
            ..Remedy::default()
        };
        let metadata = [("state".to_owned(), state.to_owned())].into();
        acts().command(&Reason { remedy: Some(remedy), metadata, ..Reason::default() })
    };
    assert_eq!(in_state("SUSPENDED").unwrap(), "entitled orders resume wo-1 --customer c");
    assert_eq!(in_state("DRAFT").unwrap(), format!("{amend} --set state=ACTIVE"));
    assert_eq!(in_state("TERMINATED"), None);
    let moved = told(RemedyKind::Renew, "wo-1", "ede", "work_order.items.end_date", "");
    assert_eq!(moved.unwrap(), format!("{amend} --item ede --set end_date=LAST-DAY"));
    let base = told(RemedyKind::Renew, "wo-0", "", "work_order.end_date", "");
    assert_eq!(base.unwrap(), "entitled orders amend wo-0 --customer c --set end_date=LAST-DAY");
    for (kind, order) in [(RemedyKind::Buy, "wo-1"), (RemedyKind::AddProduct, ""), (RemedyKind::ChangeRequest, "wo-1")]
    {
        assert_eq!(told(kind, order, "", "x", "y"), None);
    }
}

/// A question about a time, beside one order of the years 2026 and 2027.
fn of_time(at: &str, state: WorkOrderState) -> Acts {
    let at = Some(time(at).unwrap());
    let order = WorkOrder {
        work_order_id: "wo-1".to_owned(),
        start_date: "2026-01-01".to_owned(),
        end_date: "2027-12-31".to_owned(),
        state: state.into(),
        items: vec![Item {
            item_id: "cy".to_owned(),
            quantity: Some(Quantity { amount: 5, unit: Unit::Days.into() }),
            ..Item::default()
        }],
        ..WorkOrder::default()
    };
    let request = CheckEntitlementRequest { check_time: at, ..acts().request };
    let stand = Stand { from: at, order, ..Stand::default() };
    Acts { request, judged: at, asked: at, orders: [("wo-1".to_owned(), vec![stand])].into(), ..Acts::default() }
}

fn first(acts: &mut Acts) -> &mut Stand {
    acts.orders.get_mut("wo-1").unwrap().first_mut().unwrap()
}

fn remedied(kind: RemedyKind, item: &str, field: &str, value: &str) -> Reason {
    let remedy = Remedy {
        kind: kind.into(),
        work_order_id: "wo-1".to_owned(),
        item_id: item.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
        ..Remedy::default()
    };
    let metadata = [("unit", "MINUTES"), ("item_id", "cy")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Reason { remedy: Some(remedy), metadata: metadata.into(), ..Reason::default() }
}

#[test]
fn a_command_holds_from_the_time_that_is_asked_about() {
    use WorkOrderState::{Active, Draft, Suspended, Terminated};
    let product = remedied(RemedyKind::AddProduct, "", "work_order.covered_products", "azure");
    let from = |at: &str| of_time(at, Active).command(&product).unwrap();
    let amend = "entitled orders amend wo-1 --customer c";
    assert_eq!(
        from("2026-03-01T00:00:00.5Z"),
        format!("{amend} --add-product azure --effective 2026-03-01T00:00:00.500Z")
    );
    // Outside of its term an order is not changed.
    assert_eq!(from("2025-03-01T00:00:00Z"), format!("{amend} --add-product azure --effective 2026-01-01"));
    assert_eq!(from("2028-01-01T00:00:00Z"), format!("{amend} --add-product azure --effective 2027-12-31"));
    let in_force = |state| of_time("2026-03-01T00:00:00Z", state);
    let resumed = in_force(Suspended).command(&remedied(RemedyKind::Renew, "", "work_order.state", "ACTIVE"));
    assert_eq!(resumed.unwrap(), "entitled orders resume wo-1 --customer c --effective 2026-03-01T00:00:00Z");
    let ended = remedied(RemedyKind::Renew, "", "work_order.end_date", "");
    let draft = in_force(Draft).command(&ended).unwrap();
    assert!(draft.starts_with(&format!("{amend} --set state=ACTIVE --set end_date=LAST-DAY")), "{draft}");
    let renewed = |at: &str| of_time(at, Active).command(&ended).unwrap();
    let renew = "entitled orders renew wo-1 --customer c --as NEW-ID";
    assert_eq!(renewed("2028-01-01T00:00:00Z"), renew);
    assert_eq!(renewed("2029-12-31T23:59:59Z"), renew);
    assert_eq!(renewed("2030-01-01T00:00:00Z"), format!("{renew} --start 2030-01-01"));
    // When the work begins before.
    let mut sooner = of_time("2026-03-01T00:00:00Z", Active);
    sooner.request.check_time = None;
    assert_eq!(sooner.command(&product).unwrap(), format!("{amend} --add-product azure"));
    sooner.request.delivery = Some(Delivery::default());
    first(&mut sooner).from = Some(time("2026-02-01T00:00:00Z").unwrap());
    assert!(sooner.command(&product).unwrap().ends_with("--effective 2026-02-01T00:00:00Z"));
    // What is over changes no more.
    let mut over = in_force(Terminated);
    first(&mut over).order.terminate_time = Some(time("2026-03-01T00:00:00Z").unwrap());
    assert_eq!(over.command(&product), None);
    assert!(over.command(&ended).unwrap().starts_with(renew));
}

#[test]
fn more_is_told_in_the_unit_of_the_item() {
    let told = |item: &str, value: &str| {
        let more = remedied(RemedyKind::AddQuantity, item, "work_order.items.quantity", value);
        of_time("2026-03-01T00:00:00Z", WorkOrderState::Active).command(&more).unwrap()
    };
    assert!(told("cy", "2400").contains(" --item cy --add-quantity 5d "), "{}", told("cy", "2400"));
    assert!(told("cy", "90").contains(" --item cy --add-quantity 90m "), "{}", told("cy", "90"));
    assert!(told("", "480").contains(" --add-item NEW-ID --like cy --quantity 1d "), "{}", told("", "480"));
}

#[test]
fn a_further_item_names_what_its_service_asks_for() {
    let clauses = ["PRODUCTS_REQUIRED", "TIME_ZONE_REQUIRED", "TENANTS_REQUIRED", "EXHIBIT_REQUIRED", "OTHER"];
    let clauses = clauses.map(|code| ServiceClause { code: code.to_owned(), ..ServiceClause::default() });
    let service = Service { unit: Unit::Hours.into(), clauses: clauses.into(), ..Service::default() };
    let mut asked = of_time("2026-03-01T00:00:00Z", WorkOrderState::Active);
    asked.request.location_id = "nl".to_owned();
    asked.request.product_id = "azure".to_owned();
    asked.services.insert("ede".to_owned(), service);
    let bought = || remedied(RemedyKind::Buy, "", "work_order.items.service_id", "ede");
    assert_eq!(
        asked.command(&bought()).unwrap(),
        "entitled orders amend wo-1 --customer c --add-item NEW-ID --service ede --add-location nl --add-product azure \
         --set time_zone=UTC --set tenant_ids=TENANT --set exhibit=EXHIBIT --quantity QUANTITY \
         --effective 2026-03-01T00:00:00Z"
    );
    // Of what could not be read nothing more is told.
    asked.services.clear();
    assert!(asked.command(&bought()).unwrap().contains(" --add-location nl --effective "));
}

#[test]
fn beside_a_renewal_the_new_order_is_changed() {
    use WorkOrderState::{Active, Terminated};
    let product = remedied(RemedyKind::AddProduct, "cy", "work_order.items.product_ids", "azure");
    let waiver = remedied(RemedyKind::RecordWaiver, "cy", "work_order.items.waivers", "ONSITE_NOT_INCLUDED");
    let more = remedied(RemedyKind::AddQuantity, "cy", "work_order.items.quantity", "480");
    let mut ended = of_time("2028-03-01T00:00:00Z", Active);
    assert!(ended.command(&product).unwrap().starts_with("entitled orders amend wo-1 "));
    ended.renewed = ["wo-1".to_owned()].into();
    assert_eq!(
        ended.command(&product).unwrap(),
        "entitled orders amend NEW-ID --customer c --item cy --add-product azure --effective 2028-03-01T00:00:00Z"
    );
    assert!(ended.command(&waiver).unwrap().contains(" --work-order NEW-ID "));
    assert!(ended.command(&more).is_none() && ended.waits_for_renewal(&more));
    assert!(!ended.waits_for_renewal(&product));
    // Now there is no need to say from when on.
    ended.request.check_time = None;
    assert!(ended.command(&product).unwrap().ends_with(" --add-product azure"));
    let mut over = of_time("2026-03-01T00:00:00Z", Terminated);
    first(&mut over).order.terminate_time = Some(time("2026-03-01T00:00:00Z").unwrap());
    over.renewed = ["wo-1".to_owned()].into();
    assert!(over.command(&product).unwrap().starts_with("entitled orders amend NEW-ID "));
    // As long as it lasts, it is the order itself.
    let mut lasts = of_time("2026-03-01T00:00:00Z", Active);
    lasts.renewed = ["wo-1".to_owned()].into();
    assert!(lasts.command(&product).unwrap().starts_with("entitled orders amend wo-1 "));
}

#[test]
fn a_clause_is_lifted_from_when_on_it_fails() {
    let mut asked = of_time("2026-03-01T10:00:00Z", WorkOrderState::Active);
    asked.request.check_time = None;
    let product = remedied(RemedyKind::AddProduct, "", "work_order.covered_products", "azure");
    let from = Some(time("2026-03-01T12:00:00Z").unwrap());
    let order = first(&mut asked).order.clone();
    let failed = [failed(&product).unwrap()].into();
    asked.orders.get_mut("wo-1").unwrap().push(Stand { from, order, failed });
    let told = asked.command(&product).unwrap();
    assert!(told.ends_with(" --add-product azure --effective 2026-03-01T12:00:00Z"), "{told}");
    let other = remedied(RemedyKind::AddProduct, "", "work_order.covered_products_except", "azure");
    let other = Reason { code: "OTHER".to_owned(), ..other };
    assert!(asked.command(&other).unwrap().ends_with(" --remove-exception azure"));
}

//! What is shown of an order: as of the time that is asked for, with one total, and times by the clocks of its host.

use super::{asked, told};
use crate::server::{Backend, TestServer};

const BASE: &str = include_str!("printed/base.yaml");

async fn server(document: &str) -> TestServer {
    let server = TestServer::start(Backend::Sqlite).await;
    let file = server.directory().join("contract.yaml");
    std::fs::write(&file, document).unwrap();
    told(&server, &["import", file.to_str().unwrap()], 0).await;
    server
}

#[tokio::test]
async fn the_state_of_an_order_is_that_of_the_time_it_is_shown_for() {
    let server = server(BASE).await;
    let show = async |order: &str, time: &str| {
        let words = ["orders", "show", order, "--customer", "c1", "--as-of", time];
        told(&server, &words, 0).await[0].lines().next().unwrap().to_owned()
    };
    told(&server, &["orders", "terminate", "w1", "--customer", "c1", "--effective", "2027-07-01"], 0).await;
    for (order, time, state) in [
        ("w1", "2025-06-01", "NOT BEGUN  w1"),
        ("w1", "2026-06-01", "IN FORCE  w1"),
        ("w1", "2027-06-30", "IN FORCE  w1"),
        ("w1", "2027-07-01", "TERMINATED  w1"),
        ("w2", "2027-12-31", "IN FORCE  w2"),
        ("w2", "2028-01-01", "ENDED  w2"),
    ] {
        assert_eq!(show(order, time).await, state, "{time}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_order_has_one_total_wherever_it_is_told() {
    let paid = "      - {item_id: paid, service_id: proactive-credits, all_locations: true, quantity: 7 credits, \
                unit_price: 3.00, funding: FLEX_ALLOWANCE}\n      - {item_id: seats";
    let document = BASE.replace("quantity: 100h", "quantity: 90m").replacen("      - {item_id: seats", paid, 1);
    let server = server(&document).await;
    let of = ["--customer", "c1"];
    let [shown, _] = told(&server, &[&["orders", "show", "w1"], &of[..]].concat(), 0).await;
    assert!(shown.contains("465.00 EUR, and 2 items without a price"), "{shown}");
    let amend = ["orders", "amend", "w1", "--item", "ede", "--quantity", "12h30m", "--plan"];
    let plan = asked(&server, &[&amend[..], &of].concat(), &[("COLUMNS", "200")]).await;
    let plan = String::from_utf8(plan.stdout).unwrap();
    let row = plan.lines().skip_while(|line| !line.contains("Total of")).nth(2).unwrap_or_default();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>().join(" "), "w1 465.00 EUR 3,875.00 EUR 2 items", "{plan}");
    server.stop().await;
}

#[tokio::test]
async fn a_plan_tells_the_times_of_other_orders_by_their_clocks() {
    let server = server(BASE).await;
    let plan = ["orders", "suspend", "w1", "--customer", "c1", "--effective", "2027-02-01", "--plan"];
    let plan = asked(&server, &plan, &[("COLUMNS", "300")]).await;
    let plan = String::from_utf8(plan.stdout).unwrap();
    assert!(plan.contains("w2") && plan.contains("+01:00 Europe/Amsterdam"), "{plan}");
    assert!(!plan.contains("00:00Z"), "{plan}");
    server.stop().await;
}

//! The commands beside that of a renewal, and those of ids that begin as a flag does.

use super::super::{asked, told};
use super::{BASE, EDE, TERM, check, commands, filled};
use crate::server::{Backend, TestServer};

/// From the first to the last, as they are printed.
#[tokio::test]
async fn the_commands_beside_a_renewal_change_the_new_order() {
    let ended = (TERM, "start_date: 2025-01-01\n    end_date: 2025-12-31");
    let ede = ["--product", "sql-server", "--service", "enhanced-designated-engineering", "--location"];
    let server = TestServer::start(Backend::Sqlite).await;
    for (row, (location, before)) in
        [("nl", &[][..]), ("fr", &[]), ("nl", &["orders", "terminate", "w1", "--effective", "2025-06-30"])]
            .into_iter()
            .enumerate()
    {
        let customer = format!("c{row}");
        let document = BASE.replace("customer_id: c1", &format!("customer_id: {customer}")).replace(ended.0, ended.1);
        let file = server.directory().join("contract.yaml");
        std::fs::write(&file, document).unwrap();
        told(&server, &["import", file.to_str().unwrap()], 0).await;
        if !before.is_empty() {
            told(&server, &[before, &["--customer", customer.as_str()]].concat(), 0).await;
        }
        let question = [&ede[..], &[location]].concat();
        let (codes, printed) = check(&server, &customer, &question).await;
        assert!(printed.len() > 1, "{codes:?} {printed:?}");
        let acted: Vec<_> = printed.iter().map(|(code, _)| code.clone()).collect();
        for (code, command) in printed {
            let command = filled(&command, "2031-12-31");
            told(&server, &command.iter().map(String::as_str).collect::<Vec<_>>(), 0).await;
            let (left, _) = check(&server, &customer, &question).await;
            assert!(!left.contains(&code), "{left:?} after {command:?}");
        }
        let (left, _) = check(&server, &customer, &question).await;
        assert!(!left.iter().any(|code| acted.contains(code)), "{left:?} after {acted:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_customer_whose_id_begins_as_a_flag_does_has_commands_that_run() {
    let server = TestServer::start(Backend::Sqlite).await;
    let file = server.directory().join("contract.yaml");
    std::fs::write(&file, BASE.replace("customer_id: c1", "customer_id: -c")).unwrap();
    told(&server, &["import", file.to_str().unwrap()], 0).await;
    let words = [&["check", "--customer=-c"], &EDE[..], &["--quantity", "150h"]].concat();
    let table = String::from_utf8(asked(&server, &words, &[]).await.stdout).unwrap();
    let [(_, command)] = &commands(&table)[..] else { panic!("{table}") };
    told(&server, &command.iter().map(String::as_str).collect::<Vec<_>>(), 0).await;
    server.stop().await;
}

#[tokio::test]
async fn an_order_that_is_over_has_no_command_that_changes_it() {
    let server = TestServer::start(Backend::Sqlite).await;
    let file = server.directory().join("contract.yaml");
    std::fs::write(&file, BASE).unwrap();
    told(&server, &["import", file.to_str().unwrap()], 0).await;
    told(&server, &["orders", "terminate", "w1", "--customer", "c1", "--effective", "2026-06-30"], 0).await;
    let question = ["--product", "sql-server", "--service", "problem-resolution-support", "--location", "jp"];
    let (codes, printed) = check(&server, "c1", &question).await;
    assert!(codes.iter().any(|code| code == "WORK_ORDER_TERMINATED"), "{codes:?}");
    let changes_it = |words: &[String]| words[1] == "amend" && words[2] == "w1";
    assert!(!printed.iter().any(|(_, words)| changes_it(words)), "{printed:?}");
    // And what is renewed for a time that is over is told so.
    let [text, _] = told(
        &server,
        &["orders", "renew", "w1", "--customer", "c1", "--as", "w3", "--start", "2026-07-01", "--end", "2026-07-31"],
        0,
    )
    .await;
    assert!(text.contains("over already") && text.contains("2026-07-31"), "{text}");
    server.stop().await;
}

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::execute(manager, statements(manager.get_database_backend())).await
    }
}

/// Who wrote, from where, and what the write changed: beside the outcome that the row of each request has anyway. Null in
/// the rows of versions that did not record it. `work_order_ids` is a JSON array, `audit` a JSON object.
const COLUMNS: [&str; 5] = ["actor", "peer_address", "user_agent", "work_order_ids", "audit"];

/// What is only added to: the record of every write, and the versions of the documents.
const APPEND_ONLY: [&str; 3] = ["request", "customer_version", "work_order_version"];

/// The columns of the audit, the order in which it is read (of one customer, and of all), and triggers by which the
/// database itself refuses to change or to remove what was recorded.
fn statements(backend: DbBackend) -> Vec<String> {
    let columns = COLUMNS.iter().map(|column| format!("ALTER TABLE request ADD COLUMN {column} TEXT"));
    let indexes = [
        "CREATE INDEX IF NOT EXISTS request_of_customer ON request (customer_id, record_time, request_id)",
        "CREATE INDEX IF NOT EXISTS request_of_all ON request (record_time, customer_id, request_id)",
    ];
    let triggers = match backend {
        DbBackend::Postgres => on_postgres(),
        _ => on_sqlite(),
    };
    columns.chain(indexes.map(str::to_owned)).chain(triggers).collect()
}

/// By statement, so that one that meets no row is refused, too, and `TRUNCATE`.
fn on_postgres() -> Vec<String> {
    let function = "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$";
    let triggers = APPEND_ONLY.map(|table| {
        format!(
            "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    });
    std::iter::once(function.to_owned()).chain(triggers).collect()
}

fn on_sqlite() -> Vec<String> {
    let of = |table: &str, change: &str| {
        format!(
            "CREATE TRIGGER {table}_no_{} BEFORE {change} ON {table}
             BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END",
            change.to_lowercase()
        )
    };
    APPEND_ONLY.iter().flat_map(|table| [of(table, "UPDATE"), of(table, "DELETE")]).collect()
}

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

/// One text for both databases: ids compare by their bytes, instants are microseconds since
/// 1970, documents are JSON kept as the text it was written as.
fn statements(backend: DbBackend) -> [String; 5] {
    let (id, bigint, end) = match backend {
        DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT", ""),
        // Unless STRICT, a column of SQLite takes values of any type.
        _ => ("TEXT", "INTEGER", " STRICT"),
    };
    [
        // `contract_version` is the revision of the last change of a document; `changed_at` is
        // the database's own time of the last change of anything, which replicas poll.
        format!(
            "CREATE TABLE customer (
                customer_id {id} NOT NULL PRIMARY KEY CHECK (customer_id <> ''),
                revision {bigint} NOT NULL CHECK (revision >= 1),
                contract_version {bigint} NOT NULL CHECK (contract_version BETWEEN 1 AND revision),
                changed_at {bigint} NOT NULL
            ){end}"
        ),
        "CREATE INDEX customer_changed_at ON customer (changed_at)".to_owned(),
        format!(
            "CREATE TABLE customer_version (
                customer_id {id} NOT NULL REFERENCES customer (customer_id),
                version {bigint} NOT NULL CHECK (version >= 1),
                record_time {bigint} NOT NULL,
                actor TEXT NOT NULL,
                content TEXT NOT NULL,
                PRIMARY KEY (customer_id, version)
            ){end}"
        ),
        format!(
            "CREATE TABLE work_order_version (
                customer_id {id} NOT NULL REFERENCES customer (customer_id),
                work_order_id {id} NOT NULL CHECK (work_order_id <> ''),
                version {bigint} NOT NULL CHECK (version >= 1),
                record_time {bigint} NOT NULL,
                actor TEXT NOT NULL,
                content TEXT NOT NULL,
                PRIMARY KEY (customer_id, work_order_id, version)
            ){end}"
        ),
        format!(
            "CREATE TABLE request (
                customer_id {id} NOT NULL REFERENCES customer (customer_id),
                request_id {id} NOT NULL CHECK (request_id <> ''),
                method TEXT NOT NULL,
                content_hash TEXT NOT NULL,
                outcome TEXT NOT NULL,
                record_time {bigint} NOT NULL,
                PRIMARY KEY (customer_id, request_id)
            ){end}"
        ),
    ]
}

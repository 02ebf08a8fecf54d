use sea_orm_migration::prelude::*;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// What the contract had granted of a block by one of its entries is the sum of the grants up to it. There are few of
/// them: the index finds them without the other entries.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS entry_grants ON entry (customer_id, block_id, sequence, amount)
     WHERE kind = 'GRANT'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::execute(manager, [INDEX]).await
    }
}

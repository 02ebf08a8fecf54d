//! The epoch of the database: begun anew after a backup was restored.

use sea_orm::{ConnectionTrait as _, FromQueryResult, Statement};
use uuid::Uuid;

use super::Store;
use crate::error::{Error, Result};

/// One life of the database. What was told of a revision in one epoch says nothing in another.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Epoch {
    /// 1 until a backup was restored.
    pub number: i64,
    /// Random: two restores of one backup are two epochs.
    pub epoch_id: String,
}

impl Store {
    pub async fn epoch(&self) -> Result<Epoch> {
        let db = &self.pools.housekeeping;
        let query = Statement::from_string(db.get_database_backend(), "SELECT number, epoch_id FROM epoch");
        let epoch = self.read(Epoch::find_by_statement(query).one(db)).await?;
        epoch.ok_or_else(|| Error::internal("the table `epoch` has no row"))
    }

    /// Begins another epoch: for a database that was restored from a backup, while no server runs on it.
    pub async fn begin_epoch(&self) -> Result<Epoch> {
        let epoch_id = Uuid::new_v4().simple().to_string();
        let epoch_id = epoch_id.get(..EPOCH_ID).unwrap_or(&epoch_id);
        self.in_transaction(async |txn| {
            let sql = "UPDATE epoch SET number = number + 1, epoch_id = $1";
            let update = Statement::from_sql_and_values(txn.backend(), sql, [epoch_id.into()]);
            txn.run(txn.db().execute_raw(update)).await
        })
        .await?;
        self.epoch().await
    }
}

/// Hexadecimal digits of an id.
const EPOCH_ID: usize = 16;

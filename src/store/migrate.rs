//! The schema: which steps it has, and how the missing steps are applied.

use entitled_migrations::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr};

use super::transaction::begin;
use super::{Store, bounded, error};
use crate::error::Result;

/// The lock all migrations of one database take; any number nobody else there uses.
const LOCK_KEY: i64 = 0x656e_7469_746c_6564;

/// What the database has of the steps this version knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// Not applied yet: this version cannot serve.
    pub pending: Vec<String>,
    /// Applied by a newer version. By the rule for steps it left in place what this version uses.
    pub unknown: Vec<String>,
}

impl Store {
    /// Applies the pending steps, all or none of them, and returns their names. Migrations that
    /// run at once wait for each other.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        let _no_limit = self.sqlite.as_ref().map(|sqlite| sqlite.time_limit.lift());
        let db = bounded(self.patience, begin(&self.writer)).await?.map_err(error::from_db)?;
        match apply(&db).await {
            Ok(applied) => {
                db.commit().await.map_err(error::at_commit)?;
                Ok(applied)
            }
            Err(error) => {
                if let Err(second) = db.rollback().await {
                    tracing::error!(error = %second, "a rollback failed");
                }
                Err(error::from_db(error))
            }
        }
    }

    /// The names of the steps [`Store::migrate`] would apply; changes nothing.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        Ok(self.schema_state().await?.pending)
    }

    /// Compares the schema with what this version knows; changes nothing.
    pub async fn schema_state(&self) -> Result<SchemaState> {
        let applied = self.read(entitled_migrations::applied(&self.pools.housekeeping)).await?;
        let steps_of_program = entitled_migrations::names();
        Ok(SchemaState { pending: without(&steps_of_program, &applied), unknown: without(&applied, &steps_of_program) })
    }
}

async fn apply(db: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        // Another migration is waited for, and may take its time; the steps may as well. But a
        // step that waits for a lock makes all of the table's users wait behind it.
        db.execute_unprepared("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '5min'").await?;
        db.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK_KEY})")).await?;
        db.execute_unprepared("SET LOCAL lock_timeout = '5s'").await?;
    }
    let before = entitled_migrations::applied(db).await?;
    let steps_of_program = entitled_migrations::names();
    let pending = without(&steps_of_program, &before);
    // The migrator refuses steps it does not know, which a newer version may have left.
    if !pending.is_empty() {
        Migrator::up(db, None).await?;
    }
    Ok(pending)
}

fn without(names: &[String], others: &[String]) -> Vec<String> {
    names.iter().filter(|name| !others.contains(name)).cloned().collect()
}

//! The start: checks the clock, opens the store and migrates its schema.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, Utc};

use crate::config::{Config, ConfigMistakes, OnDamage};
use crate::error::{BoxError, Error};
use crate::input::{pem, read_file};
use crate::legible::shown;
use crate::store::{Epoch, SchemaState, Store, StoreConfig};

/// Between the end of a try to reach the database and the next one.
const PAUSE: Duration = Duration::from_secs(1);
/// The first failed try, and every so many after it, is logged.
const TOLD_EVERY: u32 = 60;

/// No clock that is right shows less: one without a battery begins again at 1970.
const EARLIEST_YEAR: i32 = 2020;

/// Every answer depends on the time. A clock that cannot be right ends the start.
pub(super) fn check_clock(now: DateTime<Utc>) -> Result<(), BoxError> {
    if (EARLIEST_YEAR..=9999).contains(&now.year()) {
        return Ok(());
    }
    Err(format!("the clock of this machine says {now}, which cannot be: set it, and start again").into())
}

/// Opens the store and brings it up.
///
/// A file of SQLite is there or it is not: what is wrong with it ends the start. A server of
/// PostgreSQL may only be away, and is waited for; a setting nothing can come of, or a schema that is
/// too old, ends the start as well.
pub(super) async fn open(config: &Config) -> Result<(Store, Epoch), BoxError> {
    let mut tries = 0_u32;
    loop {
        let error = match try_open(config).await {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        if config.store.database.is_sqlite() {
            return Err(CannotOpen { database: config.store.database.to_string(), source: error }.into());
        }
        if !is_away(&error) {
            return Err(error);
        }
        if tries.checked_rem(TOLD_EVERY) == Some(0) {
            tracing::warn!(database = %config.store.database, ?error, "the database cannot be reached; it is tried again");
        }
        tries = tries.saturating_add(1);
        tokio::time::sleep(PAUSE).await;
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{database} cannot be opened")]
struct CannotOpen {
    database: String,
    source: BoxError,
}

/// What is wrong with TLS is wrong with a setting, or with the server; it must not go unnoticed.
fn is_away(error: &BoxError) -> bool {
    let error: Option<&Error> = error.downcast_ref();
    error.is_some_and(|error| matches!(error, Error::Unavailable(_) | Error::Conflict) && !error.is_no_tls())
}

/// The driver reads the files of certificates and keys for each connection; here it is seen whether it can.
pub(super) fn check_tls_files(config: &Config) -> Result<(), ConfigMistakes> {
    let files = config.store.database.tls_files().into_iter();
    let mistakes = files.filter_map(|(parameter, file)| {
        let why = match read_file(&file).map_err(|why| why.to_string()) {
            Ok(text) if parameter == "sslkey" => pem::private_key(&text).err()?.to_owned(),
            Ok(text) => pem::certificates(&text).err()?.to_owned(),
            Err(why) => why,
        };
        Some(format!(
            "the parameter `{parameter}` of the database's URL: {}: {why}",
            shown(&file.display().to_string())
        ))
    });
    let mistakes: Vec<_> = mistakes.collect();
    if mistakes.is_empty() { Ok(()) } else { Err(ConfigMistakes(mistakes)) }
}

async fn try_open(config: &Config) -> Result<(Store, Epoch), BoxError> {
    let store = Store::connect(&store_config(config)).await?;
    store.claim()?;
    // Whatever else keeps the file from being looked through says nothing of damage, and is not served.
    if let Some(damage) = store.find_damage().await? {
        if config.store.on_damage == OnDamage::Refuse {
            return Err(damage.into());
        }
        tracing::error!(error = ?damage, "the database is served read-only, as `on_damage` says");
        store.make_read_only();
    }
    bring_up(config, &store).await?;
    let epoch = store.epoch().await?;
    Ok((store, epoch))
}

async fn bring_up(config: &Config, store: &Store) -> Result<(), BoxError> {
    if config.store.database.is_sqlite() && !store.is_read_only() {
        let steps = store.migrate().await?;
        if !steps.is_empty() {
            tracing::info!(steps = steps.join(", "), "the schema was brought up");
        }
    }
    let SchemaState { pending, unknown } = store.schema_state().await?;
    if !pending.is_empty() {
        return Err(format!("the database's schema lacks {}: run `entitled migrate` first", pending.join(", ")).into());
    }
    if !unknown.is_empty() {
        tracing::warn!(
            steps = unknown.join(", "),
            "the schema is newer than this program, by steps it does not know; it serves nevertheless, since the next \
             version's schema still fits it"
        );
    }
    Ok(())
}

pub(super) fn store_config(config: &Config) -> StoreConfig {
    StoreConfig {
        url: config.store.database.expose().to_owned(),
        max_connections: u32::try_from(config.store.max_connections).unwrap_or(u32::MAX),
        ..StoreConfig::default()
    }
}

/// How many connections to the database there may be, of all pools together. SQLite's are always the same few.
pub(super) fn many_connections(config: &Config) -> usize {
    if config.store.database.is_sqlite() { 0 } else { config.store.max_connections }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_right_ends_the_start() {
        let at = |text: &str| check_clock(text.parse().unwrap());
        assert!(at("2026-11-28T00:00:00Z").is_ok() && at("2020-01-01T00:00:00Z").is_ok());
        assert!(at("1969-12-31T23:59:59Z").is_err());
        let message = at("1970-01-01T00:02:00Z").unwrap_err().to_string();
        assert!(message.contains("1970-01-01 00:02:00"), "{message}");
    }
}

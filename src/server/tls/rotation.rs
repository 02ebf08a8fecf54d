//! Takes new certificates from the files of the listener while it serves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::time::MissedTickBehavior;

use super::Certificates;
use super::pem_files::{Fingerprint, PemFiles};
use crate::service::Clock;

/// How often the files are read. What changed is taken once it was the same twice: a pair is two files, which change
/// one after the other.
const INTERVAL: Duration = Duration::from_secs(2);
/// From so long before its end a certificate is warned of,
const EXPIRES_SOON: TimeDelta = TimeDelta::days(14);
/// once in this time.
const WARNED_EVERY: Duration = Duration::from_secs(12 * 60 * 60);

/// Follows the files for as long as the server runs. Files that do not load change nothing, and are warned of once.
pub(crate) async fn follow(certificates: Arc<Certificates>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut warned = None;
    let mut tried = certificates.loaded.load().fingerprint;
    let mut pending = tried;
    loop {
        ticks.tick().await;
        warn_of_expiry(&certificates, &mut warned);
        let files = read(&certificates).await;
        let Some((files, found)) = files else { continue };
        let has_settled = std::mem::replace(&mut pending, found) == found;
        if found != tried && has_settled {
            tried = found;
            warned = None;
            replace(&certificates, files);
        }
    }
}

/// A disk that does not answer holds nobody else.
async fn read(certificates: &Arc<Certificates>) -> Option<(PemFiles, Fingerprint)> {
    let certificates = Arc::clone(certificates);
    let files = tokio::task::spawn_blocking(move || {
        let files = PemFiles::read(&certificates.settings);
        let fingerprint = files.fingerprint();
        (files, fingerprint)
    });
    files.await.ok()
}

fn replace(certificates: &Certificates, files: PemFiles) {
    match files.load(&certificates.settings, &certificates.protocols, Clock::System.now()) {
        Ok(loaded) => {
            tracing::info!(expires = ?loaded.expires, "new connections have the certificates that the files hold now");
            certificates.loaded.store(Arc::new(loaded));
        }
        Err(why) => {
            tracing::warn!(why, "the files of TLS changed and cannot be used: the certificates stay as they were")
        }
    }
}

fn warn_of_expiry(certificates: &Certificates, warned: &mut Option<Instant>) {
    let expires = certificates.expires();
    let now = Clock::System.now();
    if warned.is_some_and(|at| at.elapsed() < WARNED_EVERY) || expires.signed_duration_since(now) > EXPIRES_SOON {
        return;
    }
    *warned = Some(Instant::now());
    if expires > now {
        tracing::warn!(
            ?expires,
            "the certificate of the listener expires soon: replace the files tls_cert and tls_key"
        );
    } else {
        tracing::error!(?expires, "the certificate of the listener has expired: clients refuse it; replace its files");
    }
}

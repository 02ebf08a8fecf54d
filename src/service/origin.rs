//! Where a call comes from, as the audit keeps it.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::legible::shown;

/// In characters. Those of programs are shorter; a browser's are about this long.
const LONGEST_AGENT: usize = 200;

/// Where a call comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The other end of the connection: a proxy's where there is one.
    pub peer: Option<SocketAddr>,
    /// What the client says it is, fit to be shown and cut off.
    pub user_agent: Option<Arc<str>>,
}

impl Origin {
    pub fn new(peer: Option<SocketAddr>, user_agent: Option<&[u8]>) -> Self {
        let user_agent = user_agent.map(String::from_utf8_lossy).filter(|agent| !agent.trim().is_empty());
        let cut = |agent: &str| shown(agent).chars().take(LONGEST_AGENT).collect::<String>().into();
        Self { peer, user_agent: user_agent.map(|agent| cut(&agent)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_made_fit_to_be_shown_and_cut_off() {
        let agent = |sent: &[u8]| Origin::new(None, Some(sent)).user_agent.map(|agent| agent.to_string());
        assert_eq!(agent(b"tonic/0.14.2").as_deref(), Some("tonic/0.14.2"));
        assert_eq!(agent(b"a\x1b[2J\0\xff").as_deref(), Some("a\\u{1b}[2J\\u{0}\u{fffd}"));
        assert_eq!(agent(&[b'x'; 500]).map(|agent| agent.len()), Some(200));
        assert_eq!((agent(b""), agent(b"  "), Origin::new(None, None).user_agent), (None, None, None));
    }
}

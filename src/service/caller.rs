//! Who makes a call, and what this caller may do and see.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::authentication_method::AuthenticationMethod;
use super::origin::Origin;
use super::role::Role;
use crate::error::{Error, Result};
use crate::legible::shown;

/// The principal of calls that need no credentials.
pub(super) const ANONYMOUS: &str = "anonymous";
/// The actor of what time or the contract alone demand.
pub(super) const SYSTEM: &str = "entitled";
/// Between the two names of an actor. No name has white space, so that none can look like two.
pub(super) const ON_BEHALF_OF: &str = " for ";
/// In bytes, of the name of a principal or of a user.
const LONGEST_NAME: usize = 255;

/// Who calls: every use case takes it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who signed in.
    pub principal: Arc<str>,
    /// What is recorded with everything the caller writes: the principal, or `PRINCIPAL for USER`.
    pub actor: Arc<str>,
    /// The user the caller calls for, if it names one.
    pub user: Option<Arc<str>>,
    pub method: AuthenticationMethod,
    pub roles: Arc<[Role]>,
    pub customers: CustomerScope,
    /// Recorded with what the caller writes; unknown for a read, where nothing needs it.
    pub origin: Origin,
}

/// The customers whose data a caller may see and change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerScope {
    All,
    Only(Arc<BTreeSet<String>>),
}

impl CustomerScope {
    pub fn only(customer_ids: impl IntoIterator<Item = String>) -> Self {
        Self::Only(Arc::new(customer_ids.into_iter().collect()))
    }
}

impl Caller {
    pub fn new(principal: &str, roles: &[Role], customers: CustomerScope) -> Self {
        let principal: Arc<str> = principal.into();
        let (actor, method) = (Arc::clone(&principal), AuthenticationMethod::None);
        Self { principal, actor, user: None, method, roles: roles.into(), customers, origin: Origin::default() }
    }

    /// The same caller, who was identified by this.
    #[must_use]
    pub fn identified_by(self, method: AuthenticationMethod) -> Self {
        Self { method, ..self }
    }

    /// The same caller, who calls from there.
    #[must_use]
    pub fn calling_from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Whoever calls a server that asks nobody who they are. No such caller is believed on whose behalf it calls.
    pub fn anonymous() -> Self {
        static ANYBODY: LazyLock<Caller> = LazyLock::new(|| {
            let roles = [Role::Reader, Role::Consumer, Role::ContractAdmin, Role::Operator];
            Caller::new(ANONYMOUS, &roles, CustomerScope::All)
        });
        ANYBODY.clone()
    }

    /// May do and see nothing: the caller of a call that was not identified.
    pub fn nobody() -> Self {
        static NOBODY: LazyLock<Caller> = LazyLock::new(|| Caller::new("nobody", &[], CustomerScope::only([])));
        NOBODY.clone()
    }

    /// The same caller, who calls for `user`. The user is recorded, and gives no rights.
    pub fn on_behalf_of(self, user: &str) -> Self {
        let actor = format!("{}{ON_BEHALF_OF}{user}", self.principal).into();
        Self { actor, user: Some(user.into()), ..self }
    }

    pub fn has_role(&self, wanted: Role) -> bool {
        self.roles.iter().any(|role| role.includes(wanted))
    }

    /// Refuses a customer whose data the caller may not see, whether or not there is such a customer. Every use case
    /// that names a customer asks this first.
    pub fn require_customer(&self, customer_id: &str) -> Result<()> {
        match &self.customers {
            CustomerScope::All => Ok(()),
            CustomerScope::Only(customer_ids) if customer_ids.contains(customer_id) => Ok(()),
            CustomerScope::Only(_) => Err(Error::CustomerNotAllowed { customer_id: customer_id.to_owned() }),
        }
    }
}

/// Whether a text can be the name of a principal or of a user: 1 to 255 bytes, nothing invisible, and none of the names
/// that the server gives itself.
pub fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && !text.contains(char::is_whitespace)
        && matches!(shown(text), Cow::Borrowed(_))
        && ![ANONYMOUS, SYSTEM].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_outside_of_the_scope_is_refused() {
        let caller = |customers| Caller::new("ada", &[Role::Reader], customers);
        assert!(caller(CustomerScope::All).require_customer("contoso").is_ok());
        let one = caller(CustomerScope::only(["contoso".to_owned()]));
        assert!(one.require_customer("contoso").is_ok());
        for other in ["contos", "contoso2", "fabrikam", ""] {
            let refusal = one.require_customer(other).unwrap_err();
            assert!(matches!(refusal, Error::CustomerNotAllowed { customer_id } if customer_id == other));
        }
        assert!(Caller::nobody().require_customer("contoso").is_err());
        assert!(!Role::ALL.into_iter().any(|role| Caller::nobody().has_role(role)));
    }

    #[test]
    fn an_actor_of_two_names_can_be_told_from_one() {
        let gateway = Caller::new("portal", &[Role::Delegate], CustomerScope::All);
        assert_eq!((&*gateway.actor, &*gateway.clone().on_behalf_of("ada").actor), ("portal", "portal for ada"));
        assert_eq!(&*gateway.on_behalf_of("ada").principal, "portal");
        for good in ["ada", "CN=billing,O=Contoso", "auth0|5f7c", "spiffe://example.org/a", "zoë@example.org"] {
            assert!(is_name(good), "{good}");
        }
        let long = "x".repeat(256);
        for bad in ["", "ada for eve", "a\tb", "a\u{0}", "a\u{202e}b", "a\u{200b}", "anonymous", "entitled", &long] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn nobody_is_believed_on_whose_behalf_they_call_without_credentials() {
        assert!(Caller::anonymous().has_role(Role::Operator) && !Caller::anonymous().has_role(Role::Delegate));
    }
}

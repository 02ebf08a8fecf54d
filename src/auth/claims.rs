//! What the claims of a token mean here: who calls, in which roles, for which customers.

use serde_json::{Map, Value};

use super::ALL_CUSTOMERS;
use crate::config::OidcSettings;
use crate::model::is_id;
use crate::service::{AuthenticationMethod, Caller, CustomerScope, Role, is_name};

pub(super) type Claims = Map<String, Value>;

/// Makes callers of claims, by the settings.
#[derive(Debug)]
pub(super) struct ClaimMapping {
    roles_claim: String,
    role_map: Vec<(String, Role)>,
    customers_claim: String,
    all_customers: bool,
}

impl ClaimMapping {
    pub(super) fn new(settings: &OidcSettings) -> Self {
        Self {
            roles_claim: settings.roles_claim.clone(),
            role_map: settings.role_map.clone(),
            customers_claim: settings.customers_claim.clone(),
            all_customers: settings.all_customers,
        }
    }

    /// None if `sub` is no name. Values that mean nothing here give nothing.
    pub(super) fn caller(&self, claims: &Claims) -> Option<Caller> {
        let principal = claims.get("sub")?.as_str().filter(|name| is_name(name))?;
        let mut roles: Vec<Role> =
            texts(claims, &self.roles_claim).into_iter().flat_map(|text| self.roles(text)).collect();
        roles.sort_unstable();
        roles.dedup();
        let caller = Caller::new(principal, &roles, self.customers(claims));
        Some(caller.identified_by(AuthenticationMethod::SignedToken))
    }

    fn roles(&self, value: &str) -> Vec<Role> {
        if self.role_map.is_empty() {
            return value.parse().into_iter().collect();
        }
        self.role_map.iter().filter(|(known, _)| known == value).map(|(_, role)| *role).collect()
    }

    fn customers(&self, claims: &Claims) -> CustomerScope {
        let ids = texts(claims, &self.customers_claim);
        if self.all_customers || ids.contains(&ALL_CUSTOMERS) {
            return CustomerScope::All;
        }
        CustomerScope::only(ids.into_iter().filter(|id| is_id(id)).map(str::to_owned))
    }
}

/// The texts of a claim: a list, or words with spaces between them, as `scope` has them. A list's texts are whole: names
/// of groups may have spaces.
fn texts<'a>(claims: &'a Claims, name: &str) -> Vec<&'a str> {
    match find(claims, name) {
        Some(Value::String(words)) => words.split_whitespace().collect(),
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The claim of this name, which may have dots itself, as `https://example.org/roles` does; else the one that the dots
/// lead to.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(claim) = claims.get(name) {
        return Some(claim);
    }
    name.match_indices('.').find_map(|(at, _)| {
        let (outer, inner) = name.split_at_checked(at)?;
        find(claims.get(outer)?.as_object()?, inner.strip_prefix('.')?)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(settings: OidcSettings, claims: Value) -> Option<Caller> {
        ClaimMapping::new(&settings).caller(claims.as_object().unwrap())
    }

    fn roles(settings: OidcSettings, claims: Value) -> Vec<Role> {
        caller(settings, claims).unwrap().roles.to_vec()
    }

    fn with_claim(roles_claim: &str) -> OidcSettings {
        OidcSettings { roles_claim: roles_claim.to_owned(), ..OidcSettings::default() }
    }

    #[test]
    fn roles_are_found_where_the_issuer_has_them() {
        let both = [Role::Reader, Role::Consumer];
        let of = |claim: &str, claims: Value| roles(with_claim(claim), claims);
        assert_eq!(of("roles", json!({"sub": "a", "roles": ["consumer", "reader", "consumer", "x", 1]})), both);
        assert_eq!(of("scope", json!({"sub": "a", "scope": "openid reader  consumer"})), both);
        assert_eq!(of("realm_access.roles", json!({"sub": "a", "realm_access": {"roles": ["reader"]}})), both[..1]);
        let deep = json!({"sub": "a", "resource_access": {"entitled.api": {"roles": ["reader"]}}});
        assert_eq!(of("resource_access.entitled.api.roles", deep), both[..1]);
        assert_eq!(of("https://x.org/roles", json!({"sub": "a", "https://x.org/roles": ["reader"]})), both[..1]);
        for nothing in [
            json!({"sub": "a"}),
            json!({"sub": "a", "roles": {"reader": true}}),
            json!({"sub": "a", "roles": ["Reader"]}),
        ] {
            assert_eq!(of("roles", nothing), []);
        }
    }

    #[test]
    fn a_map_is_all_that_gives_roles() {
        let role_map = vec![
            ("support agents".to_owned(), Role::Reader),
            ("support agents".to_owned(), Role::Consumer),
            ("ops".to_owned(), Role::Operator),
        ];
        let settings = || OidcSettings { role_map: role_map.clone(), ..OidcSettings::default() };
        let of = |values: Value| roles(settings(), json!({"sub": "a", "roles": values}));
        assert_eq!(of(json!(["support agents"])), [Role::Reader, Role::Consumer]);
        assert_eq!(of(json!(["ops", "operator"])), [Role::Operator]);
        assert_eq!(of(json!(["operator", "reader"])), []);
    }

    #[test]
    fn customers_are_those_of_the_claim_and_none_without_it() {
        let of = |claims: Value| caller(OidcSettings::default(), claims).unwrap().customers;
        let only = |ids: &[&str]| CustomerScope::only(ids.iter().map(|id| (*id).to_owned()));
        assert_eq!(of(json!({"sub": "a"})), only(&[]));
        assert_eq!(of(json!({"sub": "a", "customers": ["contoso", "Not An Id", 1]})), only(&["contoso"]));
        assert_eq!(of(json!({"sub": "a", "customers": "contoso fabrikam"})), only(&["contoso", "fabrikam"]));
        assert_eq!(of(json!({"sub": "a", "customers": "*"})), CustomerScope::All);
        let all = OidcSettings { all_customers: true, ..OidcSettings::default() };
        assert_eq!(caller(all, json!({"sub": "a"})).unwrap().customers, CustomerScope::All);
    }

    #[test]
    fn a_token_names_its_caller() {
        for bad in
            [json!({}), json!({"sub": ""}), json!({"sub": 1}), json!({"sub": "a for b"}), json!({"sub": "entitled"})]
        {
            assert_eq!(caller(OidcSettings::default(), bad), None);
        }
    }
}

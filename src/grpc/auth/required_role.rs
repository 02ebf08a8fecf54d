//! Which role a call requires: the options in the `.proto` files say it, and `build.rs` makes the table.

use crate::service::Role;

include!(concat!(env!("OUT_DIR"), "/required_roles.rs"));

const HEALTH: &str = "/grpc.health.v1.Health/";
const STANDARD: &str = "/grpc.";

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Also without credentials.
    Everybody,
    /// Whatever its roles.
    AnyCaller,
    Role(Role),
    /// There is no such call.
    Unknown,
}

pub(super) fn access(path: &str) -> Access {
    if path.starts_with(HEALTH) {
        return Access::Everybody;
    }
    // Reflection, or nothing.
    if path.starts_with(STANDARD) {
        return Access::Role(Role::Reader);
    }
    let row = REQUIRED_ROLES.binary_search_by_key(&path, |(known, _)| known);
    match row.ok().and_then(|row| REQUIRED_ROLES.get(row)) {
        Some((_, Some(role))) => Access::Role(*role),
        Some((_, None)) => Access::AnyCaller,
        None => Access::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::proto::FILE_DESCRIPTOR_SET;

    #[test]
    fn every_call_of_the_api_is_found_in_the_table() {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        let services = pool.services().filter(|service| service.package_name().starts_with("entitled."));
        let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
        let paths: Vec<_> =
            methods.map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name())).collect();
        assert_eq!(paths.len(), REQUIRED_ROLES.len());
        for path in paths {
            assert!(matches!(access(&path), Access::Role(_) | Access::AnyCaller), "{path}");
        }
    }

    #[test]
    fn a_call_has_the_role_of_its_option() {
        let access_of = |call: &str| access(&format!("/entitled.v1.{call}"));
        assert_eq!(access_of("EntitlementService/CheckEntitlement"), Access::Role(Role::Reader));
        assert_eq!(access_of("LedgerService/ConsumeUnits"), Access::Role(Role::Consumer));
        assert_eq!(access_of("LedgerService/AdjustBlock"), Access::Role(Role::Operator));
        assert_eq!(access_of("ContractService/ApplyContract"), Access::Role(Role::ContractAdmin));
        assert_eq!(access("/grpc.health.v1.Health/Watch"), Access::Everybody);
        assert_eq!(access("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"), Access::Role(Role::Reader));
        for unknown in
            ["", "/", "/entitled.v1.LedgerService/", "/entitled.v1.LedgerService/ConsumeUnit", "/grpc.health.v1.Healt"]
        {
            assert!(!matches!(access(unknown), Access::Everybody | Access::AnyCaller), "{unknown}");
        }
        assert_eq!(access_of("LedgerService/consumeUnits"), Access::Unknown);
    }
}

//! The calls there are, by their paths: names for logs and metrics that no caller can make up.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

use crate::proto::FILE_DESCRIPTOR_SET;

/// Stands for every call there is not.
pub(super) const OTHER: &str = "_OTHER";
/// What calls that only read begin with; another name is taken for a write.
const READS: [&str; 6] = ["Get", "List", "Check", "BatchCheck", "Diff", "WhoAmI"];

static KNOWN: LazyLock<HashMap<String, Method>> = LazyLock::new(known);

/// A call of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Method {
    /// As `package.Service/Method`.
    pub name: &'static str,
    /// Health and reflection, whose streams their callers end.
    pub is_standard: bool,
    pub is_write: bool,
}

impl Method {
    pub(super) fn of(path: &str) -> Self {
        KNOWN.get(path).copied().unwrap_or(Self { name: OTHER, is_standard: false, is_write: false })
    }
}

/// The names of the calls that write, without their services, by name.
pub(super) fn writes() -> Vec<&'static str> {
    let writes = KNOWN.values().filter(|method| method.is_write);
    let mut names: Vec<_> = writes.map(|method| method.name.rsplit('/').next().unwrap_or_default()).collect();
    names.sort_unstable();
    names
}

/// Whether a call only reads, by its name.
pub fn is_read(path: &str) -> bool {
    let method = path.rsplit('/').next().unwrap_or_default();
    READS.iter().any(|read| method.starts_with(read))
}

/// Every call by its path. Their names live as long as the process.
fn known() -> HashMap<String, Method> {
    let sets = [
        FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let pools = sets.into_iter().filter_map(|set| DescriptorPool::decode(set).ok());
    let methods = pools.flat_map(|pool| {
        let services: Vec<_> = pool.services().collect();
        services.into_iter().flat_map(|service| {
            let of = service.full_name().to_owned();
            let names: Vec<_> = service.methods().map(|method| format!("{of}/{}", method.name())).collect();
            names
        })
    });
    methods
        .map(|name| {
            let name: &'static str = name.leak();
            let is_standard = name.starts_with("grpc.");
            (format!("/{name}"), Method { name, is_standard, is_write: !is_standard && !is_read(name) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_its_name_and_any_other_path_the_same_one() {
        let consume = Method::of("/entitled.v1.LedgerService/ConsumeUnits");
        assert_eq!(consume.name, "entitled.v1.LedgerService/ConsumeUnits");
        assert!(consume.is_write && !consume.is_standard);
        assert!(!Method::of("/entitled.v1.EntitlementService/CheckEntitlement").is_write);
        for standard in [
            "/grpc.health.v1.Health/Watch",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        ] {
            let method = Method::of(standard);
            assert!(method.is_standard && !method.is_write && method.name == &standard[1..], "{standard}");
        }
        assert!(writes().contains(&"ConsumeUnits") && writes().is_sorted());
        assert!(writes().iter().all(|name| !is_read(name) && !name.contains('/')));
        for other in ["", "/", "/entitled.v1.LedgerService/Drop", "/entitled.v1.LedgerService/ConsumeUnits\n"] {
            assert_eq!(Method::of(other).name, OTHER);
        }
    }
}

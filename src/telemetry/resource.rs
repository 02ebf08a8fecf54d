//! Which service the telemetry is of.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

/// `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say more, or otherwise.
pub(super) fn resource() -> Resource {
    let defaults =
        [KeyValue::new("service.name", "entitled"), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
    let environment = Resource::builder().build();
    let is_named =
        environment.get_ref(&"service.name".into()).is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let [name, version] = defaults;
    let builder = Resource::builder().with_attribute(version);
    if is_named { builder.build() } else { builder.with_attribute(name).build() }
}

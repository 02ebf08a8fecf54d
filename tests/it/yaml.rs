//! Test data in YAML as JSON values and as messages of the API.

use std::sync::LazyLock;

use entitled::proto::FILE_DESCRIPTOR_SET;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::Value;

pub(crate) fn parse(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).unwrap();
    json(documents.first().expect("one document"))
}

fn json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => Value::from(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Value::from(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => Value::from(value.as_ref()),
        Yaml::Sequence(rows) => rows.iter().map(json).collect(),
        Yaml::Mapping(pairs) => {
            pairs.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), json(value))).collect()
        }
        other => panic!("test data holds {other:?}"),
    }
}

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap());

/// A message in its proto3 JSON form.
pub(crate) fn message<M: prost::Message + Default>(name: &str, value: &Value) -> M {
    let descriptor = POOL.get_message_by_name(name).unwrap();
    let dynamic =
        DynamicMessage::deserialize(descriptor, value).unwrap_or_else(|error| panic!("{name}: {error}: {value}"));
    dynamic.transcode_to().unwrap()
}

/// The proto3 JSON form of a message, every key in order: for comparing and for reading.
pub(crate) fn to_json(name: &str, message: &impl prost::Message) -> Value {
    let descriptor = POOL.get_message_by_name(name).unwrap();
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap();
    let options = prost_reflect::SerializeOptions::new().use_proto_field_name(true);
    debug_assert_eq!(dynamic.descriptor().full_name(), name);
    dynamic.serialize_with_options(serde_json::value::Serializer, &options).unwrap()
}

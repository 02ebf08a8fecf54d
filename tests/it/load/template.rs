//! The configurations of `tests/load/` as ghz reads them: their calls, and their messages with the templates filled in.

use std::path::Path;

use entitled::proto::FILE_DESCRIPTOR_SET;
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_json::Value;

pub(crate) struct Load {
    pub(crate) config: Value,
    pub(crate) method: MethodDescriptor,
}

impl Load {
    pub(crate) fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let config: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let call = config["call"].as_str().unwrap_or_default();
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        let service = call.rsplit_once('.').and_then(|(service, _)| pool.get_service_by_name(service));
        let method = service.and_then(|service| service.methods().find(|method| method.full_name() == call));
        let method = method.unwrap_or_else(|| panic!("{}: no call `{call}`", file.display()));
        Self { config, method }
    }

    /// As HTTP names the call.
    pub(crate) fn path(&self) -> String {
        format!("/{}/{}", self.method.parent_service().full_name(), self.method.name())
    }

    /// The message of the call of this number: those of a list in turns.
    pub(crate) fn message(&self, number: usize) -> Vec<u8> {
        let data = match &self.config["data"] {
            Value::Array(messages) => &messages[number % messages.len()],
            message => message,
        };
        let text = filled_in(&data.to_string());
        let mut json = serde_json::Deserializer::from_str(&text);
        let message = DynamicMessage::deserialize(self.method.input(), &mut json);
        message.unwrap_or_else(|error| panic!("{}: {error}: {text}", self.method.name())).encode_to_vec()
    }
}

/// The text with its templates replaced. Only those ghz has by itself are known.
fn filled_in(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (template, rest) = part.split_once("}}").unwrap_or_else(|| panic!("a template has no end: {part}"));
        let words: Vec<_> = template.split_whitespace().collect();
        match words.as_slice() {
            ["newUUID"] => filled.push_str(&uuid::Uuid::new_v4().to_string()),
            // The upper end is not drawn.
            ["randomInt", least, end] => {
                let (least, end): (u128, u128) = (least.parse().unwrap(), end.parse().unwrap());
                filled.push_str(&(least + uuid::Uuid::new_v4().as_u128() % (end - least)).to_string());
            }
            _ => panic!("not a template of ghz that we use: {template}"),
        }
        filled.push_str(rest);
    }
    filled
}

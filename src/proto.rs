//! The public API, as generated from `proto/`.

/// Messages, clients and server traits of the package `entitled.v1`.
#[allow(unused_qualifications, clippy::all, clippy::allow_attributes_without_reason, reason = "generated code")]
pub mod v1 {
    tonic::include_proto!("entitled.v1");
}

/// The encoded descriptors of the API and everything it imports, with comments, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("descriptor");

//! Compiles the public API, without `protoc`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const INCLUDE: &str = "proto";
const PACKAGE: &str = "proto/entitled/v1";

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={INCLUDE}");

    let mut compiler = protox::Compiler::new([INCLUDE])?;
    compiler.include_imports(true).include_source_info(true).open_files(proto_files(PACKAGE)?)?;

    // With comments, so that reflection can explain the API.
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out_dir.join("descriptor.bin"), compiler.encode_file_descriptor_set())?;

    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::pb::Status")
        // Ordered maps: equal answers are equal bytes.
        .btree_map(".")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

fn proto_files(directory: impl AsRef<Path>) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "proto"));
    files.sort();
    Ok(files)
}

//! Compiles the public API, without `protoc`, and the table of who may make which call.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use protox::prost_reflect::{DescriptorPool, MethodDescriptor};

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
    fs::write(out_dir.join("required_roles.rs"), required_roles(&compiler.descriptor_pool())?)?;
    tell_build_facts()?;

    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::pb::Status")
        // Ordered maps: equal answers are equal bytes.
        .btree_map(".")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// What the program tells of its own build.
#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn tell_build_facts() -> Result<(), Box<dyn Error>> {
    let compiler = Command::new(env::var_os("RUSTC").ok_or("RUSTC is not set")?).arg("--version").output()?;
    println!("cargo::rustc-env=BUILD_COMPILER={}", String::from_utf8(compiler.stdout)?.trim());
    println!("cargo::rustc-env=BUILD_TARGET={}", env::var("TARGET")?);
    println!("cargo::rustc-env=BUILD_PROFILE={}", env::var("PROFILE")?);
    Ok(())
}

fn proto_files(directory: impl AsRef<Path>) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "proto"));
    files.sort();
    Ok(files)
}

/// A row for every method, by path: the role it requires, or none where any caller may make it. A method without its
/// option ends the build.
fn required_roles(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let services = pool.services().filter(|service| service.package_name() == "entitled.v1");
    let mut methods: Vec<_> = services.flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    methods.sort_by(|one, other| one.full_name().cmp(other.full_name()));
    let mut table = format!("pub(crate) const REQUIRED_ROLES: [(&str, Option<Role>); {}] = [\n", methods.len());
    for method in methods {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let role = required_role(pool, &method)?.map_or("None".to_owned(), |role| format!("Some(Role::{role})"));
        writeln!(table, "    ({path:?}, {role}),")?;
    }
    table.push_str("];\n");
    Ok(table)
}

/// As the variant of `Role` is called.
fn required_role(pool: &DescriptorPool, method: &MethodDescriptor) -> Result<Option<String>, Box<dyn Error>> {
    let extension = |name: &str| pool.get_extension_by_name(name).ok_or(format!("role.proto lacks {name}"));
    let (role, any_caller) = (extension("entitled.v1.required_role")?, extension("entitled.v1.any_caller")?);
    let options = method.options();
    match (options.has_extension(&role), options.has_extension(&any_caller)) {
        (false, true) => return Ok(None),
        (true, false) => {}
        _ => return Err(format!("{} needs the option required_role or any_caller", method.full_name()).into()),
    }
    let kind = role.kind();
    let values = kind.as_enum().ok_or("required_role is no enum")?;
    let number = options.get_extension(&role).as_enum_number().unwrap_or_default();
    let name = values.get_value(number).filter(|_| number != 0).ok_or(format!("{} has no role", method.full_name()))?;
    let words = name.name().trim_start_matches("ROLE_").split('_');
    let camel = words.map(|word| format!("{}{}", &word[..1], word[1..].to_lowercase()));
    Ok(Some(camel.collect()))
}

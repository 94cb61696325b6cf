//! Links the C that all loaders share, which the Makefile has compiled, and takes what is written down elsewhere from there:
//! the numbers of the guest protocol from its header, Aya's version from what is linked.
use std::{env, fs, path::Path};

const PROTOCOL: &str = "../../../../Sources/CGuestProtocol/include/guest_protocol.h";

fn read(path: &str) -> String {
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// The version that Cargo.lock has for a crate.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")))?;
    let version = entry.lines().find_map(|line| line.strip_prefix("version = "))?;
    Some(version.trim_matches('"').to_owned())
}

/// `CMX_STAGE_LOAD = 2,` of an enumeration, or `#define CMX_LOADER_FD 3`.
fn constant(line: &str) -> Option<String> {
    let line = line.trim();
    let (name, value) = match line.strip_prefix("#define ") {
        Some(definition) => definition.split_once(' ')?,
        None => line.strip_suffix(',')?.split_once(" = ")?,
    };
    let is_number = value.starts_with(|first: char| first.is_ascii_digit()) && !value.contains(' ');
    (name.starts_with("CMX_") && is_number).then(|| format!("pub const {name}: u32 = {};\n", value.trim_end_matches('u')))
}

fn main() {
    let folder = env::var("COMPAT_MATRIX_GLUE").expect("COMPAT_MATRIX_GLUE names the folder of libglue.a: use make");
    println!("cargo::rerun-if-env-changed=COMPAT_MATRIX_GLUE");
    println!("cargo::rerun-if-changed={folder}/libglue.a");
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=static=glue");

    let version = locked_version(&read("Cargo.lock"), "aya").expect("Cargo.lock has the aya that is linked");
    println!("cargo::rustc-env=AYA_VERSION={version}");

    let constants: String = read(PROTOCOL).lines().filter_map(constant).collect();
    let output = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&output).join("protocol.rs"), constants).expect("cargo's folder can be written to");
}

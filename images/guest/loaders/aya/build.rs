//! Links the kit that all loaders share, compiled by the Makefile, and takes Aya's version from what is linked.
use std::{env, fs};

fn read(path: &str) -> String {
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// The version of a crate in Cargo.lock.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")))?;
    let version = entry.lines().find_map(|line| line.strip_prefix("version = "))?;
    Some(version.trim_matches('"').to_owned())
}

fn main() {
    let folder = env::var("COMPAT_MATRIX_KIT").expect("COMPAT_MATRIX_KIT names the folder of libkit.a: use make");
    println!("cargo::rerun-if-env-changed=COMPAT_MATRIX_KIT");
    for file in ["libaya_observe.a", "libkit.a", "protocol.rs", "warm_up.bpf.o"] {
        println!("cargo::rerun-if-changed={folder}/{file}");
    }
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=static=aya_observe");
    println!("cargo::rustc-link-lib=static=kit");
    println!("cargo::rustc-env=COMPAT_MATRIX_PROTOCOL={folder}/protocol.rs");
    println!("cargo::rustc-env=COMPAT_MATRIX_WARM_UP={folder}/warm_up.bpf.o");

    let version = locked_version(&read("Cargo.lock"), "aya").expect("Cargo.lock has the aya that is linked");
    println!("cargo::rustc-env=AYA_VERSION={version}");
}

//! Sets the link options of the shared library. Generates no files.

fn main() {
    // The number is the major version of the ABI. The loader does not load a library of another number for a program.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libargus_auth.so.0");
    // Keeps the library loaded after dlclose, because its threads and thread-local destructors may run later.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rerun-if-changed=build.rs");
}

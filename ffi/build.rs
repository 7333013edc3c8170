//! Sets the link options of the shared library. Generates no files.

fn main() {
    // The number is the major version of the ABI. A program that was linked with one number does not start with a
    // library that has another number.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libargus_auth.so.0");
    // Keeps the library loaded after dlclose, because its threads and thread-local destructors may run later.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rerun-if-changed=build.rs");
}

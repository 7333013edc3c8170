//! Link options of the shared library. Writes nothing.

fn main() {
    // The number is the major version of the ABI: programs linked against one are not offered another.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libargus_auth.so.0");
    // Threads and thread-local destructors may outlive a dlclose; so the library stays.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rerun-if-changed=build.rs");
}

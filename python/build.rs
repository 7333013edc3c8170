//! Link options of the extension module.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Threads and fork handlers of the engine point into this library for as long as the process lives.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

//! Records every log record of the library, of every level, and every panic of the process.

use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

use argus_auth_core::log;

/// Everything since [`start`]: a line for each log record, a few lines for each panic, and texts that scenarios add.
static RECORDED: Mutex<String> = Mutex::new(String::new());

/// Returns everything that has been recorded.
pub(crate) fn text() -> String {
    RECORDED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Adds `text` to the record.
pub(crate) fn add(text: &str) {
    RECORDED.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
}

/// Records log records and panics from now on. Panics are printed too, except for those of the engine's thread, because
/// scenarios cause these on purpose.
pub(crate) fn start() {
    log::set_level(Some(log::Level::TRACE));
    assert!(log::forward(|log::Record { name, level, target, message }| {
        add(&format!("{level} {target} {name}: {message}\n"));
    }));
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        add(&format!("{panic}\n"));
        if thread::current().name() != Some("argus-auth") {
            print(panic);
        }
    }));
}

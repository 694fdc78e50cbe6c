//! What a generator prints, and the last words of one that panics: both go to the log of the host.

/// From now on a panic tells its text and its place. The host adds the row.
pub fn panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("it panics without a text");
        let place = panic.location().map(|at| format!(" ({}:{}:{})", at.file(), at.line(), at.column()));
        crate::log(crate::Level::Error, &format!("{text}{}", place.unwrap_or_default()));
    }));
}

/// Prints a line; in tests without Datagen to stdout.
pub fn line(level: crate::Level, text: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::log(level, text);
    #[cfg(not(target_arch = "wasm32"))]
    std::println!("{level:?}: {text}");
}

/// Prints a line that `datagen try` shows, and the message of a row that fails.
#[macro_export]
macro_rules! println {
    ($($part:tt)*) => {
        $crate::print::line($crate::Level::Info, &format!($($part)*))
    };
}

/// The same as a warning.
#[macro_export]
macro_rules! eprintln {
    ($($part:tt)*) => {
        $crate::print::line($crate::Level::Warn, &format!($($part)*))
    };
}

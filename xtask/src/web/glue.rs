//! What the widget's glue, as wasm-bindgen writes it, does without.

use super::eager;

/// The glue of the widget: less to run and to compile before the form is there.
pub fn of_widget(glue: &str) -> String {
    eager::declared(&letting_through(glue))
}

/// Lets through what the browser throws at an import, in the place of keeping it for Rust. These are
/// elements made and put together, which goes wrong by a fault of ours alone; then the core says that
/// the form cannot be had, as it does where Rust panics. Each such import made a function, and a list
/// of its arguments, at each call.
fn letting_through(glue: &str) -> String {
    glue.replace("function() { return handleError(", "").replace("}, arguments); }", "}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_import_throws_is_let_through() {
        let glue =
            "_9: function() { return handleError(function (a) {\n  f(a);\n}, arguments); },\n";
        assert_eq!(letting_through(glue), "_9: function (a) {\n  f(a);\n},\n");
    }
}

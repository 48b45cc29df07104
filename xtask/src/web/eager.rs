//! Functions that a browser compiles together with their script, on another thread, and not one by one
//! when the page waits for them.
//!
//! Chromium's and Firefox's engines take a function in parentheses for one that is called at once.
//! esbuild, though, takes such parentheses for superfluous. So our own scripts mark what runs before
//! the form is there by a call of `EAGER`, which becomes the parentheses at the very end; of
//! wasm-bindgen's glue nearly all runs then.

use super::functions;

/// What looks like a function to esbuild.
pub const MARK: &str = "EAGER";

/// Makes the marks of a minified script the parentheses that they stand for.
pub fn marked(script: &str) -> String {
    script.replace(&format!("{MARK}("), "(")
}

/// Marks the functions that wasm-bindgen's glue has for itself. They become constants: none is called
/// while the script is read.
pub fn declared(glue: &str) -> String {
    functions::with_each(glue, "\nfunction ", |function| {
        let (head, rest) = function.split_once('(').unwrap_or((function, ""));
        let name = head.trim_start_matches("function ");
        format!("const {name} = {MARK}(function({rest});")
    })
}

/// Puts the functions of a minified object literal, `name:function(…){…}`, in parentheses.
pub fn members(script: &str) -> String {
    functions::with_each(script, ":function(", |function| format!("({function})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_parentheses() {
        let minified = "var a=EAGER(t=>t),b=EAGER(async(n)=>{EAGER(()=>n)}),EAGERS=1;";
        assert_eq!(marked(minified), "var a=(t=>t),b=(async(n)=>{(()=>n)}),EAGERS=1;");
    }

    #[test]
    fn declarations_of_the_glue_alone_are_marked() {
        let glue = "export function mount(a) {\n}\nfunction get(a, b) {\n  if (a) {}\n}\n\
            let x = function y() {};\nasync function load() {}\n";
        let expected = "export function mount(a) {\n}\nconst get = EAGER(function(a, b) {\n  if (a) {}\n});\n\
            let x = function y() {};\nasync function load() {}\n";
        assert_eq!(declared(glue), expected);
    }

    #[test]
    fn members_are_put_in_parentheses_and_nothing_else() {
        for (script, expected) in [
            ("x={a:function(t){return!t}}", "x={a:(function(t){return!t})}"),
            (
                "{a:function(){return v(function(e){if(e){}},arguments)},b:1}",
                "{a:(function(){return v(function(e){if(e){}},arguments)}),b:1}",
            ),
            ("{a:function(){return\"}\\\"{\"},b:'{'}", "{a:(function(){return\"}\\\"{\"}),b:'{'}"),
            ("{a:t=>t,b(){}};function c(){}", "{a:t=>t,b(){}};function c(){}"),
            ("{a:function(){", "{a:function(){"),
            ("", ""),
        ] {
            assert_eq!(members(script), expected, "{script}");
        }
    }
}

//! What the widget's glue, as wasm-bindgen writes it, does without.

use super::{eager, functions};
use anyhow::{Result, ensure};

/// Functions of the glue that are written anew, shorter: what a browser keeps of theirs, compiled a
/// second time after a few calls, is more than the texts of a form.
const ANEW: [(&str, &str); 3] = [
    // In the place of a loop over the characters, up to the first that is not ASCII.
    (
        "passStringToWasm0",
        "(text, malloc) {
            const bytes = cachedTextEncoder.encode(text);
            const at = malloc(bytes.length, 1) >>> 0;
            getUint8ArrayMemory0().set(bytes, at);
            WASM_VECTOR_LEN = bytes.length;
            return at;
        }",
    ),
    // Without counting up to two gigabytes, past which Safari's decoder fails.
    ("decodeText", "(bytes) { return cachedTextDecoder.decode(bytes); }"),
    // Memory that has grown has another buffer; all else that is asked follows from that.
    (
        "getDataViewMemory0",
        "() {
            if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer)
                cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
            return cachedDataViewMemory0;
        }",
    ),
];

/// The glue of the widget: less to run, to compile and to keep.
pub fn of_widget(glue: &str) -> Result<String> {
    let mut glue = letting_through(glue);
    for (name, function) in ANEW {
        let start = format!("\nfunction {name}(");
        ensure!(glue.contains(&start), "wasm-bindgen's glue has no function {name}");
        glue = functions::with_each(&glue, &start, |_| format!("function {name}{function}"));
    }
    // Asked by the function alone that is no longer.
    let glue = glue.replace("if (!('encodeInto' in cachedTextEncoder)) {", "if (false) {");
    Ok(eager::declared(&glue.replace(", wasm.__wbindgen_realloc)", ")")))
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
    fn some_functions_are_written_anew_and_the_others_stay() {
        let glue = "\nfunction decodeText(a) {\n  if (a) {}\n}\nfunction passStringToWasm0(a) {\n}\n\
            function getDataViewMemory0() {\n}\nfunction other() {\n}\n\
            f(passStringToWasm0(a, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc));\n";
        let made = of_widget(glue).expect("all three are there");
        for part in [
            "const decodeText = EAGER(function(bytes) { return",
            "const passStringToWasm0 = EAGER(function(text, malloc) {",
            "const other = EAGER(function() {\n});",
            "f(passStringToWasm0(a, wasm.__wbindgen_malloc));",
        ] {
            assert!(made.contains(part), "{part} is not in {made}");
        }
        let missing = of_widget("\nfunction decodeText() {}\n").expect_err("two are missing");
        assert!(missing.to_string().contains("passStringToWasm0"), "{missing}");
    }

    #[test]
    fn what_an_import_throws_is_let_through() {
        let glue =
            "_9: function() { return handleError(function (a) {\n  f(a);\n}, arguments); },\n";
        assert_eq!(letting_through(glue), "_9: function (a) {\n  f(a);\n},\n");
    }
}

//! Everything that the fuzzer has found worth keeping, once more.

use std::path::Path;

#[test]
fn the_corpus_breaks_nothing() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in fuzz::TARGETS {
        let files = corpus.join(name).read_dir().unwrap_or_else(|_| panic!("no corpus of {name}"));
        let mut count = 0;
        for file in files {
            target(&std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 5, "{name} has {count} files");
    }
}

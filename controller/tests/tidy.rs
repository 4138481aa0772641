//! What must not be in certain files: decisions stay pure, values stay out of logs.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{fs, path::Path};

fn source(path: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

#[test]
fn decisions_know_no_clock_no_client_and_no_runtime() {
    for path in [
        "capacity/gcra.rs",
        "keys/held.rs",
        "leader/lease.rs",
        "reconcile/outcome.rs",
        "reconcile/plan.rs",
        "api/retry.rs",
        "report/status.rs",
        "state/conclusion.rs",
        "state/entry.rs",
        "state/secret.rs",
        "state/sighting.rs",
    ] {
        for banned in ["::now()", "async ", "tokio", "Client", "std::env", "std::fs", "tracing"] {
            assert!(!source(path).contains(banned), "{path} uses {banned:?}");
        }
    }
}

#[test]
fn values_are_exposed_in_no_file_of_the_controller() {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if fs::read_to_string(&path).unwrap().contains(".expose()") {
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = vec![];
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.is_empty(), "values leave core only inside a Secret for the API server: {found:?}");
}

#[test]
fn verify_and_rotate_do_not_know_templates() {
    for path in ["http/verify.rs", "http/reseal.rs", "http/open.rs", "http/object.rs"] {
        for banned in ["assemble", "CompiledTemplates", "gotemplate", "unseal::unseal", "unseal::{"] {
            assert!(
                !source(path).contains(banned),
                "{path} uses {banned}: its answer could depend on a template"
            );
        }
    }
}

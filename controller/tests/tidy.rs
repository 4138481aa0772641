//! What must not be in certain files: decisions stay pure, values stay out of logs.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn source(path: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

#[test]
fn decisions_know_no_clock_no_client_and_no_runtime() {
    for path in [
        "capacity/gcra.rs",
        "keys/known.rs",
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

/// A module by its path below `src`: `state/entry`, or `state` for its `mod.rs`.
type Module = Vec<String>;

/// Nothing that a module uses leads back to it. Left out are those that put all together: `context`, `app` and the
/// roots.
#[test]
fn no_use_leads_back() {
    let together = ["context", "app", "lib", "main"].map(|name| vec![name.to_owned()]);
    let files = modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let mut graph: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, path) in files.iter().filter(|(module, _)| !together.contains(module)) {
        let mut used: BTreeSet<Module> = uses(module, &source(path.to_str().unwrap()))
            .iter()
            .filter_map(|path| {
                (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|p| files.contains_key(p))
            })
            .collect();
        used.retain(|other| other != module && !together.contains(other));
        graph.insert(module, used);
    }
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 100, "the uses are found");
    // What uses nothing that is left goes, and what nothing that is left uses, until only circles are there.
    loop {
        let is_used = |module: &Module| graph.values().any(|used| used.contains(module));
        let is_free = |used: &BTreeSet<Module>| used.iter().all(|m| !graph.contains_key(m));
        let free = graph.iter().find(|(module, used)| is_free(used) || !is_used(module));
        let Some(free) = free.map(|(module, _)| (*module).clone()) else { break };
        graph.remove(&free);
    }
    for used in graph.values_mut() {
        used.retain(|module| files.contains_key(module));
    }
    assert!(graph.is_empty(), "a circle among {graph:#?}");
}

fn modules(src: &Path) -> BTreeMap<Module, PathBuf> {
    fn walk(src: &Path, folder: &Path, found: &mut BTreeMap<Module, PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(src, &path, found);
                continue;
            }
            let within = path.strip_prefix(src).unwrap().to_owned();
            let mut module: Module =
                within.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            module.pop_if(|last| last == "mod");
            found.insert(module, within);
        }
    }
    let mut found = BTreeMap::new();
    walk(src, src, &mut found);
    found
}

/// The paths that a file names: in its `use` trees, and in its text by `crate::` or `super::`.
fn uses(module: &Module, source: &str) -> Vec<Module> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let (mut paths, mut rest) = (Vec::new(), String::new());
    for statement in code.join("\n").split(';') {
        let tree = statement.rsplit("use ").next().filter(|_| statement.contains("use "));
        match tree {
            Some(tree) => {
                branches("", &tree.split_whitespace().collect::<String>(), &mut paths);
            }
            None => rest.push_str(statement),
        }
    }
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = rest.split(|c| !is_path(c));
    // `pub(super)` is no path.
    paths.extend(words.filter(|word| word.contains("::")).map(str::to_owned));
    paths.iter().filter_map(|path| absolute(module, path)).collect()
}

/// Each path of a `use` tree.
fn branches(before: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, body)) = tree.split_once('{') else {
        // Nothing stands behind a last comma.
        paths.extend((!tree.is_empty()).then(|| format!("{before}{tree}")));
        return;
    };
    let (mut depth, mut from) = (0, 0);
    let body = body.strip_suffix('}').unwrap_or(body);
    for (at, c) in body.char_indices().chain([(body.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches(&format!("{before}{head}"), &body[from..at], paths);
                from = at + 1;
            }
            _ => {}
        }
    }
}

fn absolute(module: &Module, path: &str) -> Option<Module> {
    let mut parts = path.split("::").map(str::to_owned).collect::<Vec<_>>();
    let mut from = match parts.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.clone(),
        _ => return None,
    };
    while parts.first().is_some_and(|part| part == "super") {
        parts.remove(0);
        from.pop();
    }
    parts.retain(|part| part != "crate" && part != "self");
    from.append(&mut parts);
    Some(from)
}

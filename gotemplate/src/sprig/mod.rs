//! Sprig's functions, one file per family.

mod cast;
mod certs;
mod costs;
mod crypto;
mod dates;
mod decimals;
mod dicts;
mod durations;
mod encoding;
mod flow;
mod json;
mod json_read;
mod keys;
mod lists;
mod master_password;
mod math;
mod merge;
mod objects;
mod packages;
mod paths;
mod random;
mod reflect;
mod regex;
mod regex_pattern;
mod semver;
mod semver_constraint;
mod sequences;
mod shape;
mod strings;
mod text;
mod times;
mod urls;

use crate::function::Function;

/// Every table of functions.
pub(crate) fn tables() -> impl Iterator<Item = &'static [Function]> {
    [
        certs::TABLE,
        crypto::TABLE,
        dates::TABLE,
        decimals::TABLE,
        dicts::TABLE,
        encoding::TABLE,
        flow::TABLE,
        json::TABLE,
        keys::TABLE,
        lists::TABLE,
        math::TABLE,
        merge::TABLE,
        paths::TABLE,
        random::TABLE,
        reflect::TABLE,
        regex::TABLE,
        semver::TABLE,
        sequences::TABLE,
        shape::TABLE,
        strings::TABLE,
        urls::TABLE,
    ]
    .into_iter()
}

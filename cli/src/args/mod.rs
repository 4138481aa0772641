//! The command line as typed values: `SEALED_SECRETS_*` first, then the arguments, by pflag's rules.
//!
//! ```text
//! table (every flag, once) ▶ parse (argv) ▶ Args ◀ environment
//!   └▶ help, completion, man page, flag list of the README
//! ```

mod check;
mod csv;
mod effect;
mod environment;
pub(crate) mod help;
mod parse;
mod suggest;
pub(crate) mod table;

use std::collections::BTreeSet;

use sealed_secrets_core::Scope;

use crate::style::When;
pub(crate) use check::ValueError;
pub(crate) use effect::{Mode, is_yaml, without_effect};
pub(crate) use environment::Refused;
pub(crate) use parse::{Parsed, UsageError, parse, texts};
pub(crate) use sealed_secrets_core::nearest::nearest as nearest_of;

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
/// Every flag's value, after the environment and the arguments.
#[derive(Debug, PartialEq)]
pub(crate) struct Args {
    pub(crate) allow_empty_data: bool,
    pub(crate) cert: String,
    pub(crate) color: When,
    pub(crate) controller_name: String,
    pub(crate) controller_namespace: String,
    pub(crate) fetch_cert: bool,
    pub(crate) format: String,
    pub(crate) from_file: Vec<String>,
    pub(crate) help: bool,
    pub(crate) merge_into: String,
    pub(crate) name: String,
    pub(crate) raw: bool,
    pub(crate) re_encrypt: bool,
    pub(crate) recovery_private_key: Vec<String>,
    pub(crate) recovery_unseal: bool,
    pub(crate) scope: Scope,
    pub(crate) sealed_secret_file: String,
    pub(crate) secret_file: Vec<String>,
    pub(crate) trim: bool,
    pub(crate) validate: bool,
    pub(crate) version: bool,
    pub(crate) connection: Connection,
    /// The flags that the command line gives, switches only where they are on: variables are not among them.
    pub(crate) given: BTreeSet<&'static str>,
    /// What was neither a flag nor a flag's value.
    pub(crate) positionals: Vec<String>,
}

/// kubectl's connection flags; empty means not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Connection {
    pub(crate) kubeconfig: String,
    pub(crate) context: String,
    pub(crate) cluster: String,
    pub(crate) user: String,
    pub(crate) namespace: String,
    pub(crate) server: String,
    pub(crate) token: Hidden,
    pub(crate) username: String,
    pub(crate) password: Hidden,
    pub(crate) impersonate: String,
    pub(crate) impersonate_groups: Vec<String>,
    pub(crate) impersonate_uid: String,
    pub(crate) certificate_authority: String,
    pub(crate) client_certificate: String,
    pub(crate) client_key: String,
    pub(crate) insecure_skip_tls_verify: bool,
    pub(crate) tls_server_name: String,
    pub(crate) proxy_url: String,
    pub(crate) disable_compression: bool,
    pub(crate) request_timeout: String,
}

/// A credential given as a flag: never printed.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Hidden(pub(crate) String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hidden({} bytes)", self.0.len())
    }
}

impl Default for Args {
    fn default() -> Self {
        Self {
            allow_empty_data: false,
            cert: String::new(),
            color: When::Auto,
            controller_name: "sealed-secrets-controller".to_owned(),
            controller_namespace: "kube-system".to_owned(),
            fetch_cert: false,
            format: String::new(),
            from_file: Vec::new(),
            help: false,
            merge_into: String::new(),
            name: String::new(),
            raw: false,
            re_encrypt: false,
            recovery_private_key: Vec::new(),
            recovery_unseal: false,
            scope: Scope::Strict,
            sealed_secret_file: String::new(),
            secret_file: Vec::new(),
            trim: false,
            validate: false,
            version: false,
            connection: Connection::default(),
            given: BTreeSet::new(),
            positionals: Vec::new(),
        }
    }
}

//! Flags and `SEALED_SECRETS_*` variables, turned once into values that cannot be wrong.

use std::{collections::BTreeMap, time::Duration};

use gotemplate::Limits;
use jiff::{SignedDuration, Timestamp};

pub mod duration;
mod flag;
mod flag_error;
mod flags;
mod help;
pub mod limits;
mod names;
pub mod panic_on;
mod selector;
mod table;
mod tokens;
mod value_error;
mod values;
mod words;

pub use flag::{Flag, Origin};
pub use flag_error::FlagError;
pub use help::help;
use panic_on::PanicOn;
pub use table::FLAGS;
pub use value_error::ValueError;

/// Everything that the controller was told.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the reference")]
pub struct Config {
    /// Whether the deprecated `spec.data` is opened.
    pub accept_v1_data: bool,
    /// Where SealedSecrets are looked for.
    pub namespaces: Namespaces,
    /// The controller's own namespace, which also holds the keys.
    pub own_namespace: String,
    /// Only SealedSecrets that match.
    pub label_selector: Option<String>,
    /// Sealing keys.
    pub keys: KeySettings,
    /// Requests to the API server per second and at once; `None`: bounded by concurrency only.
    pub client_rate: Option<ClientRate>,
    /// Address of the service port.
    pub listen: String,
    /// Address of the metrics port.
    pub listen_metrics: String,
    /// Requests per second and key on verify and rotate.
    pub rate_limit: u32,
    /// How many more may come at once.
    pub rate_limit_burst: u32,
    /// Private operations of one request at most.
    pub http_operations: u32,
    /// How long a request may take to arrive.
    pub read_timeout: Duration,
    /// How long an answer may take.
    pub write_timeout: Duration,
    /// How logs look.
    pub log: LogSettings,
    /// Failures that are retried in quick succession before the interval grows to its cap.
    pub quick_retries: u32,
    /// Leave the series per SealedSecret out.
    pub omit_secret_metrics: bool,
    /// Delete the Secret of a deleted SealedSecret ourselves.
    pub old_gc: bool,
    /// Leave a deleted Secret deleted.
    pub skip_recreate: bool,
    /// Write `status`.
    pub update_status: bool,
    /// Put an owned Secret that was edited by hand back.
    pub repair_drift: bool,
    /// Act only while holding the lease.
    pub leader_elect: bool,
    /// Ask the API server to stream the first list.
    pub streaming_lists: bool,
    /// What the templates of one object may cost together.
    pub templates: Limits,
    /// A panic that a test asks for.
    pub panic_on: Option<PanicOn>,
}

/// Where SealedSecrets are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// The whole cluster.
    All,
    /// These, the controller's own among them.
    Listed(Vec<String>),
}

/// Which certificate counts as the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// The one with the latest `notBefore`.
    CertNotBefore,
    /// The one whose Secret was created last.
    SecretCreation,
}

/// How keys are found, made and renewed.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// `generateName` of new keys, and the name of the legacy one.
    pub prefix: String,
    /// Modulus in bits.
    pub bits: u32,
    /// Lifetime of a certificate.
    pub lifetime: SignedDuration,
    /// Common name of a certificate; empty leaves it out.
    pub common_name: String,
    /// Labels of new key Secrets besides the one that marks them.
    pub labels: BTreeMap<String, String>,
    /// Annotations of new key Secrets.
    pub annotations: BTreeMap<String, String>,
    /// Which certificate counts as the newest.
    pub order: KeyOrder,
    /// Age at which a new key is made; zero: never.
    pub renew_period: SignedDuration,
    /// A newest key from before this instant is replaced at the start.
    pub cutoff: Option<Timestamp>,
}

/// A limit on requests to the API server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClientRate {
    /// Requests per second.
    pub per_second: f32,
    /// Requests at once.
    pub burst: u32,
}

/// How logs look and where they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// Least severe level that is written.
    pub level: tracing::Level,
    /// JSON instead of text.
    pub json: bool,
    /// INFO and DEBUG go to stdout, the rest to stderr; otherwise all to stderr.
    pub info_stdout: bool,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    /// Run, with things to tell the user first.
    Run(Box<Config>, Vec<String>),
    /// Print the version.
    Version,
}

/// Why the controller cannot start with these flags.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The command line does not parse.
    #[error(transparent)]
    Flag(#[from] FlagError),
    /// A flag parses, but its value makes no sense.
    #[error(transparent)]
    Value(#[from] ValueError),
}

impl Config {
    /// Reads arguments (without the program's name) and environment; `own_namespace` is where we run.
    pub fn read(
        args: &[String],
        env: &dyn Fn(&str) -> Option<String>,
        own_namespace: &str,
    ) -> Result<Command, ConfigError> {
        let values = flags::read(FLAGS, args, env)?;
        if values.bool("version") {
            return Ok(Command::Version);
        }
        let mut notices = values.notices.clone();
        notices.extend(words::notices(&values.words));
        let mut config = values::resolve(&values, own_namespace, &mut notices)?;
        config.panic_on = env("SEALED_SECRETS_PANIC_ON").and_then(|text| PanicOn::parse(&text));
        Ok(Command::Run(Box::new(config), notices))
    }
}

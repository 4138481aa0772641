//! Every flag, once: parsing, help, completion, man page and the flag list of the README read this table.

use super::{Args, check, check::Checked};

/// What a flag's text must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// A switch: needs no value, and takes one only after `=`.
    Bool,
    /// Any text.
    Text,
    /// Text that is never printed.
    Credential,
    /// A path: completed by the shell.
    Path,
    /// Paths in a comma list.
    Paths,
    /// One text for each use.
    Items,
    /// One of a few words.
    Words(&'static [&'static str]),
}

/// The task that a flag belongs to, in the order of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// What to seal, and for where.
    Seal,
    /// Input and output.
    Files,
    /// The certificate and the controller that holds its key.
    Certificate,
    /// What to do instead of sealing.
    Task,
    /// How to reach the API server.
    Connection,
    /// Accepted and without effect.
    Log,
}

impl Group {
    /// The heading in the help.
    pub(crate) fn heading(self) -> &'static str {
        match self {
            Self::Seal => "Sealing",
            Self::Files => "Input and output",
            Self::Certificate => "Certificate and controller",
            Self::Task => "Other tasks",
            Self::Connection => "Connection to the cluster (as kubectl)",
            Self::Log => "Without effect",
        }
    }
}

/// One flag.
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) kind: Type,
    pub(crate) group: Group,
    /// Placeholder of the value in the help.
    pub(crate) value: &'static str,
    pub(crate) help: &'static str,
    /// The default, where it is not plain "nothing".
    pub(crate) default: &'static str,
    /// Set: hidden, and the notice names this instead.
    pub(crate) deprecated: Option<&'static str>,
    pub(crate) set: fn(&mut Args, &str) -> Checked,
}

impl Flag {
    const fn new(
        name: &'static str,
        kind: Type,
        group: Group,
        value: &'static str,
        set: fn(&mut Args, &str) -> Checked,
        help: &'static str,
    ) -> Self {
        Self { name, short: None, kind, group, value, help, default: "", deprecated: None, set }
    }

    const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    const fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }

    /// As lists of flags show it: `-h` is no flag of the reference, whose parser stops there.
    pub(crate) fn listed(&self) -> String {
        if self.name == "help" { "-h, --help".to_owned() } else { self.spelling() }
    }

    /// `-o, --format`, as the reference names it in errors.
    pub(crate) fn spelling(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.name),
            None => format!("--{}", self.name),
        }
    }
}

use Group::{Certificate, Connection, Files, Log, Seal, Task};
use Type::{Bool, Credential, Items, Path, Paths, Text, Words};

/// Names of the log severities.
const SEVERITIES: Type = Words(&["INFO", "WARNING", "ERROR", "FATAL"]);

/// A log switch: checked, then forgotten.
fn log_switch(_: &mut Args, text: &str) -> Checked {
    check::boolean(&mut false, text)
}

/// A log path: forgotten.
#[expect(clippy::unnecessary_wraps, reason = "all setters share one shape")]
fn log_path(_: &mut Args, _: &str) -> Checked {
    Ok(())
}

/// Every flag, by task and then by importance.
#[rustfmt::skip]
pub(crate) static FLAGS: &[Flag] = &[
    Flag::new("scope", Words(&["strict", "namespace-wide", "cluster-wide"]), Seal, "SCOPE",
        |a, v| check::scope(&mut a.scope, v),
        "Where the sealed values may be opened: in this Secret only, anywhere in its namespace, anywhere in the cluster").default("strict"),
    Flag::new("namespace", Text, Seal, "NAMESPACE", |a, v| check::text(&mut a.connection.namespace, v),
        "Namespace of the Secret, where the input has none; an input of another namespace is refused").short('n'),
    Flag::new("name", Text, Seal, "NAME", |a, v| check::text(&mut a.name, v),
        "Name of the sealed secret (needed with --raw in the strict scope)"),
    Flag::new("raw", Bool, Seal, "", |a, v| check::boolean(&mut a.raw, v),
        "Seal one plain value from stdin or --from-file instead of a Secret, and print the ciphertext alone"),
    Flag::new("from-file", Paths, Seal, "[NAME=]FILE", |a, v| check::list(&mut a.from_file, v),
        "With --raw: the file that holds the value"),
    Flag::new("trim", Bool, Seal, "", |a, v| check::boolean(&mut a.trim, v),
        "With --raw: leave out a line end at the end of the value"),
    Flag::new("allow-empty-data", Bool, Seal, "", |a, v| check::boolean(&mut a.allow_empty_data, v),
        "Accept a Secret without any items"),
    Flag::new("merge-into", Path, Seal, "FILE", |a, v| check::text(&mut a.merge_into, v),
        "Seal the items of the input into this existing SealedSecret file, add its labels and annotations to the template there, and leave the rest as it is"),

    Flag::new("secret-file", Path, Files, "FILE", |a, v| check::input(&mut a.secret_file, v),
        "Read from this file instead of stdin (- is stdin); may be repeated. --validate, --re-encrypt and --recovery-unseal take folders and patterns too").short('f'),
    Flag::new("sealed-secret-file", Path, Files, "FILE", |a, v| check::text(&mut a.sealed_secret_file, v),
        "Write to this file instead of stdout, once all has succeeded; .yaml and .yml mean -o yaml").short('w'),
    Flag::new("format", Words(&["json", "yaml"]), Files, "FORMAT", |a, v| check::text(&mut a.format, v),
        "Output format").short('o').default("json"),

    Flag::new("cert", Path, Certificate, "FILE|URL", |a, v| check::text(&mut a.cert, v),
        "Certificate to seal with: a file or a URL; without it, the controller is asked"),
    Flag::new("controller-name", Text, Certificate, "NAME", |a, v| check::text(&mut a.controller_name, v),
        "Name of the controller's Service").default("sealed-secrets-controller"),
    Flag::new("controller-namespace", Text, Certificate, "NAMESPACE", |a, v| check::text(&mut a.controller_namespace, v),
        "Namespace of the controller").default("kube-system"),
    Flag::new("fetch-cert", Bool, Certificate, "", |a, v| check::boolean(&mut a.fetch_cert, v),
        "Print the certificate instead of sealing"),

    Flag::new("validate", Bool, Task, "", |a, v| check::boolean(&mut a.validate, v),
        "Ask the controller whether it can open the SealedSecrets of the input"),
    Flag::new("re-encrypt", Bool, Task, "", |a, v| check::boolean(&mut a.re_encrypt, v),
        "Have the controller seal the SealedSecrets of the input anew with its latest key; with -f, in place"),
    Flag::new("rotate", Bool, Task, "", |a, v| check::boolean(&mut a.re_encrypt, v),
        "The old name of --re-encrypt").deprecated("--re-encrypt"),
    Flag::new("recovery-unseal", Bool, Task, "", |a, v| check::boolean(&mut a.recovery_unseal, v),
        "Open the SealedSecrets of the input with a backup of the controller's keys, without a cluster"),
    Flag::new("recovery-private-key", Paths, Task, "FILE,…", |a, v| check::list(&mut a.recovery_private_key, v),
        "With --recovery-unseal: key files (PEM, or key Secrets in YAML or JSON)"),
    Flag::new("color", Words(&["auto", "always", "never"]), Task, "WHEN", |a, v| check::color(&mut a.color, v),
        "Colour in messages and help: on terminals, where neither NO_COLOR nor CLICOLOR=0 says otherwise").default("auto"),
    Flag::new("version", Bool, Task, "", |a, v| check::boolean(&mut a.version, v),
        "Print the version"),
    Flag::new("help", Bool, Task, "", |a, v| check::boolean(&mut a.help, v),
        "Print this help"),

    Flag::new("kubeconfig", Path, Connection, "FILE", |a, v| check::text(&mut a.connection.kubeconfig, v),
        "Kubeconfig file; takes the place of KUBECONFIG and ~/.kube/config"),
    Flag::new("context", Text, Connection, "NAME", |a, v| check::text(&mut a.connection.context, v),
        "Context of the kubeconfig"),
    Flag::new("cluster", Text, Connection, "NAME", |a, v| check::text(&mut a.connection.cluster, v),
        "Cluster of the kubeconfig"),
    Flag::new("user", Text, Connection, "NAME", |a, v| check::text(&mut a.connection.user, v),
        "User of the kubeconfig"),
    Flag::new("server", Text, Connection, "URL", |a, v| check::text(&mut a.connection.server, v),
        "Address of the API server"),
    Flag::new("token", Credential, Connection, "TOKEN", |a, v| check::hidden(&mut a.connection.token, v),
        "Bearer token"),
    Flag::new("username", Text, Connection, "NAME", |a, v| check::text(&mut a.connection.username, v),
        "User name for basic authentication"),
    Flag::new("password", Credential, Connection, "PASSWORD", |a, v| check::hidden(&mut a.connection.password, v),
        "Password for basic authentication"),
    Flag::new("as", Text, Connection, "USER", |a, v| check::text(&mut a.connection.impersonate, v),
        "User to act as"),
    Flag::new("as-group", Items, Connection, "GROUP", |a, v| check::item(&mut a.connection.impersonate_groups, v),
        "Group to act as; may be repeated"),
    Flag::new("as-uid", Text, Connection, "UID", |a, v| check::text(&mut a.connection.impersonate_uid, v),
        "UID to act as"),
    Flag::new("certificate-authority", Path, Connection, "FILE", |a, v| check::text(&mut a.connection.certificate_authority, v),
        "Certificates that the API server's certificate must come from"),
    Flag::new("client-certificate", Path, Connection, "FILE", |a, v| check::text(&mut a.connection.client_certificate, v),
        "Client certificate for TLS"),
    Flag::new("client-key", Path, Connection, "FILE", |a, v| check::text(&mut a.connection.client_key, v),
        "Client key for TLS"),
    Flag::new("insecure-skip-tls-verify", Bool, Connection, "", |a, v| check::boolean(&mut a.connection.insecure_skip_tls_verify, v),
        "Do not check the API server's certificate: anyone in between can then pose as it"),
    Flag::new("tls-server-name", Text, Connection, "NAME", |a, v| check::text(&mut a.connection.tls_server_name, v),
        "Name to expect in the API server's certificate"),
    Flag::new("proxy-url", Text, Connection, "URL", |a, v| check::text(&mut a.connection.proxy_url, v),
        "Proxy on the way to the API server"),
    Flag::new("disable-compression", Bool, Connection, "", |a, v| check::boolean(&mut a.connection.disable_compression, v),
        "Ask for answers without compression"),
    Flag::new("request-timeout", Text, Connection, "TIME", |a, v| check::text(&mut a.connection.request_timeout, v),
        "How long one request may take (5, 30s, 2m); 0 means the default deadline").default("0"),

    Flag::new("v", Text, Log, "LEVEL", |_, v| check::level(v), "Log level").short('v').default("0"),
    Flag::new("vmodule", Text, Log, "PATTERN=N,…", |_, v| check::modules(v), "Log level of single files"),
    Flag::new("logtostderr", Bool, Log, "", log_switch, "Log to stderr").default("true"),
    Flag::new("alsologtostderr", Bool, Log, "", log_switch, "Log to stderr and to files"),
    Flag::new("alsologtostderrthreshold", SEVERITIES, Log, "SEVERITY", |_, v| check::severity(v),
        "Least severity that goes to stderr and to files"),
    Flag::new("stderrthreshold", SEVERITIES, Log, "SEVERITY", |_, v| check::severity(v),
        "Least severity that goes to stderr").default("2"),
    Flag::new("legacy_stderr_threshold_behavior", Bool, Log, "", log_switch,
        "How --stderrthreshold and --logtostderr go together").default("true"),
    Flag::new("log_backtrace_at", Text, Log, "FILE:LINE", |_, v| check::trace_location(v), "Backtrace at this line").default(":0"),
    Flag::new("log_dir", Path, Log, "DIR", log_path, "Folder of log files"),
    Flag::new("log_file", Path, Log, "FILE", log_path, "Log file"),
    Flag::new("log_file_max_size", Text, Log, "MB", |_, v| check::unsigned(v), "Largest log file").default("1800"),
    Flag::new("add_dir_header", Bool, Log, "", log_switch, "Folder in the log lines"),
    Flag::new("one_output", Bool, Log, "", log_switch, "Each severity to one file only"),
    Flag::new("skip_headers", Bool, Log, "", log_switch, "No heads on log lines"),
    Flag::new("skip_log_headers", Bool, Log, "", log_switch, "No heads in log files"),
];

//! Steps for a cluster that does not answer as it should.

use http::StatusCode;

use crate::{
    args::Mode,
    cluster::{Address, Alike, Cause, ClusterError, ClusterPart, Found, KubeconfigError, TlsProblem},
    problem::Doing,
};

pub(super) fn cluster(mode: Mode, doing: &Doing, error: &ClusterError, seen: &[Alike]) -> Option<String> {
    match error {
        ClusterError::Config(error) => kubeconfig(error, mode),
        ClusterError::Runtime(_) => {
            Some("the system is out of something: memory, threads or open files".to_owned())
        }
        ClusterError::Answer(_) => Some(
            "something else than an API server may answer there: `kubectl config view` shows the address"
                .to_owned(),
        ),
        ClusterError::Transport(error) => Some(transport(mode, &error.cause)),
        ClusterError::Refused { wait: Some(_), .. } => {
            Some(format!("try again after that time{}", without(mode)))
        }
        ClusterError::Refused { status, wait: None, .. } => Some(refused(mode, doing, *status, seen)),
        ClusterError::Name { .. } => Some(
            "a name has letters, digits and dashes alone: it is --controller-name, in --controller-namespace"
                .to_owned(),
        ),
    }
}

fn transport(mode: Mode, cause: &Cause) -> String {
    let step = match cause {
        Cause::Unreachable(_) => {
            "see whether the API server can be reached: `kubectl version`, `kubectl config view`"
        }
        Cause::Untrusted(_) => {
            "the API server's certificate is not trusted: name its authority with --certificate-authority, or correct the kubeconfig"
        }
        Cause::Tls(_) => "see whether the address is right, and whether https is spoken there",
        Cause::Timeout(_) => {
            "see whether the API server can be reached, or give it longer with --request-timeout"
        }
        Cause::Url => "correct the address of the API server",
        Cause::Other(_) => "see whether the API server answers: `kubectl version`",
    };
    format!("{step}{}", without(mode))
}

/// Sealing needs no cluster where there is a certificate; --cert was not given, or nothing would have been asked.
fn without(mode: Mode) -> &'static str {
    match mode {
        Mode::Seal | Mode::Raw | Mode::MergeInto => "; or seal without a cluster: --cert",
        Mode::Recover | Mode::Validate | Mode::ReEncrypt | Mode::FetchCert => "",
    }
}

fn refused(mode: Mode, doing: &Doing, status: StatusCode, seen: &[Alike]) -> String {
    match (status, doing) {
        (StatusCode::UNAUTHORIZED, _) => {
            format!("the credentials are not accepted, or have expired: log in again{}", without(mode))
        }
        (StatusCode::FORBIDDEN, Doing::FindService) => format!(
            "the right to get this Service is given by the Role `sealed-secrets-service-proxier`, for its own name only: see --controller-name and --controller-namespace{}",
            without(mode)
        ),
        (StatusCode::FORBIDDEN, _) => format!(
            "ask for the right to services/proxy of the controller: Role `sealed-secrets-service-proxier` gives it{}",
            without(mode)
        ),
        (StatusCode::NOT_FOUND, Doing::FindService) => format!("{}{}", service(seen), without(mode)),
        (StatusCode::NOT_FOUND, _) => {
            "the Service is there, but what answers behind it is no controller: see --controller-name".to_owned()
        }
        (
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT,
            Doing::FindService,
        ) => {
            format!("the API server is busy or not there, and no controller was asked: try again in a moment; `kubectl version` tells whether it answers{}", without(mode))
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            "the controller's limit is reached: wait a moment, or raise its --rate-limit and --rate-limit-burst".to_owned()
        }
        (StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT, _) => {
            format!("see whether the controller runs: `kubectl get pods --all-namespaces -l app.kubernetes.io/name=sealed-secrets`{}", without(mode))
        }
        (_, Doing::ReEncrypt(_)) => {
            "the controller could not open it, or could not read it: --validate tells whether it can be opened, the controller's log why".to_owned()
        }
        (_, Doing::Validate(_)) => "the controller could not read it: its log says why".to_owned(),
        (_, Doing::FindService) => format!("the API server failed: try again, and see --controller-name and --controller-namespace{}", without(mode)),
        (_, Doing::FetchCertificate) => format!("see whether the controller runs{}", without(mode)),
    }
}

fn service(seen: &[Alike]) -> String {
    match seen {
        [] => "name the controller's Service with --controller-name and --controller-namespace (`kubectl get services --all-namespaces` lists all)".to_owned(),
        [one] => format!("try {one}: that Service looks like a controller's"),
        several => {
            let flags: Vec<_> = several.iter().map(Alike::to_string).collect();
            format!("these Services look like a controller's: {}", flags.join("; "))
        }
    }
}

pub(super) fn kubeconfig(error: &KubeconfigError, mode: Mode) -> Option<String> {
    let hint = match error {
        KubeconfigError::Nothing(looked)
            if looked.iter().any(|file| file.found == Found::NoCurrentContext) =>
        {
            "name a context of the kubeconfig with --context: `kubectl config get-contexts` lists them"
        }
        KubeconfigError::Nothing(_) => match mode {
            Mode::Seal | Mode::MergeInto | Mode::Raw => {
                "give a certificate with --cert, or a cluster with --kubeconfig, KUBECONFIG or --server"
            }
            Mode::FetchCert => {
                "the certificate comes from a cluster: name it with --kubeconfig, KUBECONFIG or --server"
            }
            Mode::Validate => {
                "the controller is asked, so a cluster is needed: name it with --kubeconfig, KUBECONFIG or --server"
            }
            Mode::ReEncrypt => {
                "the controller does it, so a cluster is needed: name it with --kubeconfig, KUBECONFIG or --server; without one: kubeseal --recovery-unseal … | kubeseal --cert …"
            }
            Mode::Recover => return None,
        },
        KubeconfigError::Missing { .. } => "correct --kubeconfig",
        KubeconfigError::Load { .. } => match mode {
            Mode::Seal | Mode::MergeInto | Mode::Raw => "--cert and -n together need no kubeconfig at all",
            Mode::FetchCert | Mode::Validate | Mode::ReEncrypt | Mode::Recover => {
                "correct the file, or name another one with --kubeconfig"
            }
        },
        KubeconfigError::Unknown { kind: ClusterPart::Context, .. } | KubeconfigError::CurrentContext(_) => {
            "`kubectl config get-contexts` lists the contexts"
        }
        KubeconfigError::Unknown { kind: ClusterPart::Cluster | ClusterPart::User, .. }
        | KubeconfigError::NoServer(_) => "`kubectl config view` shows what the kubeconfig holds",
        KubeconfigError::InsecureWithAuthority => {
            "leave one of --insecure-skip-tls-verify and --certificate-authority out"
        }
        KubeconfigError::SeveralCredentials => "leave --token or --username out",
        KubeconfigError::GroupWithoutUser => "name the user with --as",
        KubeconfigError::Timeout => "for example --request-timeout 30s",
        KubeconfigError::Url { what: Address::Server, .. } => "a URL is like https://host:6443",
        KubeconfigError::Url { what: Address::Proxy, .. } => PROXY,
        KubeconfigError::File { .. } => "the kubeconfig names this file: `kubectl config view` shows where",
        KubeconfigError::Header { .. } => "line ends and other control characters have no place in it",
        KubeconfigError::InCluster(_) => {
            "see the service account of the pod, or name a kubeconfig with --kubeconfig"
        }
        KubeconfigError::Plugin { .. } => "see whether `kubectl auth whoami` works with the same kubeconfig",
        KubeconfigError::Tls(TlsProblem::Transport(_) | TlsProblem::Auth(_) | TlsProblem::Config(_)) => {
            "see the certificates and keys of the kubeconfig: `kubectl config view`"
        }
    };
    Some(hint.to_owned())
}

pub(super) const PROXY: &str = "a proxy is like http://host:3128, with http, https or socks5; it comes from --proxy-url, the kubeconfig's proxy-url, HTTPS_PROXY or HTTP_PROXY";

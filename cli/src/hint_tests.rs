//! A table of every cause and the step that its hint must name.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{fs, io, path::Path, time::Duration};

use http::StatusCode;
use sealed_secrets_core::{
    Scope, SealingKey,
    keys::{CertificateError, KeyError, recovery::RecoveryError},
    manifest::DecodeError,
    merge::{self, TargetError},
    seal::SealError,
    unseal::{ItemError, Reason, UnsealError},
};

use transport::TlsError;

use super::*;
use crate::{
    args::{Refused, ValueError},
    cert_source::{FetchError, UrlError},
    cluster::{
        Address, AnswerError, Cause, ClusterError, ClusterPart, ExecError, FileReason, Found, HttpError,
        LoadError, Looked, TlsProblem, Unanswered,
    },
    problem::{Doing, FileError, Title},
};

fn told(problem: &Problem) -> String {
    hint(problem).unwrap_or_default()
}

#[track_caller]
fn check(problem: &Problem, step: &str) {
    let told = told(problem);
    assert!(told.contains(step), "{problem:?}: {told:?} lacks {step:?}");
}

fn cluster_problem(mode: Mode, doing: Doing, error: ClusterError) -> Problem {
    Problem::Cluster { mode, doing, error, seen: Vec::new() }
}

fn decode_error() -> DecodeError {
    sealed_secrets_core::manifest::secrets(b"data: {a: '%'}").unwrap_err()
}

#[test]
fn every_problem_of_the_command_line_names_its_step() {
    let file = |kind: io::ErrorKind| FileError::open(Path::new("/nowhere/x"), &kind.into());
    let title = Title { name: "n".into(), namespace: "ns".into() };
    for (problem, step) in [
        (Problem::FromFileWithoutRaw, "-f"),
        (Problem::SeveralFromFiles, "once for each value"),
        (Problem::FromFileIsStdin, "leave --from-file out"),
        (Problem::RawWithoutName(Scope::Strict), "--scope namespace-wide"),
        (Problem::RawWithoutNamespace(Scope::Strict), "-n NAMESPACE"),
        (Problem::NoNamespace(KubeconfigError::Nothing(Vec::new())), "-n NAMESPACE"),
        (Problem::NoNamespace(KubeconfigError::CurrentContext("x".into())), "-n NAMESPACE, or"),
        (Problem::Format("sealed.yaml".into()), "-w sealed.yaml"),
        (Problem::Format("xml".into()), "json or yaml"),
        (
            Problem::Variable(Refused { flag: "raw", variable: "X".into(), error: ValueError::Switch }),
            "correct the variable",
        ),
        (Problem::Surplus { command: "man".into(), word: "foo".into() }, "`kubeseal man` alone"),
        (Problem::Surplus { command: "completion".into(), word: "foo".into() }, "completion SHELL"),
        (Problem::Shell(None), "bash"),
        (Problem::Word { word: "verson".into(), nearest: Some("`kubeseal version`".into()) }, "version"),
        (Problem::Word { word: "x.yaml".into(), nearest: None }, "-f x.yaml"),
        (Problem::Word { word: "foo".into(), nearest: None }, "help, version"),
        (Problem::Input(file(io::ErrorKind::PermissionDenied)), "ls -l"),
        (Problem::Input(file(io::ErrorKind::IsADirectory)), "--validate"),
        (Problem::File(file(io::ErrorKind::IsADirectory)), "it is a folder: name a file in it"),
        (Problem::File(file(io::ErrorKind::NotADirectory)), "is a file"),
        (Problem::SeveralInputs("a".into(), "b".into()), "name each file with -f"),
        (Problem::NoFiles("d".into()), "-f"),
        (Problem::Pattern("[".into(), "x"), "-f"),
        (Problem::Spool(io::ErrorKind::StorageFull.into()), "TMPDIR"),
        (Problem::Stdin(io::ErrorKind::Other.into()), "-f"),
        (Problem::Stdout(io::ErrorKind::BrokenPipe.into()), "-w"),
        (Problem::WouldLose("x".into()), "-w"),
        (Problem::MayLose("x".into()), "-w"),
        (Problem::LongLine(1), "--from-file"),
        (Problem::Changed("x".into()), "again"),
        (Problem::NoSecrets(None), "kubectl create secret"),
        (Problem::NoSealedSecrets(None), "kubeseal writes"),
        (Problem::Field(decode_error()), "stringData"),
        (Problem::OtherKinds { what: "a Pod".into() }, "-o yaml"),
        (Problem::LikeSecret { kind: "Secrte".into(), name: "n".into() }, "write kind: Secret"),
        (Problem::List, "-o yaml"),
        (Problem::AlreadySealed { name: "n".into(), with_keys: true }, "add --recovery-unseal"),
        (Problem::AlreadySealed { name: "n".into(), with_keys: false }, "--merge-into"),
        (Problem::MergeOfSeveral(2), "split"),
        (Problem::MergeScope { ours: Scope::ClusterWide, theirs: Scope::Strict }, "--scope"),
        (Problem::NoPrivateKey, "--recovery-private-key"),
        (Problem::NotDecryptable(title.clone()), "seal it again"),
        (Problem::NotDecryptable(Title { namespace: String::new(), ..title.clone() }), "metadata.namespace"),
        (Problem::NotRotatable(Title { namespace: String::new(), ..title.clone() }), "metadata.namespace"),
        (Problem::Input(FileError::open(Path::new("d/*.yaml"), &io::ErrorKind::NotFound.into())), "patterns"),
        (Problem::NotRotatable(title.clone()), "--validate"),
        (Problem::Answer { title: title.clone(), error: decode_error() }, "--controller-name"),
        (Problem::AnswerLacks { title, items: "a".into() }, "nothing is written"),
        (Problem::NotASealedSecret { kind: "Pod".into(), what: "a Pod".into() }, "give the SealedSecret"),
        (Problem::Runtime(io::ErrorKind::Other.into()), "out of something"),
        (Problem::List.inside(Some(&"x".into())), "-o yaml"),
    ] {
        check(&problem, step);
    }
    assert_eq!(hint(&Problem::Several(Vec::new())), None, "each has its own");
}

#[test]
fn every_cause_of_the_library_names_its_step() {
    let name = || "n".to_owned();
    for (error, kind, step) in [
        (SealError::Empty { name: name() }, None, "--allow-empty-data"),
        (SealError::Empty { name: name() }, Some("Pod".to_owned()), "give the Secret"),
        (SealError::MissingName, None, "--name"),
        (SealError::MissingNamespace { name: name() }, None, "-n"),
        (
            SealError::NamespaceMismatch { name: name(), input: "a".into(), given: "b".into() },
            None,
            "leave -n out",
        ),
    ] {
        check(&Problem::Seal { error, kind, kubeconfig: None }, step);
    }
    let target = |error| Problem::Target { path: "t.yaml".into(), error };
    check(&target(merge::target(b"kind: Secret\n", "", "").unwrap_err()), "kubeseal -f t.yaml -w");
    check(&target(merge::target(b"- a\n", "", "").unwrap_err()), "--merge-into takes");
    check(&target(TargetError::NoneFits { wanted: name(), found: Vec::new() }), "--name");
    check(&target(TargetError::SeveralFit { wanted: name(), count: 2 }), "-n");
    let expired = CertificateError::Expired { on: "2020-01-01T00:00:00Z".parse().unwrap() };
    let missing = SealingKey::from_pem(b"x", "2026-01-01T00:00:00Z".parse().unwrap()).unwrap_err();
    for (error, own, step) in [
        (expired.clone(), true, "--fetch-cert"),
        (expired, false, "SIGUSR1"),
        (missing.clone(), true, "--cert takes"),
        (missing, false, "--controller-name"),
        (CertificateError::KeySize { bits: 1024 }, true, "--cert takes"),
    ] {
        check(&Problem::Certificate { error, own }, step);
    }
    for (reason, step) in [
        (Reason::NoKeys, "--recovery-private-key"),
        (Reason::UnknownKey { bits: 2048 }, "--recovery-private-key"),
        (Reason::WrongName { sealed_for: name() }, "put the name"),
        (Reason::Truncated, "copy the ciphertext"),
    ] {
        check(&Problem::Unseal { name: name(), error: UnsealError::Blob(ItemError(reason)) }, step);
    }
    check(&Problem::Unseal { name: name(), error: UnsealError::BothData }, "spec.data out");
    check(&Problem::Unseal { name: name(), error: UnsealError::DeprecatedData }, "encryptedData");
    check(&Problem::Unseal { name: name(), error: UnsealError::Malformed(Vec::new()) }, "correct the field");
    let key = |error| Problem::PrivateKey { path: "k".into(), error };
    check(&key(RecoveryError::Empty), "kubectl get secret");
    check(&key(RecoveryError::Pem(KeyError::NotRsa("EC"))), "RSA keys of a controller");
}

#[test]
fn every_cause_of_a_url_names_its_step() {
    for (error, step) in [
        (UrlError::Scheme("x".into()), "--cert takes"),
        (UrlError::Syntax, "--cert takes"),
        (UrlError::Slashes, "--cert takes"),
        (UrlError::NotUtf8, "--cert takes"),
        (UrlError::Folder, "a file in it"),
    ] {
        check(&Problem::Url { url: "x".into(), error }, step);
    }
    let io = || io::Error::from(io::ErrorKind::NotFound);
    let cause = |cause| FetchError::Unanswered { url: "x".into(), cause };
    let setup = |error| FetchError::Setup { url: "x".into(), error };
    for (error, step) in [
        (setup(HttpError::Proxy("x".into())), "HTTPS_PROXY"),
        (setup(HttpError::Tls(TlsError::Unusable("x".into()))), "root certificates"),
        (cause(Cause::Unreachable("x".into())), "NO_PROXY"),
        (cause(Cause::Timeout(Duration::from_secs(1))), "can be reached"),
        (cause(Cause::Untrusted("x".into())), "not trusted"),
        (cause(Cause::Tls("x".into())), "https"),
        (cause(Cause::Other("x".into())), "another tool"),
        (FetchError::Refused(StatusCode::UNAUTHORIZED), "user:password@"),
        (FetchError::Refused(StatusCode::NOT_FOUND), "another tool"),
        (FetchError::NoPlace(StatusCode::FOUND), "another tool"),
        (FetchError::Place { url: "x".into(), error: UrlError::Syntax }, "another tool"),
        (FetchError::Redirects(10), "another tool"),
        (FetchError::NoFile(io()), "check the name"),
        (FetchError::File(io()), "check the name"),
    ] {
        check(&Problem::Fetch { url: "x".into(), error }, step);
    }
}

#[test]
fn every_cause_of_the_cluster_names_its_step() {
    let transport =
        |cause| ClusterError::Transport(Unanswered { verb: "Get", url: "https://h".into(), cause });
    for (cause, step) in [
        (Cause::Unreachable("x".into()), "can be reached"),
        (Cause::Untrusted("x".into()), "--certificate-authority"),
        (Cause::Tls("x".into()), "https"),
        (Cause::Timeout(Duration::from_secs(1)), "--request-timeout"),
        (Cause::Url, "address"),
        (Cause::Other("x".into()), "kubectl version"),
    ] {
        let problem = cluster_problem(Mode::Validate, Doing::FindService, transport(cause));
        check(&problem, step);
        assert!(!told(&problem).contains("--controller-name") && !told(&problem).contains("--cert "));
    }
    let refused = |status| ClusterError::Refused { status, message: "x".into(), wait: None };
    for (status, doing, step) in [
        (StatusCode::UNAUTHORIZED, Doing::FindService, "log in again"),
        (StatusCode::FORBIDDEN, Doing::FindService, "sealed-secrets-service-proxier"),
        (StatusCode::FORBIDDEN, Doing::FetchCertificate, "services/proxy"),
        (StatusCode::NOT_FOUND, Doing::FindService, "--controller-name"),
        (StatusCode::TOO_MANY_REQUESTS, Doing::FindService, "the API server is busy"),
        (StatusCode::SERVICE_UNAVAILABLE, Doing::FindService, "the API server is busy"),
        (StatusCode::BAD_GATEWAY, Doing::FindService, "the API server is busy"),
        (StatusCode::GATEWAY_TIMEOUT, Doing::FindService, "the API server is busy"),
        (StatusCode::NOT_FOUND, Doing::FetchCertificate, "no controller"),
        (StatusCode::TOO_MANY_REQUESTS, Doing::Validate(None), "--rate-limit"),
        (StatusCode::SERVICE_UNAVAILABLE, Doing::FetchCertificate, "whether the controller runs"),
        (StatusCode::INTERNAL_SERVER_ERROR, Doing::ReEncrypt(None), "--validate"),
        (StatusCode::INTERNAL_SERVER_ERROR, Doing::Validate(None), "log"),
        (StatusCode::INTERNAL_SERVER_ERROR, Doing::FindService, "try again"),
        (StatusCode::INTERNAL_SERVER_ERROR, Doing::FetchCertificate, "controller runs"),
    ] {
        check(&cluster_problem(Mode::FetchCert, doing, refused(status)), step);
    }
    for (mode, step) in [
        (Mode::Seal, "--cert"),
        (Mode::Raw, "--cert"),
        (Mode::MergeInto, "--cert"),
        (Mode::FetchCert, "comes from a cluster"),
        (Mode::Validate, "a cluster is needed"),
        (Mode::ReEncrypt, "--recovery-unseal"),
    ] {
        check(&cluster_problem(mode, Doing::FindService, KubeconfigError::Nothing(Vec::new()).into()), step);
    }
    let text = || "x".to_owned();
    let file = || FileReason(io::ErrorKind::NotFound.into());
    for (error, step) in [
        (KubeconfigError::Missing { path: text(), reason: file() }, "--kubeconfig"),
        (KubeconfigError::Load { path: text(), reason: LoadError::Yaml }, "correct the file"),
        (KubeconfigError::Unknown { kind: ClusterPart::Context, name: text() }, "get-contexts"),
        (KubeconfigError::Unknown { kind: ClusterPart::User, name: text() }, "config view"),
        (KubeconfigError::CurrentContext(text()), "get-contexts"),
        (KubeconfigError::NoServer(text()), "config view"),
        (KubeconfigError::InsecureWithAuthority, "leave one"),
        (KubeconfigError::SeveralCredentials, "leave --token"),
        (KubeconfigError::GroupWithoutUser, "--as"),
        (KubeconfigError::Timeout, "30s"),
        (KubeconfigError::Url { what: Address::Server, url: "x".into() }, "https://"),
        (KubeconfigError::Url { what: Address::Proxy, url: "x".into() }, "--proxy-url"),
        (KubeconfigError::File { path: text(), reason: file() }, "config view"),
        (KubeconfigError::Plugin { command: text(), error: ExecError::Signal }, "whoami"),
        (KubeconfigError::Header { what: "--as", value: text() }, "control characters"),
        (
            KubeconfigError::InCluster(Box::new(kube::config::InClusterError::ReadEnvironmentVariable(
                std::env::VarError::NotPresent,
            ))),
            "service account",
        ),
        (
            KubeconfigError::Nothing(vec![Looked { path: "x".into(), found: Found::NoCurrentContext }]),
            "--context",
        ),
        (KubeconfigError::Nothing(vec![Looked { path: "x".into(), found: Found::Missing }]), "KUBECONFIG"),
        (KubeconfigError::Tls(TlsProblem::Transport(TlsError::Unusable(text()))), "certificates"),
    ] {
        check(&cluster_problem(Mode::Validate, Doing::FindService, error.into()), step);
    }
    let answer = AnswerError::NoPort { namespace: text(), name: text() };
    check(&cluster_problem(Mode::Seal, Doing::FindService, answer.into()), "API server");
    let name = ClusterError::Name { flag: "--controller-name", name: "a b".into() };
    check(&cluster_problem(Mode::Seal, Doing::FindService, name), "--controller-name");
    let later = ClusterError::Refused {
        status: StatusCode::TOO_MANY_REQUESTS,
        message: text(),
        wait: Some(Duration::from_hours(1)),
    };
    assert!(later.to_string().contains("asks to wait 3600 seconds"));
    check(&cluster_problem(Mode::Validate, Doing::Validate(None), later), "after that time");
    let runtime = ClusterError::Runtime(io::ErrorKind::Other.into());
    check(&cluster_problem(Mode::Seal, Doing::FindService, runtime), "out of something");
}

#[test]
fn a_missing_file_gets_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret.yaml"), "").unwrap();
    let missing = FileError::open(&folder.path().join("secrets.yaml"), &io::ErrorKind::NotFound.into());
    check(&Problem::Input(missing), "secret.yaml?");
}

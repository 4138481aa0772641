//! One function for each job: the only place where the order of reading, asking and writing is decided.

mod chunks;
mod merge;
mod parallel;
mod raw;
mod recover;
mod remote;
mod seal;
mod sealer;

use jiff::Timestamp;
use sealed_secrets_core::SealingKey;

use crate::{
    args::help,
    cert_source,
    input::Input,
    job::{Cert, Job, Sink, Source},
    output,
    problem::Problem,
};

/// Does what was asked.
pub(crate) fn run(job: Job) -> Result<(), Problem> {
    match job {
        Job::Version => output::stdout(VERSION.as_bytes()),
        Job::Help => output::stdout(help::help().as_bytes()),
        Job::Completion(shell) => output::stdout(&help::completion(shell)),
        Job::Man => output::stdout(&help::man_page().map_err(Problem::Runtime)?),
        Job::FetchCert { cert, output, input } => fetch_cert(&cert, &output, &input),
        Job::Seal { input, output, format, cert, options } => {
            seal::seal(&input, &output, &format, &cert, options)
        }
        Job::SealRaw { value, cert, output, options, input } => {
            raw::seal(&value, &cert, &output, &options, &input)
        }
        Job::Validate { input, controller } => remote::validate(&input, &controller),
        Job::ReEncrypt { input, output, format, controller } => {
            remote::re_encrypt(&input, &output, &format, &controller)
        }
        Job::Recover { keys, input, output, format } => recover::recover(&keys, &input, &output, &format),
        Job::MergeInto { target, input, cert, format, options, unused } => {
            merge::merge_into(&target, &input, &cert, &format, options, &unused)
        }
    }
}

/// Copies the certificate as it is: checking it is for the one who seals with it.
fn fetch_cert(cert: &Cert, output: &Sink, input: &Source) -> Result<(), Problem> {
    // The reference opens the file of -f even here, and scripts may count on a wrong name being found.
    Input::open(input)?;
    output.check()?;
    output.write(&cert_source::read(cert)?)
}

/// The certificate as a key that seals.
fn sealing_key(cert: &Cert) -> Result<SealingKey, Problem> {
    let pem = cert_source::read(cert)?;
    SealingKey::from_pem(&pem, Timestamp::now()).map_err(|error| Problem::Certificate(error.to_string()))
}

/// What scripts look for is the text before the number.
const VERSION: &str = concat!("kubeseal version: v", env!("CARGO_PKG_VERSION"), "\n");

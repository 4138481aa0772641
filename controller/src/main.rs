//! `controller`: unseals SealedSecrets into Secrets.

use std::process::ExitCode;

fn main() -> ExitCode {
    sealed_secrets_controller::app::main()
}

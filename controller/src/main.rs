//! `controller`: unseals SealedSecrets into Secrets.

use std::{alloc::System, process::ExitCode};

use zeroizing_alloc::ZeroAlloc;

/// Copies of values are made in places that know nothing of values: encoders, connections, TLS. Whatever is freed
/// is wiped.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    sealed_secrets_controller::app::main()
}

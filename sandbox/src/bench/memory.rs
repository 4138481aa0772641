//! Resident memory of the controller, by its own account.

use sandbox::controller::Controller;

use super::Failure;
use super::scrape::of_controller;

/// Resident memory in MiB.
pub(super) async fn resident(controller: &Controller) -> Result<f64, Failure> {
    let bytes = of_controller(controller, "process_resident_memory_bytes").await?;
    Ok(bytes.ok_or("the controller's metrics lack process_resident_memory_bytes")? / f64::from(1 << 20))
}

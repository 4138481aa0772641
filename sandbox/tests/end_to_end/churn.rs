//! A short storm; `cargo run -p sandbox -- churn` makes longer ones, and with `--faults` ones in which requests
//! fail at random.

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::churn::{Settings, run};

use crate::pool::{Pool, told};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![pool.trial("churn::after_random_changes_every_secret_is_what_a_fresh_unseal_gives", storm)]
}

async fn storm(backend: &Backend) -> Result<(), Failed> {
    let settings = Settings { seconds: 12, objects: 60, faults: false, seed: 20_261_123 };
    let report = run(backend, settings).await.map_err(told)?;
    println!("churn ({}): {report}", backend.kind());
    if report.equal == 0 {
        return Err("nothing was compared".into());
    }
    if report.faults.is_empty() { Ok(()) } else { Err(report.to_string().into()) }
}

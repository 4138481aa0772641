//! What is left of values and private keys in the controller's memory a few seconds after its work.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use libtest_mimic::{Failed, Trial};
use rustix::process::Signal;
use sandbox::backend::Backend;
use sandbox::http_client;
use sandbox::objects::{PatchType, Target};
use sealed_secrets_core::names::KEY_LABEL;
use serde_json::json;

use crate::journeys::new_certificate;
use crate::pool::{Pool, told};
use crate::scenarios::keys;
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![pool.trial("memory_image::values_and_key_texts_are_gone_from_memory_soon", gone_soon)]
}

/// Bytes to look for, and how often they may be found.
///
/// What was freed is wiped; what may be left lies in the buffers of open connections, which keep the end of what
/// came through them last: the text of an answer (base64), never more of a value than a TLS record holds.
struct Needle {
    what: String,
    bytes: Vec<u8>,
    allowed: usize,
}

async fn gone_soon(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-image").await?;
    let pid = stage.controller.id().ok_or("the controller has no process")?;
    if image(pid).is_none() {
        eprintln!("skipped: the memory of another process cannot be read here");
        return stage.strike().await;
    }
    // A key that the watch brings, and one that the controller makes.
    let first = stage.kubeseal(&["--fetch-cert"], "").await?.ok()?;
    stage.controller.signal(Signal::USR1)?;
    new_certificate(&stage, &first).await?;
    let mut needles = Vec::new();
    for (value, allowed) in [(CREATED, 0), (MERGED, 0), (LARGE, A_RECORD)] {
        needles.extend(forms(value, value.as_bytes(), allowed));
    }
    for held in stage.admin().list("Secret", backend.controller_namespace()).await.map_err(told)? {
        if held["metadata"]["labels"].get(KEY_LABEL).is_some() {
            let pem = keys::decoded(&held)["tls.key"].clone();
            // A line of the middle: numbers of the key, as the text holds them.
            let line = pem.split(|byte| *byte == b'\n').nth(12).ok_or("a short key")?;
            needles.extend(forms("a line of a private key's PEM", line, KEY_TEXTS));
        }
    }
    // Made, merged into one that is there, drifted and put back, and one of many frames.
    let mut there = secret("e2e-image", "merged", &[("other", "x")]);
    there["metadata"]["annotations"] = json!({"sealedsecrets.bitnami.com/patch": "true"});
    stage.admin().create(&there).await.map_err(told)?;
    let large = LARGE.repeat(3000);
    for (name, value) in [("created", CREATED), ("merged", MERGED), ("large", &large)] {
        let sealed = stage.seal(&secret("e2e-image", name, &[("k", value)])).await?;
        stage.admin().create(&sealed).await.map_err(told)?;
        stage.synced_is("e2e-image", name, "True", "").await?;
        let target = Target { kind: "Secret", namespace: "e2e-image", name, ..Target::default() };
        let touch = json!({"metadata": {"labels": {"touched": "yes"}}});
        stage.admin().patch(target, PatchType::Merge, &touch).await.map_err(told)?;
    }
    tokio::time::sleep(SOON).await;
    let _warm = http_client::get(stage.controller.http(), "/healthz").await?;
    let memory = image(pid).ok_or("the controller's memory cannot be read any more")?;
    let found: Vec<String> = needles
        .iter()
        .map(|needle| (needle, count(&memory, &needle.bytes)))
        .filter(|(needle, count)| *count > needle.allowed)
        .map(|(needle, count)| format!("{count} × {}", needle.what))
        .collect();
    if !found.is_empty() {
        return Err(format!("left in memory: {}", found.join(", ")).into());
    }
    stage.strike().await
}

/// The bytes as they are, which must be gone, and as they stand in base64 at each of three places.
fn forms(what: &str, bytes: &[u8], allowed: usize) -> Vec<Needle> {
    let encoded = (0..3).map(|skip| {
        let part = &bytes[skip..];
        Needle {
            what: format!("{what} in base64 from byte {skip}"),
            bytes: STANDARD_NO_PAD.encode(&part[..part.len() / 3 * 3]).into_bytes(),
            allowed,
        }
    });
    let raw = Needle { what: what.to_owned(), bytes: bytes.to_vec(), allowed: 0 };
    std::iter::once(raw).chain(encoded).collect()
}

/// All of a process's memory that it may write to.
fn image(pid: u32) -> Option<Vec<Vec<u8>>> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let mut regions = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw")))
    {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        let mut region = vec![0; usize::try_from(to - from).ok()?];
        if memory.read_exact_at(&mut region, from).is_ok() {
            regions.push(region);
        }
    }
    (!regions.is_empty()).then_some(regions)
}

fn count(regions: &[Vec<u8>], needle: &[u8]) -> usize {
    regions
        .iter()
        .map(|region| {
            region.windows(needle.len()).filter(|window| window[0] == needle[0] && *window == needle).count()
        })
        .sum()
}

const CREATED: &str = "Wq7-created-value-that-nothing-else-is-like-0123";
const MERGED: &str = "Zk3-merged-value-that-nothing-else-is-like-45678";
const LARGE: &str = "Xp9-large-value-that-nothing-else-is-like-987654";
/// How often the large value's piece, 64 bytes in base64, fits into a TLS record.
const A_RECORD: usize = 16_384 / 64;
/// A watch, an answer, what TLS deciphered in place: the key itself is in memory anyhow.
const KEY_TEXTS: usize = 4;
const SOON: Duration = Duration::from_secs(3);

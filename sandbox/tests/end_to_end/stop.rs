//! A stop in order: what is under way ends, nothing new begins, and all within the grace of a pod.

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use rustix::process::Signal;
use sandbox::backend::{Backend, Kind};
use sandbox::memory::{Effect, Fault};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::pool::{Pool, told};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    let mut trials = vec![pool.trial("stop::an_open_request_is_answered", open_request)];
    if pool.kind == Kind::Memory {
        trials.push(pool.trial("stop::an_object_in_work_is_finished", object_in_work));
    }
    trials
}

async fn open_request(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "stop-request").await?;
    let body = stage.seal(&secret("stop-request", "app", &[("k", "v")])).await?.to_string();
    let mut stream = TcpStream::connect(stage.controller.http()).await?;
    let head = format!("POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    let (first, rest) = body.split_at(body.len() / 2);
    stream.write_all(format!("{head}{first}").as_bytes()).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.controller.signal(Signal::TERM)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    if TcpStream::connect(stage.controller.http()).await.is_ok() {
        return Err("it still accepts connections".into());
    }
    stream.write_all(rest.as_bytes()).await?;
    let mut answer = String::new();
    let _closed = stream.read_to_string(&mut answer).await;
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(format!("the open request got {answer:?}").into());
    }
    stage.strike().await
}

async fn object_in_work(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "stop-object").await?;
    let server = backend.memory().ok_or("a server in memory")?;
    let late = Effect::Latency(Duration::from_secs(3));
    server.faults().inject(Fault::on("create", "secrets", late).within("stop-object"));
    let sealed = stage.seal(&secret("stop-object", "app", &[("k", "v")])).await?;
    stage.admin().create(&sealed).await.map_err(told)?;
    while server.faults().left_within("stop-object") > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let begun = Instant::now();
    let status = stage.controller.stop().await?;
    if !status.success() || begun.elapsed() > Duration::from_secs(15) {
        return Err(format!("it ended with {status} after {:?}", begun.elapsed()).into());
    }
    // The Secret, its status and its Event were written before the process ended.
    let admin = backend.admin();
    let made = admin.get("Secret", "stop-object", "app").await.map_err(told)?.is_some();
    let sealed = admin.get("SealedSecret", "stop-object", "app").await.map_err(told)?.unwrap_or_default();
    let synced = sealed["status"]["conditions"][0]["status"] == "True";
    let events = admin.list("Event", "stop-object").await.map_err(told)?.len();
    if made && synced && events == 1 {
        return Ok(());
    }
    Err(format!("Secret made: {made}, synced: {synced}, Events: {events}").into())
}

//! A local HTTP or HTTPS server that gives a case's canned answers and keeps what it was asked.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::{Value, json};

use super::case::expand;

/// A running server; it lives as long as the test process.
pub(crate) struct Server {
    pub(crate) hostport: String,
    pub(crate) base: String,
    state: Arc<State>,
}

struct State {
    hostport: String,
    base: String,
    rules: Mutex<Vec<Value>>,
    requests: Mutex<Vec<Value>>,
    fill: Box<dyn Fn(&str) -> String + Send + Sync>,
}

impl Server {
    /// Starts it; `fill` replaces the placeholders in what it answers.
    pub(crate) fn start(
        rules: &Value,
        tls: bool,
        keys: &str,
        fill: impl Fn(&str, &str, &str) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hostport = listener.local_addr().unwrap().to_string();
        let base = format!("{}://{hostport}", if tls { "https" } else { "http" });
        let (own_hostport, own_base) = (hostport.clone(), base.clone());
        let state = Arc::new(State {
            hostport: hostport.clone(),
            base: base.clone(),
            rules: Mutex::new(rules.as_array().cloned().unwrap_or_default()),
            requests: Mutex::default(),
            fill: Box::new(move |text| fill(text, &own_base, &own_hostport)),
        });
        let tls = tls.then(|| tls_config(keys));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, tls) = (Arc::clone(&shared), tls.clone());
                // A client that goes away in the middle is part of what is tested.
                thread::spawn(move || match tls {
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).unwrap();
                        let _ = state.serve(BufReader::new(StreamOwned::new(connection, stream)));
                    }
                    None => {
                        let _ = state.serve(BufReader::new(stream));
                    }
                });
            }
        });
        Self { hostport, base, state }
    }

    /// What it was asked so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.state.requests.lock().unwrap().clone()
    }
}

fn tls_config(keys: &str) -> Arc<ServerConfig> {
    let certificates =
        CertificateDer::pem_file_iter(format!("{keys}/tls.crt")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(format!("{keys}/tls.key")).unwrap();
    Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key).unwrap())
}

/// Request line, headers with repeated ones in order, body.
struct Asked {
    method: String,
    target: String,
    headers: BTreeMap<String, Vec<String>>,
    body: Vec<u8>,
}

impl State {
    fn serve<S: Read + Write>(&self, mut stream: BufReader<S>) -> io::Result<()> {
        while let Some(asked) = read_request(&mut stream)? {
            let (status, headers, body) = self.answer(&asked);
            let mut text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in headers {
                text.extend([&name, ": ", &value, "\r\n"]);
            }
            text.push_str("\r\n");
            let stream = stream.get_mut();
            stream.write_all(text.as_bytes())?;
            stream.write_all(&body)?;
            stream.flush()?;
        }
        Ok(())
    }

    fn answer(&self, asked: &Asked) -> (u64, Vec<(String, String)>, Vec<u8>) {
        let path =
            asked.target.replace(&self.base, "{apiserver}").replace(&self.hostport, "{apiserver_hostport}");
        self.requests.lock().unwrap().push(record(asked, &path));
        let Some(rule) = self.rule(&asked.method, &path) else {
            return (
                404,
                vec![("Content-Type".into(), "text/plain".into())],
                b"no canned response\n".to_vec(),
            );
        };
        let mut headers: Vec<(String, String)> = rule["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), (self.fill)(value.as_str().unwrap())))
            .collect();
        let body = match &rule["body"] {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            Value::Object(map) if map.len() == 1 && map.contains_key("file") => {
                std::fs::read((self.fill)(map["file"].as_str().unwrap())).unwrap()
            }
            Value::Object(map) if map.contains_key("parts") => expand(&map["parts"]).into_bytes(),
            json => {
                if headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("content-type")) {
                    headers.push(("Content-Type".into(), "application/json".into()));
                }
                json.to_string().into_bytes()
            }
        };
        (rule["status"].as_u64().unwrap(), headers, body)
    }

    /// The first rule that fits and has not been used up.
    fn rule(&self, method: &str, path: &str) -> Option<Value> {
        let mut rules = self.rules.lock().unwrap();
        let bare = path.split('?').next().unwrap_or(path);
        let rule = rules.iter_mut().find(|rule| {
            let want = rule["path"].as_str().unwrap();
            let fits = want == if want.contains('?') { path } else { bare };
            rule["method"] == method && fits && rule["times"].as_u64() != Some(0)
        })?;
        let used = rule.clone();
        if let Some(times) = rule["times"].as_u64() {
            rule["times"] = json!(times - 1);
        }
        Some(used)
    }
}

fn record(asked: &Asked, path: &str) -> Value {
    let headers: serde_json::Map<String, Value> = asked
        .headers
        .iter()
        .filter(|(name, _)| *name == "authorization" || name.starts_with("impersonate-"))
        .map(|(name, values)| {
            let value = if values.len() == 1 { json!(values[0]) } else { json!(values) };
            (name.clone(), value)
        })
        .collect();
    let mut record = json!({ "method": asked.method, "path": path, "headers": headers });
    if !asked.body.is_empty() {
        match serde_json::from_slice::<Value>(&asked.body) {
            Ok(body) => record["body"] = body,
            Err(_) => record["body_text"] = json!(String::from_utf8_lossy(&asked.body)),
        }
    }
    record
}

fn read_request(stream: &mut impl BufRead) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.entry(name.to_lowercase()).or_default().push(value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|values| values[0].parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(Asked { method, target, headers, body }))
}

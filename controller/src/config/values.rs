//! From flag texts to types: namespaces, instants, labels, levels.

use std::{collections::BTreeMap, time::Duration};

use jiff::SignedDuration;
use sealed_secrets_core::keys::renewal::parse_cutoff;

use super::{
    ClientRate, Config, KeyOrder, KeySettings, LogSettings, Namespaces, duration, flags::Values, limits,
    names, selector, value_error::ValueError,
};

/// Turns parsed flags into a configuration; harmless oddities become notices.
pub(super) fn resolve(
    values: &Values,
    own_namespace: &str,
    notices: &mut Vec<String>,
) -> Result<Config, ValueError> {
    names::namespace(own_namespace)
        .map_err(|reason| ValueError::OwnNamespace { name: own_namespace.to_owned(), reason })?;
    Ok(Config {
        accept_v1_data: values.bool("accept-deprecated-v1-data"),
        namespaces: namespaces(values, own_namespace)?,
        own_namespace: own_namespace.to_owned(),
        label_selector: label_selector(values.text("label-selector"))?,
        keys: keys(values, notices)?,
        client_rate: client_rate(values)?,
        listen: values.text("listen-addr").to_owned(),
        listen_metrics: values.text("listen-metrics-addr").to_owned(),
        rate_limit: at_least(values, "rate-limit", 1, "at least 1")?,
        rate_limit_burst: at_least(values, "rate-limit-burst", 0, "at least 0")?,
        http_operations: at_least(values, "http-max-operations", 1, "at least 1")?,
        read_timeout: timeout(values, "read-timeout")?,
        write_timeout: timeout(values, "write-timeout")?,
        log: log(values, notices),
        quick_retries: at_least(values, "max-unseal-retries", 0, "at least 0")?,
        omit_secret_metrics: values.bool("metrics-omit-secret-labels"),
        old_gc: values.bool("old-gc-behavior"),
        skip_recreate: values.bool("skip-recreate"),
        update_status: values.bool("update-status"),
        repair_drift: values.bool("repair-drift"),
        leader_elect: values.bool("leader-elect"),
        streaming_lists: values.bool("streaming-lists"),
        templates: limits::read(values)?,
        panic_on: None,
    })
}

fn label_selector(text: &str) -> Result<Option<String>, ValueError> {
    selector::check(text).map_err(|reason| ValueError::Selector { text: text.to_owned(), reason })?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn namespaces(values: &Values, own: &str) -> Result<Namespaces, ValueError> {
    let mut listed = vec![own.to_owned()];
    for name in values.text("additional-namespaces").split(',').map(str::trim).filter(|n| !n.is_empty()) {
        names::namespace(name).map_err(|reason| ValueError::Namespace { name: name.to_owned(), reason })?;
        if !listed.iter().any(|known| known == name) {
            listed.push(name.to_owned());
        }
    }
    // Compat: additional namespaces win over --all-namespaces, which is on by default.
    let additional = !values.text("additional-namespaces").trim().is_empty();
    Ok(if !additional && values.bool("all-namespaces") {
        Namespaces::All
    } else {
        Namespaces::Listed(listed)
    })
}

fn keys(values: &Values, notices: &mut Vec<String>) -> Result<KeySettings, ValueError> {
    let bits = values.int("key-size");
    let lifetime = values.duration("key-ttl");
    if lifetime <= SignedDuration::ZERO {
        return Err(ValueError::Range {
            flag: "key-ttl",
            must: "longer than zero",
            found: duration::format(lifetime),
        });
    }
    Ok(KeySettings {
        prefix: prefix(values.text("key-prefix"))?,
        bits: match bits {
            2048 => 2048,
            3072 => 3072,
            4096 => 4096,
            8192 => 8192,
            other => return Err(ValueError::KeySize(other)),
        },
        lifetime,
        common_name: values.text("my-cn").to_owned(),
        labels: pairs("privatekey-labels", values.text("privatekey-labels"))?,
        annotations: pairs("privatekey-annotations", values.text("privatekey-annotations"))?,
        order: match values.text("key-order-priority") {
            "CertNotBefore" => KeyOrder::CertNotBefore,
            "SecretCreationTimestamp" => KeyOrder::SecretCreation,
            // Compat: the reference runs on with its default; an install that has lived with a typo goes on.
            other => {
                notices.push(format!(
                    "--key-order-priority {other:?} is neither CertNotBefore nor SecretCreationTimestamp; \
                     CertNotBefore is used"
                ));
                KeyOrder::CertNotBefore
            }
        },
        renew_period: values.duration("key-renew-period").max(SignedDuration::ZERO),
        cutoff: match values.text("key-cutoff-time") {
            "" => None,
            text => Some(parse_cutoff(text).map_err(ValueError::Cutoff)?),
        },
    })
}

fn prefix(text: &str) -> Result<String, ValueError> {
    if text.is_empty() {
        return Err(ValueError::EmptyPrefix);
    }
    if let Some(found) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(ValueError::Prefix { text: text.to_owned(), found });
    }
    // The API server makes letters of its own the end of the name.
    names::subdomain(&format!("{text}0"))
        .map_err(|reason| ValueError::PrefixName { text: text.to_owned(), reason })?;
    Ok(text.to_owned())
}

fn pairs(flag: &'static str, text: &str) -> Result<BTreeMap<String, String>, ValueError> {
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            // Compat: the reference cuts at the second `=`.
            Some((key, value)) if !key.is_empty() => {
                Ok((key.to_owned(), value.split('=').next().unwrap_or_default().to_owned()))
            }
            _ => Err(ValueError::Pair { flag, pair: pair.to_owned() }),
        })
        .collect()
}

/// The reference limits itself to 5 requests a second; we bound concurrency, and rate only when asked.
fn client_rate(values: &Values) -> Result<Option<ClientRate>, ValueError> {
    if !values.is_given("kubeclient-qps") && !values.is_given("kubeclient-burst") {
        return Ok(None);
    }
    let per_second = values.float("kubeclient-qps");
    if per_second.is_nan() {
        return Err(ValueError::Range {
            flag: "kubeclient-qps",
            must: "a number",
            found: per_second.to_string(),
        });
    }
    if per_second < 0.0 || per_second.is_infinite() {
        return Ok(None);
    }
    // client-go takes 0 for its default.
    let per_second = if per_second == 0.0 { 5.0 } else { per_second };
    let burst = at_least(values, "kubeclient-burst", 0, "at least 0")?;
    Ok(Some(ClientRate { per_second, burst: if burst == 0 { 10 } else { burst } }))
}

fn at_least(values: &Values, flag: &'static str, least: i64, must: &'static str) -> Result<u32, ValueError> {
    let found = values.int(flag);
    u32::try_from(found).ok().filter(|_| found >= least).ok_or(ValueError::Range {
        flag,
        must,
        found: found.to_string(),
    })
}

fn timeout(values: &Values, flag: &'static str) -> Result<Duration, ValueError> {
    let found = values.duration(flag);
    // Compat: Go's server takes zero and less for "no limit"; an hour is no limit for these bodies.
    if found <= SignedDuration::ZERO {
        return Ok(Duration::from_hours(1));
    }
    Duration::try_from(found).map_err(|_| ValueError::Range {
        flag,
        must: "a duration",
        found: duration::format(found),
    })
}

fn log(values: &Values, notices: &mut Vec<String>) -> LogSettings {
    let typed = values.text("log-level");
    let level = match typed.to_ascii_uppercase().as_str() {
        "DEBUG" => tracing::Level::DEBUG,
        "INFO" | "" => tracing::Level::INFO,
        "WARN" => tracing::Level::WARN,
        "ERROR" => tracing::Level::ERROR,
        _ => {
            notices.push(format!("--log-level {typed:?} is none of DEBUG, INFO, WARN, ERROR; INFO is used"));
            tracing::Level::INFO
        }
    };
    let json = match values.text("log-format") {
        "json" => true,
        "text" | "" => false,
        other => {
            notices.push(format!("--log-format {other:?} is neither text nor json; text is used"));
            false
        }
    };
    LogSettings { level, json, info_stdout: values.bool("log-info-stdout") }
}

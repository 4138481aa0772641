//! Which proxy a request goes through, by the rules of Go's `httpproxy`.
//!
//! `hyper_util::client::proxy::matcher` differs where scripts can see it: it knows no ports in `NO_PROXY`, takes the
//! domain itself for one with a leading dot, and sends loopback addresses through the proxy.

use std::net::IpAddr;

use http::Uri;

/// The proxy variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    http: String,
    https: String,
    none: String,
}

impl Proxies {
    /// Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in capitals or not.
    pub(crate) fn from_env(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| {
            let given = |name: &str| variable(name).filter(|value| !value.is_empty());
            given(name).or_else(|| given(&name.to_lowercase())).unwrap_or_default()
        };
        Self { http: get("HTTP_PROXY"), https: get("HTTPS_PROXY"), none: get("NO_PROXY") }
    }

    /// The proxy for a URL, as text; loopback never has one.
    pub(crate) fn choose(&self, url: &Uri) -> Option<&str> {
        let proxy = if url.scheme_str() == Some("https") { &self.https } else { &self.http };
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 });
        (!proxy.is_empty() && !is_local(host) && !self.excludes(host, port)).then_some(proxy.as_str())
    }

    fn excludes(&self, host: &str, port: u16) -> bool {
        let address = host.parse::<IpAddr>().ok();
        let host = host.to_lowercase();
        self.none.split(',').map(str::trim).filter(|rule| !rule.is_empty()).any(|rule| {
            let rule = rule.to_lowercase();
            if rule == "*" {
                return true;
            }
            if let (Some((network, bits)), Some(address)) = (rule.split_once('/'), address) {
                return in_network(address, network, bits);
            }
            let (name, wanted) = match rule.rsplit_once(':') {
                Some((name, wanted)) if !name.contains(':') && wanted.bytes().all(|b| b.is_ascii_digit()) => {
                    (name, wanted.parse().ok())
                }
                _ => (rule.as_str(), None),
            };
            if wanted.is_some_and(|wanted: u16| wanted != port) {
                return false;
            }
            let domain = name.trim_start_matches('*');
            match domain.strip_prefix('.') {
                // A leading dot names the subdomains alone.
                Some(_) => host.ends_with(domain),
                None => host == domain || host.ends_with(&format!(".{domain}")),
            }
        })
    }
}

/// Whether a host is this machine.
pub(crate) fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let bits: u32 = match bits.parse() {
        Ok(bits) => bits,
        Err(_) => return false,
    };
    match (address, network.parse::<IpAddr>()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(network))) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), Ok(IpAddr::V6(network))) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[track_caller]
    fn check(none: &str, url: &str, proxied: bool) {
        let rules = Proxies { http: "http://p".into(), https: "http://s".into(), none: none.into() };
        assert_eq!(rules.choose(&url.parse().unwrap()).is_some(), proxied, "{none} {url}");
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let proxies = Proxies::from_env(|name| match name {
            "http_proxy" => Some("http://p".into()),
            "HTTPS_PROXY" => Some("http://s".into()),
            _ => None,
        });
        assert_eq!(proxies.choose(&"http://x/".parse().unwrap()), Some("http://p"));
        assert_eq!(proxies.choose(&"https://x/".parse().unwrap()), Some("http://s"));
    }

    #[test]
    fn loopback_and_listed_hosts_are_reached_directly() {
        check("", "http://127.0.0.1:9/", false);
        check("", "http://localhost/", false);
        check("", "http://[::1]/", false);
        check("*", "http://x/", false);
        check("example.com", "http://a.example.com/", false);
        check("example.com", "http://anexample.com/", true);
        check(".example.com", "http://example.com/", true);
        check("example.com:8080", "http://example.com/", true);
        check("10.0.0.0/8", "http://10.1.2.3/", false);
        check("10.0.0.0/8", "http://11.1.2.3/", true);
        check("192.0.2.1", "http://192.0.2.1/", false);
    }
}

//! Who asks: bearer tokens, ServiceAccounts' among them, and impersonation.

use std::{collections::HashMap, sync::Mutex};

use axum::http::{HeaderMap, header::AUTHORIZATION};

use super::{meta, status::Refusal, store::Data};
use crate::tokens::StaticTokens;

/// An authenticated user, or nobody in particular.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) groups: Vec<String>,
}

impl User {
    pub(super) fn new(name: &str, groups: &[&str]) -> Self {
        Self { name: name.to_owned(), groups: groups.iter().map(ToString::to_string).collect() }
    }

    fn service_account(namespace: &str, name: &str) -> Self {
        let of_namespace = format!("system:serviceaccounts:{namespace}");
        let groups = ["system:serviceaccounts", &of_namespace, AUTHENTICATED];
        Self::new(&format!("system:serviceaccount:{namespace}:{name}"), &groups)
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g == group)
    }
}

/// The tokens that the server knows.
#[derive(Debug)]
pub(super) struct Tokens {
    fixed: HashMap<String, User>,
    issued: Mutex<HashMap<String, Account>>,
}

/// The ServiceAccount that a token was issued to; another one of the same name is someone else.
#[derive(Clone, Debug)]
struct Account {
    namespace: String,
    name: String,
    uid: String,
}

impl Tokens {
    pub(super) fn new(tokens: &StaticTokens) -> Self {
        let fixed = HashMap::from([
            (tokens.admin.clone(), User::new("admin", &["system:masters", AUTHENTICATED])),
            (tokens.ordinary.clone(), User::new("jane", &[AUTHENTICATED])),
        ]);
        Self { fixed, issued: Mutex::default() }
    }

    /// A new token for the ServiceAccount with this uid.
    pub(super) fn issue(&self, namespace: &str, name: &str, uid: &str) -> String {
        let token = meta::new_token();
        let account = Account { namespace: namespace.to_owned(), name: name.to_owned(), uid: uid.to_owned() };
        self.issued.lock().expect("no holder panics").insert(token.clone(), account);
        token
    }

    /// The user of a request; a wrong token is refused, none makes it anonymous.
    pub(super) fn user(&self, headers: &HeaderMap, data: &Data) -> Result<User, Refusal> {
        let Some(header) = headers.get(AUTHORIZATION) else {
            return Ok(User::new("system:anonymous", &["system:unauthenticated"]));
        };
        let token =
            header.to_str().ok().and_then(|h| h.strip_prefix("Bearer ")).ok_or_else(Refusal::unauthorized)?;
        if let Some(user) = self.fixed.get(token) {
            return Ok(user.clone());
        }
        let account = self.issued.lock().expect("no holder panics").get(token).cloned();
        let Account { namespace, name, uid } = account.ok_or_else(Refusal::unauthorized)?;
        let found = data.get("serviceaccounts", &namespace, &name).ok_or_else(Refusal::unauthorized)?;
        if meta::text(&found, "uid") == uid {
            Ok(User::service_account(&namespace, &name))
        } else {
            Err(Refusal::unauthorized())
        }
    }
}

/// The user whom the request asks to be taken for, if any.
pub(super) fn impersonated(headers: &HeaderMap) -> Option<User> {
    let texts = |name: &str| {
        headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).map(str::to_owned).collect()
    };
    let names: Vec<String> = texts("impersonate-user");
    let mut groups: Vec<String> = texts("impersonate-group");
    let name = names.into_iter().next()?;
    if let Some((namespace, account)) =
        name.strip_prefix("system:serviceaccount:").and_then(|n| n.split_once(':'))
    {
        return Some(User::service_account(namespace, account));
    }
    groups.push(AUTHENTICATED.to_owned());
    Some(User { name, groups })
}

pub(super) const AUTHENTICATED: &str = "system:authenticated";

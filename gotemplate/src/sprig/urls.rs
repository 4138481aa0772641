//! Addresses as dictionaries.

use super::packages::url::{Url, UrlError, User};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Map, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] =
    &[Function::fixed("urlJoin", &[Type::Map], join), Function::fixed("urlParse", &[Type::Str], parse)];

fn refused(error: UrlError) -> Failure {
    Failure::with(error.to_string())
}

fn parse(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    // The parts, of which the user part may be escaped.
    ctx.charge(text.len().saturating_mul(4))?;
    let url = Url::parse(text).map_err(refused)?;
    let made = Map::new([].into());
    let user = url.user.as_ref().map(User::to_bytes).unwrap_or_default();
    let parts: [(&str, &[u8]); 8] = [
        ("fragment", &url.fragment),
        ("host", &url.host),
        ("hostname", url.hostname()),
        ("opaque", &url.opaque),
        ("path", &url.path),
        ("query", &url.query),
        ("scheme", &url.scheme),
        ("userinfo", &user),
    ];
    for (name, part) in parts {
        ctx.set(&made, name.into(), part.into())?;
    }
    Ok(made.into())
}

fn part(ctx: &mut Context<'_>, map: &Map, name: &str) -> Result<Vec<u8>, Failure> {
    match map.get(name.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => {
            // An escape takes three bytes.
            ctx.charge(text.len().saturating_mul(4))?;
            Ok(text.to_vec())
        }
        Some(other) => Err(Failure::with(format!("{name} must be a string, not a {}", other.go_type()))),
    }
}

fn join(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0)?;
    let mut url = Url {
        scheme: part(ctx, map, "scheme")?,
        opaque: part(ctx, map, "opaque")?,
        user: None,
        host: part(ctx, map, "host")?,
        path: part(ctx, map, "path")?,
        query: part(ctx, map, "query")?,
        fragment: part(ctx, map, "fragment")?,
    };
    let user = part(ctx, map, "userinfo")?;
    if !user.is_empty() {
        // Compat: it is read as it would be inside an address, so a slash ends it.
        url.user = Url::parse(&[b"proto://", &*user, b"@host"].concat()).map_err(refused)?.user;
    }
    Ok(url.to_bytes().into())
}

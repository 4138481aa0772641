//! X.509 certificates: self-signed, by an authority of one's own, or brought along.

use std::{any::Any, net::IpAddr, rc::Rc, time::Duration};

use aws_lc_rs::rsa::KeySize;
use golang::{base64, pem};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, string::PrintableString,
};

use super::{
    costs::{Cost, pay},
    dates,
    keys::PrivateKey,
};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Kind, List, Object, Str, Value},
};

const CERTIFICATE: Type = Type::Object("sprig.certificate");

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("buildCustomCert", &[Type::Str, Type::Str], build_custom),
    Function::fixed("genCA", &[Type::Str, Type::Int], |ctx, args| {
        let key = PrivateKey::generate_rsa(ctx, KeySize::Rsa2048)?;
        authority(ctx, args, &key)
    }),
    Function::fixed("genCAWithKey", &[Type::Str, Type::Int, Type::Str], |ctx, args| {
        let key = PrivateKey::parse(ctx, args.str(2)?)?;
        authority(ctx, args, &key)
    }),
    Function::fixed("genSelfSignedCert", &[Type::Str, Type::List, Type::List, Type::Int], |ctx, args| {
        let wish = Wish::of(args)?;
        let key = PrivateKey::generate_rsa(ctx, KeySize::Rsa2048)?;
        self_signed(ctx, &wish, &key)
    }),
    Function::fixed(
        "genSelfSignedCertWithKey",
        &[Type::Str, Type::List, Type::List, Type::Int, Type::Str],
        |ctx, args| {
            let key = PrivateKey::parse(ctx, args.str(4)?)?;
            self_signed(ctx, &Wish::of(args)?, &key)
        },
    ),
    Function::fixed(
        "genSignedCert",
        &[Type::Str, Type::List, Type::List, Type::Int, CERTIFICATE],
        |ctx, args| {
            let wish = Wish::of(args)?;
            let key = PrivateKey::generate_rsa(ctx, KeySize::Rsa2048)?;
            signed(ctx, &wish, &key, args.object(4)?)
        },
    ),
    Function::fixed(
        "genSignedCertWithKey",
        &[Type::Str, Type::List, Type::List, Type::Int, CERTIFICATE, Type::Str],
        |ctx, args| {
            let key = PrivateKey::parse(ctx, args.str(5)?)?;
            signed(ctx, &Wish::of(args)?, &key, args.object(4)?)
        },
    ),
];

/// A certificate and its key, both in PEM.
pub(super) struct Certificate {
    cert: Str,
    key: Str,
}

impl Object for Certificate {
    fn go_type(&self) -> &'static str {
        "sprig.certificate"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn method(&self, _: &str) -> Option<&'static Function> {
        None
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", self.cert.clone().into()), ("Key", self.key.clone().into())]
    }

    fn text(&self) -> Option<Vec<u8>> {
        None
    }

    fn same(&self, other: &dyn Object) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| self.cert == other.cert && self.key == other.key)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What a certificate shall say.
struct Wish<'a> {
    name: &'a str,
    addresses: Vec<SanType>,
    days: i64,
}

impl<'a> Wish<'a> {
    /// From the arguments name, addresses, host names, days.
    fn of(args: Args<'a>) -> Result<Self, Failure> {
        let mut addresses = Vec::new();
        for host in texts(args.list(2)?, "a host name must be a string")? {
            let host = std::str::from_utf8(&host).ok().and_then(|host| host.try_into().ok());
            addresses.push(SanType::DnsName(host.ok_or(Failure::new("a host name must be ASCII"))?));
        }
        for ip in texts(args.list(1)?, "an IP address must be a string")? {
            let ip: Option<IpAddr> = std::str::from_utf8(&ip).ok().and_then(|ip| ip.parse().ok());
            addresses.push(SanType::IpAddress(ip.ok_or(Failure::new("an IP address cannot be read"))?));
        }
        Ok(Self { name: common_name(args)?, addresses, days: args.int(3)? })
    }
}

fn common_name(args: Args<'_>) -> Result<&str, Failure> {
    std::str::from_utf8(args.str(0)?).map_err(|_| Failure::new("the common name is not UTF-8"))
}

fn texts(list: &List, complaint: &'static str) -> Result<Vec<Str>, Failure> {
    list.items()
        .iter()
        .map(|item| if let Value::Str(text) = item { Ok(text.clone()) } else { Err(Failure::new(complaint)) })
        .collect()
}

/// Signing takes about as long as so many steps, beside its unit.
const SIGNING_STEPS: usize = 20_000;

/// The parameters that all certificates share.
fn params(ctx: &mut Context<'_>, wish: &Wish<'_>) -> Result<CertificateParams, Failure> {
    ctx.work(SIGNING_STEPS)?;
    pay(ctx, Cost::Small)?;
    ctx.charge(16 << 10)?;
    let mut serial = [0; 16];
    ctx.random(&mut serial);
    let mut subject = DistinguishedName::new();
    if !wish.name.is_empty() {
        let printable = PrintableString::try_from(wish.name).map(DnValue::PrintableString);
        subject.push(
            DnType::CommonName,
            printable.unwrap_or_else(|_| DnValue::Utf8String(wish.name.to_owned())),
        );
    }
    let now = dates::now(ctx).unix();
    // Compat: so many days that nanoseconds overflow wrap around.
    let lifetime = wish.days.wrapping_mul(86_400_000_000_000) / 1_000_000_000;
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = subject;
    params.subject_alt_names.clone_from(&wish.addresses);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    for (field, unix) in
        [(&mut params.not_before, now), (&mut params.not_after, now.saturating_add(lifetime))]
    {
        if !(YEAR_ONE..YEAR_TEN_THOUSAND).contains(&unix) {
            return Err(Failure::new(
                "the certificate would be valid until a year that has no date in X.509",
            ));
        }
        let distance = Duration::from_secs(unix.unsigned_abs());
        *field = if unix < 0 { epoch - distance } else { epoch + distance };
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    Ok(params)
}

const YEAR_ONE: i64 = -62_135_596_800;
const YEAR_TEN_THOUSAND: i64 = 253_402_300_800;

const NOT_SIGNED: Failure = Failure::new("the certificate cannot be signed with this key");

fn finished(made: &rcgen::Certificate, key: &PrivateKey) -> Value {
    let cert = pem::encode("CERTIFICATE", made.der()).as_str().into();
    Value::Object(Rc::new(Certificate { cert, key: key.to_pem().into() }))
}

fn authority(ctx: &mut Context<'_>, args: Args<'_>, key: &PrivateKey) -> Outcome {
    let wish = Wish { name: common_name(args)?, addresses: Vec::new(), days: args.int(1)? };
    let mut params = params(ctx, &wish)?;
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(finished(&params.self_signed(&key.pair()?).map_err(|_| NOT_SIGNED)?, key))
}

fn self_signed(ctx: &mut Context<'_>, wish: &Wish<'_>, key: &PrivateKey) -> Outcome {
    let params = params(ctx, wish)?;
    Ok(finished(&params.self_signed(&key.pair()?).map_err(|_| NOT_SIGNED)?, key))
}

fn signed(ctx: &mut Context<'_>, wish: &Wish<'_>, key: &PrivateKey, authority: &Certificate) -> Outcome {
    const BAD_AUTHORITY: Failure = Failure::new("the authority's certificate cannot be read");
    let block = pem::blocks(&authority.cert).next().ok_or(BAD_AUTHORITY)?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&block.bytes).map_err(|_| BAD_AUTHORITY)?;
    let signing = PrivateKey::parse(ctx, &authority.key)?.pair()?;
    if *parsed.public_key().subject_public_key.data != *signing.der_bytes() {
        return Err(Failure::new("the authority's key does not belong to its certificate"));
    }
    let issuer =
        Issuer::from_ca_cert_der(&block.bytes.as_slice().into(), signing).map_err(|_| BAD_AUTHORITY)?;
    let mut params = params(ctx, wish)?;
    params.use_authority_key_identifier_extension = true;
    Ok(finished(&params.signed_by(&key.pair()?, &issuer).map_err(|_| NOT_SIGNED)?, key))
}

fn build_custom(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge(args.str(0)?.len() + args.str(1)?.len())?;
    let cert = base64::decode(args.str(0)?).map_err(|_| Failure::new("the certificate is not base64"))?;
    let key = base64::decode(args.str(1)?).map_err(|_| Failure::new("the private key is not base64"))?;
    let block = pem::blocks(&cert).next().ok_or(Failure::new("the certificate is not in PEM"))?;
    match x509_parser::parse_x509_certificate(&block.bytes) {
        Ok(([], _)) => {}
        _ => return Err(Failure::new("the certificate cannot be read")),
    }
    PrivateKey::parse(ctx, &key)?;
    Ok(Value::Object(Rc::new(Certificate { cert: cert.into(), key: key.into() })))
}

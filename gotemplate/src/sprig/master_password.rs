//! Passwords derived from one master password, by the "Master Password" algorithm.

use aws_lc_rs::hmac;

/// The shape of a derived password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Maximum,
    Long,
    Medium,
    Short,
    Basic,
    Pin,
}

impl Kind {
    /// The kind that templates call by this name.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"maximum" => Self::Maximum,
            b"long" => Self::Long,
            b"medium" => Self::Medium,
            b"short" => Self::Short,
            b"basic" => Self::Basic,
            b"pin" => Self::Pin,
            _ => return None,
        })
    }

    /// Patterns to choose from: each letter is a class of characters.
    fn patterns(self) -> &'static [&'static str] {
        match self {
            Self::Maximum => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
            Self::Long => &[
                "CvcvnoCvcvCvcv",
                "CvcvCvcvnoCvcv",
                "CvcvCvcvCvcvno",
                "CvccnoCvcvCvcv",
                "CvccCvcvnoCvcv",
                "CvccCvcvCvcvno",
                "CvcvnoCvccCvcv",
                "CvcvCvccnoCvcv",
                "CvcvCvccCvcvno",
                "CvcvnoCvcvCvcc",
                "CvcvCvcvnoCvcc",
                "CvcvCvcvCvccno",
                "CvccnoCvccCvcv",
                "CvccCvccnoCvcv",
                "CvccCvccCvcvno",
                "CvcvnoCvccCvcc",
                "CvcvCvccnoCvcc",
                "CvcvCvccCvccno",
                "CvccnoCvcvCvcc",
                "CvccCvcvnoCvcc",
                "CvccCvcvCvccno",
            ],
            Self::Medium => &["CvcnoCvc", "CvcCvcno"],
            Self::Short => &["Cvcn"],
            Self::Basic => &["aaanaaan", "aannaaan", "aaannaaa"],
            Self::Pin => &["nnnn"],
        }
    }
}

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

const SEED: &[u8] = b"com.lyndir.masterpassword";

/// scrypt with 2^15 rounds, blocks of 8, twice.
const SCRYPT: (u8, u32, u32) = (15, 8, 2);

fn length(text: &[u8]) -> [u8; 4] {
    u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// The password of a user for a site; nothing when scrypt fails.
pub(super) fn derive(counter: u32, kind: Kind, password: &[u8], user: &[u8], site: &[u8]) -> Option<Vec<u8>> {
    let salt = [SEED, &length(user), user].concat();
    let mut key = [0; 64];
    let params = scrypt::Params::new(SCRYPT.0, SCRYPT.1, SCRYPT.2).ok()?;
    scrypt::scrypt(password, &salt, &params, &mut key).ok()?;
    let message = [SEED, &length(site), site, &counter.to_be_bytes()].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &message);
    let (first, rest) = tag.as_ref().split_first()?;
    let patterns = kind.patterns();
    let pattern = patterns.get(usize::from(*first) % patterns.len())?;
    let pick = |(class, byte): (u8, &u8)| {
        let characters = characters(class);
        characters[usize::from(*byte) % characters.len()]
    };
    Some(pattern.bytes().zip(rest).map(pick).collect())
}

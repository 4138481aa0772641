//! Bytes of which no copy is left behind.

use std::io::{self, Read};

use zeroize::{Zeroize as _, Zeroizing};

/// Like `read_to_end`, but no copy of the bytes is left behind when the buffer grows.
pub(super) fn read_all(mut reader: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; FIRST_READ]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; bytes.len() * 4]);
            larger[..filled].copy_from_slice(&bytes);
            bytes.zeroize();
            bytes = larger;
        }
        match reader.read(&mut bytes[filled..]) {
            Ok(0) => {
                bytes.truncate(filled);
                return Ok(bytes);
            }
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Bytes behind a cursor, wiped with it.
pub(super) struct Wiped(pub(super) Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

const FIRST_READ: usize = 64 << 10;

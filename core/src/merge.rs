//! Newly sealed items put into an existing SealedSecret.

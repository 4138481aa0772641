//! One value, sealed and opened: the v1 envelope.

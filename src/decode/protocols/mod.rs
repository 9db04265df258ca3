//! The table: one row a protocol, one file a protocol. A new protocol is its file and its row here.

mod data;

use super::Protocol;

pub(super) use data::PROTOCOL as DATA;

/// Every protocol that wirewalk decodes, lowest layer first.
pub(super) static TABLE: &[&Protocol] = &[&data::PROTOCOL];

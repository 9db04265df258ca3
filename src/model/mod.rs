//! The words that every room shares: spans of bytes, times, addresses and names for them, layers, link types. Imports `std` only.

mod addr;
mod claim;
mod event;
mod link;
mod nearest;
mod osi;
mod side;
mod span;
mod time;

pub use addr::{Endpoint, Mac, push_hex, push_ip};
pub use claim::{Claim, Claimant};
pub use event::EventDef;
pub use link::LinkType;
pub use nearest::nearest;
pub use osi::Osi;
pub use side::Side;
pub use span::{BufId, PacketId, Piece, Span};
pub use time::Timestamp;

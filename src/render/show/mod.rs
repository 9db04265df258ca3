//! Frames for people: one line each, or layer by layer with every field and its bytes.

mod bits;
mod bytes;
mod row;
mod stack;

#[cfg(test)]
mod tests;

pub use row::Rows;
pub use stack::{Options, draw};

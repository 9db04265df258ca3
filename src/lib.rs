//! wirewalk turns a packet capture into the story of what happened.
//!
//! Frames go in at one end, a story that points at its bytes comes out at the other, and every room between knows only
//! the room before it: `capture` → `decode` → `flow` → `story` → `view` → `render`. [`session`] is the one door.

pub mod capture;
pub mod decode;
pub mod error;
pub mod flow;
pub mod model;
pub mod render;
pub mod samples;
pub mod secrets;
pub mod session;
pub mod story;
pub mod view;

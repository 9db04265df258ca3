//! What is shown, as plain owned data without colours or widths: the JSON contract, and what every face draws.

pub mod captures;
pub mod conversations;
pub mod frame;
pub mod names;
mod reading;
pub mod rich;
pub mod telling;
pub mod timeline;

//! Stories: scripts that say what is told, and the engine that holds them against what happened.

pub mod script;

//! One line that says what a message asks or answers.

use std::fmt::Write as _;

use super::Header;
use super::tables::{OPCODES, RCODES, name, type_name};

/// How many answers a summary names.
const ANSWERS_NAMED: usize = 6;

/// What the summary tells, gathered while reading.
#[derive(Default)]
pub(super) struct Said {
    questions: Vec<String>,
    answers: Vec<String>,
    answered: usize,
    /// The upper bits of the response code, from EDNS.
    pub extended_rcode: u64,
}

impl Said {
    /// A question was read.
    pub(super) fn ask(&mut self, line: &Line) {
        if self.questions.len() < ANSWERS_NAMED {
            self.questions.push(line.question());
        }
    }

    /// An answer was read.
    pub(super) fn answer(&mut self, line: &Line) {
        self.answered = self.answered.saturating_add(1);
        if self.answers.len() < ANSWERS_NAMED {
            self.answers.push(line.data());
        }
    }
}

/// A question or a record in a few words.
pub(super) struct Line {
    /// The name that it is about.
    pub name: String,
    /// The record type.
    pub kind: u16,
    /// The record's data.
    pub text: String,
}

impl Line {
    /// For the heading.
    pub(super) fn whole(&self) -> String {
        format!("{} {}", self.name, self.data())
    }

    fn question(&self) -> String {
        format!("{} {}", type_name(self.kind), self.name)
    }

    fn data(&self) -> String {
        let mut data = type_name(self.kind);
        if !self.text.is_empty() {
            data.push(' ');
            data.push_str(&self.text);
        }
        data
    }
}

/// The summary of a message.
pub(super) fn write(header: &Header, said: &Said) -> String {
    let mut text = match (header.response, header.opcode) {
        (true, _) => "response",
        (false, 0) => "query",
        (false, opcode) => name(OPCODES, opcode).unwrap_or("request"),
    }
    .to_owned();
    let _ = write!(text, " 0x{:04x}", header.id);
    if header.response {
        let rcode = said.extended_rcode << 4 | header.rcode;
        match name(RCODES, rcode) {
            Some(name) => {
                let _ = write!(text, " {name}");
            }
            None => {
                let _ = write!(text, " response code {rcode}");
            }
        }
        if header.truncated {
            text.push_str(", truncated");
        }
        if said.answers.is_empty() {
            if rcode == 0 && header.opcode == 0 {
                text.push_str(", no answers");
            }
        } else {
            let _ = write!(text, ": {}", said.answers.join(", "));
            let more = said.answered.saturating_sub(said.answers.len());
            if more > 0 {
                let _ = write!(text, " and {more} more");
            }
            return text;
        }
    }
    if !said.questions.is_empty() {
        let separator = if header.response { ":" } else { "" };
        let _ = write!(text, "{separator} {}", said.questions.join(", "));
    }
    text
}

//! Texts with placeholders: cut into sentences once, when a script is read. What fills them is the view's business.

use serde::{Deserialize, Deserializer};

use super::key::Key;
use super::words;

/// A text of a script, cut into sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Its sentences, each with the white space that follows it.
    pub sentences: Vec<Sentence>,
}

/// A sentence: told only when all its placeholders have values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Its parts in order.
    pub parts: Vec<Part>,
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words as they stand.
    Text(String),
    /// The value of a field: `{dns.qry.name}`.
    Field(Key, Form),
    /// A word of the journey, by its place in the table: `{client}`.
    Word(usize),
    /// A placeholder that nothing can fill; reported when scripts are checked.
    Unknown(String),
}

/// How a field's value is put into a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As a person reads it, several joined by commas.
    Display,
    /// `:name`: the name of a number, or the number when it has none.
    Name,
    /// `:value`: the value alone, without name or unit.
    Value,
    /// `:count`: how many there are.
    Count,
    /// `:first`: the first of several.
    First,
    /// `:last`: the last of several.
    Last,
}

impl Template {
    /// Cuts a text into sentences and placeholders. `{{` is a brace.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut sentences = Vec::new();
        let mut sentence = Sentence::default();
        let mut words = String::new();
        let mut rest = text.trim();
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{") {
                words.push('{');
                rest = after;
                continue;
            }
            if c == '{'
                && let Some((name, after)) = rest[1..].split_once('}')
            {
                sentence.say(&mut words);
                sentence.parts.push(placeholder(name));
                rest = after;
                continue;
            }
            rest = &rest[c.len_utf8()..];
            words.push(c);
            if matches!(c, '.' | '!' | '?' | ':') && begins_sentence(c, rest) {
                let after = rest.trim_start();
                let gap = &rest[..rest.len() - after.len()];
                words.push_str(if gap.contains("\n\n") { "\n\n" } else { " " });
                sentence.say(&mut words);
                sentences.push(std::mem::take(&mut sentence));
                rest = after;
            } else if c == '\n' {
                words.pop();
                let after = rest.trim_start();
                let paragraph = rest[..rest.len() - after.len()].contains('\n');
                words.push_str(if paragraph { "\n\n" } else { " " });
                rest = after;
            }
        }
        sentence.say(&mut words);
        if !sentence.parts.is_empty() {
            sentences.push(sentence);
        }
        Self { sentences }
    }

    /// True when there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// Its parts, sentence after sentence.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.sentences.iter().flat_map(|s| &s.parts)
    }

    /// The keys of the fields that it quotes.
    pub fn fields(&self) -> impl Iterator<Item = &Key> {
        self.parts().filter_map(|part| match part {
            Part::Field(key, _) => Some(key),
            _ => None,
        })
    }
}

impl Sentence {
    fn say(&mut self, words: &mut String) {
        if !words.is_empty() {
            self.parts.push(Part::Text(std::mem::take(words)));
        }
    }
}

/// A sentence ends before white space and a capital, a placeholder or a quotation; a colon only at the end of a paragraph.
fn begins_sentence(mark: char, rest: &str) -> bool {
    let after = rest.trim_start();
    let gap = &rest[..rest.len() - after.len()];
    if mark == ':' {
        return gap.contains("\n\n");
    }
    !gap.is_empty()
        && (gap.contains("\n\n")
            || after
                .chars()
                .next()
                .is_some_and(|c| c.is_uppercase() || matches!(c, '{' | '"' | '`')))
}

fn placeholder(name: &str) -> Part {
    let (key, form) = match name.split_once(':') {
        None => (name, Some(Form::Display)),
        Some((key, form)) => (
            key,
            match form {
                "name" => Some(Form::Name),
                "value" => Some(Form::Value),
                "count" => Some(Form::Count),
                "first" => Some(Form::First),
                "last" => Some(Form::Last),
                _ => None,
            },
        ),
    };
    match (words::find(key), form) {
        (Some(word), Some(Form::Display)) => Part::Word(word),
        (None, Some(form)) if key.contains('.') => Part::Field(Key::new(key), form),
        _ => Part::Unknown(name.to_owned()),
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(template: &Template) -> Vec<String> {
        template
            .sentences
            .iter()
            .map(|s| {
                s.parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) => text.clone(),
                        Part::Field(key, _) => format!("<{}>", &**key),
                        Part::Word(word) => format!("<{}>", words::WORDS[*word].name),
                        Part::Unknown(name) => format!("?{name}?"),
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn sentences_end_where_the_next_begins_and_numbers_do_not_end_them() {
        let template = Template::new(
            "See RFC 1035 section 4.1. {client} asks e.g. for {dns.qry.type:name}.\nIt is\nUDP! {{x}",
        );
        assert_eq!(
            texts(&template),
            [
                "See RFC 1035 section 4.1. ",
                "<client> asks e.g. for <dns.qry.type>. ",
                "It is UDP! ",
                "{x}"
            ]
        );
    }

    #[test]
    fn what_nothing_can_fill_is_known_when_the_script_is_read() {
        let template = Template::new("{nobody} {dns.id:shout} {client:name}");
        assert_eq!(texts(&template), ["?nobody? ?dns.id:shout? ?client:name?"]);
    }
}

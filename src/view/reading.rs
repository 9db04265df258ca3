//! Reads the texts of scripts: fills their placeholders, and masks secrets.

use std::cell::{Cell, OnceCell};

use rustc_hash::FxHashSet;

use crate::decode;
use crate::story::journey::{self, Journey, Told};
use crate::story::key::Key;
use crate::story::moment::{Captured, Datum, Evidence, Moment};
use crate::story::template::{Form, Part, Sentence, Template};
use crate::story::words::{Spoken, Value, WORDS};

use super::frame::{MASK, ValueView};
use super::rich::{Rich, Role};

/// Reads the texts of one journey.
pub(super) struct Reader<'a> {
    journey: &'a Journey,
    /// Show secrets instead of masking them.
    reveal: bool,
    /// The roles that somebody has, one bit each.
    roles: u8,
    /// Something was looked for that may differ between journeys in which the same roles are taken.
    quoted: Cell<bool>,
    /// The keys of all values: most placeholders that have none are found here.
    said: OnceCell<FxHashSet<&'static str>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(journey: &'a Journey, reveal: bool) -> Self {
        let roles = journey.actors.iter();
        Self {
            journey,
            reveal,
            roles: roles.fold(0, |roles, actor| roles | bit(actor.role)),
            quoted: Cell::new(false),
            said: OnceCell::new(),
        }
    }

    /// The roles that somebody has, as a number.
    pub(super) fn roles(&self) -> u8 {
        self.roles
    }

    /// From here on it is noted whether a text depends on more than the roles.
    pub(super) fn forget_quotes(&self) {
        self.quoted.set(false);
    }

    /// True when a text since then does.
    pub(super) fn has_quoted(&self) -> bool {
        self.quoted.get()
    }

    /// Fills the placeholders of a text; a sentence that lacks a value is left out.
    pub(super) fn fill(&self, text: &'static Template, told: Option<&Told>) -> Rich {
        let mut out = Rich::default();
        self.write(text, told, &mut out);
        out
    }

    /// The same, behind what is there.
    pub(super) fn write(&self, text: &'static Template, told: Option<&Told>, out: &mut Rich) {
        let start = out.text().len();
        for sentence in &text.sentences {
            let len = out.text().len();
            if self.say(sentence, told, out).is_none() {
                out.cut(len);
            }
        }
        out.cut(out.text().trim_end().len().max(start));
    }

    fn say(&self, sentence: &'static Sentence, told: Option<&Told>, out: &mut Rich) -> Option<()> {
        for (at, part) in sentence.parts.iter().enumerate() {
            match part {
                Part::Text(text) => out.say(text),
                Part::Field(key, form) => self.quote(key, *form, told, out)?,
                Part::Word(word) => match WORDS.get(*word)?.value {
                    Value::Actor(role) if self.roles & bit(role) == 0 => return None,
                    Value::Actor(role) => actor(role, at == 0, out),
                    Value::Found(find) => {
                        self.quoted.set(true);
                        match find(self.journey, told)? {
                            Spoken::Actor(role) => actor(role, at == 0, out),
                            Spoken::Plain(text) => out.add(Role::Plain, |to| to.push_str(&text)),
                            Spoken::Value(text) => out.add(Role::Value, |to| to.push_str(&text)),
                        }
                    }
                },
                Part::Unknown(_) => return None,
            }
        }
        Some(())
    }

    /// A field's value in a sentence: of the step's event, else of what was said before it in the conversation.
    fn quote(&self, key: &Key, form: Form, told: Option<&Told>, out: &mut Rich) -> Option<()> {
        // What did not happen has no values, and nobody else's are its own.
        if told.is_some_and(|told| told.evidence == Evidence::Absent) {
            return None;
        }
        self.quoted.set(true);
        let own = told.and_then(|told| told.moment.as_deref());
        let own_values = own.map_or(&[][..], |moment| moment.from_first(key));
        let values = match own_values {
            [] => self.earlier(key, own)?.from_first(key),
            values => values,
        };
        let mut values = values.iter().filter(|value| key.is_of(value.def));
        let first = match form {
            Form::Last => values.by_ref().last()?,
            _ => values.next()?,
        };
        let before = out.text().len();
        match form {
            Form::Count => {
                let count = 1 + values.count();
                out.add(Role::Value, |text| {
                    text.push_str(itoa::Buffer::new().format(count));
                });
            }
            Form::First | Form::Last => {
                out.add(Role::Value, |text| self.display(first, form, text));
            }
            _ => out.add(Role::Value, |text| {
                self.display(first, form, text);
                // The same value again (one a record, say) tells nothing new.
                let mut said: Vec<String> = Vec::new();
                for value in values {
                    if said.is_empty() {
                        said.extend(text.get(before..).map(str::to_owned));
                    }
                    let mut next = String::new();
                    self.display(value, form, &mut next);
                    if !said.contains(&next) {
                        if !next.is_empty() && text.len() > before {
                            text.push_str(", ");
                        }
                        text.push_str(&next);
                        said.push(next);
                    }
                }
            }),
        }
        (out.text().len() > before).then_some(())
    }

    fn earlier(&self, key: &Key, own: Option<&Moment>) -> Option<&Moment> {
        if !self
            .said
            .get_or_init(|| said(self.journey))
            .contains(&**key)
        {
            return None;
        }
        let Some(own) = own else {
            return self.journey.moments().find(|m| m.of(key).next().is_some());
        };
        let before = self.journey.steps.iter().rev();
        before
            .filter_map(|told| told.moment.as_deref())
            .filter(|m| m.flow == own.flow && m.first() <= own.first())
            .find(|m| m.of(key).next().is_some())
    }

    fn display(&self, value: &Captured, form: Form, out: &mut String) {
        if let Datum::Plain(decode::Value::Num(number)) = *value.datum() {
            match form {
                Form::Value => return out.push_str(itoa::Buffer::new().format(number)),
                Form::Name => {
                    if let Some(name) = value.def.name_of(number) {
                        return out.push_str(name);
                    }
                }
                _ => {}
            }
        }
        match value.datum() {
            Datum::Text(text) => self.mask(value, text, out),
            Datum::Plain(_) if self.is_hidden(value) => out.push_str(MASK),
            Datum::Plain(plain) => value.def.display(*plain, &[], "", out),
        }
    }

    /// A value as the view has it.
    pub(super) fn value(&self, value: &Captured) -> ValueView {
        let mut text = String::new();
        match value.datum() {
            Datum::Text(whole) => self.mask(value, whole, &mut text),
            Datum::Plain(_) if self.is_hidden(value) => text.push_str(MASK),
            Datum::Plain(plain) => match *plain {
                decode::Value::Bool(flag) => return ValueView::Flag(flag),
                decode::Value::Num(number) => return ValueView::Number(number),
                decode::Value::Int(number) => return ValueView::Signed(number),
                decode::Value::Float(number) => return ValueView::Float(number),
                other => value.def.display(other, &[], "", &mut text),
            },
        }
        ValueView::Text(text)
    }

    fn is_hidden(&self, value: &Captured) -> bool {
        value.secret().is_some() && !self.reveal
    }

    /// Writes a text with its secret part masked; all of it where that does not fit it.
    fn mask(&self, value: &Captured, text: &str, out: &mut String) {
        let Some((from, to)) = value.secret().filter(|_| !self.reveal) else {
            return out.push_str(text);
        };
        let (before, after) = (text.get(..from as usize), text.get(to as usize..));
        if let (Some(before), Some(after)) = (before, after) {
            out.extend([before, MASK, after]);
        } else {
            out.push_str(MASK);
        }
    }
}

const fn bit(role: journey::Role) -> u8 {
    1 << role as u8
}

/// The keys of all values. Most fields come many times: they are told apart by the place of their definition first.
fn said(journey: &Journey) -> FxHashSet<&'static str> {
    let mut known = FxHashSet::default();
    let values = journey.moments().flat_map(|moment| moment.values.iter());
    values
        .filter(|value| known.insert(std::ptr::from_ref(value.def).addr()))
        .map(|value| value.def.key)
        .collect()
}

/// An actor with "the" before it, unless that stands there; `first` in its sentence with a capital.
fn actor(role: journey::Role, first: bool, out: &mut Rich) {
    let said = out.text().ends_with("the ") || out.text().ends_with("The ");
    let name = match (role, first) {
        (journey::Role::Everyone, true) => "Everyone",
        _ => role.word(),
    };
    if role != journey::Role::Everyone && (first || !said) {
        out.say(if first { "The " } else { "the " });
    }
    out.add(Role::Actor, |text| text.push_str(name));
}

//! The pace of a story in front of people: all at once, as it happened, or step by step. The only place that lets time pass.

use std::io::{self, IsTerminal as _};
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use wirewalk::error::Error;
use wirewalk::render::units;

/// The longest pause between two steps; longer ones are shortened to it, and the story says so.
const PAUSE_MAX: Duration = Duration::from_millis(1500);

/// How many times as fast as it happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Speed(f64);

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('x').unwrap_or(text).parse::<f64>();
        match number {
            Ok(number) if number.is_finite() && number > 0.0 => Ok(Self(number)),
            _ => Err(
                "a speed is a number above 0: 0.1 is ten times slower, 10 ten times faster"
                    .to_owned(),
            ),
        }
    }
}

/// How fast a story is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pace {
    /// All at once.
    AtOnce,
    /// As it happened.
    AsItWas(Speed),
    /// A key for each step.
    ByKey,
}

/// Whether the audience wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Going {
    /// More.
    On,
    /// It has seen enough.
    Away,
}

impl Pace {
    pub(super) fn new(replay: Option<Speed>, step: bool) -> Self {
        match replay {
            _ if step => Self::ByKey,
            Some(speed) => Self::AsItWas(speed),
            None => Self::AtOnce,
        }
    }

    /// Waits between two steps at their times. Says so when a pause was shortened.
    pub(super) fn wait(
        self,
        before: Option<i64>,
        time: Option<i64>,
    ) -> Result<(Going, Option<String>), Error> {
        match self {
            Self::AtOnce => Ok((Going::On, None)),
            Self::ByKey => Ok((key()?, None)),
            Self::AsItWas(speed) => {
                let (pause, note) = pause(speed, before, time);
                thread::sleep(pause);
                Ok((Going::On, note))
            }
        }
    }
}

/// How long to wait, and a note when that is shorter than it was.
fn pause(speed: Speed, before: Option<i64>, time: Option<i64>) -> (Duration, Option<String>) {
    let (Some(before), Some(time)) = (before, time) else {
        return (Duration::ZERO, None);
    };
    let gap = time.saturating_sub(before).max(0);
    let pause = gap as f64 / 1e9 / speed.0;
    if pause <= PAUSE_MAX.as_secs_f64() {
        return (Duration::from_secs_f64(pause), None);
    }
    let note = format!(
        "{} passed here, shortened to {}",
        units::duration(gap),
        units::duration(PAUSE_MAX.as_nanos() as i64)
    );
    (PAUSE_MAX, Some(note))
}

/// Whether there is a terminal to show steps on and to read keys from.
pub(super) fn check() -> Result<(), Error> {
    if io::stdout().is_terminal() {
        Raw::new().map(drop)
    } else {
        Err(no_terminal("standard output is no terminal"))
    }
}

fn no_terminal(because: &str) -> Error {
    Error::Usage {
        what: "`--step` has nobody to wait for".to_owned(),
        because: because.to_owned(),
        hint: "run it in a terminal, or leave `--step` out".to_owned(),
    }
}

/// A terminal that hands out single keys; it is put back when this goes out of scope.
struct Raw;

impl Raw {
    fn new() -> Result<Self, Error> {
        match terminal::enable_raw_mode() {
            Ok(()) => Ok(Self),
            Err(error) => Err(no_terminal(&format!("no key can be read: {error}"))),
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing is left to try when the terminal does not take its own mode back.
        let _ = terminal::disable_raw_mode();
    }
}

/// Waits for a key that means something.
fn key() -> Result<Going, Error> {
    let _raw = Raw::new()?;
    loop {
        let event = event::read().map_err(|source| Error::Read {
            name: "the keyboard".to_owned(),
            source,
        })?;
        let Event::Key(key) = event else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if control => return Ok(Going::Away),
            KeyCode::Char('q') | KeyCode::Esc => return Ok(Going::Away),
            KeyCode::Char(' ' | 'n' | 'j')
            | KeyCode::Enter
            | KeyCode::Right
            | KeyCode::Down
            | KeyCode::PageDown => return Ok(Going::On),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Speed, pause};

    #[test]
    fn speeds() {
        assert_eq!("0.5".parse(), Ok(Speed(0.5)));
        assert_eq!("10x".parse(), Ok(Speed(10.0)));
        for wrong in ["0", "-1", "fast", "NaN", "inf", ""] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn long_gaps_are_shortened_and_said() {
        let as_it_was = |before, time| pause(Speed(1.0), before, time);
        assert_eq!(as_it_was(None, Some(5)), (Duration::ZERO, None));
        assert_eq!(as_it_was(Some(9), Some(5)), (Duration::ZERO, None));
        assert_eq!(
            as_it_was(Some(0), Some(31_000_000)),
            (Duration::from_millis(31), None)
        );
        let (wait, note) = as_it_was(Some(0), Some(12_000_000_000));
        assert_eq!(wait, Duration::from_millis(1500));
        assert_eq!(note.unwrap(), "12.0 s passed here, shortened to 1.50 s");
        let (wait, note) = pause(Speed(10.0), Some(0), Some(12_000_000_000));
        assert_eq!((wait, note), (Duration::from_millis(1200), None));
    }
}

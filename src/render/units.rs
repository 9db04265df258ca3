//! Times, sizes and frame numbers as a person reads them.

use std::fmt::Write as _;

const MICRO: i64 = 1_000;
const MILLI: i64 = 1_000 * MICRO;
const SECOND: i64 = 1_000 * MILLI;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A length of time in the unit that keeps it short: `840 ns`, `31.2 ms`, `2 min 3 s`.
#[must_use]
pub fn duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.saturating_abs();
    let text = match ns {
        0 => "0 s".to_owned(),
        1..MICRO => format!("{ns} ns"),
        MICRO..MILLI => digits(ns, MICRO, "µs"),
        MILLI..SECOND => digits(ns, MILLI, "ms"),
        SECOND..MINUTE => digits(ns, SECOND, "s"),
        MINUTE..HOUR => two(ns, (MINUTE, "min"), (SECOND, "s")),
        HOUR..DAY => two(ns, (HOUR, "h"), (MINUTE, "min")),
        _ => two(ns, (DAY, "d"), (HOUR, "h")),
    };
    format!("{sign}{text}")
}

/// Three digits that count.
fn digits(ns: i64, unit: i64, name: &str) -> String {
    let value = ns as f64 / unit as f64;
    let decimals = match ns / unit {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {name}")
}

fn two(ns: i64, (large, large_name): (i64, &str), (small, small_name): (i64, &str)) -> String {
    let rest = ns % large / small;
    if rest == 0 {
        format!("{} {large_name}", ns / large)
    } else {
        format!("{} {large_name} {rest} {small_name}", ns / large)
    }
}

/// A column of times in one form, so that they can be compared down the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    form: Form,
    decimals: usize,
}

/// How the times of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `31.20 ms`.
    Millis,
    /// `83.0123 s`.
    Seconds,
    /// `12:03.4`, with hours and days as far as they are needed.
    Clock,
}

impl Scale {
    /// The scale for times up to `largest`, where differences of a part of `span` should be seen.
    #[must_use]
    pub fn new(largest: i64, span: i64) -> Self {
        let (largest, span) = (largest.saturating_abs(), span.saturating_abs());
        if largest < SECOND {
            return Self {
                form: Form::Millis,
                decimals: 2,
            };
        }
        Self {
            form: if largest < 10 * MINUTE {
                Form::Seconds
            } else {
                Form::Clock
            },
            decimals: match span {
                0..SECOND => 5,
                SECOND..MINUTE => 4,
                MINUTE..HOUR => 3,
                _ => 1,
            },
        }
    }

    /// A time on this scale.
    #[must_use]
    pub fn time(self, ns: i64) -> String {
        match self.form {
            Form::Millis => format!("{:.*} ms", self.decimals, ns as f64 / MILLI as f64),
            Form::Seconds => format!("{:.*} s", self.decimals, ns as f64 / SECOND as f64),
            Form::Clock => self.clock(ns),
        }
    }

    fn clock(self, ns: i64) -> String {
        let sign = if ns < 0 { "-" } else { "" };
        let ns = ns.saturating_abs();
        let (days, hours, minutes) = (ns / DAY, ns % DAY / HOUR, ns % HOUR / MINUTE);
        // Cut, not rounded: 59.96 must not become 60.0.
        let part = 10_i64.pow(9 - self.decimals as u32);
        let (seconds, part) = (ns % MINUTE / SECOND, ns % SECOND / part);
        let seconds = format!("{seconds:02}.{part:0width$}", width = self.decimals);
        if days > 0 {
            format!("{sign}{days} d {hours:02}:{minutes:02}:{seconds}")
        } else if hours > 0 {
            format!("{sign}{hours}:{minutes:02}:{seconds}")
        } else {
            format!("{sign}{minutes}:{seconds}")
        }
    }
}

/// A number of bytes: `845 B`, `1.2 kB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    if count < 1000 {
        return format!("{count} B");
    }
    let mut unit = "B";
    for name in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = name;
    }
    let decimals = usize::from(value < 99.95);
    format!("{value:.decimals$} {unit}")
}

/// A count with its noun: `1 frame`, `2 frames`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The first and the last of a run of frames: `#14-15`, or `#9` where they are one.
#[must_use]
pub fn span(first: u64, last: u64) -> String {
    if first == last {
        format!("#{first}")
    } else {
        format!("#{first}-{last}")
    }
}

/// Frame numbers as runs: `#9`, `#14-15`, `#14,16-18`; what does not fit into `width` columns is counted: `#14,+36`.
#[must_use]
pub fn frames(numbers: &[u64], width: usize) -> String {
    let mut text = String::new();
    let mut told = 0;
    let mut rest = numbers;
    while let Some(&first) = rest.first() {
        let run = rest
            .iter()
            .zip(first..)
            .take_while(|(number, expected)| *number == expected)
            .count();
        let mut next = String::from(if told == 0 { "#" } else { "," });
        let _ = write!(next, "{first}");
        if run > 1 {
            let _ = write!(next, "-{}", first + run as u64 - 1);
        }
        let left = numbers.len() - told - run;
        let tail = if left == 0 {
            String::new()
        } else {
            format!(",+{left}")
        };
        if told > 0 && text.len() + next.len() + tail.len() > width {
            let _ = write!(text, ",+{}", numbers.len() - told);
            break;
        }
        text += &next;
        told += run;
        rest = &rest[run..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Scale, bytes, duration, frames};

    #[test]
    fn times_have_the_unit_that_fits() {
        for (ns, text) in [
            (0, "0 s"),
            (840, "840 ns"),
            (210_000, "210 µs"),
            (31_204_000, "31.2 ms"),
            (187_000_000, "187 ms"),
            (1_500_000_000, "1.50 s"),
            (123_000_000_000, "2 min 3 s"),
            (3_600_000_000_000, "1 h"),
            (187_200_000_000_000, "2 d 4 h"),
            (-2_000_000, "-2.00 ms"),
        ] {
            assert_eq!(duration(ns), text);
        }
    }

    #[test]
    fn a_column_has_one_unit() {
        let scale = Scale::new(187_000_000, 187_000_000);
        assert_eq!(scale.time(210_000), "0.21 ms");
        assert_eq!(scale.time(187_000_000), "187.00 ms");
        let late = Scale::new(83_012_000_000, 50_000_000);
        assert_eq!(late.time(83_012_340_000), "83.01234 s");
        let long = Scale::new(7_500 * 1_000_000_000, 7_500 * 1_000_000_000);
        assert_eq!(long.time(59_960_000_000), "0:59.9");
        assert_eq!(long.time(7_384_500_000_000), "2:03:04.5");
        assert_eq!(long.time(-100 * 3_600 * 1_000_000_000), "-4 d 04:00:00.0");
    }

    #[test]
    fn sizes() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_234, "1.2 kB"),
            (99_949, "99.9 kB"),
            (123_456, "123 kB"),
            (999_600, "1.0 MB"),
            (5_000_000_000, "5.0 GB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn frames_are_runs() {
        assert_eq!(frames(&[], 9), "");
        assert_eq!(frames(&[9], 9), "#9");
        assert_eq!(frames(&[14, 15], 9), "#14-15");
        assert_eq!(frames(&[14, 16, 17, 18], 12), "#14,16-18");
        assert_eq!(frames(&[14, 16, 18, 20], 9), "#14,16,+2");
        assert_eq!(frames(&[14, 16, 18, 20], 40), "#14,16,18,20");
    }
}

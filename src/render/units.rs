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
    let mut text = String::new();
    push_duration(ns, &mut text);
    text
}

/// Appends a [`duration`].
pub fn push_duration(ns: i64, out: &mut String) {
    if ns < 0 {
        out.push('-');
    }
    let ns = ns.saturating_abs();
    let (large, small) = match ns {
        0 => return out.push_str("0 s"),
        1..MICRO => return push_with(ns as u64, " ns", out),
        MICRO..MILLI => return push_digits(ns, MICRO, " µs", out),
        MILLI..SECOND => return push_digits(ns, MILLI, " ms", out),
        SECOND..MINUTE => return push_digits(ns, SECOND, " s", out),
        MINUTE..HOUR => ((MINUTE, " min"), (SECOND, " s")),
        HOUR..DAY => ((HOUR, " h"), (MINUTE, " min")),
        _ => ((DAY, " d"), (HOUR, " h")),
    };
    push_with((ns / large.0) as u64, large.1, out);
    let rest = ns % large.0 / small.0;
    if rest > 0 {
        out.push(' ');
        push_with(rest as u64, small.1, out);
    }
}

/// Appends a time in a unit, with three digits that count.
fn push_digits(ns: i64, unit: i64, name: &str, out: &mut String) {
    let decimals = match ns / unit {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    push_decimal(ns as u64, unit as u64, decimals, out);
    out.push_str(name);
}

/// Appends the quotient of a number and a power of ten, with so many decimals.
fn push_decimal(number: u64, unit: u64, decimals: u32, out: &mut String) {
    let parts = 10_u64.pow(decimals);
    let part = unit / parts;
    let (count, rest) = (number / part, number % part);
    if rest * 2 == part {
        // As it lies between two decimals, the fraction itself has to say which of them is nearer.
        let _ = write!(out, "{:.*}", decimals as usize, number as f64 / unit as f64);
        return;
    }
    let count = count + u64::from(rest * 2 > part);
    push_number(count / parts, out);
    if decimals > 0 {
        out.push('.');
    }
    for place in (0..decimals).rev() {
        push_number(count / 10_u64.pow(place) % 10, out);
    }
}

/// Appends a number and its unit.
fn push_with(number: u64, unit: &str, out: &mut String) {
    push_number(number, out);
    out.push_str(unit);
}

/// Appends a number.
pub fn push_number(number: u64, out: &mut String) {
    let digit = |place| char::from(b'0' + (number / place % 10) as u8);
    if number >= 1000 {
        push_number(number / 1000, out);
    }
    if number >= 100 {
        out.push(digit(100));
    }
    if number >= 10 {
        out.push(digit(10));
    }
    out.push(digit(1));
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
    let mut text = String::new();
    push_bytes(count, &mut text);
    text
}

/// Appends a number of [`bytes`].
pub fn push_bytes(count: u64, out: &mut String) {
    const UNITS: [(u64, &str); 6] = [
        (1_000, " kB"),
        (1_000_000, " MB"),
        (1_000_000_000, " GB"),
        (1_000_000_000_000, " TB"),
        (1_000_000_000_000_000, " PB"),
        (1_000_000_000_000_000_000, " EB"),
    ];
    if count < 1000 {
        return push_with(count, " B", out);
    }
    // Rounded, at most 999 of a unit.
    let fits = |(unit, _): &&(u64, &str)| count < unit.saturating_mul(999).saturating_add(unit / 2);
    if let Some(&(unit, name)) = UNITS.iter().find(fits).or(UNITS.last()) {
        let decimals = u32::from(count / 10 < unit * 10 - unit / 200);
        push_decimal(count, unit, decimals, out);
        out.push_str(name);
    }
}

/// A count with its noun: `1 frame`, `2 frames`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    let mut text = String::new();
    push_count(number, noun, &mut text);
    text
}

/// Appends a [`count`].
pub fn push_count(number: u64, noun: &str, out: &mut String) {
    push_number(number, out);
    out.push(' ');
    out.push_str(noun);
    if number != 1 {
        out.push('s');
    }
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
            (u64::MAX, "18.4 EB"),
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

//! Calendar dates for fields whose bytes count seconds, written as Wireshark writes them, in UTC.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The English short name of a month, 1 to 12.
pub(crate) fn month_name(month: u32) -> Option<&'static str> {
    MONTHS.get((month as usize).checked_sub(1)?).copied()
}

/// `Mar 31, 2025 02:29:34.000000000 UTC`: seconds since 1970-01-01 00:00 UTC, and nanoseconds.
pub(crate) fn utc(seconds: i64, nanoseconds: u32) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    format!(
        "{} {day:2}, {year} {:02}:{:02}:{:02}.{nanoseconds:09} UTC",
        month_name(month).unwrap_or_default(),
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month and day of a count of days since 1970-01-01 in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is a year's last: 400 such years have 146 097 days.
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(utc(0, 0), "Jan  1, 1970 00:00:00.000000000 UTC");
        assert_eq!(utc(1_743_388_174, 0), "Mar 31, 2025 02:29:34.000000000 UTC");
        assert_eq!(utc(951_782_400, 7), "Feb 29, 2000 00:00:00.000000007 UTC");
        assert_eq!(utc(-1, 0), "Dec 31, 1969 23:59:59.000000000 UTC");
        assert_eq!(utc(4_102_444_799, 0), "Dec 31, 2099 23:59:59.000000000 UTC");
    }
}

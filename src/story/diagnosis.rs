//! How a journey ended, and what went wrong. Findings are facts; the sentences about them stand in the scripts.

use crate::flow::Outcome as Ended;
use crate::model::Side;

use super::journey::Outcome;
use super::moment::Moment;
use super::tale::Tale;

/// How a journey ended.
#[must_use]
pub(super) fn outcome(t: &Tale) -> Outcome {
    let failed = || refused(t) || unanswered(t) || fatal_alert(t).is_some();
    match t.story {
        "dns" => dns(t),
        "dhcp" => first_of(
            t.seen("dhcp.ack") || t.seen("dhcp.release") || t.seen("dhcp.inform"),
            t.seen("dhcp.nak") || !t.cut_off,
        ),
        "dhcpv6" => first_of(
            t.any("dhcpv6.reply", |m| !lacking(m)),
            lease_refused(t) || !t.cut_off,
        ),
        "ntp" => first_of(
            time_told(t) || t.seen("ntp.control"),
            refused(t) || t.seen("ntp.response") || !t.cut_off,
        ),
        "ping" => first_of(
            t.seen("icmp.echo_reply") || t.seen("icmpv6.echo_reply"),
            error_message(t) || !t.cut_off || old(t),
        ),
        "traceroute" => first_of(t.seen("traceroute.arrived"), !t.cut_off || old(t)),
        "arp" => first_of(!t.seen("arp.unanswered"), true),
        "ipv6-join" => Outcome::Ok,
        "curl-https" | "curl-http" => http(t),
        "ssh" => ssh(t),
        _ if failed() => Outcome::Failed,
        "tls" if secured(t) => Outcome::Ok,
        "tls" if reset_before_answer(t) => Outcome::Failed,
        "tls" => Outcome::Incomplete,
        "tcp" => match t.last().map(|c| c.ending) {
            Some(Ended::Closed | Ended::HalfClosed) => Outcome::Ok,
            Some(Ended::Reset) => Outcome::Failed,
            _ => Outcome::Incomplete,
        },
        _ => Outcome::Ok,
    }
}

fn first_of(ok: bool, failed: bool) -> Outcome {
    if ok {
        Outcome::Ok
    } else if failed {
        Outcome::Failed
    } else {
        Outcome::Incomplete
    }
}

/// A server or peer of NTP gave the time: it did not refuse, and its own clock is set.
#[must_use]
pub(super) fn time_told(t: &Tale) -> bool {
    let usable =
        |m: &Moment| m.number("ntp.stratum") != Some(0) && m.number("ntp.flags.li") != Some(3);
    let peer = |m: &Moment| m.number("ntp.flags.mode") == Some(1) && usable(m);
    t.any("ntp.response", usable) || t.any("ntp.broadcast", usable) || t.any("ntp.request", peer)
}

/// A DHCP server said no.
#[must_use]
pub(super) fn lease_refused(t: &Tale) -> bool {
    t.seen("dhcp.nak")
        || (t.any("dhcpv6.reply", lacking) && !t.any("dhcpv6.reply", |m| !lacking(m)))
}

/// A DHCPv6 message that names what is missing, and gives neither address nor prefix.
fn lacking(m: &Moment) -> bool {
    let given = ["dhcpv6.iaaddr.ip", "dhcpv6.iaprefix.pref_addr"];
    m.number("dhcpv6.status_code").is_some_and(|code| code != 0)
        && given.iter().all(|key| m.value(key).is_none())
}

/// The wanted name was found, or a server said that it (or the record) does not exist.
fn dns(t: &Tale) -> Outcome {
    let responses = || t.all("dns.response").chain(t.all("mdns.response"));
    let code = |m: &Moment| m.number("dns.flags.rcode").unwrap_or(0);
    if responses().any(|m| code(m) == 0 && m.number("dns.flags.truncated") != Some(1)) {
        Outcome::Ok
    } else if responses().any(|m| code(m) != 0)
        || t.seen("dns.timeout")
        || refused(t)
        || unanswered(t)
        || (!t.cut_off && responses().next().is_none() && t.seen("dns.query"))
    {
        Outcome::Failed
    } else if t.seen("tls.client_hello") && secured(t) {
        // DNS inside TLS that no key opens: the session stands.
        Outcome::Ok
    } else {
        Outcome::Incomplete
    }
}

fn http(t: &Tale) -> Outcome {
    if last_leg_answered(t) {
        return Outcome::Ok;
    }
    let last = t.last();
    let failed = refused(t)
        || unanswered(t)
        || fatal_alert(t).is_some()
        || reset_before_answer(t)
        || (t.mains == 0 && dns(t) == Outcome::Failed);
    if failed {
        return Outcome::Failed;
    }
    // What TLS hides is not seen to be answered: bytes both ways after the handshake and an orderly end are the evidence.
    let closed = last.is_some_and(|c| matches!(c.ending, Ended::Closed | Ended::Reset));
    let hidden = !requested_in_last_leg(t) && secured(t);
    if hidden && closed {
        return Outcome::Ok;
    }
    let closed_without_answer = last.is_some_and(|c| c.ending == Ended::Closed)
        && (requested_in_last_leg(t) || (t.seen("tls.client_hello") && !secured(t)));
    if closed_without_answer {
        return Outcome::Failed;
    }
    Outcome::Incomplete
}

fn last_leg_answered(t: &Tale) -> bool {
    t.moments.iter().rev().any(|placed| {
        let status = super::tale::status(&placed.moment);
        placed.leg == t.decisive && status.is_some_and(super::tale::is_final)
    })
}

fn requested_in_last_leg(t: &Tale) -> bool {
    let mut last_leg = t.moments.iter().filter(|placed| placed.leg == t.decisive);
    last_leg.any(|placed| super::tale::is_request(&placed.moment))
}

fn ssh(t: &Tale) -> Outcome {
    if refused(t) || unanswered(t) {
        return Outcome::Failed;
    }
    if t.seen("ssh.auth_failure") && !t.seen("ssh.auth_success") {
        return Outcome::Failed;
    }
    let ending = t.last().map(|c| c.ending);
    if secured(t) {
        let over = matches!(
            ending,
            Some(Ended::Closed | Ended::Reset | Ended::HalfClosed)
        );
        return if over {
            Outcome::Ok
        } else {
            Outcome::Incomplete
        };
    }
    match ending {
        Some(Ended::Closed | Ended::Reset) if begins(t) => Outcome::Failed,
        _ => Outcome::Incomplete,
    }
}

/// The last connection, or the only datagram, was refused.
#[must_use]
pub(super) fn refused(t: &Tale) -> bool {
    match t.last() {
        Some(last) => last.ending == Ended::Refused,
        None => t.seen("tcp.refused"),
    }
}

/// Nobody answered the first packet of the last connection.
#[must_use]
pub(super) fn unanswered(t: &Tale) -> bool {
    t.last()
        .is_some_and(|last| last.ending == Ended::Unanswered && last.transport == "tcp")
        || (t.mains == 0 && t.seen("tcp.unanswered"))
}

/// An ICMP error came back.
fn error_message(t: &Tale) -> bool {
    [
        "icmp.unreachable",
        "icmp.time_exceeded",
        "icmpv6.unreachable",
        "icmpv6.time_exceeded",
    ]
    .iter()
    .any(|id| t.seen(id))
}

/// Requests have waited long enough: the last event is seconds after the first.
fn old(t: &Tale) -> bool {
    const PATIENCE: i64 = 3_000_000_000;
    t.moments
        .first()
        .is_some_and(|first| t.end.since(first.moment.time) > PATIENCE)
}

/// The capture shows how the last connection began. What it does not show there may have gone well.
fn begins(t: &Tale) -> bool {
    t.last().is_some_and(|last| last.history_has_syn(t))
}

/// The RST of the server came before any answer to what the client said.
#[must_use]
pub(super) fn reset_before_answer(t: &Tale) -> bool {
    t.last().is_some_and(|last| last.ending == Ended::Reset)
        && (begins(t) || requested_in_last_leg(t))
        && t.last_leg("tcp.reset")
            .any(|m| m.from == Some(Side::Server))
        && !last_leg_answered(t)
}

/// The TLS or SSH handshake of the last leg was completed.
#[must_use]
pub(super) fn secured(t: &Tale) -> bool {
    let ssh = |side| t.last_leg("ssh.newkeys").any(|m| m.from == Some(side));
    if ssh(Side::Client) && ssh(Side::Server) {
        return true;
    }
    if fatal_alert(t).is_some() {
        return false;
    }
    let finished = |side| t.last_leg("tls.finished").any(|m| m.from == Some(side));
    let encrypted = |side| t.last_leg("tls.encrypted").any(|m| m.from == Some(side));
    (finished(Side::Client) && finished(Side::Server))
        || (t.last_leg("tls.server_hello").next().is_some()
            && encrypted(Side::Client)
            && encrypted(Side::Server))
}

/// The fatal alert that ended the last leg. In TLS 1.3 all alerts but close_notify and user_canceled are fatal.
#[must_use]
pub(super) fn fatal_alert(t: &Tale) -> Option<&Moment> {
    t.last_leg("tls.alert").find(|m| {
        m.number("tls.alert_message.desc")
            .is_some_and(|desc| !matches!(desc, 0 | 90 | 100))
            && m.number("tls.alert_message.level") != Some(1)
            || m.number("tls.alert_message.level") == Some(2)
    })
}

/// The fatal alert has this description.
#[must_use]
pub(super) fn alert(t: &Tale, description: u64) -> bool {
    fatal_alert(t).is_some_and(|m| m.number("tls.alert_message.desc") == Some(description))
}

/// A request was read.
#[must_use]
pub(super) fn requested(t: &Tale) -> bool {
    let mut moments = t.moments.iter();
    moments.any(|placed| super::tale::is_request(&placed.moment))
}

/// The certificate's last day was over when the frame was captured, or the alert says so.
#[must_use]
pub(super) fn certificate_expired(t: &Tale) -> bool {
    alert(t, 45) || validity(t).is_some_and(|(_, until, now)| now > until)
}

/// The certificate's first day had not come when the frame was captured.
#[must_use]
pub(super) fn certificate_early(t: &Tale) -> bool {
    validity(t).is_some_and(|(from, _, now)| now < from)
}

/// First and last second of the server certificate's validity and the time of the frame, all as sortable text.
fn validity(t: &Tale) -> Option<(String, String, String)> {
    let m = t
        .last_leg("tls.certificate")
        .find(|m| m.from == Some(Side::Server))?;
    let mut times = m
        .values
        .iter()
        .filter(|c| matches!(c.def.key, "x509af.utcTime" | "x509af.generalizedTime"))
        .filter_map(super::moment::Captured::text)
        .map(digits);
    let (from, until) = (times.next()?, times.next()?);
    Some((from, until, date(m.time.seconds())))
}

/// The digits of a time such as `2025-11-20 07:14:00 (UTC)`.
fn digits(time: &str) -> String {
    let mut digits: String = time.chars().filter(char::is_ascii_digit).collect();
    // UTCTime has two digits of the year (RFC 5280 section 4.1.2.5.1).
    if digits.len() == 12 {
        let century = if digits.as_str() < "50" { "20" } else { "19" };
        digits.insert_str(0, century);
    }
    digits.truncate(14);
    digits
}

/// A time as `YYYYMMDDhhmmss` in UTC.
fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil date from days: Howard Hinnant's algorithm.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}{month:02}{day:02}{:02}{:02}{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_certificates_and_frames_compare() {
        assert_eq!(date(1_763_622_840), "20251120071400");
        assert_eq!(date(951_827_696), "20000229123456");
        assert_eq!(digits("2025-11-20 07:14:00 (UTC)"), "20251120071400");
        assert_eq!(digits("251120071400Z"), "20251120071400");
        assert_eq!(digits("991120071400Z"), "19991120071400");
    }
}

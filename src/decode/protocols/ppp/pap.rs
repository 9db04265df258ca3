//! PAP: a client of a PPP line tells its name and password, in the clear. RFC 1334 section 2.

use crate::decode::{Base, Claim, Cursor, Fault, Names, Protocol, Show, fields};
use crate::model::Osi;

const CODES: Names = &[(1, "request"), (2, "accepted"), (3, "refused")];

fields! {
    CODE: "pap.code", "Code", Show::Names(Base::Dec, CODES), "The client asks, or the server answers.";
    IDENTIFIER: "pap.identifier", "Identifier", Show::Plain, "Tells which request an answer is for.";
    LENGTH: "pap.length", "Length", Show::Unit("bytes"), "Length of the message from its code on.";
    DATA: "pap.data", "Data", Show::Heading, "What the message says.";
    NAME_LEN: "pap.peer_id.length", "Name length", Show::Unit("bytes"), "How long the name is.";
    NAME: "pap.peer_id", "Name", Show::Plain, "Who the client says it is.";
    PASSWORD_LEN: "pap.password.length", "Password length", Show::Unit("bytes"), "How long the password is.";
    PASSWORD: "pap.password", "Password", Show::Plain, "The password, readable by everyone on the line.";
    MESSAGE_LEN: "pap.message.length", "Message length", Show::Unit("bytes"), "How long the message is.";
    MESSAGE: "pap.message", "Message", Show::Plain, "Words for a person.";
}

/// Name and password, and the answer.
pub(in crate::decode::protocols) static PROTOCOL: Protocol = Protocol {
    key: "pap",
    name: "PPP Password Authentication Protocol",
    osi: Osi::Link,
    spec: "RFC 1334",
    claims: &[Claim::Ppp(0xc023)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let code = c.u8(&CODE)?;
    c.u8(&IDENTIFIER)?;
    let len = c.u16(&LENGTH)?;
    let name = CODE.name_of(u64::from(code)).unwrap_or("unknown code");
    c.summary(format_args!("{name}"));
    let Some(rest) = usize::from(len).checked_sub(4) else {
        return Err(c.bad_length(&LENGTH, u64::from(len), "at least 4"));
    };
    c.clip(rest, &LENGTH);
    c.group(&DATA, |c| match code {
        1 => {
            let len = c.u8(&NAME_LEN)?;
            c.text(&NAME, usize::from(len))?;
            let len = c.u8(&PASSWORD_LEN)?;
            // However much of it was captured.
            c.secret(c.ahead(usize::from(len)));
            c.text(&PASSWORD, usize::from(len)).map(drop)
        }
        2 | 3 if !c.is_empty() => {
            let len = c.u8(&MESSAGE_LEN)?;
            c.text(&MESSAGE, usize::from(len)).map(drop)
        }
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::protocols::ppp::tests::ppp;

    #[test]
    fn the_password_is_secret() {
        let seen = ppp("c023 0101 000e 04 75736572 04 70617373");
        assert_eq!(seen.first("pap.peer_id"), "user");
        assert_eq!(seen.first("pap.password"), "pass");
        let secret = seen.d.secrets.first().map(|span| (span.at, span.len));
        assert_eq!(secret, Some((32, 4)));
        let seen = ppp("c023 0301 0007 02 6e6f");
        assert_eq!(seen.summary("pap"), "refused");
        assert_eq!(seen.first("pap.message"), "no");
    }

    #[test]
    fn a_cut_password_stays_secret() {
        let seen = ppp("c023 0101 000e 04 75736572 04 7061");
        assert_eq!(seen.faults(), [("pap", "truncated")]);
        assert_eq!(seen.d.secrets.first().map(|span| span.len), Some(2));
    }
}

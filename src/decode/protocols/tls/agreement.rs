//! ServerKeyExchange and ClientKeyExchange of TLS 1.2 and older, whose form the cipher suite decides
//! (RFC 5246 sections 7.4.3 and 7.4.7, RFC 8422, RFC 4279, RFC 5489).

use crate::decode::{Cursor, Fault, FieldDef, TlsVersion};

use super::fields::{
    CLIENT_POINT, CLIENT_POINT_LENGTH, CURVE, CURVE_TYPE, G, G_LENGTH, HINT, HINT_LENGTH, IDENTITY,
    IDENTITY_LENGTH, P, P_LENGTH, PARAMETERS, PREMASTER, PREMASTER_LENGTH, SERVER_POINT,
    SERVER_POINT_LENGTH, SIGNATURE, SIGNATURE_LENGTH, YC, YC_LENGTH, YS, YS_LENGTH,
};
use super::identity;
use super::memory::TlsMemory;
use super::names;

/// How a cipher suite agrees on keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Agreement {
    /// With a shared key (as the only means, or besides another).
    shared_key: bool,
    /// On an elliptic curve.
    curve: bool,
    /// In a finite field.
    field: bool,
    /// With the RSA key of the certificate.
    rsa: bool,
    /// The server's parameters carry a signature.
    signed: bool,
}

/// What the name of the suite says; `None` for suites that are not known, and for methods that have left no trace in practice.
fn agreement(suite: u16) -> Option<Agreement> {
    let name = names::suite(suite.into())?.strip_prefix("TLS_")?;
    let (method, _) = name.split_once("_WITH_")?;
    let shared_key = method.contains("PSK");
    let anonymous = method.contains("anon");
    Some(match method.split('_').next()? {
        "ECDHE" | "ECDH" => Agreement {
            shared_key,
            curve: true,
            signed: !anonymous && !shared_key,
            ..Agreement::default()
        },
        "DHE" | "DH" => Agreement {
            shared_key,
            field: true,
            signed: !anonymous && !shared_key,
            ..Agreement::default()
        },
        "RSA" => Agreement {
            shared_key,
            rsa: true,
            ..Agreement::default()
        },
        "PSK" => Agreement {
            shared_key,
            field: method.contains("DHE"),
            ..Agreement::default()
        },
        _ => return None,
    })
}

fn state(c: &mut Cursor<'_, '_>) -> (Option<Agreement>, Option<TlsVersion>) {
    c.memory::<TlsMemory>().map_or((None, None), |memory| {
        (memory.hello.suite.and_then(agreement), memory.hello.version)
    })
}

/// Bytes behind a length of one or two bytes.
fn sized(
    c: &mut Cursor<'_, '_>,
    length: &'static FieldDef,
    width: usize,
    def: &'static FieldDef,
) -> Result<(), Fault> {
    let len = c.number(length, width)?;
    c.bytes(def, len as usize).map(|_| ())
}

/// Reads a ServerKeyExchange.
pub(super) fn server_key_exchange(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (agreement, version) = state(c);
    let Some(agreement) = agreement else {
        return parameters(c);
    };
    if agreement.shared_key {
        sized(c, &HINT_LENGTH, 2, &HINT)?;
    }
    if agreement.curve {
        const NAMED: u8 = 3;
        if c.u8(&CURVE_TYPE)? != NAMED {
            return parameters(c);
        }
        let group = c.u16(&CURVE)?;
        if let Some(memory) = c.memory::<TlsMemory>() {
            memory.group = Some(group);
        }
        sized(c, &SERVER_POINT_LENGTH, 1, &SERVER_POINT)?;
    } else if agreement.field {
        sized(c, &P_LENGTH, 2, &P)?;
        sized(c, &G_LENGTH, 2, &G)?;
        sized(c, &YS_LENGTH, 2, &YS)?;
    } else if !agreement.shared_key {
        return parameters(c);
    }
    if agreement.signed {
        if version.is_none_or(|version| version >= TlsVersion::Tls12) {
            identity::scheme(c)?;
        }
        sized(c, &SIGNATURE_LENGTH, 2, &SIGNATURE)?;
    }
    Ok(())
}

/// Reads a ClientKeyExchange.
pub(super) fn client_key_exchange(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (agreement, version) = state(c);
    let Some(agreement) = agreement else {
        return parameters(c);
    };
    if agreement.shared_key {
        sized(c, &IDENTITY_LENGTH, 2, &IDENTITY)?;
    }
    if agreement.curve {
        sized(c, &CLIENT_POINT_LENGTH, 1, &CLIENT_POINT)
    } else if agreement.field {
        sized(c, &YC_LENGTH, 2, &YC)
    } else if agreement.rsa && version == Some(TlsVersion::Ssl30) {
        let len = c.left();
        c.bytes(&PREMASTER, len).map(|_| ())
    } else if agreement.rsa {
        sized(c, &PREMASTER_LENGTH, 2, &PREMASTER)
    } else {
        Ok(())
    }
}

fn parameters(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.left();
    c.bytes(&PARAMETERS, len).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_decides_the_agreement() {
        let of = |suite| agreement(suite).unwrap();
        assert!(of(0xc02f).curve && of(0xc02f).signed);
        assert!(of(0x009e).field && of(0x009e).signed);
        assert!(of(0xc018).curve && !of(0xc018).signed);
        assert!(of(0x009c).rsa && !of(0x009c).signed);
        assert!(of(0x00a8).shared_key && !of(0x00a8).field);
        assert!(of(0x00aa).shared_key && of(0x00aa).field);
        assert_eq!(agreement(0x1301), None);
    }
}

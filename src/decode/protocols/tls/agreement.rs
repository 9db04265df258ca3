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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Agreement {
    method: Method,
    /// A shared key takes part, as the only means or besides another.
    shared_key: bool,
    /// The server's parameters carry a signature.
    signed: bool,
}

/// The means of an agreement, besides a shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Diffie-Hellman on an elliptic curve.
    Curve,
    /// Diffie-Hellman in a finite field.
    Field,
    /// The client's secret, encrypted to the RSA key of the certificate.
    Rsa,
    /// Nothing but the shared key.
    SharedKey,
}

/// What the name of the suite says; `None` for suites that are not known, and for methods that have left no trace in practice.
fn agreement(suite: u16) -> Option<Agreement> {
    let name = names::suite(suite.into())?.strip_prefix("TLS_")?;
    let (method, _) = name.split_once("_WITH_")?;
    let shared_key = method.contains("PSK");
    let signed = !shared_key && !method.contains("anon");
    let (method, signed) = match method.split('_').next()? {
        "ECDHE" | "ECDH" => (Method::Curve, signed),
        "DHE" | "DH" => (Method::Field, signed),
        "RSA" => (Method::Rsa, false),
        "PSK" if method.contains("DHE") => (Method::Field, false),
        "PSK" => (Method::SharedKey, false),
        _ => return None,
    };
    Some(Agreement {
        method,
        shared_key,
        signed,
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
    if agreement.method == Method::Curve {
        const NAMED: u8 = 3;
        if c.u8(&CURVE_TYPE)? != NAMED {
            return parameters(c);
        }
        let group = c.u16(&CURVE)?;
        if let Some(memory) = c.memory::<TlsMemory>() {
            memory.group = Some(group);
        }
        sized(c, &SERVER_POINT_LENGTH, 1, &SERVER_POINT)?;
    } else if agreement.method == Method::Field {
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
    match agreement.method {
        Method::Curve => sized(c, &CLIENT_POINT_LENGTH, 1, &CLIENT_POINT),
        Method::Field => sized(c, &YC_LENGTH, 2, &YC),
        Method::Rsa if version == Some(TlsVersion::Ssl30) => {
            let len = c.left();
            c.bytes(&PREMASTER, len).map(|_| ())
        }
        Method::Rsa => sized(c, &PREMASTER_LENGTH, 2, &PREMASTER),
        Method::SharedKey => Ok(()),
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
        let of = |suite| {
            let agreement = agreement(suite).unwrap();
            (agreement.method, agreement.shared_key, agreement.signed)
        };
        assert_eq!(of(0xc02f), (Method::Curve, false, true));
        assert_eq!(of(0x009e), (Method::Field, false, true));
        assert_eq!(of(0xc018), (Method::Curve, false, false));
        assert_eq!(of(0x009c), (Method::Rsa, false, false));
        assert_eq!(of(0x00a8), (Method::SharedKey, true, false));
        assert_eq!(of(0x00aa), (Method::Field, true, false));
        assert_eq!(of(0xc0aa), (Method::Field, true, false));
        assert_eq!(of(0x00ac), (Method::Rsa, true, false));
        assert_eq!(agreement(0x1301), None);
    }
}

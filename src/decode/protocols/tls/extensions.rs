//! The extensions of hello messages, certificates and tickets; the form of many depends on the message they stand in.

use crate::decode::{Cursor, Fault, FieldDef, Next, Value};

use super::fields::{
    ALPN, ALPN_LENGTH, ALPN_LIST, ALPN_STRING_LENGTH, ALPS, ALPS_LENGTH, ALPS_LIST, ALPS_SETTINGS,
    ALPS_STRING_LENGTH, CERTIFICATE_FORMAT, CERTIFICATE_FORMATS, CERTIFICATE_FORMATS_LENGTH,
    COMPRESS_ALGORITHM, COMPRESS_LENGTH, CONNECTION_ID, CONNECTION_ID_LENGTH, COOKIE,
    COOKIE_LENGTH, EARLY_DATA_SIZE, ECH_AEAD, ECH_CONFIG, ECH_KDF, ECH_KEY, ECH_PAYLOAD, ECH_TYPE,
    ESNI, ESNI_DIGEST, ESNI_DIGEST_LENGTH, ESNI_LENGTH, ESNI_SUITE, EXTENSION, EXTENSION_DATA,
    EXTENSION_LENGTH, EXTENSION_TYPE, EXTENSIONS_LENGTH, FRAGMENT_LENGTH, GROUP, GROUPS,
    GROUPS_LENGTH, HEARTBEAT_MODE, KEY_SHARE, KEY_SHARE_GROUP, KEY_SHARE_KEY, KEY_SHARE_LENGTH,
    KEY_SHARES_LENGTH, NPN, NPN_LENGTH, OID, OID_FILTERS_LENGTH, OID_LENGTH, OID_VALUES_LENGTH,
    PADDING_DATA, POINT_FORMAT, POINT_FORMATS, POINT_FORMATS_LENGTH, PSK, PSK_AGE, PSK_BINDERS,
    PSK_BINDERS_LENGTH, PSK_IDENTITIES_LENGTH, PSK_IDENTITY, PSK_IDENTITY_LENGTH, PSK_MODE,
    PSK_MODES_LENGTH, PSK_SELECTED, QUIC_PARAMETERS, RECORD_SIZE_LIMIT, RENEGOTIATION,
    RENEGOTIATION_LENGTH, RESPONDERS_LENGTH, SELECTED_GROUP, SNI, SNI_LENGTH, SNI_LIST_LENGTH,
    SNI_TYPE, STATUS_EXTENSIONS_LENGTH, STATUS_LENGTH, STATUS_LIST_LENGTH, STATUS_TYPE,
    SUPPORTED_VERSION, VERSIONS_LENGTH,
};
use super::hello::{Shape, list as shape_list};
use super::identity;
use super::memory::TlsMemory;

/// The message that an extension stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// ClientHello.
    ClientHello,
    /// ServerHello.
    ServerHello,
    /// HelloRetryRequest.
    HelloRetryRequest,
    /// EncryptedExtensions.
    EncryptedExtensions,
    /// CertificateRequest of TLS 1.3.
    CertificateRequest,
    /// One certificate of a TLS 1.3 Certificate message.
    Certificate,
    /// NewSessionTicket of TLS 1.3.
    Ticket,
}

/// Reads a list of extensions with its length. A bad extension is a fault; the ones behind it are read all the same.
pub(super) fn list(
    c: &mut Cursor<'_, '_>,
    within: Within,
    mut shape: Option<&mut Shape>,
) -> Result<(), Fault> {
    let len = c.u16(&EXTENSIONS_LENGTH)?;
    c.within(&EXTENSIONS_LENGTH, len.into(), |c| {
        while !c.is_empty() {
            c.group(&EXTENSION, |c| extension(c, within, shape.as_deref_mut()))?;
        }
        Ok(())
    })
}

fn extension(
    c: &mut Cursor<'_, '_>,
    within: Within,
    shape: Option<&mut Shape>,
) -> Result<(), Fault> {
    let kind = c.u16(&EXTENSION_TYPE)?;
    let len = c.u16(&EXTENSION_LENGTH)?;
    let whole = usize::from(len) <= c.left();
    let mut unused = Shape::default();
    let shape = shape.unwrap_or(&mut unused);
    shape_list(c, &mut shape.extensions, kind.into());
    let result = c.within(&EXTENSION_LENGTH, len.into(), |c| {
        body(c, kind, within, shape)?;
        let left = c.left();
        if left > 0 {
            c.bytes(&EXTENSION_DATA, left)?;
        }
        Ok(())
    });
    match result {
        Err(fault) if whole => {
            c.note(fault);
            Ok(())
        }
        result => result,
    }
}

fn body(c: &mut Cursor<'_, '_>, kind: u16, within: Within, shape: &mut Shape) -> Result<(), Fault> {
    let client = within == Within::ClientHello;
    match kind {
        0 if client && !c.is_empty() => server_name(c),
        1 => c.u8(&FRAGMENT_LENGTH).map(|_| ()),
        5 => status_request(c, within),
        17 if client => status_request_list(c),
        10 => groups(c, shape),
        11 => point_formats(c, shape),
        13 | 50 => identity::schemes(c),
        34 if client || within == Within::CertificateRequest => identity::schemes(c),
        15 => c.u8(&HEARTBEAT_MODE).map(|_| ()),
        16 => alpn(c, within),
        18 if !c.is_empty() => {
            c.next(Next::Media("application/x-ct-sct-list"), c.rest_span());
            c.skip(c.left());
            Ok(())
        }
        19 | 20 => certificate_formats(c, client),
        21 => {
            let left = c.left();
            c.bytes(&PADDING_DATA, left).map(|_| ())
        }
        22 => encrypt_then_mac(c, within),
        27 => compress_certificate(c),
        28 => c.u16(&RECORD_SIZE_LIMIT).map(|_| ()),
        35 => {
            let left = c.left();
            c.bytes(&EXTENSION_DATA, left).map(|_| ())
        }
        41 => pre_shared_key(c, within),
        42 => early_data(c, within, shape),
        43 => supported_versions(c, client),
        44 => {
            let len = c.u16(&COOKIE_LENGTH)?;
            c.bytes(&COOKIE, len.into()).map(|_| ())
        }
        45 => {
            let len = c.u8(&PSK_MODES_LENGTH)?;
            each(c, &PSK_MODES_LENGTH, len.into(), |c| {
                c.u8(&PSK_MODE).map(|_| ())
            })
        }
        47 => identity::names(c),
        48 => oid_filters(c),
        51 => key_share(c, within),
        53 | 54 => {
            let len = c.u8(&CONNECTION_ID_LENGTH)?;
            c.bytes(&CONNECTION_ID, len.into()).map(|_| ())
        }
        57 | 65445 => {
            let left = c.left();
            c.bytes(&QUIC_PARAMETERS, left).map(|_| ())
        }
        13172 => {
            while !c.is_empty() {
                let len = c.u8(&NPN_LENGTH)?;
                c.text(&NPN, len.into())?;
            }
            Ok(())
        }
        17513 | 17613 => application_settings(c, client),
        65037 if client => encrypted_client_hello(c),
        65281 => {
            let len = c.u8(&RENEGOTIATION_LENGTH)?;
            if len > 0 {
                c.bytes(&RENEGOTIATION, len.into())?;
            }
            Ok(())
        }
        65486 if client => encrypted_server_name(c),
        _ => Ok(()),
    }
}

/// Reads entries until a length is used up.
fn each(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    len: usize,
    mut read: impl FnMut(&mut Cursor<'_, '_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    c.within(def, len, |c| {
        while !c.is_empty() {
            read(c)?;
        }
        Ok(())
    })
}

/// RFC 6066 section 3.
fn server_name(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u16(&SNI_LIST_LENGTH)?;
    each(c, &SNI_LIST_LENGTH, len.into(), |c| {
        c.u8(&SNI_TYPE)?;
        let len = c.u16(&SNI_LENGTH)?;
        let name = String::from_utf8_lossy(c.text(&SNI, len.into())?).into_owned();
        if let Some(memory) = c.memory::<TlsMemory>() {
            memory.server_name = Some(name);
        }
        Ok(())
    })
}

/// RFC 7301.
fn alpn(c: &mut Cursor<'_, '_>, within: Within) -> Result<(), Fault> {
    let chooses = matches!(within, Within::ServerHello | Within::EncryptedExtensions);
    let len = c.u16(&ALPN_LENGTH)?;
    c.within(&ALPN_LENGTH, len.into(), |c| {
        c.group(&ALPN_LIST, |c| {
            while !c.is_empty() {
                let len = c.u8(&ALPN_STRING_LENGTH)?;
                let name = c.text(&ALPN, len.into())?;
                if chooses && let Some(memory) = c.memory::<TlsMemory>() {
                    memory.alpn = Some(String::from_utf8_lossy(name).into_owned());
                }
            }
            Ok(())
        })
    })
}

/// draft-vvv-tls-alps: settings of the inner protocol within the handshake.
fn application_settings(c: &mut Cursor<'_, '_>, client: bool) -> Result<(), Fault> {
    if !client {
        let left = c.left();
        return c.bytes(&ALPS_SETTINGS, left).map(|_| ());
    }
    let len = c.u16(&ALPS_LENGTH)?;
    c.within(&ALPS_LENGTH, len.into(), |c| {
        c.group(&ALPS_LIST, |c| {
            while !c.is_empty() {
                let len = c.u8(&ALPS_STRING_LENGTH)?;
                c.text(&ALPS, len.into())?;
            }
            Ok(())
        })
    })
}

/// RFC 6066 section 8; in a TLS 1.3 Certificate the response itself.
fn status_request(c: &mut Cursor<'_, '_>, within: Within) -> Result<(), Fault> {
    if c.is_empty() {
        return Ok(());
    }
    if within == Within::Certificate {
        return identity::status(c);
    }
    c.u8(&STATUS_TYPE)?;
    let len = c.u16(&RESPONDERS_LENGTH)?;
    c.skip(len.into());
    let len = c.u16(&STATUS_EXTENSIONS_LENGTH)?;
    c.skip(len.into());
    Ok(())
}

/// RFC 6961.
fn status_request_list(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u16(&STATUS_LIST_LENGTH)?;
    each(c, &STATUS_LIST_LENGTH, len.into(), |c| {
        c.u8(&STATUS_TYPE)?;
        let len = c.u16(&STATUS_LENGTH)?;
        c.within(&STATUS_LENGTH, len.into(), |c| {
            let len = c.u16(&RESPONDERS_LENGTH)?;
            c.skip(len.into());
            let len = c.u16(&STATUS_EXTENSIONS_LENGTH)?;
            c.skip(len.into());
            Ok(())
        })
    })
}

/// RFC 8422 section 5.1.1, RFC 9846 section 4.2.7.
fn groups(c: &mut Cursor<'_, '_>, shape: &mut Shape) -> Result<(), Fault> {
    let len = c.u16(&GROUPS_LENGTH)?;
    c.within(&GROUPS_LENGTH, len.into(), |c| {
        c.group(&GROUPS, |c| {
            while !c.is_empty() {
                let group = c.u16(&GROUP)?;
                shape_list(c, &mut shape.groups, group.into());
            }
            Ok(())
        })
    })
}

fn point_formats(c: &mut Cursor<'_, '_>, shape: &mut Shape) -> Result<(), Fault> {
    let len = c.u8(&POINT_FORMATS_LENGTH)?;
    c.within(&POINT_FORMATS_LENGTH, len.into(), |c| {
        c.group(&POINT_FORMATS, |c| {
            while !c.is_empty() {
                let format = c.u8(&POINT_FORMAT)?;
                shape_list(c, &mut shape.formats, format.into());
            }
            Ok(())
        })
    })
}

/// RFC 7250 section 3.
fn certificate_formats(c: &mut Cursor<'_, '_>, client: bool) -> Result<(), Fault> {
    if !client {
        return c.u8(&CERTIFICATE_FORMAT).map(|_| ());
    }
    let len = c.u8(&CERTIFICATE_FORMATS_LENGTH)?;
    c.within(&CERTIFICATE_FORMATS_LENGTH, len.into(), |c| {
        c.group(&CERTIFICATE_FORMATS, |c| {
            while !c.is_empty() {
                c.u8(&CERTIFICATE_FORMAT)?;
            }
            Ok(())
        })
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one of the readers of extensions")]
fn encrypt_then_mac(c: &mut Cursor<'_, '_>, within: Within) -> Result<(), Fault> {
    if within == Within::ServerHello
        && let Some(memory) = c.memory::<TlsMemory>()
    {
        memory.hello.encrypt_then_mac = true;
    }
    Ok(())
}

/// RFC 8879 section 3.
fn compress_certificate(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u8(&COMPRESS_LENGTH)?;
    each(c, &COMPRESS_LENGTH, len.into(), |c| {
        c.u16(&COMPRESS_ALGORITHM).map(|_| ())
    })
}

/// RFC 9846 section 4.2.11.
fn pre_shared_key(c: &mut Cursor<'_, '_>, within: Within) -> Result<(), Fault> {
    if within == Within::ServerHello {
        c.u16(&PSK_SELECTED)?;
        if let Some(memory) = c.memory::<TlsMemory>() {
            memory.resumed = true;
        }
        return Ok(());
    }
    let len = c.u16(&PSK_IDENTITIES_LENGTH)?;
    each(c, &PSK_IDENTITIES_LENGTH, len.into(), |c| {
        c.group(&PSK, |c| {
            let len = c.u16(&PSK_IDENTITY_LENGTH)?;
            c.bytes(&PSK_IDENTITY, len.into())?;
            c.u32(&PSK_AGE).map(|_| ())
        })
    })?;
    let len = c.u16(&PSK_BINDERS_LENGTH)?;
    c.put(&PSK_BINDERS, c.ahead(len.into()), Value::None);
    c.take(len.into()).map(|_| ())
}

/// RFC 9846 section 4.2.10.
fn early_data(c: &mut Cursor<'_, '_>, within: Within, shape: &mut Shape) -> Result<(), Fault> {
    match within {
        Within::Ticket => c.u32(&EARLY_DATA_SIZE).map(|_| ()),
        Within::ClientHello => {
            shape.early_data = true;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// RFC 9846 section 4.2.1.
fn supported_versions(c: &mut Cursor<'_, '_>, client: bool) -> Result<(), Fault> {
    if !client {
        return c.u16(&SUPPORTED_VERSION).map(|_| ());
    }
    let len = c.u8(&VERSIONS_LENGTH)?;
    each(c, &VERSIONS_LENGTH, len.into(), |c| {
        c.u16(&SUPPORTED_VERSION).map(|_| ())
    })
}

/// RFC 9846 section 4.2.8; shares of hybrids are those of their parts, one behind the other.
fn key_share(c: &mut Cursor<'_, '_>, within: Within) -> Result<(), Fault> {
    match within {
        Within::HelloRetryRequest => {
            let group = c.u16(&SELECTED_GROUP)?;
            agreed(c, group);
            Ok(())
        }
        Within::ClientHello => {
            let len = c.u16(&KEY_SHARES_LENGTH)?;
            each(c, &KEY_SHARES_LENGTH, len.into(), |c| {
                key_share_entry(c).map(|_| ())
            })
        }
        _ => {
            let group = key_share_entry(c)?;
            agreed(c, group);
            Ok(())
        }
    }
}

fn agreed(c: &mut Cursor<'_, '_>, group: u16) {
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.group = Some(group);
    }
}

fn key_share_entry(c: &mut Cursor<'_, '_>) -> Result<u16, Fault> {
    c.group(&KEY_SHARE, |c| {
        let group = c.u16(&KEY_SHARE_GROUP)?;
        let len = c.u16(&KEY_SHARE_LENGTH)?;
        c.bytes(&KEY_SHARE_KEY, len.into())?;
        Ok(group)
    })
}

/// RFC 9846 section 4.2.5.
fn oid_filters(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u16(&OID_FILTERS_LENGTH)?;
    each(c, &OID_FILTERS_LENGTH, len.into(), |c| {
        let len = c.u8(&OID_LENGTH)?;
        c.bytes(&OID, len.into())?;
        let len = c.u16(&OID_VALUES_LENGTH)?;
        c.skip(len.into());
        Ok(())
    })
}

/// RFC 9849 section 5.
fn encrypted_client_hello(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    const OUTER: u8 = 0;
    if c.u8(&ECH_TYPE)? != OUTER {
        return Ok(());
    }
    c.u16(&ECH_KDF)?;
    c.u16(&ECH_AEAD)?;
    c.u8(&ECH_CONFIG)?;
    sized(c, &ECH_KEY)?;
    sized(c, &ECH_PAYLOAD)
}

/// Bytes behind a length of two bytes that Wireshark has no field for.
fn sized(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let len = c.peek_number(0, 2).unwrap_or_default() as usize;
    c.take(2)?;
    c.bytes(def, len).map(|_| ())
}

/// draft-ietf-tls-esni-01, the forerunner of Encrypted Client Hello.
fn encrypted_server_name(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&ESNI_SUITE)?;
    key_share_entry(c)?;
    let len = c.u16(&ESNI_DIGEST_LENGTH)?;
    c.bytes(&ESNI_DIGEST, len.into())?;
    let len = c.u16(&ESNI_LENGTH)?;
    c.bytes(&ESNI, len.into()).map(|_| ())
}

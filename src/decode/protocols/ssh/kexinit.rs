//! KEXINIT (RFC 4253 section 7.1): ten lists of names, and what the two sides' lists decide together.

use std::fmt::{self, Write as _};

use md5::{Digest as _, Md5};

use crate::decode::{Cursor, Fault, FieldDef, Value};
use crate::model::Side;

use super::negotiate::{Agreed, LISTS, Offer, negotiate};
use super::session::Session;
use super::{
    AGREED_CIPHER_CS, AGREED_CIPHER_SC, AGREED_COMPRESSION_CS, AGREED_COMPRESSION_SC,
    AGREED_HOST_KEY, AGREED_KEX, AGREED_MAC_CS, AGREED_MAC_SC, CIPHERS_CS, CIPHERS_CS_LEN,
    CIPHERS_SC, CIPHERS_SC_LEN, COMPRESSION_CS, COMPRESSION_CS_LEN, COMPRESSION_SC,
    COMPRESSION_SC_LEN, COOKIE, EXT_INFO, FOLLOWS, HASSH, HASSH_LISTS, HASSH_SERVER,
    HASSH_SERVER_LISTS, HOST_KEY_LEN, HOST_KEYS, KEX, KEX_LEN, LANGUAGES_CS, LANGUAGES_CS_LEN,
    LANGUAGES_SC, LANGUAGES_SC_LEN, MACS_CS, MACS_CS_LEN, MACS_SC, MACS_SC_LEN, MISMATCH,
    NEGOTIATED, RESERVED, STRICT, STRICT_OFFERED, text,
};

/// The lists in wire order: the field of the length and that of the names.
static LIST_FIELDS: [(&FieldDef, &FieldDef); 10] = [
    (&KEX_LEN, &KEX),
    (&HOST_KEY_LEN, &HOST_KEYS),
    (&CIPHERS_CS_LEN, &CIPHERS_CS),
    (&CIPHERS_SC_LEN, &CIPHERS_SC),
    (&MACS_CS_LEN, &MACS_CS),
    (&MACS_SC_LEN, &MACS_SC),
    (&COMPRESSION_CS_LEN, &COMPRESSION_CS),
    (&COMPRESSION_SC_LEN, &COMPRESSION_SC),
    (&LANGUAGES_CS_LEN, &LANGUAGES_CS),
    (&LANGUAGES_SC_LEN, &LANGUAGES_SC),
];

/// A number of things.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// Reads the message behind its number.
pub(super) fn read(c: &mut Cursor<'_, '_>, session: &mut Session) -> Result<(), Fault> {
    c.bytes(&COOKIE, 16)?;
    let mut offer = Offer::default();
    for (list, (length, names)) in LIST_FIELDS.into_iter().enumerate() {
        let bytes = text(c, length, names)?;
        if list < LISTS {
            offer.set(list, bytes);
        }
    }
    offer.follows = c.u8(&FOLLOWS)? != 0;
    c.bytes(&RESERVED, 4)?;
    if c.detail() {
        hassh(c, &offer);
    }
    if !c.mute() {
        signals(c, &offer);
    }
    settle(c, session, offer);
    Ok(())
}

/// What a list signals besides methods, and the summary.
fn signals(c: &mut Cursor<'_, '_>, offer: &Offer) {
    let (ext_info, strict) = match c.side() {
        Side::Client => ("ext-info-c", "kex-strict-c-v00@openssh.com"),
        Side::Server => ("ext-info-s", "kex-strict-s-v00@openssh.com"),
    };
    c.computed(&EXT_INFO, Value::Bool(offer.has_kex(ext_info)));
    c.computed(&STRICT_OFFERED, Value::Bool(offer.has_kex(strict)));
    if !c.detail() {
        return;
    }
    c.summary(format_args!(
        "key exchange init: {}, {}, {}, {}",
        Count(offer.count(0), "method"),
        Count(offer.count(1), "host key algorithm"),
        Count(offer.count(2), "cipher"),
        Count(offer.count(4), "MAC"),
    ));
}

/// The fingerprint of a program by what it offers in its own direction.
fn hassh(c: &mut Cursor<'_, '_>, offer: &Offer) {
    if !c.detail() {
        return;
    }
    let [
        kex,
        _,
        ciphers_cs,
        ciphers_sc,
        macs_cs,
        macs_sc,
        compression_cs,
        compression_sc,
    ] = &offer.lists;
    let (lists, hash, rest) = match c.side() {
        Side::Client => (&HASSH_LISTS, &HASSH, [ciphers_cs, macs_cs, compression_cs]),
        Side::Server => (
            &HASSH_SERVER_LISTS,
            &HASSH_SERVER,
            [ciphers_sc, macs_sc, compression_sc],
        ),
    };
    let [ciphers, macs, compression] = rest;
    let line = format!("{kex};{ciphers};{macs};{compression}");
    c.computed_text(lists, &line);
    let mut digits = String::new();
    for byte in Md5::digest(line.as_bytes()) {
        let _ = write!(digits, "{byte:02x}");
    }
    c.computed_text(hash, &digits);
}

/// Keeps the offer; the second of the two decides.
fn settle(c: &mut Cursor<'_, '_>, session: &mut Session, offer: Offer) {
    let side = c.side();
    let half = session.half_mut(side);
    half.guesses = offer.follows;
    half.offer = Some(offer);
    let offers = (
        &session.half(Side::Client).offer,
        &session.half(Side::Server).offer,
    );
    let (Some(client), Some(server)) = offers else {
        return;
    };
    let agreed = negotiate(client, server);
    let strict = client.has_kex("kex-strict-c-v00@openssh.com")
        && server.has_kex("kex-strict-s-v00@openssh.com");
    let group = c.open(&NEGOTIATED);
    record(c, &agreed);
    c.computed(&STRICT, Value::Bool(strict));
    c.close(group);
    session.strict = Some(strict);
    session.agreed = Some(agreed);
}

fn record(c: &mut Cursor<'_, '_>, agreed: &Agreed) {
    let [cipher_cs, cipher_sc] = &agreed.cipher;
    let [mac_cs, mac_sc] = &agreed.mac;
    let [compression_cs, compression_sc] = &agreed.compression;
    for (def, choice) in [
        (&AGREED_KEX, &agreed.kex),
        (&AGREED_HOST_KEY, &agreed.host_key),
        (&AGREED_CIPHER_CS, cipher_cs),
        (&AGREED_CIPHER_SC, cipher_sc),
        (&AGREED_MAC_CS, mac_cs),
        (&AGREED_MAC_SC, mac_sc),
        (&AGREED_COMPRESSION_CS, compression_cs),
        (&AGREED_COMPRESSION_SC, compression_sc),
    ] {
        if let Some(name) = choice {
            c.computed_text(def, name);
        }
    }
    if let Some(what) = agreed.mismatch() {
        c.computed_text(&MISMATCH, what);
    }
}

//! SSH up to the moment it turns opaque: identification lines, KEXINIT, key exchange, host key and NEWKEYS
//! (RFC 4253, 4419, 5656, 8731), and how many sealed bytes follow.

mod host_key;
mod kex;
mod kexinit;
mod names;
mod negotiate;
mod packet;
mod session;
#[cfg(test)]
mod tests;

use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Protocol, Show, Talk, Value, events, fields,
};
use crate::model::Osi;

use names::{DISCONNECT_REASONS, MESSAGES};
use session::Session;

fields! {
    PROTOCOL_LINE: "ssh.protocol", "Protocol", Show::Plain, "The identification line: protocol version, software, and a free comment, sent in clear before anything else.";
    PROTOCOL_VERSION: "wirewalk.ssh.protocol_version", "Protocol version", Show::Plain, "2.0, or 1.99 from a server that also speaks the broken version 1.";
    SOFTWARE: "wirewalk.ssh.software", "Software version", Show::Plain, "Which program speaks and in which version; every scanner on the internet reads it.";
    COMMENTS: "wirewalk.ssh.comments", "Comments", Show::Plain, "Free text behind the software version, often the distribution and its patch level.";
    PRE_BANNER: "wirewalk.ssh.pre_banner", "Line before the identification", Show::Plain, "A server may send lines of text before its identification line; clients skip them.";
    PACKET_LENGTH: "ssh.packet_length", "Packet length", Show::Unit("bytes"), "Bytes that follow in this packet, without this field and without the MAC.";
    PACKET_LENGTH_ENCRYPTED: "ssh.packet_length_encrypted", "Packet length (encrypted)", Show::Plain, "Where a packet begins, its first four bytes are its length; with this cipher they are sealed too, so only the keys tell where it ends.";
    PADDING_LENGTH: "ssh.padding_length", "Padding length", Show::Unit("bytes"), "How many bytes of padding end the packet: at least 4, and so many that it fills whole cipher blocks.";
    MESSAGE_CODE: "ssh.message_code", "Message", Show::Names(Base::Dec, MESSAGES), "What the packet is; the numbers 30 to 49 mean different things in different key exchanges.";
    PAYLOAD: "ssh.payload", "Payload", Show::Plain, "The rest of the message, shown as bytes.";
    PADDING: "ssh.padding_string", "Padding", Show::Plain, "Bytes without meaning that fill the last cipher block and blur the message's length.";
    ENCRYPTED_PACKET: "ssh.encrypted_packet", "Encrypted packet", Show::Plain, "Sealed with the keys that the exchange produced; without them only size and time can be seen.";
    MAC: "ssh.mac", "Message authentication code", Show::Plain, "Proves that nobody changed the packet; computed with a key of its own, or by the cipher itself.";

    COOKIE: "ssh.cookie", "Cookie", Show::Plain, "16 random bytes of each side, so that neither side alone determines the keys.";
    KEX_LEN: "ssh.kex_algorithms_length", "Key exchange methods length", Show::Unit("bytes"), "Length of the list that follows.";
    KEX: "ssh.kex_algorithms", "Key exchange methods", Show::Plain, "Ways to agree on a secret, best first; names such as ext-info-c and kex-strict-c are signals, not methods.";
    HOST_KEY_LEN: "ssh.server_host_key_algorithms_length", "Host key algorithms length", Show::Unit("bytes"), "Length of the list that follows.";
    HOST_KEYS: "ssh.server_host_key_algorithms", "Host key algorithms", Show::Plain, "How the server may prove who it is: the client lists what it accepts, the server what it has keys for.";
    CIPHERS_CS_LEN: "ssh.encryption_algorithms_client_to_server_length", "Ciphers length, client to server", Show::Unit("bytes"), "Length of the list that follows.";
    CIPHERS_CS: "ssh.encryption_algorithms_client_to_server", "Ciphers, client to server", Show::Plain, "Ciphers for what the client sends; the first of the client's that the server also lists is taken.";
    CIPHERS_SC_LEN: "ssh.encryption_algorithms_server_to_client_length", "Ciphers length, server to client", Show::Unit("bytes"), "Length of the list that follows.";
    CIPHERS_SC: "ssh.encryption_algorithms_server_to_client", "Ciphers, server to client", Show::Plain, "Ciphers for what the server sends; the two directions are chosen separately.";
    MACS_CS_LEN: "ssh.mac_algorithms_client_to_server_length", "MACs length, client to server", Show::Unit("bytes"), "Length of the list that follows.";
    MACS_CS: "ssh.mac_algorithms_client_to_server", "MACs, client to server", Show::Plain, "Message authentication codes for what the client sends; unused when the cipher authenticates by itself.";
    MACS_SC_LEN: "ssh.mac_algorithms_server_to_client_length", "MACs length, server to client", Show::Unit("bytes"), "Length of the list that follows.";
    MACS_SC: "ssh.mac_algorithms_server_to_client", "MACs, server to client", Show::Plain, "Message authentication codes for what the server sends.";
    COMPRESSION_CS_LEN: "ssh.compression_algorithms_client_to_server_length", "Compression length, client to server", Show::Unit("bytes"), "Length of the list that follows.";
    COMPRESSION_CS: "ssh.compression_algorithms_client_to_server", "Compression, client to server", Show::Plain, "Compression of what the client sends; zlib@openssh.com begins only after the user is authenticated.";
    COMPRESSION_SC_LEN: "ssh.compression_algorithms_server_to_client_length", "Compression length, server to client", Show::Unit("bytes"), "Length of the list that follows.";
    COMPRESSION_SC: "ssh.compression_algorithms_server_to_client", "Compression, server to client", Show::Plain, "Compression of what the server sends.";
    LANGUAGES_CS_LEN: "ssh.languages_client_to_server_length", "Languages length, client to server", Show::Unit("bytes"), "Length of the list that follows; nearly always 0.";
    LANGUAGES_CS: "ssh.languages_client_to_server", "Languages, client to server", Show::Plain, "Wanted languages of human-readable messages.";
    LANGUAGES_SC_LEN: "ssh.languages_server_to_client_length", "Languages length, server to client", Show::Unit("bytes"), "Length of the list that follows; nearly always 0.";
    LANGUAGES_SC: "ssh.languages_server_to_client", "Languages, server to client", Show::Plain, "Wanted languages of human-readable messages.";
    FOLLOWS: "ssh.first_kex_packet_follows", "A guessed packet follows", Show::Plain, "1: the sender guesses the outcome and has already sent the first packet of its favourite exchange.";
    RESERVED: "ssh.kex.reserved", "Reserved", Show::Plain, "Always 0: room for later extensions.";

    EXT_INFO: "wirewalk.ssh.ext_info", "Wants extension negotiation", Show::Plain, "The list holds ext-info-c or ext-info-s: the other side may send EXT_INFO (RFC 8308) once keys are in use.";
    STRICT_OFFERED: "wirewalk.ssh.strict_kex_offered", "Offers strict key exchange", Show::Plain, "The list holds kex-strict-c or kex-strict-s: the answer to the Terrapin attack (CVE-2023-48795).";
    HASSH_LISTS: "ssh.kex.hassh_algorithms", "Lists behind hassh", Show::Plain, "The client's methods, ciphers, MACs and compressions in one line.";
    HASSH: "ssh.kex.hassh", "hassh", Show::Plain, "MD5 of these lists: the same program in the same version has the same value, whatever it calls itself.";
    HASSH_SERVER_LISTS: "ssh.kex.hasshserver_algorithms", "Lists behind hasshServer", Show::Plain, "The server's methods, ciphers, MACs and compressions in one line.";
    HASSH_SERVER: "ssh.kex.hasshserver", "hasshServer", Show::Plain, "MD5 of these lists: servers of the same program and version share it.";
    NEGOTIATED: "wirewalk.ssh.negotiated", "Negotiated", Show::Heading, "What both lists together decide (RFC 4253 section 7.1): computed, nobody sends it.";
    AGREED_KEX: "wirewalk.ssh.negotiated.kex", "Key exchange method", Show::Plain, "The first method of the client that the server also lists.";
    AGREED_HOST_KEY: "wirewalk.ssh.negotiated.host_key_algorithm", "Host key algorithm", Show::Plain, "The first algorithm of the client that the server also lists: it picks which of its keys the server shows.";
    AGREED_CIPHER_CS: "wirewalk.ssh.negotiated.cipher_client_to_server", "Cipher, client to server", Show::Plain, "Seals what the client sends after its NEWKEYS.";
    AGREED_CIPHER_SC: "wirewalk.ssh.negotiated.cipher_server_to_client", "Cipher, server to client", Show::Plain, "Seals what the server sends after its NEWKEYS.";
    AGREED_MAC_CS: "wirewalk.ssh.negotiated.mac_client_to_server", "MAC, client to server", Show::Plain, "Authenticates what the client sends; <implicit> when the cipher does it itself.";
    AGREED_MAC_SC: "wirewalk.ssh.negotiated.mac_server_to_client", "MAC, server to client", Show::Plain, "Authenticates what the server sends; <implicit> when the cipher does it itself.";
    AGREED_COMPRESSION_CS: "wirewalk.ssh.negotiated.compression_client_to_server", "Compression, client to server", Show::Plain, "Compresses what the client sends.";
    AGREED_COMPRESSION_SC: "wirewalk.ssh.negotiated.compression_server_to_client", "Compression, server to client", Show::Plain, "Compresses what the server sends.";
    MISMATCH: "wirewalk.ssh.negotiated.mismatch", "Nothing in common", Show::Plain, "A list in which client and server share no name: the connection must end here.";
    STRICT: "wirewalk.ssh.strict_kex", "Strict key exchange", Show::Plain, "Both sides offer it: unexpected packets end the connection, and sequence numbers restart at NEWKEYS.";
    GUESS_WRONG: "wirewalk.ssh.guess_ignored", "Wrong guess, ignored", Show::Plain, "The sender guessed another method than the one negotiated: the receiver drops this packet.";

    MPINT_LEN: "ssh.mpint_length", "Number length", Show::Unit("bytes"), "Length of the big number that follows.";
    DH_E: "ssh.dh.e", "Client's public value (e)", Show::Plain, "g to the power of the client's secret, modulo p: public, and useless without one of the two secrets.";
    DH_F: "ssh.dh.f", "Server's public value (f)", Show::Plain, "g to the power of the server's secret, modulo p.";
    GEX_MIN: "ssh.dh_gex.min", "Smallest group", Show::Unit("bits"), "The smallest prime that the client accepts.";
    GEX_BITS: "ssh.dh_gex.nbits", "Preferred group", Show::Unit("bits"), "The size of prime that the client would like.";
    GEX_MAX: "ssh.dh_gex.max", "Largest group", Show::Unit("bits"), "The largest prime that the client accepts.";
    GEX_P: "ssh.dh_gex.p", "Prime (p)", Show::Plain, "The safe prime that the server picked from its list of moduli.";
    GEX_G: "ssh.dh_gex.g", "Generator (g)", Show::Plain, "The number that both sides raise to their secrets.";
    Q_C_LEN: "ssh.ecdh.q_c_length", "Client's ephemeral key length", Show::Unit("bytes"), "Length of the key that follows: 32 for Curve25519, 65 for P-256.";
    Q_C: "ssh.ecdh.q_c", "Client's ephemeral key (Q_C)", Show::Plain, "A public key made for this connection alone and thrown away after it: that is forward secrecy.";
    Q_S_LEN: "ssh.ecdh.q_s_length", "Server's ephemeral key length", Show::Unit("bytes"), "Length of the key that follows.";
    Q_S: "ssh.ecdh.q_s", "Server's ephemeral key (Q_S)", Show::Plain, "The server's half: with its own secret and the other's public key each side computes the same secret.";
    C_INIT_LEN: "wirewalk.ssh.hybrid.c_init_length", "Client's hybrid share length", Show::Unit("bytes"), "Length of the two keys that follow.";
    C_INIT: "wirewalk.ssh.hybrid.c_init", "Client's hybrid share", Show::Plain, "Two public keys in one string: one against quantum computers, one proven for decades; both would have to fall.";
    C_INIT_KEM: "wirewalk.ssh.hybrid.c_init.kem", "Post-quantum public key", Show::Plain, "The client's fresh public key, to which the server will encapsulate a secret.";
    C_INIT_EC: "wirewalk.ssh.hybrid.c_init.ecdh", "Elliptic-curve public key", Show::Plain, "The client's fresh elliptic-curve key.";
    S_REPLY_LEN: "wirewalk.ssh.hybrid.s_reply_length", "Server's hybrid share length", Show::Unit("bytes"), "Length of the ciphertext and the key that follow.";
    S_REPLY: "wirewalk.ssh.hybrid.s_reply", "Server's hybrid share", Show::Plain, "The encapsulated secret and an elliptic-curve key in one string; both secrets are hashed together.";
    S_REPLY_KEM: "wirewalk.ssh.hybrid.s_reply.kem", "Post-quantum ciphertext", Show::Plain, "A secret that only the owner of the client's post-quantum key can take out again.";
    S_REPLY_EC: "wirewalk.ssh.hybrid.s_reply.ecdh", "Elliptic-curve public key", Show::Plain, "The server's fresh elliptic-curve key.";

    KEY: "wirewalk.ssh.host_key", "Host key", Show::Heading, "The server's long-lived public key: what known_hosts remembers.";
    KEY_LEN: "ssh.host_key.length", "Host key length", Show::Unit("bytes"), "Length of the host key with its type.";
    KEY_TYPE_LEN: "ssh.host_key.type_length", "Type length", Show::Unit("bytes"), "Length of the type's name.";
    KEY_TYPE: "ssh.host_key.type", "Type", Show::Plain, "The kind of key; an RSA key is called ssh-rsa even when it signs with rsa-sha2-512.";
    KEY_DATA: "ssh.host_key.data", "Key", Show::Plain, "The rest of a key of a kind that is not taken apart.";
    RSA_E: "ssh.host_key.rsa.e", "RSA public exponent (e)", Show::Plain, "Nearly always 65537.";
    RSA_N: "ssh.host_key.rsa.n", "RSA modulus (N)", Show::Plain, "The product of two secret primes; its length is the key's strength.";
    DSA_P: "ssh.host_key.dsa.p", "DSA prime (p)", Show::Plain, "The prime modulus of a DSA key, 1024 bits: too short today.";
    DSA_Q: "ssh.host_key.dsa.q", "DSA divisor (q)", Show::Plain, "A prime that divides p - 1.";
    DSA_G: "ssh.host_key.dsa.g", "DSA generator (g)", Show::Plain, "Generates the subgroup of order q.";
    DSA_Y: "ssh.host_key.dsa.y", "DSA public key (y)", Show::Plain, "g to the power of the secret key, modulo p.";
    ECDSA_ID_LEN: "ssh.host_key.ecdsa.id_length", "Curve name length", Show::Unit("bytes"), "Length of the curve's name.";
    ECDSA_ID: "ssh.host_key.ecdsa.id", "Curve", Show::Plain, "The elliptic curve of the key, such as nistp256.";
    ECDSA_Q_LEN: "ssh.host_key.ecdsa.q_length", "Public key length", Show::Unit("bytes"), "Length of the public point.";
    ECDSA_Q: "ssh.host_key.ecdsa.q", "ECDSA public key (Q)", Show::Plain, "A point of the curve; 04 says that both coordinates follow.";
    EDDSA_LEN: "ssh.host_key.eddsa.key_length", "Public key length", Show::Unit("bytes"), "32 for Ed25519, 57 for Ed448.";
    EDDSA_KEY: "ssh.host_key.eddsa.key", "EdDSA public key", Show::Plain, "The whole public key: 32 bytes are enough for Ed25519.";
    SK_APPLICATION: "wirewalk.ssh.host_key.sk_application", "Application", Show::Plain, "For keys in a FIDO token: the name under which the token made the key.";
    FINGERPRINT: "wirewalk.ssh.host_key.fingerprint", "Fingerprint", Show::Plain, "SHA-256 of the host key in base64, as ssh asks about on first contact and ssh-keygen -l prints.";
    CERT_NONCE: "wirewalk.ssh.host_key.cert.nonce", "Nonce", Show::Plain, "Random bytes of the certificate authority, against forged signatures by hash collision.";
    CERT_SERIAL: "wirewalk.ssh.host_key.cert.serial", "Serial", Show::Plain, "The certificate's number, given by its authority.";
    CERT_TYPE: "wirewalk.ssh.host_key.cert.type", "Certificate type", Show::Names(Base::Dec, &[(1, "user"), (2, "host")]), "2: the certificate vouches for a host.";
    CERT_ID: "wirewalk.ssh.host_key.cert.key_id", "Key id", Show::Plain, "A name for logs, chosen by the authority.";
    CERT_PRINCIPALS: "wirewalk.ssh.host_key.cert.principals", "Principals", Show::Plain, "The host names for which the certificate is good.";
    CERT_AFTER: "wirewalk.ssh.host_key.cert.valid_after", "Valid after", Show::Unit("s since 1970"), "The certificate counts from this time on.";
    CERT_BEFORE: "wirewalk.ssh.host_key.cert.valid_before", "Valid before", Show::Unit("s since 1970"), "The certificate ends at this time.";
    CERT_OPTIONS: "wirewalk.ssh.host_key.cert.critical_options", "Critical options", Show::Plain, "Conditions that must be understood; host certificates have none.";
    CERT_EXTENSIONS: "wirewalk.ssh.host_key.cert.extensions", "Extensions", Show::Plain, "Permissions that may be ignored; host certificates have none.";
    CERT_RESERVED: "wirewalk.ssh.host_key.cert.reserved", "Reserved", Show::Plain, "Room for later versions of certificates, and empty so far.";
    CERT_CA: "wirewalk.ssh.host_key.cert.signature_key", "Authority's key", Show::Plain, "The public key that signed the certificate: known_hosts names it with @cert-authority.";
    CERT_SIGNATURE: "wirewalk.ssh.host_key.cert.signature", "Authority's signature", Show::Plain, "The authority's signature over all of the certificate before it.";

    SIG: "wirewalk.ssh.host_sig", "Signature", Show::Heading, "The server signs the hash of the whole exchange: only the owner of the host key can, and nobody in the middle could change a byte.";
    SIG_LEN: "ssh.host_sig.length", "Signature length", Show::Unit("bytes"), "Length of the signature with its type.";
    SIG_TYPE_LEN: "ssh.host_sig.type_length", "Type length", Show::Unit("bytes"), "Length of the type's name.";
    SIG_TYPE: "ssh.host_sig.type", "Type", Show::Plain, "How it was signed: rsa-sha2-512 with a key that is called ssh-rsa.";
    SIG_RSA: "ssh.host_sig.rsa", "RSA signature", Show::Plain, "A signature with SHA-1, which RFC 9142 no longer wants.";
    SIG_DSA: "ssh.host_sig.dsa", "DSA signature", Show::Plain, "Two numbers of 20 bytes each.";
    SIG_DATA: "ssh.host_sig.data", "Signature data", Show::Plain, "The signature with its own length before it.";
    SIG_BLOB_LEN: "wirewalk.ssh.host_sig.signature_length", "Signature bytes length", Show::Unit("bytes"), "Length of the signature proper.";
    SIG_BLOB: "wirewalk.ssh.host_sig.signature", "Signature bytes", Show::Plain, "The signature proper: 64 bytes for Ed25519, two numbers for ECDSA.";
    SIG_SK_FLAGS: "wirewalk.ssh.host_sig.sk_flags", "Token flags", Show::Hex(2), "For keys in a FIDO token: 1 says that somebody touched it.";
    SIG_SK_COUNTER: "wirewalk.ssh.host_sig.sk_counter", "Token counter", Show::Plain, "For keys in a FIDO token: how many signatures it has made.";

    DISCONNECT_REASON: "ssh.disconnect_reason", "Reason", Show::Names(Base::Dec, DISCONNECT_REASONS), "Why the sender ends the connection.";
    DISCONNECT_TEXT_LEN: "ssh.disconnect_description_length", "Description length", Show::Unit("bytes"), "Length of the text that follows.";
    DISCONNECT_TEXT: "ssh.disconnect_description", "Description", Show::Plain, "The reason in words, meant for people.";
    LANG_LEN: "ssh.lang_tag_length", "Language tag length", Show::Unit("bytes"), "Length of the language tag.";
    LANG: "ssh.lang_tag", "Language tag", Show::Plain, "The language of the text; nearly always empty.";
    IGNORE_LEN: "ssh.ignore_data_length", "Ignored data length", Show::Unit("bytes"), "Length of the data that follows.";
    IGNORE: "ssh.ignore_data", "Ignored data", Show::Plain, "Data without meaning, sent to hide sizes and times.";
    DEBUG_ALWAYS: "ssh.debug_always_display", "Always display", Show::Plain, "Whether the receiver should show the text to its user.";
    DEBUG_LEN: "ssh.debug_name_length", "Debug message length", Show::Unit("bytes"), "Length of the text that follows.";
    DEBUG: "ssh.debug_name", "Debug message", Show::Plain, "Text for whoever looks for a fault.";
    SERVICE_LEN: "ssh.service_name_length", "Service name length", Show::Unit("bytes"), "Length of the name that follows.";
    SERVICE: "ssh.service_name", "Service name", Show::Plain, "ssh-userauth or ssh-connection.";
}

events! {
    BANNER: "ssh.banner", "A side says which version of SSH and which software it is.";
    KEXINIT: "ssh.kexinit", "A side lists the algorithms that it supports, best first.";
    KEX_INIT: "ssh.kex_init", "The client sends its public half of the key exchange, or asks for a group for it.";
    KEX_REPLY: "ssh.kex_reply", "The server sends its public half with its host key and signature, or the group that was asked for.";
    NEWKEYS: "ssh.newkeys", "A side says that all it sends from here on is sealed with the new keys.";
    ENCRYPTED: "ssh.encrypted", "From here on a side's packets are sealed: only sizes and times can be seen.";
    DISCONNECT: "ssh.disconnect", "A side ends the connection and says why.";
}

/// The row of SSH.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "ssh",
    name: "Secure Shell",
    osi: Osi::Application,
    spec: "RFC 4253",
    claims: &[Claim::TcpPort(22)],
    fields: FIELDS,
    events: EVENTS,
    decode,
    talk: Some(&TALK),
};

static TALK: Talk = Talk {
    begin: || Box::new(Session::default()),
    guess: session::guess,
    extent: session::extent,
    resumes: session::resumes,
    pass: session::pass,
    facts: session::facts,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mut session = c
        .memory::<Session>()
        .map(std::mem::take)
        .unwrap_or_default();
    let result = packet::message(c, &mut session);
    if let Some(memory) = c.memory::<Session>() {
        *memory = session;
    }
    result
}

/// Reads a `string` (RFC 4251 section 5) as text: its length, then as many bytes.
fn text<'b>(
    c: &mut Cursor<'b, '_>,
    length: &'static FieldDef,
    def: &'static FieldDef,
) -> Result<&'b [u8], Fault> {
    let len = c.u32(length)?;
    string_bytes(c, length, len)?;
    c.text(def, len as usize)
}

/// Reads a `string` as bytes.
fn string<'b>(
    c: &mut Cursor<'b, '_>,
    length: &'static FieldDef,
    def: &'static FieldDef,
) -> Result<&'b [u8], Fault> {
    let len = c.u32(length)?;
    string_bytes(c, length, len)?;
    c.bytes(def, len as usize)
}

/// A length that reaches past the end is that length's fault, not the end's.
fn string_bytes(c: &Cursor<'_, '_>, length: &FieldDef, len: u32) -> Result<(), Fault> {
    if len as usize > c.left() {
        return Err(c.bad_length(length, u64::from(len), "within the message"));
    }
    Ok(())
}

/// Reads a string whose length has no field of its own: the length belongs to the field's bytes.
fn lone<'b>(
    c: &mut Cursor<'b, '_>,
    def: &'static FieldDef,
    as_text: bool,
) -> Result<&'b [u8], Fault> {
    let from = c.offset();
    let len = c.peek_number(0, 4).unwrap_or_default() as usize;
    c.take(4)?;
    let bytes = c.take(len)?;
    if as_text {
        c.put_text(def, c.since(from), &String::from_utf8_lossy(bytes));
    } else {
        c.put(def, c.since(from), Value::Bytes);
    }
    Ok(bytes)
}

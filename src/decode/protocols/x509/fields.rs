//! The fields of certificates and names, with their keys in Wireshark: x509af (certificates), x509if and x509sat (names),
//! x509ce and pkix1* (extensions), pkcs1 (keys).

use crate::decode::{Base, Names, Show, fields};

const VERSIONS: Names = &[(0, "v1"), (1, "v2"), (2, "v3")];
const TIMES: Names = &[(0, "utcTime"), (1, "generalizedTime")];
const STRINGS: Names = &[
    (0, "teletexString"),
    (1, "printableString"),
    (2, "universalString"),
    (3, "bmpString"),
    (4, "uTF8String"),
];
const NOTICES: Names = &[
    (0, "ia5String"),
    (1, "visibleString"),
    (2, "bmpString"),
    (3, "utf8String"),
];
pub(super) const NAME_KINDS: Names = &[
    (0, "otherName"),
    (1, "rfc822Name"),
    (2, "dNSName"),
    (3, "x400Address"),
    (4, "directoryName"),
    (5, "ediPartyName"),
    (6, "uniformResourceIdentifier"),
    (7, "iPAddress"),
    (8, "registeredID"),
];
const CHOICES: Names = &[(0, "rdnSequence")];
const POINTS: Names = &[(0, "fullName"), (1, "nameRelativeToCRLIssuer")];
const CURVE_CHOICES: Names = &[
    (0, "specifiedCurve"),
    (1, "namedCurve"),
    (2, "implicitCurve"),
];

fields! {
    TO_BE_SIGNED: "x509af.signedCertificate_element", "Certificate", Show::Heading, "All that the issuer signs: names, dates, key and extensions.";
    VERSION: "x509af.version", "Version", Show::Names(Base::Dec, VERSIONS), "Written as one less: 2 is version 3, the only one with extensions.";
    SERIAL: "x509af.serialNumber", "Serial Number", Show::Plain, "Unique among the issuer's certificates, and random so that forgeries cannot be prepared.";
    SIGNATURE_ALGORITHM: "x509af.signature_element", "Signature Algorithm", Show::Heading, "How the issuer signs, stated within what is signed.";
    OUTER_ALGORITHM: "x509af.algorithmIdentifier_element", "Signature Algorithm", Show::Heading, "How the issuer signed; must be the same as inside.";
    KEY_ALGORITHM: "x509af.algorithm_element", "Key Algorithm", Show::Heading, "What kind of key this is.";
    ALGORITHM: "x509af.algorithm.id", "Algorithm", Show::Plain, "An object identifier that names the algorithm.";
    ALGORITHM_NAME: "wirewalk.x509.algorithm", "Algorithm Name", Show::Plain, "The algorithm by its usual name.";
    ISSUER: "x509af.issuer", "Issuer", Show::Names(Base::Dec, CHOICES), "The authority that vouches for this certificate.";
    SUBJECT: "x509af.subject", "Subject", Show::Names(Base::Dec, CHOICES), "Whom the certificate is about; for servers the names in subjectAltName count, not this one.";
    ISSUER_NAMES: "x509if.rdnSequence", "Name", Show::Unit("parts"), "A distinguished name: parts from the largest to the smallest.";
    SUBJECT_NAMES: "x509af.rdnSequence", "Name", Show::Unit("parts"), "A distinguished name: parts from the largest to the smallest.";
    NAME_PART: "x509if.RDNSequence_item", "Part", Show::Unit("attributes"), "One part of the name, mostly of a single attribute.";
    ATTRIBUTE: "x509if.RelativeDistinguishedName_item_element", "Attribute", Show::Heading, "A type such as commonName, and its value.";
    ATTRIBUTE_TYPE: "x509if.oid", "Type", Show::Plain, "2.5.4.3 is the common name, 2.5.4.10 the organisation, 2.5.4.6 the country.";
    STRING: "x509sat.DirectoryString", "String", Show::Names(Base::Dec, STRINGS), "In which alphabet the value is written.";
    TELETEX: "x509sat.teletexString", "Value", Show::Plain, "The value in an old alphabet.";
    PRINTABLE: "x509sat.printableString", "Value", Show::Plain, "The value: letters, digits and a few signs.";
    UNIVERSAL: "x509sat.universalString", "Value", Show::Plain, "The value in four bytes a character.";
    BMP: "x509sat.bmpString", "Value", Show::Plain, "The value in two bytes a character.";
    UTF8: "x509sat.uTF8String", "Value", Show::Plain, "The value in UTF-8.";
    COUNTRY: "x509sat.CountryName", "Country", Show::Plain, "Two letters of ISO 3166.";
    IA5: "x509sat.IA5String", "Value", Show::Plain, "The value in ASCII: a domain part or an e-mail address.";
    PRINTABLE_ONLY: "x509sat.PrintableString", "Value", Show::Plain, "The value: letters, digits and a few signs.";
    VALIDITY: "x509af.validity_element", "Validity", Show::Heading, "When the certificate may be relied on.";
    NOT_BEFORE: "x509af.notBefore", "Not Before", Show::Names(Base::Dec, TIMES), "Not valid before this time.";
    NOT_AFTER: "x509af.notAfter", "Not After", Show::Names(Base::Dec, TIMES), "Expired after this time.";
    UTC_TIME: "x509af.utcTime", "Time", Show::Plain, "With two digits for the year: 00 to 49 are 2000 to 2049.";
    GENERALIZED_TIME: "x509af.generalizedTime", "Time", Show::Plain, "With four digits for the year, for 2050 and later.";
    KEY: "x509af.subjectPublicKeyInfo_element", "Subject Public Key", Show::Heading, "The key whose holder the certificate names.";
    KEY_BITS: "x509af.subjectPublicKey", "Public Key", Show::Plain, "The key's bytes, in the form that its algorithm has.";
    MODULUS: "pkcs1.modulus", "Modulus", Show::Plain, "An RSA key's n, the product of two secret primes.";
    EXPONENT: "pkcs1.publicExponent", "Public Exponent", Show::Plain, "An RSA key's e, nearly always 65537.";
    CURVE: "pkcs1.ECParameters", "Curve Parameters", Show::Names(Base::Dec, CURVE_CHOICES), "The curve of an elliptic key, by name.";
    NAMED_CURVE: "pkcs1.namedCurve", "Named Curve", Show::Plain, "1.2.840.10045.3.1.7 is P-256, 1.3.132.0.34 is P-384.";
    EXTENSIONS: "x509af.extensions", "Extensions", Show::Unit("extensions"), "What version 3 added: for which names and uses the certificate is.";
    EXTENSION: "x509af.Extension_element", "Extension", Show::Heading, "An identifier, whether it must be understood, and a value.";
    EXTENSION_ID: "x509af.extension.id", "Extension", Show::Plain, "An object identifier that names the extension.";
    CRITICAL: "x509af.critical", "Critical", Show::Plain, "Who does not understand a critical extension must refuse the certificate.";
    EXTENSION_VALUE: "wirewalk.x509.extension_value", "Value", Show::Plain, "The value of an extension whose form is not known here.";
    SIGNATURE: "x509af.encrypted", "Signature", Show::Plain, "The issuer's signature over all that stands above.";

    BASIC_CONSTRAINTS: "x509ce.BasicConstraintsSyntax_element", "Basic Constraints", Show::Heading, "Whether the holder may issue certificates.";
    CA: "x509ce.cA", "CA", Show::Plain, "Set for authorities: only they may sign certificates.";
    PATH_LENGTH: "x509ce.pathLenConstraint", "Path Length", Show::Plain, "How many more authorities may stand below this one.";
    KEY_USAGE: "x509ce.KeyUsage", "Key Usage", Show::Plain, "What the key may be used for, a bit each.";
    DIGITAL_SIGNATURE: "x509ce.KeyUsage.digitalSignature", "Digital Signature", Show::Plain, "To sign handshakes: what a server's key does since TLS 1.3.";
    CONTENT_COMMITMENT: "x509ce.KeyUsage.contentCommitment", "Content Commitment", Show::Plain, "To sign documents bindingly.";
    KEY_ENCIPHERMENT: "x509ce.KeyUsage.keyEncipherment", "Key Encipherment", Show::Plain, "To have keys encrypted to it: RSA key transport up to TLS 1.2.";
    DATA_ENCIPHERMENT: "x509ce.KeyUsage.dataEncipherment", "Data Encipherment", Show::Plain, "To have data encrypted to it directly.";
    KEY_AGREEMENT: "x509ce.KeyUsage.keyAgreement", "Key Agreement", Show::Plain, "For a key agreement with the certificate's own key.";
    KEY_CERT_SIGN: "x509ce.KeyUsage.keyCertSign", "Certificate Signing", Show::Plain, "To sign certificates: authorities only.";
    CRL_SIGN: "x509ce.KeyUsage.cRLSign", "CRL Signing", Show::Plain, "To sign lists of revoked certificates.";
    ENCIPHER_ONLY: "x509ce.KeyUsage.encipherOnly", "Encipher Only", Show::Plain, "Restricts key agreement to encryption.";
    DECIPHER_ONLY: "x509ce.KeyUsage.decipherOnly", "Decipher Only", Show::Plain, "Restricts key agreement to decryption.";
    PURPOSES: "x509ce.KeyPurposeIDs", "Extended Key Usage", Show::Unit("purposes"), "For which protocols the key may be used.";
    PURPOSE: "x509ce.KeyPurposeId", "Purpose", Show::Plain, "1.3.6.1.5.5.7.3.1 is a TLS server, 1.3.6.1.5.5.7.3.2 a TLS client.";
    NAMES: "x509ce.GeneralNames", "Names", Show::Unit("names"), "The names that the certificate is for.";
    NAME: "x509ce.GeneralName", "Name", Show::Names(Base::Dec, NAME_KINDS), "A name, and which kind of name it is.";
    DNS_NAME: "x509ce.dNSName", "DNS Name", Show::Plain, "A host that the certificate is for; a star stands for one label.";
    MAIL_NAME: "x509ce.rfc822Name", "Mail Address", Show::Plain, "A mail address that the certificate is for.";
    URI: "x509ce.uniformResourceIdentifier", "URI", Show::Plain, "Where something is found: revoked certificates, the issuer's certificate, a status service.";
    IP_NAME: "x509ce.IPAddress.ipv4", "IP Address", Show::Plain, "An address that the certificate is for.";
    IP6_NAME: "x509ce.IPAddress.ipv6", "IP Address", Show::Plain, "An address that the certificate is for.";
    REGISTERED_ID: "x509ce.registeredID", "Registered ID", Show::Plain, "A name that is an object identifier.";
    DIRECTORY_NAME: "x509ce.directoryName", "Directory Name", Show::Names(Base::Dec, CHOICES), "A distinguished name.";
    SUBJECT_KEY_ID: "x509ce.SubjectKeyIdentifier", "Subject Key Identifier", Show::Plain, "A short mark of this certificate's key, mostly its SHA-1 sum.";
    AUTHORITY_KEY: "x509ce.AuthorityKeyIdentifier_element", "Authority Key Identifier", Show::Heading, "Which of the issuer's keys signed.";
    KEY_ID: "x509ce.keyIdentifier", "Key Identifier", Show::Plain, "The issuer's subject key identifier.";
    AUTHORITY_ISSUER: "x509ce.authorityCertIssuer", "Authority Issuer", Show::Unit("names"), "Who issued the issuer's certificate.";
    AUTHORITY_SERIAL: "x509ce.authorityCertSerialNumber", "Authority Serial Number", Show::Plain, "The serial number of the issuer's certificate.";
    CRL_POINTS: "x509ce.CRLDistPointsSyntax", "CRL Distribution Points", Show::Unit("points"), "Where lists of revoked certificates are.";
    CRL_POINT: "x509ce.DistributionPoint_element", "Distribution Point", Show::Heading, "One place with a list of revoked certificates.";
    POINT_NAME: "x509ce.distributionPoint", "Point", Show::Names(Base::Dec, POINTS), "How the place is named.";
    POINT_NAMES: "x509ce.fullName", "Full Name", Show::Unit("names"), "The place, mostly a URI.";
    POLICIES: "x509ce.CertificatePoliciesSyntax", "Certificate Policies", Show::Unit("policies"), "Under which rules the certificate was issued.";
    POLICY: "x509ce.PolicyInformation_element", "Policy", Show::Heading, "One set of rules.";
    POLICY_ID: "x509ce.policyIdentifier", "Policy", Show::Plain, "2.23.140.1.2.1: only control of the domain was checked; 2.23.140.1.2.2: the organisation too.";
    QUALIFIERS: "x509ce.policyQualifiers", "Qualifiers", Show::Unit("qualifiers"), "Where the rules are written down.";
    QUALIFIER: "x509ce.PolicyQualifierInfo_element", "Qualifier", Show::Heading, "A link to the rules, or a notice.";
    QUALIFIER_ID: "x509ce.id", "Qualifier", Show::Plain, "1.3.6.1.5.5.7.2.1 is a link, 1.3.6.1.5.5.7.2.2 a notice.";
    STATEMENT: "pkix1explicit.DirectoryString", "Practice Statement", Show::Plain, "Where the authority says how it works.";
    NOTICE: "pkix1implicit.UserNotice_element", "User Notice", Show::Heading, "A text to be shown to people.";
    NOTICE_TEXT: "pkix1implicit.explicitText", "Text", Show::Names(Base::Dec, NOTICES), "In which alphabet the text is written.";
    NOTICE_IA5: "pkix1implicit.ia5String", "Text", Show::Plain, "The notice that the authority wants shown to who relies on the certificate.";
    NOTICE_VISIBLE: "pkix1implicit.visibleString", "Text", Show::Plain, "The notice that the authority wants shown to who relies on the certificate.";
    NOTICE_BMP: "pkix1implicit.bmpString", "Text", Show::Plain, "The notice that the authority wants shown to who relies on the certificate.";
    NOTICE_UTF8: "pkix1implicit.utf8String", "Text", Show::Plain, "The notice that the authority wants shown to who relies on the certificate.";
    ACCESS: "pkix1implicit.AuthorityInfoAccessSyntax", "Authority Information Access", Show::Unit("places"), "Where more about the issuer is found.";
    ACCESS_DESCRIPTION: "pkix1implicit.AccessDescription_element", "Access", Show::Heading, "One place, and what is found there.";
    ACCESS_METHOD: "pkix1implicit.accessMethod", "Method", Show::Plain, "1.3.6.1.5.5.7.48.1 is the status service (OCSP), 1.3.6.1.5.5.7.48.2 the issuer's certificate.";
    ACCESS_LOCATION: "pkix1implicit.accessLocation", "Location", Show::Names(Base::Dec, NAME_KINDS), "Where it is.";

    LENGTH: "wirewalk.x509.length", "DER Length", Show::Unit("bytes"), "The length in front of every value in DER.";
    TAG: "wirewalk.x509.tag", "DER Tag", Show::Hex(2), "The byte that says what kind of value follows in DER.";
    SUBJECT_NAME: "wirewalk.x509.subject", "Subject Name", Show::Plain, "The subject's name on one line.";
    ISSUER_NAME: "wirewalk.x509.issuer", "Issuer Name", Show::Plain, "The issuer's name on one line.";
    SUBJECT_CN: "wirewalk.x509.subject_cn", "Subject Common Name", Show::Plain, "The subject's common name; clients check subjectAltName instead (RFC 9525).";
    ISSUER_CN: "wirewalk.x509.issuer_cn", "Issuer Common Name", Show::Plain, "The issuer's common name.";
    FROM: "wirewalk.x509.not_before", "Valid From", Show::Plain, "The first moment at which the certificate is valid.";
    UNTIL: "wirewalk.x509.not_after", "Valid Until", Show::Plain, "The last moment at which the certificate is valid.";
    ALT_NAMES: "wirewalk.x509.san", "Names It Is For", Show::Plain, "All hosts and addresses of subjectAltName.";
}

//! Extensions that few certificates have (RFC 5280 sections 4.2.1.5 to 4.2.1.15 and 4.2.2.2, RFC 7633; Microsoft's templates).

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, fields};

use super::der::{
    self, BMP_STRING, IA5_STRING, INTEGER, PRINTABLE_STRING, SEQUENCE, UTF8_STRING, any, expect,
    items, object_id, sequence,
};
use super::extensions::{access, distribution_point, general_name};
use super::fields::{CRL_POINT, NAME_KINDS};

const FEATURES_OF_TLS: Names = &[(5, "status_request"), (17, "status_request_v2")];

fields! {
    CONSTRAINTS: "x509ce.NameConstraintsSyntax_element", "Name Constraints", Show::Heading, "For which names the holder may issue certificates.";
    PERMITTED: "x509ce.permittedSubtrees", "Permitted", Show::Unit("subtrees"), "Names of the kinds listed must lie in one of these.";
    EXCLUDED: "x509ce.excludedSubtrees", "Excluded", Show::Unit("subtrees"), "No name may lie in one of these.";
    SUBTREE: "x509ce.GeneralSubtree_element", "Subtree", Show::Heading, "A name, and all names below it.";
    BASE: "x509ce.base", "Base", Show::Names(Base::Dec, NAME_KINDS), "The name at the top, and which kind of name it is.";
    MINIMUM: "x509ce.minimum", "Minimum", Show::Plain, "How many steps below the base the subtree begins: always 0.";
    MAXIMUM: "x509ce.maximum", "Maximum", Show::Plain, "How many steps below the base it ends; must not be used.";
    MAPPINGS: "x509ce.PolicyMappingsSyntax", "Policy Mappings", Show::Unit("pairs"), "Which rules of the issuer are as good as which of the subject.";
    MAPPING: "x509ce.PolicyMappingsSyntax_item_element", "Mapping", Show::Heading, "Two policies that count as the same.";
    ISSUER_POLICY: "x509ce.issuerDomainPolicy", "Issuer's Policy", Show::Plain, "The policy as the issuer calls it.";
    SUBJECT_POLICY: "x509ce.subjectDomainPolicy", "Subject's Policy", Show::Plain, "The policy as the subject calls it.";
    POLICY_CONSTRAINTS: "x509ce.PolicyConstraintsSyntax_element", "Policy Constraints", Show::Heading, "What is required of policies further down the chain.";
    REQUIRE: "x509ce.requireExplicitPolicy", "Require Explicit Policy", Show::Plain, "After so many more certificates an acceptable policy must be stated.";
    INHIBIT: "x509ce.inhibitPolicyMapping", "Inhibit Policy Mapping", Show::Plain, "After so many more certificates policies may not be mapped any more.";
    SKIP: "x509ce.SkipCerts", "Inhibit Any Policy", Show::Plain, "After so many more certificates the policy that stands for any does not count any more.";
    FRESHEST: "wirewalk.x509.freshest_crl", "Freshest CRL", Show::Unit("points"), "Where lists are of what was revoked since the last whole list.";
    SUBJECT_ACCESS: "wirewalk.x509.subject_access", "Subject Information Access", Show::Unit("places"), "Where more about the subject is found.";
    FEATURES: "pkix1explicit.Features", "TLS Features", Show::Unit("features"), "What a server with this certificate must answer with in the handshake.";
    FEATURE: "pkix1explicit.Features_item", "Feature", Show::Names(Base::Dec, FEATURES_OF_TLS), "The number of a TLS extension: 5 means that the status of the certificate must be stapled.";
    TEMPLATE: "x509ce.CertificateTemplate_element", "Certificate Template", Show::Heading, "The form that a Microsoft authority filled in.";
    TEMPLATE_ID: "x509ce.templateID", "Template", Show::Plain, "Which form it was.";
    TEMPLATE_MAJOR: "x509ce.templateMajorVersion", "Major Version", Show::Plain, "Counts great changes of the form.";
    TEMPLATE_MINOR: "x509ce.templateMinorVersion", "Minor Version", Show::Plain, "Counts small changes of the form.";
    OTHER: "x509ce.otherName_element", "Other Name", Show::Heading, "A name of a kind that somebody else defined.";
    OTHER_ID: "x509ce.type_id", "Kind", Show::Plain, "1.3.6.1.4.1.311.20.2.3 is a user's name at a Windows domain.";
    OTHER_TEXT: "wirewalk.x509.other_name", "Name", Show::Plain, "The name itself.";
    OTHER_VALUE: "wirewalk.x509.other_value", "Value", Show::Plain, "The bytes of a name that is no text.";
}

/// Reads the value of one of these extensions; false when it is none of them.
pub(super) fn value(c: &mut Cursor<'_, '_>, id: &str) -> Result<bool, Fault> {
    match id {
        "2.5.29.30" => sequence(c, &CONSTRAINTS, |c| {
            each(c, [&PERMITTED, &EXCLUDED], |c, def| {
                items(c, def, |c| sequence(c, &SUBTREE, subtree))
            })
        })?,
        "2.5.29.33" => expect(c, SEQUENCE, |c| {
            items(c, &MAPPINGS, |c| {
                sequence(c, &MAPPING, |c| {
                    object_id(c, &ISSUER_POLICY)?;
                    object_id(c, &SUBJECT_POLICY).map(drop)
                })
            })
        })?,
        "2.5.29.36" => sequence(c, &POLICY_CONSTRAINTS, |c| {
            each(c, [&REQUIRE, &INHIBIT], der::number)
        })?,
        "2.5.29.46" => expect(c, SEQUENCE, |c| {
            items(c, &FRESHEST, |c| {
                sequence(c, &CRL_POINT, distribution_point)
            })
        })?,
        "2.5.29.54" => expect(c, INTEGER, |c| der::number(c, &SKIP))?,
        "1.3.6.1.5.5.7.1.11" => expect(c, SEQUENCE, |c| items(c, &SUBJECT_ACCESS, access))?,
        "1.3.6.1.5.5.7.1.24" => expect(c, SEQUENCE, |c| {
            items(c, &FEATURES, |c| {
                expect(c, INTEGER, |c| der::number(c, &FEATURE))
            })
        })?,
        "1.3.6.1.4.1.311.21.7" => sequence(c, &TEMPLATE, |c| {
            object_id(c, &TEMPLATE_ID)?;
            for def in [&TEMPLATE_MAJOR, &TEMPLATE_MINOR] {
                if !c.is_empty() {
                    expect(c, INTEGER, |c| der::number(c, def))?;
                }
            }
            Ok(())
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Optional parts that tags from 0 on tell apart.
fn each(
    c: &mut Cursor<'_, '_>,
    defs: [&'static FieldDef; 2],
    read: fn(&mut Cursor<'_, '_>, &'static FieldDef) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let [first, second] = defs;
    while !c.is_empty() {
        any(c, |c, tag| {
            read(
                c,
                if matches!(tag, 0x80 | 0xa0) {
                    first
                } else {
                    second
                },
            )
        })?;
    }
    Ok(())
}

fn subtree(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    general_name(c, &BASE)?;
    each(c, [&MINIMUM, &MAXIMUM], der::number)
}

/// A name of a kind that an object identifier tells, and what it is where it is text.
pub(super) fn other_name(c: &mut Cursor<'_, '_>) -> Result<Option<String>, Fault> {
    c.group(&OTHER, |c| {
        object_id(c, &OTHER_ID)?;
        any(c, |c, _| {
            any(c, |c, tag| match tag {
                UTF8_STRING | IA5_STRING | PRINTABLE_STRING | BMP_STRING => {
                    der::text(c, &OTHER_TEXT, tag).map(Some)
                }
                _ => der::rest(c, &OTHER_VALUE).map(|()| None),
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::{Dissection, Next, Value, decode_span};
    use crate::model::{BufId, Span};

    /// What `openssl req -x509` makes of a configuration with all of these extensions.
    const RARE: &str = "30820217308201c9a00302010202147ce3b5296987385f65761f915d4c6f8287356ccd300506032b6570300c310a3008\
        06035504030c0161301e170d3236313132303139333531335a170d3336313131373139333531335a300c310a30080603\
        5504030c0161302a300506032b6570032100467c08a3c84b89751d858617d2e12e0574eb355b81115aea37996944a003\
        9e5ea382013b3082013730310603551d1e042a3028a010300e820c6578616d706c652e74657374a11430128210626164\
        2e6578616d706c652e74657374300f0603551d2404083006800103810100300a0603551d360403020102301106082b06\
        0105050701180405300302010530340603551d11042d302ba021060a2b060104018237140203a0130c11757365724065\
        78616d706c652e746573748206612e74657374301a06092b0601040182371507040d300b06032a030402016402010530\
        130603551d21040c300a300806022a0306022a04302a06082b0601050507010b041e301c301a06082b06010505073005\
        860e687474703a2f2f612e746573742f30200603551d2e041930173015a013a011860f687474703a2f2f612e74657374\
        2f64301d0603551d0e04160414d774918236e841e4433757ffdb80558ae725eab4300506032b6570034100c4fa67e546\
        9be0a05be49d459ef680b77f98b239b610376eb445c14ac3b790388af4fd1cd76d0eb8086de4326179179b8ea469f968\
        c2fa06dbfd5a4065c8cd07";

    #[test]
    fn each_is_read() {
        let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
        let pairs = RARE.as_bytes().chunks(2);
        let bytes: Vec<u8> = pairs.map(|p| digit(p[0]) << 4 | digit(p[1])).collect();
        let mut d = Dissection::default();
        let span = Span::bytes(BufId::FRAME, 0, bytes.len() as u32);
        decode_span(&bytes, &mut d, Next::Media("application/pkix-cert"), span);
        assert_eq!(d.layers[0].fault, None);
        let texts = |key: &str| -> Vec<&str> {
            let named = d.fields.iter().filter(|f| f.def.key == key);
            named.map(|f| d.text(f.value)).collect()
        };
        assert_eq!(
            texts("x509ce.dNSName"),
            ["example.test", "bad.example.test", "a.test"]
        );
        assert_eq!(texts("wirewalk.x509.other_name"), ["user@example.test"]);
        assert_eq!(texts("x509ce.type_id"), ["1.3.6.1.4.1.311.20.2.3"]);
        assert_eq!(texts("x509ce.templateID"), ["1.2.3.4"]);
        assert_eq!(texts("x509ce.subjectDomainPolicy"), ["1.2.4"]);
        assert_eq!(
            texts("x509ce.uniformResourceIdentifier"),
            ["http://a.test/", "http://a.test/d"]
        );
        for (key, number) in [
            ("x509ce.permittedSubtrees", 1),
            ("x509ce.excludedSubtrees", 1),
            ("x509ce.requireExplicitPolicy", 3),
            ("x509ce.inhibitPolicyMapping", 0),
            ("x509ce.SkipCerts", 2),
            ("pkix1explicit.Features_item", 5),
            ("x509ce.templateMajorVersion", 100),
            ("wirewalk.x509.freshest_crl", 1),
        ] {
            assert_eq!(d.number(key), Some(number), "{key}");
        }
        // Nothing is left that would be shown as bytes only.
        let raw = |f: &&crate::decode::Field| f.def.key == "wirewalk.x509.extension_value";
        assert!(!d.fields.iter().any(|f| raw(&f) && f.value == Value::Bytes));
    }
}

//! Names beside addresses, and who claims them; what a MAC address tells of its owner.

use std::sync::Arc;

use serde::Serialize;

use crate::decode::vendors::{Owner, owner};
use crate::model::{Claim, Mac};

/// So many names stand beside an address where people read; all that are known stand in JSON.
const NAMES_SHOWN: usize = 2;

/// A name that someone claims to be an address's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameView {
    /// The name.
    pub name: Arc<str>,
    /// Who claims it: `dns reverse-dns mdns llmnr sni http-host capture`.
    pub by: &'static str,
    /// The frame that claims it; null for the capture's own records.
    pub frame: Option<u64>,
    /// Who claims it, as a person reads it.
    #[serde(skip)]
    pub label: &'static str,
}

impl From<&Claim> for NameView {
    fn from(claim: &Claim) -> Self {
        Self {
            name: Arc::clone(&claim.name),
            by: claim.by.word(),
            frame: claim.frame.map(|frame| frame.0),
            label: claim.by.label(),
        }
    }
}

/// The views of claims.
#[must_use]
pub fn views(claims: &[Claim]) -> Vec<NameView> {
    claims.iter().map(NameView::from).collect()
}

/// The first names of an address, each with those who claim it: `www.example.test`, `DNS answer, frame 6; SNI, frame 12`.
#[must_use]
pub fn told(names: &[NameView]) -> Vec<(&str, String)> {
    let mut told: Vec<(&str, String)> = Vec::new();
    for claim in names {
        let mut by = claim.label.to_owned();
        if let Some(frame) = claim.frame {
            by.push_str(", frame ");
            by.push_str(itoa::Buffer::new().format(frame));
        }
        if let Some((_, others)) = told.iter_mut().find(|(name, _)| **name == *claim.name) {
            others.extend(["; ", &by]);
        } else if told.len() < NAMES_SHOWN {
            told.push((&claim.name, by));
        }
    }
    told
}

/// What a MAC address tells of its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MacView {
    /// The vendor that its block is registered to, by the IEEE's registry.
    pub vendor: Option<&'static str>,
    /// What it is where no vendor is meant by it: a group, everyone, locally administered.
    pub kind: Option<&'static str>,
}

impl MacView {
    /// What an address tells.
    #[must_use]
    pub fn of(mac: Mac) -> Self {
        match owner(mac) {
            Some(Owner::Vendor(vendor)) => Self {
                vendor: Some(vendor),
                kind: None,
            },
            Some(Owner::Kind(kind)) => Self {
                vendor: None,
                kind: Some(kind),
            },
            None => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Claimant, PacketId};

    #[test]
    fn a_name_stands_once_with_all_who_claim_it() {
        let claim = |name, by, frame: Option<u64>| {
            let frame = frame.map(PacketId);
            Claim::new([203, 0, 113, 10].into(), name, by, frame).unwrap()
        };
        let names = views(&[
            claim("a.test", Claimant::Sni, Some(12)),
            claim("b.test", Claimant::Capture, None),
            claim("a.test", Claimant::Dns, Some(6)),
            claim("c.test", Claimant::HttpHost, Some(3)),
        ]);
        assert_eq!(
            told(&names),
            [
                ("a.test", "SNI, frame 12; DNS answer, frame 6".to_owned()),
                ("b.test", "capture's name records".to_owned())
            ]
        );
        assert_eq!(
            serde_json::to_string(&names[..2]).unwrap(),
            r#"[{"name":"a.test","by":"sni","frame":12},{"name":"b.test","by":"capture","frame":null}]"#
        );
    }
}

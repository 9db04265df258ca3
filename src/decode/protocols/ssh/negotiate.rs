//! What two KEXINIT messages decide together (RFC 4253 section 7.1): the client's order wins.

use crate::decode::lossy;

use super::names::authenticates;

/// Name-lists of a KEXINIT in wire order, without the languages.
pub(super) const LISTS: usize = 8;

/// Longest name-list that is kept for the negotiation; real ones have a few hundred bytes.
const LIST_MAX: usize = 8 * 1024;

/// What one side offers.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// Key exchange, host key, then ciphers, MACs and compressions, each client to server and server to client.
    pub lists: [String; LISTS],
    /// The sender has already sent a packet of the method that it guesses.
    pub follows: bool,
}

/// What both sides will use; `None` where they share nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Agreed {
    pub kex: Option<String>,
    pub host_key: Option<String>,
    pub cipher: [Option<String>; 2],
    pub mac: [Option<String>; 2],
    pub compression: [Option<String>; 2],
    /// Both lists begin with the same method and the same host key algorithm: a guess was right.
    pub guess_right: bool,
}

impl Offer {
    /// Keeps a name-list.
    pub(super) fn set(&mut self, list: usize, names: &[u8]) {
        if let Some(kept) = self.lists.get_mut(list) {
            let names = names.get(..LIST_MAX).unwrap_or(names);
            *kept = lossy(names).into_owned();
        }
    }

    fn names(&self, list: usize) -> impl Iterator<Item = &str> {
        let names = self.lists.get(list).map_or("", String::as_str);
        names.split(',').filter(|name| !name.is_empty())
    }

    /// The list of key exchange methods holds this name.
    pub(super) fn has_kex(&self, name: &str) -> bool {
        self.names(0).any(|n| n == name)
    }

    /// How many algorithms a list holds.
    pub(super) fn count(&self, list: usize) -> usize {
        self.names(list).filter(|name| !is_signal(name)).count()
    }

    /// The favourite of a list.
    pub(super) fn first(&self, list: usize) -> Option<&str> {
        self.names(list).find(|name| !is_signal(name))
    }
}

/// Names in the list of methods that only signal what else the sender can do.
fn is_signal(name: &str) -> bool {
    name.starts_with("ext-info-") || name.starts_with("kex-strict-") || name.starts_with("kexguess")
}

/// The first name of the client's list that the server's list holds too.
fn choose(client: &Offer, server: &Offer, list: usize) -> Option<String> {
    client
        .names(list)
        .filter(|name| !is_signal(name))
        .find(|&name| server.names(list).any(|n| n == name))
        .map(str::to_owned)
}

/// Negotiates.
pub(super) fn negotiate(client: &Offer, server: &Offer) -> Agreed {
    let pair = |list: usize| {
        [
            choose(client, server, list),
            choose(client, server, list.saturating_add(1)),
        ]
    };
    let cipher = pair(2);
    let mut mac = pair(4);
    for (mac, cipher) in mac.iter_mut().zip(&cipher) {
        if cipher.as_deref().is_some_and(authenticates) {
            *mac = Some("<implicit>".to_owned());
        }
    }
    Agreed {
        kex: choose(client, server, 0),
        host_key: choose(client, server, 1),
        cipher,
        mac,
        compression: pair(6),
        guess_right: client.first(0) == server.first(0) && client.first(1) == server.first(1),
    }
}

impl Agreed {
    /// The first thing on which the two sides cannot agree.
    pub(super) fn mismatch(&self) -> Option<&'static str> {
        let [cipher_cs, cipher_sc] = &self.cipher;
        let [mac_cs, mac_sc] = &self.mac;
        let [compression_cs, compression_sc] = &self.compression;
        [
            (&self.kex, "no common key exchange method"),
            (&self.host_key, "no common host key algorithm"),
            (cipher_cs, "no common cipher from client to server"),
            (cipher_sc, "no common cipher from server to client"),
            (mac_cs, "no common MAC from client to server"),
            (mac_sc, "no common MAC from server to client"),
            (
                compression_cs,
                "no common compression from client to server",
            ),
            (
                compression_sc,
                "no common compression from server to client",
            ),
        ]
        .into_iter()
        .find_map(|(choice, what)| choice.is_none().then_some(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(lists: [&str; LISTS]) -> Offer {
        Offer {
            lists: lists.map(str::to_owned),
            follows: false,
        }
    }

    #[test]
    fn the_clients_order_wins() {
        let client = offer([
            "ext-info-c,a,b,kex-strict-c-v00@openssh.com",
            "rsa,ed",
            "aes256-gcm@openssh.com,aes128-ctr",
            "aes128-ctr",
            "m1,m2",
            "m1,m2",
            "none",
            "none",
        ]);
        let server = offer([
            "b,a",
            "ed,rsa",
            "aes128-ctr,aes256-gcm@openssh.com",
            "aes128-ctr",
            "m3",
            "m2,m1",
            "zlib,none",
            "zlib,none",
        ]);
        let agreed = negotiate(&client, &server);
        assert_eq!(agreed.kex.as_deref(), Some("a"));
        assert_eq!(agreed.host_key.as_deref(), Some("rsa"));
        assert_eq!(agreed.mac[0].as_deref(), Some("<implicit>"));
        assert_eq!(agreed.mac[1].as_deref(), Some("m1"));
        assert_eq!(agreed.compression[0].as_deref(), Some("none"));
        assert!(!agreed.guess_right);
        assert_eq!(agreed.mismatch(), None);
    }

    #[test]
    fn what_is_not_shared_is_named() {
        let client = offer(["a", "k", "c1", "c1", "m", "m", "none", "none"]);
        let server = offer(["a", "k", "c2", "c1", "m", "m", "none", "none"]);
        let agreed = negotiate(&client, &server);
        assert!(agreed.guess_right);
        assert_eq!(
            agreed.mismatch(),
            Some("no common cipher from client to server")
        );
    }
}

//! Who acts in a step, and on whom.

use std::net::IpAddr;

use crate::model::Side;

use super::super::journey::{Role, Who};
use super::super::moment::Moment;
use super::Teller;

impl Teller<'_> {
    fn address(&self, role: Role) -> Option<IpAddr> {
        self.addresses.get(role as usize).copied().flatten()
    }

    /// Who acts, and on whom.
    pub(super) fn who(&self, moment: &Moment) -> (Option<Who>, Option<Who>) {
        let to = if moment.to_all {
            Some(Who::Role(Role::Everyone))
        } else {
            self.someone(moment, moment.dst, moment.from.map(Side::other))
        };
        (self.someone(moment, moment.src, moment.from), to)
    }

    /// Somebody by address: by the role that fits the protocol, when one address has several.
    fn someone(&self, moment: &Moment, ip: Option<IpAddr>, side: Option<Side>) -> Option<Who> {
        if self.tale.story == "dhcp" && moment.protocol == "dhcp" {
            return Some(Who::Role(match side? {
                _ if matches!(moment.def.id, "dhcp.offer" | "dhcp.ack" | "dhcp.nak") => {
                    if ip == moment.src {
                        Role::Server
                    } else {
                        Role::Client
                    }
                }
                _ if ip == moment.src => Role::Client,
                _ => Role::Server,
            }));
        }
        let ip = ip?;
        // Who joins a link has no address yet.
        if self.tale.story == "ipv6-join" && ip.is_unspecified() {
            return Some(Who::Role(Role::Client));
        }
        if self.tale.story == "dhcpv6" && moment.protocol == "dhcpv6" {
            let relayed = moment.def.id.contains(".relay_");
            return Some(
                match (
                    relayed,
                    speaks_as_server(moment) == (Some(ip) == moment.src),
                ) {
                    (true, _) => Who::Address(ip),
                    (false, true) => Who::Role(Role::Server),
                    (false, false) => Who::Role(Role::Client),
                },
            );
        }
        let order = match moment.protocol {
            "dns" | "mdns" => [Role::Resolver, Role::Client, Role::Server, Role::Router],
            "arp" | "ndp" | "icmp" | "icmpv6" => {
                [Role::Router, Role::Client, Role::Server, Role::Resolver]
            }
            _ => [Role::Server, Role::Client, Role::Router, Role::Resolver],
        };
        let both_ends = moment.src == moment.dst;
        let order = if both_ends && side == Some(Side::Client) {
            [Role::Client, Role::Server, Role::Resolver, Role::Router]
        } else {
            order
        };
        let role = order
            .into_iter()
            .find(|role| self.address(*role) == Some(ip));
        Some(match role {
            Some(role) => Who::Role(role),
            None => self.other_end(moment, ip).unwrap_or(Who::Address(ip)),
        })
    }

    /// Ends of earlier connections of the journey have roles too: the first address that was tried is a server.
    fn other_end(&self, moment: &Moment, ip: IpAddr) -> Option<Who> {
        let main = self
            .tale
            .mains()
            .iter()
            .find(|c| Some(c.id) == moment.flow)?;
        if moment.protocol == "dns" || main.transport == "arp" {
            return None;
        }
        if main.client.map(|end| end.ip) == Some(ip) {
            return Some(Who::Role(Role::Client));
        }
        (main.server.map(|end| end.ip) == Some(ip)).then_some(Who::Role(Role::Server))
    }
}

/// True for what servers of DHCPv6 say to clients.
pub(super) fn speaks_as_server(moment: &Moment) -> bool {
    matches!(
        moment.def.id,
        "dhcpv6.advertise" | "dhcpv6.reply" | "dhcpv6.reconfigure"
    )
}

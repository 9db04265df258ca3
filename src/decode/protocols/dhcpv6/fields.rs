//! The fields of DHCPv6: the header, relays, then the options by their numbers.

use crate::decode::{Base, Show, fields, names};

use super::tables;

fields! {
    // Header.
    MESSAGE: "dhcpv6.msgtype", "Message type", Show::Names(Base::Dec, tables::MESSAGES), "What the message is for: solicit, advertise, request and reply lead to a lease.";
    ID: "dhcpv6.xid", "Transaction ID", Show::Hex(6), "A random number by which a client knows the answer to its own message.";
    HOPS: "dhcpv6.hopcount", "Hop count", Show::Plain, "How many relays have passed the message on before this one; at most 8.";
    LINK: "dhcpv6.linkaddr", "Link address", Show::Plain, "An address of the relay on the client's link; the server chooses the prefix by it.";
    PEER: "dhcpv6.peeraddr", "Peer address", Show::Plain, "Who sent the message to the relay: the client, or another relay.";

    // Every option.
    OPTION: "dhcpv6.option.type_str", "Option", Show::Plain, "An option: a number of two bytes, a length and a value.";
    CODE: "dhcpv6.option.type", "Code", Show::Names(Base::Dec, tables::OPTIONS), "Which option it is.";
    LENGTH: "dhcpv6.option.length", "Length", Show::Unit("bytes"), "The length of the option's value.";
    VALUE: "wirewalk.dhcpv6.option.value", "Value", Show::Plain, "The option's value as it is.";

    // Who is who (RFC 9915 section 11).
    DUID: "dhcpv6.duid.bytes", "DUID", Show::Plain, "The identifier of a client or server; it stays the same when addresses and interfaces change.";
    DUID_TYPE: "dhcpv6.duid.type", "DUID type", Show::Names(Base::Dec, tables::DUIDS), "What the identifier is made of.";
    LLT_HARDWARE: "dhcpv6.duidllt.hwtype", "Hardware type", Show::Names(Base::Dec, names::HARDWARE), "The kind of network whose address follows: 1 is Ethernet.";
    LLT_TIME: "dhcpv6.duidllt.time", "Time", Show::Plain, "When the identifier was made, so that a network card that moves to another machine does not take the identity along.";
    LLT_ADDRESS: "dhcpv6.duidllt.link_layer_addr", "Link-layer address", Show::Plain, "The address of some network card of the machine at that time.";
    EN_NUMBER: "dhcpv6.duiden.enterprise", "Enterprise number", Show::Names(Base::Dec, tables::ENTERPRISES), "Who made the identifier, by the number that IANA gave to the organization.";
    EN_IDENTIFIER: "dhcpv6.duiden.identifier", "Identifier", Show::Plain, "A number that the maker gives out only once.";
    LL_HARDWARE: "dhcpv6.duidll.hwtype", "Hardware type", Show::Names(Base::Dec, names::HARDWARE), "The kind of network whose address follows: 1 is Ethernet.";
    LL_ADDRESS: "dhcpv6.duidll.link_layer_addr", "Link-layer address", Show::Plain, "The address of a network card that is built in for good.";
    UUID: "dhcpv6.duiduuid.bytes", "UUID", Show::Plain, "The machine's UUID, as its firmware or operating system keeps it.";
    CLIENT: "wirewalk.dhcpv6.client", "Client", Show::Plain, "The client's DUID, as digits.";

    // Leases.
    IAID: "dhcpv6.iaid", "IAID", Show::Plain, "The client's own number for the interface (or for the need) that addresses or prefixes are for.";
    T1: "dhcpv6.iaid.t1", "T1", Show::Unit("s"), "After which time the client asks its server to extend the lease (Renew); 0 leaves the choice to the client.";
    T2: "dhcpv6.iaid.t2", "T2", Show::Unit("s"), "After which time the client asks any server (Rebind); 0 leaves the choice to the client.";
    IATA: "dhcpv6.iata", "IAID", Show::Plain, "The client's own number for the interface that temporary addresses are for.";
    ADDRESS: "dhcpv6.iaaddr.ip", "Address", Show::Plain, "An address that is lent to the client, or that it would like to have or keep.";
    ADDRESS_PREFERRED: "dhcpv6.iaaddr.pref_lifetime", "Preferred lifetime", Show::Unit("s"), "For how long new connections may begin from the address; 4294967295 is for ever.";
    ADDRESS_VALID: "dhcpv6.iaaddr.valid_lifetime", "Valid lifetime", Show::Unit("s"), "For how long the address may be used at all; 4294967295 is for ever, 0 takes it back.";
    PREFIX_PREFERRED: "dhcpv6.iaprefix.pref_lifetime", "Preferred lifetime", Show::Unit("s"), "For how long addresses of the prefix are preferred; 4294967295 is for ever.";
    PREFIX_VALID: "dhcpv6.iaprefix.valid_lifetime", "Valid lifetime", Show::Unit("s"), "For how long the prefix may be used at all; 4294967295 is for ever, 0 takes it back.";
    PREFIX_LENGTH: "dhcpv6.iaprefix.pref_len", "Prefix length", Show::Plain, "How many bits are given: with 56 a home router can make 256 networks of 64.";
    PREFIX: "dhcpv6.iaprefix.pref_addr", "Prefix", Show::Plain, "The prefix that a router gets for the networks behind it.";
    EXCLUDE_LENGTH: "dhcpv6.pd_exclude.pref_len", "Excluded prefix length", Show::Plain, "The length of the part of the prefix that the provider keeps for the link between both.";
    EXCLUDE_SUBNET: "dhcpv6.pd_exclude.subnet_id", "Excluded subnet", Show::Plain, "The bits of the excluded prefix behind those of the delegated one.";

    // Talking about the exchange.
    REQUESTED: "dhcpv6.requested_option_code", "Requested option", Show::Names(Base::Dec, tables::OPTIONS), "A setting that the client would like to be told.";
    PREFERENCE: "dhcpv6.option_preference", "Preference", Show::Plain, "Of several servers the client takes the one with the highest number; 255 ends the wait for others.";
    ELAPSED: "dhcpv6.elapsed_time", "Elapsed time", Show::Unit("ms"), "For how long the client has been trying; on the wire it counts hundredths of a second.";
    UNICAST: "dhcpv6.unicast", "Server address", Show::Plain, "Where a client may send its messages directly; RFC 9915 has taken this option away.";
    STATUS: "dhcpv6.status_code", "Status", Show::Names(Base::Dec, tables::STATUSES), "How it went; without this option all is well.";
    STATUS_TEXT: "dhcpv6.status_msg", "Status message", Show::Plain, "The reason, for a person.";
    RECONFIGURE: "dhcpv6.reconf_msg", "Answer with", Show::Names(Base::Dec, tables::MESSAGES), "Which message the server wants from the client now.";
    AUTH_PROTOCOL: "dhcpv6.auth.protocol", "Authentication protocol", Show::Names(Base::Dec, tables::AUTHENTICATIONS), "How the message proves who sent it.";
    AUTH_ALGORITHM: "dhcpv6.auth.algorithm", "Algorithm", Show::Plain, "The algorithm of the proof: 1 is HMAC-MD5.";
    AUTH_REPLAY: "dhcpv6.auth.rdm", "Replay detection method", Show::Plain, "How old copies of a message are told from new ones: 0 is a number that only grows.";
    AUTH_COUNTER: "dhcpv6.auth.replay_detection", "Replay detection", Show::Plain, "The number that only grows, such as a time.";
    AUTH_REALM: "dhcpv6.auth.realm", "Realm", Show::Plain, "Which set of keys is meant.";
    AUTH_KEY: "dhcpv6.auth.key_id", "Key ID", Show::Plain, "Which key of the realm it is.";
    AUTH_HASH: "dhcpv6.auth.md5_data", "HMAC-MD5", Show::Plain, "The proof: a hash over message and key.";
    AUTH_INFORMATION: "dhcpv6.auth.info", "Authentication information", Show::Plain, "The proof, or for reconfigure keys the key itself.";

    // What the client is.
    USER_CLASS_LENGTH: "dhcpv6.userclass.length", "Length", Show::Unit("bytes"), "The length of the class.";
    USER_CLASS: "dhcpv6.userclass.opaque_data", "User class", Show::Plain, "A kind of user or use, by which a server can choose settings.";
    VENDOR_CLASS_ENTERPRISE: "dhcpv6.vendorclass.enterprise", "Enterprise number", Show::Names(Base::Dec, tables::ENTERPRISES), "Whose classes they are, by the number that IANA gave to the organization.";
    VENDOR_CLASS_LENGTH: "wirewalk.dhcpv6.vendorclass.length", "Length", Show::Unit("bytes"), "The length of the class.";
    VENDOR_CLASS: "dhcpv6.vendorclass.data", "Vendor class", Show::Plain, "What kind of device or program the client is; it can give away the operating system.";
    VENDOR_ENTERPRISE: "dhcpv6.vendoropts.enterprise", "Enterprise number", Show::Names(Base::Dec, tables::ENTERPRISES), "Whose options follow, by the number that IANA gave to the organization.";
    VENDOR_CODE: "dhcpv6.vendoropts.enterprise.option_code", "Vendor option", Show::Plain, "An option that only this organization explains.";
    VENDOR_LENGTH: "dhcpv6.vendoropts.enterprise.option_length", "Length", Show::Unit("bytes"), "The length of the option's data.";
    VENDOR_DATA: "dhcpv6.vendoropts.enterprise.option_data", "Data", Show::Plain, "The option's data.";
    CABLE_OPTION: "dhcpv6.cablelabs.opt", "Cable option", Show::Plain, "An option for cable modems (CableLabs).";
    CABLE_LENGTH: "wirewalk.dhcpv6.cablelabs.length", "Length", Show::Unit("bytes"), "The length of the option's data.";
    CABLE_DATA: "wirewalk.dhcpv6.cablelabs.data", "Data", Show::Plain, "The option's data.";
    CABLE_SERVER: "dhcpv6.cablelabs.ipv6_server", "Server", Show::Plain, "A server for the modem's boot file (32), log (34) or time (37).";
    ARCHITECTURE: "wirewalk.dhcpv6.architecture", "Client architecture", Show::Plain, "The kind of processor and firmware that boots, by IANA's numbers: 7 is x64 with UEFI.";
    FQDN_FLAGS: "dhcpv6.client_fqdn_flags", "Flags", Show::Hex(2), "Who enters the client's name in the DNS.";
    FQDN_CLIENT_N: "dhcpv6.clientfqdn.client.n", "No update", Show::Plain, "The client asks the server to enter nothing at all.";
    FQDN_CLIENT_S: "dhcpv6.clientfqdn.client.s", "Server updates", Show::Plain, "The client asks the server to enter the address of the name too.";
    FQDN_SERVER_N: "dhcpv6.clientfqdn.server.n", "No update", Show::Plain, "The server will enter nothing at all.";
    FQDN_SERVER_O: "dhcpv6.clientfqdn.server.o", "Overridden", Show::Plain, "The server decided otherwise than the client asked.";
    FQDN_SERVER_S: "dhcpv6.clientfqdn.server.s", "Server updates", Show::Plain, "The server enters the address of the name too.";
    FQDN_NAME: "dhcpv6.client_domain", "Client name", Show::Plain, "The client's name; without a dot at the end it is only the first part.";

    // Settings.
    DNS_SERVER: "dhcpv6.dns_server", "DNS server", Show::Plain, "The resolver that the host will ask for names.";
    SEARCH: "dhcpv6.search_list_entry", "Search domain", Show::Plain, "A domain that the host appends to short names.";
    SIP_NAME: "dhcpv6.sip_server_domain_search_fqdn", "SIP server", Show::Plain, "The name of a server for telephone calls.";
    SIP_ADDRESS: "dhcpv6.sip_server_a", "SIP server", Show::Plain, "The address of a server for telephone calls.";
    NIS_ADDRESS: "dhcpv6.nis_server", "NIS server", Show::Plain, "A server for users and hosts of a Unix network.";
    NIS_PLUS_ADDRESS: "dhcpv6.nisp_server", "NIS+ server", Show::Plain, "A server for users and hosts of a Unix network.";
    NIS_DOMAIN: "dhcpv6.nis_fqdn", "NIS domain", Show::Plain, "The NIS domain that the host belongs to.";
    NIS_PLUS_DOMAIN: "dhcpv6.nisp_fqdn", "NIS+ domain", Show::Plain, "The NIS+ domain that the host belongs to.";
    SNTP_SERVER: "dhcpv6.sntp_server", "SNTP server", Show::Plain, "A server from which the host can set its clock; newer servers use option 56.";
    REFRESH: "dhcpv6.lifetime", "Refresh time", Show::Unit("s"), "After which time a client without a lease should ask for the settings again.";
    BROADCAST_NAME: "dhcpv6.bcmcs_server_fqdn", "Broadcast service controller", Show::Plain, "The name of a controller of broadcasts in a mobile network.";
    BROADCAST_ADDRESS: "dhcpv6.bcmcs_server_a", "Broadcast service controller", Show::Plain, "The address of a controller of broadcasts in a mobile network.";
    PANA_AGENT: "dhcpv6.pana_agent", "PANA agent", Show::Plain, "Who lets a host into the network (PANA).";
    TIME_ZONE: "dhcpv6.timezone", "Time zone", Show::Plain, "The time zone with its rules, as POSIX writes it.";
    TIME_ZONE_NAME: "dhcpv6.tzdb", "Time zone name", Show::Plain, "The time zone's name in the time zone database.";
    CAPWAP: "dhcpv6.capwap_ac_v6", "Access controller", Show::Plain, "The controller that a Wi-Fi access point belongs to.";
    NTP_TYPE: "dhcpv6.ntpserver.option.type", "Time source", Show::Names(Base::Dec, tables::TIME_SOURCES), "In which form the time server is named.";
    NTP_LENGTH: "dhcpv6.ntpserver.option.length", "Length", Show::Unit("bytes"), "The length of the address or name.";
    NTP_ADDRESS: "dhcpv6.ntpserver.addr", "NTP server", Show::Plain, "A server from which the host can set its clock.";
    NTP_GROUP: "dhcpv6.ntpserver.mc_addr", "NTP group", Show::Plain, "A multicast group in which the time is announced.";
    NTP_NAME: "dhcpv6.ntpserver.fqdn", "NTP server", Show::Plain, "The name of a server from which the host can set its clock.";
    BOOT_URL: "wirewalk.dhcpv6.boot_file_url", "Boot file", Show::Plain, "From where the client fetches what it boots.";
    BOOT_LENGTH: "wirewalk.dhcpv6.boot_parameter.length", "Length", Show::Unit("bytes"), "The length of the parameter.";
    BOOT_PARAMETER: "wirewalk.dhcpv6.boot_parameter", "Boot parameter", Show::Plain, "What the boot file is started with.";
    AFTR: "dhcpv6.aftr_name", "AFTR", Show::Plain, "The far end of a tunnel through which a provider carries IPv4 over IPv6 (DS-Lite).";
    LINK_LAYER_KIND: "wirewalk.dhcpv6.client_link_layer.type", "Hardware type", Show::Names(Base::Dec, names::HARDWARE), "The kind of network whose address follows: 1 is Ethernet.";
    LINK_LAYER: "wirewalk.dhcpv6.client_link_layer.address", "Client link-layer address", Show::Plain, "The client's hardware address, as the relay saw it.";
    SOLICIT_MAXIMUM: "wirewalk.dhcpv6.sol_max_rt", "Longest wait for Solicit", Show::Unit("s"), "The longest time between two Solicits, so that hosts without DHCPv6 do not ask all the time.";
    INFORMATION_MAXIMUM: "wirewalk.dhcpv6.inf_max_rt", "Longest wait for Information-request", Show::Unit("s"), "The longest time between two Information-requests.";
    PCP_SERVER: "wirewalk.dhcpv6.pcp_server", "PCP server", Show::Plain, "Whom the host asks to open ports (Port Control Protocol).";
    SERVER_4O6: "wirewalk.dhcpv6.dhcp_4o6_server", "DHCPv4 server", Show::Plain, "A server for DHCPv4 over DHCPv6.";
    PORTAL: "dhcpv6.captive_portal", "Captive portal", Show::Plain, "Where a person signs in before the network lets packets through.";
    MUD_URL: "dhcpv6.mudurl", "MUD URL", Show::Plain, "Where the maker of the device says whom it needs to talk to.";

    // Relays.
    INTERFACE: "dhcpv6.interface_id", "Interface", Show::Plain, "The relay's own name for the interface to the client; the server sends it back.";
    REMOTE_ENTERPRISE: "dhcpv6.remoteid.enterprise", "Enterprise number", Show::Names(Base::Dec, tables::ENTERPRISES), "Who made the relay, by the number that IANA gave to the organization.";
    REMOTE: "dhcpv6.remoteid_enterprise_id", "Remote ID", Show::Plain, "The far end of the client's line, as the relay knows it.";
    SUBSCRIBER: "dhcpv6.subscriber_id", "Subscriber", Show::Plain, "The provider's name for the customer.";
    RELAY_PORT: "dhcpv6.relay_port", "Source port", Show::Plain, "The port that the next relay towards the client listens on, when it is not 547.";
    LINK_CHOICE: "wirewalk.dhcpv6.link_address", "Link address", Show::Plain, "An address of the client's link, when the relay's own says too little.";

    // Lease queries.
    QUERY: "dhcpv6.lq_query", "Query", Show::Names(Base::Dec, tables::QUERIES), "What the lease is looked up by.";
    QUERY_LINK: "dhcpv6.lq_query_link_address", "Link", Show::Plain, "The link that the question is about; unspecified means any.";
    LAST_TRANSACTION: "dhcpv6.clt_time", "Last transaction", Show::Unit("s"), "How long ago the server last spoke with the client.";
    QUERY_PEER: "dhcpv6.lq_relay_data_peer_addr", "Peer", Show::Plain, "The relay from which the server last heard of the client.";
    CLIENT_LINK: "dhcpv6.lq_client_link", "Client link", Show::Plain, "A link on which the client has leases.";

    // IPv4 through a provider's IPv6 network (RFC 7598).
    RULE_FLAGS: "dhcpv6.s46_rule.flags", "Flags", Show::Hex(2), "Eight bits, of which one is in use.";
    RULE_RESERVED: "dhcpv6.s46_rule.flags.reserved", "Reserved", Show::Plain, "Must be zero.";
    RULE_FORWARDING: "dhcpv6.s46_rule.flags.fmr", "Forwarding rule", Show::Plain, "The rule is also for packets straight to other customers.";
    RULE_EA: "dhcpv6.s46_rule.ea_len", "EA bits", Show::Unit("bits"), "How many bits of the customer's prefix stand for its IPv4 address and ports.";
    RULE_LENGTH_4: "dhcpv6.s46_rule.ipv4_pref_len", "IPv4 prefix length", Show::Plain, "The length of the IPv4 prefix that the customers share.";
    RULE_PREFIX_4: "dhcpv6.s46_rule.ipv4_prefix", "IPv4 prefix", Show::Plain, "The IPv4 prefix that the customers share.";
    RULE_LENGTH_6: "dhcpv6.s46_rule.ipv6_prefix_len", "IPv6 prefix length", Show::Plain, "The length of the IPv6 prefix that goes with it.";
    RULE_PREFIX_6: "dhcpv6.s46_rule.ipv6_prefix", "IPv6 prefix", Show::Plain, "The IPv6 prefix that goes with it.";
    BORDER: "dhcpv6.s46_br.address", "Border relay", Show::Plain, "Where IPv4 packets leave the provider's IPv6 network.";
    MAPPING_LENGTH: "dhcpv6.s46_dmr.dmr_pref_len", "Default prefix length", Show::Plain, "The length of the prefix that follows.";
    MAPPING_PREFIX: "dhcpv6.s46_dmr.dmr_prefix", "Default prefix", Show::Plain, "The prefix that stands for all of IPv4 outside.";
    BINDING_4: "dhcpv6.s46_v4v6bind.ipv4_address", "IPv4 address", Show::Plain, "The customer's IPv4 address, perhaps shared with others.";
    BINDING_LENGTH: "dhcpv6.s46_v4v6bind.ipv6_pref_len", "IPv6 prefix length", Show::Plain, "The length of the prefix that follows.";
    BINDING_PREFIX: "dhcpv6.s46_v4v6bind.ipv6_prefix", "IPv6 prefix", Show::Plain, "From which prefix the customer's end of the tunnel is.";
    PORT_OFFSET: "dhcpv6.s46_portparam.offset", "Offset", Show::Unit("bits"), "Where in a port number the customer's own bits begin.";
    PORT_SET_LENGTH: "dhcpv6.s46_portparam.psid_len", "Port set length", Show::Unit("bits"), "How many bits name the customer's ports.";
    PORT_SET: "dhcpv6.s46_portparam.psid", "Port set", Show::Plain, "Which share of the ports is the customer's.";
    PRIORITY: "dhcpv6.option_code", "Mechanism", Show::Names(Base::Dec, tables::OPTIONS), "A way to carry IPv4, the preferred ones first.";
}

//! Which addresses are on the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use runtime::Cx;

/// Decides to which addresses we connect.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Vec<IpAddr>,
}

/// Networks of IPv4 that are not on the public internet: the IANA IPv4 Special-Purpose Address Registry, and multicast.
const PRIVATE_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Global unicast: the only IPv6 network on the public internet (RFC 4291).
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// Parts of it that are not on the public internet: the IANA IPv6 Special-Purpose Address Registry.
const PRIVATE_V6: [(Ipv6Addr, u8); 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

impl Guard {
    /// Creates the guard of a function. Only the variable `NET_ALLOW` allows further addresses; it is empty outside
    /// tests.
    #[must_use]
    pub fn of(cx: &Cx) -> Self {
        Self::allowing(cx.env().optional("NET_ALLOW").unwrap_or_default())
    }

    /// Creates a guard that allows these addresses too, even private ones: for tests against servers on this machine.
    /// `allowed` is a list with commas; an entry that is not an address is ignored.
    #[must_use]
    pub fn allowing(allowed: &str) -> Self {
        Self { allowed: allowed.split(',').filter_map(|address| address.trim().parse().ok()).collect() }
    }

    /// Returns `true` if we may connect to an address.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        if self.allowed.contains(&address) {
            return true;
        }
        match address {
            IpAddr::V4(v4) => public_v4(v4),
            IpAddr::V6(v6) => match embedded_v4(v6) {
                Some(v4) => public_v4(v4),
                None => public_v6(v6),
            },
        }
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    let inside =
        |(network, length): &(Ipv4Addr, u8)| Ipv4Net::new(*network, *length).is_ok_and(|net| net.contains(&address));
    !PRIVATE_V4.iter().any(inside)
}

fn public_v6(address: Ipv6Addr) -> bool {
    let inside = |(network, length): &(Ipv6Addr, u8)| {
        Ipv6Net::new(*network, *length).is_ok_and(|net| IpNet::V6(net).contains(&IpAddr::V6(address)))
    };
    inside(&GLOBAL_V6) && !PRIVATE_V6.iter().any(inside)
}

/// Returns the IPv4 address that an IPv6 address contains: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low]
            if address != Ipv6Addr::LOCALHOST && address != Ipv6Addr::UNSPECIFIED =>
        {
            from(high, low)
        }
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => from(high, low),
        [0x2002, high, low, ..] => from(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_allowed() {
        let guard = Guard::default();
        for inside in [
            "127.0.0.1",
            "127.8.9.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(!guard.allows(inside.parse().unwrap()), "{inside}");
        }
        for outside in
            ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
        {
            assert!(guard.allows(outside.parse().unwrap()), "{outside}");
        }
        let tests = Guard::allowing("127.0.0.1, nonsense");
        assert!(
            tests.allows("127.0.0.1".parse().unwrap())
                && !tests.allows("127.0.0.2".parse().unwrap())
                && !tests.allows("::1".parse().unwrap())
        );
    }
}

//! The sample captures that are built in: recorded by `captures/lab` from real programs, so that a first walk needs no file.

use crate::capture::Capture;
use crate::error::Error;

/// A built-in capture.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its name, without an ending.
    pub name: &'static str,
    /// The command that was recorded.
    pub command: &'static str,
    /// What happens in it, one sentence.
    pub about: &'static str,
    /// The pcapng file.
    pub bytes: &'static [u8],
}

macro_rules! samples {
    ($($name:literal, $command:literal, $about:literal;)*) => {
        /// All built-in captures; the first is what `wirewalk` walks when it is given no file.
        pub static SAMPLES: &[Sample] = &[$(Sample {
            name: $name,
            command: $command,
            about: $about,
            bytes: include_bytes!(concat!("../captures/", $name, ".pcapng")),
        }),*];
    };
}

samples! {
    "curl-https", "curl https://www.example.test/", "A web page over TLS 1.3 with everything cold: ARP, DNS, TCP, TLS, HTTP and the close.";
    "curl-https-tls12", "curl --tls-max 1.2 https://www.example.test/", "The same page over TLS 1.2: one round trip more, and the certificate in clear.";
    "curl-http", "curl http://www.example.test/", "The same page in clear, with a cookie that anyone on the way can read.";
    "ssh-login", "ssh student@server.example.test echo hello", "A login with an ed25519 key, one command, and the close.";
    "dns-lookup", "dig www.shop.example.test", "A name that is an alias of an alias of two addresses.";
    "dhcp-join", "dhclient -4 -1 eth0", "A laptop without an address asks the home network for one.";
    "ping", "ping -c 3 www.example.test", "Three echo requests to a name, and three replies.";
    "traceroute", "traceroute -N 1 -w 0.5 www.example.test", "The way to the server, five hops of which one is silent.";
    "lossy-download", "curl -s -o numbers.txt http://www.example.test/numbers.txt", "A download that loses segments in the middle and at the end, and gets some late.";
    "connection-refused", "curl http://www.example.test:8080/", "The server is there, but nothing listens on the port.";
    "expired-certificate", "curl https://expired.example.test/", "curl breaks off, because the server's certificate has ended.";
    "nxdomain", "curl http://no-such-host.example.test/", "The name does not exist, so there is nobody to connect to.";
}

/// The sample of this name, with or without `.pcapng`.
///
/// # Errors
/// [`Error::Usage`] that names the samples there are.
pub fn sample(name: &str) -> Result<&'static Sample, Error> {
    let wanted = name.strip_suffix(".pcapng").unwrap_or(name);
    SAMPLES
        .iter()
        .find(|sample| sample.name == wanted)
        .ok_or_else(|| Error::Usage {
            what: format!("there is no sample `{name}`"),
            because: format!(
                "the samples are {}",
                SAMPLES
                    .iter()
                    .map(|s| s.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            hint: "`wirewalk samples` says what happens in each".to_owned(),
        })
}

impl Sample {
    /// Opens it as a capture.
    ///
    /// # Errors
    /// Those of [`Capture::from_bytes`].
    pub fn open(&self) -> Result<Capture, Error> {
        Capture::from_bytes(format!("{}.pcapng", self.name), self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::SAMPLES;

    #[test]
    fn every_sample_is_small_and_has_its_row() {
        let readme = include_str!("../captures/README.md");
        for sample in SAMPLES {
            assert!(
                sample.bytes.len() <= 64 * 1024,
                "{} is {} bytes",
                sample.name,
                sample.bytes.len()
            );
            assert!(
                readme.contains(&format!("[`{}`]", sample.name)),
                "{} has no row in captures/README.md",
                sample.name
            );
            assert!(
                readme.contains(sample.command),
                "{} was not recorded by that command",
                sample.name
            );
        }
    }
}

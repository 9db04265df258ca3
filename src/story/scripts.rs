//! The scripts: those in the program, and those that a user brings.

use rustc_hash::FxHashMap;

use super::script::{Mistake, Script};

/// The scripts in the program: file name and text.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("arp.toml", include_str!("scripts/arp.toml")),
    ("common.toml", include_str!("scripts/common.toml")),
    ("curl-http.toml", include_str!("scripts/curl-http.toml")),
    ("curl-https.toml", include_str!("scripts/curl-https.toml")),
    ("dhcp.toml", include_str!("scripts/dhcp.toml")),
    ("dns.toml", include_str!("scripts/dns.toml")),
    ("icmp.toml", include_str!("scripts/icmp.toml")),
    ("ipv6-join.toml", include_str!("scripts/ipv6-join.toml")),
    ("ping.toml", include_str!("scripts/ping.toml")),
    ("ssh.toml", include_str!("scripts/ssh.toml")),
    ("tcp.toml", include_str!("scripts/tcp.toml")),
    ("tls.toml", include_str!("scripts/tls.toml")),
    ("traceroute.toml", include_str!("scripts/traceroute.toml")),
    ("udp.toml", include_str!("scripts/udp.toml")),
];

/// The script that tells what no other tells, and the stories without a script of their own.
pub(super) const COMMON: &str = "common";

/// Scripts by story, and their steps by event. Scripts are read once and live as long as the program: what is told
/// points at their words instead of copying them.
#[derive(Debug)]
pub struct Library {
    scripts: Vec<&'static Script>,
    steps: Vec<FxHashMap<String, Vec<usize>>>,
    common: usize,
}

impl Library {
    /// The scripts in the program.
    ///
    /// # Errors
    /// Never with the scripts that are tested; the file and its [`Mistake`] otherwise.
    pub fn built_in() -> Result<Self, (&'static str, Mistake)> {
        let mut scripts = Vec::new();
        for (file, text) in BUILT_IN {
            scripts.push(Script::read(text).map_err(|mistake| (*file, mistake))?);
        }
        Ok(Self::new(scripts))
    }

    /// A library of these scripts. The one called `common` is for whatever the others do not tell.
    #[must_use]
    pub fn new(scripts: Vec<Script>) -> Self {
        let mut library = Self {
            scripts: Vec::new(),
            steps: Vec::new(),
            common: 0,
        };
        for script in scripts {
            library.add(script);
        }
        if !library.scripts.iter().any(|s| s.story == COMMON) {
            library.add(Script {
                story: COMMON.to_owned(),
                ..Script::default()
            });
        }
        library
    }

    /// Adds a script, in place of one for the same story.
    pub fn add(&mut self, mut script: Script) {
        for step in &mut script.steps {
            step.get_mut().find_carried();
        }
        let mut steps: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        // Steps that no capture can show tell an event last: then a log of the machine shows it.
        for hidden in [false, true] {
            for (at, step) in script.steps.iter().enumerate() {
                let step = step.get_ref();
                if step.hidden.is_some() == hidden {
                    steps.entry(step.id.clone()).or_default().push(at);
                }
            }
        }
        let at = self.scripts.iter().position(|s| s.story == script.story);
        let script: &'static Script = Box::leak(Box::new(script));
        let common = script.story == COMMON;
        let at = if let Some(at) = at {
            self.scripts[at] = script;
            self.steps[at] = steps;
            at
        } else {
            self.scripts.push(script);
            self.steps.push(steps);
            self.scripts.len() - 1
        };
        if common {
            self.common = at;
        }
    }

    /// All scripts.
    pub fn all(&self) -> impl Iterator<Item = &'static Script> {
        self.scripts.iter().copied()
    }

    /// The script of a story; the common one when it has none.
    #[must_use]
    pub fn script(&self, story: &str) -> &'static Script {
        let at = self.place(story).unwrap_or(self.common);
        self.scripts[at]
    }

    /// The common script.
    #[must_use]
    pub fn common(&self) -> &'static Script {
        self.scripts[self.common]
    }

    /// The steps that tell an event in a story's own script.
    #[must_use]
    pub fn steps(&self, story: &str, event: &str) -> &[usize] {
        self.place(story)
            .filter(|at| *at != self.common)
            .and_then(|at| self.steps.get(at)?.get(event))
            .map_or(&[], Vec::as_slice)
    }

    /// The steps that tell an event in the common script.
    #[must_use]
    pub fn common_steps(&self, event: &str) -> &[usize] {
        self.steps
            .get(self.common)
            .and_then(|steps| steps.get(event))
            .map_or(&[], Vec::as_slice)
    }

    fn place(&self, story: &str) -> Option<usize> {
        self.scripts.iter().position(|s| s.story == story)
    }
}

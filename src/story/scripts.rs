//! The scripts: those in the program, and those that a user brings.

use std::panic::resume_unwind;
use std::sync::{Arc, LazyLock};
use std::thread;

use rustc_hash::FxHashMap;

use toml::Spanned;

use super::script::{Mistake, Script, Step};

/// The scripts in the program: file name and text.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("arp.toml", include_str!("scripts/arp.toml")),
    ("common.toml", include_str!("scripts/common.toml")),
    ("curl-http.toml", include_str!("scripts/curl-http.toml")),
    ("curl-https.toml", include_str!("scripts/curl-https.toml")),
    ("dhcp.toml", include_str!("scripts/dhcp.toml")),
    ("dhcpv6.toml", include_str!("scripts/dhcpv6.toml")),
    ("dns.toml", include_str!("scripts/dns.toml")),
    ("icmp.toml", include_str!("scripts/icmp.toml")),
    ("igmp.toml", include_str!("scripts/igmp.toml")),
    ("ipv6-join.toml", include_str!("scripts/ipv6-join.toml")),
    ("llmnr.toml", include_str!("scripts/llmnr.toml")),
    ("mdns.toml", include_str!("scripts/mdns.toml")),
    ("mld.toml", include_str!("scripts/mld.toml")),
    ("ntp.toml", include_str!("scripts/ntp.toml")),
    ("ping.toml", include_str!("scripts/ping.toml")),
    ("ssh.toml", include_str!("scripts/ssh.toml")),
    ("stp.toml", include_str!("scripts/stp.toml")),
    ("tcp.toml", include_str!("scripts/tcp.toml")),
    ("tls.toml", include_str!("scripts/tls.toml")),
    ("traceroute.toml", include_str!("scripts/traceroute.toml")),
    ("udp.toml", include_str!("scripts/udp.toml")),
];

/// The script that tells what no other tells, and the stories without a script of their own.
pub(super) const COMMON: &str = "common";

/// Scripts by story. They are read once and live as long as the program: what is told points at their words instead of
/// copying them.
#[derive(Debug)]
pub struct Library {
    known: Vec<Known>,
    common: usize,
}

/// A script whose steps are known by their events.
#[derive(Debug)]
pub struct Known {
    /// The script.
    pub script: &'static Script,
    steps: FxHashMap<&'static str, Vec<usize>>,
    /// The steps that may be told although no frame shows them, with their places.
    pub unseen: Vec<(usize, &'static Step)>,
}

impl Known {
    fn new(mut script: Script) -> Self {
        for step in &mut script.steps {
            let step = step.get_mut();
            step.find_carried();
            let wanted = step.chapter.as_deref();
            let mut chapters = script.chapters.iter();
            step.place = wanted.and_then(|id| chapters.position(|chapter| chapter.id == id));
        }
        let script: &'static Script = Box::leak(Box::new(script));
        let mut steps: FxHashMap<&'static str, Vec<usize>> = FxHashMap::default();
        // Steps that no capture can show tell an event last: then a log of the machine shows it.
        for hidden in [false, true] {
            for (at, step) in script.steps.iter().enumerate() {
                let step = step.get_ref();
                if step.hidden.is_some() == hidden {
                    steps.entry(&step.id).or_default().push(at);
                }
            }
        }
        let places = script.steps.iter().map(Spanned::get_ref).enumerate();
        let unseen = places.filter(|(_, step)| step.hidden.is_some() || !step.absent.is_empty());
        Self {
            script,
            steps,
            unseen: unseen.collect(),
        }
    }

    /// The steps that tell an event, by their place in the script.
    #[must_use]
    pub fn steps(&self, event: &str) -> &[usize] {
        self.steps.get(event).map_or(&[], Vec::as_slice)
    }
}

impl Library {
    /// The scripts in the program, read once: what is read stays in memory.
    ///
    /// # Errors
    /// Never with the scripts that are tested; the file and its [`Mistake`] otherwise.
    pub fn built_in() -> Result<Arc<Self>, (&'static str, Mistake)> {
        static READ: LazyLock<Result<Arc<Library>, (&'static str, Mistake)>> =
            LazyLock::new(|| Ok(Arc::new(Library::new(read_all(BUILT_IN)?))));
        READ.clone()
    }

    /// A library of these scripts. The one called `common` is for whatever the others do not tell.
    #[must_use]
    pub fn new(scripts: Vec<Script>) -> Self {
        let mut library = Self {
            known: Vec::new(),
            common: 0,
        };
        for script in scripts {
            library.add(script);
        }
        if library.place(COMMON).is_none() {
            library.add(Script {
                story: COMMON.to_owned(),
                ..Script::default()
            });
        }
        library
    }

    /// Adds a script, in place of one for the same story.
    pub fn add(&mut self, script: Script) {
        let known = Known::new(script);
        let story = &known.script.story;
        let at = self.place(story).unwrap_or(self.known.len());
        if story == COMMON {
            self.common = at;
        }
        if at == self.known.len() {
            self.known.push(known);
        } else {
            self.known[at] = known;
        }
    }

    /// All scripts.
    pub fn all(&self) -> impl Iterator<Item = &'static Script> {
        self.known.iter().map(|known| known.script)
    }

    /// The script of a story, if it has one.
    #[must_use]
    pub fn own(&self, story: &str) -> Option<&Known> {
        self.place(story)
            .filter(|at| *at != self.common)
            .and_then(|at| self.known.get(at))
    }

    /// The script for what stories do not know.
    #[must_use]
    pub fn common(&self) -> &Known {
        &self.known[self.common]
    }

    fn place(&self, story: &str) -> Option<usize> {
        self.known
            .iter()
            .position(|known| known.script.story == story)
    }
}

/// Reads scripts, each on a thread of its own: every story begins with this.
fn read_all(
    texts: &'static [(&'static str, &'static str)],
) -> Result<Vec<Script>, (&'static str, Mistake)> {
    thread::scope(|scope| {
        let readers: Vec<_> = texts
            .iter()
            .map(|(file, text)| {
                scope.spawn(move || Script::read(text).map_err(|mistake| (*file, mistake)))
            })
            .collect();
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

//! The seven layers of the OSI reference model (ITU-T X.200).

/// A layer of the OSI model. TLS stands at 6 by convention only: it works between 4 and 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Osi {
    /// Signals on the medium.
    Physical = 1,
    /// Frames on one link.
    Link = 2,
    /// Packets across networks.
    Network = 3,
    /// Between programs: segments and datagrams.
    Transport = 4,
    /// Dialogue control.
    Session = 5,
    /// Form of the data, and by convention its encryption.
    Presentation = 6,
    /// What the programs say.
    Application = 7,
}

impl Osi {
    /// All layers, lowest first.
    pub const ALL: [Self; 7] = [
        Self::Physical,
        Self::Link,
        Self::Network,
        Self::Transport,
        Self::Session,
        Self::Presentation,
        Self::Application,
    ];

    /// The layer's number, 1 to 7.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The layer's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Physical => "physical",
            Self::Link => "data link",
            Self::Network => "network",
            Self::Transport => "transport",
            Self::Session => "session",
            Self::Presentation => "presentation",
            Self::Application => "application",
        }
    }
}

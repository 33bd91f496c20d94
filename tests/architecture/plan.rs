//! The planned crates and the arrows between them, as data.
//!
//! A new crate or a new arrow is a change of the architecture: write down why in `docs/adr`, then change the table.

/// A crate of the plan.
pub(super) struct Planned {
    /// The name of its package; its folder is the name without `parlor-`.
    pub(super) name: &'static str,
    /// The Parlor crates that it may use, as normal or build dependencies.
    pub(super) may_use: &'static [&'static str],
}

/// The Parlor crates that an example may use: it sees what an embedder sees.
pub(super) const EXAMPLES_MAY_USE: &[&str] = &["parlor", "parlor-testkit"];

/// Crates that are told the time and every id, and that know no runtime.
pub(super) const PURE: &[&str] = &[
    "parlor-address",
    "parlor-channel",
    "parlor-composer",
    "parlor-interaction",
    "parlor-model",
    "parlor-routing",
    "parlor-template",
    "parlor-transcript",
];

/// The one crate with `unsafe`: it is a C interface, for tests only.
pub(super) const UNSAFE_CRATE: &str = "parlor-sqlite-vfs";

/// Every crate of the plan; a crate appears in the repository when it has content.
pub(super) const CRATES: &[Planned] = &[
    Planned { name: "parlor-model", may_use: &[] },
    Planned { name: "parlor-interaction", may_use: &["parlor-model"] },
    Planned { name: "parlor-routing", may_use: &["parlor-model"] },
    Planned { name: "parlor-transcript", may_use: &["parlor-model", "parlor-interaction"] },
    Planned { name: "parlor-address", may_use: &["parlor-model"] },
    Planned { name: "parlor-template", may_use: &["parlor-model"] },
    Planned { name: "parlor-locale", may_use: &["parlor-model", "parlor-template"] },
    Planned {
        name: "parlor-composer",
        may_use: &["parlor-model", "parlor-address", "parlor-channel", "parlor-template"],
    },
    Planned { name: "parlor-channel", may_use: &["parlor-model"] },
    Planned { name: "parlor-store", may_use: &["parlor-model", "parlor-interaction", "parlor-transcript"] },
    Planned {
        name: "parlor-store-sqlite",
        may_use: &["parlor-model", "parlor-interaction", "parlor-transcript", "parlor-store"],
    },
    Planned {
        name: "parlor-store-postgres",
        may_use: &["parlor-model", "parlor-interaction", "parlor-transcript", "parlor-store"],
    },
    Planned { name: "parlor-webchat", may_use: &["parlor-model", "parlor-channel"] },
    Planned { name: "parlor-twilio", may_use: &["parlor-model", "parlor-address", "parlor-channel"] },
    Planned {
        name: "parlor-meta",
        may_use: &["parlor-model", "parlor-address", "parlor-channel", "parlor-template"],
    },
    Planned { name: "parlor-twitter", may_use: &["parlor-model", "parlor-channel"] },
    Planned { name: "parlor-http", may_use: &["parlor-channel"] },
    Planned { name: "parlor-media", may_use: &["parlor-model", "parlor-channel"] },
    Planned { name: "parlor-blob", may_use: &["parlor-model", "parlor-store"] },
    Planned {
        name: "parlor-engine",
        may_use: &[
            "parlor-model",
            "parlor-interaction",
            "parlor-routing",
            "parlor-transcript",
            "parlor-template",
            "parlor-composer",
            "parlor-channel",
            "parlor-address",
            "parlor-store",
        ],
    },
    Planned {
        name: "parlor-server",
        may_use: &[
            "parlor-model",
            "parlor-interaction",
            "parlor-routing",
            "parlor-transcript",
            "parlor-template",
            "parlor-composer",
            "parlor-channel",
            "parlor-webchat",
            "parlor-store",
            "parlor-engine",
        ],
    },
    Planned {
        name: "parlor",
        may_use: &[
            "parlor-model",
            "parlor-interaction",
            "parlor-routing",
            "parlor-transcript",
            "parlor-address",
            "parlor-template",
            "parlor-locale",
            "parlor-composer",
            "parlor-channel",
            "parlor-store",
            "parlor-store-sqlite",
            "parlor-store-postgres",
            "parlor-webchat",
            "parlor-twilio",
            "parlor-meta",
            "parlor-twitter",
            "parlor-http",
            "parlor-media",
            "parlor-blob",
            "parlor-engine",
            "parlor-server",
        ],
    },
    Planned {
        name: "parlor-testkit",
        may_use: &[
            "parlor-model",
            "parlor-interaction",
            "parlor-routing",
            "parlor-transcript",
            "parlor-template",
            "parlor-address",
            "parlor-channel",
            "parlor-store",
            "parlor-engine",
        ],
    },
    Planned { name: UNSAFE_CRATE, may_use: &[] },
];

/// A library that only some crates may use, as a normal or build dependency.
pub(super) struct Confined {
    /// The library's package.
    pub(super) library: &'static str,
    /// The crates that may use it.
    pub(super) homes: &'static [&'static str],
    /// Whether an example may use it too.
    pub(super) examples: bool,
}

/// The libraries that are kept where they belong.
pub(super) const CONFINED: &[Confined] = &[
    Confined {
        library: "tokio",
        homes: &[
            "parlor-engine",
            "parlor-server",
            "parlor-http",
            "parlor-blob",
            "parlor-store-sqlite",
            "parlor-store-postgres",
            "parlor-testkit",
        ],
        examples: true,
    },
    Confined { library: "rusqlite", homes: &["parlor-store-sqlite"], examples: false },
    Confined { library: "tokio-postgres", homes: &["parlor-store-postgres"], examples: false },
    Confined { library: "reqwest", homes: &["parlor-http"], examples: false },
    Confined { library: "object_store", homes: &["parlor-blob"], examples: false },
];

/// The crate of that name, if it is planned.
pub(super) fn planned(name: &str) -> Option<&'static Planned> {
    CRATES.iter().find(|planned| planned.name == name)
}

#[test]
fn every_arrow_of_the_plan_points_at_a_planned_crate() {
    for planned_crate in CRATES {
        for target in planned_crate.may_use {
            assert!(
                planned(target).is_some(),
                "{} may use {target}, which is not planned",
                planned_crate.name
            );
        }
    }
    for name in PURE {
        assert!(planned(name).is_some(), "{name} is pure but not planned");
    }
    for confined in CONFINED {
        for home in confined.homes {
            assert!(planned(home).is_some(), "{home} may use {}", confined.library);
        }
    }
}

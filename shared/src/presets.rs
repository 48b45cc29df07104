//! Surveys that come with Ascolto.

use crate::Survey;

pub struct Preset {
    pub name: &'static str,
    pub description: &'static str,
    json: &'static str,
}

pub const PRESETS: [Preset; 2] = [
    Preset {
        name: "post-service",
        description: "after a service: NPS, satisfaction, why (by score), a suggestion",
        json: include_str!("../presets/post-service.json"),
    },
    Preset {
        name: "reviews",
        description: "for reviews and posts that are imported: a star, a text, both optional",
        json: include_str!("../presets/reviews.json"),
    },
];

impl Preset {
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The survey file as shipped, to be read or changed by an owner.
    pub const fn json(&self) -> &'static str {
        self.json
    }

    /// # Panics
    /// Never for the shipped presets: a test decodes each of them.
    pub fn survey(&self) -> Survey {
        let value = serde_json::from_str(self.json).expect("a shipped preset is JSON");
        crate::decode::survey(&value).expect("a shipped preset is a survey")
    }
}

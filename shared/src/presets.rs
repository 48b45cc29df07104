//! Surveys that come with Ascolto.

use crate::Survey;

pub struct Preset {
    pub name: &'static str,
    pub description: &'static str,
    json: &'static str,
}

macro_rules! preset {
    ($name:literal, $description:literal) => {
        Preset {
            name: $name,
            description: $description,
            json: include_str!(concat!("../presets/", $name, ".json")),
        }
    };
}

pub const PRESETS: [Preset; 7] = [
    preset!("post-service", "after a service: NPS, satisfaction, why (by score), a suggestion"),
    preset!("faces", "three faces right after the service, with one motive for the red one"),
    preset!("comuni", "pages of Italian municipalities, in the words that the rule asks for"),
    preset!("comuni-service", "the same for their online services"),
    preset!("sdg", "information pages, shaped after the EU Single Digital Gateway"),
    preset!("govuk-service", "the two questions that GOV.UK asks after a service"),
    preset!("reviews", "for reviews and posts that are imported: a star, a text, both optional"),
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

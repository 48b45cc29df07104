//! What device somebody looks with, and what they have asked their system for: Chromium's
//! developer tools are told.

use crate::browser::Browser;
use anyhow::Result;
use serde_json::{Value, json};

/// A screen in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
    /// Also small windows have no scroll bar then, as on phones.
    pub mobile: bool,
}

pub const PHONE: Device = Device { name: "phone", width: 390, height: 844, mobile: true };
/// A device that stands by itself.
pub const TABLET: Device = Device { name: "tablet", width: 820, height: 1180, mobile: true };
pub const DESKTOP: Device = Device { name: "desktop", width: 1280, height: 900, mobile: false };
/// A window of 1,280 by 1,024 at 400 %.
pub const ZOOMED: Device = Device { name: "zoomed", width: 320, height: 256, mobile: false };

impl Browser {
    pub async fn look_with(&self, device: Device) -> Result<()> {
        let Device { width, height, mobile, .. } = device;
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.ask_tools("Emulation.setDeviceMetricsOverride", metrics).await.map(drop)
    }

    /// Media features with their values, such as `prefers-color-scheme: dark`; all others are as
    /// they come.
    pub async fn prefer(&self, features: &[(&str, &str)]) -> Result<()> {
        let features: Vec<Value> =
            features.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.ask_tools("Emulation.setEmulatedMedia", json!({"features": features})).await.map(drop)
    }
}

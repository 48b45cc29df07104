//! `ascolto site …`

use super::args::{Retention, Site};
use super::client::{Client, segment};
use super::print::{Printer, table};
use crate::http::{SiteCreated, SitesOut, TagOut};
use anyhow::{Result, bail};
use serde_json::json;
use shared::page::SiteOut;
use std::io::{IsTerminal, Write};

/// In the place of a class: the one that the channel has without the owner's word.
const USUAL: &str = "usual";

pub fn run(command: Site, client: &Client, printer: Printer) -> Result<()> {
    match command {
        Site::Create { name, origins, locale, timezone } => {
            let origins: Vec<_> =
                origins.iter().map(|origin| origin.trim_end_matches('/')).collect();
            let body =
                json!({"name": name, "origins": origins, "locale": locale, "timezone": timezone});
            let created: SiteCreated = client.post("/v1/sites", &body)?;
            printer.print(&created, created_lines);
        }
        Site::List => {
            let all: SitesOut = client.get("/v1/sites")?;
            printer.print(&all, |all| match all.sites.is_empty() {
                true => "no sites yet; make one with ascolto site create".to_owned(),
                false => table(&all.sites.iter().map(row).collect::<Vec<_>>()),
            });
        }
        Site::Update { site, retention, statistics, channels } => {
            let mut body = json!({});
            if let Some(Retention(days)) = retention {
                body["retention_days"] = json!(days);
            }
            if let Some(statistics) = statistics {
                body["keep_statistics"] = json!(statistics == "keep");
            }
            for (channel, class) in channels {
                body["channels"][channel] = json!((class != USUAL).then_some(class));
            }
            let updated: SiteOut = client.patch(&format!("/v1/sites/{}", segment(&site)), &body)?;
            printer.print(&updated, site_lines);
        }
        Site::Show { site } => {
            let site: SiteOut = client.get(&format!("/v1/sites/{}", segment(&site)))?;
            printer.print(&site, site_lines);
        }
        Site::Tag { site, pin } => {
            let out: TagOut = client.get(&format!("/v1/sites/{}/tag", segment(&site)))?;
            if pin && out.pinned.is_none() {
                bail!("this collector was built without the widget; build with cargo xtask build");
            }
            printer.print(&out, |out| match &out.pinned {
                Some(pinned) if pin => pinned.clone(),
                _ => out.tag.clone(),
            });
        }
        Site::Delete { site, yes } => {
            if !yes && !confirmed(&site)? {
                bail!("nothing was deleted");
            }
            client.delete(&format!("/v1/sites/{}", segment(&site)))?;
            printer.print(&json!({"deleted": site}), |_| format!("deleted {site}"));
        }
    }
    Ok(())
}

fn created_lines(created: &SiteCreated) -> String {
    let SiteCreated { site, public_key, owner_token } = created;
    format!(
        "site         {site}\npublic key   {public_key}\nowner token  {owner_token}\n\n\
         The token is shown only now. Next: give the site a survey with\n  \
         ascolto survey put --site {site} preset:post-service\nand paste into its pages\n  \
         <script async src=\"https://YOUR-COLLECTOR/ascolto.js\" data-site=\"{public_key}\" crossorigin></script>"
    )
}

fn row(site: &SiteOut) -> Vec<String> {
    vec![site.site.clone(), site.public_key.clone(), site.name.clone(), site.origins.join(" ")]
}

fn site_lines(site: &SiteOut) -> String {
    table(&[
        vec!["site".into(), site.site.clone()],
        vec!["public key".into(), site.public_key.clone()],
        vec!["name".into(), site.name.clone()],
        vec!["origins".into(), site.origins.join(" ")],
        vec!["locale".into(), site.locale.clone()],
        vec!["time zone".into(), site.timezone.clone()],
        vec!["kept".into(), kept(site)],
        vec!["channels".into(), channels(site)],
    ])
}

fn channels(site: &SiteOut) -> String {
    let own = site.channels.iter().map(|(channel, class)| format!("{channel} {}", class.as_str()));
    match own.collect::<Vec<_>>() {
        none if none.is_empty() => "as usual".to_owned(),
        own => own.join(", "),
    }
}

fn kept(site: &SiteOut) -> String {
    let counts = if site.keep_statistics { "statistics stay" } else { "statistics go too" };
    match site.retention_days {
        None => "for ever".to_owned(),
        Some(days) => format!("{days} days, then {counts}"),
    }
}

fn confirmed(site: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("deleting {site} removes all of its responses; say --yes to do it");
    }
    print!("Delete {site} with all of its responses? Type its name to go on: ");
    std::io::stdout().flush()?;
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed)?;
    Ok(typed.trim() == site)
}

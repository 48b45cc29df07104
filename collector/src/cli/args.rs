//! What can be typed.

use super::flags::{Everywhere, Serving};
use super::import::Import;
use super::invite::Invite;
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::path::PathBuf;

/// Customer feedback that an organisation runs itself.
#[derive(Parser)]
#[command(name = "ascolto", version, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(ClapArgs)]
pub struct Common {
    #[command(flatten)]
    pub settings: Everywhere,
    /// A TOML file with settings; ascolto config names them
    #[arg(long, global = true, env = "ASCOLTO_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the collector
    Serve(Serving),
    /// Run a demo site with a year of generated responses on many channels
    Demo(Demo),
    /// Make, list, show and delete sites
    #[command(subcommand)]
    Site(Site),
    /// Make, list and revoke tokens
    #[command(subcommand)]
    Token(Token),
    /// Make, list and delete the keys that a site's server signs its visitors' identities with
    #[command(subcommand)]
    IdentityKey(IdentityKey),
    /// Put, list, show and check surveys
    #[command(subcommand)]
    Survey(Survey),
    /// Make, list and delete links to the form that works without scripts
    #[command(subcommand)]
    Link(Link),
    /// Erase a response, or all of one subject: from the log and from every count
    Erase(Erase),
    /// Take the answers of a file: CSV or JSON Lines, of any tool
    Import(Box<Import>),
    /// Ask people by e-mail or SMS, each by a link of their own
    #[command(subcommand)]
    Invite(Invite),
    /// Write all responses of a site as a file for other programs
    Export(Export),
    /// Recount every aggregate from the responses
    Verify,
    /// Write a backup of everything, while the collector goes on working
    Backup(Backup),
    /// Make a data folder from a backup
    Restore(Restore),
    /// Ask a running collector whether it is ready
    Health(Serving),
    /// Show every setting with its value and where that comes from
    Config(Serving),
    /// Print the HTTP interface as OpenAPI 3.1
    Openapi,
}

#[derive(ClapArgs)]
pub struct Demo {
    #[command(flatten)]
    pub settings: Serving,
    /// How many responses to generate
    #[arg(long, default_value_t = crate::demo::RESPONSES)]
    pub responses: u32,
}

#[derive(Subcommand)]
pub enum IdentityKey {
    /// Make one; its secret is shown once. Two are valid at a time
    Create {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
        /// A key of your own: its public half in PEM, of P-256 (ES256) or RSA (RS256)
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
    },
    /// List a site's identity keys
    List {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
    },
    /// Take one away: what it signed is refused at once
    Delete {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
        /// Its name, such as ik_1
        key: String,
    },
}

#[derive(Subcommand)]
pub enum Site {
    /// Make a site; its owner's token is shown once
    Create {
        /// What people know it by; it stands in mails and on pages
        #[arg(long)]
        name: String,
        /// Origins whose pages may send answers, such as https://www.example.org
        #[arg(long = "origin", required = true, num_args = 1..)]
        origins: Vec<String>,
        /// The language of pages that say none
        #[arg(long, default_value = "it")]
        locale: String,
        /// Where its days begin, as the IANA names it
        #[arg(long, default_value = "Europe/Rome")]
        timezone: String,
    },
    /// List all sites
    List,
    /// Change how long a site's responses are kept, and the classes of its channels
    Update {
        site: String,
        /// In days, such as 365d, or for-ever
        #[arg(long, value_parser = retention)]
        retention: Option<Retention>,
        /// Whether the counts of responses stay when their time is over
        #[arg(long, value_parser = ["keep", "drop"])]
        statistics: Option<String>,
        /// A channel's class, such as kiosk=technological, or a channel of your own, such as
        /// x-bus=physical; NAME=usual takes it back
        #[arg(long = "channel", value_name = "NAME=CLASS", value_parser = pair)]
        channels: Vec<(String, String)>,
    },
    /// Show one site
    Show { site: String },
    /// Print the script tag to paste into the site's pages
    Tag {
        site: String,
        /// Of this version alone: the browser refuses any other content at its address
        #[arg(long)]
        pin: bool,
    },
    /// Delete a site with everything that belongs to it
    Delete {
        site: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand)]
pub enum Token {
    /// Make a token; it is shown once
    Create {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
        /// owner: everything of the site; manager: reads and takes care; agent: enters answers at a
        /// desk; ingest: sends answers from programs
        #[arg(long, value_parser = ["owner", "manager", "agent", "ingest"])]
        role: String,
        /// In days, such as 90d
        #[arg(long, value_parser = days)]
        expires: Option<u32>,
        /// Make a one-time link that signs in to the dashboard instead
        #[arg(long, conflicts_with = "expires")]
        link: bool,
    },
    /// List the site's tokens, without their words
    List {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
    },
    /// Revoke a token at once
    Revoke {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
        /// The token's id, tk_…
        id: String,
    },
}

#[derive(Subcommand)]
pub enum Survey {
    /// Put a survey: the first version, or the next one
    Put {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
        /// A JSON or TOML file, or preset:NAME
        source: String,
    },
    /// List the site's surveys
    List {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
    },
    /// Show a survey as JSON
    Show {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
        survey: String,
    },
    /// Check a survey file and name every mistake
    Check { source: String },
    /// List the surveys that come with Ascolto
    Presets,
}

#[derive(Subcommand)]
pub enum Link {
    /// Make a short link, or with --signed one that is good for one answer
    Create(CreateLink),
    /// Write a short link as a QR code, or one code for each service point
    Qr(QrCodes),
    /// List the site's short links
    List {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
    },
    /// Delete a short link
    Delete {
        /// The id of the site, st_…
        #[arg(long)]
        site: String,
        /// What stands after /s/
        code: String,
    },
}

#[derive(ClapArgs)]
pub struct CreateLink {
    /// The id of the site, st_…
    #[arg(long)]
    pub site: String,
    /// The survey's key
    #[arg(long, required_unless_present = "from")]
    pub survey: Option<String>,
    /// Where the link is, such as email, sms or qr [default: web]
    #[arg(long)]
    pub channel: Option<String>,
    /// What is rated, such as an office's name
    #[arg(long)]
    pub service: Option<String>,
    /// informative, relational or transactional
    #[arg(long)]
    pub level: Option<String>,
    /// Of the service event
    #[arg(long)]
    pub reference: Option<String>,
    /// The language of the form
    #[arg(long)]
    pub locale: Option<String>,
    /// Ticked when the form opens; it still has to be sent
    #[arg(long)]
    pub score: Option<u8>,
    /// Nobody can change what it says, and it is good for one answer
    #[arg(long)]
    pub signed: bool,
    /// How many answers a signed link gives [default: once]
    #[arg(long, value_parser = ["once", "once-per-reference", "many"], requires = "signed")]
    pub uses: Option<String>,
    /// In days, such as 90d
    #[arg(long, value_parser = days)]
    pub expires: Option<u32>,
    /// A short one of the signed link
    #[arg(long)]
    pub short: bool,
    /// Many links: a file with a JSON object a line, with the fields of the HTTP interface
    #[arg(long, value_name = "FILE", conflicts_with_all = ["survey", "channel", "service", "level",
        "reference", "locale", "score", "signed", "uses", "expires", "short"])]
    pub from: Option<PathBuf>,
}

#[derive(ClapArgs)]
pub struct QrCodes {
    /// The id of the site, st_…
    #[arg(long)]
    pub site: String,
    /// Of a short link that there is; else one is made for each service
    #[arg(long, required_unless_present = "survey", conflicts_with_all = ["survey", "services",
        "channel", "level", "locale"])]
    pub code: Option<String>,
    /// The survey's key
    #[arg(long)]
    pub survey: Option<String>,
    /// Service points; of several there is a file each, in a folder
    #[arg(long = "service")]
    pub services: Vec<String>,
    /// What the answers are counted under
    #[arg(long, default_value = "qr")]
    pub channel: String,
    /// informative, relational or transactional
    #[arg(long)]
    pub level: Option<String>,
    /// The language of the form
    #[arg(long)]
    pub locale: Option<String>,
    /// Pixels a side of a PNG, at most
    #[arg(long)]
    pub size: Option<u32>,
    /// For codes in a folder [default: svg]; one file has it in its name
    #[arg(long, value_parser = ["svg", "png"])]
    pub format: Option<String>,
    /// A file (.svg or .png), or for several services a folder
    #[arg(short, long)]
    pub output: PathBuf,
}

#[derive(ClapArgs)]
pub struct Erase {
    /// The id of the site, st_…
    #[arg(long)]
    pub site: String,
    /// The response's id
    #[arg(long, required_unless_present = "subject", conflicts_with = "subject")]
    pub response: Option<String>,
    /// Everything of this person, as the site named it
    #[arg(long)]
    pub subject: Option<String>,
}

/// Days, or for ever.
#[derive(Clone, Copy)]
pub struct Retention(pub Option<u32>);

fn retention(text: &str) -> Result<Retention, String> {
    match text {
        "for-ever" => Ok(Retention(None)),
        days_text => days(days_text).map(|days| Retention(Some(days))),
    }
}

#[derive(ClapArgs)]
pub struct Export {
    /// The id of the site, st_…
    #[arg(long)]
    pub site: String,
    /// sdg is what the Single Digital Gateway asks for, from the answers to preset:sdg
    #[arg(long, value_parser = ["csv", "jsonl", "parquet", "sdg"])]
    pub format: String,
    /// A date in the site's time zone, or an instant; included
    #[arg(long)]
    pub from: Option<String>,
    /// A date in the site's time zone, included, or an instant, not included
    #[arg(long)]
    pub to: Option<String>,
    /// A month in the site's time zone, such as 2026-10
    #[arg(long, value_parser = month, conflicts_with_all = ["from", "to"])]
    pub month: Option<[String; 2]>,
    /// Any other filter or parameter of the HTTP interface, such as channel=web or bom=true
    #[arg(long = "filter", value_name = "NAME=VALUE", value_parser = pair)]
    pub filters: Vec<(String, String)>,
    /// Where to write it [default: the standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(ClapArgs)]
pub struct Backup {
    /// The backup's file; it holds every text in the clear
    #[arg(long, short, value_name = "FILE", required_unless_present = "check")]
    pub output: Option<PathBuf>,
    /// An earlier backup: what it holds is left out, and it is needed to restore. For --check, a
    /// base that is not beside the backup
    #[arg(long, value_name = "FILE")]
    pub base: Vec<PathBuf>,
    /// Check a backup, its bases too, without restoring it
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub check: Option<PathBuf>,
}

#[derive(ClapArgs)]
pub struct Restore {
    /// The backup; the folder, --data, has to be empty or not there
    pub file: PathBuf,
    /// A backup that it stands on and that is not beside it
    #[arg(long, value_name = "FILE")]
    pub base: Vec<PathBuf>,
}

/// Its first and its last day.
fn month(text: &str) -> Result<[String; 2], String> {
    let first = format!("{text}-01").parse::<jiff::civil::Date>();
    let first = first.map_err(|_| "takes a month, such as 2026-10".to_owned())?;
    Ok([first.to_string(), first.last_of_month().to_string()])
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "takes NAME=VALUE".to_owned())
}

pub fn days(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('d').and_then(|number| number.parse().ok());
    number.filter(|days| *days > 0).ok_or_else(|| "takes days, such as 90d".to_owned())
}

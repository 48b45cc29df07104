//! What can be typed after `ascolto invite`.

use crate::import::Pair;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Subcommand)]
pub enum Invite {
    /// Ask the people of a CSV file by e-mail or SMS, each by a link of their own, each once
    Send(Box<Send>),
    /// Who wants no more invitations
    #[command(subcommand)]
    OptOut(OptOut),
}

#[derive(Args)]
pub struct Send {
    /// The id of the site, st_…
    #[arg(long)]
    pub site: String,
    /// The key of the survey to ask for
    #[arg(long)]
    pub survey: String,
    /// How and in which words they are sent, as TOML
    pub campaign: PathBuf,
    /// The people, as CSV: e-mail, phone, and what there is of locale, service, level, reference, name
    pub recipients: PathBuf,
    /// What a column is, such as email="Indirizzo" or reference=#3
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = Pair::parse)]
    pub maps: Vec<Pair>,
    /// By this alone [default: by e-mail where there is an address, else by SMS]
    #[arg(long, value_enum)]
    pub channel: Option<Channel>,
    /// The language of rows that name none [default: the site's]
    #[arg(long)]
    pub locale: Option<String>,
    /// The service of rows that name none
    #[arg(long)]
    pub service: Option<String>,
    /// How many answers a link gives
    #[arg(long, value_parser = ["once", "once-per-reference", "many"], default_value = "once")]
    pub uses: String,
    /// How long links are good, in days
    #[arg(long, value_parser = crate::cli::args::days, default_value = "30d")]
    pub expires: u32,
    /// Addresses to be read are the long ones; nothing is stored before somebody answers
    #[arg(long)]
    pub no_short: bool,
    /// The file's encoding, such as windows-1252 [default: UTF-8, or what its first bytes say]
    #[arg(long)]
    pub encoding: Option<String>,
    /// Write every e-mail and SMS into this new folder, with a report, and send nothing
    #[arg(long, value_name = "FOLDER")]
    pub dry_run: Option<PathBuf>,
    /// Whether a row with a mistake keeps everything back, or itself alone
    #[arg(long, value_enum, default_value_t = OnError::Stop)]
    pub on_error: OnError,
    /// Where to write what became of every row, as CSV
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What was sent, so that nobody is asked twice [default: the recipients' file and .journal]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Try again what was refused for good, or may have arrived
    #[arg(long, value_enum)]
    pub again: Vec<Again>,
    /// How often to try what is refused for the moment
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub tries: u32,
    /// Before the second try, such as 60s; twice as long before each further one, 15 minutes at most
    #[arg(long, value_name = "TIME", value_parser = wait, default_value = "60s")]
    pub wait: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Channel {
    Email,
    Sms,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnError {
    Stop,
    Skip,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Again {
    /// What a server refused for good.
    Failed,
    /// What may have arrived.
    Unknown,
}

#[derive(Subcommand)]
pub enum OptOut {
    /// Addresses and numbers that get no more invitations
    Add {
        #[arg(long)]
        site: String,
        #[arg(required = true, num_args = 1..)]
        recipients: Vec<String>,
    },
    /// How many there are, and since when; nobody can read who
    List {
        #[arg(long)]
        site: String,
    },
    /// Have them get invitations again, as they have asked for
    Remove {
        #[arg(long)]
        site: String,
        #[arg(required = true, num_args = 1..)]
        recipients: Vec<String>,
    },
}

impl Channel {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

fn wait(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').and_then(|number| number.parse().ok());
    let seconds = seconds.filter(|seconds| (1..=900).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| "takes 1s to 900s".to_owned())
}

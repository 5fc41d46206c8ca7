//! `pm`: Products Manager on the command line.
//!
//! Human output by default, JSON with `--json`. Exit codes: 0 done; 1 the API refused; 2 wrong usage; 3 not logged
//! in; 4 the server was not reached; 5 the import is done and some rows were rejected; 6 the import or export failed.

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use client::{Client, Error, Session};

/// Supplier files in, one clean catalogue, every sales channel out.
#[derive(Parser)]
#[command(
    name = "pm",
    version,
    after_help = "Exit codes: 0 done, 1 refused, 2 usage, 3 not logged in, 4 server not reached, 5 some rows rejected, 6 failed"
)]
struct Arguments {
    /// The API's base URL; the one you logged in to unless given
    #[arg(long, env = "PM_URL", global = true)]
    url: Option<String>,
    /// Where the session is kept
    #[arg(long, env = "PM_SESSION", global = true)]
    session: Option<PathBuf>,
    /// Answer in JSON, for scripts
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sign an organisation up with its first user
    SignUp {
        /// The organisation's name
        #[arg(long)]
        organisation: String,
        /// Your e-mail address
        #[arg(long)]
        email: String,
        /// Your password; asked for unless given (better: the variable `PM_PASSWORD`)
        #[arg(long, env = "PM_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Confirm an address by the link, or its token, in the mail
    Verify {
        /// The link or the token
        token: String,
        /// The password of the sign-up; asked for unless given (better: the variable `PM_PASSWORD`)
        #[arg(long, env = "PM_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Log in and keep the session
    Login {
        /// Your e-mail address
        #[arg(long)]
        email: String,
        /// Your password; asked for unless given (better: the variable `PM_PASSWORD`)
        #[arg(long, env = "PM_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// A code of the authenticator app, or a recovery code, when two-factor is on
        #[arg(long)]
        code: Option<String>,
        /// The id of the organisation, for those who belong to several
        #[arg(long)]
        organisation: Option<String>,
        /// Stay logged in: no end by inactivity, 30 days rather than 7
        #[arg(long)]
        remember_me: bool,
    },
    /// Import a supplier's file and wait for the result
    Import(commands::ImportArguments),
    /// List imports, the newest first
    Imports {
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show what is wrong with which rows of an import
    Errors {
        /// The import's id
        id: String,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show what an import would do to which product, field by field
    Preview {
        /// The import's id
        id: String,
        /// Only created, updated, unchanged, skipped, rejected or absent
        #[arg(long)]
        action: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Apply an import that was previewed, or let one through that a guard holds
    Apply {
        /// The import's id
        id: String,
    },
    /// Stop an import
    Cancel {
        /// The import's id
        id: String,
    },
    /// Take an import back, per field, where nothing changed it since
    Undo {
        /// The import's id
        id: String,
    },
    /// Go on with an import that ended because of a fault on the server's side
    Resume {
        /// The import's id
        id: String,
    },
    /// Export products into a file for a sales channel
    Export(commands::ExportArguments),
    /// List products, the newest first, or show one
    Products(commands::ProductsArguments),
    /// List suppliers
    Suppliers,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.json;
    match run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            match &error {
                Error::Refused(problem) if json => println!("{}", serde_json::to_string(problem).unwrap_or_default()),
                _ => eprintln!("error: {error}"),
            }
            ExitCode::from(match error {
                Error::NotLoggedIn => 3,
                Error::Refused(problem) if problem.status == 401 => 3,
                Error::Network(_) => 4,
                _ => 1,
            })
        }
    }
}

async fn run(arguments: Arguments) -> client::Result<ExitCode> {
    let file = arguments.session.unwrap_or_else(default_session);
    let saved = Session::load(&file);
    let url = arguments.url.or_else(|| saved.as_ref().map(|session| session.url.clone()));
    let Some(url) = url else {
        eprintln!("error: tell which server with --url or PM_URL, such as https://api.productsmanager.app/api");
        return Ok(ExitCode::from(2));
    };
    // A session belongs to its server: its tokens are sent to no other.
    let session = saved.filter(|session| session.url == url.trim_end_matches('/'));
    let mut client = Client::new(&url, session)?;
    let done = commands::run(&mut client, arguments.command, arguments.json).await;
    if let Some(session) = client.session_to_save() {
        session.save(&file).map_err(|error| Error::File(file.clone(), error))?;
    }
    done
}

fn default_session() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a command line has no Env")]
    let home = std::env::var("HOME").unwrap_or_else(|_| ".".to_owned());
    PathBuf::from(home).join(".config/products-manager/session.json")
}

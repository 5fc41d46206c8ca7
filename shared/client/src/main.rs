//! `pm`: the command line of Products Manager.
//!
//! Output for people by default, JSON with `--json`. Exit codes: 0 done; 1 the API refused; 2 wrong usage; 3 not logged
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
    /// The API's base URL; default: the one of your last login
    #[arg(long, env = "PM_URL", global = true)]
    url: Option<String>,
    /// The file that holds the session
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
    /// Sign up an organisation with its first user
    SignUp {
        /// The organisation's name
        #[arg(long)]
        organisation: String,
        /// Your e-mail address
        #[arg(long)]
        email: String,
        /// Your password; default: you are asked for it (better than an argument: the variable `PM_PASSWORD`)
        #[arg(long, env = "PM_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Confirm an address with the link in the mail, or with its token
    Verify {
        /// The link or the token
        token: String,
        /// The password of the sign-up; default: you are asked for it (better than an argument: the variable
        /// `PM_PASSWORD`)
        #[arg(long, env = "PM_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Log in and keep the session
    Login {
        /// Your e-mail address
        #[arg(long)]
        email: String,
        /// Your password; default: you are asked for it (better than an argument: the variable `PM_PASSWORD`)
        #[arg(long, env = "PM_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// A code of the authenticator app, or a recovery code, when two-factor is on
        #[arg(long)]
        code: Option<String>,
        /// The id of the organisation, if you belong to several
        #[arg(long)]
        organisation: Option<String>,
        /// Stay logged in for 30 days instead of 7, also without activity
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
    /// List the errors of an import's rows
    Errors {
        /// The import's id
        id: String,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show what an import would change, product by product and field by field
    Preview {
        /// The import's id
        id: String,
        /// Only rows with this action: created, updated, unchanged, skipped, rejected or absent
        #[arg(long)]
        action: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Apply an import that was previewed or that a guard holds
    Apply {
        /// The import's id
        id: String,
    },
    /// Cancel an import
    Cancel {
        /// The import's id
        id: String,
    },
    /// Undo an import, for each field that was not changed since
    Undo {
        /// The import's id
        id: String,
    },
    /// Resume an import that failed because of a fault of the server
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
        eprintln!("error: name the server with --url or PM_URL, such as https://api.productsmanager.app/api");
        return Ok(ExitCode::from(2));
    };
    // A session belongs to one server: its tokens must not be sent to another one.
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

//! The command line `havre`: one file a command, each parse → do → print.

pub mod client;
pub mod demo;
pub mod plan;
pub mod policy;
pub mod rank;
pub mod seed;
pub mod timings;
pub mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{App, Application};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, DbError};
use crate::domain::Role;
use crate::{openapi, telemetry};

/// Finds a safe place for a victim of human trafficking: a registry of sheltered housing and the matching of requests with it.
#[derive(Parser)]
#[command(
    name = "havre",
    version,
    after_help = "Environment:
  HAVRE_BIND          where the service listens (default 127.0.0.1:8080; `demo` obeys it too)
  HAVRE_DATABASE_URL  sqlite:PATH or postgres://… (default sqlite:havre.sqlite)
  HAVRE_LOG           what is logged, such as info or api=debug,warn (default info, without the HTTP library)
  HAVRE_POLICY        a policy file in place of the one that is built in
  HAVRE_PUBLIC_URL    where the service is reached, for the links in mails (default http:// and HAVRE_BIND)
  HAVRE_SMTP_URL      the server that takes mails, such as smtps://user:password@host (default: they stay in memory)
  HAVRE_MAIL_FROM     whose mails they are, such as Havre <havre@example.org>"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the service on a new SQLite file with the demonstration registry, and say what to try
    Demo {
        /// Keep the database in this folder instead of a temporary one
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Start the service
    Serve,
    /// Apply the migrations the database lacks
    Migrate,
    /// Load a registry into the database, or write a synthetic one to files
    Seed(seed::SeedArgs),
    /// Rank units for requests, both from files of JSON lines
    ///
    /// A line that is wrong is named on standard error and left out; all others are answered, and the exit code is 1.
    Match(rank::MatchArgs),
    /// Assign beds to many requests at once, both from files of JSON lines
    ///
    /// A line that is wrong is named on standard error and left out; the others are planned for, and the exit code is 1.
    Plan(plan::PlanArgs),
    /// Look at a policy file before it takes the place of the one in force
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Keep the tokens of those who call the service
    #[command(subcommand)]
    Client(ClientCommand),
    /// Check that nobody has changed a row of the two logs
    Verify,
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Say what a file changes, and how many rankings of the demonstration registry that alters
    Check {
        /// The policy file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum ClientCommand {
    /// Make a token and print it; it is shown this once
    Add {
        /// The name of an organisation; one that is not there yet is created
        #[arg(long)]
        organisation: String,
        /// referent, provider, regulator, coordinator, partner, auditor or administrator
        #[arg(long)]
        role: Role,
    },
    /// Make a link that signs a client in on the pages, once, within a day, and print it
    Link {
        /// The client's id, as `list` shows it
        id: uuid::Uuid,
    },
    /// List the clients
    List,
    /// Revoke a client's token
    Revoke {
        /// The client's id, as `list` shows it
        id: uuid::Uuid,
    },
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli.command) {
        Ok(code) => code,
        Err(why) => {
            complain(&format!("havre: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode, String> {
    match command {
        Command::Match(args) => return rank::run(&args, &read_config()?),
        Command::Verify => return verify::run(&open_db(&start()?)?),
        Command::Plan(args) => return plan::run(&args, &read_config()?),
        Command::Policy(PolicyCommand::Check { file }) => print(&policy::check(&file, &read_config()?)?)?,
        Command::Openapi => print(&openapi::text().map_err(|error| error.to_string())?)?,
        Command::Seed(args) if args.synthetic.is_some() => seed::write(&args)?,
        Command::Demo { keep } => demo::run(keep, &start()?)?,
        Command::Serve => serve(&start()?)?,
        Command::Migrate => drop(open_db(&start()?)?),
        Command::Seed(args) => seed::load(&args, &open_db(&start()?)?)?,
        Command::Client(ClientCommand::Add { organisation, role }) => {
            let token = client::add(&open_db(&start()?)?, &organisation, role)?;
            print(&format!("{token}\n"))?;
        }
        Command::Client(ClientCommand::Link { id }) => {
            let config = start()?;
            print(&format!("{}\n", client::sign_in_link(&open_db(&config)?, id, &config.public_url)?))?;
        }
        Command::Client(ClientCommand::List) => print(&client::list(&open_db(&start()?)?)?)?,
        Command::Client(ClientCommand::Revoke { id }) => client::revoke(&open_db(&start()?)?, id)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read_config() -> Result<Config, String> {
    Config::read(|name| std::env::var(name).ok())
}

/// Reads the configuration and begins to log.
fn start() -> Result<Config, String> {
    let config = read_config()?;
    telemetry::start(&config.log)?;
    Ok(config)
}

fn open_db(config: &Config) -> Result<Db, String> {
    Db::open(&config.database_url, Clock::default()).map_err(|error| format!("HAVRE_DATABASE_URL: {error}"))
}

fn serve(config: &Config) -> Result<(), String> {
    let app = App::open(&config.database_url, config.policy()?, Clock::default(), config.mailer.clone(), &config.public_url)
        .map_err(|error| format!("HAVRE_DATABASE_URL: {error}"))?;
    serve_app(app, config, |application| {
        tracing::info!(address = %application.address(), "listening");
        Ok(())
    })
}

/// Serves until told to stop; `ready` runs when the address is bound.
fn serve_app(app: App, config: &Config, ready: impl FnOnce(&Application) -> Result<(), String>) -> Result<(), String> {
    // The first referent of the day must not wait while the registry is read.
    app.db().read(|conn| app.engine().snapshot(conn)).map_err(|error: DbError| error.to_string())?;
    actix_web::rt::System::new().block_on(async {
        let application = Application::build(app, config.bind)
            .map_err(|error| format!("HAVRE_BIND: cannot listen on {}: {error}", config.bind))?;
        ready(&application)?;
        application.run().await.map_err(|error| error.to_string())
    })
}

/// Prints to standard output; a reader who left early is no failure.
fn print(text: &str) -> Result<(), String> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| format!("cannot print: {error}")),
    }
}

/// Writes a line to standard error. Where even that fails, there is nobody left to tell.
fn complain(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

//! The program `havre`: reads its arguments and settings, then serves or runs a subcommand.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};

use crate::app::{App, open_db};
use crate::cli::demo::Demo;
use crate::cli::{admin, backup, client, complain, keys, plan, policy, print, rank, retention, seed, simulate, verify};
use crate::clock::Clock;
use crate::config::{Config, Settings};
use crate::db::{DatabaseUrl, KeySettings};
use crate::domain::Role;
use crate::domain::ids::{AccountId, PendingChangeId};
use crate::server::Application;
use crate::telemetry::{self, Traces};
use crate::web::openapi;

/// Finds a safe place for a victim of human trafficking: a registry of sheltered housing and the matching of requests with it.
#[derive(Parser)]
#[command(name = "havre", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Subcommands,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Subcommands {
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
    /// Let the first administrator in, and be the second person where there is one administrator alone
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Check that nobody has changed or cut a row of the two logs, that beds, referrals and powers stand as they say, and that every request has
    /// its key
    Verify(verify::VerifyArgs),
    /// Look after the keys of what is sealed
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Erase requests for whose people nobody has done anything for 24 months, and print how many, by department and outcome
    ///
    /// The service does the same once a day.
    Retention {
        /// Only say what would be erased
        #[arg(long)]
        dry_run: bool,
    },
    /// Tell a running deployment a day of a country, at a rate, and say whether its promises held; the exit code is 1 where one did not
    ///
    /// For deployments that are there to be tried, with the policy of matcher/policy/simulation.toml: never where people are served.
    Simulate(simulate::SimulateArgs),
    /// Copy an embedded registry and its keys while the service runs, and verify the copies
    Backup(backup::BackupArgs),
    /// Verify such copies and put them where the service looks for them; nothing that is there already is touched
    Restore(backup::RestoreArgs),
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
enum KeysCommand {
    /// Say how the keys stand
    Status,
    /// Wrap every key with the first of the master keys, and seal what the deployment keeps with a new key; instances may go on serving
    Rotate,
}

#[derive(Subcommand)]
enum AdminCommand {
    /// On a database without any account: invite the first administrator, and print the link of the invitation
    Init(admin::InitArgs),
    /// List what waits for a second person's word
    Pending,
    /// Give the second person's word on a change, where no other administrator can
    Approve {
        /// The id of the change, as `havre admin pending` lists it
        id: uuid::Uuid,
    },
}

#[derive(Subcommand)]
enum ClientCommand {
    /// Make a token and print it; it is shown this once
    Add {
        /// The name of an organisation; one that is not there yet is created
        #[arg(long)]
        organisation: String,
        /// referent, provider, regulator, coordinator, partner, auditor, administrator or manager
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

/// Runs the subcommand that the arguments name.
pub fn run() -> ExitCode {
    let Cli { command, settings } = Cli::parse();
    match dispatch(command, settings) {
        Ok(code) => code,
        Err(why) => {
            complain(&format!("havre: {why:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Subcommands, settings: Settings) -> Result<ExitCode> {
    match command {
        Subcommands::Match(args) => return rank::run(&args, settings.read()?.policy()?),
        Subcommands::Verify(args) => return verify::run(&open_db(&start(settings)?)?, &args),
        Subcommands::Plan(args) => return plan::run(&args, settings.read()?.policy()?),
        Subcommands::Policy(PolicyCommand::Check { file }) => print(&policy::check(&file, settings.read()?.policy()?)?)?,
        Subcommands::Keys(KeysCommand::Status) => keys::status(&open_db(&start(settings)?)?)?,
        Subcommands::Keys(KeysCommand::Rotate) => keys::rotate(&open_db(&start(settings)?)?)?,
        Subcommands::Retention { dry_run } => retention::run(&open_db(&start(settings)?)?, dry_run)?,
        Subcommands::Openapi => print(&openapi::text()?)?,
        Subcommands::Seed(args) if args.synthetic.is_some() => seed::write(&args)?,
        Subcommands::Demo { keep } => {
            if settings.names_a_database() {
                complain("HAVRE_DATABASE_URL is not used: `demo` makes an SQLite file of its own; `serve` uses it");
            }
            serve_demo(keep, &start(settings)?)?;
        }
        Subcommands::Simulate(simulate::SimulateArgs { accounts: Some(simulate::AccountsCommand::Accounts(args)), .. }) => {
            simulate::make_accounts(&open_db(&start(settings)?)?, &args)?;
        }
        Subcommands::Simulate(args) => return simulate::run(&args),
        Subcommands::Backup(args) => return backup::backup(&home(settings)?, &args, Clock::default()),
        Subcommands::Restore(args) => return backup::restore(&home(settings)?, &args, Clock::default()),
        Subcommands::Serve => {
            let config = settings.read()?;
            let traces = config.otlp_url.as_deref().map(Traces::to).transpose().context("HAVRE_OTLP_URL")?;
            telemetry::start(&config.log, config.log_format, traces.as_ref())?;
            serve(&config)?;
        }
        Subcommands::Migrate => drop(open_db(&start(settings)?)?),
        Subcommands::Seed(args) => seed::load(&args, &open_db(&start(settings)?)?)?,
        Subcommands::Admin(AdminCommand::Init(args)) => {
            let config = start(settings)?;
            print(&format!("{}\n", admin::init(&open_db(&config)?, &args, &config.public_url)?))?;
        }
        Subcommands::Admin(AdminCommand::Pending) => print(&admin::pending(&open_db(&start(settings)?)?)?)?,
        Subcommands::Admin(AdminCommand::Approve { id }) => {
            let config = start(settings)?;
            print(&admin::approve(&open_db(&config)?, &config.policy()?, PendingChangeId(id))?)?;
        }
        Subcommands::Client(ClientCommand::Add { organisation, role }) => {
            let token = client::add(&open_db(&start(settings)?)?, &organisation, role)?;
            print(&format!("{token}\n"))?;
        }
        Subcommands::Client(ClientCommand::Link { id }) => {
            let config = start(settings)?;
            print(&format!("{}\n", client::sign_in_link(&open_db(&config)?, AccountId(id), &config.public_url)?))?;
        }
        Subcommands::Client(ClientCommand::List) => print(&client::list(&open_db(&start(settings)?)?)?)?,
        Subcommands::Client(ClientCommand::Revoke { id }) => client::revoke(&open_db(&start(settings)?)?, AccountId(id))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the configuration keeps what is to be copied or put back.
fn home(settings: Settings) -> Result<backup::Home> {
    let Config { database_url, keys, .. } = start(settings)?;
    Ok(backup::Home { registry: database_url, keys })
}

/// Reads the configuration and begins to log.
fn start(settings: Settings) -> Result<Config> {
    let config = settings.read()?;
    telemetry::start(&config.log, config.log_format, None)?;
    Ok(config)
}

fn serve(config: &Config) -> Result<()> {
    config.may_serve()?;
    serve_app(App::configured(config)?, config, |application| {
        if let Some(address) = application.watched() {
            tracing::info!(%address, "metrics are shown");
        }
        tracing::info!(address = %application.address(), "listening");
        Ok(())
    })
}

/// Serves the demonstration until told to stop.
fn serve_demo(keep: Option<PathBuf>, config: &Config) -> Result<()> {
    if !config.bind.ip().is_loopback() {
        bail!("HAVRE_BIND is wrong: `demo` prints its tokens, so it listens on loopback only, not on {}", config.bind);
    }
    // The folder goes with this guard when the service stops.
    let temporary = tempfile::tempdir().context("no temporary folder")?;
    let folder = keep.clone().unwrap_or_else(|| temporary.path().to_path_buf());
    std::fs::create_dir_all(&folder).with_context(|| format!("--keep {}", folder.display()))?;
    let file = folder.join("havre.sqlite");
    let is_new = !file.exists();
    let app = App::configured(&Config {
        database_url: DatabaseUrl::Sqlite(file.clone()),
        keys: KeySettings::default(),
        ..config.clone()
    })?;
    let demo = Demo::prepare(app.db(), is_new)?;
    let kept = keep.map(|_| file);
    serve_app(app, config, |application| print(&demo.what_to_try(&format!("http://{}", application.address()), kept)?))
}

/// Serves until told to stop; `ready` runs when the address is bound.
fn serve_app(app: App, config: &Config, ready: impl FnOnce(&Application) -> Result<()>) -> Result<()> {
    // The first referent of the day must not wait while the registry is read.
    app.service.live().snapshot_here(0)?;
    actix_web::rt::System::new().block_on(async {
        let application =
            Application::build(app, config.bind).with_context(|| format!("HAVRE_BIND: cannot listen on {}", config.bind))?;
        let application = application.with_stop_notice(config.stop_notice);
        let application = match config.metrics_bind {
            Some(bind) => application.watched_at(bind).with_context(|| format!("HAVRE_METRICS_BIND: cannot listen on {bind}"))?,
            None => application,
        };
        ready(&application)?;
        Ok(application.run().await?)
    })
}

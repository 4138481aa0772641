//! Wiring: flags, client, keys, watches, workers, servers, signals.

mod screen;
mod work;

use std::{process::ExitCode, sync::Arc, time::Duration};

use kube::Client;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    VERSION,
    api::client::{self, ClientError},
    capacity::{memory::MemoryBudget, pool::Pool},
    config::{self, Command, Config, ConfigError, FLAGS, FlagError},
    context::Context,
    http::{self, Limits, Scrape, Settings, Web},
    keys::{self, store::Store},
    leader::{self, Leadership},
    logging, panics,
    reconcile::templates::TemplateCache,
    report::{
        deferred::{self, DeferredEvents},
        events::Events,
        metrics::Metrics,
    },
    state::{existing::Existing, index::Index, queue::Queue},
};

/// Parses, runs, and gives the exit code.
pub fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|text| text.to_string_lossy().into_owned()).collect();
    let env = |name: &str| std::env::var(name).ok();
    match Config::read(&arguments, &env, &own_namespace(&env)) {
        Ok(Command::Version) => {
            use std::io::Write as _;
            let _closed = writeln!(std::io::stdout(), "controller version: {VERSION}");
            ExitCode::SUCCESS
        }
        Ok(Command::Run(config, notices)) => start(*config, &notices),
        Err(error) => refuse(&error),
    }
}

/// Says what is wrong with the command line. The reason comes last, as in the reference; what to do stands above it.
fn refuse(error: &ConfigError) -> ExitCode {
    use std::io::Write as _;
    let mut stderr = std::io::stderr();
    let _closed = match error {
        ConfigError::Flag(FlagError::Help) => {
            let _closed = write!(stderr, "{}", config::help("controller", FLAGS, screen::width()));
            return ExitCode::SUCCESS;
        }
        ConfigError::Flag(error) => writeln!(stderr, "hint: {}\n{error}", error.hint()),
        ConfigError::Value(error) => writeln!(stderr, "error: {error}"),
    };
    ExitCode::from(BAD_START)
}

/// Where we run: told by the pod, by the service account, or nowhere in particular.
fn own_namespace(env: &dyn Fn(&str) -> Option<String>) -> String {
    let file = || std::fs::read_to_string("/var/run/secrets/kubernetes.io/serviceaccount/namespace").ok();
    env("POD_NAMESPACE")
        .filter(|name| !name.is_empty())
        .or_else(file)
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "default".to_owned())
}

fn start(config: Config, notices: &[String]) -> ExitCode {
    logging::init(config.log);
    for notice in notices {
        tracing::warn!("{notice}");
    }
    tracing::info!(version = VERSION, namespace = config.own_namespace, "Starting sealed-secrets controller");
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(run(config));
            // Watches hang on open connections; nothing of theirs needs an orderly end.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(StartError::Runtime(error)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(cause) = error.cause() {
                tracing::error!(error = cause, "{error}");
            } else {
                tracing::error!("{error}");
            }
            ExitCode::from(BAD_START)
        }
    }
}

/// Why the controller ended by itself.
#[derive(Debug, thiserror::Error)]
enum StartError {
    /// No async runtime.
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    /// No API server.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An address is taken or not ours.
    #[error("cannot listen on {address}: {source}; choose another with --{flag}")]
    Listen {
        /// The address.
        address: String,
        /// The flag that sets it.
        flag: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Signals cannot be heard.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
    /// A task that never ends has ended.
    #[error("a task of the controller ended unexpectedly; see above")]
    Ended,
}

impl StartError {
    /// What a library says, for who looks closer; nothing where the sentence has it.
    fn cause(&self) -> Option<String> {
        match self {
            Self::Client(ClientError::Config(cause)) => Some(cause.cause()),
            Self::Client(ClientError::Build(cause)) => Some(cause.to_string()),
            Self::Client(ClientError::Tls(_))
            | Self::Runtime(_)
            | Self::Listen { .. }
            | Self::Signals(_)
            | Self::Ended => None,
        }
    }
}

async fn run(config: Config) -> Result<(), StartError> {
    let listener = listen(&config.listen, "listen-addr").await?;
    let metrics_listener = listen(&config.listen_metrics, "listen-metrics-addr").await?;
    let leadership = Arc::new(Leadership::new(config.leader_elect));
    let client = client::connect(config.client_rate, Arc::clone(&leadership) as _).await?;
    let (store, key_changes) = Store::new(config.keys.clone(), &config.own_namespace);
    let (deferred, lanes) = DeferredEvents::new();
    let context = context(config, client, store, deferred, leadership);
    panics::install(&context.metrics);
    let (stop, stopped) = watch::channel(false);
    // Those of the one end when told to, those of the other never.
    let (mut ending, mut lasting) = (JoinSet::new(), JoinSet::new());
    // Serving starts before anything is read: readiness tells when there is a certificate.
    serve(&mut ending, &context, listener, metrics_listener, &stopped);
    lasting.spawn(Arc::clone(&context.keys).watch(context.client.clone()));
    lasting.spawn(leader::lead(Arc::clone(&context)));
    keep_keys(&mut lasting, &context, key_changes)?;
    ending.spawn(work::work(Arc::clone(&context), stopped.clone()));
    for lane in lanes {
        ending.spawn(deferred::deliver(Arc::clone(&context), lane, stopped.clone()));
    }
    let ended = tokio::select! {
        signalled = terminated() => signalled,
        _ = ending.join_next() => Err(StartError::Ended),
        _ = lasting.join_next() => Err(StartError::Ended),
    };
    tracing::info!("stopping");
    let _nobody_listens = stop.send(true);
    // The lease is kept meanwhile: what is under way may still write.
    let all = async { while ending.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST_WORK, all).await.is_err() {
        tracing::warn!("some work did not end in time and is abandoned; it is done again by the next leader");
        ending.shutdown().await;
    }
    // Nobody renews the lease or takes it again while it is given back.
    lasting.shutdown().await;
    leader::release(&context).await;
    ended
}

fn context(
    config: Config,
    client: Client,
    keys: Arc<Store>,
    deferred: DeferredEvents,
    leadership: Arc<Leadership>,
) -> Arc<Context> {
    Arc::new(Context {
        deferred,
        keys,
        index: Index::default(),
        existing: Existing::default(),
        queue: Queue::default(),
        memory: MemoryBudget::default(),
        pool: Pool::start(),
        templates: Arc::new(TemplateCache::new(config.templates.clone())),
        metrics: Arc::new(Metrics::new(VERSION, config.omit_secret_metrics)),
        events: Events::new(client.clone()),
        identity: identity(),
        leadership,
        client,
        config,
    })
}

/// The pod's name, and a few random letters: a restarted container is another candidate.
fn identity() -> String {
    let mut random = [0; 4];
    aws_lc_rs::rand::fill(&mut random).expect("the system gives random bytes");
    let host = std::env::var("POD_NAME").or_else(|_| std::env::var("HOSTNAME")).unwrap_or_default();
    format!("{host}_{:08x}", u32::from_be_bytes(random))
}

async fn listen(address: &str, flag: &'static str) -> Result<TcpListener, StartError> {
    http::bind(address).await.map_err(|source| StartError::Listen {
        address: address.to_owned(),
        flag,
        source,
    })
}

fn serve(
    tasks: &mut JoinSet<()>,
    context: &Arc<Context>,
    listener: TcpListener,
    metrics_listener: TcpListener,
    stopped: &watch::Receiver<bool>,
) {
    let config = &context.config;
    let settings = Settings {
        rate: config.rate_limit,
        burst: config.rate_limit_burst,
        accept_v1_data: config.accept_v1_data,
        read_timeout: config.read_timeout,
        write_timeout: config.write_timeout,
        limits: Limits::new(config.http_operations as usize),
    };
    let (keys, metrics) = (Arc::clone(&context.keys), Arc::clone(&context.metrics));
    let leadership = Arc::clone(&context.leadership);
    let web = Web::new(keys, leadership, context.pool.clone(), metrics, settings);
    let scrape = Scrape::new(Arc::clone(&context.metrics), Arc::clone(&context.keys), Arc::clone(context));
    let stays = |serving: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| serving;
    tasks.spawn(stays(Box::pin(http::serve(listener, web.port(), stopped.clone()))));
    tasks.spawn(stays(Box::pin(http::serve(metrics_listener, scrape.port(), stopped.clone()))));
}

fn keep_keys(
    tasks: &mut JoinSet<()>,
    context: &Arc<Context>,
    key_changes: mpsc::UnboundedReceiver<keys::store::KeyChange>,
) -> Result<(), StartError> {
    let mut renew = signal(SignalKind::user_defined1()).map_err(StartError::Signals)?;
    let (ask, asked) = mpsc::unbounded_channel();
    tasks.spawn(async move {
        while renew.recv().await.is_some() {
            let _renewal_lives = ask.send(());
        }
    });
    tasks.spawn(keys::renew::keep(Arc::clone(context), asked));
    tasks.spawn(Arc::clone(&context.keys).keep_time());
    tasks.spawn(keys::report::report(Arc::clone(context), key_changes));
    Ok(())
}

async fn terminated() -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// As the reference ends when it cannot start.
const BAD_START: u8 = 2;
/// For requests that are open (5 s) and objects in work (a write may take 10 s): within the 30 s that a pod has by default.
const LAST_WORK: Duration = Duration::from_secs(12);

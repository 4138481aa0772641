//! Log lines as the reference writes them: `time=… level=… msg=…`, or the same as JSON.

use std::{
    fmt::{self, Write as _},
    io,
};

use jiff::{Timestamp, Unit};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::config::LogSettings;

/// Starts logging; later calls change nothing.
pub fn init(settings: LogSettings) {
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Line { json: settings.json })
        .with_writer(Streams { info_stdout: settings.info_stdout });
    let filter = filter(settings.level, std::env::var("RUST_LOG").ok().as_deref());
    let _already_started = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// What is written: our lines from `level` on; of libraries what is wrong, and what `RUST_LOG` asks for.
fn filter(level: Level, rust_log: Option<&str>) -> Targets {
    // What watches run into is told by us, once and with what to do; the library repeats it on each try.
    let kube = if level >= Level::DEBUG { LevelFilter::WARN } else { LevelFilter::OFF };
    let ours = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets([("kube_runtime", kube), ("kube_client", kube)])
        .with_target("sealed_secrets_controller", LevelFilter::from_level(level));
    let asked: Targets = rust_log.and_then(|text| text.parse().ok()).unwrap_or_default();
    let all = ours.with_targets(&asked);
    // An answer that it cannot read is logged by the client as it is, and that may be a Secret: never.
    asked
        .default_level()
        .map_or(all.clone(), |level| all.with_default(level))
        .with_target(ANSWERS, LevelFilter::OFF)
}

/// INFO and below to stdout, the rest to stderr; or everything to stderr.
struct Streams {
    info_stdout: bool,
}

impl<'a> MakeWriter<'a> for Streams {
    type Writer = Box<dyn io::Write>;

    fn make_writer(&'a self) -> Self::Writer {
        Box::new(io::stderr())
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        if self.info_stdout && *meta.level() >= Level::INFO {
            Box::new(io::stdout())
        } else {
            Box::new(io::stderr())
        }
    }
}

/// One event as one line.
struct Line {
    json: bool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = Timestamp::now();
        let time = time.round(Unit::Millisecond).unwrap_or(time);
        writeln!(out, "{}", fields.line(&time.to_string(), event.metadata().level().as_str(), self.json))
    }
}

/// The fields of one event, in order.
#[derive(Default)]
struct Fields {
    message: String,
    pairs: Vec<(&'static str, String)>,
}

impl Fields {
    fn line(&self, time: &str, level: &str, json: bool) -> String {
        let head = [("time", time), ("level", level), ("msg", self.message.as_str())];
        let all = head.into_iter().chain(self.pairs.iter().map(|(name, value)| (*name, value.as_str())));
        let mut text = String::new();
        for (position, (name, value)) in all.enumerate() {
            let separator = if position == 0 {
                ""
            } else if json {
                ","
            } else {
                " "
            };
            let _infallible = if json {
                write!(text, "{separator}{}:{}", quoted(name), quoted(value))
            } else if value.is_empty() || value.contains(|c: char| c.is_whitespace() || "\"=".contains(c)) {
                write!(text, "{separator}{name}={}", quoted(value))
            } else {
                write!(text, "{separator}{name}={value}")
            };
        }
        if json { format!("{{{text}}}") } else { text }
    }

    fn push(&mut self, field: &Field, value: String) {
        if field.name() == "message" {
            self.message = value;
        } else {
            self.pairs.push((field.name(), value));
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, format!("{value:?}"));
    }
}

/// The module of the client that reads answers.
const ANSWERS: &str = "kube_client::client";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_quiet_unless_asked_and_never_show_an_answer() {
        let watch = "kube_runtime::watcher";
        for (level, rust_log, target, at, shown) in [
            (Level::INFO, None, "sealed_secrets_controller::app", Level::INFO, true),
            (Level::INFO, None, "sealed_secrets_controller::app", Level::DEBUG, false),
            (Level::INFO, None, "hyper::proto", Level::WARN, true),
            (Level::INFO, None, watch, Level::ERROR, false),
            (Level::DEBUG, None, watch, Level::WARN, true),
            (Level::INFO, Some("kube_runtime=debug"), watch, Level::DEBUG, true),
            (Level::INFO, Some("kube_runtime=debug"), "hyper::proto", Level::WARN, true),
            (Level::INFO, Some("info"), "hyper::proto", Level::INFO, true),
            (Level::INFO, Some("not=a=filter"), "hyper::proto", Level::WARN, true),
            (
                Level::DEBUG,
                Some("trace,kube_client::client=trace"),
                "kube_client::client",
                Level::ERROR,
                false,
            ),
        ] {
            let found = filter(level, rust_log).would_enable(target, &at);
            assert_eq!(found, shown, "{level} {rust_log:?} {target} {at}");
        }
    }

    fn fields() -> Fields {
        Fields {
            message: "Starting sealed-secrets controller".to_owned(),
            pairs: vec![("version", "v1".to_owned()), ("note", "a \"b\"".to_owned())],
        }
    }

    #[test]
    fn text_lines_look_like_the_references() {
        assert_eq!(
            fields().line("T", "INFO", false),
            r#"time=T level=INFO msg="Starting sealed-secrets controller" version=v1 note="a \"b\"""#
        );
    }

    #[test]
    fn json_lines_are_json() {
        let line: serde_json::Value =
            serde_json::from_str(&fields().line("T", "WARN", true)).expect("a line is JSON");
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["note"], "a \"b\"");
    }
}

//! What the demo prints: chapters, commands, excerpts, checks; in colour only where a person looks.

use std::fmt::Display;
use std::io::IsTerminal as _;

/// The demo's page, and how many of its checks held.
pub(super) struct Page {
    colour: bool,
    chapters: usize,
    held: usize,
    failed: Vec<String>,
}

impl Page {
    /// For standard output: colour on a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    pub(super) fn new() -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        let colour = std::io::stdout().is_terminal() && !no_color && !dumb;
        Self { colour, chapters: 0, held: 0, failed: Vec::new() }
    }

    /// The title of the page.
    pub(super) fn title(&self, text: &str) {
        println!("{}", self.paint(BOLD, text));
    }

    /// A new chapter.
    pub(super) fn chapter(&mut self, title: &str) {
        self.chapters += 1;
        println!("\n{}", self.paint(BOLD, format!("{}. {title}", self.chapters)));
    }

    /// A sentence.
    #[expect(clippy::unused_self, reason = "what the demo prints goes through its page")]
    pub(super) fn say(&self, text: impl Display) {
        println!("   {text}");
    }

    /// A command as a person types it.
    pub(super) fn command(&self, text: &str) {
        println!("   {} {}", self.paint(DIM, "$"), self.paint(CYAN, text));
    }

    /// What a command or the cluster says, indented.
    pub(super) fn quote(&self, text: &str) {
        for line in text.lines() {
            println!("     {}", self.paint(DIM, line));
        }
    }

    /// Something that must be so.
    pub(super) fn check(&mut self, holds: bool, what: &str) {
        if holds {
            self.held += 1;
            println!("   {} {what}", self.paint(GREEN, "✓"));
        } else {
            self.failed.push(what.to_owned());
            println!("   {} {what}", self.paint(RED, "✗ NOT SO:"));
        }
    }

    /// The last line: whether everything was as expected.
    pub(super) fn conclude(&self, seconds: f64) -> bool {
        let total = self.held + self.failed.len();
        let summary = format!("{} of {total} checks held, {seconds:.1} s", self.held);
        if self.failed.is_empty() {
            println!("\n{}", self.paint(GREEN, format!("Everything was as it should be: {summary}.")));
            return true;
        }
        println!("\n{}", self.paint(RED, format!("Something differs: {summary}. Not so:")));
        for what in &self.failed {
            println!("   {what}");
        }
        false
    }

    fn paint(&self, style: &str, text: impl Display) -> String {
        if self.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_string() }
    }
}

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const CYAN: &str = "36";

//! What a person sees, in a pseudo-terminal of 80 and of 120 columns, as kept in `docs/terminal`; `UPDATE=1` writes it
//! anew.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{self, OpenptFlags},
    termios::{self, Winsize},
};

/// A terminal of so many columns: the side that shows, and the side that programs write to.
fn terminal(columns: u16) -> (File, OwnedFd) {
    let shows = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    pty::grantpt(&shows).unwrap();
    pty::unlockpt(&shows).unwrap();
    let name = pty::ptsname(&shows, Vec::new()).unwrap();
    let side = rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    termios::tcsetwinsize(&side, Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })
        .unwrap();
    (File::from(shows), side)
}

fn kubeseal(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeseal"));
    command.args(args).env_clear().env("TERM", "xterm").env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

/// Runs a command with both outputs on a terminal, and gives all that was written there.
fn shown(columns: u16, command: &mut Command, feed: impl FnOnce(&mut std::process::Child)) -> String {
    let (mut shows, side) = terminal(columns);
    let mut child = command.stdout(side.try_clone().unwrap()).stderr(side).spawn().unwrap();
    // The child alone holds the other side now: when it ends, so does what can be read.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let reader = thread::spawn(move || {
        let (mut all, mut part) = (Vec::new(), [0; 4096]);
        // Linux answers EIO when the other side is closed.
        while let Ok(count @ 1..) = shows.read(&mut part) {
            all.extend_from_slice(&part[..count]);
        }
        all
    });
    feed(&mut child);
    child.wait().unwrap();
    String::from_utf8(reader.join().unwrap()).unwrap().replace("\r\n", "\n")
}

#[track_caller]
fn is_kept(file: &str, shown: &str) {
    assert!(shown.lines().all(|line| line.trim_end() == line), "blanks at the end: {shown}");
    let kept = folder().join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&kept, shown).unwrap();
    }
    assert_eq!(fs::read_to_string(&kept).unwrap(), shown, "{file}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/terminal")
}

#[test]
fn help_fits_into_the_terminal() {
    for columns in [80, 120] {
        let shown = shown(columns, kubeseal(&["--help"]).env("NO_COLOR", "1"), |_| {});
        for line in shown.lines() {
            assert!(line.chars().count() <= usize::from(columns), "wider than {columns}: {line:?}");
        }
        is_kept(&format!("help-{columns}.txt"), &shown);
    }
}

/// One line each at any width: what scripts look for is not broken apart, and the terminal wraps it.
#[test]
fn errors_say_what_to_do() {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys");
    let cert = keys.join("a.crt");
    let cert = ["--cert", cert.to_str().unwrap()];
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sealed.yaml"), SEALED).unwrap();
    let runs: [&[&str]; 3] = [
        &["-f", "missing.yaml"],
        &["-f", "sealed.yaml", "--cert", cert[1]],
        &["--raw", "--name", "db", "--scoppe", "strict"],
    ];
    for columns in [80, 120] {
        let mut all = String::new();
        for args in runs {
            let mut command = kubeseal(args);
            command.env("NO_COLOR", "1").current_dir(folder.path());
            let typed = args.join(" ").replace(cert[1], "cert.pem");
            all.extend([format!("$ kubeseal {typed}\n"), shown(columns, &mut command, |_| {})]);
        }
        is_kept("errors.txt", &all);
    }
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let run = |name: &str, value: &str| {
        shown(80, kubeseal(&["-f", "missing.yaml"]).env(name, value), |_| {}).contains("\u{1b}[")
    };
    assert!(run("LANG", "C"), "a terminal");
    assert!(!run("NO_COLOR", "1"), "a terminal whose user wants none");
    let output = kubeseal(&["-f", "missing.yaml"]).output().unwrap();
    assert!(!output.stderr.contains(&0x1b), "no terminal");
}

/// Long work is counted on one line, which is gone at the end.
#[test]
fn progress_is_shown_and_taken_away() {
    let cert = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys/a.crt");
    let target = tempfile::NamedTempFile::new().unwrap();
    let mut command = kubeseal(&["--cert", cert.to_str().unwrap(), "-o", "yaml"]);
    command.args(["-w", target.path().to_str().unwrap()]).stdin(Stdio::piped());
    let shown = shown(80, &mut command, |child| {
        let mut input = child.stdin.take().unwrap();
        // One piece of work each.
        let piece = format!("{SECRET}{}---\n", "# a comment\n".repeat((1 << 20) / 12));
        for _ in 0..4 {
            input.write_all(piece.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(600));
        }
    });
    let sealed = fs::read_to_string(target.path()).unwrap();
    assert_eq!(sealed.matches("kind: SealedSecret").count(), 4, "{shown:?}");
    let lines: Vec<_> = shown.split('\r').collect();
    assert!(lines.iter().any(|line| line.starts_with("sealed ") && line.ends_with(" secrets")), "{shown:?}");
    assert!(shown.ends_with("\r\u{1b}[K"), "the line is cleared: {shown:?}");
    assert!(!shown.contains('\n'), "nothing stays: {shown:?}");
}

/// A signal in the middle would leave a terminal behind that shows nothing of what is typed.
#[test]
fn an_interrupted_prompt_leaves_the_terminal_as_it_was() {
    use std::os::unix::process::ExitStatusExt as _;
    let cert = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys/a.crt");
    let cert = cert.to_str().unwrap();
    let args = ["--raw", "--cert", cert, "--scope", "cluster-wide"];
    for (typed, signal, shows_nothing_of) in
        [("s3cret\x03", Some(2), "s3cret"), ("s3cret\x1c", Some(2), "s3cret"), ("s3cret\n", None, "s3cret")]
    {
        let (mut shows, side) = terminal(80);
        let before = termios::tcgetattr(&side).unwrap();
        let mut command = kubeseal(&args);
        command.stdin(side.try_clone().unwrap()).stderr(side.try_clone().unwrap()).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        let mut seen = String::new();
        let mut part = [0; 4096];
        while !seen.contains("ends it): ") {
            let count = shows.read(&mut part).unwrap();
            seen.push_str(std::str::from_utf8(&part[..count]).unwrap());
        }
        // The prompt is shown before the echo is taken away.
        while termios::tcgetattr(&side).unwrap().local_modes.contains(termios::LocalModes::ECHO) {
            thread::sleep(Duration::from_millis(1));
        }
        shows.write_all(typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let after = termios::tcgetattr(&side).unwrap();
        assert_eq!(after.local_modes, before.local_modes, "{typed:?}");
        assert_eq!(format!("{:?}", after.special_codes), format!("{:?}", before.special_codes), "{typed:?}");
        assert_eq!(output.status.signal(), signal, "{typed:?}");
        assert_eq!(output.stdout.is_empty(), signal.is_some(), "{typed:?}");
        drop((command, side));
        let mut rest = Vec::new();
        let _ = shows.read_to_end(&mut rest);
        assert!(!String::from_utf8_lossy(&rest).contains(shows_nothing_of), "{typed:?}");
    }
}

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
data: {password: cDRzcw==}
";

const SEALED: &str = "\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: db, namespace: shop}
spec: {encryptedData: {password: AgB}}
";

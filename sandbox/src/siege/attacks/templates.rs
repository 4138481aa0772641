//! Templates that want memory or time.

use std::time::Duration;

use sandbox::controller::Launch;
use serde_json::{Map, Value};

use super::super::field::{ATTACKER, rest};
use super::super::make;
use super::{Attack, Failure, Field, Outcome, Target};

const TWIN: &str = "template of 200 KB";
const HASHES: &str = "a hash and a key";

pub(super) const ALL: &[Attack] = &[
    Attack::new("repeat × 4", TWIN, |field, target| Box::pin(stand(field, target, repeat(field, 4)))),
    Attack::new("repeat × 40", TWIN, |field, target| Box::pin(stand(field, target, repeat(field, 40)))),
    Attack::new("repeat at the start", TWIN, |field, target| Box::pin(stand(field, target, Vec::new())))
        .after(|field| Box::pin(repeat_first(field))),
    Attack::new("bcrypt", HASHES, |field, target| Box::pin(costly(field, target, BCRYPT))),
    Attack::new("keys and hashes", HASHES, |field, target| Box::pin(costly(field, target, KEYS))).full(),
    Attack::new("dense templates", TWIN, |field, target| Box::pin(stand(field, target, dense(field)))),
    Attack::new("many templates", TWIN, |field, target| Box::pin(stand(field, target, different(field)))),
    Attack::new("loops", TWIN, |field, target| Box::pin(stand(field, target, loops(field)))),
];

/// Creates the objects, lets them stand, and tells what became of them.
pub(super) async fn stand(field: &Field, target: Target, objects: Vec<Value>) -> Result<Outcome, Failure> {
    let refused = field.create(objects).await;
    field.hold(target).await;
    let told = field.told(target, field.span()).await?;
    let by_api = if refused == 0 { String::new() } else { format!("; the API server took {refused} less") };
    Ok(Outcome::of(format!("{told}{by_api}")))
}

fn object(field: &Field, name: &str, data: Map<String, Value>) -> Value {
    make::templated(&field.key, ATTACKER, name, data)
}

pub(super) fn repeat(field: &Field, count: usize) -> Vec<Value> {
    vec![object(field, "repeat", make::same(count, r#"{{ repeat 4000000 "x" }}"#))]
}

async fn repeat_first(field: &Field) -> Result<Launch, Failure> {
    field.create(repeat(field, 4)).await;
    Ok(Launch::default())
}

/// Thirty-nine in an item: just below a limit for each template.
const BCRYPT: &[&str] = &[r#"{{range until 39}}{{bcrypt "x"}}{{end}}"#];
const KEYS: &[&str] = &[
    r#"{{range until 39}}{{htpasswd "u" "x"}}{{end}}"#,
    r#"{{range until 39}}{{genPrivateKey "rsa"}}{{end}}"#,
    r#"{{range until 39}}{{derivePassword 1 "long" "p" "u" "s"}}{{end}}"#,
    r#"{{range until 39}}{{$ca := genCA "c" 9}}{{$ca.Cert}}{{end}}"#,
];

pub(super) fn bcrypt(field: &Field) -> Vec<Value> {
    costly_objects(field, BCRYPT)
}

fn costly_objects(field: &Field, texts: &[&str]) -> Vec<Value> {
    let copies = 0..if texts.len() == 1 { 2 } else { 1 };
    let one = |text: &&str, copy, at| object(field, &format!("costly-{at}-{copy}"), make::same(1000, text));
    copies.flat_map(|copy| texts.iter().enumerate().map(move |(at, text)| one(text, copy, at))).collect()
}

/// Objects that would take hours: to delete them must help at once.
async fn costly(field: &Field, target: Target, texts: &[&str]) -> Result<Outcome, Failure> {
    let objects = costly_objects(field, texts);
    let names: Vec<_> = objects.iter().map(|o| sandbox::objects::name_of(o).to_owned()).collect();
    field.create(objects).await;
    field.hold(target).await;
    let told = field.told(target, field.span()).await?;
    for name in names {
        field.admin.delete("SealedSecret", ATTACKER, &name, None).await?;
    }
    let rested = rest(target.process, Duration::from_secs(10)).await;
    let mut outcome = Outcome::of(told);
    outcome.must(rested.is_some_and(|after| after <= Duration::from_secs(3)), || {
        "works on for objects that were deleted".to_owned()
    });
    Ok(outcome)
}

/// `{{.a}}` and nothing else: the text that makes the largest syntax tree.
fn dense(field: &Field) -> Vec<Value> {
    let text = |bytes: usize| "{{.a}}".repeat(bytes / 6);
    let large = (0..2).map(|i| object(field, &format!("large-{i}"), make::same(1, &text(1_200_000))));
    let count = field.sized(100, 12);
    let medium = (0..count).map(|i| object(field, &format!("medium-{i}"), make::same(1, &text(300_000))));
    large.chain(medium).collect()
}

/// Each object has a template of its own, so that whoever keeps parsed ones keeps many.
fn different(field: &Field) -> Vec<Value> {
    let one = |i: usize| {
        let text = format!("{i}{}", "{{.a}}".repeat(600));
        object(field, &format!("other-{i}"), make::same(1, &text))
    };
    (0..field.sized(1500, 150)).map(one).collect()
}

pub(super) fn loops(field: &Field) -> Vec<Value> {
    LOOPS
        .iter()
        .enumerate()
        .map(|(i, text)| object(field, &format!("loop-{i}"), make::same(8, text)))
        .collect()
}

const LOOPS: &[&str] = &[
    "{{range until 1000000000}}x{{end}}",
    "{{range until 30000}}{{range until 30000}}{{range until 30000}}{{end}}{{end}}{{end}}",
    r#"{{define "t"}}{{template "t" .}}{{end}}{{template "t" .}}"#,
    r#"{{define "t"}}{{template "t" .}}{{template "t" .}}{{end}}{{template "t" .}}"#,
    r#"{{regexMatch "(((a{1,100}){1,100}){1,100})b" (repeat 100000 "a")}}"#,
    r#"{{range until 30000}}{{regexReplaceAll "(a|b|c|d)*e?" (repeat 10000 "abcd") "$1$1"}}{{end}}"#,
    r#"{{printf "%1000000000d" 1}}{{printf "%01000000d" 1}}"#,
    r#"{{$x := "a"}}{{range until 60}}{{$x = printf "%s%s" $x $x}}{{end}}{{$x}}"#,
    "{{$l := list 1}}{{range until 60}}{{$l = concat $l $l}}{{end}}{{len $l}}",
    r#"{{$d := dict}}{{range until 30000}}{{$d = dict "d" $d}}{{end}}{{toJson $d}}"#,
    "{{range untilStep 0 1000000000 1}}{{end}}",
    r#"{{join "," (splitList "" (repeat 1000000 "a"))}}"#,
    r#"{{sha256sum (repeat 4000000 "x")}}{{b64enc (repeat 4000000 "x")}}{{upper (repeat 4000000 "x")}}"#,
    r#"{{fromJson (printf "%s1%s" (repeat 400000 "[") (repeat 400000 "]"))}}"#,
    "{{mul 1 (round 1.5 1000000000)}}{{addf 1e300 1e-300}}{{randAlphaNum 100000000}}",
];

//! What is odd about a success: it is told, and nothing is refused for it.

use sealed_secrets_core::unseal::UnsetVariable;

/// Template variables that have no value. Go renders `<no value>` or less for them without a word, and so do we, but a
/// misspelt name should not be found out by the application that reads the Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark(Vec<UnsetVariable>);

impl Remark {
    /// The remark about these variables, if there are any.
    pub fn of(unset: Vec<UnsetVariable>) -> Option<Self> {
        (!unset.is_empty()).then_some(Self(unset))
    }

    /// All of them, and what to do. Names and places, never values.
    pub fn message(&self) -> String {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        format!("{}; {HINT}", lines.join("\n"))
    }
}

/// Reason of the Event.
pub const REASON: &str = "NoValue";

const HINT: &str = "correct the name in the template, or seal an item of this name; what may be missing is written \
    as {{ with .name }}{{ . }}{{ end }} or {{ .name | default \"…\" }}";

#[cfg(test)]
mod tests {
    use sealed_secrets_core::unseal::Became;

    use super::*;

    fn unset(name: Option<&str>) -> UnsetVariable {
        UnsetVariable {
            item: "config".to_owned(),
            name: name.map(str::to_owned),
            became: Became::NoValue,
            line: 3,
            column: 5,
        }
    }

    #[test]
    fn each_is_named_with_its_place_and_what_to_do() {
        assert_eq!(Remark::of(Vec::new()), None);
        let remark = Remark::of(vec![unset(Some(".pasword")), unset(None)]).expect("two");
        let message = remark.message();
        assert!(
            message.starts_with("template config:3:5: no item .pasword, <no value> is written\n"),
            "{message}"
        );
        assert!(message.contains("nothing here") && message.contains("correct the name"), "{message}");
    }
}

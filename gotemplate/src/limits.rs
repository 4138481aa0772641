//! How much templates may cost.

/// What templates may cost. One [`crate::Budget`] counts it down over any number of parses and renders; a parse or
/// a render without one has a budget of its own.
///
/// The defaults suit one template whose author may be trusted to pay for the machine, such as in a command line.
/// [`Limits::object`] suits all templates of one object whose author nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of template text, of all templates together.
    pub template_bytes: usize,
    /// Most nodes of syntax trees, of all templates together. A tree takes at most [`NODE_BYTES`] for each.
    pub nodes: usize,
    /// Most bytes that renders may print, of all together.
    pub output_bytes: usize,
    /// Most bytes that renders may make in values, counting those that they have dropped again. The heap never
    /// holds more than twice this and [`Limits::output_bytes`] at a time, beside the data and what a single call of
    /// [`Limits::costly_calls`] takes for itself.
    pub value_bytes: usize,
    /// Most steps: a node executed, an item visited, some tens of bytes copied.
    pub steps: u64,
    /// Most levels of nesting: blocks, parentheses, template calls, values inside values.
    pub depth: usize,
    /// Most units of costly calls: a bcrypt, a signature or a small key takes one, an RSA key of 2048 bits four, an
    /// scrypt (which takes 32 MiB of memory while it runs) eight, an RSA key of 4096 bits sixteen.
    pub costly_calls: usize,
    /// Most bytes that a compiled regular expression may take.
    pub regex_bytes: usize,
}

/// Most bytes of memory that a syntax tree takes for each of its [`Limits::nodes`], what the allocator adds included.
pub const NODE_BYTES: usize = 64;

impl Default for Limits {
    fn default() -> Self {
        Self {
            template_bytes: 4 << 20,
            nodes: 4_000_000,
            output_bytes: 4 << 20,
            value_bytes: 32 << 20,
            steps: 1_000_000,
            depth: 500,
            costly_calls: 40,
            regex_bytes: 4 << 20,
        }
    }
}

impl Limits {
    /// For all templates of one object together: their output is what a Secret can hold, and an object's trees take
    /// at most 8 MB.
    pub fn object() -> Self {
        Self {
            template_bytes: 2 << 20,
            nodes: 125_000,
            output_bytes: 1 << 20,
            value_bytes: 8 << 20,
            regex_bytes: 2 << 20,
            ..Self::default()
        }
    }

    /// The value of one limit.
    pub fn most(&self, limit: Limit) -> u64 {
        match limit {
            Limit::TemplateBytes => self.template_bytes as u64,
            Limit::Nodes => self.nodes as u64,
            Limit::OutputBytes => self.output_bytes as u64,
            Limit::ValueBytes => self.value_bytes as u64,
            Limit::Steps => self.steps,
            Limit::Depth => self.depth as u64,
            Limit::CostlyCalls => self.costly_calls as u64,
            Limit::RegexBytes => self.regex_bytes as u64,
        }
    }
}

/// The limit that a template ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::template_bytes`]
    TemplateBytes,
    /// [`Limits::nodes`]
    Nodes,
    /// [`Limits::output_bytes`]
    OutputBytes,
    /// [`Limits::value_bytes`]
    ValueBytes,
    /// [`Limits::steps`]
    Steps,
    /// [`Limits::depth`]
    Depth,
    /// [`Limits::costly_calls`]
    CostlyCalls,
    /// [`Limits::regex_bytes`]
    RegexBytes,
}

impl Limit {
    /// Every limit, in the order of the fields of [`Limits`].
    pub const ALL: [Self; 8] = [
        Self::TemplateBytes,
        Self::Nodes,
        Self::OutputBytes,
        Self::ValueBytes,
        Self::Steps,
        Self::Depth,
        Self::CostlyCalls,
        Self::RegexBytes,
    ];

    /// What a person would call it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::TemplateBytes => "the template text is too long",
            Self::Nodes => "the template has too many parts",
            Self::OutputBytes => "the output is too long",
            Self::ValueBytes => "the values made while rendering take too much memory",
            Self::Steps => "rendering takes too many steps",
            Self::Depth => "it is nested too deeply",
            Self::CostlyCalls => "it calls costly functions (keys, bcrypt, scrypt) too often",
            Self::RegexBytes => "a regular expression is too large",
        }
    }

    /// What it is counted in.
    pub fn unit(self) -> &'static str {
        match self {
            Self::TemplateBytes | Self::OutputBytes | Self::ValueBytes | Self::RegexBytes => "bytes",
            Self::Nodes => "nodes",
            Self::Steps => "steps",
            Self::Depth => "levels",
            Self::CostlyCalls => "units",
        }
    }
}

//! Blocks: `if`, `with`, `range`, `define` and `block`, and what may stand in them.
//!
//! Open blocks are a stack of values, not of calls, so that their depth is not the depth of the
//! thread's stack.

use super::{Parser, Result, Scope, fail, pos, refusal};
use crate::{
    ast::{Branches, Call, List, Node, Pipe, Range},
    error::Failure,
    lexer::{Kind, Token},
    strconv,
    value::Str,
};

/// A block whose `{{end}}` has not come yet.
struct Open {
    /// Its keyword.
    at: Token,
    block: Block,
    /// What surrounds the block, up to it.
    outer: List,
}

enum Block {
    /// `if` or `with`
    Control {
        declared: usize,
        done: Vec<(Pipe, List)>,
        part: Part,
    },
    Range {
        declared: usize,
        pipe: Pipe,
        body: Option<List>,
    },
    /// `define`, or `block` with its pipeline
    Definition {
        name: Str,
        scope: Scope,
        pipe: Option<Pipe>,
    },
}

/// Which part of an `if` or `with` is being read.
enum Part {
    /// What runs when this pipeline is true.
    Branch(Pipe),
    /// What runs when none is.
    Otherwise,
}

/// The blocks that are open, and the nodes of the innermost.
#[derive(Default)]
struct Blocks {
    open: Vec<Open>,
    list: List,
}

/// Room for this many nodes is made at the start.
const ROOT_NODES: usize = 4;

impl Parser<'_> {
    /// The whole text: its own nodes; definitions are filed on the way.
    pub(super) fn nodes(&mut self) -> Result<List> {
        let mut blocks = Blocks::default();
        self.pay(ROOT_NODES * size_of::<Node>(), 0)?;
        blocks.list.reserve_exact(ROOT_NODES);
        loop {
            let token = self.tokens.next_word();
            match token.kind {
                Kind::Text => {
                    let node = Node::Text(pos(token.start), pos(token.end));
                    self.push(&mut blocks.list, node, token.start)?;
                }
                Kind::LeftDelim => self.action(&mut blocks)?,
                Kind::Eof => {
                    return match blocks.open.last() {
                        None => Ok(blocks.list),
                        Some(open) => fail(open.at.start, "this block has no {{end}}"),
                    };
                }
                _ => return self.unexpected(token, "input"),
            }
        }
    }

    /// An action; its left delimiter is past.
    fn action(&mut self, blocks: &mut Blocks) -> Result<()> {
        let token = self.tokens.peek_word();
        let keyword = token.kind;
        match keyword {
            Kind::End | Kind::Else | Kind::If | Kind::With | Kind::Range | Kind::Block | Kind::Template => {
                self.tokens.next();
            }
            Kind::Define if blocks.open.is_empty() => {
                self.tokens.next();
            }
            _ => {}
        }
        match keyword {
            Kind::End => self.end(token, blocks),
            Kind::Else => self.otherwise(token, blocks),
            Kind::If | Kind::With | Kind::Range => self.control(token, blocks),
            Kind::Define if blocks.open.is_empty() => self.definition(token, blocks),
            Kind::Block => self.definition(token, blocks),
            Kind::Template => {
                let call = self.call()?;
                self.push(&mut blocks.list, call, token.start)
            }
            Kind::Break | Kind::Continue => {
                let jump = self.jump()?;
                self.push(&mut blocks.list, jump, token.start)
            }
            _ => {
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                self.push(&mut blocks.list, Node::Action(pipe), token.start)
            }
        }
    }

    fn jump(&mut self) -> Result<Node> {
        let token = self.tokens.next();
        self.expect(Kind::RightDelim, "break or continue")?;
        if self.scope.ranges == 0 {
            return fail(token.start, "break and continue belong inside range");
        }
        Ok(if token.kind == Kind::Break { Node::Break } else { Node::Continue })
    }

    /// Opens `if`, `with` or `range`; the keyword is past.
    fn control(&mut self, keyword: Token, blocks: &mut Blocks) -> Result<()> {
        let declared = self.scope.declared.len();
        let block = if keyword.kind == Kind::Range {
            let pipe = self.pipeline("range", Kind::RightDelim)?;
            self.scope.ranges += 1;
            Block::Range { declared, pipe, body: None }
        } else {
            let pipe = self.pipeline(control_name(keyword.kind), Kind::RightDelim)?;
            Block::Control { declared, done: Vec::new(), part: Part::Branch(pipe) }
        };
        self.open_block(keyword, block, blocks)
    }

    /// Opens `define` or `block`; the keyword is past.
    fn definition(&mut self, keyword: Token, blocks: &mut Blocks) -> Result<()> {
        let name = self.template_name("a definition")?;
        let pipe = if keyword.kind == Kind::Block {
            Some(self.pipeline("block", Kind::RightDelim)?)
        } else {
            self.expect(Kind::RightDelim, "define")?;
            None
        };
        // A definition sees no variable from outside.
        let scope = std::mem::replace(&mut self.scope, Scope::new());
        self.open_block(keyword, Block::Definition { name, scope, pipe }, blocks)
    }

    fn open_block(&mut self, at: Token, block: Block, blocks: &mut Blocks) -> Result<()> {
        self.enter(at.start)?;
        let outer = std::mem::take(&mut blocks.list);
        blocks.open.push(Open { at, block, outer });
        Ok(())
    }

    /// `{{else}}`, `{{else if …}}` or `{{else with …}}`; the first keyword is past.
    fn otherwise(&mut self, token: Token, blocks: &mut Blocks) -> Result<()> {
        let next = self.tokens.peek_word();
        match blocks.open.last_mut() {
            Some(Open { at, block: Block::Control { done, part, .. }, .. }) => {
                let Part::Branch(pipe) = std::mem::replace(part, Part::Otherwise) else {
                    return fail(token.start, "expected {{end}}, found a second {{else}}");
                };
                let list = std::mem::take(&mut blocks.list);
                self.push(done, (pipe, list), token.start)?;
                if next.kind == at.kind {
                    self.tokens.next();
                    *part = Part::Branch(self.pipeline(control_name(at.kind), Kind::RightDelim)?);
                    return Ok(());
                }
            }
            Some(Open { block: Block::Range { body: body @ None, .. }, .. }) => {
                *body = Some(std::mem::take(&mut blocks.list));
                self.scope.ranges -= 1;
            }
            Some(_) => return fail(token.start, "expected {{end}}, found {{else}}"),
            None => return fail(token.start, "this {{else}} belongs to no block"),
        }
        self.expect(Kind::RightDelim, "else").map(|_| ())
    }

    /// `{{end}}`; the keyword is past.
    fn end(&mut self, token: Token, blocks: &mut Blocks) -> Result<()> {
        self.expect(Kind::RightDelim, "end")?;
        let Some(open) = blocks.open.pop() else {
            return fail(token.start, "this {{end}} belongs to no block");
        };
        self.leave();
        let list = std::mem::replace(&mut blocks.list, open.outer);
        let node = match open.block {
            Block::Control { declared, mut done, part } => {
                self.scope.truncate(declared);
                let otherwise = match part {
                    Part::Branch(pipe) => {
                        self.push(&mut done, (pipe, list), token.start)?;
                        List::new()
                    }
                    Part::Otherwise => list,
                };
                let branches = Branches { branches: done, otherwise };
                if open.at.kind == Kind::If { Node::If(branches) } else { Node::With(branches) }
            }
            Block::Range { declared, pipe, body } => {
                self.scope.truncate(declared);
                let (body, otherwise) = if let Some(body) = body {
                    (body, list)
                } else {
                    self.scope.ranges -= 1;
                    (list, List::new())
                };
                self.pay(size_of::<Range>(), token.start)?;
                Node::Range(Box::new(Range { pipe, body, otherwise }))
            }
            Block::Definition { name, scope, pipe } => {
                self.scope = scope;
                self.add(name.clone(), list, open.at.start)?;
                if open.at.kind == Kind::Define {
                    return Ok(());
                }
                self.pay(size_of::<Call>(), token.start)?;
                call(open.at.start, name, pipe)
            }
        };
        self.push(&mut blocks.list, node, token.start)
    }

    /// `template`; the keyword is past.
    fn call(&mut self) -> Result<Node> {
        let at = self.tokens.peek_word().start;
        let name = self.template_name("template")?;
        self.pay(size_of::<Call>(), at)?;
        if self.tokens.peek_word().kind == Kind::RightDelim {
            self.tokens.next();
            return Ok(call(at, name, None));
        }
        let pipe = self.pipeline("template", Kind::RightDelim)?;
        Ok(call(at, name, Some(pipe)))
    }

    fn template_name(&mut self, context: &'static str) -> Result<Str> {
        let token = self.tokens.next_word();
        match token.kind {
            Kind::String | Kind::RawString => self.string(token),
            _ => self.unexpected(token, context),
        }
    }

    /// The bytes of a string literal.
    pub(super) fn string(&mut self, token: Token) -> Result<Str> {
        match strconv::unquote(&self.text[token.start..token.end]) {
            Some(bytes) => self.kept(&bytes, token.start),
            None => fail(token.start, "the string literal holds a bad escape"),
        }
    }

    fn expect(&mut self, kind: Kind, context: &'static str) -> Result<Token> {
        let token = self.tokens.next_word();
        if token.kind == kind { Ok(token) } else { self.unexpected(token, context) }
    }

    pub(super) fn unexpected<T>(&self, token: Token, context: &str) -> Result<T> {
        let message = match token.kind {
            Kind::Error(why) => why.to_owned(),
            Kind::BadName => bad_name(self.text, token.start),
            Kind::Eof => format!("unexpected end of the text in {context}"),
            Kind::Text => format!("unexpected text in {context}"),
            _ => {
                let shown: String = self.text[token.start..token.end].chars().take(20).collect();
                format!("unexpected {shown:?} in {context}")
            }
        };
        Err(refusal(token.start, Failure::with(message)))
    }
}

/// What is wrong with a name, and the way out where it is that of an item with a dash.
fn bad_name(text: &str, at: usize) -> String {
    let is_path = |c: char| c.is_alphanumeric() || "_.$".contains(c);
    let before = text[..at].rfind(|c| !is_path(c)).map_or(0, |before| before + 1);
    let text = text.get(before..).unwrap_or_default();
    let end = text.find(|c: char| c.is_whitespace() || "|(){},\"`".contains(c)).unwrap_or(text.len());
    let word = &text[..end];
    let way_out = word.rsplit_once('.').filter(|(map, item)| {
        let is_item =
            |item: &str| item.contains('-') && item.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
        is_item(item) && !map.contains('-') && word.len() <= LONGEST_SHOWN
    });
    match way_out {
        Some((map, item)) => {
            let map = if map.is_empty() { "." } else { map };
            format!("bad character in a name: write {{{{ index {map} {item:?} }}}} for {word}")
        }
        None => "bad character in a name".to_owned(),
    }
}

/// Longer names of items would make a line of any length.
const LONGEST_SHOWN: usize = 80;

fn control_name(keyword: Kind) -> &'static str {
    if keyword == Kind::If { "if" } else { "with" }
}

fn call(at: usize, name: Str, pipe: Option<Pipe>) -> Node {
    Node::Template(Box::new(Call { pos: pos(at), name, pipe }))
}

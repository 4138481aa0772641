//! Actions that steer: `if`, `with`, `range`, `define`, `block`, `template`.

use super::{Parser, Result, Scope, pos, refusal};
use crate::{
    ast::{Branches, Call, List, Node, Pipe, Range},
    error::Failure,
    lexer::{Kind, Token},
    strconv,
    value::Str,
};

/// What an action turned out to be.
pub(super) enum Step {
    Node(Node),
    /// `{{end}}`, at that position
    End(usize),
    /// `{{else}}`, or what comes before `if` or `with` in `{{else if …}}`
    Else(usize),
}

impl Parser<'_> {
    /// A piece of text or an action.
    pub(super) fn text_or_action(&mut self) -> Result<Step> {
        let token = self.tokens.next_word();
        match token.kind {
            Kind::Text => Ok(Step::Node(Node::Text(pos(token.start), pos(token.end)))),
            Kind::LeftDelim => self.action(),
            _ => self.unexpected(token, "input"),
        }
    }

    /// An action; its left delimiter is past.
    fn action(&mut self) -> Result<Step> {
        let token = self.tokens.peek_word();
        let node = match token.kind {
            Kind::End => {
                self.tokens.next();
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Step::End(token.start));
            }
            Kind::Else => {
                self.tokens.next();
                if !matches!(self.tokens.peek_word().kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Step::Else(token.start));
            }
            Kind::If => self.control(Kind::If)?,
            Kind::With => self.control(Kind::With)?,
            Kind::Range => self.range()?,
            Kind::Block => self.block()?,
            Kind::Template => self.call()?,
            Kind::Break | Kind::Continue => self.jump()?,
            _ => Node::Action(self.pipeline("command", Kind::RightDelim)?),
        };
        Ok(Step::Node(node))
    }

    fn jump(&mut self) -> Result<Node> {
        let token = self.tokens.next();
        self.expect(Kind::RightDelim, "break or continue")?;
        if self.scope.ranges == 0 {
            return self.fail(token.start, "break and continue belong inside range");
        }
        Ok(if token.kind == Kind::Break { Node::Break } else { Node::Continue })
    }

    /// Nodes up to `{{end}}` or `{{else}}`; whether it was the latter.
    fn list(&mut self) -> Result<(List, bool)> {
        let mut list = List::new();
        loop {
            let next = self.tokens.peek_word();
            if next.kind == Kind::Eof {
                return self.fail(next.start, "the text ends where {{end}} is missing");
            }
            match self.text_or_action()? {
                Step::Node(node) => list.push(node),
                Step::End(_) => return Ok((list, false)),
                Step::Else(_) => return Ok((list, true)),
            }
        }
    }

    /// Nodes up to `{{end}}`.
    fn last_list(&mut self) -> Result<List> {
        let start = self.tokens.peek().start;
        match self.list()? {
            (list, false) => Ok(list),
            (_, true) => self.fail(start, "expected {{end}}, found {{else}}"),
        }
    }

    /// `if` or `with`, with its chain of `else if` or `else with`.
    fn control(&mut self, keyword: Kind) -> Result<Node> {
        let token = self.tokens.next();
        self.enter(token.start)?;
        let declared = self.scope.declared.len();
        let mut branches = Vec::new();
        let mut otherwise = List::new();
        loop {
            let pipe = self.pipeline(if keyword == Kind::If { "if" } else { "with" }, Kind::RightDelim)?;
            let (list, more) = self.list()?;
            branches.push((pipe, list));
            if !more {
                break;
            }
            if self.tokens.peek().kind != keyword {
                otherwise = self.last_list()?;
                break;
            }
            self.tokens.next();
        }
        self.scope.truncate(declared);
        self.leave();
        let branches = Branches { branches, otherwise };
        Ok(if keyword == Kind::If { Node::If(branches) } else { Node::With(branches) })
    }

    fn range(&mut self) -> Result<Node> {
        let token = self.tokens.next();
        self.enter(token.start)?;
        let declared = self.scope.declared.len();
        let pipe = self.pipeline("range", Kind::RightDelim)?;
        self.scope.ranges += 1;
        let (body, more) = self.list()?;
        self.scope.ranges -= 1;
        let otherwise = if more { self.last_list()? } else { List::new() };
        self.scope.truncate(declared);
        self.leave();
        Ok(Node::Range(Box::new(Range { pipe, body, otherwise })))
    }

    /// `{{define "name"}}…{{end}}`; the keyword is past.
    pub(super) fn definition(&mut self) -> Result<()> {
        let at = self.tokens.peek_word().start;
        let name = self.template_name("define")?;
        self.expect(Kind::RightDelim, "define")?;
        self.body_of(name, at)
    }

    /// The body of `define` or `block`, which sees no variable from outside.
    fn body_of(&mut self, name: Str, at: usize) -> Result<()> {
        self.enter(at)?;
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let list = self.last_list()?;
        self.scope = outer;
        self.leave();
        self.add(name, list, at)
    }

    fn block(&mut self) -> Result<Node> {
        self.tokens.next();
        let at = self.tokens.peek_word().start;
        let name = self.template_name("block")?;
        let pipe = self.pipeline("block", Kind::RightDelim)?;
        self.body_of(name.clone(), at)?;
        Ok(call(at, name, Some(pipe)))
    }

    fn call(&mut self) -> Result<Node> {
        self.tokens.next();
        let at = self.tokens.peek_word().start;
        let name = self.template_name("template")?;
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
    pub(super) fn string(&self, token: Token) -> Result<Str> {
        match strconv::unquote(&self.text[token.start..token.end]) {
            Some(bytes) => Ok(bytes.into()),
            None => self.fail(token.start, "the string literal holds a bad escape"),
        }
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &'static str) -> Result<Token> {
        let token = self.tokens.next_word();
        if token.kind == kind { Ok(token) } else { self.unexpected(token, context) }
    }

    pub(super) fn unexpected<T>(&self, token: Token, context: &str) -> Result<T> {
        let message = match token.kind {
            Kind::Error(why) => why.to_owned(),
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

fn call(at: usize, name: Str, pipe: Option<Pipe>) -> Node {
    Node::Template(Box::new(Call { pos: pos(at), name, pipe }))
}

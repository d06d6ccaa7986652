//! From tokens to the tree of a template (text/template, “Actions”, “Pipelines”, “Variables”, “Nested template
//! definitions”).

use std::collections::HashMap;

use crate::error::{Fault, quoted};
use crate::functions;
use crate::lex::{Lexeme, Token, lex};
use crate::literal;
use crate::syntax::{Branch, Call, Command, Node, Nodes, Pipe, Templates, Term, TermKind};

/// How deep blocks and parentheses may be nested. Go has no such limit; nobody reads what is nested deeper.
const DEEPEST: usize = 100;

/// Reads a template and those that it defines.
pub(crate) fn parse(source: &str) -> Result<Templates, Fault> {
    let mut parser = Parser {
        tokens: lex(source)?,
        next: 0,
        variables: vec!["$".to_owned()],
        named: HashMap::new(),
        depth: 0,
        loops: 0,
    };
    let (main, end) = parser.nodes(true)?;
    match end {
        Ending::Source => Ok(Templates { main, named: parser.named }),
        Ending::Close(at) => Err(Fault::new("there is no block that this “end” could close").at(at)),
        Ending::Else(at) => Err(Fault::new("there is no block that this “else” could belong to").at(at)),
    }
}

struct Parser<'s> {
    tokens: Vec<Lexeme<'s>>,
    next: usize,
    /// The variables that can be seen, with their `$`.
    variables: Vec<String>,
    named: HashMap<String, Nodes>,
    /// How deep parentheses and blocks are nested.
    depth: usize,
    /// How many `range` are open.
    loops: usize,
}

/// What a list of nodes ends with: where that stands.
enum Ending {
    Source,
    Close(usize),
    /// The words after it are still to be read.
    Else(usize),
}

/// What kind of block is read.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    If,
    With,
    Range,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> Lexeme<'s> {
        let last = Lexeme { token: Token::End, at: self.tokens.last().map_or(0, |lexeme| lexeme.at) };
        self.tokens.get(self.next).copied().unwrap_or(last)
    }

    fn take(&mut self) -> Lexeme<'s> {
        let lexeme = self.peek();
        self.next += 1;
        lexeme
    }

    fn skip_space(&mut self) {
        while self.peek().token == Token::Space {
            self.next += 1;
        }
    }

    /// The next token that is no space.
    fn take_word(&mut self) -> Lexeme<'s> {
        self.skip_space();
        self.take()
    }

    fn take_if(&mut self, token: Token<'_>) -> bool {
        let found = self.peek().token == token;
        if found {
            self.next += 1;
        }
        found
    }

    /// `}}`, where nothing else may stand.
    fn close(&mut self, after: &str) -> Result<(), Fault> {
        let lexeme = self.take_word();
        if lexeme.token == Token::Right {
            return Ok(());
        }
        Err(Fault::new(format!("after {after} comes “}}}}”, not {}", said(lexeme.token))).at(lexeme.at))
    }

    fn deeper<T>(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= DEEPEST {
            return Err(Fault::new(format!("blocks and parentheses are nested deeper than {DEEPEST}")).at(at));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// Text and actions up to what ends them. Templates are defined at the top only.
    fn nodes(&mut self, top: bool) -> Result<(Nodes, Ending), Fault> {
        let mut nodes = Vec::new();
        loop {
            let lexeme = self.take();
            match lexeme.token {
                Token::Text(text) => nodes.push(Node::Text(text.to_owned())),
                Token::Left => {
                    if let Some(end) = self.action(top, &mut nodes)? {
                        return Ok((nodes, end));
                    }
                }
                _ => return Ok((nodes, Ending::Source)),
            }
        }
    }

    /// What stands between `{{` and `}}`, and the block that it opens.
    fn action(&mut self, top: bool, nodes: &mut Nodes) -> Result<Option<Ending>, Fault> {
        self.skip_space();
        let Lexeme { token, at } = self.peek();
        let Token::Word(word) = token else {
            nodes.push(Node::Action(self.pipe("an action", Token::Right, false)?));
            return Ok(None);
        };
        let node = match word {
            "if" => Node::If(self.block(Block::If)?),
            "with" => Node::With(self.block(Block::With)?),
            "range" => Node::Range(self.block(Block::Range)?),
            "template" => Node::Template(self.template()?),
            "block" => Node::Template(self.deeper(at, Self::named_block)?),
            "break" | "continue" => self.leave(word)?,
            "define" if top => {
                self.deeper(at, Self::define)?;
                return Ok(None);
            }
            "define" => return Err(Fault::new("a template is defined outside of all blocks").at(at)),
            "end" => {
                self.next += 1;
                self.close("“end”")?;
                return Ok(Some(Ending::Close(at)));
            }
            "else" => {
                self.next += 1;
                return Ok(Some(Ending::Else(at)));
            }
            _ => Node::Action(self.pipe("an action", Token::Right, false)?),
        };
        nodes.push(node);
        Ok(None)
    }

    fn leave(&mut self, word: &str) -> Result<Node, Fault> {
        let at = self.take().at;
        if self.loops == 0 {
            return Err(Fault::new(format!("“{word}” stands inside of “range” only")).at(at));
        }
        self.close(&format!("“{word}”"))?;
        Ok(if word == "break" { Node::Break } else { Node::Continue })
    }

    /// From the word after `{{` to the end of the block.
    fn block(&mut self, kind: Block) -> Result<Branch, Fault> {
        let at = self.take().at;
        self.deeper(at, |parser| {
            let seen = parser.variables.len();
            let branch = parser.branch(kind, at);
            parser.variables.truncate(seen);
            branch
        })
    }

    fn branch(&mut self, kind: Block, at: usize) -> Result<Branch, Fault> {
        let name = match kind {
            Block::If => "“if”",
            Block::With => "“with”",
            Block::Range => "“range”",
        };
        let pipe = self.pipe(name, Token::Right, kind == Block::Range)?;
        self.loops += usize::from(kind == Block::Range);
        let body = self.nodes(false);
        self.loops -= usize::from(kind == Block::Range);
        let (then, end) = body?;
        let otherwise = match end {
            Ending::Close(_) => Vec::new(),
            Ending::Else(_) => self.otherwise(kind, name)?,
            Ending::Source => return Err(unclosed(name, at)),
        };
        Ok(Branch { pipe, then, otherwise })
    }

    /// After `else`: the rest, or the next condition of a chain.
    fn otherwise(&mut self, kind: Block, name: &str) -> Result<Nodes, Fault> {
        self.skip_space();
        let Lexeme { token, at } = self.peek();
        match (token, kind) {
            (Token::Word("if"), Block::If) => Ok(vec![Node::If(self.block(Block::If)?)]),
            (Token::Word("with"), Block::With) => Ok(vec![Node::With(self.block(Block::With)?)]),
            _ => {
                self.close("“else”")?;
                match self.nodes(false)? {
                    (nodes, Ending::Close(_)) => Ok(nodes),
                    (_, Ending::Else(at)) => {
                        Err(Fault::new(format!("{name} has more than one “else”")).at(at))
                    }
                    (_, Ending::Source) => Err(unclosed(name, at)),
                }
            }
        }
    }

    /// The name of a template, as a text.
    fn name(&mut self, after: &str) -> Result<String, Fault> {
        let lexeme = self.take_word();
        let Token::Quoted(name) = lexeme.token else {
            let problem = format!("after {after} comes a name as a text, not {}", said(lexeme.token));
            return Err(Fault::new(problem).at(lexeme.at));
        };
        literal::text(name).map_err(|fault| fault.at(lexeme.at))
    }

    fn template(&mut self) -> Result<Call, Fault> {
        let at = self.take().at;
        let name = self.name("“template”")?;
        self.skip_space();
        let data = if self.take_if(Token::Right) {
            None
        } else {
            Some(self.pipe("“template”", Token::Right, false)?)
        };
        Ok(Call { at, name, data })
    }

    fn define(&mut self) -> Result<(), Fault> {
        let at = self.take().at;
        let name = self.name("“define”")?;
        self.close("the name of a template")?;
        self.body(name, at, "“define”")
    }

    /// `block` defines a template and calls it at once.
    fn named_block(&mut self) -> Result<Call, Fault> {
        let at = self.take().at;
        let name = self.name("“block”")?;
        let data = Some(self.pipe("“block”", Token::Right, false)?);
        self.body(name.clone(), at, "“block”")?;
        Ok(Call { at, name, data })
    }

    /// The nodes of a template of its own: it sees no variables but `$`, and no loops.
    fn body(&mut self, name: String, at: usize, what: &str) -> Result<(), Fault> {
        let outer = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let loops = std::mem::take(&mut self.loops);
        let (nodes, end) = self.nodes(false)?;
        self.variables = outer;
        self.loops = loops;
        match end {
            Ending::Close(_) => self.add(name, nodes, at),
            Ending::Else(at) => Err(Fault::new(format!("{what} has no “else”")).at(at)),
            Ending::Source => Err(unclosed(what, at)),
        }
    }

    /// A template without content may be defined again, any other may not.
    fn add(&mut self, name: String, nodes: Nodes, at: usize) -> Result<(), Fault> {
        match self.named.get(&name) {
            Some(old) if !is_empty(old) => {
                if is_empty(&nodes) {
                    return Ok(());
                }
                Err(Fault::new(format!("the template {} is defined twice", quoted(&name))).at(at))
            }
            _ => {
                self.named.insert(name, nodes);
                Ok(())
            }
        }
    }

    /// Declarations and commands up to `end`, which is taken.
    fn pipe(&mut self, after: &str, end: Token<'_>, ranges: bool) -> Result<Pipe, Fault> {
        self.skip_space();
        let at = self.peek().at;
        let mut pipe = Pipe { at, variables: Vec::new(), assigns: false, commands: Vec::new() };
        self.declarations(&mut pipe, ranges)?;
        // A variable can be seen after its own declaration only.
        let declared = if pipe.assigns { Vec::new() } else { pipe.variables.clone() };
        loop {
            self.skip_space();
            let lexeme = self.peek();
            if lexeme.token == end {
                self.next += 1;
                break;
            }
            if matches!(lexeme.token, Token::Right | Token::RightParen | Token::End) {
                return Err(Fault::new(format!("{} does not belong here", said(lexeme.token))).at(lexeme.at));
            }
            pipe.commands.push(self.command()?);
        }
        self.variables.extend(declared);
        check(&pipe, after)?;
        Ok(pipe)
    }

    /// `$x :=`, `$x =`, and for `range` also `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, ranges: bool) -> Result<(), Fault> {
        let begin = self.next;
        let mut names = Vec::new();
        loop {
            self.skip_space();
            let Lexeme { token: Token::Variable(name), at } = self.peek() else { break };
            self.next += 1;
            self.skip_space();
            names.push((name, at));
            if !(ranges && names.len() == 1 && self.take_if(Token::Comma)) {
                break;
            }
        }
        let mark = self.peek();
        pipe.assigns = mark.token == Token::Assign;
        match mark.token {
            Token::Assign | Token::Declare if !names.is_empty() => self.next += 1,
            Token::Comma if !names.is_empty() => {
                return Err(Fault::new("only “range” declares two variables, and never three").at(mark.at));
            }
            _ if names.len() > 1 => {
                return Err(Fault::new("after the variables of “range” comes “:=”").at(mark.at));
            }
            _ => {
                // It was an operand, or nothing at all.
                self.next = begin;
                return Ok(());
            }
        }
        for (name, at) in names {
            if pipe.assigns {
                self.known(name, at)?;
            }
            pipe.variables.push(name.to_owned());
        }
        Ok(())
    }

    fn known(&self, name: &str, at: usize) -> Result<(), Fault> {
        if self.variables.iter().any(|seen| seen == name) {
            return Ok(());
        }
        Err(Fault::new(format!("the variable {} is not declared here", quoted(name))).at(at))
    }

    /// Terms with spaces between them, up to a pipe, which is taken, or to what ends the pipeline, which is not.
    fn command(&mut self) -> Result<Command, Fault> {
        let mut terms = Vec::new();
        loop {
            self.skip_space();
            let begin = self.peek();
            if let Some(term) = self.operand()? {
                terms.push(term);
            }
            let lexeme = self.peek();
            match lexeme.token {
                Token::Space => {}
                Token::Pipe => {
                    self.next += 1;
                    break;
                }
                Token::Right | Token::RightParen => break,
                // Only a space separates terms, except before a parenthesis in Go's own reading.
                _ => {
                    let problem = format!("{} cannot stand here", said(lexeme.token));
                    return Err(Fault::new(problem).at(lexeme.at.max(begin.at)));
                }
            }
        }
        let at = self.peek().at;
        let mut terms = terms.into_iter();
        let first = terms.next().ok_or_else(|| Fault::new("a command is missing here").at(at))?;
        Ok(Command { first, arguments: terms.collect() })
    }

    /// A term and the fields that hang on it.
    fn operand(&mut self) -> Result<Option<Term>, Fault> {
        let Some(mut term) = self.term()? else { return Ok(None) };
        let mut fields = Vec::new();
        while let Lexeme { token: Token::Field(name), at } = self.peek() {
            if matches!(
                term.kind,
                TermKind::Bool(_) | TermKind::Text(_) | TermKind::Number(_) | TermKind::Nil | TermKind::Dot
            ) {
                return Err(Fault::new("a constant has no fields").at(at));
            }
            self.next += 1;
            fields.push(name.to_owned());
        }
        match &mut term.kind {
            _ if fields.is_empty() => {}
            TermKind::Field(names) | TermKind::Variable(_, names) => names.append(&mut fields),
            _ => {
                let at = term.at;
                term = Term { at, kind: TermKind::Chain(Box::new(term), fields) };
            }
        }
        Ok(Some(term))
    }

    fn term(&mut self) -> Result<Option<Term>, Fault> {
        let Lexeme { token, at } = self.peek();
        let kind = match token {
            Token::Word("true") => TermKind::Bool(true),
            Token::Word("false") => TermKind::Bool(false),
            Token::Word("nil") => TermKind::Nil,
            Token::Word(name) => {
                let function = functions::find(name)
                    .ok_or_else(|| Fault::new(format!("there is no function {}", quoted(name))).at(at))?;
                TermKind::Function(function)
            }
            Token::Dot => TermKind::Dot,
            Token::Field(name) => TermKind::Field(vec![name.to_owned()]),
            Token::Variable(name) => {
                self.known(name, at)?;
                TermKind::Variable(name.to_owned(), Vec::new())
            }
            Token::Number(text) => TermKind::Number(literal::number(text).map_err(|fault| fault.at(at))?),
            Token::Char(text) => TermKind::Number(literal::character(text).map_err(|fault| fault.at(at))?),
            Token::Quoted(text) => TermKind::Text(literal::text(text).map_err(|fault| fault.at(at))?),
            Token::LeftParen => {
                self.next += 1;
                let pipe =
                    self.deeper(at, |parser| parser.pipe("a parenthesis", Token::RightParen, false))?;
                return Ok(Some(Term { at, kind: TermKind::Pipe(Box::new(pipe)) }));
            }
            _ => return Ok(None),
        };
        self.next += 1;
        Ok(Some(Term { at, kind }))
    }
}

/// A pipeline has commands, and what takes a result is something that can be called.
fn check(pipe: &Pipe, after: &str) -> Result<(), Fault> {
    if pipe.commands.is_empty() {
        return Err(Fault::new(format!("a value is missing in {after}")).at(pipe.at));
    }
    for command in &pipe.commands[1..] {
        if matches!(
            command.first.kind,
            TermKind::Bool(_) | TermKind::Dot | TermKind::Nil | TermKind::Number(_) | TermKind::Text(_)
        ) {
            return Err(Fault::new("after “|” comes a function, not a constant").at(command.first.at));
        }
    }
    Ok(())
}

fn unclosed(what: &str, at: usize) -> Fault {
    Fault::new(format!("{what} is opened here and never closed with “{{{{end}}}}”")).at(at)
}

/// Nothing but white space.
fn is_empty(nodes: &Nodes) -> bool {
    nodes.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}

/// A token as an error names it.
fn said(token: Token<'_>) -> String {
    match token {
        Token::Text(_) => "text".to_owned(),
        Token::Left => "“{{”".to_owned(),
        Token::Right => "“}}”".to_owned(),
        Token::Space => "a space".to_owned(),
        Token::Field(name) => quoted(&format!(".{name}")),
        Token::Variable(name) | Token::Word(name) => quoted(name),
        Token::Number(text) | Token::Char(text) | Token::Quoted(text) => quoted(text),
        Token::Dot => "“.”".to_owned(),
        Token::Pipe => "“|”".to_owned(),
        Token::Comma => "“,”".to_owned(),
        Token::Declare => "“:=”".to_owned(),
        Token::Assign => "“=”".to_owned(),
        Token::LeftParen => "“(”".to_owned(),
        Token::RightParen => "“)”".to_owned(),
        Token::End => "the end of the template".to_owned(),
    }
}

//! From a template's text to what stands in it: text, and the words of its actions.

use crate::error::Fault;

/// What white space is to Go's templates: at trim markers and between words.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// One piece of a template.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'s> {
    /// What is written as it stands, already trimmed.
    Text(&'s str),
    /// `{{`
    Left,
    /// `}}`
    Right,
    Space,
    /// A name after a dot, without the dot.
    Field(&'s str),
    /// With its `$`.
    Variable(&'s str),
    /// A name: keyword, constant or function.
    Word(&'s str),
    Number(&'s str),
    /// A character constant with its quotes.
    Char(&'s str),
    /// A text with its quotes, `"` or `` ` ``.
    Quoted(&'s str),
    Dot,
    Pipe,
    Comma,
    Declare,
    Assign,
    LeftParen,
    RightParen,
    End,
}

/// A token and the byte of the template at which it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexeme<'s> {
    pub(crate) token: Token<'s>,
    pub(crate) at: usize,
}

/// All tokens of a template; the last one is [`Token::End`].
pub(crate) fn lex(source: &str) -> Result<Vec<Lexeme<'_>>, Fault> {
    let mut lexer = Lexer { source, at: 0, found: Vec::new(), parens: 0 };
    while lexer.text() {
        lexer.action()?;
    }
    Ok(lexer.found)
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    found: Vec<Lexeme<'s>>,
    parens: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, token: Token<'s>, length: usize) {
        self.found.push(Lexeme { token, at: self.at });
        self.at += length;
    }

    fn fault(&self, problem: impl Into<String>) -> Fault {
        Fault::new(problem).at(self.at)
    }

    /// Takes the text up to the next action; false when there is none.
    fn text(&mut self) -> bool {
        let rest = self.rest();
        let Some(length) = rest.find("{{") else {
            if !rest.is_empty() {
                self.push(Token::Text(rest), rest.len());
            }
            self.push(Token::End, 0);
            return false;
        };
        let (text, action) = rest.split_at(length);
        let shown = if opens_trimmed(action) { text.trim_end_matches(SPACES) } else { text };
        if shown.is_empty() {
            self.at += length;
        } else {
            self.push(Token::Text(shown), length);
        }
        true
    }

    /// Takes an action or a comment, from its `{{` to its `}}`.
    fn action(&mut self) -> Result<(), Fault> {
        let begin = self.at;
        let marker = if opens_trimmed(self.rest()) { 4 } else { 2 };
        if self.rest().get(marker..).is_some_and(|inside| inside.starts_with("/*")) {
            self.at += marker;
            return self.comment(begin);
        }
        self.push(Token::Left, marker);
        self.parens = 0;
        loop {
            if let Some((length, trims)) = closes(self.rest()) {
                if self.parens > 0 {
                    return Err(self.fault("a parenthesis is opened and not closed before this “}}”"));
                }
                self.push(Token::Right, length);
                self.skip_trimmed(trims);
                return Ok(());
            }
            self.word(begin)?;
        }
    }

    fn comment(&mut self, begin: usize) -> Result<(), Fault> {
        let Some(length) = self.rest().find("*/") else {
            return Err(Fault::new("a comment is opened and never closed with “*/}}”").at(begin));
        };
        self.at += length + 2;
        let Some((length, trims)) = closes(self.rest()) else {
            return Err(self.fault("after a comment's “*/” comes “}}”, with nothing between"));
        };
        self.at += length;
        self.skip_trimmed(trims);
        Ok(())
    }

    fn skip_trimmed(&mut self, trims: bool) {
        if trims {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(SPACES).len();
        }
    }

    /// Takes one token inside of an action.
    fn word(&mut self, begin: usize) -> Result<(), Fault> {
        let Some(c) = self.peek() else {
            return Err(Fault::new("an action is opened and never closed with “}}”").at(begin));
        };
        match c {
            c if SPACES.contains(&c) => self.space(),
            '=' => self.push(Token::Assign, 1),
            ':' if self.rest().starts_with(":=") => self.push(Token::Declare, 2),
            ':' => return Err(self.fault("“:” stands only in “:=”")),
            '|' => self.push(Token::Pipe, 1),
            ',' => self.push(Token::Comma, 1),
            '"' | '\'' => self.quoted(c)?,
            '`' => self.raw()?,
            '(' => {
                self.parens += 1;
                self.push(Token::LeftParen, 1);
            }
            ')' => {
                let Some(open) = self.parens.checked_sub(1) else {
                    return Err(self.fault("a parenthesis is closed that was not opened"));
                };
                self.parens = open;
                self.push(Token::RightParen, 1);
            }
            '$' => self.name(Token::Variable, 1)?,
            '.' if !self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.dot()?,
            '.' | '+' | '-' | '0'..='9' => self.number()?,
            c if is_letter(c) => self.name(Token::Word, 0)?,
            c => return Err(self.fault(format!("“{c}” has no meaning in an action"))),
        }
        Ok(())
    }

    /// White space, without the space that belongs to a closing ` -}}`.
    fn space(&mut self) {
        let rest = self.rest();
        let mut length = rest.len() - rest.trim_start_matches(SPACES).len();
        if rest[length..].starts_with("-}}") {
            length -= 1;
        }
        if length > 0 {
            self.push(Token::Space, length);
        }
    }

    fn dot(&mut self) -> Result<(), Fault> {
        if ends_word(&self.rest()[1..]) {
            self.push(Token::Dot, 1);
            return Ok(());
        }
        self.name(|name| Token::Field(name.get(1..).unwrap_or_default()), 1)
    }

    /// A name after `prefix` bytes of its own; it has to be followed by something that ends a word.
    fn name(&mut self, token: impl Fn(&'s str) -> Token<'s>, prefix: usize) -> Result<(), Fault> {
        let rest = self.rest();
        let after = rest[prefix..].trim_start_matches(is_letter);
        let length = rest.len() - after.len();
        if !ends_word(after) {
            self.at += length;
            let c = self.peek().unwrap_or_default();
            return Err(self.fault(format!("“{c}” cannot follow a name")));
        }
        self.push(token(&rest[..length]), length);
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<(), Fault> {
        let mut escaped = false;
        for (length, c) in self.rest().char_indices().skip(1) {
            match c {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    let text = &self.rest()[..=length];
                    let token = if quote == '"' { Token::Quoted(text) } else { Token::Char(text) };
                    self.push(token, length + 1);
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(self.fault(format!("a text is opened with {quote} and not closed on its line")))
    }

    fn raw(&mut self) -> Result<(), Fault> {
        let Some(length) = self.rest()[1..].find('`') else {
            return Err(self.fault("a text is opened with ` and never closed"));
        };
        self.push(Token::Quoted(&self.rest()[..length + 2]), length + 2);
        Ok(())
    }

    /// Everything that a number may be written with; whether it is one is found out when it is read.
    fn number(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let mut length = usize::from(rest.starts_with(['+', '-']));
        let hexadecimal = rest[length..].starts_with("0x") || rest[length..].starts_with("0X");
        let mut before = ' ';
        for c in rest[length..].chars() {
            let exponent = if hexadecimal { ['p', 'P'] } else { ['e', 'E'] };
            let sign = matches!(c, '+' | '-') && exponent.contains(&before);
            if !(sign || c == '.' || is_letter(c)) {
                break;
            }
            before = c;
            length += c.len_utf8();
        }
        self.push(Token::Number(&rest[..length]), length);
        Ok(())
    }
}

/// `{{- ` takes the white space before it away.
fn opens_trimmed(action: &str) -> bool {
    action.strip_prefix("{{-").is_some_and(|after| after.starts_with(SPACES))
}

/// Whether an action ends here: the length of what closes it, and whether it takes the white space after it away.
fn closes(rest: &str) -> Option<(usize, bool)> {
    if rest.starts_with("}}") {
        return Some((2, false));
    }
    (rest.starts_with(SPACES) && rest[1..].starts_with("-}}")).then_some((4, true))
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn ends_word(rest: &str) -> bool {
    rest.is_empty()
        || rest.starts_with(SPACES)
        || rest.starts_with(['.', ',', '|', ':', ')', '('])
        || rest.starts_with("}}")
}

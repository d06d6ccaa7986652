//! Rust source read as text: what is code, what is comment, which lines are tests, where functions begin and end.
//!
//! This is no parser. It knows just enough of Rust's tokens not to be fooled by braces in strings, and it keeps every
//! character in its line, so that what is found has a line number.

/// One Rust file, taken apart.
#[derive(Debug)]
pub struct Source {
    /// The text with comments and the contents of strings blanked out.
    pub code: String,
    /// The text with everything but comments blanked out.
    pub comments: String,
    /// For each line, whether it belongs to tests.
    test_lines: Vec<bool>,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// What it is called.
    pub name: String,
    /// The line of its `fn`, from 1.
    pub line: usize,
    /// From its `fn` to its closing brace.
    pub lines: usize,
}

impl Source {
    /// Takes `text` apart. `path` tells whether the whole file is tests.
    pub fn new(path: &str, text: &str) -> Self {
        let (code, comments) = split(text);
        let lines = text.lines().count();
        let test_lines = if is_test_path(path) { vec![true; lines] } else { marked_lines(&code, lines) };
        Self { code, comments, test_lines }
    }

    /// Whether `line` (from 1) belongs to tests.
    pub fn is_test(&self, line: usize) -> bool {
        self.test_lines.get(line.saturating_sub(1)).copied().unwrap_or(false)
    }

    /// The lines (from 1) outside of tests whose code contains `needle`.
    pub fn code_lines<'a>(&'a self, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
        lines_with(&self.code, needle).filter(|line| !self.is_test(*line))
    }

    /// How many lines outside of tests, and in tests, hold code.
    pub fn line_counts(&self) -> (usize, usize) {
        let filled = self.code.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
        filled.fold(
            (0, 0),
            |(code, tests), (index, _)| {
                if self.is_test(index + 1) { (code, tests + 1) } else { (code + 1, tests) }
            },
        )
    }

    /// All functions outside of tests.
    pub fn functions(&self) -> Vec<Function> {
        let chars: Vec<char> = self.code.chars().collect();
        let mut found = Vec::new();
        let mut line = 1;
        for at in 0..chars.len() {
            if chars[at] == '\n' {
                line += 1;
            }
            if !self.is_test(line)
                && is_word(&chars, at, "fn")
                && let Some((name, lines)) = function_at(&chars, at)
            {
                found.push(Function { name, line, lines });
            }
        }
        found
    }
}

/// The lines (from 1) of `text` that contain `needle`.
pub fn lines_with<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.lines().enumerate().filter(move |(_, line)| line.contains(needle)).map(|(index, _)| index + 1)
}

/// Whether everything in the file is tests: its own conventions, and Cargo's.
pub fn is_test_path(path: &str) -> bool {
    path.starts_with("crates/hob-tests/")
        || path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches" | "examples" | "fuzz"))
}

fn is_word(chars: &[char], at: usize, word: &str) -> bool {
    let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
    let end = at + word.len();
    word.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
        && !(at > 0 && is_name(&chars[at - 1]))
        && !chars.get(end).is_some_and(is_name)
}

/// The name and length of the function whose `fn` is at `at`; none for a pointer type or a declaration.
fn function_at(chars: &[char], at: usize) -> Option<(String, usize)> {
    let rest = &chars[at + 2..];
    let name: String = rest
        .iter()
        .skip_while(|c| c.is_whitespace())
        .take_while(|c| c.is_alphanumeric() || **c == '_')
        .collect();
    if name.is_empty() {
        return None;
    }
    let mut depth = 0_i32; // of the brackets of the signature: `[u8; 4]` is not the end of a declaration
    let open = rest.iter().position(|c| {
        depth += match c {
            '(' | '[' => 1,
            ')' | ']' => -1,
            _ => 0,
        };
        depth == 0 && matches!(c, '{' | ';')
    })?;
    if rest[open] == ';' {
        return None;
    }
    let close = closing_brace(rest, open)?;
    let lines = rest[..close].iter().filter(|c| **c == '\n').count() + 1;
    Some((name, lines))
}

fn closing_brace(chars: &[char], open: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (index, c) in chars.iter().enumerate().skip(open) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

/// Marks the lines of every item that follows `#[cfg(test)]`.
fn marked_lines(code: &str, lines: usize) -> Vec<bool> {
    let mut marked = vec![false; lines];
    let chars: Vec<char> = code.chars().collect();
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut line = 0;
    for at in 0..chars.len() {
        if chars[at..].starts_with(&mark) {
            let after = at + mark.len();
            let stop = (after..chars.len()).find(|i| matches!(chars[*i], '{' | ';'));
            let end = match stop {
                Some(i) if chars[i] == '{' => closing_brace(&chars, i).unwrap_or(chars.len() - 1),
                Some(i) => i,
                None => chars.len() - 1,
            };
            let last = line + chars[at..end].iter().filter(|c| **c == '\n').count();
            marked[line..=last.min(lines - 1)].fill(true);
        }
        if chars[at] == '\n' {
            line += 1;
        }
    }
    marked
}

/// Splits `text` into code and comments, each of the same lines.
fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut comments) = (String::with_capacity(text.len()), String::new());
    let mut at = 0;
    while at < chars.len() {
        let (end, kind) = token(&chars, at);
        for c in &chars[at..end] {
            let blank = if *c == '\n' { '\n' } else { ' ' };
            code.push(if kind == Kind::Code { *c } else { blank });
            comments.push(if kind == Kind::Comment { *c } else { blank });
        }
        at = end;
    }
    (code, comments)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Where the token at `at` ends, and what it is.
fn token(chars: &[char], at: usize) -> (usize, Kind) {
    let next = chars.get(at + 1);
    match chars[at] {
        '/' if next == Some(&'/') => {
            let end = chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |length| at + length);
            (end, Kind::Comment)
        }
        '/' if next == Some(&'*') => (block_comment_end(chars, at), Kind::Comment),
        '"' => (string_end(chars, at), Kind::Literal),
        '\'' => character_end(chars, at).map_or((at + 1, Kind::Code), |end| (end, Kind::Literal)),
        c if c.is_alphanumeric() || c == '_' => {
            let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
            let end = at + chars[at..].iter().take_while(|c| is_name(c)).count();
            let word: String = chars[at..end].iter().collect();
            let raw = matches!(word.as_str(), "r" | "br" | "cr");
            match raw.then(|| raw_string_end(chars, end)).flatten() {
                Some(end) => (end, Kind::Literal),
                None => (end, Kind::Code),
            }
        }
        _ => (at + 1, Kind::Code),
    }
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// Of a raw string whose hashes begin at `at`; none if it is a raw identifier or just a variable.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let mut i = at + hashes + 1;
    while i < chars.len() {
        if chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return Some(i + 1 + hashes);
        }
        i += 1;
    }
    Some(chars.len())
}

/// Of a character literal; none if the quote begins a lifetime.
fn character_end(chars: &[char], at: usize) -> Option<usize> {
    if chars.get(at + 1) == Some(&'\\') {
        return chars.get(at + 3..)?.iter().position(|c| *c == '\'').map(|length| at + 3 + length + 1);
    }
    (chars.get(at + 2) == Some(&'\'')).then_some(at + 3)
}

#[cfg(test)]
mod tests;

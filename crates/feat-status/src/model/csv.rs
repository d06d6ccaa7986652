//! CSV (RFC 4180) that a spreadsheet takes for data only.

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Words. A spreadsheet must not take them for a formula.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number, told with three digits.
    Number(f64),
    /// Nothing.
    Empty,
}

impl Cell {
    /// Words.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number that may be missing.
    pub(crate) fn number(number: Option<f64>) -> Self {
        number.filter(|number| number.is_finite()).map_or(Self::Empty, Self::Number)
    }
}

/// What a spreadsheet takes for the begin of a formula (OWASP, CSV injection).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Adds a line to `out`.
pub(crate) fn write_line(out: &mut String, cells: &[Cell]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        match cell {
            Cell::Text(text) => write_text(out, text),
            Cell::Integer(number) => out.push_str(&number.to_string()),
            Cell::Number(number) => out.push_str(&format!("{number:.3}")),
            Cell::Empty => {}
        }
    }
    out.push_str("\r\n");
}

fn write_text(out: &mut String, text: &str) {
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    if !text.contains([',', '"', '\r', '\n']) {
        out.push_str(guard);
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(guard);
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// A heading.
pub(crate) fn heading(names: &[&str]) -> String {
    let cells: Vec<Cell> = names.iter().map(|name| Cell::text(*name)).collect();
    let mut line = String::new();
    write_line(&mut line, &cells);
    line
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads what RFC 4180 describes.
    pub(crate) fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (vec![], vec![], String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted && chars.peek() == Some(&'\n') => {
                    chars.next();
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                c => cell.push(c),
            }
        }
        rows
    }

    #[test]
    fn formulas_become_words_and_numbers_stay_numbers() {
        let mut out = String::new();
        let cells = [
            Cell::text("=HYPERLINK(\"http://x\")"),
            Cell::text("@a"),
            Cell::Integer(-5),
            Cell::number(Some(-0.5)),
            Cell::number(Some(f64::NAN)),
            Cell::text("a\r\nb"),
        ];
        write_line(&mut out, &cells);
        assert_eq!(out, "\"'=HYPERLINK(\"\"http://x\"\")\",'@a,-5,-0.500,,\"a\r\nb\"\r\n");
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read_again(rows in proptest::collection::vec(proptest::collection::vec("[-=+@\"',;a-z\\r\\n\\t é]{0,8}", 1..5), 0..6)) {
            let mut out = String::new();
            for row in &rows {
                let cells: Vec<Cell> = row.iter().map(Cell::text).collect();
                write_line(&mut out, &cells);
            }
            let expected: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().map(|cell| if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.clone() }).collect())
                .collect();
            prop_assert_eq!(read(&out), expected);
            for cell in read(&out).iter().flatten() {
                prop_assert!(!cell.starts_with(FORMULA));
            }
        }
    }
}

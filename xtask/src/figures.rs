//! How large the house is.

use crate::house::House;
use crate::source::Function;
use crate::tidy::packages_in;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many of the longest functions are named.
const LONGEST: usize = 10;

#[derive(Default)]
struct Size {
    code: usize,
    tests: usize,
    functions: Vec<usize>,
}

/// A table of the crates, and the longest functions.
pub fn figures(house: &House) -> String {
    let mut sizes: BTreeMap<&str, Size> = BTreeMap::new();
    let mut longest: Vec<(&str, Function)> = Vec::new();
    for (file, source) in house.rust_files() {
        let Some(member) =
            house.members.iter().find(|one| file.path.starts_with(&format!("{}/", one.folder)))
        else {
            continue;
        };
        let size = sizes.entry(&member.name).or_default();
        let (code, tests) = source.line_counts();
        (size.code, size.tests) = (size.code + code, size.tests + tests);
        for function in source.functions() {
            size.functions.push(function.lines);
            longest.push((&file.path, function));
        }
    }
    let mut text =
        String::from("lines without blanks and comments; functions in lines, outside of tests\n\n");
    text += "crate             code    tests  functions  median  90th  longest\n";
    let mut total = Size::default();
    for (name, size) in sizes {
        text += &row(name, &size);
        (total.code, total.tests) = (total.code + size.code, total.tests + size.tests);
        total.functions.extend(size.functions);
    }
    text += &row("all", &total);
    text += "\nlongest functions\n";
    longest.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));
    for (path, function) in longest.iter().take(LONGEST) {
        let _ = writeln!(text, "{:>5}  {path}:{} {}", function.lines, function.line, function.name);
    }
    let packages = house.file("Cargo.lock").map_or(0, |lock| packages_in(&lock.text));
    let _ = writeln!(text, "\n{packages} packages in Cargo.lock");
    text
}

fn row(name: &str, size: &Size) -> String {
    let mut lengths = size.functions.clone();
    lengths.sort_unstable();
    let at =
        |percent: usize| lengths.get(lengths.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
    let (count, median, most, longest) = (lengths.len(), at(50), at(90), at(100));
    format!("{name:<14} {:>7} {:>8} {count:>10} {median:>7} {most:>5} {longest:>8}\n", size.code, size.tests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::Member;

    #[test]
    fn it_counts_lines_functions_and_packages() {
        let mut house = House::default();
        house.members.push(Member { name: "tsdb".into(), folder: "crates/tsdb".into(), uses: vec![] });
        house.add_file("crates/tsdb/src/lib.rs".into(), "//! Doc.\n\nfn a() {\n}\nfn b() {}\n".into());
        house.add_file("crates/tsdb/src/tests.rs".into(), "fn t() {}\n".into());
        house.add_file("crates/tsdb-other/src/lib.rs".into(), "fn not_ours() {}\n".into());
        house.add_file("Cargo.lock".into(), "[[package]]\n[[package]]\n".into());
        let text = figures(&house);
        let words: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(words.contains(&vec!["tsdb", "3", "1", "2", "1", "1", "2"]), "{text}");
        assert!(words.contains(&vec!["2", "crates/tsdb/src/lib.rs:3", "a"]), "{text}");
        assert!(text.ends_with("2 packages in Cargo.lock\n"));
    }
}

use super::*;

fn source(text: &str) -> Source {
    Source::new("crates/feat-a/src/model.rs", text)
}

#[test]
fn comments_and_strings_are_no_code() {
    let source = source(concat!(
        "let a = \"{ // not a comment \\\" { \"; // a comment {\n",
        "let b = r#\"raw { \" \"#; /* block { /* nested */ still */ let c = '{';\n",
        "fn f<'a>(x: &'a str) -> char { '\\'' }\n",
        "let bytes = b\"{\"; let byte = b'{'; let r#type = '\\u{7b}';\n",
    ));
    assert_eq!(source.code.matches('{').count(), 1, "{}", source.code);
    assert!(source.code.contains("let c = "), "{}", source.code);
    assert!(source.code.contains("let r#type = "), "{}", source.code);
    assert!(source.comments.contains("a comment {") && source.comments.contains("still"));
    assert!(!source.comments.contains("not a comment"));
    assert_eq!(source.code.lines().count(), 4);
}

#[test]
fn functions_are_measured_from_signature_to_closing_brace() {
    let source = source(concat!(
        "pub fn short() {}\n",
        "struct S { call: fn(&str) -> [u8; 4] }\n",
        "trait T {\n    fn declared(&self) -> [u8; 2];\n}\n",
        "async fn long(a: [u8; 3])\nwhere\n    u8: Copy,\n{\n    if true { \"}\" } else { \"{\" };\n}\n",
    ));
    let names: Vec<_> = source
        .functions()
        .into_iter()
        .map(|function| (function.name, function.line, function.lines))
        .collect();
    assert_eq!(names, [("short".to_owned(), 1, 1), ("long".to_owned(), 6, 6)]);
}

#[test]
fn tests_are_known_by_mark_and_by_path() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}";
    let source = source(text);
    let tests: Vec<usize> = (1..=10).filter(|line| source.is_test(*line)).collect();
    assert_eq!(tests, [2, 3, 4, 5, 6, 8, 9]);
    let names: Vec<_> = source.functions().into_iter().map(|function| function.name).collect();
    assert_eq!(names, ["a", "c", "d"]);
    assert_eq!(source.line_counts(), (3, 7));
    assert!(Source::new("crates/feat-a/src/store/tests.rs", "fn a() {}").functions().is_empty());
    assert!(Source::new("crates/feat-a/tests/whole.rs", "fn a() {}").is_test(1));
}

#[test]
fn needles_are_found_outside_of_tests_and_literals_only() {
    let source = source("// needle\nlet a = \"needle\";\nneedle();\n#[cfg(test)]\nfn t() { needle() }\n");
    assert_eq!(source.code_lines("needle").collect::<Vec<_>>(), [3]);
    assert_eq!(lines_with(&source.comments, "needle").collect::<Vec<_>>(), [1]);
}

#[test]
fn unfinished_files_do_not_stop_it() {
    for text in ["fn a(", "fn", "\"", "'", "'\\", "r#\"", "/*", "#[cfg(test)]", "fn a() {", "", "b'"] {
        assert!(source(text).functions().is_empty());
    }
}

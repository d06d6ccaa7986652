use super::*;

#[test]
fn notes_keep_their_lines_and_lose_nothing() {
    assert_eq!(note_text(" first\u{7} \n\n second ").unwrap(), "first\n\nsecond");
    assert_eq!(note_text(&"x".repeat(NOTE_MAX)).unwrap().len(), NOTE_MAX);
    for wrong in ["", " \n ", &"x".repeat(NOTE_MAX + 1), &"x\n".repeat(NOTE_MAX)] {
        assert!(note_text(wrong).is_err(), "{} characters", wrong.len());
    }
}

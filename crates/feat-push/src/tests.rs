use super::{model, pages};
use hob_base::Level;

#[test]
fn nothing_found_is_said_with_a_remedy() {
    let health = model::judge(0);
    assert_eq!(health.level, Level::Warning);
    assert!(pages::overview(&health).into_string().contains("Nothing was found."));
}

#[test]
fn what_is_found_is_well() {
    assert_eq!(model::judge(1).level, Level::Ok);
}

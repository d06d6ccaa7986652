use super::Reach;

#[test]
fn the_lines_say_who_one_is_only_where_that_is_needed() {
    let mut reach = Reach {
        address: "http://nas:4621".to_owned(),
        anybody_writes: true,
        anybody_reads: false,
        name: "ben".to_owned(),
    };
    assert_eq!(reach.publish_line("backups", "done"), "curl -d \"done\" http://nas:4621/backups");
    assert_eq!(reach.subscribe_line("backups"), "curl -sN -u ben http://nas:4621/backups/json");
    reach.anybody_writes = false;
    assert_eq!(reach.publish_line("backups", "done"), "curl -u ben -d \"done\" http://nas:4621/backups");
}

//! What is to be thought of several resources as one.
//!
//! `all`: the group is as the worst of them. `any`: as the best of them. A share: critical when fewer are well than that,
//! a warning while some are not. A member with a warning still works, so that it counts as well for `any` and for shares.

use crate::model::outcome::Member;
use hob_base::wording::{listed, tidy};
use hob_base::{Health, Level};
use hob_feature::checks::GroupRule;

/// How many members are named in a sentence.
const NAMED: usize = 4;

/// Of the members of a group.
pub(super) fn judge(rule: GroupRule, members: &[Member]) -> Health {
    if members.is_empty() {
        return Health::unknown("It has no members.");
    }
    let levels = || members.iter().map(level);
    let works = |level: Level| matches!(level, Level::Ok | Level::Warning);
    let working = levels().filter(|level| works(*level)).count();
    let broken = levels().filter(|level| *level == Level::Critical).count();
    let level = match rule {
        GroupRule::All => levels().max(),
        // Unknown is better than a warning only where the worst is looked for.
        GroupRule::Any => levels().min_by_key(|level| rank(*level)),
        GroupRule::Percent(percent) => {
            let enough = |count: usize| count * 100 >= usize::from(percent) * members.len();
            Some(match () {
                () if levels().all(|level| level == Level::Ok) => Level::Ok,
                () if enough(working) => Level::Warning,
                // Those of which nobody knows may be well or not.
                () if enough(members.len() - broken) => Level::Unknown,
                () => Level::Critical,
            })
        }
    };
    sentence(level.unwrap_or(Level::Unknown), rule, members)
}

fn level(member: &Member) -> Level {
    member.level.unwrap_or(Level::Unknown)
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Ok => 0,
        Level::Warning => 1,
        Level::Unknown => 2,
        Level::Critical => 3,
    }
}

fn sentence(level: Level, rule: GroupRule, members: &[Member]) -> Health {
    let unwell: Vec<&Member> = members.iter().filter(|member| self::level(member) != Level::Ok).collect();
    if unwell.is_empty() {
        return Health::ok("All of its members are well.");
    }
    // Those that make it so come first.
    let worst = unwell.iter().map(|member| self::level(member)).max().unwrap_or(Level::Unknown);
    let mut names: Vec<String> = unwell
        .iter()
        .filter(|member| self::level(member) == worst)
        .map(|member| tidy(&member.name, 60))
        .collect();
    names.sort();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let is = if names.len() == 1 { "is" } else { "are" };
    let how = match worst {
        Level::Critical => "broken",
        Level::Warning => "not quite well",
        Level::Unknown | Level::Ok => "of unknown health",
    };
    let names = listed(&names);
    let reason = match (level, rule) {
        (Level::Ok, _) => format!("Enough of its members are well, although {names} {is} {how}."),
        (Level::Critical, GroupRule::Any) => "All of its members are broken.".to_owned(),
        (Level::Critical, GroupRule::Percent(_)) => {
            format!("Too few of its members are well: {names} {is} {how}.")
        }
        _ => {
            let mut letters = names.chars();
            let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            format!("{first}{} {is} {how}.", letters.as_str())
        }
    };
    Health::new(level, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::ResourceId;
    use proptest::prelude::*;

    fn members(levels: &[Option<Level>]) -> Vec<Member> {
        let member = |(n, level): (usize, &Option<Level>)| {
            let name = format!("s{n}");
            Member { id: ResourceId::new("service", "config", &name), name, level: *level }
        };
        levels.iter().enumerate().map(member).collect()
    }

    #[test]
    fn rules_say_how_many_must_be_well() {
        use Level::{Critical, Ok, Unknown, Warning};
        let half = GroupRule::Percent(50);
        for (rule, levels, level, reason) in [
            (GroupRule::All, &[Some(Ok), Some(Ok)][..], Ok, "All of its members are well."),
            (GroupRule::All, &[Some(Ok), Some(Critical)], Critical, "S1 is broken."),
            (GroupRule::All, &[Some(Warning), None], Warning, "S0 is not quite well."),
            (GroupRule::All, &[Some(Ok), None], Unknown, "S1 is of unknown health."),
            (
                GroupRule::Any,
                &[Some(Ok), Some(Critical)],
                Ok,
                "Enough of its members are well, although s1 is broken.",
            ),
            (GroupRule::Any, &[Some(Critical), Some(Critical)], Critical, "All of its members are broken."),
            (GroupRule::Any, &[Some(Critical), Some(Warning)], Warning, "S0 is broken."),
            (half, &[Some(Ok), Some(Critical)], Warning, "S1 is broken."),
            (
                half,
                &[Some(Ok), Some(Critical), Some(Critical)],
                Critical,
                "Too few of its members are well: s1 and s2 are broken.",
            ),
            (half, &[Some(Ok), None, None], Unknown, "S1 and s2 are of unknown health."),
            (half, &[], Unknown, "It has no members."),
        ] {
            let health = judge(rule, &members(levels));
            assert_eq!((health.level, health.reason.as_str()), (level, reason), "{levels:?}");
        }
        let many = vec![Some(Critical); 200];
        assert!(judge(GroupRule::All, &members(&many)).reason.contains("196 more"));
    }

    fn level() -> impl Strategy<Value = Option<Level>> {
        prop::option::of(prop::sample::select(Level::ALL.to_vec()))
    }

    proptest! {
        #[test]
        fn a_stricter_rule_is_never_better(levels in prop::collection::vec(level(), 1..12), percent in 1..=100_u8) {
            let members = members(&levels);
            let rank = |rule| rank(judge(rule, &members).level);
            prop_assert!(rank(GroupRule::Any) <= rank(GroupRule::All));
            prop_assert!(rank(GroupRule::Percent(percent)) <= rank(GroupRule::Percent(100)));
        }

        #[test]
        fn the_order_of_members_changes_nothing(levels in prop::collection::vec(level(), 1..12), percent in 1..=100_u8) {
            let mut turned = members(&levels);
            for rule in [GroupRule::All, GroupRule::Any, GroupRule::Percent(percent)] {
                let before = judge(rule, &turned);
                turned.reverse();
                prop_assert_eq!(before, judge(rule, &turned));
            }
        }
    }
}

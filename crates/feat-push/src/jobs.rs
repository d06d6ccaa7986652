//! Background work: the port, writing, delivering what is due, forgetting what is old.

use hob_feature::{Ctx, Job};

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    Vec::new()
}

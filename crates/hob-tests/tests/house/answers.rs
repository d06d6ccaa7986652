//! What every answer has in common: pages, problems, headers, caches and limits.

mod caches;
mod limits;
mod metrics;
mod pages;
mod problems;

pub(crate) use pages::{all_pages, furnish};

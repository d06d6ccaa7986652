//! What checks decide, as pure functions over values: what a check is ([`definition`]), how well an answer is ([`judge`]),
//! when a change of state counts ([`progress`]), when each check is due ([`schedule`]), and whether it is the Internet
//! connection that is missing ([`guard`]).

pub(crate) mod adjust;
pub(crate) mod definition;
pub(crate) mod guard;
pub(crate) mod json_path;
pub(crate) mod judge;
pub(crate) mod outcome;
pub(crate) mod outside;
pub(crate) mod progress;
pub(crate) mod recent;
pub(crate) mod rest;
pub(crate) mod schedule;

pub(crate) use outcome::Outcome;

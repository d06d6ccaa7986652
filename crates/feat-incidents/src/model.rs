//! What the judge decides, as pure functions over values: which resources are out together and why ([`cause`]), and how
//! an incident lives ([`life`]).

pub(crate) mod cause;

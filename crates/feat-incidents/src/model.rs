//! What the judge decides, as pure functions over values: which resources are out together and why ([`cause`]), how an
//! incident lives ([`life`], with what people do to it in [`deeds`] and what is no incident yet in [`unrest`]), when somebody is told of it ([`telling`]), and in
//! which words ([`words`]).

pub(crate) mod cause;
pub(crate) mod deeds;
pub(crate) mod life;
pub(crate) mod record;
pub(crate) mod telling;
pub(crate) mod unrest;
pub(crate) mod words;

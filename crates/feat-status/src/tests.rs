mod export;
pub(crate) mod house;
mod managing;
mod public;
mod reports;
mod tables;
mod xml;

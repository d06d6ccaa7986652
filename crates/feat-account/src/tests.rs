//! Rules, tables on both databases, and the doors as a browser and a program see them.

mod gate;
mod house;
mod rules;
mod tables;
mod web_accounts;
mod web_doors;

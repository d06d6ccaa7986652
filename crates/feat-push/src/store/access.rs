//! The table of rules: who may do what.

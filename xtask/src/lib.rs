//! The chores of the house: keeping its rules, adding a feature, running every test, measuring.

pub mod figures;
pub mod house;
pub mod kube_apiserver;
pub mod new_feature;
pub mod source;
pub mod suite;
pub mod tidy;

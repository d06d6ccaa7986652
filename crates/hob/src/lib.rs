//! The one list of features, and the command line around it. No logic: what Hob does is in the features.

pub mod cli;

use hob_feature::Feature;

/// Everything that this binary consists of. The only central list.
pub const FEATURES: &[Feature] = &[
    feat_home::FEATURE,
    feat_hosts::FEATURE,
    feat_services::FEATURE,
    feat_kubernetes::FEATURE,
    feat_containers::FEATURE,
    feat_checks::FEATURE,
    feat_pings::FEATURE,
    feat_incidents::FEATURE,
    feat_status::FEATURE,
    feat_push::FEATURE,
    feat_notify::FEATURE,
    feat_alertmanager::FEATURE,
    feat_widgets::FEATURE,
    feat_account::FEATURE,
];

//! The pictures of the guide, drawn from a house that is made up. Only where `HOB_SCREENSHOTS=1`.

//! E-mail and calls that a message asks for: what leaves the house.

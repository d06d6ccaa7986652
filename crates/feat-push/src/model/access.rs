//! Who may do what with which topic.

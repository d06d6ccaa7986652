//! What an application is, by the name of its image and by what other dashboards' annotations and labels say of it.

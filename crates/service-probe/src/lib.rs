//! One bounded question to a service that does not speak HTTP: does it answer as its protocol says?

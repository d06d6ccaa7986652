//! What is wrong with a container and what to do, in sentences: pulls that fail, exits, probes.

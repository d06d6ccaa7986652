//! Whether a container registry lets a credential pull an image, and if not, why.

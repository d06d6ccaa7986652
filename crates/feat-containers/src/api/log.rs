//! The log of a container as it is sent: plain text where it has a terminal, frames otherwise.

/// A frame begins with the number of the stream, three zeros and the length (Docker Engine API, “Attach to a container”).
const HEAD: usize = 8;

/// The text of a log. What is no frame is taken as text.
pub(crate) fn log_text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_first_chunk::<HEAD>() {
        let [stream @ 0..=3, 0, 0, 0, length @ ..] = head else { break };
        let _ = stream;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let frame = after.get(..length).unwrap_or(after);
        text.extend_from_slice(frame);
        rest = after.get(length..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
    let text = String::from_utf8_lossy(&text);
    text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect()
}

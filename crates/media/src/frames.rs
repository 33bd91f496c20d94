//! How many pictures a moving picture has, read from its table of parts: nothing is decoded.

/// The pictures of a GIF; `None` when its parts cannot be followed to the end of what is there.
pub(crate) fn of_gif(bytes: &[u8]) -> Option<u64> {
    const SCREEN: usize = 13;
    const DESCRIPTOR: usize = 9;
    let mut at = SCREEN + colours(*bytes.get(10)?);
    let mut frames = 0;
    loop {
        match bytes.get(at) {
            Some(0x21) => at = after_blocks(bytes, at + 2)?,
            Some(0x2C) => {
                frames += 1;
                let flags = *bytes.get(at + DESCRIPTOR)?;
                // The descriptor, its colours, and one byte that says how the pixels are written.
                at = after_blocks(bytes, at + 1 + DESCRIPTOR + colours(flags) + 1)?;
            }
            // The end, or nothing more: many end without saying so.
            Some(0x3B) | None => return Some(frames),
            Some(_) => return None,
        }
    }
}

/// How many bytes a table of colours takes.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The place after a row of blocks, each with its length before it and an empty one at the end.
fn after_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// The pictures of a WebP; one that does not move has one.
pub(crate) fn of_webp(bytes: &[u8]) -> Option<u64> {
    const HEADER: usize = 12;
    let mut at = HEADER;
    let mut frames = 0;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        frames += u64::from(head.starts_with(b"ANMF"));
        let length = usize::try_from(length).ok()?;
        // Parts begin at even places.
        at = at.checked_add(8)?.checked_add(length)?.checked_add(length & 1)?;
    }
    Some(frames.max(1))
}

/// The pictures of a PNG, as its `acTL` part says; one that does not move has one.
pub(crate) fn of_png(bytes: &[u8]) -> Option<u64> {
    const SIGNATURE: usize = 8;
    let mut at = SIGNATURE;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).ok()?;
        match &head[4..] {
            b"acTL" => {
                let count = bytes.get(at + 8..at + 12)?;
                return Some(u64::from(u32::from_be_bytes([count[0], count[1], count[2], count[3]])));
            }
            // Whether it moves is said before the first pixel.
            b"IDAT" => return Some(1),
            _ => {}
        }
        // Length and name before, a checksum behind.
        at = at.checked_add(12)?.checked_add(length)?;
    }
    None
}

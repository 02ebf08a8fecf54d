//! What becomes of a message: bytes, fields and texts changed at random.

use super::REQUEST_ID;

/// Up to three mutations; fewer of what is long and soon broken.
pub(super) fn mutated(random: &mut Random, message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    let most = if message.len() < 300 { 4 } else { 2 };
    for _ in 0..random.below(most) {
        mutate(random, &mut bytes);
    }
    if let Some(start) = bytes.windows(REQUEST_ID.len()).position(|window| window == REQUEST_ID.as_bytes()) {
        let end = start + REQUEST_ID.len();
        bytes[end - 12..end].copy_from_slice(format!("{:012x}", random.next() >> 16).as_bytes());
    }
    bytes
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    let place = random.below(bytes.len() + 1);
    match random.below(10) {
        0 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = random.next() as u8;
            }
        }
        2 => bytes.truncate(place),
        3 => bytes.splice(place..place, extreme_varint(random)).for_each(drop),
        // Whole fields, as deep as the message goes.
        4 => change_field(random, bytes, 0, |_, _, _| Vec::new()),
        5 => change_field(random, bytes, 0, |_, tag, value| [tag, value, tag, value].concat()),
        6 => change_field(random, bytes, 0, |random, tag, _| [tag, &delimited(&text(random))].concat()),
        7 => change_field(random, bytes, 0, |random, tag, _| [tag, &extreme_varint(random)].concat()),
        8 => change_field(random, bytes, 0, |random, _, value| {
            let mut tag = Vec::new();
            prost::encoding::encode_varint(((1 + random.below(20)) << 3 | 2) as u64, &mut tag);
            [&tag, value].concat()
        }),
        _ => {
            let nested =
                (0..random.below(200)).fold(Vec::new(), |inner, _| [&[0x0a], delimited(&inner).as_slice()].concat());
            bytes.extend(nested);
        }
    }
}

/// Changes one field, given as tag and value; of a message in it with some luck instead, with the
/// lengths around it put right.
fn change_field(
    random: &mut Random,
    bytes: &mut Vec<u8>,
    depth: usize,
    change: impl Fn(&mut Random, &[u8], &[u8]) -> Vec<u8>,
) {
    let fields = fields(bytes);
    if fields.is_empty() {
        return;
    }
    let (start, value, end) = fields[random.below(fields.len())];
    let mut inner = bytes[value..end].to_vec();
    let is_delimited = bytes[start] & 7 == 2;
    let content = is_delimited.then(|| varint(&inner)).flatten().map(|(_, length)| inner.split_off(length));
    let changed = match content {
        Some(mut content) if depth < 4 && random.below(3) > 0 && !self::fields(&content).is_empty() => {
            change_field(random, &mut content, depth + 1, change);
            [&bytes[start..value], &delimited(&content)].concat()
        }
        _ => change(random, &bytes[start..value], &bytes[value..end]),
    };
    bytes.splice(start..end, changed);
}

/// Start, start of the value and end of every field; none if it is no message.
fn fields(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut fields = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let Some((tag, length)) = varint(&bytes[start..]) else { return Vec::new() };
        let value = start + length;
        let rest = &bytes[value..];
        let size = match tag & 7 {
            0 => varint(rest).map(|(_, length)| length),
            1 => Some(8),
            2 => varint(rest).and_then(|(size, length)| usize::try_from(size).ok()?.checked_add(length)),
            5 => Some(4),
            _ => None,
        };
        match size {
            Some(size) if tag >> 3 > 0 && size <= rest.len() => {
                fields.push((start, value, value + size));
                start = value + size;
            }
            _ => return Vec::new(),
        }
    }
    fields
}

/// A varint and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut rest = bytes;
    let value = prost::encoding::decode_varint(&mut rest).ok()?;
    Some((value, bytes.len() - rest.len()))
}

fn delimited(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

fn extreme_varint(random: &mut Random) -> Vec<u8> {
    let extremes = [
        0,
        1,
        u64::MAX,
        i64::MAX as u64,
        i64::MIN as u64,
        u64::from(u32::MAX),
        i32::MIN as u64,
        253_402_300_799,
        253_402_300_800,
        1_000_000_000_000,
        999_999_999,
    ];
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(extremes[random.below(extremes.len())], &mut bytes);
    bytes
}

fn text(random: &mut Random) -> Vec<u8> {
    const TEXTS: [&str; 22] = [
        "",
        "contoso",
        "fabrikam",
        "*",
        "/",
        "azure",
        "azure/*",
        "azure/a/b",
        "\0",
        "9999-12-31",
        "1970-01-01",
        "2026-02-30",
        "wo-1",
        "wo-2",
        "🏢",
        "' OR 1=1 --",
        "%s%n",
        "en",
        "UTC",
        "Asia/Kathmandu",
        "workshops",
        "unified-enterprise-base",
    ];
    match random.below(4) {
        0 => vec![b'a'; random.below(300)],
        1 => (0..random.below(20)).map(|_| random.next() as u8).collect(),
        _ => TEXTS[random.below(TEXTS.len())].as_bytes().to_vec(),
    }
}

/// SplitMix64: the same numbers in every run.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

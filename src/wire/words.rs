//! Dictionaries, and words drawn from them.

use super::generator::Pcg;

/// The words of `lorem`.
pub const LOREM: [&str; 62] = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipiscing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
    "incididunt",
    "ut",
    "labore",
    "et",
    "dolore",
    "magna",
    "aliqua",
    "enim",
    "ad",
    "minim",
    "veniam",
    "quis",
    "nostrud",
    "exercitation",
    "ullamco",
    "laboris",
    "nisi",
    "aliquip",
    "ex",
    "ea",
    "commodo",
    "consequat",
    "duis",
    "aute",
    "irure",
    "in",
    "reprehenderit",
    "voluptate",
    "velit",
    "esse",
    "cillum",
    "fugiat",
    "nulla",
    "pariatur",
    "excepteur",
    "sint",
    "occaecat",
    "cupidatat",
    "non",
    "proident",
    "sunt",
    "culpa",
    "qui",
    "officia",
    "deserunt",
    "mollit",
    "anim",
    "id",
    "est",
    "laborum",
];

/// The words of the streams.
pub const STREAMING: [&str; 26] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima",
    "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray",
    "yankee", "zulu",
];

/// Draws `words` words of filler text: the first letter in upper case, a space between words, a full stop at the end.
#[must_use]
pub fn lorem(words: usize, generator: &mut Pcg) -> String {
    // A word has 5.9 letters on average.
    let mut text = String::with_capacity(words.saturating_mul(8) + 16);
    for index in 0..words {
        let word = draw(&LOREM, generator);
        if index == 0 {
            let (first, rest) = word.split_at(1);
            text.extend(first.chars().map(|letter| letter.to_ascii_uppercase()));
            text.push_str(rest);
        } else {
            text.push(' ');
            text.push_str(word);
        }
    }
    text.push('.');
    text
}

/// Draws the word of item `index` (from 0) of a stream.
#[must_use]
pub fn streaming_word(seed: &[u8], index: u64) -> &'static str {
    draw(&STREAMING, &mut Pcg::for_streaming(seed, index))
}

fn draw(dictionary: &[&'static str], generator: &mut Pcg) -> &'static str {
    let index = generator.int_n(dictionary.len() as u64);
    usize::try_from(index).ok().and_then(|index| dictionary.get(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{super::digest::sha256_hex, *};

    #[test]
    fn recorded_texts() {
        let texts: &[(&[u8], usize, &str)] = &[
            (b"fixed", 5, "Est dolor commodo ad aliquip."),
            (b"demo", 10, "Irure ullamco duis reprehenderit aute nulla sunt consectetur aute sunt."),
            (
                "日本".as_bytes(),
                12,
                "Excepteur laborum sit adipiscing velit aute cupidatat nisi proident laborum ut officia.",
            ),
            (b"a b", 12, "Non qui nulla enim quis fugiat sunt sint enim enim cupidatat ex."),
            (b"<>&\"", 12, "Dolore pariatur ex irure culpa et nisi quis anim dolor in irure."),
            (b"s", 7, "Nulla id quis irure laborum ex aliquip."),
            (
                b"\xff",
                62,
                "Consequat consectetur duis in do consectetur quis enim esse ex sunt nulla et do ut do aliquip commodo \
                 aute excepteur minim ullamco aliquip non ipsum qui voluptate id sed proident pariatur commodo veniam \
                 qui do non ad reprehenderit qui irure ad anim culpa ex tempor qui ipsum lorem laborum do ad deserunt \
                 duis est veniam amet minim aliqua aliquip veniam ad dolore.",
            ),
        ];
        for &(seed, words, text) in texts {
            assert_eq!(lorem(words, &mut Pcg::for_lorem(seed)), text);
        }
    }

    #[test]
    fn recorded_words() {
        let streams: &[(&[u8], &str)] = &[
            (b"fixed", "uniform whiskey kilo"),
            (b"slow", "juliet bravo uniform"),
            (b"", "yankee zulu uniform juliet yankee"),
            (b"\0", "juliet kilo hotel bravo"),
            (b"one", "uniform"),
            (b"q", "bravo echo"),
            (
                b"<>&\"",
                "golf foxtrot whiskey victor whiskey delta quebec india charlie uniform tango tango charlie delta",
            ),
            ("日本".as_bytes(), "uniform lima victor sierra lima lima sierra india india india"),
        ];
        for &(seed, words) in streams {
            for (index, word) in (0..).zip(words.split(' ')) {
                assert_eq!(streaming_word(seed, index), word, "{index} of {words}");
            }
        }
    }

    #[test]
    fn a_recorded_long_stream() {
        let line = |index| format!("{{\"index\":{index},\"word\":\"{}\"}}\n", streaming_word(b"big", index));
        let body: String = (0..1000).map(line).collect();
        assert_eq!(body.len(), 29_140);
        let hash = sha256_hex(body.as_bytes());
        assert_eq!(hash.as_str(), "669b5e5b5a76bff43d432a0d4dddb57d262e684f7c7dde326aaa74ea24b035a3");
    }

    #[test]
    fn no_words() {
        assert_eq!(lorem(0, &mut Pcg::new(0, 0)), ".");
    }
}

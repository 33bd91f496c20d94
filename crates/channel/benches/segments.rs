//! How fast texts are counted as SMS, beside the provider's own calculator for Node.
//!
//! `cargo bench -p parlor-channel`. Both count the same texts, made here, with the same result, and take turns in one run,
//! because only the ratio carries over to other machines; `taskset -c 1` before it keeps both on one core. The calculator is
//! installed by `tests/peers/bench/run install`; without it only the first side is run.
//!
//! Where a text falls into parts the two differ on purpose: the calculator keeps together what belongs together to the eye (a
//! family of emoji, a letter and its accent), networks do not. So such characters stand only in texts of one part here.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and fails by panicking"
)]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use parlor_channel::SmsLength;
use serde::Deserialize;

const TEXTS: usize = 300;
const ROUNDS: usize = 5;
/// How often we count everything in a round: long enough for a clock.
const PASSES: u32 = 100;

fn main() {
    // `cargo test --benches` and friends only ask whether it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let texts = corpus();
    let ours: Vec<_> = texts.iter().map(|text| SmsLength::of(text)).collect();
    let segments: usize = ours.iter().map(|length| length.segments).sum();
    let units: usize = ours.iter().map(|length| length.units).sum();
    println!("{TEXTS} texts, {units} units, {segments} segments");
    let mut node = Node::start();
    match &mut node {
        Some(node) => {
            let theirs = node.count(&texts);
            assert_eq!(theirs.len(), ours.len());
            for ((text, length), theirs) in texts.iter().zip(&ours).zip(theirs) {
                let length = (length.alphabet.as_str().to_owned(), length.units, length.segments);
                assert_eq!(length, theirs, "{text:?}");
            }
            println!("both count every text alike: alphabet, units and segments");
        }
        None => println!("the calculator for Node was not run (tests/peers/bench/run install)"),
    }
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let ours = per_second(pass(&texts, segments));
        print!("round {round}: {ours:.0} texts a second");
        if let Some(node) = &mut node {
            let theirs = per_second(node.pass(segments));
            ratios.push(ours / theirs);
            print!(", the calculator for Node {theirs:.0}: {:.0} times", ours / theirs);
        }
        println!();
    }
    ratios.sort_by(f64::total_cmp);
    if let (Some(least), Some(middle), Some(most)) =
        (ratios.first(), ratios.get(ratios.len() / 2), ratios.last())
    {
        println!("{middle:.0} times the calculator for Node (middle of {ROUNDS}; {least:.0} to {most:.0})");
    }
}

/// Counts everything; gives what one pass takes.
fn pass(texts: &[String], segments: usize) -> Duration {
    let begun = Instant::now();
    for _ in 0..PASSES {
        let counted: usize = black_box(texts).iter().map(|text| SmsLength::of(text).segments).sum();
        assert_eq!(black_box(counted), segments);
    }
    begun.elapsed() / PASSES
}

fn per_second(pass: Duration) -> f64 {
    f64::from(u32::try_from(TEXTS).unwrap()) / pass.as_secs_f64()
}

/// Numbers that are the same in every run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const WORDS: &[&str] = &[
    "your", "order", "is", "ready", "for", "pick-up", "tomorrow", "at", "the", "shop", "thank", "you",
    "please", "call", "us", "back", "delivery", "invoice", "number", "12,50", "we", "are", "sorry", "Straße",
    "señor", "à",
];
/// In the extension table of GSM-7: two units each.
const EXTENDED: &[&str] = &["[ok]", "{1}", "12 €", "a|b", "c\\d", "~", "^"];
/// Outside of GSM-7.
const OTHER: &[&str] = &["заказ", "готов", "ありがとう", "“yes”", "ça", "😀", "👍", "naïve", "你好"];
/// Several characters that are one to the eye.
const TOGETHER: &[&str] = &["👩‍👩‍👧", "e\u{301}", "🇩🇪", "👍🏽"];

/// Texts as agents write them: half of one part, the others of up to four; every third needs UCS-2.
fn corpus() -> Vec<String> {
    let mut dice = Dice(20_261_122);
    let mut texts = vec![String::new(), "a".repeat(160), "a".repeat(161), "ж".repeat(70), "ж".repeat(71)];
    while texts.len() < TEXTS {
        let ucs2 = dice.below(3) == 0;
        let short = dice.below(2) == 0;
        let most = match (short, ucs2) {
            (true, false) => 160,
            (true, true) => 70,
            (false, false) => 153 * (1 + dice.below(4)),
            (false, true) => 67 * (1 + dice.below(4)),
        };
        texts.push(text(&mut dice, most, ucs2, short));
    }
    texts
}

fn text(dice: &mut Dice, most: usize, ucs2: bool, short: bool) -> String {
    let mut text = if ucs2 { dice.one_of(OTHER).to_owned() } else { String::from("Hello") };
    loop {
        let word = match dice.below(12) {
            0 => dice.one_of(EXTENDED),
            1 if ucs2 => dice.one_of(OTHER),
            2 if ucs2 && short => dice.one_of(TOGETHER),
            _ => dice.one_of(WORDS),
        };
        let before = text.len();
        text.push_str(if dice.below(15) == 0 { "\n" } else { " " });
        text.push_str(word);
        if SmsLength::of(&text).units > most {
            text.truncate(before);
            return text;
        }
    }
}

/// What the calculator says of a pass.
#[derive(Deserialize)]
struct Pass {
    nanoseconds: u64,
    segments: usize,
}

/// The calculator in a process of its own, which stays, so that its compiler has warmed up.
struct Node {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Node {
    /// `None` where it is not installed.
    fn start() -> Option<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/bench");
        if !folder.join("node_modules/sms-segments-calculator").exists() {
            return None;
        }
        let mut child = Command::new("node")
            .arg("segments.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let (input, output) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        Some(Self { child, input, output })
    }

    fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer
    }

    /// Alphabet, units and segments of each text.
    fn count(&mut self, texts: &[String]) -> Vec<(String, usize, usize)> {
        let answer = self.ask(&serde_json::to_string(texts).unwrap());
        serde_json::from_str(&answer).unwrap()
    }

    fn pass(&mut self, segments: usize) -> Duration {
        let pass: Pass = serde_json::from_str(&self.ask("again")).unwrap();
        assert_eq!(pass.segments, segments);
        Duration::from_nanos(pass.nanoseconds)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // If it does not end, there is nothing more that a benchmark can do about it.
        let _ = self.child.kill().and_then(|()| self.child.wait().map(drop));
    }
}

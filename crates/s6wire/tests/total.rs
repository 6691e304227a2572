//! Every reader of bytes takes any bytes, and what it reads it writes back the same:
//! thousands of random records from a seed, and real ones with a few bytes changed.
#![forbid(unsafe_code)]

use s6wire::envdir::{self, Rules};
use s6wire::event::{self, Event};
use s6wire::{Ending, Status, Tai64n, control, death_tally};

const ROUNDS: usize = 20_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.next() as usize % (most + 1);
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// `bytes` with a few of them changed, left out or doubled.
    fn changed(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.next() % 4 {
            if bytes.is_empty() {
                break;
            }
            let at = self.next() as usize % bytes.len();
            match self.next() % 3 {
                0 => bytes[at] = self.next() as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        bytes
    }
}

fn all(mut try_one: impl FnMut(&mut Random)) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..ROUNDS {
        try_one(&mut random);
    }
}

#[test]
fn a_status() {
    all(|random| {
        let bytes = random.bytes(48);
        let bytes = if random.next() % 2 == 0 {
            let mut record = bytes.clone();
            record.resize(Status::SIZE, 7);
            random.changed(record)
        } else {
            bytes
        };
        let Ok(status) = Status::decode(&bytes) else {
            return;
        };
        let _ = (status.ending(), status.is_up(), status.stamp.to_wall());
        assert_eq!(Status::decode(&status.encode()), Ok(status));
    });
}

#[test]
fn a_death_tally() {
    all(|random| {
        let bytes = random.bytes(14 * 6);
        match death_tally::decode(&bytes) {
            Err(wrong) => assert_eq!(wrong.length, bytes.len()),
            Ok(deaths) => {
                assert_eq!(deaths.len(), bytes.len() / death_tally::ENTRY_SIZE);
                let again = death_tally::decode(&death_tally::encode(&deaths));
                assert_eq!(again.map(|deaths| deaths.len()), Ok(deaths.len()));
            }
        }
    });
}

#[test]
fn labels_endings_letters_and_names() {
    all(|random| {
        let mut label = [0; Tai64n::SIZE];
        label.fill_with(|| random.next() as u8);
        let one = Tai64n::decode(label);
        label.fill_with(|| random.next() as u8);
        let other = Tai64n::decode(label);
        assert_eq!(other.encode(), label);
        let _ = (one.since(other), one.to_wall(), one.to_string());
        let _ = Ending::from_wait_status(random.next() as u16);
        let byte = random.next() as u8;
        if let Some(command) = control::command(byte) {
            assert_eq!(control::letter(command), Some(byte));
        }
        if let Some(event) = Event::of(byte) {
            assert_eq!(event.letter(), byte);
        }
        let _ = control::scan_command(byte);
        let name = event::fifo_name(one, [byte; 6]);
        assert!(event::is_fifo_name(name.as_bytes()));
        let _ = event::is_fifo_name(&random.changed(name.into_bytes()));
    });
}

#[test]
fn a_variable_s_file() {
    all(|random| {
        let file = random.bytes(64);
        let name = random.bytes(8);
        let _ = envdir::is_variable_file(&name);
        assert!(envdir::container_value(&file).len() <= file.len());
        if let Some(value) = Rules::default().value(&file) {
            assert!(value.len() <= file.len() && !value.contains(&0));
        }
    });
}

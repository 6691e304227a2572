//! The same Debian image with each of several supervisors: what it adds, how long it boots and
//! stops, what memory it takes.

use kernel::clock;

use super::Bench;
use super::boot::LAST;
use super::size::{FILES, LINKS, SIZE};
use crate::contestant::{Contestant, Work};
use crate::image::Image;

/// How many services are in the images.
pub(crate) const NUMBERS: [usize; 2] = [1, 10];

impl Bench<'_> {
    /// Measures everybody with one service and with ten, in turns.
    pub(crate) fn image(&mut self) {
        for number in NUMBERS {
            let work = Work::services(number);
            let mut ready: Vec<(&Contestant, Image)> = Vec::new();
            for contestant in self.contestants.clone() {
                match Image::make(self.places, contestant, &work) {
                    Ok(image) => ready.push((contestant, image)),
                    Err(error) => {
                        let why = format!("its image: {error}");
                        self.results.fail(LAST, contestant.name, number, &why);
                    }
                }
            }
            if number == NUMBERS[0] {
                for (contestant, image) in &ready {
                    let (name, added) = (contestant.name, &image.added);
                    self.results.add(SIZE, 0, name, added.bytes / 1e6);
                    self.results.add(FILES, 0, name, added.files);
                    self.results.add(LINKS, 0, name, added.links);
                }
            }
            // The first boot of each reads its files from the disk: it does not count.
            for (contestant, image) in &ready {
                let container =
                    crate::container::Container::boot(&image.root, &contestant.argv(&work));
                let started = container.map(|container| container.started(number).map(drop));
                if let Err(why) = started.map_err(|error| error.to_string()).flatten() {
                    self.results.fail(LAST, contestant.name, number, &why);
                }
                clock::sleep(std::time::Duration::from_millis(50));
            }
            for round in 0..self.rounds {
                for (contestant, image) in &ready {
                    if let Err(why) = self.once(contestant, &image.root, &work, round) {
                        self.results.fail(LAST, contestant.name, number, &why);
                    }
                }
                eprintln!("bench: images, N = {number}: round {}", round + 1);
            }
        }
    }
}

//! The services, by the numbers of their units, and what holds for all of them.

use std::collections::VecDeque;
use std::time::Duration;

use engine::{UnitId, UnitState};

use crate::service::listeners::ENTRIES_A_TURN;
use crate::service::lock::Lock;
use crate::service::scan_dir::ScanDir;
use crate::service::{Pipe, Service};

/// How long a status may be put off that is to be written anew when its service has ended.
const PUT_OFF: Duration = Duration::from_millis(200);

/// See the module's text.
pub(crate) struct Services {
    slots: Vec<Option<Box<Service>>>,
    /// The scan directory, by which their files are reached.
    pub(crate) scan_dir: ScanDir,
    /// The lock that shows others that services are supervised.
    pub(crate) lock: Option<Lock>,
    /// Those that have left by `s6-svc -x`, to be supervised again if they are still there,
    /// as under s6-svscan; with the input of those that are loggers.
    pub(crate) returning: Vec<(String, Option<Pipe>)>,
    /// Those whose listeners have not heard everything yet, those that wait longest first.
    unheard: VecDeque<UnitId>,
    /// Those whose status was put off, and until when.
    late: Option<(Duration, Vec<UnitId>)>,
    /// How many entries of `event/` directories may still be looked at in this turn.
    entries_left: u32,
}

impl Services {
    /// None yet.
    pub(crate) fn new() -> Services {
        Services {
            slots: Vec::new(),
            scan_dir: ScanDir::default(),
            lock: None,
            returning: Vec::new(),
            unheard: VecDeque::new(),
            late: None,
            entries_left: ENTRIES_A_TURN,
        }
    }

    /// The service of a unit.
    pub(crate) fn get(&self, unit: UnitId) -> Option<&Service> {
        self.slots.get(unit.0 as usize)?.as_deref()
    }

    /// The service of a unit, to change.
    pub(crate) fn get_mut(&mut self, unit: UnitId) -> Option<&mut Service> {
        self.slots.get_mut(unit.0 as usize)?.as_deref_mut()
    }

    /// Every service with its number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (UnitId, &Service)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(slot, service)| Some((UnitId(slot as u32), service.as_deref()?)))
    }

    /// Takes a service in under the number of its unit.
    pub(crate) fn put(&mut self, unit: UnitId, service: Service) {
        let slot = unit.0 as usize;
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        self.slots[slot] = Some(Box::new(service));
    }

    /// Gives a service away.
    pub(crate) fn take(&mut self, unit: UnitId) -> Option<Box<Service>> {
        self.unheard.retain(|other| *other != unit);
        self.slots.get_mut(unit.0 as usize)?.take()
    }

    /// Writes what has been noted of a unit's changes. Gives what could not be written.
    pub(crate) fn publish(&mut self, id: UnitId, unit: &UnitState) -> Option<String> {
        let service = self.slots.get_mut(id.0 as usize)?.as_deref_mut()?;
        service.publish(unit, &self.scan_dir)
    }

    /// The same without the death tally, which is put off: where everything stops, few are
    /// left to read it by then.
    pub(crate) fn publish_status(
        &mut self,
        id: UnitId,
        unit: &UnitState,
        now: Duration,
    ) -> Option<String> {
        let service = self.slots.get_mut(id.0 as usize)?.as_deref_mut()?;
        let is_put_off = service.stale;
        let (problem, more) = service.publish_status(unit, &self.scan_dir);
        if more && !is_put_off {
            self.put_off(id, now);
        }
        problem
    }

    /// Puts the writing of a status off: most are to be written anew before it is due.
    pub(crate) fn publish_later(&mut self, unit: UnitId, now: Duration) {
        if let Some(service) = self.get_mut(unit) {
            service.stale = true;
            self.put_off(unit, now);
        }
    }

    fn put_off(&mut self, unit: UnitId, now: Duration) {
        let late = self.late.get_or_insert_with(|| (now + PUT_OFF, Vec::new()));
        late.1.push(unit);
    }

    /// Those whose status is due and has not been written meanwhile.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<UnitId> {
        let late = self.late.take_if(|(due, _)| *due <= now);
        let mut units = late.map_or_else(Vec::new, |(_, units)| units);
        units.retain(|unit| self.get(*unit).is_some_and(|service| service.stale));
        units
    }

    /// When the next status is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.late.as_ref().map(|(due, _)| *due)
    }

    /// Tells those who listen to a service, as far as this turn of the loop allows; what is
    /// left is done in later turns.
    pub(crate) fn tell_listeners(&mut self, unit: UnitId) {
        if self.unheard.contains(&unit) {
            return;
        }
        let mut budget = self.entries_left;
        let done = match self.slots.get_mut(unit.0 as usize) {
            Some(Some(service)) => service.tell_listeners(&self.scan_dir, &mut budget),
            Some(None) | None => true,
        };
        self.entries_left = budget;
        if !done {
            self.unheard.push_back(unit);
        }
    }

    /// Goes on telling listeners where an earlier turn left off.
    pub(crate) fn tell_more_listeners(&mut self) {
        self.entries_left = ENTRIES_A_TURN;
        for _ in 0..self.unheard.len() {
            if self.entries_left == 0 {
                return;
            }
            if let Some(unit) = self.unheard.pop_front() {
                self.tell_listeners(unit);
            }
        }
    }

    /// Whether there are listeners who have not heard everything yet.
    pub(crate) fn owe_news(&self) -> bool {
        !self.unheard.is_empty()
    }
}

//! The order in which steps are told: what no frame shows takes its seat among what frames show.

use super::super::journey::Words;
use super::Choice;

/// Where a step is told; seats are moved while steps stay.
pub(super) struct Seat {
    pub(super) leg: u32,
    pub(super) chapter: usize,
    /// The place of its step in the journey's script.
    rank: Option<usize>,
    /// The step, by its place among the choices.
    pub(super) choice: usize,
}

impl Seat {
    pub(super) fn new(choice: &Choice, at: usize) -> Self {
        Self {
            leg: choice.told.leg,
            chapter: choice.told.chapter,
            rank: match choice.told.words {
                Words::Own(rank) => Some(rank),
                _ => None,
            },
            choice: at,
        }
    }
}

/// The seats of a chapter, in the leg where it takes in what no frame shows.
pub(super) struct Group {
    pub(super) chapter: usize,
    pub(super) leg: u32,
    begin: usize,
    end: usize,
}

impl Group {
    /// In the first leg that has the chapter; else in the first that goes beyond it, else in the last.
    pub(super) fn of(seats: &[Seat], chapter: usize) -> Self {
        let has_it = seats.iter().find(|seat| seat.chapter == chapter);
        let leg = has_it
            .or_else(|| seats.iter().find(|seat| seat.chapter > chapter))
            .or(seats.last())
            .map_or(1, |seat| seat.leg);
        let here = |seat: &Seat| (seat.leg, seat.chapter);
        Self {
            chapter,
            leg,
            begin: seats.partition_point(|seat| here(seat) < (leg, chapter)),
            end: seats.partition_point(|seat| here(seat) <= (leg, chapter)),
        }
    }

    /// Seats a step that no frame shows: behind the last that the script has before it.
    pub(super) fn take_in(&mut self, seat: Seat, seats: &mut Vec<Seat>) {
        let at = seat.rank.map_or(self.begin, |rank| self.place(seats, rank));
        seats.insert(at, seat);
        self.end += 1;
    }

    fn place(&self, seats: &[Seat], rank: usize) -> usize {
        let group = seats.get(self.begin..self.end).unwrap_or_default();
        let before = group
            .iter()
            .rposition(|seat| seat.rank.is_some_and(|other| other < rank));
        let Some(before) = before else {
            return self.begin;
        };
        // Asides belong to what they followed.
        let asides = group.iter().skip(before + 1);
        let asides = asides.take_while(|seat| seat.rank.is_none()).count();
        self.begin + before + 1 + asides
    }
}

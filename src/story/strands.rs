//! All strands that are not told yet, by number. Every event looks several up: numbers are places, not keys.

use std::collections::VecDeque;

use super::strand::Strand;

/// Strands by number, from 1; what is in front of `first` was taken out.
#[derive(Debug, Default)]
pub(super) struct Strands {
    first: u32,
    places: VecDeque<Option<Box<Strand>>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "asked as maps are: most numbers stand in lists"
)]
impl Strands {
    /// Adds a strand and gives it its number.
    pub(super) fn add(&mut self, strand: Strand) -> u32 {
        self.places.push_back(Some(Box::new(strand)));
        self.first + self.places.len() as u32
    }

    pub(super) fn get(&self, id: &u32) -> Option<&Strand> {
        self.places.get(self.place(*id)?)?.as_deref()
    }

    pub(super) fn get_mut(&mut self, id: &u32) -> Option<&mut Strand> {
        let place = self.place(*id)?;
        self.places.get_mut(place)?.as_deref_mut()
    }

    pub(super) fn contains(&self, id: &u32) -> bool {
        self.get(id).is_some()
    }

    pub(super) fn remove(&mut self, id: &u32) -> Option<Box<Strand>> {
        let place = self.place(*id)?;
        let strand = self.places.get_mut(place)?.take()?;
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.first += 1;
        }
        Some(strand)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Strand)> {
        let numbered = (self.first + 1..).zip(&self.places);
        numbered.filter_map(|(id, strand)| Some((id, strand.as_deref()?)))
    }

    fn place(&self, id: u32) -> Option<usize> {
        id.checked_sub(self.first + 1).map(|place| place as usize)
    }
}

/// The first rows of a list, and how many there are besides them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    pub rows: Vec<T>,
    pub omitted: usize,
    most: usize,
}

impl<T> Rows<T> {
    /// Keeps so many rows.
    pub fn new(most: usize) -> Self {
        Self { rows: Vec::new(), omitted: 0, most }
    }

    /// As many of the rows as an answer has.
    pub(super) fn of(rows: impl IntoIterator<Item = T>) -> Self {
        Self::first(Self::MOST, rows)
    }

    pub(super) fn first(most: usize, rows: impl IntoIterator<Item = T>) -> Self {
        let mut kept = Self::new(most);
        rows.into_iter().for_each(|row| kept.add(row));
        kept
    }

    pub fn add(&mut self, row: T) {
        if self.rows.len() < self.most {
            self.rows.push(row);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    /// Rows of a list in an answer.
    pub const MOST: usize = 1_000;
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self::new(Self::MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_counted() {
        let of = |count| {
            let Rows { rows, omitted, .. } = Rows::first(3, 0..count);
            (rows, omitted)
        };
        assert_eq!(of(3), (vec![0, 1, 2], 0));
        assert_eq!(of(5), (vec![0, 1, 2], 2));
        assert_eq!(Rows::of(0..1_000).omitted, 0);
        assert_eq!(Rows::of(0..1_001).omitted, 1);
    }
}

//! Divides lists into pages.

use super::token::{fingerprint, open, seal};
use crate::error::{Error, Result, reason};

const KIND: &str = "page1";
/// On one page.
pub const MOST_ROWS: usize = 1_000;
const USUAL_ROWS: usize = 50;

/// What the rows of one answer may take, in bytes: clients take no more than 4 MiB as a message unless told to.
pub const MOST_BYTES: usize = 3 << 20;
/// What a row takes besides its own bytes.
const FRAMING: usize = 8;

/// A row as it is sent.
pub trait Bytes {
    /// How many bytes it takes.
    fn bytes(&self) -> usize;
}

/// What is left of the bytes of an answer.
#[derive(Debug, Default)]
pub(super) struct ByteBudget {
    used: usize,
}

impl ByteBudget {
    /// Whether the answer has room for one row more, which then takes it. The first has room, however large it is.
    pub(super) fn takes(&mut self, row: &impl Bytes) -> bool {
        let used = self.used.saturating_add(row.bytes()).saturating_add(FRAMING);
        let has_room = self.used == 0 || used <= MOST_BYTES;
        if has_room {
            self.used = used;
        }
        has_room
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// 1 to 1,000.
    pub size: usize,
    /// As the page before returned it; empty for the first.
    pub token: String,
}

impl Page {
    /// 0 rows mean 50; more than 1,000 mean 1,000; none for a size below 0.
    pub fn new(size: i32, token: String) -> Option<Self> {
        let size = match usize::try_from(size).ok()? {
            0 => USUAL_ROWS,
            size => size.min(MOST_ROWS),
        };
        Some(Self { size, token })
    }

    /// One row more than the page has, to see whether there is another page.
    pub(super) fn limit(&self) -> u64 {
        u64::try_from(self.size).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// One list: the token of a page is of no use in any other.
#[derive(Debug)]
pub(super) struct PagedList {
    bound: String,
}

impl PagedList {
    /// `parts`: all that distinguishes this list from others of its name.
    pub(super) fn new(name: &str, parts: &[&str]) -> Self {
        Self { bound: fingerprint(&[&[name], parts].concat()) }
    }

    /// Where the page before ended, in as many parts as a place has in this list; none for the first page.
    pub(super) fn after<const PARTS: usize>(&self, page: &Page) -> Result<Option<[String; PARTS]>> {
        if page.token.is_empty() {
            return Ok(None);
        }
        match open(KIND, &page.token).unwrap_or_default().split_first() {
            Some((bound, place)) if *bound == self.bound => {
                place.to_vec().try_into().map(Some).map_err(|_| page_token_invalid())
            }
            _ => Err(page_token_invalid()),
        }
    }

    /// The token of the page behind a place.
    pub(super) fn token<const PARTS: usize>(&self, place: &[String; PARTS]) -> String {
        let parts: Vec<&str> = std::iter::once(&self.bound).chain(place).map(String::as_str).collect();
        seal(KIND, &parts)
    }

    /// The page that begins the rows behind the one before, as `tell` tells them; and the token of the next, empty if
    /// there is none. It ends where it has as many rows as it may, or as many bytes.
    pub(super) fn cut<T, M: Bytes, const PARTS: usize>(
        &self,
        page: &Page,
        rows: impl IntoIterator<Item = T>,
        place: impl Fn(&T) -> [String; PARTS],
        mut tell: impl FnMut(&T) -> M,
    ) -> (Vec<M>, String) {
        let (mut here, mut last, mut budget) = (Vec::new(), None, ByteBudget::default());
        for row in rows {
            let told = (here.len() < page.size).then(|| tell(&row)).filter(|told| budget.takes(told));
            let Some(told) = told else {
                let next = last.map(|last| self.token(&place(&last))).unwrap_or_default();
                return (here, next);
            };
            here.push(told);
            last = Some(row);
        }
        (here, String::new())
    }
}

pub(super) fn page_token_invalid() -> Error {
    Error::invalid("page_token", reason::PAGE_TOKEN_INVALID, "the token is not of this list; begin at the first page")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A third of what an answer may take.
    #[derive(Debug, PartialEq, Eq)]
    struct Third(u32);

    impl Bytes for Third {
        fn bytes(&self) -> usize {
            MOST_BYTES / 3 - FRAMING
        }
    }

    #[test]
    fn a_page_ends_where_its_bytes_do() {
        let list = PagedList::new("numbers", &[]);
        let page = Page { size: 1_000, token: String::new() };
        let cut = |numbers: std::ops::RangeInclusive<u32>| {
            list.cut(&page, numbers, |last| [last.to_string()], |row| Third(*row))
        };
        assert_eq!(cut(1..=3), (vec![Third(1), Third(2), Third(3)], String::new()));
        assert_eq!(cut(1..=4), (vec![Third(1), Third(2), Third(3)], list.token(&["3".to_owned()])));
    }

    struct Large;

    impl Bytes for Large {
        fn bytes(&self) -> usize {
            2 * MOST_BYTES
        }
    }

    #[test]
    fn one_row_has_room_however_large_it_is() {
        let mut budget = ByteBudget::default();
        assert!(budget.takes(&Large) && !budget.takes(&Large));
    }

    fn is_refused<T>(result: Result<T>) -> bool {
        let Err(Error::Violations(violations)) = result else { return false };
        let pairs: Vec<_> = violations.iter().map(|it| (it.field.as_str(), it.reason.as_str())).collect();
        pairs == [("page_token", "PAGE_TOKEN_INVALID")]
    }

    #[test]
    fn a_page_has_so_many_rows() {
        let size = |size| Page::new(size, String::new()).map(|page| page.size);
        assert_eq!([0, 1, 1_000, i32::MAX].map(size), [50, 1, 1_000, 1_000].map(Some));
        assert_eq!([-1, i32::MIN].map(size), [None, None]);
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let list = PagedList::new("numbers", &["contoso"]);
        let mut page = Page { size: 2, token: String::new() };
        let mut pages = Vec::new();
        loop {
            let after: Option<[String; 1]> = list.after(&page).unwrap();
            let after = after.map_or(0, |[last]| last.parse().unwrap());
            let (here, next) = list.cut(&page, (after + 1)..=4, |last: &u32| [last.to_string()], |row| *row);
            pages.push(here);
            if next.is_empty() {
                break;
            }
            page.token = next;
        }
        assert_eq!(pages, [[1, 2], [3, 4]]);
    }

    #[test]
    fn a_token_leads_on_in_its_own_list_alone() {
        let list = PagedList::new("blocks", &["contoso", "ede"]);
        let page = Page { size: 1, token: list.token(&["7".to_owned()]) };
        assert_eq!(list.after(&page).unwrap(), Some(["7".to_owned()]));
        assert!(is_refused(list.after::<2>(&page)), "places of this list have other parts");
        for other in [
            PagedList::new("entries", &["contoso", "ede"]),
            PagedList::new("blocks", &["contosoede"]),
            PagedList::new("blocks", &["contoso", "ede", ""]),
        ] {
            assert!(is_refused(other.after::<1>(&page)), "{other:?}");
        }
        for token in ["x", &seal("page0", &[&list.bound, "7"]), &seal(KIND, &[&list.bound])] {
            let page = Page { size: 1, token: token.to_owned() };
            assert!(is_refused(list.after::<1>(&page)), "{token}");
        }
    }
}

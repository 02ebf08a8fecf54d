//! Divides lists into pages.

use super::token::{fingerprint, open, seal};
use crate::error::{Error, Result, reason};

const KIND: &str = "page1";
/// On one page.
pub const MOST_ROWS: usize = 1_000;
const USUAL_ROWS: usize = 50;

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

    /// The page that begins the rows behind the one before; and the token of the next, empty if there is none.
    pub(super) fn cut<T, const PARTS: usize>(
        &self,
        page: &Page,
        rows: impl IntoIterator<Item = T>,
        place: impl Fn(&T) -> [String; PARTS],
    ) -> (Vec<T>, String) {
        let mut rest = rows.into_iter();
        let here: Vec<T> = rest.by_ref().take(page.size).collect();
        let has_more = rest.next().is_some();
        let last = here.last().filter(|_| has_more);
        let next = last.map(|last| self.token(&place(last))).unwrap_or_default();
        (here, next)
    }
}

pub(super) fn page_token_invalid() -> Error {
    Error::invalid("page_token", reason::PAGE_TOKEN_INVALID, "the token is not of this list; begin at the first page")
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let (here, next) = list.cut(&page, (after + 1)..=4, |last: &u32| [last.to_string()]);
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

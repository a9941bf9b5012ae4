//! Cookies as browsers send them.
use axum::http::{HeaderMap, header::COOKIE};

/// The values of all cookies of this name, in the order sent. A browser may hold several: of other paths,
/// of a parent domain.
pub fn cookies<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(known, _)| *known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cookie_of_the_name_is_found_and_no_other() {
        let mut sent = HeaderMap::new();
        sent.append(COOKIE, "a=b; PHPSID=1; XPHPSID=2;PHPSID=3; PHPSID=".parse().unwrap());
        sent.append(COOKIE, "PHPSID=4".parse().unwrap());
        assert_eq!(cookies(&sent, "PHPSID").collect::<Vec<_>>(), ["1", "3", "", "4"]);
    }
}

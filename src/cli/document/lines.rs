//! The line of every field of a document.

use std::collections::BTreeMap;

use super::node::{Node, NodeContent};

/// What the server keeps of one document.
const MOST_LINES: usize = 10_000;
const LONGEST_PATH: usize = 255;

/// By the path of each field that is no list or map itself, such as `work_orders[0].items[2].quantity`.
pub(super) fn lines(root: &Node) -> BTreeMap<String, i32> {
    let mut lines = BTreeMap::new();
    collect(root, root.line, String::new(), &mut lines);
    lines
}

fn collect(node: &Node, line: usize, path: String, lines: &mut BTreeMap<String, i32>) {
    match &node.content {
        NodeContent::Map(entries) => {
            let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            entries.iter().for_each(|entry| collect(&entry.node, entry.line, join(&entry.key), lines));
        }
        NodeContent::List(nodes) => {
            let nodes = nodes.iter().enumerate();
            nodes.for_each(|(row, node)| collect(node, node.line, format!("{path}[{row}]"), lines));
        }
        NodeContent::Plain(_) | NodeContent::Text(_) => {
            if let Ok(line) = i32::try_from(line)
                && lines.len() < MOST_LINES
                && path.chars().count() <= LONGEST_PATH
            {
                lines.insert(path, line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn each_field_has_the_line_it_stands_in() {
        let text = "customer:\n  display_name: Contoso\nwork_orders:\n  - items:\n      - quantity: 400h\n        location_ids: [a,\n          b]\n";
        let lines: Vec<_> = lines(&tree::parse(text).unwrap().unwrap()).into_iter().collect();
        let expected = [
            ("customer.display_name", 2),
            ("work_orders[0].items[0].location_ids[0]", 6),
            ("work_orders[0].items[0].location_ids[1]", 7),
            ("work_orders[0].items[0].quantity", 5),
        ];
        assert_eq!(lines, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}

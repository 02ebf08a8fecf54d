//! What a source file imports, as far as that can be read off its text.

/// One file: the modules it has, and every path it names.
#[derive(Default)]
pub(super) struct File {
    pub children: Vec<String>,
    pub imports: Vec<Import>,
}

/// A path that is named, and the name a `use` gives to it.
pub(super) struct Import {
    pub path: Vec<String>,
    pub name: String,
    pub is_use: bool,
}

impl File {
    pub(super) fn new(text: &str) -> Self {
        let tokens = without_tests(&tokens(text));
        let token = |at: usize| tokens.get(at).map_or("", String::as_str);
        let mut file = Self::default();
        let mut at = 0;
        while at < tokens.len() {
            let follows_path = at > 0 && token(at - 1) == "::";
            let is_visibility = at > 1 && token(at - 1) == "in" && token(at - 2) == "(";
            if token(at) == "mod" && token(at + 2) == ";" {
                file.children.push(token(at + 1).to_owned());
            } else if token(at) == "use" && token(at + 1) != "<" {
                let end = at + tokens[at..].iter().position(|token| token == ";").unwrap();
                imported(&tokens[at + 1..end], &[], &mut file.imports);
                at = end;
            } else if is_name(token(at)) && token(at + 1) == "::" && !follows_path && !is_visibility {
                let mut path = vec![token(at).to_owned()];
                while token(at + 1) == "::" && is_name(token(at + 2)) {
                    path.push(token(at + 2).to_owned());
                    at += 2;
                }
                file.imports.push(Import { path, name: String::new(), is_use: false });
            }
            at += 1;
        }
        file
    }
}

/// What a tree of `use` names, below the path before it.
fn imported(tree: &[String], before: &[String], imports: &mut Vec<Import>) {
    let mut path = before.to_vec();
    let mut name = None;
    for (at, token) in tree.iter().enumerate() {
        match token.as_str() {
            "{" => {
                let (mut depth, mut from) = (0, at + 1);
                for (end, token) in tree.iter().enumerate().skip(at + 1) {
                    let is_end = depth == 0 && (token == "," || token == "}");
                    if is_end && from < end {
                        imported(&tree[from..end], &path, imports);
                    }
                    from = if is_end { end + 1 } else { from };
                    depth += i32::from(token == "{") - i32::from(token == "}");
                }
                return;
            }
            "as" => name = tree.get(at + 1),
            "self" if at == 0 && !before.is_empty() => {}
            token if name.is_none() && is_name(token) => path.push(token.to_owned()),
            _ => {}
        }
    }
    let name = name.or(path.last()).cloned().unwrap_or_default();
    imports.push(Import { path, name, is_use: true });
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The code without what is compiled for tests alone.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let test = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut rest = tokens;
    let mut kept = Vec::new();
    while let Some((token, after)) = rest.split_first() {
        if !rest.iter().take(test.len()).eq(test.iter()) {
            kept.push(token.clone());
            rest = after;
            continue;
        }
        let mut depth = 0;
        let end = rest.iter().skip(test.len()).position(|token| {
            depth += i32::from(token == "{") - i32::from(token == "}");
            depth == 0 && (token == ";" || token == "}")
        });
        rest = &rest[test.len() + end.unwrap() + 1..];
    }
    kept
}

/// Names, `::` and single signs; comments and literals are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").unwrap() + 5
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|sign| {
                let is_end = sign == '"' && !escaped;
                escaped = sign == '\\' && !escaped;
                is_end
            });
            end.unwrap() + 2
        } else if let Some(literal) = rest.strip_prefix('\'').filter(|it| it.starts_with('\\')) {
            literal[2..].find('\'').unwrap() + 4
        } else if first == '\'' && rest.chars().nth(2) == Some('\'') {
            rest.char_indices().nth(3).map_or(rest.len(), |(at, _)| at)
        } else if is_name(rest) {
            let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else {
            let sign = if rest.starts_with("::") { "::" } else { &rest[..first.len_utf8()] };
            if !first.is_whitespace() {
                tokens.push(sign.to_owned());
            }
            sign.len()
        };
        rest = &rest[length..];
    }
    tokens
}

//! How a shell takes the words of a command.

/// As a shell takes it.
pub(super) fn word(text: &str) -> String {
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A flag and its value, which may begin as a flag does.
pub(super) fn flag(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!(" --{name}{between}{}", word(value))
}

/// A command about something by its id, which may begin as a flag does.
pub(super) fn about(command: &str, id: &str, flags: &str) -> String {
    let id_word = word(id);
    if id.starts_with('-') { format!("{command}{flags} -- {id_word}") } else { format!("{command} {id_word}{flags}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_a_hyphen_is_no_flag() {
        assert_eq!(flag("item", "ede"), " --item ede");
        assert_eq!(flag("item", "-ede"), " --item=-ede");
        assert_eq!(flag("add-product", "azure/*"), " --add-product 'azure/*'");
        assert_eq!(about("entitled orders resume", "w1", " --customer c"), "entitled orders resume w1 --customer c");
        assert_eq!(about("entitled orders resume", "-w", " --customer c"), "entitled orders resume --customer c -- -w");
    }
}

/// The form in which ids of others compare: tenants (GUIDs and DNS names), hosts and e-mail addresses have no case. They
/// are kept and told as they were written. Letters beyond ASCII are none of theirs, and some look like others in lower case.
pub fn folded(id: &str) -> String {
    id.to_ascii_lowercase()
}
